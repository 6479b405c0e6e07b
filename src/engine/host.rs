//! What the host and the connector may do: set-up, and the client's side.

use super::execution::{done, unlike};
use super::{Engine, Execution};
use crate::actors::caller::{Delivery, Outcome};
use crate::domain::channel::{PutChannel, PutRetention};
use crate::domain::command::Command;
use crate::domain::dialog::Receipt;
use crate::domain::dialog::command::{
    ClientDelete, ClientEdit, ClientLeave, ClientTyping, EraseClient, Rate, Receive, RecordReceipt,
};
use crate::domain::operator::{Presence, PutOperator, RemoveOperator, SetPresence};
use crate::domain::reply::{Received, Reply};
use crate::domain::request::Request;
use crate::error::Error;
use crate::ids::{ChannelId, ClientId, DialogId, MessageId, OperatorId};

impl Engine {
    /// Creates or replaces a channel. What waits there is matched again at once.
    pub fn put_channel(&self, channel: PutChannel) -> Execution<()> {
        self.host(channel)
    }

    /// Creates or replaces an operator; its presence stays.
    pub fn put_operator(&self, operator: PutOperator) -> Execution<()> {
        self.host(operator)
    }

    /// Dismisses an operator: its dialogs go back to their queues.
    pub fn remove_operator(&self, operator: OperatorId) -> Execution<()> {
        self.host(RemoveOperator { operator })
    }

    /// Says whether an operator is there.
    pub fn set_presence(&self, operator: OperatorId, presence: Presence) -> Execution<()> {
        self.host(SetPresence { operator, presence })
    }

    /// A client wrote: finds the client's open dialog, or opens one and routes it.
    pub fn receive(&self, receive: Receive) -> Execution<Received> {
        self.submit(Request::new(receive), received)
    }

    /// Erases all that was ever written with a client, by whomever; an open dialog closes first. When
    /// the outcome is there, no byte of it is in memory or in a file of the data directory: see
    /// [`erasing`](crate::erasing).
    pub fn erase_client(&self, channel: ChannelId, client: ClientId) -> Execution<()> {
        self.host(EraseClient { channel, client })
    }

    /// Has dialogs of a channel's clients erased when they have been closed for so long; `None`: never.
    pub fn put_retention(&self, channel: ChannelId, closed_after_ms: Option<u64>) -> Execution<()> {
        self.host(PutRetention { channel, closed_after_ms })
    }

    /// A client left: a dialog that nobody answered closes as abandoned.
    pub fn client_leave(&self, channel: ChannelId, client: ClientId) -> Execution<()> {
        self.host(ClientLeave { channel, client })
    }

    /// A client gave a message, known by the connector's name for it, another text.
    pub fn client_edit(&self, edit: ClientEdit) -> Execution<()> {
        self.host(edit)
    }

    /// A client took a message back.
    pub fn client_delete(&self, delete: ClientDelete) -> Execution<()> {
        self.host(delete)
    }

    /// A client is writing: see [`transients`](Self::transients).
    pub fn client_typing(&self, channel: ChannelId, client: ClientId) -> Execution<()> {
        self.host(ClientTyping { channel, client })
    }

    /// A message has got so far on its way to the client. What is no news changes nothing.
    pub fn receipt(&self, message: MessageId, state: Receipt) -> Execution<()> {
        self.host(RecordReceipt { message, state })
    }

    /// A client rates a closed dialog, from 1 to 5, once, where the channel asks for it.
    pub fn rate(&self, dialog: DialogId, score: u8, comment: Option<String>) -> Execution<()> {
        self.host(Rate { dialog, score, comment })
    }

    pub(super) fn host(&self, command: impl Into<Command>) -> Execution<()> {
        self.submit(Request::new(command), done)
    }
}

fn received(delivery: Delivery) -> Result<Received, Error> {
    match delivery.outcome {
        Outcome::Done(Reply::Received(received)) => Ok(received),
        _ => Err(unlike()),
    }
}
