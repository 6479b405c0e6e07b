//! What a completed checkpoint makes superfluous: the journal before it, as far as nobody reads it.
//!
//! Whole files are removed and nothing is written in their place, so trimming costs next to
//! nothing. Frames that share a file with later ones stay there, but are no longer read.

use crate::error::Error;
use crate::storage::frame::{Frame, Position, frame_key};
use crate::storage::meta::{self, Checkpoint};
use crate::storage::rocks::{Disk, Table};
use crate::storage::store::Store;

/// Removes the frames that are behind the checkpoint, older than what is retained, and
/// acknowledged by every named subscription.
pub(super) fn trim(store: &Store, checkpoint: &Checkpoint) -> Result<(), Error> {
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
