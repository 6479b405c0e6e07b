//! What actors tell the dispatcher after their events are in the journal's channel.

use actix::Message;
use smallvec::SmallVec;

use super::caller::Outcome;
use super::errand::Errand;
use crate::domain::channel::Channel;
use crate::domain::dialog::Dialog;
use crate::domain::dialog::command::Lookup;
use crate::domain::operator::Operator;
use crate::error::Rejection;
use crate::ids::{DialogId, OperatorId};
use crate::routing::Fact;

/// What the dispatcher has to know.
#[derive(Debug)]
pub enum Note {
    /// A dialog handled one message.
    Dialog(DialogNote),
    /// A channel is now like this.
    Channel(Box<Channel>),
    /// An operator is now like this.
    Operator(Box<Operator>),
    /// Somebody takes part in a dialog, or no longer.
    Company {
        /// Which.
        dialog: DialogId,
        /// Who.
        operator: OperatorId,
        /// Whether they do from now on.
        takes_part: bool,
    },
    /// A dialog did its part of what is gathered under this number.
    Part(u64, Result<Outcome, Rejection>),
    /// What a command had to know elsewhere was looked up: it can go on.
    Found(Box<Errand>, Lookup),
    /// A message has moved to a new dialog, which begins with it.
    Moved(Box<Moved>),
    /// A message has not moved to the new dialog that was to have this id.
    Stayed(DialogId),
    /// An operator or the registry handled a message, and nothing changed.
    Nothing,
}

/// Few: mostly one.
pub type Facts = SmallVec<[Fact; 1]>;

/// A dialog handled one message.
#[derive(Debug)]
pub struct DialogNote {
    /// Which.
    pub dialog: DialogId,
    /// Whether the message was a command, which the router counts as a trip.
    pub trip: bool,
    /// What routing needs of the events.
    pub facts: Facts,
    /// Whether its latest image shows it as it is.
    pub clean: bool,
    /// Whether it has ended.
    pub closed: bool,
    /// Whether what was written in it has been erased.
    pub erased: bool,
}

/// A message has moved.
#[derive(Debug)]
pub struct Moved {
    /// The new dialog, as it is in its image.
    pub dialog: Dialog,
    /// What routing needs of the events that began it.
    pub facts: Facts,
}

/// All notes of one batch, in order.
#[derive(Debug)]
pub struct Notes(pub Vec<Note>);

impl Message for Notes {
    type Result = ();
}
