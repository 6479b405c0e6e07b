//! What the host and the connector may do: set-up, and the client's side.

use super::execution::{done, unlike};
use super::{Engine, Execution};
use crate::actors::caller::{Delivery, Outcome};
use crate::domain::channel::PutChannel;
use crate::domain::command::Command;
use crate::domain::dialog::command::{ClientLeave, Receive};
use crate::domain::operator::{Presence, PutOperator, RemoveOperator, SetPresence};
use crate::domain::reply::{Received, Reply};
use crate::domain::request::Request;
use crate::error::Error;
use crate::ids::{ChannelId, ClientId, OperatorId};

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

    /// A client left: a dialog that nobody answered closes as abandoned.
    pub fn client_leave(&self, channel: ChannelId, client: ClientId) -> Execution<()> {
        self.host(ClientLeave { channel, client })
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
