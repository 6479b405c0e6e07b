//! What an operator may do, as methods of a handle that carries who acts.

use super::execution::{done, unlike};
use super::{Engine, Execution};
use crate::actors::caller::{Delivery, Outcome};
use crate::domain::command::Command;
use crate::domain::dialog::command::{
    AcceptAndFinish, Answer, Finish, Pin, SetPriority, Skip, Spam, Take, Transfer, Unpin, WriteReply,
};
use crate::domain::event::Destination;
use crate::domain::operator::{Presence, SetPresence};
use crate::domain::reply::{Reply, Written};
use crate::domain::request::Request;
use crate::error::Error;
use crate::ids::{ChannelId, DialogId, OperatorId};

/// The engine as one operator works with it.
#[derive(Debug, Clone)]
pub struct AsOperator {
    engine: Engine,
    operator: OperatorId,
}

impl Engine {
    /// The engine as `operator` works with it. Whether there is such an operator is seen when it
    /// acts.
    pub fn as_operator(&self, operator: OperatorId) -> AsOperator {
        AsOperator { engine: self.clone(), operator }
    }
}

impl AsOperator {
    /// Who acts.
    pub fn id(&self) -> &OperatorId {
        &self.operator
    }

    /// Makes an offered or waiting dialog mine.
    pub fn answer(&self, dialog: DialogId) -> Execution<()> {
        self.act(Answer { dialog })
    }

    /// Declines an offer: the dialog goes to the next one in the queue.
    pub fn skip(&self, dialog: DialogId) -> Execution<()> {
        self.act(Skip { dialog })
    }

    /// Answers and closes in one step.
    pub fn accept_and_finish(&self, dialog: DialogId) -> Execution<()> {
        self.act(AcceptAndFinish { dialog })
    }

    /// Writes to the client.
    pub fn reply(&self, dialog: DialogId, text: impl Into<String>) -> Execution<Written> {
        self.write(WriteReply::new(dialog, text))
    }

    /// Writes to employees only: the client never sees it.
    pub fn reply_hidden(&self, dialog: DialogId, text: impl Into<String>) -> Execution<Written> {
        self.write(WriteReply::new(dialog, text).hidden(true))
    }

    /// Passes a dialog on to a colleague, with a comment that only employees see.
    pub fn transfer_to_operator(
        &self,
        dialog: DialogId,
        operator: OperatorId,
        comment: Option<String>,
    ) -> Execution<()> {
        self.act(Transfer { dialog, to: Destination::Operator(operator), comment })
    }

    /// Passes a dialog on to the queue of a channel, with a comment that only employees see.
    pub fn transfer_to_channel(
        &self,
        dialog: DialogId,
        channel: ChannelId,
        comment: Option<String>,
    ) -> Execution<()> {
        self.act(Transfer { dialog, to: Destination::Channel(channel), comment })
    }

    /// Makes a dialog mine, even another's.
    pub fn take(&self, dialog: DialogId) -> Execution<()> {
        self.act(Take { dialog })
    }

    /// Locks a dialog to its owner.
    pub fn pin(&self, dialog: DialogId) -> Execution<()> {
        self.act(Pin { dialog })
    }

    /// Unlocks a dialog.
    pub fn unpin(&self, dialog: DialogId) -> Execution<()> {
        self.act(Unpin { dialog })
    }

    /// Closes a dialog.
    pub fn finish(&self, dialog: DialogId) -> Execution<()> {
        self.act(Finish { dialog })
    }

    /// Closes a dialog as spam; the client may write again.
    pub fn spam(&self, dialog: DialogId) -> Execution<()> {
        self.act(Spam { dialog })
    }

    /// Makes a dialog more or less urgent than its channel says; larger is more urgent.
    pub fn set_priority(&self, dialog: DialogId, priority: i32) -> Execution<()> {
        self.act(SetPriority { dialog, priority })
    }

    /// Says whether I am there.
    pub fn set_presence(&self, presence: Presence) -> Execution<()> {
        self.act(SetPresence { operator: self.operator.clone(), presence })
    }

    pub(super) fn act(&self, command: impl Into<Command>) -> Execution<()> {
        self.engine.submit(Request::new(command).by(self.operator.clone()), done)
    }

    pub(super) fn write(&self, command: impl Into<Command>) -> Execution<Written> {
        self.engine.submit(Request::new(command).by(self.operator.clone()), written)
    }

    pub(super) fn engine(&self) -> &Engine {
        &self.engine
    }
}

fn written(delivery: Delivery) -> Result<Written, Error> {
    match delivery.outcome {
        Outcome::Done(Reply::Written(written)) => Ok(written),
        _ => Err(unlike()),
    }
}
