//! The logs of RocksDB (the write-ahead log, and the manifest that says which files there are), read
//! beside it: where one is damaged. Nothing is changed here, and what records mean is not known.
//!
//! RocksDB takes a record that is longer than the rest of its file for one that was cut short when the
//! process died, and forgets it with everything behind it. A single flipped bit in a length looks the
//! same, and would take groups along that were synced and acknowledged. The two can be told apart: a
//! record that was cut short misses bytes, so its checksum fits nothing that is there, and nothing whole
//! stands behind it.
//!
//! ```text
//! file = blocks of 32 KiB, each: records, then zeros     record = checksum 4 │ length 2 │ kind 1 │ payload
//! ```

use std::fs;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

const BLOCK_BYTES: usize = 32 * 1024;
const HEADER_BYTES: usize = 7;

/// Kinds of records with which something begins: a whole one, and the first part of one.
const BEGINNINGS: [u8; 2] = [1, 2];

/// Something that was not written so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Damage {
    /// The file, and the byte in it.
    pub place: String,
    pub reason: &'static str,
}

/// Looks at the end of each log, where RocksDB overlooks damage.
pub(super) fn damaged_end(directory: &Path) -> io::Result<Option<Damage>> {
    find(directory, |bytes| bytes / BLOCK_BYTES * BLOCK_BYTES)
}

/// Looks at all of each log: slow, for whoever has been told that something is damaged.
pub(super) fn damaged(directory: &Path) -> io::Result<Option<Damage>> {
    find(directory, |_| 0)
}

fn find(directory: &Path, from: impl Fn(usize) -> usize) -> io::Result<Option<Damage>> {
    let current = directory.join("CURRENT");
    let named = match fs::read(&current) {
        Ok(named) => named,
        // The directory is new.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let Some(manifest) = manifest(&named) else {
        let (place, reason) = (current.display().to_string(), "it does not name a manifest");
        return Ok(Some(Damage { place, reason }));
    };
    for path in logs(directory)?.into_iter().chain([directory.join(manifest)]) {
        let mut file = match fs::File::open(&path) {
            Ok(file) => file,
            // A running engine may have removed it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        let from = from(file.metadata()?.len() as usize);
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(from as u64))?;
        file.read_to_end(&mut bytes)?;
        if let Some((at, reason)) = first_damage(&bytes) {
            let place = format!("{}, byte {}", path.display(), from + at);
            return Ok(Some(Damage { place, reason }));
        }
    }
    Ok(None)
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

/// The first damage in blocks that stand at the end of a file.
fn first_damage(blocks: &[u8]) -> Option<(usize, &'static str)> {
    let mut block_at = 0;
    for block in blocks.chunks(BLOCK_BYTES) {
        let mut at = 0;
        loop {
            let rest = &block[at..];
            match entry(rest) {
                Entry::Whole { bytes } => at += bytes,
                Entry::Changed => return Some((block_at + at, "the checksum of a record is wrong")),
                Entry::Overlong if block.len() == BLOCK_BYTES || is_whole_but_for_its_length(rest) => {
                    return Some((block_at + at, "the length of a record is wrong"));
                }
                Entry::Overlong | Entry::Nothing if holds_a_record(rest) => {
                    return Some((block_at + at, "a record is missing"));
                }
                Entry::Overlong | Entry::Nothing => break,
            }
        }
        block_at += block.len();
    }
    None
}

/// Whether the checksum of the first record fits a shorter one, with which something else or nothing begins.
fn is_whole_but_for_its_length(rest: &[u8]) -> bool {
    let Some(header) = rest.first_chunk::<HEADER_BYTES>() else { return false };
    let mut sum = Sum::new();
    (HEADER_BYTES - 1..rest.len()).any(|at| {
        sum.add(rest[at]);
        let behind = &rest[at + 1..];
        sum.masked() == stored(header)
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
    let mut sum = Sum::new();
    covered.iter().for_each(|byte| sum.add(*byte));
    sum.masked()
}

/// A CRC-32C that grows byte by byte.
struct Sum(u32);

impl Sum {
    const TABLE: [u32; 256] = table();

    fn new() -> Self {
        Self(u32::MAX)
    }

    fn add(&mut self, byte: u8) {
        self.0 = Self::TABLE[usize::from(self.0 as u8 ^ byte)] ^ (self.0 >> 8);
    }

    /// As RocksDB stores it: a checksum of checksums would be weak.
    fn masked(&self) -> u32 {
        (!self.0).rotate_right(15).wrapping_add(0xa282_ead8)
    }
}

const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let (mut rest, mut bit) = (byte as u32, 0);
        while bit < 8 {
            rest = if rest & 1 == 1 { (rest >> 1) ^ 0x82f6_3b78 } else { rest >> 1 };
            bit += 1;
        }
        table[byte] = rest;
        byte += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(payload: &[u8]) -> Vec<u8> {
        let covered = [&[1], payload].concat();
        let header = [&checksum(&covered).to_le_bytes()[..], &(payload.len() as u16).to_le_bytes()].concat();
        [header, covered].concat()
    }

    fn log() -> Vec<u8> {
        [record(b"the first group"), record(b"the second"), record(b"the third group")].concat()
    }

    #[test]
    fn the_checksum_is_that_of_the_standard() {
        let mut sum = Sum::new();
        b"123456789".iter().for_each(|byte| sum.add(*byte));
        assert_eq!(!sum.0, 0xe306_9283);
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
        let (at, reason) = first_damage(&[block, log()].concat()).unwrap();
        assert_eq!((at, reason), (0, "the length of a record is wrong"));
    }
}
