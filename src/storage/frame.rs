//! A frame: the records of one group commit as they stand in the journal. Knows no disk.
//!
//! ```text
//! checksum 8 │ version 4 │ part 4 │ first seq 8 │ events 8 │ clock 8 │ length 8 │ previous 8 │ records
//! ```
//!
//! The checksum is over all that follows it, `previous` is the checksum of the frame before: a
//! frame that is lost, changed or put elsewhere breaks the chain. Numbers are little-endian.
//!
//! A *redacted* frame has version 2 and one number more before its records: the checksum that the frame
//! had when it was written. By that one the next frame continues it, while its own covers what is left.

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::error::Error;
use crate::limits;
use crate::timestamp::Timestamp;

/// The layout that is written.
const VERSION: u32 = 1;

/// The layout of a frame that was redacted later on.
const REDACTED: u32 = 2;

/// Bytes of a frame before its records.
pub(super) const HEADER_BYTES: usize = 56;
const CHECKSUM_BYTES: usize = 8;

/// Bytes of a redacted frame before its records.
const REDACTED_HEADER_BYTES: usize = HEADER_BYTES + CHECKSUM_BYTES;

/// The key of a frame in the journal. Its order is the order of writing.
pub(super) type FrameKey = [u8; 12];

/// A place between two frames: where the next one goes, or went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Position {
    /// The sequence number of the first event behind this place.
    pub seq: u64,
    /// How many frames without events stand before it with the same `seq`.
    pub part: u32,
    /// The checksum of the frame before; 0 at the beginning of the journal.
    pub chain: u64,
}

impl Position {
    /// The beginning of the journal.
    pub const START: Self = Self { seq: 1, part: 0, chain: 0 };

    /// The key of the frame behind this place.
    pub fn key(&self) -> FrameKey {
        frame_key(self.seq, self.part)
    }

    /// Whether a journal may have got so far: one more of everything is still a number.
    pub fn is_sound(&self) -> bool {
        (1..u64::MAX).contains(&self.seq) && self.part < u32::MAX
    }

    /// The sequence number of the last event before this place.
    pub fn last_seq(&self) -> u64 {
        self.seq - 1
    }

    fn after(self, events: u64, checksum: u64) -> Self {
        if events == 0 {
            Self { part: self.part + 1, chain: checksum, ..self }
        } else {
            Self { seq: self.seq + events, part: 0, chain: checksum }
        }
    }
}

/// The key of the frame that begins with `seq` after `part` frames without events.
pub(super) fn frame_key(seq: u64, part: u32) -> FrameKey {
    let mut key = [0; 12];
    key[..8].copy_from_slice(&seq.to_be_bytes());
    key[8..].copy_from_slice(&part.to_be_bytes());
    key
}

/// How messages name the frame under `key`.
pub(super) fn place(key: &[u8]) -> String {
    match (key.first_chunk(), key.last_chunk(), key.len()) {
        (Some(seq), Some(part), 12) => {
            format!("journal frame {}.{}", u64::from_be_bytes(*seq), u32::from_be_bytes(*part))
        }
        _ => format!("journal key {key:02x?}"),
    }
}

/// Makes `frame` ready for the records of a frame.
pub(super) fn begin(frame: &mut Vec<u8>) {
    frame.clear();
    frame.resize(HEADER_BYTES, 0);
}

/// Fills in the header of a begun frame; the place behind it is returned.
pub(super) fn seal(frame: &mut [u8], at: Position, events: u64, clock: Timestamp) -> Position {
    let checksum = write_header(frame, VERSION, HEADER_BYTES, at, events, clock);
    at.after(events, checksum)
}

fn write_header(
    frame: &mut [u8],
    version: u32,
    header_bytes: usize,
    at: Position,
    events: u64,
    clock: Timestamp,
) -> u64 {
    let length = (frame.len() - header_bytes) as u64;
    frame[8..12].copy_from_slice(&version.to_le_bytes());
    frame[12..16].copy_from_slice(&at.part.to_le_bytes());
    frame[16..24].copy_from_slice(&at.seq.to_le_bytes());
    frame[24..32].copy_from_slice(&events.to_le_bytes());
    frame[32..40].copy_from_slice(&clock.as_millis().to_le_bytes());
    frame[40..48].copy_from_slice(&length.to_le_bytes());
    frame[48..56].copy_from_slice(&at.chain.to_le_bytes());
    let checksum = xxh3_64(&frame[CHECKSUM_BYTES..]);
    frame[..CHECKSUM_BYTES].copy_from_slice(&checksum.to_le_bytes());
    checksum
}

/// The bytes of a sealed frame that are records.
pub(super) fn records(frame: &[u8]) -> &[u8] {
    let header = if half(frame, 8) == REDACTED { REDACTED_HEADER_BYTES } else { HEADER_BYTES };
    frame.get(header..).unwrap_or_default()
}

/// The same frame with other records in it, which hold as many events.
pub(super) fn redacted(frame: &Frame<'_>, records: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(REDACTED_HEADER_BYTES + records.len());
    bytes.resize(HEADER_BYTES, 0);
    bytes.extend_from_slice(&frame.next.chain.to_le_bytes());
    bytes.extend_from_slice(records);
    write_header(&mut bytes, REDACTED, REDACTED_HEADER_BYTES, frame.at, frame.events, frame.clock);
    bytes
}

fn number(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(std::array::from_fn(|byte| bytes[at + byte]))
}

fn half(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(std::array::from_fn(|byte| bytes[at + byte]))
}

/// What the header of a frame says, once the frame has been found whole.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame<'a> {
    /// The place before it.
    pub at: Position,
    /// The place behind it.
    pub next: Position,
    /// How many events it holds.
    pub events: u64,
    /// The latest time in the journal up to its end.
    pub clock: Timestamp,
    /// Its records.
    pub records: &'a [u8],
    /// Whether something was taken out of it later on.
    pub redacted: bool,
}

impl<'a> Frame<'a> {
    /// Reads a stored frame and checks all that can be checked without its neighbours.
    pub fn parse(key: &[u8], bytes: &'a [u8]) -> Result<Self, Error> {
        Self::parse_whole(key, bytes).map_err(|reason| Error::Damaged { place: place(key), reason })
    }

    fn parse_whole(key: &[u8], bytes: &'a [u8]) -> Result<Self, String> {
        if bytes.len() < HEADER_BYTES {
            return Err(format!("{} bytes are too few for a frame", bytes.len()));
        }
        let number = |at: usize| number(bytes, at);
        let half = |at: usize| half(bytes, at);
        let checksum = number(0);
        if checksum != xxh3_64(&bytes[CHECKSUM_BYTES..]) {
            return Err("its checksum is wrong".into());
        }
        let redacted = half(8) == REDACTED;
        if !redacted && half(8) != VERSION {
            return Err(format!("its version is {}, not {VERSION}", half(8)));
        }
        if redacted && bytes.len() < REDACTED_HEADER_BYTES {
            return Err(format!("{} bytes are too few for a redacted frame", bytes.len()));
        }
        // What follows it was chained to the frame as it was written.
        let chained = if redacted { number(HEADER_BYTES) } else { checksum };
        let at = Position { seq: number(16), part: half(12), chain: number(48) };
        if key != at.key() {
            return Err(format!("it belongs at {}", place(&at.key())));
        }
        let records = records(bytes);
        if number(40) != records.len() as u64 || bytes.len() > limits::JOURNAL_FRAME_BYTES {
            return Err(format!("it has {} bytes of records, not {}", records.len(), number(40)));
        }
        let events = number(24);
        let last = at.seq.checked_add(events).filter(|last| at.is_sound() && *last < u64::MAX);
        last.ok_or("its sequence numbers are out of range")?;
        let clock = Timestamp::from_millis(number(32) as i64);
        Ok(Self { at, next: at.after(events, chained), events, clock, records, redacted })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(at: Position, records: &[u8]) -> (Vec<u8>, Position) {
        let mut frame = Vec::new();
        begin(&mut frame);
        frame.extend_from_slice(records);
        let next = seal(&mut frame, at, 3, Timestamp::from_millis(9));
        (frame, next)
    }

    #[test]
    fn a_sealed_frame_says_what_was_sealed() {
        let at = Position { seq: 5, part: 2, chain: 77 };
        let (bytes, next) = sealed(at, b"records");
        let frame = Frame::parse(&at.key(), &bytes).unwrap();
        assert_eq!((frame.at, frame.next, frame.events, frame.records), (at, next, 3, &b"records"[..]));
        assert_eq!(frame.clock.as_millis(), 9);
        assert_eq!((next.seq, next.part), (8, 0));
    }

    #[test]
    fn any_flipped_byte_and_any_other_key_is_damage() {
        let at = Position { seq: 5, part: 0, chain: 77 };
        let (bytes, _) = sealed(at, b"records");
        for byte in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[byte] ^= 1;
            assert!(matches!(Frame::parse(&at.key(), &flipped), Err(Error::Damaged { .. })), "byte {byte}");
        }
        assert!(Frame::parse(&frame_key(6, 0), &bytes).is_err());
        assert!(Frame::parse(&at.key(), &bytes[..40]).is_err());
        assert!(Frame::parse(b"", b"").is_err());
    }

    #[test]
    fn a_redacted_frame_keeps_its_place_in_the_chain_and_has_a_checksum_of_its_own() {
        let at = Position { seq: 5, part: 0, chain: 77 };
        let (bytes, next) = sealed(at, b"a secret");
        let once = redacted(&Frame::parse(&at.key(), &bytes).unwrap(), b"none");
        let frame = Frame::parse(&at.key(), &once).unwrap();
        assert_eq!((frame.at, frame.next, frame.events, frame.records), (at, next, 3, &b"none"[..]));
        assert_eq!((records(&once), frame.redacted), (&b"none"[..], true));
        let twice = redacted(&frame, b"");
        assert_eq!(Frame::parse(&at.key(), &twice).unwrap().next, next);
        for byte in 0..once.len() {
            let mut flipped = once.clone();
            flipped[byte] ^= 1;
            assert!(Frame::parse(&at.key(), &flipped).is_err(), "byte {byte}");
        }
        assert!(Frame::parse(&at.key(), &once[..60]).is_err());
    }

    #[test]
    fn frames_without_events_stand_before_the_next_event() {
        let after = Position::START.after(0, 1);
        assert_eq!((after.seq, after.part), (1, 1));
        assert!(Position::START.key() < after.key() && after.key() < after.after(4, 2).key());
    }
}
