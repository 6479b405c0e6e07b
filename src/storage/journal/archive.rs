//! The thread that writes images, in the order of the journal and never ahead of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError};

use super::backlog::Taken;
use super::{Alarm, checkpoint};
use crate::error::Error;
use crate::storage::codec;
use crate::storage::finding::{Gathered, IndexChanges};
use crate::storage::frame::Position;
use crate::storage::image::{DialogImage, Image, Lead, item_key, stored};
use crate::storage::lent::Lent;
use crate::storage::meta::{self, Checkpoint, Totals};
use crate::storage::retention::Retained;
use crate::storage::rocks::{Changes, Safety, Table};
use crate::storage::statistics::Writing;
use crate::storage::store::Store;
use crate::timestamp::Timestamp;

/// Images that wait to be written together: in the order of their keys they cost much less than one
/// by one, and what many dialogs have in common is added to the index once. Until then closed dialogs are
/// announced, and so can be found.
const IMAGES_AT_ONCE: usize = 8192;

/// Bytes of fewer images that do not wait for more, about.
const BYTES_AT_ONCE: usize = 64 * 1024 * 1024;

/// Images behind which others may go on: who wants the processor gets it, because somebody waits for whatever is not
/// the archive.
const FEW: usize = 64;

/// How long fewer images wait for more.
const PATIENCE: Duration = Duration::from_millis(100);

/// Bytes of journal after which it is looked whether it is time for a flush.
const LOOK_BYTES: u64 = 4 * 1024 * 1024;

/// The images of one committed group.
pub(super) struct Parcel {
    /// The place before the group.
    pub start: Position,
    /// The latest time before the group.
    pub clock: Timestamp,
    /// Bytes of journal before the group.
    pub bytes_before: u64,
    /// Per batch: the last event before it, and its images.
    pub images: Vec<(u64, Lent<(u64, Image)>)>,
    /// About how many bytes of memory these take.
    pub image_bytes: usize,
    /// What was counted, if a checkpoint ends in this group.
    pub statistics: Option<Writing>,
}

pub(super) struct Archive {
    store: Store,
    taken: Taken,
    totals: Totals,
    alarm: Arc<Alarm>,
    begun_at: Arc<AtomicU64>,
    begun: Option<Checkpoint>,
    /// Images to be written, each with the last event before it.
    pending: Vec<(u64, Image)>,
    /// About how many bytes of memory these take, with the rest of the group that is taken in.
    pending_bytes: usize,
    /// Images that are written: those of one write. They are dropped one by one as new ones come, or when none come,
    /// because memory of thousands that is freed at once goes back to the system before the new ones want it.
    done: Vec<(u64, Image)>,
    /// Where the facts of the dialogs of one write are gathered.
    facts: Gathered,
    /// Bytes of journal before the group at which it was last looked.
    looked_at: u64,
}

impl Archive {
    pub fn new(store: Store, alarm: Arc<Alarm>, begun_at: Arc<AtomicU64>, taken: Taken) -> Self {
        Self {
            totals: store.totals,
            store,
            taken,
            alarm,
            begun_at,
            begun: None,
            pending: Vec::new(),
            pending_bytes: 0,
            done: Vec::new(),
            facts: Gathered::default(),
            looked_at: 0,
        }
    }

    /// Archives parcel by parcel until nothing more can come, or a write fails.
    pub fn run(mut self, parcels: &Receiver<Parcel>) {
        loop {
            let outcome = match parcels.recv_timeout(PATIENCE) {
                Ok(parcel) => self.take_and_flush(parcel),
                Err(RecvTimeoutError::Timeout) => {
                    self.done.clear();
                    self.write().and_then(|()| self.store.disk.flush_in_time(true))
                }
                Err(RecvTimeoutError::Disconnected) => break,
            };
            if let Err(error) = outcome {
                return self.alarm.raise(&error);
            }
        }
        if let Err(error) = self.write() {
            self.alarm.raise(&error);
        }
    }

    fn take_and_flush(&mut self, parcel: Parcel) -> Result<(), Error> {
        let bytes = parcel.bytes_before;
        self.take(parcel)?;
        let much = bytes - self.looked_at >= LOOK_BYTES;
        if much {
            self.looked_at = bytes;
        }
        self.store.disk.flush_in_time(much)
    }

    /// Takes the images of one group, and says so.
    pub(super) fn take(&mut self, parcel: Parcel) -> Result<(), Error> {
        let bytes = parcel.image_bytes;
        self.pending_bytes += bytes;
        self.take_in(parcel)?;
        self.taken.say(bytes);
        Ok(())
    }

    fn take_in(&mut self, parcel: Parcel) -> Result<(), Error> {
        #[cfg(test)]
        self.store.disk.faults.pass(crate::storage::testing::Trap::Archive);
        let Parcel { start, clock, bytes_before, images, statistics, .. } = parcel;
        if let Some(writing) = statistics {
            self.store.statistics.write(writing, &self.store.disk)?;
        }
        for (last_seq, mut images) in images {
            for (events, image) in images.drain(..) {
                let seq = last_seq + events;
                match image {
                    Image::CheckpointBegin => {
                        self.begun = Some(Checkpoint { frame: start, seq, clock });
                        self.begun_at.store(bytes_before, Ordering::Release);
                    }
                    Image::CheckpointEnd => self.end_checkpoint()?,
                    Image::Barrier(barrier) => {
                        self.write()?;
                        // Whoever has erased something waits until nobody holds what it was.
                        self.done.clear();
                        // Whoever waited may have gone.
                        let _ = barrier.0.send(());
                    }
                    Image::Memory(_) => self.add(self.begun.map_or(seq, |begun| begun.seq), image)?,
                    image => self.add(seq, image)?,
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, as_of: u64, image: Image) -> Result<(), Error> {
        self.pending.push((as_of, image));
        drop(self.done.pop());
        let full = self.pending.len() >= IMAGES_AT_ONCE || self.pending_bytes >= BYTES_AT_ONCE;
        if full { self.write() } else { Ok(()) }
    }

    /// Writes what waits.
    pub(super) fn write(&mut self) -> Result<(), Error> {
        if self.pending.is_empty() {
            self.pending_bytes = 0;
            return Ok(());
        }
        // Stable, so that several images of one thing keep their order.
        self.pending.sort_by_key(|(_, image)| dialog(image).map(|image| image.id));
        let (images, facts, totals) = (&self.pending, &mut self.facts, &mut self.totals);
        let index = IndexChanges::of(images.iter().filter_map(|(_, image)| dialog(image)), &self.store.disk)?;
        self.store.disk.write(Safety::Memory, |changes| {
            put_all(images, totals, &self.store.retained, facts, changes);
            index.put(&facts.take_sorted(), changes);
            totals.put(changes);
        })?;
        self.forget();
        Ok(())
    }

    /// What is written can be found on the disk.
    fn forget(&mut self) {
        let Store { announced, recent_requests, .. } = &self.store;
        for few in self.pending.chunks(FEW) {
            thread::yield_now();
            let dialogs = || few.iter().filter_map(|(_, image)| dialog(image));
            announced.written(dialogs());
            recent_requests.written(dialogs().flat_map(|dialog| &dialog.requests));
        }
        self.done.clear();
        std::mem::swap(&mut self.pending, &mut self.done);
        self.pending_bytes = 0;
    }

    fn end_checkpoint(&mut self) -> Result<(), Error> {
        self.write()?;
        let Some(checkpoint) = self.begun.take() else { return Ok(()) };
        // Behind all its images in memory, so no flush can take it without them.
        self.store.disk.write(Safety::Memory, |changes| meta::put_checkpoint(changes, &checkpoint))?;
        self.store.disk.flush_up_to(checkpoint.seq)?;
        self.alarm.hooks.checkpoint_written();
        checkpoint::trim(&self.store, &checkpoint)
    }
}

fn dialog(image: &Image) -> Option<&Arc<DialogImage>> {
    match image {
        Image::Dialog(dialog) => Some(dialog),
        _ => None,
    }
}

/// Puts images, and gathers the facts of closed dialogs along the way: all of a batch is too much to stay at hand
/// until it is gone through a second time.
fn put_all(
    images: &[(u64, Image)],
    totals: &mut Totals,
    retained: &Retained,
    facts: &mut Gathered,
    changes: &mut Changes<'_>,
) {
    let (mut leads, mut value) = (Vec::with_capacity(images.len()), Vec::new());
    let mut images = images.iter().enumerate().peekable();
    while let Some((number, (as_of, image))) = images.next() {
        if number.is_multiple_of(FEW) {
            thread::yield_now();
        }
        match dialog(image) {
            Some(image) => {
                image.put(*as_of, retained, &mut value, changes);
                image.leads(|lead| leads.push(lead));
                totals.take(image);
                let next = images.peek().and_then(|(_, (_, next))| dialog(next));
                let is_last = next.is_none_or(|next| next.id != image.id);
                image.closed.iter().filter(|_| is_last).for_each(|closed| facts.add(closed));
            }
            None => put(*as_of, image, totals, changes),
        }
    }
    Lead::put_all(leads, changes);
}

fn put(as_of: u64, image: &Image, totals: &mut Totals, changes: &mut Changes<'_>) {
    match image {
        Image::Operator { id, state, fingerprint_delta } => {
            changes.put(Table::Operators, id.as_str().as_bytes(), &stored(as_of, state));
            totals.fingerprint = totals.fingerprint.wrapping_add(*fingerprint_delta);
        }
        Image::Channel { id, state, fingerprint_delta } => {
            changes.put(Table::Channels, id.as_str().as_bytes(), &stored(as_of, state));
            totals.fingerprint = totals.fingerprint.wrapping_add(*fingerprint_delta);
        }
        Image::Item { id, state, fingerprint_delta } => {
            changes.put(Table::Library, item_key(id).as_bytes(), &stored(as_of, state));
            totals.fingerprint = totals.fingerprint.wrapping_add(*fingerprint_delta);
        }
        Image::Key(key, reply) => {
            let number = totals.next_key;
            changes.put(Table::Keys, &totals.slot(number), &codec::encode(&(number, key, reply)));
            totals.next_key += 1;
        }
        Image::Memory(memory) => meta::put_memory(changes, &stored(as_of, &codec::encode(&**memory))),
        Image::Dialog(_) | Image::CheckpointBegin | Image::CheckpointEnd | Image::Barrier(_) => {}
    }
}
