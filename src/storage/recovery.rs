//! What an engine gets back at start: images, and the tail of the journal applied to them. Of open dialogs that
//! the tail does not name only their heads are read, so that a start takes the longer the more of them there are,
//! and not the longer the more was written in them.
//!
//! Nothing is decided here and nothing is written: recovery is the same `apply` that ran when the
//! events happened.

pub(super) mod fold;

use std::collections::HashSet;
use std::ops::ControlFlow;

use self::fold::Fold;
use super::codec;
use super::frame::Position;
use super::image::StoredKey;
use super::meta::{self, Totals};
use super::rocks::{Disk, Table};
use super::{statistics, walk};
use crate::domain::channel::Channel;
use crate::domain::dialog::{Dialog, Head, Traces};
use crate::domain::event::Change;
use crate::domain::library::Item;
use crate::domain::operator::Operator;
use crate::domain::reply::Reply;
use crate::domain::statistics::{Statistics, Tally};
use crate::error::Error;
use crate::ids::IdempotencyKey;
use crate::timestamp::Timestamp;

/// Who takes back what was stored. Called in the order in which the functions stand here.
pub trait Recovery {
    /// The last [`super::Image::Memory`].
    fn memory(&mut self, bytes: &[u8]);

    /// A change after that memory, in the order of the journal. Some may be in the memory already.
    fn change(&mut self, change: &Change);

    /// Every channel, by id.
    fn channel(&mut self, channel: RecoveredThing<Channel>);

    /// Every operator, by id, dismissed ones too.
    fn operator(&mut self, operator: RecoveredThing<Operator>);

    /// Every thing of the library, by kind and id.
    fn item(&mut self, item: RecoveredThing<Item>);

    /// About how many open dialogs follow, so that room can be made for them.
    fn expect(&mut self, dialogs: usize);

    /// What has to be known of an open dialog that is as its image says: all else stays on the disk until it is
    /// needed. Heads and dialogs come together by id.
    fn head(&mut self, head: Head);

    /// Every dialog that is ahead of its image, closed ones too.
    fn dialog(&mut self, dialog: RecoveredDialog);
}

/// A channel, an operator or a thing of the library as it is after the last event.
#[derive(Debug, Clone, PartialEq)]
pub struct RecoveredThing<T> {
    /// The thing.
    pub thing: T,
    /// The fingerprint of its image on the disk.
    pub on_disk: Option<u64>,
    /// Whether that image is current.
    pub clean: bool,
}

/// A dialog that is ahead of its image, as it is after the last event.
#[derive(Debug, Clone, PartialEq)]
pub struct RecoveredDialog {
    /// The dialog.
    pub dialog: Dialog,
    /// The fingerprint of its image on the disk.
    pub on_disk: Option<u64>,
    /// Whether that image is of an open dialog.
    pub was_open_on_disk: bool,
    /// What has to go with its messages, if it was erased after that image.
    pub erased: Option<Traces>,
}

/// What was found besides the things themselves.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Recovered {
    /// The latest time in the journal.
    pub clock: Timestamp,
    /// The id that no dialog has had.
    pub next_dialog: u64,
    /// The last event.
    pub durable_seq: u64,
    /// The remembered idempotency keys, oldest first.
    pub keys: Vec<(IdempotencyKey, Reply)>,
    /// How many of these, from the first, have an image; the others were found in the journal.
    pub keys_on_disk: usize,
    /// The sum of the fingerprints of all images on the disk.
    pub fingerprint: u64,
}

/// What the store itself needs to go on.
pub(super) struct Resume {
    pub recovered: Recovered,
    pub position: Position,
    pub totals: Totals,
    pub tail_bytes: u64,
    pub statistics: Statistics,
}

/// Reads everything back. `key_window` is how many keys are remembered from now on.
pub(super) fn recover(disk: &Disk, key_window: u32, recovery: &mut dyn Recovery) -> Result<Resume, Error> {
    let checkpoint = meta::checkpoint(disk)?;
    let totals = meta::totals(disk, key_window)?;
    let memory = meta::memory(disk)?;
    if let Some((_, bytes)) = &memory {
        recovery.memory(bytes);
    }
    let remembered = memory.map_or(0, |(as_of, _)| as_of);
    let mut statistics = statistics::read(disk)?;
    let mut fold = Fold::new(disk)?;
    let mut keys = Vec::new();
    let (mut clock, mut tail_bytes) = (checkpoint.clock, 0);
    let position = walk::frames(disk, checkpoint.frame, &mut |frame| {
        clock = clock.max(frame.clock);
        tail_bytes += frame.records.len() as u64;
        walk::records(frame, &mut |record, seq| {
            Tally::of(&record.change, record.standing.as_ref(), |tally| statistics.take(&tally, seq));
            if record.change.events.is_empty() || seq > remembered {
                recovery.change(&record.change);
            }
            keys.extend(record.key);
            fold.apply(record.change, seq).map_err(|failure| failure.in_frame(&frame.at.key()))
        })
    })?;
    let next_dialog = totals.next_dialog.max(fold.next_dialog());
    fold.report(totals.open, recovery)?;
    let (keys, keys_on_disk) = all_keys(disk, keys, key_window)?;
    let durable_seq = position.last_seq();
    disk.check_mark(durable_seq)?;
    let fingerprint = totals.fingerprint;
    let recovered = Recovered { clock, next_dialog, durable_seq, keys, keys_on_disk, fingerprint };
    Ok(Resume { recovered, position, totals, tail_bytes, statistics })
}

/// The keys of the ring, oldest first, with their places.
pub(super) fn ring(disk: &Disk) -> Result<Vec<StoredKey>, Error> {
    let mut ring: Vec<StoredKey> = Vec::new();
    disk.scan(Table::Keys, &[], None, &mut |slot, value| {
        let damaged = |error: codec::CodecError| Error::Damaged {
            place: format!("key slot {slot:02x?}"),
            reason: error.to_string(),
        };
        ring.push(codec::decode(value).map_err(damaged)?);
        Ok(ControlFlow::Continue(()))
    })?;
    ring.sort_unstable_by_key(|(number, _, _)| *number);
    Ok(ring)
}

/// The newest `window` keys of ring and tail, oldest first, and how many from the first have a slot.
fn all_keys(
    disk: &Disk,
    tail: Vec<(IdempotencyKey, Reply)>,
    window: u32,
) -> Result<(Vec<(IdempotencyKey, Reply)>, usize), Error> {
    let ring = ring(disk)?;
    let in_tail: HashSet<&IdempotencyKey> = tail.iter().map(|(key, _)| key).collect();
    let in_ring: HashSet<IdempotencyKey> = ring.iter().map(|(_, key, _)| key.clone()).collect();
    // What is only in the ring is older than the tail; within the tail the journal's order counts.
    let mut keys: Vec<_> = ring
        .into_iter()
        .filter(|(_, key, _)| !in_tail.contains(key))
        .map(|(_, key, reply)| (key, reply))
        .collect();
    keys.extend(tail);
    keys.drain(..keys.len().saturating_sub(window as usize));
    let on_disk = keys.iter().take_while(|(key, _)| in_ring.contains(key)).count();
    Ok((keys, on_disk))
}
