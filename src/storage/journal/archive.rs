//! The thread that writes images, in the order of the journal and never ahead of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_channel::Receiver;

use super::{Alarm, checkpoint};
use crate::error::Error;
use crate::ids::DialogId;
use crate::storage::codec;
use crate::storage::frame::Position;
use crate::storage::image::{Image, stored};
use crate::storage::meta::{self, Checkpoint, Totals};
use crate::storage::rocks::{Changes, Safety, Table};
use crate::storage::store::Store;
use crate::timestamp::Timestamp;

/// Images per write: many enough to share its cost, few enough not to keep the commit thread waiting.
const IMAGES_PER_WRITE: usize = 512;

/// The images of one committed group.
pub(super) struct Parcel {
    /// The place before the group.
    pub start: Position,
    /// The latest time before the group.
    pub clock: Timestamp,
    /// Bytes of journal before the group.
    pub bytes_before: u64,
    /// Per batch: the last event before it, and its images.
    pub images: Vec<(u64, Vec<(u64, Image)>)>,
}

pub(super) struct Archive {
    store: Store,
    totals: Totals,
    alarm: Arc<Alarm>,
    begun_at: Arc<AtomicU64>,
    begun: Option<Checkpoint>,
    /// Images to be written, each with the last event before it.
    pending: Vec<(u64, Image)>,
}

impl Archive {
    pub fn new(store: Store, alarm: Arc<Alarm>, begun_at: Arc<AtomicU64>) -> Self {
        let totals = store.totals;
        Self { store, totals, alarm, begun_at, begun: None, pending: Vec::new() }
    }

    /// Archives parcel by parcel until nothing more can come, or a write fails.
    pub fn run(mut self, parcels: &Receiver<Parcel>) {
        for parcel in parcels {
            let outcome = self.take(parcel, parcels.is_empty());
            if let Err(error) = outcome {
                return self.alarm.raise(&error);
            }
        }
    }

    fn take(&mut self, parcel: Parcel, last: bool) -> Result<(), Error> {
        let Parcel { start, clock, bytes_before, images } = parcel;
        for (last_seq, images) in images {
            for (events, image) in images {
                let seq = last_seq + events;
                match image {
                    Image::CheckpointBegin => {
                        self.begun = Some(Checkpoint { frame: start, seq, clock });
                        self.begun_at.store(bytes_before, Ordering::Release);
                    }
                    Image::CheckpointEnd => self.end_checkpoint()?,
                    Image::Memory(_) => self.add(self.begun.map_or(seq, |begun| begun.seq), image)?,
                    image => self.add(seq, image)?,
                }
            }
        }
        if last { self.write() } else { Ok(()) }
    }

    fn add(&mut self, as_of: u64, image: Image) -> Result<(), Error> {
        self.pending.push((as_of, image));
        if self.pending.len() >= IMAGES_PER_WRITE { self.write() } else { Ok(()) }
    }

    fn write(&mut self) -> Result<(), Error> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let (totals, pending) = (&mut self.totals, &self.pending);
        self.store.disk.write(Safety::Memory, |changes| {
            for (as_of, image) in pending {
                put(*as_of, image, totals, changes);
            }
            totals.put(changes);
        })?;
        self.announce();
        self.pending.clear();
        Ok(())
    }

    /// Says what can be read from the disk now.
    fn announce(&self) {
        let dialogs = || self.pending.iter().filter_map(|(_, image)| dialog(image));
        self.store.announced.written(dialogs().filter_map(|dialog| dialog.closed.as_ref()));
        let written: Vec<(DialogId, u64)> = dialogs().map(|dialog| (dialog.id, dialog.version)).collect();
        self.store.recent_requests.written(dialogs().flat_map(|dialog| &dialog.requests));
        if !written.is_empty() {
            self.alarm.hooks.archived(written);
        }
    }

    fn end_checkpoint(&mut self) -> Result<(), Error> {
        self.write()?;
        let Some(checkpoint) = self.begun.take() else { return Ok(()) };
        // Behind all its images in memory, so no flush can take it without them.
        self.store.disk.write(Safety::Memory, |changes| meta::put_checkpoint(changes, &checkpoint))?;
        self.store.disk.flush()?;
        checkpoint::trim(&self.store, &checkpoint)
    }
}

fn dialog(image: &Image) -> Option<&crate::storage::image::DialogImage> {
    match image {
        Image::Dialog(dialog) => Some(dialog),
        _ => None,
    }
}

fn put(as_of: u64, image: &Image, totals: &mut Totals, changes: &mut Changes<'_>) {
    match image {
        Image::Dialog(dialog) => {
            dialog.put(as_of, changes);
            totals.fingerprint = totals.fingerprint.wrapping_add(dialog.fingerprint_delta);
            totals.next_dialog = totals.next_dialog.max(dialog.id.0 + 1);
        }
        Image::Operator { id, state, fingerprint_delta } => {
            changes.put(Table::Operators, id.as_str().as_bytes(), &stored(as_of, state));
            totals.fingerprint = totals.fingerprint.wrapping_add(*fingerprint_delta);
        }
        Image::Channel { id, state, fingerprint_delta } => {
            changes.put(Table::Channels, id.as_str().as_bytes(), &stored(as_of, state));
            totals.fingerprint = totals.fingerprint.wrapping_add(*fingerprint_delta);
        }
        Image::Key(key, reply) => {
            let number = totals.next_key;
            changes.put(Table::Keys, &totals.slot(number), &codec::encode(&(number, key, reply)));
            totals.next_key += 1;
        }
        Image::Memory(bytes) => meta::put_memory(changes, &stored(as_of, bytes)),
        Image::CheckpointBegin | Image::CheckpointEnd => {}
    }
}
