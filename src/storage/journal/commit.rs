//! The thread that commits: what waits becomes one frame, one write, one sync.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_channel::{Receiver, Sender, select};

use super::Alarm;
use super::archive::Parcel;
use super::backlog::Backlog;
use super::release::Released;
use super::spares::Spares;
use crate::domain::file::Upload;
use crate::domain::statistics::Tally;
use crate::error::Error;
use crate::ids::MessageId;
use crate::limits;
use crate::storage::batch::Batch;
use crate::storage::erase::Exclusion;
use crate::storage::files;
use crate::storage::frame::{self, Position};
use crate::storage::image::Image;
use crate::storage::lent::Lent;
use crate::storage::rocks::{Disk, Safety, Table};
use crate::storage::settings::Durability;
use crate::storage::statistics::{SharedStatistics, Writing};
use crate::storage::store::Store;
use crate::storage::tail::{Group, Tail};
use crate::timestamp::Timestamp;

pub(super) struct Commit<R> {
    disk: Arc<Disk>,
    pub(super) tail: Arc<Tail>,
    exclusion: Arc<Exclusion>,
    durability: Durability,
    position: Position,
    clock: Timestamp,
    /// Bytes of records since the start, those that recovery read included.
    journal_bytes: u64,
    checkpoint_bytes: u64,
    /// `journal_bytes` where the last checkpoint began. Set by the archive thread.
    begun_at: Arc<AtomicU64>,
    /// The checkpoint for which the next one has been asked for already.
    asked_after: Option<u64>,
    /// Buffers for the next frames.
    spares: Spares,
    alarm: Arc<Alarm>,
    to_release: Sender<Released<R>>,
    pub(super) backlog: Backlog,
    statistics: Arc<SharedStatistics>,
}

impl<R> Commit<R> {
    pub fn new(
        store: &Store,
        alarm: Arc<Alarm>,
        begun_at: Arc<AtomicU64>,
        to_release: Sender<Released<R>>,
        backlog: Backlog,
    ) -> Self {
        Self {
            disk: Arc::clone(&store.disk),
            tail: Arc::clone(&store.tail),
            exclusion: Arc::clone(&store.exclusion),
            durability: store.settings.durability,
            position: store.position,
            clock: store.clock(),
            journal_bytes: store.tail_bytes,
            checkpoint_bytes: store.settings.checkpoint_bytes,
            begun_at,
            asked_after: None,
            spares: Spares::default(),
            alarm,
            to_release,
            backlog,
            statistics: Arc::clone(&store.statistics),
        }
    }

    /// Commits group by group until closing is said and nothing waits.
    pub fn run(mut self, batches: &Receiver<Batch<R>>, closing: &Receiver<()>) {
        let mut group = Vec::new();
        while gather(batches, closing, &mut group) {
            self.commit(&mut group);
        }
    }

    /// Commits a group.
    pub(super) fn commit(&mut self, batches: &mut Vec<Batch<R>>) {
        let (start, clock, bytes_before) = (self.position, self.clock, self.journal_bytes);
        let Packed { mut waiting, images, image_bytes, frame, files, tallies } = self.pack(batches);
        // With durability `none` nobody waits for the disk, but for files, which are found there alone.
        let eager = self.durability == Durability::None && files.is_empty() && self.disk.failure().is_none();
        if eager {
            self.statistics.take(tallies.iter().flat_map(|tallies| tallies.iter()));
            self.publish(frame.as_ref());
            self.release(std::mem::take(&mut waiting), None);
        }
        let outcome = self.write(start, frame.as_ref(), &files);
        #[cfg(test)]
        self.disk.faults.pass(crate::storage::testing::Trap::Commit);
        if !eager {
            if outcome.is_ok() {
                // Before anybody hears of it, so that whoever asks then finds it counted.
                self.statistics.take(tallies.iter().flat_map(|tallies| tallies.iter()));
                self.publish(frame.as_ref());
            }
            self.release(waiting, outcome.as_ref().err().cloned());
        }
        if let Some(frame) = frame.and_then(Arc::into_inner) {
            self.spares.put(frame.frame);
        }
        match outcome {
            Ok(()) => {
                let statistics = self.statistics_at_checkpoint(&images);
                self.archive(Parcel { start, clock, bytes_before, images, image_bytes, statistics });
                self.ask_for_checkpoint();
            }
            Err(error) => self.alarm.raise(&error),
        }
    }

    /// Makes one frame of all records, and tells who waits and what to archive after which event.
    fn pack(&mut self, batches: &mut Vec<Batch<R>>) -> Packed<R> {
        let records: usize = batches.iter().map(|batch| batch.records.len()).sum();
        let mut bytes = self.spares.take(frame::HEADER_BYTES + records);
        frame::begin(&mut bytes);
        let (at, empty) = (self.position, bytes.len());
        let mut packed = Packed::default();
        let mut events = 0;
        for mut batch in batches.drain(..) {
            let last_seq = at.last_seq() + events;
            bytes.extend_from_slice(&batch.records);
            // The list is kept, and what was written in it may be erased meanwhile.
            batch.records.fill(0);
            events += batch.events;
            self.clock = self.clock.max(batch.clock);
            packed.files.extend(batch.files);
            packed.tallies.push(batch.tallies);
            if !batch.releases.is_empty() {
                packed.waiting.push((last_seq, batch.releases));
            }
            if !batch.images.is_empty() {
                packed.images.push((last_seq, batch.images));
                packed.image_bytes += batch.image_bytes;
            }
        }
        if bytes.len() == empty {
            self.spares.put(bytes);
            return packed;
        }
        self.journal_bytes += (bytes.len() - empty) as u64;
        self.position = frame::seal(&mut bytes, at, events, self.clock);
        packed.frame = Some(Arc::new(Group { first_seq: at.seq, events, frame: bytes }));
        packed
    }

    fn write(
        &self,
        at: Position,
        frame: Option<&Arc<Group>>,
        files: &[(MessageId, Upload)],
    ) -> Result<(), Error> {
        if let Some(failure) = self.disk.failure() {
            return Err(failure.clone());
        }
        let Some(group) = frame else { return Ok(()) };
        let safety = match self.durability {
            Durability::Sync => Safety::Synced,
            Durability::Buffered | Durability::None => Safety::Logged,
        };
        if files.is_empty() {
            return self.disk.put(Table::Journal, &at.key(), &group.frame, safety);
        }
        let _undisturbed = self.exclusion.files();
        let contents = files::missing(&self.disk, files)?;
        self.disk.write(safety, |changes| {
            files::put(files, &contents, changes);
            changes.put(Table::Journal, &at.key(), &group.frame);
        })
    }

    fn publish(&mut self, frame: Option<&Arc<Group>>) {
        let with_events = frame.filter(|group| group.events > 0);
        let spares = with_events.map(|group| self.tail.publish(Arc::clone(group)));
        spares.into_iter().flatten().for_each(|spare| self.spares.put(spare));
    }

    fn release(&self, waiting: Vec<(u64, Lent<(u64, R)>)>, failure: Option<Error>) {
        if !waiting.is_empty() {
            // The thread is gone only if a release panicked; `close` says so.
            let _ = self.to_release.send(Released { waiting, failure });
        }
    }

    /// What was counted since the last checkpoint, as it is after this group, if one ends in it.
    fn statistics_at_checkpoint(&self, images: &[(u64, Lent<(u64, Image)>)]) -> Option<Writing> {
        let mut images = images.iter().flat_map(|(_, images)| images.iter());
        let ends = images.any(|(_, image)| matches!(image, Image::CheckpointEnd));
        ends.then(|| self.statistics.changed(self.position.last_seq()))
    }

    fn archive(&mut self, parcel: Parcel) {
        if !parcel.images.is_empty() {
            self.backlog.add(parcel);
        }
    }

    fn ask_for_checkpoint(&mut self) {
        let begun_at = self.begun_at.load(Ordering::Acquire);
        let due = self.journal_bytes - begun_at >= self.checkpoint_bytes;
        if due && self.asked_after != Some(begun_at) {
            self.asked_after = Some(begun_at);
            self.alarm.hooks.checkpoint_due();
        }
    }
}

/// A group that is ready to be written.
struct Packed<R> {
    /// Per batch: the last event before it, and what waits in it.
    waiting: Vec<(u64, Lent<(u64, R)>)>,
    /// Per batch: the last event before it, and its images.
    images: Vec<(u64, Lent<(u64, Image)>)>,
    /// About how many bytes of memory these take.
    image_bytes: usize,
    /// Nothing if there are no records.
    frame: Option<Arc<Group>>,
    /// Contents of files that the records name.
    files: Vec<(MessageId, Upload)>,
    /// Per batch: what there is to count.
    tallies: Vec<Lent<Tally>>,
}

impl<R> Default for Packed<R> {
    fn default() -> Self {
        let (waiting, images) = (Vec::new(), Vec::new());
        Self { waiting, images, image_bytes: 0, frame: None, files: Vec::new(), tallies: Vec::new() }
    }
}

/// Forgets group after group until closing is said and nothing waits.
pub(super) fn forget<R>(batches: &Receiver<Batch<R>>, closing: &Receiver<()>) {
    let mut group = Vec::new();
    while gather(batches, closing, &mut group) {
        group.clear();
    }
}

/// Waits for a batch and takes what else is there. False when nothing more can come.
fn gather<R>(batches: &Receiver<Batch<R>>, closing: &Receiver<()>, group: &mut Vec<Batch<R>>) -> bool {
    let first = select! {
        recv(batches) -> batch => batch.ok(),
        recv(closing) -> _ => batches.try_recv().ok(),
    };
    let Some(first) = first else { return false };
    let mut bytes = first.records.len() + first.file_bytes();
    group.push(first);
    while bytes < limits::JOURNAL_GROUP_BYTES {
        let Ok(batch) = batches.try_recv() else { break };
        bytes += batch.records.len() + batch.file_bytes();
        group.push(batch);
    }
    true
}
