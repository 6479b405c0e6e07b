//! The end of a checkpoint, in a thread of its own: the archive begins to make its images safe, and goes on with those
//! that come meanwhile, so that nobody waits for room behind it.
//!
//! A checkpoint that is safe makes the journal before it superfluous, as far as nobody reads it. Whole files are
//! removed and nothing is written in their place, so trimming costs next to nothing. Frames that share a file with
//! later ones stay there, but are no longer read.

use std::sync::Arc;

use crossbeam_channel::Receiver;

use super::Alarm;
use crate::error::Error;
use crate::storage::frame::{Frame, Position, frame_key};
use crate::storage::meta::{self, Checkpoint};
use crate::storage::rocks::{Disk, Table};
use crate::storage::store::Store;

/// A flush that the archive has begun, with the checkpoint whose images it makes safe, if it is for one.
pub(super) struct Begun(pub Option<Checkpoint>);

/// Ends the flushes that the archive begins, and with them checkpoints.
pub(super) struct Finisher {
    store: Arc<Store>,
    alarm: Arc<Alarm>,
}

impl Finisher {
    pub fn new(store: Arc<Store>, alarm: Arc<Alarm>) -> Self {
        Self { store, alarm }
    }

    /// Ends flush by flush until no more can come, or one fails.
    pub fn run(self, begun: &Receiver<Begun>) {
        for begun in begun {
            if let Err(error) = self.finish(&begun) {
                return self.alarm.raise(&error);
            }
        }
    }

    /// Waits until a flush is done; a checkpoint that is safe by then is marked, and the journal before it trimmed.
    pub fn finish(&self, Begun(checkpoint): &Begun) -> Result<(), Error> {
        #[cfg(test)]
        self.store.disk.faults.pass(crate::storage::testing::Trap::Finisher);
        self.store.disk.end_flush()?;
        let Some(checkpoint) = checkpoint else { return Ok(()) };
        self.store.disk.put_mark(checkpoint.seq)?;
        self.alarm.hooks.checkpoint_written();
        trim(&self.store, checkpoint)
    }
}

/// Removes the frames that are behind the checkpoint, older than what is retained, and
/// acknowledged by every named subscription.
fn trim(store: &Store, checkpoint: &Checkpoint) -> Result<(), Error> {
    // What stays now goes with the next checkpoint.
    let Some(_undisturbed) = store.exclusion.try_journal() else { return Ok(()) };
    let retained = store.tail.durable_seq().saturating_sub(store.settings.retain_events);
    let acknowledged = store.subscriptions.slowest().unwrap_or(u64::MAX);
    let superfluous = checkpoint.seq.min(retained).min(acknowledged);
    let Some(wanted) = frame_of(&store.disk, superfluous + 1)? else { return Ok(()) };
    let first = if wanted.key() < checkpoint.frame.key() { wanted } else { checkpoint.frame };
    if first.key() <= meta::first(&store.disk)?.key() {
        return Ok(());
    }
    store.tail.trim(first.seq);
    meta::write_first(&store.disk, &first)?;
    store.disk.drop_files_up_to(Table::Journal, &last_before(&first))
}

/// The place of the frame with the event `seq`, or of the last frame if that is still to come.
fn frame_of(disk: &Disk, seq: u64) -> Result<Option<Position>, Error> {
    let found = disk.last_up_to(Table::Journal, &frame_key(seq, u32::MAX))?;
    found.map(|(key, bytes)| Frame::parse(&key, &bytes).map(|frame| frame.at)).transpose()
}

/// The largest key before that of the frame at `position`.
fn last_before(position: &Position) -> [u8; 12] {
    match position.part.checked_sub(1) {
        Some(part) => frame_key(position.seq, part),
        None => frame_key(position.last_seq(), u32::MAX),
    }
}
