//! Which dialog a client's message belongs to: the open one, or a new one.

use super::Dispatcher;
use super::commands::{Asking, no_such_operator};
use crate::actors::caller::{Caller, Outcome};
use crate::actors::dialog::{OnDisk, Opening, ToDialog};
use crate::actors::inbox::Ask;
use crate::domain::command::Command;
use crate::domain::dialog::command::{
    ClientLeave, Context, Desk, Lookup, OfferRules, Placement, Receive, queue_full,
};
use crate::domain::dialog::order::DialogOrder;
use crate::domain::dialog::{KeptRuling, Wishes};
use crate::domain::reply::{Received, Reply};
use crate::error::{Code, Rejection};
use crate::ids::{ChannelId, ClientId, DialogId, ExternalId, MessageId, OperatorId};
use crate::limits;
use crate::timestamp::Timestamp;

impl Dispatcher {
    /// A client wrote: finds the client's open dialog or opens one.
    pub(super) fn receive(&mut self, receive: Box<Receive>, caller: Caller, now: Timestamp) {
        let Some(rules) = self.router.rules(&receive.channel) else {
            return self.reject(caller, no_such_channel("channel"));
        };
        if receive.responsible.as_ref().is_some_and(|responsible| self.entry(responsible).is_none()) {
            return self.reject(caller, no_such_operator("responsible"));
        }
        let Some(dialog) = self.last_of(&receive.channel, &receive.client) else {
            return self.open_dialog(receive, None, rules, caller, now);
        };
        match self.live.get(&dialog) {
            Some(live) if live.may_end() => {
                self.hold(dialog, Ask::Command(Command::Receive(receive)), caller)
            }
            Some(live) if live.has_ended() => self.open_dialog(receive, Some(dialog), rules, caller, now),
            _ => self.forward(dialog, receive, caller, now),
        }
    }

    /// The client's last dialog, unless it has ended and is on disk.
    pub(super) fn last_of(&self, channel: &ChannelId, client: &ClientId) -> Option<DialogId> {
        self.clients.get(channel, client)
    }

    /// A client left: its dialog closes, unless somebody answered.
    pub(super) fn client_leave(&mut self, leave: ClientLeave, caller: Caller, now: Timestamp) {
        if self.router.rules(&leave.channel).is_none() {
            return self.reject(caller, no_such_channel("channel"));
        }
        if let Some(dialog) = self.last_of(&leave.channel, &leave.client) {
            return match self.live.get(&dialog) {
                Some(live) if live.may_end() => {
                    self.hold(dialog, Ask::Command(Command::ClientLeave(leave)), caller)
                }
                _ => self.order(dialog, leave, None, Asking::for_client(caller, now)),
            };
        }
        match self.read(self.shared.reader.last_dialog(&leave.channel, &leave.client)) {
            Ok(Some(_)) => self.shard.open().release(caller, Ok(Outcome::Done(Reply::Done))),
            Ok(None) => self.reject(caller, no_such_client()),
            Err(rejection) => self.reject(caller, rejection),
        }
    }

    fn forward(&mut self, dialog: DialogId, receive: Box<Receive>, caller: Caller, now: Timestamp) {
        let has_previous = match self.awake(dialog) {
            Ok(live) => live.previous.is_some(),
            Err(rejection) => return self.reject(caller, rejection),
        };
        let found = self.stored_earlier(&receive, receive.external_id.as_ref(), has_previous);
        let found = found.and_then(|message| {
            let stored = message.map(|message| Ok((self.home_told(message)?, message)));
            Ok((stored.transpose()?, self.replied_to(&receive, has_previous)?))
        });
        match found {
            Ok((duplicate_of, lookup)) => {
                let asking = Asking::for_client(caller, now);
                self.order_with(dialog, DialogOrder::Receive(receive), None, asking, |desk| {
                    desk.duplicate_of = duplicate_of;
                    desk.lookup = lookup;
                });
            }
            Err(rejection) => self.reject(caller, rejection),
        }
    }

    fn open_dialog(
        &mut self,
        receive: Box<Receive>,
        last: Option<DialogId>,
        rules: OfferRules,
        caller: Caller,
        now: Timestamp,
    ) {
        let (previous, duplicate) = match self.past_of(&receive, last) {
            Ok(past) => past,
            Err(rejection) => return self.reject(caller, rejection),
        };
        if let Some(message) = duplicate {
            let received = self.home_told(message).map(|dialog| {
                let received = Received { dialog, message, opened: false, duplicate: true };
                Outcome::Done(Reply::Received(received))
            });
            return self.shard.open().release(caller, received);
        }
        let lookup = match self.replied_to(&receive, previous.is_some()) {
            Ok(lookup) => lookup,
            Err(rejection) => return self.reject(caller, rejection),
        };
        let id = match self.unused_id() {
            Ok(id) => id,
            Err(rejection) => return self.reject(caller, rejection),
        };
        let last_operator = match self.last_operator(&receive.channel, previous) {
            Ok(last_operator) => last_operator,
            Err(rejection) => return self.reject(caller, rejection),
        };
        // A new dialog takes its turn behind those that wait already.
        self.direct(now);
        let wishes = receive.wishes(last_operator.clone()).some();
        let mut desk = Desk { lookup, last_operator, ..Desk::new(rules) };
        self.mind(&mut desk, Some(&receive.channel));
        let bot = self.bot_for(&receive.channel, previous.is_none());
        let Some(placement) = self.place(id, &receive.channel, wishes.as_deref(), bot, &desk, now) else {
            return self.reject(caller, queue_full());
        };
        desk.ruling = self.router.take_ruling().map(KeptRuling::from);
        self.next_dialog = DialogId(id.0 + 1);
        let client = (receive.channel.clone(), receive.client.clone());
        self.clients.insert(&receive.channel, &receive.client, id);
        self.start_dialog(id, None, OnDisk::default(), Some(client));
        if let Some(live) = self.live.get_mut(&id) {
            live.previous = previous;
        }
        let context = Context { now, actor: None, desk };
        self.tell(
            id,
            ToDialog::Open(Box::new(Opening { dialog: id, receive, previous, placement, context, caller })),
        );
    }

    /// Where a dialog that is just being opened begins: in the hands of a bot, or as the router says; nowhere,
    /// if there is no place for it.
    fn place(
        &mut self,
        id: DialogId,
        channel: &ChannelId,
        wishes: Option<&Wishes>,
        bot: Option<OperatorId>,
        desk: &Desk,
        now: Timestamp,
    ) -> Option<Placement> {
        if let Some(bot) = bot {
            self.router.place_with_bot(id, channel, wishes, now);
            return Some(Placement::Bot(bot));
        }
        let stays = !desk.ends_at_the_door();
        if stays && self.router.is_full(channel) {
            return None;
        }
        let placement = self.router.place_new(id, channel, wishes, now);
        if stays && placement == Placement::Waiting && self.router.is_one_too_many(id) {
            self.router.forget_new(id);
            return None;
        }
        Some(placement)
    }

    /// Who owned the client's dialog before in this channel, where that counts.
    fn last_operator(
        &self,
        channel: &ChannelId,
        previous: Option<DialogId>,
    ) -> Result<Option<OperatorId>, Rejection> {
        let Some(previous) = previous.filter(|_| self.router.prefers_last_operator(channel)) else {
            return Ok(None);
        };
        let dialog = self.read(self.shared.reader.dialog(previous))?;
        Ok(dialog.filter(|dialog| dialog.channel.as_ref() == Some(channel)).and_then(|dialog| dialog.owner))
    }

    /// The id of the next dialog that opens.
    pub(super) fn unused_id(&self) -> Result<DialogId, Rejection> {
        if self.next_dialog.0 > limits::DIALOGS {
            let message = "this data directory holds all the dialogs it can";
            return Err(Rejection::new(Code::Conflict, message));
        }
        Ok(self.next_dialog)
    }

    /// The client's dialog before, and where this very message is stored, if it is.
    fn past_of(
        &self,
        receive: &Receive,
        last: Option<DialogId>,
    ) -> Result<(Option<DialogId>, Option<MessageId>), Rejection> {
        let previous = match last {
            Some(dialog) => Some(dialog),
            None => self.read(self.shared.reader.last_dialog(&receive.channel, &receive.client))?,
        };
        let external_id = receive.external_id.as_ref();
        Ok((previous, self.stored_earlier(receive, external_id, previous.is_some())?))
    }

    /// A connector may deliver a message again long after its dialog has ended.
    fn stored_earlier(
        &self,
        receive: &Receive,
        external_id: Option<&ExternalId>,
        has_previous: bool,
    ) -> Result<Option<MessageId>, Rejection> {
        match external_id {
            Some(external) if has_previous => {
                self.read(self.shared.reader.external(&receive.channel, &receive.client, external))
            }
            _ => Ok(None),
        }
    }
}

impl Dispatcher {
    /// Where the message that the client answers stands, if that is in an earlier dialog.
    fn replied_to(&self, receive: &Receive, has_previous: bool) -> Result<Lookup, Rejection> {
        let earlier = self.stored_earlier(receive, receive.reply_to.as_ref(), has_previous)?;
        Ok(earlier.map_or(Lookup::Nothing, Lookup::Earlier))
    }
}

pub(super) fn no_such_channel(field: &'static str) -> Rejection {
    Rejection::new(Code::ChannelNotFound, "there is no such channel").at(field)
}

pub(super) fn no_such_client() -> Rejection {
    Rejection::new(Code::ClientNotFound, "there is no such client").at("client")
}
