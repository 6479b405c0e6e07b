//! What an operator may do with people in a dialog, with its messages, and when it is over.

use super::Execution;
use super::execution::unlike;
use super::operator::AsOperator;
use crate::actors::caller::{Delivery, Outcome};
use crate::domain::dialog::command::{
    DeleteMessage, Discuss, EditMessage, Invite, Join, Leave, MoveToNew, PinAll, RemoveParticipant, Rename,
    ScoreDialog, SetHiddenMode, Typing, UnpinAll,
};
use crate::domain::reply::Reply;
use crate::domain::request::Request;
use crate::error::Error;
use crate::ids::{DialogId, MessageId, OperatorId};

impl AsOperator {
    /// Takes part in a dialog without owning it.
    pub fn join(&self, dialog: DialogId) -> Execution<()> {
        self.act(Join { dialog })
    }

    /// Ends my part in a dialog that is another's.
    pub fn leave(&self, dialog: DialogId) -> Execution<()> {
        self.act(Leave { dialog })
    }

    /// Brings a colleague into a dialog.
    pub fn invite(&self, dialog: DialogId, operator: OperatorId) -> Execution<()> {
        self.act(Invite { dialog, operator })
    }

    /// Ends a colleague's part in a dialog.
    pub fn remove_participant(&self, dialog: DialogId, operator: OperatorId) -> Execution<()> {
        self.act(RemoveParticipant { dialog, operator })
    }

    /// Gives a dialog a title of the employees' own; an empty one takes it away.
    pub fn rename(&self, dialog: DialogId, title: impl Into<String>) -> Execution<()> {
        self.act(Rename { dialog, title: title.into() })
    }

    /// Makes what I write in a dialog next hidden from the client, or no longer.
    pub fn set_hidden_mode(&self, dialog: DialogId, on: bool) -> Execution<()> {
        self.act(SetHiddenMode { dialog, on })
    }

    /// Says that I am writing: see [`transients`](super::Engine::transients).
    pub fn typing(&self, dialog: DialogId) -> Execution<()> {
        self.act(Typing { dialog })
    }

    /// Gives a message another text.
    pub fn edit(&self, message: MessageId, text: impl Into<String>) -> Execution<()> {
        self.act(EditMessage { message, text: text.into() })
    }

    /// Takes the text of a message away.
    pub fn delete(&self, message: MessageId) -> Execution<()> {
        self.act(DeleteMessage { message })
    }

    /// Opens an internal dialog about a message, with everybody who took part in its dialog.
    pub fn discuss(&self, message: MessageId) -> Execution<DialogId> {
        self.engine().submit(Request::new(Discuss { message }).by(self.id().clone()), opened)
    }

    /// Moves a client's message to a new dialog, which is mine; the one in which it stood closes.
    pub fn move_to_new(&self, message: MessageId) -> Execution<DialogId> {
        self.engine().submit(Request::new(MoveToNew { message }).by(self.id().clone()), opened)
    }

    /// Says what I, a supervisor, think of a closed dialog, from 1 to 5.
    pub fn score_dialog(&self, dialog: DialogId, rating: u8, comment: Option<String>) -> Execution<()> {
        self.act(ScoreDialog { dialog, rating, comment })
    }

    /// Locks all dialogs that I own; tells those that were not locked before.
    pub fn pin_all(&self) -> Execution<Vec<DialogId>> {
        self.engine().submit(Request::new(PinAll {}).by(self.id().clone()), changed)
    }

    /// Unlocks all dialogs that I own; tells those that were locked before.
    pub fn unpin_all(&self) -> Execution<Vec<DialogId>> {
        self.engine().submit(Request::new(UnpinAll {}).by(self.id().clone()), changed)
    }
}

fn opened(delivery: Delivery) -> Result<DialogId, Error> {
    match delivery.outcome {
        Outcome::Done(Reply::Opened(opened)) => Ok(opened.dialog),
        _ => Err(unlike()),
    }
}

fn changed(delivery: Delivery) -> Result<Vec<DialogId>, Error> {
    match delivery.outcome {
        Outcome::Done(Reply::Dialogs(dialogs)) => Ok(dialogs),
        _ => Err(unlike()),
    }
}
