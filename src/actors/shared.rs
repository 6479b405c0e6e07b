//! What all actors of one engine, and its handle, have in common.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::task::Poll;

use crossbeam_channel::Sender;
use hashbrown::HashMap;
use tokio::sync::{Notify, oneshot};

use super::activity::Activity;
use super::admission::Admission;
use super::directory::Directory;
use super::eraser::Job;
use super::keys::KeyTable;
use super::script::Observation;
use super::transients::Transients;
use crate::clock::Clock;
use crate::error::Error;
use crate::ids::{ChannelId, OperatorId};
use crate::storage::Reader;
use crate::timestamp::Timestamp;

/// What all actors of one engine, and its handle, have in common.
#[derive(Debug)]
pub struct Shared {
    /// The only source of time.
    pub clock: Clock,
    /// Messages under way.
    pub activity: Activity,
    /// Commands under way.
    pub admission: Admission,
    /// Idempotency keys.
    pub keys: KeyTable,
    /// What is on disk.
    pub reader: Reader,
    /// Names of operators, for the client's view.
    pub names: Names,
    /// What can be searched for by name.
    pub directory: Directory,
    /// Sum of the fingerprints of all images written, or on their way to disk, but for those of dialogs that were
    /// closed since the start: whoever takes them in adds those up.
    pub fingerprint: Fingerprint,
    /// What a running script gets to see.
    pub tap: Tap,
    /// What happens and is not stored.
    pub transients: Arc<Transients>,
    /// On virtual time: when the next timer falls due.
    pub deadline: Deadline,
    /// What is to be erased.
    pub erasing: Sender<Job>,
    /// Open dialogs that stay awake although they are on the disk.
    pub awake_dialogs: usize,
    /// Dialogs that have an actor.
    pub awake: AtomicUsize,
    /// How many checkpoints there were.
    pub checkpoints: CheckpointCounts,
    /// Why the engine stopped, once it has.
    pub failure: OnceLock<Error>,
    /// Told when it has.
    pub halt: Notify,
}

/// How many checkpoints have begun, and of how many all can be read.
#[derive(Debug, Default)]
pub struct CheckpointCounts {
    begun: AtomicU64,
    written: AtomicU64,
}

impl CheckpointCounts {
    /// One more has begun.
    pub fn begin(&self) {
        self.begun.fetch_add(1, Ordering::Relaxed);
    }

    /// One more is written.
    pub fn end(&self) {
        self.written.fetch_add(1, Ordering::Relaxed);
    }

    /// How many have begun, and how many are written.
    pub fn both(&self) -> (u64, u64) {
        (self.begun.load(Ordering::Relaxed), self.written.load(Ordering::Relaxed))
    }
}

impl Shared {
    /// Waits for `stopped`, or until the engine has failed.
    pub async fn until_halted<T>(&self, stopped: oneshot::Receiver<T>) {
        let (mut stopped, mut halted) = (pin!(stopped), pin!(self.halt.notified()));
        poll_fn(|context| match stopped.as_mut().poll(context) {
            Poll::Ready(_) => Poll::Ready(()),
            Poll::Pending => halted.as_mut().poll(context),
        })
        .await;
    }

    /// Stops the engine if a handler panicked.
    pub fn check(&self, handled: Result<(), Error>) {
        if let Err(bug) = handled {
            self.fail(bug);
        }
    }

    /// Stops the engine: nothing is admitted any more, the actors go, and whoever waits is told. The first
    /// reason stays.
    pub fn fail(&self, error: Error) {
        tracing::error!(%error, "the engine stops");
        if self.failure.set(error.clone()).is_ok() {
            self.keys.fail(&error);
            self.activity.give_up();
            self.halt.notify_one();
        }
    }
}

/// When the next timer falls due.
#[derive(Debug)]
pub struct Deadline(AtomicI64);

impl Default for Deadline {
    fn default() -> Self {
        Self(AtomicI64::new(i64::MAX))
    }
}

impl Deadline {
    /// Sets the moment, or that there is none.
    pub fn set(&self, moment: Option<Timestamp>) {
        self.0.store(moment.map_or(i64::MAX, Timestamp::as_millis), Ordering::Release);
    }

    /// The moment, if it is not after `limit`.
    pub fn until(&self, limit: Timestamp) -> Option<Timestamp> {
        let moment = Timestamp::from_millis(self.0.load(Ordering::Acquire));
        (moment <= limit && moment.as_millis() != i64::MAX).then_some(moment)
    }
}

/// A wrapping sum over the fingerprints of things: the same whatever their order.
#[derive(Debug, Default)]
pub struct Fingerprint(AtomicU64);

impl Fingerprint {
    /// Begins with a sum.
    pub fn new(sum: u64) -> Self {
        Self(AtomicU64::new(sum))
    }

    /// Adds a difference, modulo 2^64.
    pub fn add(&self, delta: u64) {
        self.0.fetch_add(delta, Ordering::Relaxed);
    }

    /// The sum.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Names of operators as clients may see them, and what else views take from elsewhere.
#[derive(Debug, Default)]
pub struct Names {
    operators: RwLock<HashMap<OperatorId, String>>,
    /// Of channels whose dialogs are not of priority 0.
    priorities: RwLock<HashMap<ChannelId, i32>>,
}

impl Names {
    /// Keeps the priority of a channel's dialogs.
    pub fn put_priority(&self, channel: &ChannelId, priority: i32) {
        let mut priorities = self.priorities.write().unwrap_or_else(PoisonError::into_inner);
        match priority {
            0 => drop(priorities.remove(channel)),
            priority => drop(priorities.insert(channel.clone(), priority)),
        }
    }

    /// The priority of a channel's dialogs that have none of their own.
    pub fn priority(&self, channel: &ChannelId) -> i32 {
        let priorities = self.priorities.read().unwrap_or_else(PoisonError::into_inner);
        priorities.get(channel).copied().unwrap_or(0)
    }

    /// Keeps the name of an operator.
    pub fn put(&self, operator: OperatorId, name: String) {
        self.operators.write().unwrap_or_else(PoisonError::into_inner).insert(operator, name);
    }

    /// The name of an operator.
    pub fn get(&self, operator: &OperatorId) -> Option<String> {
        self.operators.read().unwrap_or_else(PoisonError::into_inner).get(operator).cloned()
    }
}

/// What happened, for a script in the dispatcher's thread; empty while no script runs.
#[derive(Debug, Default)]
pub struct Tap {
    open: AtomicBool,
    seen: Mutex<Vec<Observation>>,
}

impl Tap {
    /// Opens or closes the tap.
    pub fn set_open(&self, open: bool) {
        self.open.store(open, Ordering::Relaxed);
    }

    /// Whether a script runs.
    pub fn is_open(&self) -> bool {
        self.open.load(Ordering::Relaxed)
    }

    /// Shows something to the script, if one runs.
    pub fn show(&self, observation: Observation) {
        if self.is_open() {
            self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(observation);
        }
    }

    /// Moves what was seen since the last call into `seen`, which must be empty.
    pub fn take(&self, seen: &mut Vec<Observation>) {
        std::mem::swap(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner), seen);
    }
}
