//! The logs of RocksDB (the write-ahead log, and the manifest that says which files there are), read
//! beside it: where one is damaged. Nothing is changed here, and what records mean is not known.
//!
//! RocksDB takes a record that is longer than the rest of its file for one that was cut short when the
//! process died, and forgets it with everything behind it. A single flipped bit in a length looks the
//! same, and would take groups along that were synced and acknowledged. The two can be told apart: a
//! record that was cut short misses bytes, so its checksum fits nothing that is there, and nothing whole
//! stands behind it.
//!
//! A record whose kind was changed to one that only logs which are used again have is worse: RocksDB's reader
//! refuses it without going on behind it, and so reads it for ever, in a log as in a manifest. So all of both is
//! read here before RocksDB does: a gigabyte takes a fraction of a second.
//!
//! ```text
//! file = blocks of 32 KiB, each: records, then zeros     record = checksum 4 │ length 2 │ kind 1 │ payload
//! ```

use std::fs::{self, File};
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use crc32c::{crc32c, crc32c_append};

const BLOCK_BYTES: usize = 32 * 1024;
const HEADER_BYTES: usize = 7;

/// Kinds of records with which something begins: a whole one, and the first part of one.
const BEGINNINGS: [u8; 2] = [1, 2];

/// Kinds of records in logs that are used again. There is none here, so RocksDB never gets behind one.
const ENDLESS: [u8; 6] = [5, 6, 7, 8, 11, 131];

/// Something that was not written so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Damage {
    /// The file, and the byte in it.
    pub place: String,
    pub reason: &'static str,
    /// Whether RocksDB would read it for ever.
    is_endless: bool,
}

/// The first damage in the manifest. A directory that names none is new, or damaged as `CURRENT` is.
pub(super) fn damaged_manifest(directory: &Path) -> io::Result<Option<Damage>> {
    let current = directory.join("CURRENT");
    let named = match fs::read(&current) {
        Ok(named) => named,
        // The directory is new.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    match manifest(&named) {
        Some(manifest) => find_in(&directory.join(manifest), |_| true),
        None => {
            let (place, reason) = (current.display().to_string(), "it does not name a manifest");
            Ok(Some(Damage { place, reason, is_endless: false }))
        }
    }
}

/// The first damage in the write-ahead logs.
pub(super) fn damaged(directory: &Path) -> io::Result<Option<Damage>> {
    find(directory, |_| true)
}

/// The first damage in the write-ahead logs behind which RocksDB does not get, though told to skip what is damaged.
pub(super) fn endless(directory: &Path) -> io::Result<Option<Damage>> {
    find(directory, |damage| damage.is_endless)
}

fn find(directory: &Path, wanted: impl Fn(&Damage) -> bool) -> io::Result<Option<Damage>> {
    for path in logs(directory)? {
        if let Some(damage) = find_in(&path, &wanted)? {
            return Ok(Some(damage));
        }
    }
    Ok(None)
}

/// Of each block only the first damage is told: RocksDB goes on with the next one.
fn find_in(path: &Path, wanted: impl Fn(&Damage) -> bool) -> io::Result<Option<Damage>> {
    let mut found = None;
    each_block(path, |at, block| {
        let damage = first_damage(block).map(|(behind, reason)| Damage {
            place: format!("{}, byte {}", path.display(), at + behind),
            reason,
            is_endless: block.get(behind + HEADER_BYTES - 1).is_some_and(|kind| ENDLESS.contains(kind)),
        });
        found = damage.filter(&wanted);
        if found.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    Ok(found)
}

/// Shows the blocks of a file, with the byte at which each begins.
fn each_block(path: &Path, mut visit: impl FnMut(usize, &[u8]) -> ControlFlow<()>) -> io::Result<()> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        // A running engine may have removed it.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let mut block = Vec::with_capacity(BLOCK_BYTES);
    for at in (0..).step_by(BLOCK_BYTES) {
        block.clear();
        let bytes = file.by_ref().take(BLOCK_BYTES as u64).read_to_end(&mut block)?;
        if bytes == 0 || visit(at, &block).is_break() {
            break;
        }
    }
    Ok(())
}

/// The name that stands in the file `CURRENT`.
pub(super) fn manifest(current: &[u8]) -> Option<&str> {
    let name = std::str::from_utf8(current).ok()?.strip_suffix('\n')?;
    let number = name.strip_prefix("MANIFEST-")?;
    number.bytes().all(|digit| digit.is_ascii_digit()).then_some(name)
}

/// The write-ahead logs, the oldest first.
pub(super) fn logs(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut logs = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.extension().is_some_and(|kind| kind == "log") {
            logs.push(path);
        }
    }
    logs.sort();
    Ok(logs)
}

/// What stands at a place of a block.
enum Entry {
    /// A record whose checksum fits.
    Whole { bytes: usize },
    /// A record whose checksum does not fit.
    Changed,
    /// A record that is longer than what is left.
    Overlong,
    /// Nothing from here on, or too little for a record.
    Nothing,
}

fn entry(rest: &[u8]) -> Entry {
    let Some(header) = rest.first_chunk::<HEADER_BYTES>() else { return Entry::Nothing };
    let bytes = HEADER_BYTES + usize::from(u16::from_le_bytes([header[4], header[5]]));
    if *header == [0; HEADER_BYTES] {
        return Entry::Nothing;
    }
    match rest.get(HEADER_BYTES - 1..bytes) {
        None => Entry::Overlong,
        Some(covered) if checksum(covered) == stored(header) => Entry::Whole { bytes },
        Some(_) => Entry::Changed,
    }
}

/// The first damage in a block. Only the last one of a file is shorter than the others.
fn first_damage(block: &[u8]) -> Option<(usize, &'static str)> {
    let mut at = 0;
    loop {
        let rest = &block[at..];
        match entry(rest) {
            Entry::Whole { bytes } => at += bytes,
            Entry::Changed => return Some((at, "the checksum of a record is wrong")),
            Entry::Overlong if block.len() == BLOCK_BYTES || is_whole_but_for_its_length(rest) => {
                return Some((at, "the length of a record is wrong"));
            }
            Entry::Overlong | Entry::Nothing if holds_a_record(rest) => {
                return Some((at, "a record is missing"));
            }
            Entry::Overlong | Entry::Nothing => return None,
        }
    }
}

/// Whether the checksum of the first record fits a shorter one, with which something else or nothing begins.
fn is_whole_but_for_its_length(rest: &[u8]) -> bool {
    let Some(header) = rest.first_chunk::<HEADER_BYTES>() else { return false };
    let mut sum = 0;
    (HEADER_BYTES - 1..rest.len()).any(|at| {
        sum = crc32c_append(sum, &rest[at..=at]);
        let behind = &rest[at + 1..];
        masked(sum) == stored(header)
            && (behind.is_empty() || matches!(entry(behind), Entry::Whole { .. } | Entry::Overlong))
    })
}

/// Whether a record begins anywhere behind the first byte, and is whole.
fn holds_a_record(rest: &[u8]) -> bool {
    let begins = |at: &usize| rest.get(at + HEADER_BYTES - 1).is_some_and(|kind| BEGINNINGS.contains(kind));
    (1..rest.len()).filter(begins).any(|at| matches!(entry(&rest[at..]), Entry::Whole { .. }))
}

fn stored(header: &[u8; HEADER_BYTES]) -> u32 {
    u32::from_le_bytes([header[0], header[1], header[2], header[3]])
}

fn checksum(covered: &[u8]) -> u32 {
    masked(crc32c(covered))
}

/// As RocksDB stores it: a checksum of checksums would be weak.
fn masked(sum: u32) -> u32 {
    sum.rotate_right(15).wrapping_add(0xa282_ead8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::testing::scratch;

    fn record(payload: &[u8]) -> Vec<u8> {
        let covered = [&[1], payload].concat();
        let header = [&checksum(&covered).to_le_bytes()[..], &(payload.len() as u16).to_le_bytes()].concat();
        [header, covered].concat()
    }

    fn log() -> Vec<u8> {
        [record(b"the first group"), record(b"the second"), record(b"the third group")].concat()
    }

    #[test]
    fn a_log_may_end_anywhere() {
        for end in 0..=log().len() {
            assert_eq!(first_damage(&log()[..end]), None, "cut at {end}");
        }
        assert_eq!(first_damage(&[log(), vec![0; 100]].concat()), None);
    }

    #[test]
    fn any_flipped_bit_is_damage_and_its_record_is_named() {
        let starts = [0, record(b"the first group").len(), record(b"the first groupthe second").len() + 7];
        for bit in 0..log().len() * 8 {
            let mut flipped = log();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let place = starts.into_iter().rfind(|start| *start <= bit / 8);
            assert_eq!(first_damage(&flipped).map(|(at, _)| at), place, "bit {bit}");
        }
    }

    #[test]
    fn a_manifest_has_a_name_of_its_kind() {
        assert_eq!(manifest(b"MANIFEST-000005\n"), Some("MANIFEST-000005"));
        for other in ["", "MANIFEST-000005", "MANIFEST-00\x0005\n", "MANIFEST-0000/5\n", "000005\n"] {
            assert_eq!(manifest(other.as_bytes()), None, "{other:?}");
        }
    }

    #[test]
    fn zeros_before_a_record_are_damage() {
        let mut holed = log();
        holed[22..39].fill(0);
        assert_eq!(first_damage(&holed), Some((22, "a record is missing")));
    }

    #[test]
    fn a_length_that_leaves_its_block_is_damage_when_there_are_more_blocks() {
        let mut block = record(&[7; 1000]);
        block[5] = 0xff;
        block.resize(BLOCK_BYTES, 9);
        assert_eq!(first_damage(&block), Some((0, "the length of a record is wrong")));
    }

    /// Two blocks with one record each, and a short third.
    fn blocks() -> Vec<u8> {
        let block = record(&[7; BLOCK_BYTES - HEADER_BYTES]);
        [block.clone(), block, log()].concat()
    }

    #[test]
    fn every_block_is_looked_at_and_the_first_damage_told() {
        let directory = scratch();
        let path = directory.path().join("000001.log");
        let mut damaged_blocks = blocks();
        fs::write(&path, &damaged_blocks).unwrap();
        assert_eq!(damaged(directory.path()).unwrap(), None);
        damaged_blocks[2 * BLOCK_BYTES + 6] = 5;
        damaged_blocks[BLOCK_BYTES + 100] ^= 1;
        fs::write(&path, &damaged_blocks).unwrap();
        let first = damaged(directory.path()).unwrap().unwrap();
        assert!(first.place.ends_with("000001.log, byte 32768"), "{first:?}");
        let endless = endless(directory.path()).unwrap().unwrap();
        assert!(endless.place.ends_with("000001.log, byte 65536"), "{endless:?}");
    }
}
