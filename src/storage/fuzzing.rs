//! For fuzzing alone: arbitrary bytes where records, images and frames are expected. Nothing that an engine uses.
//!
//! What a target is given is cut into *entries*: a byte for the kind, two for the length, and so many bytes.
//! Frames are sealed with the checksum and the place that they ought to have, and as many open dialogs are said to
//! be there as there are heads, so that what is looked for lies behind those checks; other kinds of entries leave
//! them wrong.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::codec::{self, Record, RecordRef, Records};
use super::frame::{self, Position};
use super::heads;
use super::image::{self, StoredKey};
use super::meta::{self, Checkpoint, Totals};
use super::recovery::{self, Recovery};
use super::rocks::{Disk, Safety, Table};
use super::subscriptions::Subscriptions;
use crate::domain::channel::Channel;
use crate::domain::dialog::{Dialog, Head};
use crate::domain::library::Item;
use crate::domain::operator::Operator;
use crate::domain::statistics::{ChannelBook, OperatorBook, Page};
use crate::error::Error;
use crate::timestamp::Timestamp;

/// Decodes the bytes behind the first one as what that one says. What can be decoded must be the same after it
/// was encoded and decoded once more.
///
/// # Panics
/// If it is not.
pub fn round_trip(bytes: &[u8]) {
    let Some((kind, bytes)) = bytes.split_first() else { return };
    match kind % 10 {
        0 => records(bytes),
        1 => value::<Dialog>(bytes),
        2 => value::<Operator>(bytes),
        3 => value::<Channel>(bytes),
        4 => value::<Item>(bytes),
        5 => value::<ChannelBook>(bytes),
        6 => value::<OperatorBook>(bytes),
        7 => value::<Page>(bytes),
        8 => value::<StoredKey>(bytes),
        _ => {
            value::<Checkpoint>(bytes);
            value::<Totals>(bytes);
            value::<Position>(bytes);
            value::<Head>(bytes);
        }
    }
}

fn value<T: DeserializeOwned + Serialize + Debug>(bytes: &[u8]) {
    if let Ok(value) = codec::decode::<T>(bytes) {
        // By their bytes, since what is no number does not even equal itself.
        let bytes = codec::encode(&value);
        assert_eq!(codec::decode::<T>(&bytes).map(|again| codec::encode(&again)), Ok(bytes), "{value:?}");
    }
}

fn records(bytes: &[u8]) {
    for record in Records::new(bytes).map_while(Result::ok) {
        let bytes = encoded(&record);
        let again = Records::new(&bytes).next().map(|again| again.map(|again| encoded(&again)));
        assert_eq!(again, Some(Ok(bytes)), "{record:?}");
    }
}

fn encoded(record: &Record) -> Vec<u8> {
    let Record { change, key, standing } = record;
    let key = key.as_ref().map(|(key, reply)| (key, reply));
    let mut bytes = Vec::new();
    codec::append_record(&mut bytes, RecordRef { change, key, standing: standing.as_ref() });
    bytes
}

/// Cuts bytes into entries. The last one may be shorter than it says.
pub fn entries(mut bytes: &[u8]) -> Vec<(u8, &[u8])> {
    let mut entries = Vec::new();
    while let [kind, low, high, rest @ ..] = bytes {
        let length = usize::from(u16::from_le_bytes([*low, *high])).min(rest.len());
        entries.push((*kind, &rest[..length]));
        bytes = &rest[length..];
    }
    entries
}

/// What `entries` cuts into these.
pub fn joined<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (kind, payload) in entries {
        let length = u16::try_from(payload.len()).unwrap_or(u16::MAX);
        bytes.push(*kind);
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(&payload[..usize::from(length)]);
    }
    bytes
}

/// A kind, and what comes with it.
pub type Entry = (u8, Vec<u8>);

/// The kinds of entries.
mod kind {
    pub const FRAME: u8 = 0;
    pub const FRAME_WITH_HEADER: u8 = 1;
    pub const RAW_FRAME: u8 = 2;
    pub const OPEN_DIALOG: u8 = 3;
    pub const CLOSED_DIALOG: u8 = 4;
    pub const OPERATOR: u8 = 5;
    pub const CHANNEL: u8 = 6;
    pub const ITEM: u8 = 7;
    pub const KEY: u8 = 8;
    pub const MEMORY: u8 = 9;
    pub const CHECKPOINT: u8 = 10;
    pub const TOTALS: u8 = 11;
    pub const FIRST: u8 = 12;
    pub const BOOK: u8 = 13;
    pub const RAW: u8 = 14;
    pub const COUNT: u8 = 15;
}

/// What is put where.
type Put = (Table, Vec<u8>, Vec<u8>);

/// A data directory that holds whatever is put into it.
pub struct Scratch {
    disk: Disk,
    put: Vec<(Table, Vec<u8>)>,
    end: Position,
    slots: u32,
}

impl Scratch {
    /// An empty one.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn new(path: &Path) -> Result<Self, Error> {
        Ok(Self { disk: Disk::open(path)?, put: Vec::new(), end: Position::START, slots: 0 })
    }

    /// Forgets what was put, and puts the entries in these bytes.
    ///
    /// # Errors
    /// If the disk fails.
    pub fn fill(&mut self, bytes: &[u8]) -> Result<(), Error> {
        (self.end, self.slots) = (Position::START, 0);
        let found: Vec<Put> =
            entries(bytes).into_iter().filter_map(|(kind, payload)| self.entry(kind, payload)).collect();
        let found: Vec<Put> = found.iter().filter_map(head_beside).chain(found.iter().cloned()).collect();
        let before = std::mem::take(&mut self.put);
        self.disk.write(Safety::Memory, |changes| {
            before.iter().for_each(|(table, key)| changes.delete(*table, key));
            found.iter().for_each(|(table, key, value)| changes.put(*table, key, value));
        })?;
        self.put = found.into_iter().map(|(table, key, _)| (table, key)).collect();
        self.count_heads()
    }

    /// Has the totals say how many heads there are, if they can be read.
    fn count_heads(&mut self) -> Result<(), Error> {
        let heads = self.put.iter().filter(|(table, _)| *table == Table::Heads);
        let open = heads.map(|(_, key)| key).collect::<BTreeSet<_>>().len() as u64;
        if let Ok(totals) = meta::totals(&self.disk, 8) {
            let next_dialog = totals.next_dialog.max(open + 1);
            self.disk.write(Safety::Memory, |changes| Totals { open, next_dialog, ..totals }.put(changes))?;
            self.put.push((Table::Meta, b"totals".to_vec()));
        }
        Ok(())
    }

    /// Reads back all that was put, as an engine does when it starts.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn recover(&self, recovery: &mut dyn Recovery) -> Result<(), Error> {
        meta::first(&self.disk)?;
        Subscriptions::read(&self.disk)?;
        recovery::recover(&self.disk, 8, recovery)?;
        recovery::ring(&self.disk).map(drop)
    }

    fn entry(&mut self, kind: u8, payload: &[u8]) -> Option<Put> {
        let name = |name: &[u8]| Some(name.to_vec());
        match kind % kind::COUNT {
            kind::FRAME => Some(self.sealed(payload, None)),
            kind::FRAME_WITH_HEADER => {
                let (header, records) = payload.split_first_chunk::<16>()?;
                Some(self.sealed(records, Some(header)))
            }
            kind::RAW_FRAME => Some((Table::Journal, self.end.key().to_vec(), payload.to_vec())),
            kind::OPEN_DIALOG => dialog(payload, false),
            kind::CLOSED_DIALOG => dialog(payload, true),
            kind::OPERATOR => imaged(Table::Operators, name(b"anna")?, payload),
            kind::CHANNEL => imaged(Table::Channels, name(b"line")?, payload),
            kind::ITEM => imaged(Table::Library, name(b"form/one")?, payload),
            kind::KEY => {
                self.slots += 1;
                Some((Table::Keys, self.slots.to_be_bytes().to_vec(), payload.to_vec()))
            }
            kind::MEMORY => imaged(Table::Meta, name(b"memory")?, payload),
            kind::CHECKPOINT => Some((Table::Meta, name(b"checkpoint")?, payload.to_vec())),
            kind::TOTALS => Some((Table::Meta, name(b"totals")?, payload.to_vec())),
            kind::FIRST => Some((Table::Meta, name(b"first")?, payload.to_vec())),
            kind::BOOK => keyed(Table::Statistics, payload),
            _ => {
                let (table, rest) = payload.split_first()?;
                keyed(Table::ALL[usize::from(*table) % Table::ALL.len()], rest)
            }
        }
    }

    /// A frame at the end of the journal. Without a header it holds as many events as can be read in it.
    fn sealed(&mut self, records: &[u8], header: Option<&[u8; 16]>) -> Put {
        let readable = || Records::new(records).map_while(Result::ok);
        let (mut events, mut clock) = match header {
            None => (readable().map(|record| record.change.events.len() as u64).sum(), 0),
            Some(header) => halves(header),
        };
        // A sequence number beyond all others is not what is looked for in every second frame.
        if events > u64::from(u32::MAX) {
            (events, clock) = (events >> 48, clock >> 16);
        }
        let at = self.end;
        let mut bytes = Vec::new();
        frame::begin(&mut bytes);
        bytes.extend_from_slice(records);
        self.end = frame::seal(&mut bytes, at, events, Timestamp::from_millis(clock));
        (Table::Journal, at.key().to_vec(), bytes)
    }
}

fn halves(header: &[u8; 16]) -> (u64, i64) {
    let both = u128::from_le_bytes(*header);
    (both as u64, (both >> 64) as i64)
}

/// An image: one byte for the last event before it, and the state.
fn imaged(table: Table, key: Vec<u8>, payload: &[u8]) -> Option<Put> {
    let (as_of, state) = payload.split_first()?;
    Some((table, key, image::stored(u64::from(*as_of), state)))
}

/// The image of a dialog, where its id says if it has one.
fn dialog(payload: &[u8], closed: bool) -> Option<Put> {
    let id = codec::decode::<Dialog>(payload.get(1..)?).map_or(crate::ids::DialogId(1), |dialog| dialog.id);
    imaged(Table::Dialogs, image::dialog_key(id, closed).to_vec(), payload)
}

/// The head of a dialog of which there is an image as an open one.
fn head_beside((table, key, value): &Put) -> Option<Put> {
    let open = *table == Table::Dialogs && key.as_slice() < image::dialog_range(true).0.as_slice();
    let dialog = codec::decode::<Dialog>(value.get(8..).filter(|_| open)?).ok()?;
    Some((Table::Heads, heads::key(dialog.id).to_vec(), heads::encode_head(&dialog)?))
}

/// One byte for the length of the key, the key, and the value.
fn keyed(table: Table, payload: &[u8]) -> Option<Put> {
    let (length, rest) = payload.split_first()?;
    let (key, value) = rest.split_at_checked(usize::from(*length))?;
    Some((table, key.to_vec(), value.to_vec()))
}

/// What is stored in a closed data directory, as entries: what the fuzzer begins with.
///
/// # Errors
/// If it cannot be read.
pub fn entries_of(path: &Path) -> Result<Vec<Entry>, Error> {
    let disk = Disk::open_read_only(path)?;
    let mut entries = Vec::new();
    let mut take = |table, make: &dyn Fn(&[u8], &[u8]) -> Entry| {
        disk.scan(table, &[], None, &mut |key, value| {
            entries.push(make(key, value));
            Ok(ControlFlow::Continue(()))
        })
    };
    let image = |value: &[u8]| [&value[..1], &value[8..]].concat();
    take(Table::Journal, &|_, value| (kind::FRAME, frame::records(value).to_vec()))?;
    take(Table::Dialogs, &|key, value| {
        let open = key < image::dialog_range(true).0.as_slice();
        (if open { kind::OPEN_DIALOG } else { kind::CLOSED_DIALOG }, image(value))
    })?;
    take(Table::Operators, &|_, value| (kind::OPERATOR, image(value)))?;
    take(Table::Channels, &|_, value| (kind::CHANNEL, image(value)))?;
    take(Table::Library, &|_, value| (kind::ITEM, image(value)))?;
    take(Table::Keys, &|_, value| (kind::KEY, value.to_vec()))?;
    take(Table::Meta, &|key, value| match key {
        b"memory" => (kind::MEMORY, image(value)),
        b"checkpoint" => (kind::CHECKPOINT, value.to_vec()),
        b"totals" => (kind::TOTALS, value.to_vec()),
        b"first" => (kind::FIRST, value.to_vec()),
        _ => (kind::RAW, Vec::new()),
    })?;
    let of = |key: &[u8], value: &[u8]| [&[key.len() as u8], key, value].concat();
    take(Table::Statistics, &|key, value| (kind::BOOK, of(key, value)))?;
    take(Table::Heads, &|key, value| (kind::RAW, [&[Table::Heads as u8], &of(key, value)[..]].concat()))?;
    Ok(entries)
}

/// What [`round_trip`] reads of an entry.
pub fn for_round_trip((kind, payload): &Entry) -> Option<Vec<u8>> {
    let as_value = |number: u8, value: &[u8]| Some([&[number], value].concat());
    let state = payload.get(1..).unwrap_or_default();
    match *kind {
        kind::FRAME => as_value(0, payload),
        kind::OPEN_DIALOG | kind::CLOSED_DIALOG => as_value(1, state),
        kind::OPERATOR => as_value(2, state),
        kind::CHANNEL => as_value(3, state),
        kind::ITEM => as_value(4, state),
        kind::KEY => as_value(8, payload),
        kind::CHECKPOINT | kind::TOTALS | kind::FIRST => as_value(9, payload),
        kind::RAW if payload.first() == Some(&(Table::Heads as u8)) => as_value(9, payload.get(10..)?),
        kind::BOOK => {
            let (length, rest) = payload.split_first()?;
            let (key, value) = rest.split_at_checked(usize::from(*length))?;
            as_value(if key.first() == Some(&b'c') { 5 } else { 6 }, value)
        }
        _ => None,
    }
}

/// Where a scratch directory may stand: in memory, where there is such a place.
pub fn scratch_root() -> PathBuf {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() }
}
