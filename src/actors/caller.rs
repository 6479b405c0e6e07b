//! The way back: who waits for the outcome of a command, from admission until its release.
//!
//! An outcome travels with the journal batch of what it reports, and is given to whoever waits
//! only when the journal says that this batch is as durable as was asked for.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::answer::Answer;
use super::shared::Shared;
use crate::domain::file::Upload;
use crate::domain::reply::Reply;
use crate::domain::transient::Transient;
use crate::error::{Error, Rejection};
use crate::ids::IdempotencyKey;
use crate::storage::Gate;

/// What a command or a query comes to.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// A command was done.
    Done(Reply),
    /// A query was answered.
    Answered(Box<Answer>),
    /// Something happened that is not stored: it goes to whoever is there, and to nobody who waits.
    Transient(Box<Transient>),
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
    /// The dispatcher, which gathers the outcomes of several dialogs under this number.
    Part(u64),
    /// The thread that erases; the key is finished only when it is done.
    Kept(crossbeam_channel::Sender<Result<Delivery, Error>>),
}

/// What a command carries through the house so that its outcome finds the way back.
#[derive(Debug)]
pub struct Caller {
    /// Who waits.
    pub slot: Slot,
    /// The key under which the reply is kept.
    pub key: Option<IdempotencyKey>,
    /// Its share of what may be under way, in bytes; given back when its outcome leaves. Nothing for
    /// what was not admitted.
    pub admitted_bytes: Option<u32>,
    /// Contents of its files, which go past the dialog to the journal.
    pub uploads: Vec<Upload>,
}

impl Caller {
    /// For the engine's own orders: nobody waits.
    pub const fn nobody() -> Self {
        Self { slot: Slot::Nobody, key: None, admitted_bytes: None, uploads: Vec::new() }
    }

    /// Whether anything has to be released for it.
    pub fn is_nobody(&self) -> bool {
        matches!(self.slot, Slot::Nobody) && self.key.is_none()
    }
}

/// An outcome on its way through the journal.
#[derive(Debug)]
pub struct Completion {
    /// Who waits.
    pub caller: Caller,
    /// What it came to.
    pub outcome: Result<Outcome, Rejection>,
}

/// Where outcomes leave: keys are finished, hosts are told, and room is given back, once for all
/// that left together.
#[derive(Debug)]
pub struct Exit {
    shared: Arc<Shared>,
    commands: usize,
    bytes: usize,
}

impl Exit {
    /// The exit of one engine.
    pub fn of(shared: Arc<Shared>) -> Self {
        Self { shared, commands: 0, bytes: 0 }
    }

    fn deliver(&mut self, caller: Caller, result: Result<Delivery, Error>) {
        let Caller { slot, key, admitted_bytes, uploads: _ } = caller;
        if let Some(bytes) = admitted_bytes {
            self.commands += 1;
            self.bytes += bytes as usize;
        }
        if let Some(key) = key.filter(|_| !matches!(slot, Slot::Kept(_))) {
            self.shared.keys.finish(&key, &result);
        }
        // Who no longer waits has dropped its end; the command stays done.
        match slot {
            Slot::Host(sender) => drop(sender.send(result)),
            Slot::Kept(sender) => drop(sender.send(result)),
            Slot::Nobody | Slot::Script | Slot::Part(_) => {}
        }
    }
}

impl Gate for Exit {
    type Release = Completion;

    fn committed(&mut self, Completion { caller, outcome }: Completion, seq: u64) {
        #[cfg(test)]
        self.shared.reader.pass(crate::storage::testing::Trap::Release);
        match outcome {
            Ok(Outcome::Transient(transient)) => self.shared.transients.publish(seq, *transient),
            outcome => {
                let result = outcome.map(|outcome| Delivery { seq, outcome }).map_err(Error::from);
                self.deliver(caller, result);
            }
        }
    }

    fn failed(&mut self, Completion { caller, .. }: Completion, error: &Error) {
        self.deliver(caller, Err(error.clone()));
    }

    fn passed(&mut self) {
        self.shared.admission.give_back(self.commands, self.bytes);
        (self.commands, self.bytes) = (0, 0);
    }
}
