//! The way back: who waits for the outcome of a command, from admission until its release.
//!
//! An outcome travels with the journal batch of what it reports, and is given to whoever waits
//! only when the journal says that this batch is as durable as was asked for.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::admission::Admission;
use super::answer::Answer;
use super::shared::Shared;
use crate::domain::reply::Reply;
use crate::error::{Error, Rejection};
use crate::ids::IdempotencyKey;
use crate::storage::Release;

/// What a command or a query comes to.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// A command was done.
    Done(Reply),
    /// A query was answered.
    Answered(Box<Answer>),
}

impl Outcome {
    /// A query was answered with this.
    pub fn answered(answer: Answer) -> Self {
        Self::Answered(Box::new(answer))
    }
}

/// An outcome that has left the engine, and the last event that it may have seen.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Everything up to this event is durable, the events of the command included.
    pub seq: u64,
    /// What it came to.
    pub outcome: Outcome,
}

/// Who waits for the outcome.
#[derive(Debug)]
pub enum Slot {
    /// Nobody: the engine's own orders.
    Nobody,
    /// A host.
    Host(oneshot::Sender<Result<Delivery, Error>>),
    /// The script that drives virtual time, in the dispatcher's own thread.
    Script,
}

/// One unit of what may be under way at once; given back when dropped.
#[derive(Debug)]
pub struct Credit {
    admission: Arc<Admission>,
    bytes: usize,
}

impl Credit {
    /// A unit that was taken from `admission` and stands for `bytes`.
    pub fn taken(admission: Arc<Admission>, bytes: usize) -> Self {
        Self { admission, bytes }
    }
}

impl Drop for Credit {
    fn drop(&mut self) {
        self.admission.give_back(self.bytes);
    }
}

/// What a command carries through the house so that its outcome finds the way back.
#[derive(Debug)]
pub struct Caller {
    /// Who waits.
    pub slot: Slot,
    /// The key under which the reply is kept.
    pub key: Option<IdempotencyKey>,
    /// Its share of what may be under way.
    pub credit: Option<Credit>,
}

impl Caller {
    /// For the engine's own orders: nobody waits.
    pub const fn nobody() -> Self {
        Self { slot: Slot::Nobody, key: None, credit: None }
    }

    /// Whether anything has to be released for it.
    pub fn is_nobody(&self) -> bool {
        matches!(self.slot, Slot::Nobody) && self.key.is_none()
    }
}

/// An outcome on its way through the journal.
#[derive(Debug)]
pub struct Completion {
    /// Where the key is kept, if there is one: most commands have none, and a count of references
    /// that all threads share is dear.
    keys: Option<Arc<Shared>>,
    caller: Caller,
    outcome: Result<Outcome, Rejection>,
}

impl Completion {
    /// Binds an outcome to those who wait for it.
    pub fn new(shared: &Arc<Shared>, caller: Caller, outcome: Result<Outcome, Rejection>) -> Self {
        let keys = caller.key.as_ref().map(|_| Arc::clone(shared));
        Self { keys, caller, outcome }
    }

    fn deliver(self, result: Result<Delivery, Error>) {
        let Caller { slot, key, credit } = self.caller;
        drop(credit);
        if let (Some(key), Some(shared)) = (key, self.keys) {
            shared.keys.finish(&key, &result);
        }
        if let Slot::Host(sender) = slot {
            // A host that no longer waits has dropped its end; the command stays done.
            let _ = sender.send(result);
        }
    }
}

impl Release for Completion {
    fn committed(mut self, seq: u64) {
        let outcome = std::mem::replace(&mut self.outcome, Ok(Outcome::Done(Reply::Done)));
        self.deliver(outcome.map(|outcome| Delivery { seq, outcome }).map_err(Error::from));
    }

    fn failed(self, error: &Error) {
        let error = error.clone();
        self.deliver(Err(error));
    }
}
