//! One per arbiter: where its actors leave what must go to the journal and to the dispatcher.
//!
//! Actors only append here. A task of the arbiter, woken once however many append, hands the
//! batch to the journal and only then passes the notes on: nobody hears of an event before it is
//! in the journal's channel.

use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use actix::Addr;
use crossbeam_channel::Sender;

use super::caller::{Caller, Completion, Outcome, Slot};
use super::dispatcher::Dispatcher;
use super::note::{Note, Notes};
use super::script::Observation;
use super::shared::Shared;
use crate::domain::dialog::Message;
use crate::domain::event::{Change, DialogEvent, Events};
use crate::domain::file::FilePlace;
use crate::domain::reply::Reply;
use crate::domain::statistics::Standing;
use crate::domain::transient::Transient;
use crate::error::Rejection;
use crate::ids::DialogId;
use crate::storage::{Barrier, Batch, Image};

/// Bytes of records after which a batch is handed over even if nobody waits for it, or more is
/// about to come.
const LAZY_BYTES: usize = 64 * 1024;

/// The outgoing side of one arbiter.
#[derive(Debug)]
pub struct Shard {
    /// What the whole engine has in common.
    pub shared: Arc<Shared>,
    outbox: Mutex<Outbox>,
}

#[derive(Debug, Default)]
struct Outbox {
    batch: Batch<Completion>,
    notes: Vec<Note>,
    flusher: Option<Waker>,
    /// Whether somebody waits for what is in the batch.
    awaited: bool,
    /// While a script runs nobody waits for the disk, so batches may grow.
    lazy: bool,
    /// Whether more is about to be left, for which the batch had better wait.
    more: bool,
    /// Whether the engine has stopped, and nothing leaves any more.
    closed: bool,
}

impl Outbox {
    fn clear(&mut self) {
        self.batch = Batch::default();
        self.notes.clear();
    }

    fn is_due(&self) -> bool {
        let full = self.batch.record_bytes() > LAZY_BYTES;
        match self.lazy {
            true => self.awaited || full,
            false => full || !(self.more || self.batch.is_empty()),
        }
    }
}

impl Shard {
    /// An empty one.
    pub fn new(shared: Arc<Shared>) -> Arc<Self> {
        Arc::new(Self { shared, outbox: Mutex::default() })
    }

    /// Opens the outbox for what one message caused.
    pub fn open(&self) -> OpenOutbox<'_> {
        OpenOutbox { shared: &self.shared, outbox: self.lock() }
    }

    /// Lets batches grow while nobody waits for them, or ends that.
    pub fn set_lazy(&self, lazy: bool) {
        let mut outbox = self.lock();
        outbox.lazy = lazy;
        if let Some(flusher) = outbox.flusher.take() {
            flusher.wake();
        }
    }

    /// Lets the batch wait for what is about to be left, or ends that.
    ///
    /// Only where all that this causes goes through this outbox too: the notes in it are passed on
    /// before the batch, and what they cause must come behind it in the journal.
    pub fn expect_more(&self, more: bool) {
        let mut outbox = self.lock();
        outbox.more = more;
        if outbox.is_due()
            && let Some(flusher) = outbox.flusher.take()
        {
            flusher.wake();
        }
    }

    /// Forgets what has not been handed over, and what will be left. A handler that panicked may have left half
    /// of what belongs together; whoever waits for any of it sees that it is gone.
    pub fn close(&self) {
        let mut outbox = self.lock();
        outbox.closed = true;
        outbox.clear();
    }

    /// Hands over what actors append, until the journal is gone or the engine has stopped.
    pub async fn flush_forever(
        self: Arc<Self>,
        journal: Sender<Batch<Completion>>,
        dispatcher: Addr<Dispatcher>,
    ) {
        loop {
            let (batch, notes) = poll_fn(|context| self.poll_due(context)).await;
            #[cfg(test)]
            self.shared.reader.pass(crate::storage::testing::Trap::Flusher);
            if self.shared.failure.get().is_some() {
                return;
            }
            if let Some(batch) = batch
                && journal.send(batch).is_err()
            {
                return;
            }
            if !notes.is_empty() {
                dispatcher.do_send(Notes(notes));
            }
        }
    }

    fn poll_due(&self, context: &mut Context<'_>) -> Poll<(Option<Batch<Completion>>, Vec<Note>)> {
        let mut outbox = self.lock();
        let due = outbox.is_due();
        if !due && outbox.notes.is_empty() {
            outbox.flusher = Some(context.waker().clone());
            return Poll::Pending;
        }
        let batch = due.then(|| {
            outbox.awaited = false;
            let successor = outbox.batch.successor();
            std::mem::replace(&mut outbox.batch, successor)
        });
        let room = Vec::with_capacity(outbox.notes.len());
        Poll::Ready((batch, std::mem::replace(&mut outbox.notes, room)))
    }

    fn lock(&self) -> MutexGuard<'_, Outbox> {
        self.outbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The outbox while one message is handled: what is appended together stays together.
#[derive(Debug)]
pub struct OpenOutbox<'a> {
    shared: &'a Arc<Shared>,
    outbox: MutexGuard<'a, Outbox>,
}

impl<'a> OpenOutbox<'a> {
    /// What the whole engine has in common.
    pub fn shared(&self) -> &'a Shared {
        self.shared
    }

    /// A command was done: its change goes to the journal, its reply follows.
    pub fn done(&mut self, change: &Change, reply: Reply, caller: Caller) {
        self.done_with(change, None, reply, caller);
    }

    /// The same with how the dialog of the change stood before, so that it can be counted.
    pub fn done_with(
        &mut self,
        change: &Change,
        standing: Option<&Standing>,
        reply: Reply,
        mut caller: Caller,
    ) {
        for upload in caller.take_uploads() {
            let names = |message: &&Message| {
                message.files().iter().any(|file| file.place == FilePlace::Stored(upload.hash))
            };
            if let Some(message) = added_message(change).filter(names) {
                self.outbox.batch.file(message.id, upload);
            }
        }
        let batch = &mut self.outbox.batch;
        let keyed = caller.key().map(|key| (key, &reply));
        if keyed.is_some() || !change.events.is_empty() || matches!(change.events, Events::Clock) {
            batch.record_with(change, standing, keyed);
        }
        if let Some((key, reply)) = keyed {
            batch.image(Image::Key(key.clone(), reply.clone()));
        }
        self.release(caller, Ok(Outcome::Done(reply)));
    }

    /// A command was rejected, or a query answered: nothing to keep, but what was seen must be
    /// durable before anybody outside hears of it.
    pub fn release(&mut self, mut caller: Caller, outcome: Result<Outcome, Rejection>) {
        if let Slot::Part(gathering) = caller.slot {
            return self.note(Note::Part(gathering, outcome));
        }
        if let Slot::Script = caller.slot
            && let Some(observation) = observe(&outcome)
        {
            self.shared.tap.show(observation);
        }
        if caller.is_nobody() || (matches!(caller.slot, Slot::Script) && caller.key().is_none()) {
            return;
        }
        // Contents that nothing has come of need not wait for the disk.
        drop(caller.take_uploads());
        self.outbox.awaited = true;
        self.outbox.batch.release(Completion { caller, outcome: outcome.map_err(Box::new) });
    }

    /// Something happened that is not stored: it leaves in its turn, if anybody is there.
    pub fn transient(&mut self, transient: Transient) {
        self.outbox.batch.release(Completion {
            caller: Caller::nobody(),
            outcome: Ok(Outcome::Transient(Box::new(transient))),
        });
    }

    /// Something goes to disk as it is now.
    pub fn image(&mut self, image: Image) {
        self.outbox.batch.image(image);
    }

    /// Somebody waits until all that was left before is written.
    pub fn barrier(&mut self, barrier: Barrier) {
        self.outbox.awaited = true;
        self.image(Image::Barrier(barrier));
    }

    /// The dispatcher has to know.
    pub fn note(&mut self, note: Note) {
        // All notes of a batch are one message.
        if self.outbox.notes.is_empty() {
            self.shared.activity.begin();
        }
        self.outbox.notes.push(note);
    }
}

impl Drop for OpenOutbox<'_> {
    fn drop(&mut self) {
        if self.outbox.closed {
            return self.outbox.clear();
        }
        if (self.outbox.is_due() || !self.outbox.notes.is_empty())
            && let Some(flusher) = self.outbox.flusher.take()
        {
            flusher.wake();
        }
    }
}

/// The message that a command has added.
fn added_message(change: &Change) -> Option<&Message> {
    let (Events::Dialog(_, events) | Events::Internal(_, events)) = &change.events else { return None };
    events.iter().find_map(|event| match event {
        DialogEvent::MessageAdded(message) => Some(&**message),
        _ => None,
    })
}

fn observe(outcome: &Result<Outcome, Rejection>) -> Option<Observation> {
    match outcome {
        Ok(Outcome::Done(reply)) => Some(Observation::Replied(Ok(reply.clone()))),
        Ok(Outcome::Answered(_) | Outcome::Transient(_)) => None,
        Err(rejection) => Some(Observation::Replied(Err(rejection.clone()))),
    }
}

/// The shard on which a dialog lives, among `shards`.
pub fn shard_of(dialog: DialogId, shards: usize) -> usize {
    (dialog.0 % shards as u64) as usize
}
