//! How values become bytes. The only place that names bincode; nothing here knows files or keys.
//!
//! Integers are of variable length, enums are numbered by position, and nothing names a field: a
//! new variant goes to the end of its enum, and a new field needs a new format.

use bincode::config::{self, Configuration, Limit, LittleEndian, Varint};
use bincode::enc::write::Writer;
use bincode::error::EncodeError;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::domain::event::Change;
use crate::domain::reply::Reply;
use crate::domain::statistics::Standing;
use crate::ids::IdempotencyKey;
use crate::limits;

/// Damaged lengths may ask for any amount of memory; this bounds what they get.
type Bounded<const BYTES: usize> = Configuration<LittleEndian, Varint, Limit<BYTES>>;

/// A number of one byte counts as what it takes in memory: up to 16 bytes.
const SPREAD: usize = 16;

const SHORT: usize = 4 * 1024;
const MEDIUM: usize = 64 * 1024;
const LONG: usize = 1024 * 1024;

/// Why bytes are not what was encoded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at byte {offset}: {reason}")]
pub struct CodecError {
    /// How many bytes were read before.
    pub offset: usize,
    /// What is wrong there.
    pub reason: String,
}

/// One change of the journal, with the key under which it may be sent again and what that answers.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Record {
    /// What happened.
    pub change: Change,
    /// The key of the command, and its reply.
    pub key: Option<(IdempotencyKey, Reply)>,
    /// How its dialog stood before, if that matters to statistics.
    pub standing: Option<Standing>,
}

/// A [`Record`] that is still in somebody's hands. The bytes are the same.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct RecordRef<'a> {
    /// What happened.
    pub change: &'a Change,
    /// The key of the command, and its reply.
    pub key: Option<(&'a IdempotencyKey, &'a Reply)>,
    /// How its dialog stood before, if that matters to statistics.
    pub standing: Option<&'a Standing>,
}

struct Appender<'a>(&'a mut Vec<u8>);

impl Writer for Appender<'_> {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

/// Writes `value` behind what is in `bytes`.
pub fn append<T: Serialize + ?Sized>(bytes: &mut Vec<u8>, value: &T) {
    let done = bincode::serde::encode_into_writer(value, Appender(bytes), config::standard());
    done.expect("what is stored has a known length and the buffer takes any");
}

/// Writes `record` behind what is in `bytes`.
pub fn append_record(bytes: &mut Vec<u8>, record: RecordRef<'_>) {
    append(bytes, &record);
}

/// Room for a dialog of a few short messages, so that its buffer need not grow.
const USUAL_BYTES: usize = 1024;

/// The bytes of `value`, alone.
pub fn encode<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(USUAL_BYTES);
    append(&mut bytes, value);
    bytes
}

/// Reads a value that fills `bytes`.
///
/// # Errors
/// [`CodecError`] if the bytes are not such a value, or there are more.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecError> {
    let (value, length) = decode_first(bytes)?;
    if length < bytes.len() {
        let reason = format!("{} bytes are left over", bytes.len() - length);
        return Err(CodecError { offset: length, reason });
    }
    Ok(value)
}

/// A text gets the memory that its length asks for before it is read, so the bound goes by what there is.
fn decode_first<T: DeserializeOwned>(bytes: &[u8]) -> Result<(T, usize), CodecError> {
    match bytes.len() {
        0..SHORT => decode_bounded::<T, { SPREAD * SHORT }>(bytes),
        SHORT..MEDIUM => decode_bounded::<T, { SPREAD * MEDIUM }>(bytes),
        MEDIUM..LONG => decode_bounded::<T, { SPREAD * LONG }>(bytes),
        LONG.. => decode_bounded::<T, { limits::JOURNAL_FRAME_BYTES }>(bytes),
    }
}

fn decode_bounded<T: DeserializeOwned, const BYTES: usize>(bytes: &[u8]) -> Result<(T, usize), CodecError> {
    let bounded: Bounded<BYTES> = config::standard().with_limit();
    bincode::serde::decode_from_slice(bytes, bounded)
        .map_err(|error| CodecError { offset: 0, reason: error.to_string() })
}

/// The records that stand one behind the other in some bytes. Ends after the first error.
#[derive(Debug, Clone)]
pub struct Records<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Records<'a> {
    /// Reads from the beginning of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self::at(bytes, 0)
    }

    /// Reads on where another reader of the same bytes stopped.
    pub(super) fn at(bytes: &'a [u8], offset: usize) -> Self {
        Self { bytes, offset }
    }

    /// How many bytes have been read.
    pub fn offset(&self) -> usize {
        self.offset
    }
}

impl Iterator for Records<'_> {
    type Item = Result<Record, CodecError>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.bytes.get(self.offset..).filter(|rest| !rest.is_empty())?;
        match decode_first::<Record>(rest) {
            Ok((record, length)) => {
                self.offset += length;
                Some(Ok(record))
            }
            Err(error) => {
                let offset = std::mem::replace(&mut self.offset, self.bytes.len());
                Some(Err(CodecError { offset, ..error }))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::dialog::Dialog;
    use crate::storage::testing::{self, arbitrary_change};

    #[test]
    fn records_are_read_in_the_order_in_which_they_were_written() {
        let mut bytes = Vec::new();
        let key = (IdempotencyKey::new("k").unwrap(), Reply::Done);
        let changes = [testing::opened(1), testing::clock(5), testing::closed(1)];
        append_record(
            &mut bytes,
            RecordRef { change: &changes[0], key: Some((&key.0, &key.1)), standing: None },
        );
        append_record(&mut bytes, RecordRef { change: &changes[1], key: None, standing: None });
        append_record(&mut bytes, RecordRef { change: &changes[2], key: None, standing: None });
        let read: Vec<Record> = Records::new(&bytes).map(Result::unwrap).collect();
        assert_eq!(
            read.iter().map(|record| &record.change).collect::<Vec<_>>(),
            changes.iter().collect::<Vec<_>>()
        );
        assert_eq!(read[0].key.as_ref(), Some(&key));
    }

    #[test]
    fn the_place_of_an_error_is_named_and_nothing_follows_it() {
        let mut bytes = Vec::new();
        append_record(&mut bytes, RecordRef { change: &testing::opened(1), key: None, standing: None });
        let whole = bytes.len();
        append_record(&mut bytes, RecordRef { change: &testing::opened(2), key: None, standing: None });
        bytes.pop();
        let mut records = Records::new(&bytes);
        assert!(records.next().unwrap().is_ok());
        assert_eq!(records.next().unwrap().unwrap_err().offset, whole);
        assert!(records.next().is_none());
    }

    #[test]
    fn bytes_left_over_are_an_error() {
        let mut bytes = encode(&7_u64);
        bytes.push(0);
        assert_eq!(decode::<u64>(&bytes).unwrap_err().offset, 1);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Records::new(&bytes).count();
            let _ = decode::<Dialog>(&bytes);
        }

        #[test]
        fn damaged_records_never_panic(change in arbitrary_change(), at in any::<prop::sample::Index>(), flip in 1_u8..) {
            let mut bytes = Vec::new();
            append_record(&mut bytes, RecordRef { change: &change, key: None, standing: None });
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            let _ = Records::new(&bytes).count();
        }

        #[test]
        fn what_is_written_is_read(change in arbitrary_change()) {
            let mut bytes = Vec::new();
            append_record(&mut bytes, RecordRef { change: &change, key: None, standing: None });
            let read = Records::new(&bytes).next().unwrap().unwrap();
            prop_assert_eq!(read, Record { change, key: None, standing: None });
        }
    }
}
