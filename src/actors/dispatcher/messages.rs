//! From a message to the dialog in which it stands: by its id, or by the connector's name for it.

use super::Dispatcher;
use super::clients::{no_such_channel, no_such_client};
use super::commands::{Asking, no_such_operator};
use crate::actors::caller::Outcome;
use crate::domain::dialog::command::{ClientDelete, ClientEdit, ClientTyping, Rate};
use crate::domain::dialog::order::DialogOrder;
use crate::domain::reply::Reply;
use crate::error::{Code, Rejection};
use crate::ids::{ChannelId, ClientId, DialogId, ExternalId, MessageId, OperatorId};

impl Dispatcher {
    /// Tells the dialog of a message what to do with it.
    pub(super) fn order_on_message(
        &mut self,
        message: MessageId,
        order: impl Into<DialogOrder>,
        asking: Asking,
    ) {
        match self.home_of(message) {
            Ok(dialog) => self.order(dialog, order, None, asking),
            Err(rejection) if rejection.code == Code::DialogNotFound => {
                self.reject(asking.caller, no_such_message("message"));
            }
            Err(rejection) => self.reject(asking.caller, rejection),
        }
    }

    /// A client gave a message another text.
    pub(super) fn client_edit(&mut self, edit: Box<ClientEdit>, asking: Asking) {
        let whose = (edit.channel.clone(), edit.client.clone());
        let external = edit.external_id.clone();
        self.order_on_external(whose, &external, DialogOrder::ClientEdit(edit), asking);
    }

    /// A client took a message back.
    pub(super) fn client_delete(&mut self, delete: Box<ClientDelete>, asking: Asking) {
        let whose = (delete.channel.clone(), delete.client.clone());
        let external = delete.external_id.clone();
        self.order_on_external(whose, &external, DialogOrder::ClientDelete(delete), asking);
    }

    /// Tells the dialog of a client's message what to do with it. It may be long closed.
    fn order_on_external(
        &mut self,
        (channel, client): (ChannelId, ClientId),
        external: &ExternalId,
        order: impl Into<DialogOrder>,
        asking: Asking,
    ) {
        if self.router.rules(&channel).is_none() {
            return self.reject(asking.caller, no_such_channel("channel"));
        }
        match self.dialog_of(&channel, &client, external) {
            Ok(Some(dialog)) => self.order(dialog, order, None, asking),
            Ok(None) => self.reject(asking.caller, no_such_message("external_id")),
            Err(rejection) => self.reject(asking.caller, rejection),
        }
    }

    /// The dialog of a client's message; the last one if no closed one has it.
    fn dialog_of(
        &mut self,
        channel: &ChannelId,
        client: &ClientId,
        external: &ExternalId,
    ) -> Result<Option<DialogId>, Rejection> {
        if let Some(message) = self.read(self.shared.reader.external(channel, client, external))? {
            return self.home_of(message).map(Some);
        }
        if let Some(dialog) = self.last_of(channel, client) {
            return Ok(Some(dialog));
        }
        match self.read(self.shared.reader.last_dialog(channel, client))? {
            Some(_) => Ok(None),
            None => Err(no_such_client()),
        }
    }

    /// A client is writing: only an open dialog has anybody to be told.
    pub(super) fn client_typing(&mut self, typing: ClientTyping, asking: Asking) {
        if self.router.rules(&typing.channel).is_none() {
            return self.reject(asking.caller, no_such_channel("channel"));
        }
        if let Some(dialog) = self.last_of(&typing.channel, &typing.client) {
            return self.order(dialog, typing, None, asking);
        }
        match self.read(self.shared.reader.last_dialog(&typing.channel, &typing.client)) {
            Ok(Some(_)) => self.shard.open().release(asking.caller, Ok(Outcome::Done(Reply::Done))),
            Ok(None) => self.reject(asking.caller, no_such_client()),
            Err(rejection) => self.reject(asking.caller, rejection),
        }
    }

    /// A client rates a dialog, if its channel asks for that.
    pub(super) fn rate(&mut self, rate: Rate, asking: Asking) {
        let channel = match self.awake(rate.dialog) {
            Ok(live) => live.channel.clone(),
            Err(rejection) => return self.reject(asking.caller, rejection),
        };
        let asks = channel.is_some_and(|channel| self.asking.contains(&channel));
        self.order_with(rate.dialog, rate.into(), None, asking, |desk| desk.rating = asks);
    }

    /// Tells a dialog something that names a colleague, who has to exist.
    pub(super) fn order_naming(
        &mut self,
        colleague: &OperatorId,
        dialog: DialogId,
        order: impl Into<DialogOrder>,
        asking: Asking,
    ) {
        if self.entry(colleague).is_none() {
            return self.reject(asking.caller, no_such_operator("operator"));
        }
        self.order(dialog, order, None, asking);
    }
}

fn no_such_message(field: &'static str) -> Rejection {
    Rejection::new(Code::MessageNotFound, "there is no such message").at(field)
}
