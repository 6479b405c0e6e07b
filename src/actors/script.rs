//! A script drives an engine on virtual time from inside, without a round trip per command.

use crate::domain::dialog::CloseReason;
use crate::domain::reply::Reply;
use crate::domain::request::Request;
use crate::error::Rejection;
use crate::ids::{DialogId, OperatorId};
use crate::timestamp::Timestamp;

/// Drives an engine on virtual time.
///
/// The engine calls [`next`](Script::next) whenever everything is settled, with what happened
/// since the last call. If a timer of the engine falls due before the step's time, it fires first
/// and `next` is asked anew, so a step is taken only when its [`Observation::Replied`] is seen.
pub trait Script: std::any::Any + Send {
    /// What to do next.
    fn next(&mut self, now: Timestamp, seen: &[Observation]) -> Step;
}

/// What happened since the last call, in order.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Observation {
    /// The outcome of a step.
    Replied(Result<Reply, Rejection>),
    /// A dialog waits in its queue.
    Waiting {
        /// Which.
        dialog: DialogId,
    },
    /// A dialog has an owner.
    Answered {
        /// Which.
        dialog: DialogId,
        /// The owner.
        operator: OperatorId,
    },
    /// A dialog has ended.
    Closed {
        /// Which.
        dialog: DialogId,
        /// Why.
        reason: CloseReason,
    },
}

/// What a script wants.
#[derive(Debug)]
pub enum Step {
    /// Moves the clock to `at` (not back) and sends a command.
    Do {
        /// When.
        at: Timestamp,
        /// What.
        request: Request,
    },
    /// Nothing more: give the engine back.
    Done,
}
