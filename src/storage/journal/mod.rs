//! The journal: three threads between the actors and the disk.
//!
//! ```text
//!  batches ──► commit ──► release    replies, in order, while the next group is being synced
//!                 │
//!                 └─────► archive    images, behind the group that contains what they show
//! ```
//!
//! No thread here looks at a single change: a group is copied, written and passed on as a whole. What there is to
//! count comes beside the records, and is booked by the commit thread before anybody hears of the group.

mod archive;
mod backlog;
mod checkpoint;
mod commit;
mod release;
mod spares;
#[cfg(test)]
mod stepped;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;

use crossbeam_channel::{Sender, bounded};

use self::archive::Archive;
use self::commit::Commit;
use super::batch::{Batch, Gate, Hooks};
use super::rocks::Disk;
use super::store::Store;
use super::strangers;
use super::tail::Tail;
use crate::error::Error;
use crate::limits;

#[cfg(test)]
pub(crate) use stepped::SteppedJournal;

/// Groups that may wait to be released: few, so that a host which is slow to take its replies slows the engine
/// down.
const RELEASE_QUEUE_GROUPS: usize = 16;

/// Bytes of images that may wait to be archived, about: as many as come while a checkpoint is flushed at full load and
/// large tables are compacted beside it, however many groups hold them.
const ARCHIVE_QUEUE_BYTES: usize = 256 * 1024 * 1024;

impl<R> fmt::Debug for Journal<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal").finish_non_exhaustive()
    }
}

/// The running journal of a data directory.
pub struct Journal<R> {
    batches: Sender<Batch<R>>,
    closing: Sender<()>,
    threads: Vec<JoinHandle<()>>,
    learner: Option<JoinHandle<()>>,
    disk: Arc<Disk>,
    tail: Arc<Tail>,
}

/// Tells the owner of a failure, once.
struct Alarm {
    hooks: Arc<dyn Hooks>,
    raised: AtomicBool,
}

impl Alarm {
    fn raise(&self, error: &Error) {
        if !self.raised.swap(true, Ordering::AcqRel) {
            self.hooks.failed(error);
        }
    }
}

impl<R: Send + 'static> Journal<R> {
    /// Starts the threads; outcomes leave through `gate`.
    ///
    /// # Errors
    /// If the system has no threads left.
    pub fn start(store: Store, hooks: Arc<dyn Hooks>, gate: impl Gate<Release = R>) -> Result<Self, Error> {
        let (batches, to_commit) = bounded(limits::JOURNAL_QUEUE_BATCHES);
        let (closing, is_closing) = bounded(0);
        let (to_release, released) = bounded(RELEASE_QUEUE_GROUPS);
        let (backlog, archived, taken) = backlog::backlog();
        let alarm = Arc::new(Alarm { hooks, raised: AtomicBool::new(false) });
        // Until the first checkpoint of this run, what recovery had to read counts as well.
        let begun_at = Arc::new(AtomicU64::new(0));
        let (disk, tail) = (Arc::clone(&store.disk), Arc::clone(&store.tail));
        let commit = Commit::new(&store, Arc::clone(&alarm), Arc::clone(&begun_at), to_release, backlog);
        let archive = Archive::new(store, Arc::clone(&alarm), begun_at, taken);
        let threads = vec![
            spawn("centrala-commit", &alarm, {
                let (rest, end) = (to_commit.clone(), is_closing.clone());
                (move || commit.run(&to_commit, &is_closing), move || commit::forget(&rest, &end))
            })?,
            spawn("centrala-release", &alarm, {
                let rest = released.clone();
                (move || release::run(&released, gate), move || rest.iter().for_each(drop))
            })?,
            spawn("centrala-archive", &alarm, {
                let rest = archived.clone();
                (move || archive.run(&archived), move || rest.iter().for_each(drop))
            })?,
        ];
        let learner = strangers::learn(&disk);
        Ok(Self { batches, closing, threads, learner, disk, tail })
    }

    /// Where arbiters send their batches.
    pub fn sender(&self) -> Sender<Batch<R>> {
        self.batches.clone()
    }

    /// Commits, releases and archives all that was sent, makes it safe and closes the directory,
    /// even if readers and senders are still about. What is sent afterwards is dropped.
    ///
    /// Opening is quick again if the last batches held a whole checkpoint.
    ///
    /// # Errors
    /// What stopped the journal, now or before.
    pub fn close(self) -> Result<(), Error> {
        let Self { batches, closing, threads, learner, disk, tail } = self;
        drop((batches, closing));
        let panicked = threads.into_iter().map(JoinHandle::join).filter(Result::is_err).count();
        // What a thread has let others see before it panicked may not be written.
        let flushed = if panicked > 0 { disk.flush() } else { disk.flush_up_to(tail.durable_seq()) };
        tail.end();
        disk.close();
        // What it did not learn is looked for on the disk: a panic there harms nobody.
        let _ = learner.map(JoinHandle::join);
        if panicked > 0 {
            return Err(Error::StorageFailed { reason: "a thread of the journal panicked".into() });
        }
        flushed
    }
}

/// Starts a thread. If it panics, it raises the alarm and then forgets whatever else it is given: a channel keeps
/// what is in it as long as there is somebody who may send, and whoever waits for that would wait as long.
fn spawn(
    name: &'static str,
    alarm: &Arc<Alarm>,
    (run, forget): (impl FnOnce() + Send + 'static, impl FnOnce() + Send + 'static),
) -> Result<JoinHandle<()>, Error> {
    let alarm = Arc::clone(alarm);
    let run = move || {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(run)) {
            alarm.raise(&Error::of_panic(name, &*panic));
            forget();
            resume_unwind(panic);
        }
    };
    let spawned = std::thread::Builder::new().name(name.to_owned()).spawn(run);
    spawned.map_err(|error| Error::StorageFailed { reason: format!("no thread for {name}: {error}") })
}
