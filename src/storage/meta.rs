//! All that there is one of: the format, the last checkpoint, totals, where the journal begins.

use std::ops::ControlFlow;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::codec;
use super::frame::Position;
use super::image::{DialogImage, StoredImage};
use super::rocks::{Changes, Disk, Safety, Table};
use crate::error::Error;
use crate::ids::SubscriptionName;
use crate::limits;
use crate::timestamp::Timestamp;

/// The format that is written, and the newest that is read. Every older one stays readable.
pub const FORMAT: u32 = 1;

const FORMAT_KEY: &[u8] = b"format";
const CHECKPOINT_KEY: &[u8] = b"checkpoint";
const FIRST_KEY: &[u8] = b"first";
const MEMORY_KEY: &[u8] = b"memory";
const TOTALS_KEY: &[u8] = b"totals";
const SUBSCRIPTION_PREFIX: &[u8] = b"subscription/";
const SUBSCRIPTION_END: &[u8] = b"subscription0";

/// Where a checkpoint began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Checkpoint {
    /// The first frame that recovery reads.
    pub frame: Position,
    /// The last event before the checkpoint.
    pub seq: u64,
    /// The latest time before that frame.
    pub clock: Timestamp,
}

impl Checkpoint {
    pub const NONE: Self = Self { frame: Position::START, seq: 0, clock: Timestamp::from_millis(0) };
}

/// What is true of all images together. Written with every one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Totals {
    /// The sum over all images.
    pub fingerprint: u64,
    /// The id after the largest of any dialog's image.
    pub next_dialog: u64,
    /// How many images there are of dialogs that are open.
    pub open: u64,
    /// How many keys were ever put into the ring.
    pub next_key: u64,
    /// Slots of the ring.
    pub key_window: u32,
}

impl Totals {
    /// Of an empty directory. The window is at least 1.
    pub const fn new(key_window: u32) -> Self {
        Self { fingerprint: 0, next_dialog: 1, open: 0, next_key: 0, key_window }
    }

    /// The slot of the ring for the key with this place in the order of all keys.
    pub fn slot(&self, number: u64) -> [u8; 4] {
        ((number % u64::from(self.key_window)) as u32).to_be_bytes()
    }

    /// Takes in what the image of a dialog makes of these.
    pub fn take(&mut self, image: &DialogImage) {
        self.fingerprint = self.fingerprint.wrapping_add(image.fingerprint_delta());
        self.next_dialog = self.next_dialog.max(image.id.0 + 1);
        self.open += u64::from(image.head.is_some());
        self.open = self.open.saturating_sub(u64::from(image.was_open_on_disk));
    }

    pub fn put(&self, changes: &mut Changes<'_>) {
        changes.put(Table::Meta, TOTALS_KEY, &codec::encode(self));
    }
}

/// The format of a directory; `None` if nothing was ever written.
pub(super) fn format(disk: &Disk) -> Result<Option<u32>, Error> {
    let Some(value) = disk.get(Table::Meta, FORMAT_KEY)? else { return without_format(disk) };
    let bytes = value.try_into().map_err(|_| damaged("format", "it is not a number"))?;
    let found = u32::from_le_bytes(bytes);
    if found > FORMAT {
        let path = disk.path().display().to_string();
        return Err(Error::NewerFormat { path, found, supported: FORMAT });
    }
    if found == 0 {
        return Err(damaged("format", "it is 0, and there was never such a format"));
    }
    // An older format may have had fewer.
    if let Some(missing) = disk.missing_table().filter(|_| found == FORMAT) {
        return Err(damaged("format", &format!("its table {} is missing", missing.name())));
    }
    Ok(Some(found))
}

fn without_format(disk: &Disk) -> Result<Option<u32>, Error> {
    let mut empty = true;
    disk.scan(Table::Journal, &[], None, &mut |_, _| {
        empty = false;
        Ok(ControlFlow::Break(()))
    })?;
    if empty && !disk.is_marked() { Ok(None) } else { Err(damaged("format", "it is missing")) }
}

/// Says that the directory has this format.
pub(super) fn write_format(disk: &Disk, format: u32) -> Result<(), Error> {
    disk.put(Table::Meta, FORMAT_KEY, &format.to_le_bytes(), Safety::Synced)
}

/// Where the last completed checkpoint began.
pub(super) fn checkpoint(disk: &Disk) -> Result<Checkpoint, Error> {
    let checkpoint: Checkpoint = read(disk, "checkpoint", CHECKPOINT_KEY)?.unwrap_or(Checkpoint::NONE);
    sound("checkpoint", checkpoint, checkpoint.frame.is_sound() && checkpoint.seq < u64::MAX)
}

pub(super) fn put_checkpoint(changes: &mut Changes<'_>, checkpoint: &Checkpoint) {
    changes.put(Table::Meta, CHECKPOINT_KEY, &codec::encode(checkpoint));
}

/// Where the journal begins. Older frames may still be in the files, but need not be whole.
pub(super) fn first(disk: &Disk) -> Result<Position, Error> {
    let first: Position = read(disk, "first", FIRST_KEY)?.unwrap_or(Position::START);
    sound("first", first, first.is_sound())
}

/// Synced, because files are removed next: without it they would be missed.
pub(super) fn write_first(disk: &Disk, first: &Position) -> Result<(), Error> {
    disk.put(Table::Meta, FIRST_KEY, &codec::encode(first), Safety::Synced)
}

pub(super) fn totals(disk: &Disk, key_window: u32) -> Result<Totals, Error> {
    let totals: Totals = read(disk, "totals", TOTALS_KEY)?.unwrap_or(Totals::new(key_window));
    let is_sound = totals.key_window > 0
        && totals.next_dialog <= limits::DIALOGS + 1
        && totals.open < totals.next_dialog
        && totals.next_key < u64::MAX;
    sound("totals", totals, is_sound)
}

/// What the dispatcher remembers, stored like an image.
pub(super) fn memory(disk: &Disk) -> Result<Option<(u64, Vec<u8>)>, Error> {
    let Some(value) = disk.get(Table::Meta, MEMORY_KEY)? else { return Ok(None) };
    let image = StoredImage::parse(&value, || "meta memory".into())?;
    Ok(Some((image.as_of, image.state.to_vec())))
}

pub(super) fn put_memory(changes: &mut Changes<'_>, stored: &[u8]) {
    changes.put(Table::Meta, MEMORY_KEY, stored);
}

/// The named subscriptions, each with the last event that it has acknowledged.
pub(super) fn subscriptions(disk: &Disk) -> Result<Vec<(SubscriptionName, u64)>, Error> {
    let mut positions = Vec::new();
    disk.scan(Table::Meta, SUBSCRIPTION_PREFIX, Some(SUBSCRIPTION_END), &mut |key, value| {
        let name = std::str::from_utf8(&key[SUBSCRIPTION_PREFIX.len()..]).ok();
        let name = name.and_then(|name| SubscriptionName::new(name).ok());
        let position = value.try_into().ok().map(u64::from_le_bytes);
        let both =
            name.zip(position).ok_or_else(|| damaged("subscription", "its name or position is wrong"))?;
        positions.push(both);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(positions)
}

/// Stores or forgets the position of a named subscription.
pub(super) fn write_subscription(
    disk: &Disk,
    name: &SubscriptionName,
    seq: Option<u64>,
) -> Result<(), Error> {
    let key = [SUBSCRIPTION_PREFIX, name.as_str().as_bytes()].concat();
    disk.write(Safety::Logged, |changes| match seq {
        Some(seq) => changes.put(Table::Meta, &key, &seq.to_le_bytes()),
        None => changes.delete(Table::Meta, &key),
    })
}

fn read<T: DeserializeOwned>(disk: &Disk, what: &str, key: &[u8]) -> Result<Option<T>, Error> {
    let Some(value) = disk.get(Table::Meta, key)? else { return Ok(None) };
    codec::decode(&value).map(Some).map_err(|error| damaged(what, &error.to_string()))
}

fn sound<T>(what: &str, value: T, is_sound: bool) -> Result<T, Error> {
    if is_sound { Ok(value) } else { Err(damaged(what, "its numbers are out of range")) }
}

fn damaged(what: &str, reason: &str) -> Error {
    Error::Damaged { place: format!("meta {what}"), reason: reason.to_owned() }
}
