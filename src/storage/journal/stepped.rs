//! The journal without its threads, for tests: whoever holds it says which of the three does its next
//! step. The steps are those that the threads do.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use crossbeam_channel::{Receiver, Sender, unbounded};

use super::archive::{Archive, Parcel};
use super::backlog::backlog;
use super::commit::Commit;
use super::release::{self, Released};
use super::{Alarm, RELEASE_QUEUE_GROUPS};
use crate::error::Error;
use crate::limits;
use crate::storage::batch::{Batch, Gate, Hooks};
use crate::storage::rocks::Disk;
use crate::storage::store::Store;
use crate::storage::strangers;

/// The journal of an open directory, moved step by step.
pub(crate) struct SteppedJournal<G: Gate> {
    batches: Sender<Batch<G::Release>>,
    to_commit: Receiver<Batch<G::Release>>,
    released: Receiver<Released<G::Release>>,
    parcels: Receiver<Parcel>,
    alarm: Arc<Alarm>,
    disk: Arc<Disk>,
    commit: Commit<G::Release>,
    gate: G,
    /// Nothing after a failed write.
    archive: Option<Archive>,
}

impl<G: Gate> SteppedJournal<G> {
    /// Stands still until a step is asked for.
    pub fn new(store: Store, hooks: Arc<dyn Hooks>, gate: G) -> Self {
        let (batches, to_commit) = unbounded();
        let (to_release, released) = unbounded();
        let (backlog, parcels, taken) = backlog();
        let alarm = Arc::new(Alarm { hooks, raised: Default::default() });
        let begun_at = Arc::new(AtomicU64::new(0));
        let disk = Arc::clone(&store.disk);
        // At once, so that the same seed makes the same steps. If it cannot be read, that shows elsewhere.
        let _ = strangers::read_all(&Arc::downgrade(&disk));
        let commit = Commit::new(&store, Arc::clone(&alarm), Arc::clone(&begun_at), to_release, backlog);
        let archive = Some(Archive::new(store, Arc::clone(&alarm), begun_at, taken));
        Self { batches, to_commit, released, parcels, alarm, disk, commit, gate, archive }
    }

    /// Where the arbiter sends its batches.
    pub fn sender(&self) -> Sender<Batch<G::Release>> {
        self.batches.clone()
    }

    /// Batches that wait to be committed.
    pub fn waiting(&self) -> usize {
        self.to_commit.len()
    }

    /// Whether the threads would have to stop here until others have gone on.
    pub fn is_full(&self) -> bool {
        self.waiting() >= limits::JOURNAL_QUEUE_BATCHES
    }

    /// Commits a group of so many batches at most. False if none waits, or what was committed before has to
    /// be let go or archived first.
    pub fn commit(&mut self, at_most: usize) -> bool {
        if self.released.len() >= RELEASE_QUEUE_GROUPS || self.commit.backlog.is_half_full() {
            return false;
        }
        let mut group: Vec<_> = self.to_commit.try_iter().take(at_most).collect();
        let any = !group.is_empty();
        if any {
            self.commit.commit(&mut group);
        }
        any
    }

    /// Lets go what waited for the next group. False if there is none.
    pub fn release(&mut self) -> bool {
        let released = self.released.try_recv();
        released.map(|group| release::let_go(group, &mut self.gate)).is_ok()
    }

    /// Takes in the images of the next group. False if there are none.
    pub fn archive(&mut self) -> bool {
        let Ok(parcel) = self.parcels.try_recv() else { return false };
        self.archive_step(|archive| archive.take(parcel));
        true
    }

    /// Writes the images that wait for more.
    pub fn write_images(&mut self) {
        self.archive_step(Archive::write);
    }

    /// Whether the disk has failed, also if nobody was told yet.
    pub fn has_failed(&self) -> bool {
        self.disk.failure().is_some()
    }

    /// Makes everything safe and ends.
    pub fn close(mut self) -> Result<(), Error> {
        self.write_images();
        let flushed = self.disk.flush_up_to(self.commit.tail.durable_seq());
        self.disk.close();
        flushed
    }

    fn archive_step(&mut self, step: impl FnOnce(&mut Archive) -> Result<(), Error>) {
        let Some(archive) = &mut self.archive else { return };
        if let Err(error) = step(archive) {
            self.archive = None;
            self.alarm.raise(&error);
        }
    }
}
