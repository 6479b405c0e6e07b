//! A quick look at a data directory: what its own counters say. Nothing is checked; see `verify`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use super::frame::{Frame, frame_key};
use super::meta;
use super::rocks::{Disk, Table};
use crate::error::Error;
use crate::timestamp::Timestamp;

/// What a data directory says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Inspection {
    /// The format.
    pub format: u32,
    /// The first event that is kept.
    pub first_seq: u64,
    /// The last event.
    pub last_seq: u64,
    /// The last event before the last checkpoint; recovery reads what follows.
    pub checkpoint_seq: u64,
    /// The latest time in the journal.
    pub clock: Timestamp,
    /// The sum of the fingerprints of all images.
    #[serde(serialize_with = "super::fingerprint::as_text")]
    pub images_hash: u64,
    /// The named subscriptions, each with the last event that it has acknowledged.
    pub subscriptions: BTreeMap<String, u64>,
    /// The tables.
    pub tables: BTreeMap<String, TableSize>,
}

/// The size of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct TableSize {
    /// About how many entries.
    pub entries_about: u64,
    /// Bytes, compressed as they are.
    pub bytes: u64,
}

/// Looks at a data directory without changing anything in it.
///
/// # Errors
/// If the directory cannot be read, or what is read first is damaged.
pub fn inspect(path: impl AsRef<Path>) -> Result<Inspection, Error> {
    let disk = Disk::open_read_only(path.as_ref())?;
    let format = meta::format(&disk)?.unwrap_or(meta::FORMAT);
    let checkpoint = meta::checkpoint(&disk)?;
    let first = meta::first(&disk)?;
    let (mut last_seq, mut clock) = (checkpoint.seq, checkpoint.clock);
    if let Some((key, bytes)) = disk.last_up_to(Table::Journal, &frame_key(u64::MAX, u32::MAX))? {
        let frame = Frame::parse(&key, &bytes)?;
        (last_seq, clock) = (frame.next.last_seq(), frame.clock);
    }
    let subscriptions = meta::subscriptions(&disk)?.into_iter().map(|(name, seq)| (name.to_string(), seq));
    let size = |table| TableSize { entries_about: disk.entries_about(table), bytes: disk.bytes(table) };
    Ok(Inspection {
        format,
        first_seq: first.seq,
        last_seq,
        checkpoint_seq: checkpoint.seq,
        clock,
        images_hash: meta::totals(&disk, 1)?.fingerprint,
        subscriptions: subscriptions.collect(),
        tables: Table::ALL.into_iter().map(|table| (table.name().to_owned(), size(table))).collect(),
    })
}
