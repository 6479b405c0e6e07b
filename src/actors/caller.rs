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
    /// Its share of what may be under way, in bytes; given back when its outcome leaves. Nothing for
    /// what was not admitted.
    admitted_bytes: Option<u32>,
    /// Few carry anything, and a caller is handed on many times.
    luggage: Option<Box<Luggage>>,
}

#[derive(Debug, Default)]
struct Luggage {
    /// The key under which the reply is kept.
    key: Option<IdempotencyKey>,
    /// Contents of files, which go past the dialog to the journal.
    uploads: Vec<Upload>,
}

impl Caller {
    /// For the engine's own orders: nobody waits.
    pub const fn nobody() -> Self {
        Self::waiting(Slot::Nobody)
    }

    /// Who waits here.
    pub const fn waiting(slot: Slot) -> Self {
        Self { slot, admitted_bytes: None, luggage: None }
    }

    /// The same, with its share of what may be under way.
    #[must_use]
    pub const fn admitted(mut self, bytes: u32) -> Self {
        self.admitted_bytes = Some(bytes);
        self
    }

    /// The same, with the key under which the reply is kept, and contents of files.
    #[must_use]
    pub fn carrying(mut self, key: Option<IdempotencyKey>, uploads: Vec<Upload>) -> Self {
        let carries = key.is_some() || !uploads.is_empty();
        self.luggage = carries.then(|| Box::new(Luggage { key, uploads }));
        self
    }

    /// The key under which the reply is kept.
    pub fn key(&self) -> Option<&IdempotencyKey> {
        self.luggage.as_ref()?.key.as_ref()
    }

    /// Takes the contents of its files.
    pub fn take_uploads(&mut self) -> Vec<Upload> {
        self.luggage.as_mut().map_or_else(Vec::new, |luggage| std::mem::take(&mut luggage.uploads))
    }

    /// Whether anything has to be released for it.
    pub fn is_nobody(&self) -> bool {
        matches!(self.slot, Slot::Nobody) && self.key().is_none()
    }
}

/// An outcome on its way through the journal.
#[derive(Debug)]
pub struct Completion {
    /// Who waits.
    pub caller: Caller,
    /// What it came to; rejections are rare and large.
    pub outcome: Result<Outcome, Box<Rejection>>,
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
        let Caller { slot, admitted_bytes, luggage } = caller;
        if let Some(bytes) = admitted_bytes {
            self.commands += 1;
            self.bytes += bytes as usize;
        }
        if let Some(key) = luggage.and_then(|luggage| luggage.key).filter(|_| !matches!(slot, Slot::Kept(_)))
        {
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
                let delivery = outcome.map(|outcome| Delivery { seq, outcome });
                let result = delivery.map_err(|rejection| Error::from(*rejection));
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
