//! For counting instructions alone (`benches/instructions`): private steps of the hot path, one function for each.
//! Nothing that an engine uses, and nothing that knows a disk.

use super::codec::Records;
use super::finding;
use super::frame::{self, Frame, Position};
use crate::domain::dialog::Dialog;
use crate::error::Error;
use crate::timestamp::Timestamp;

/// The first frame of a journal, with these records of so many events.
pub fn sealed(records: &[u8], events: u64) -> Vec<u8> {
    let mut frame = Vec::with_capacity(frame::HEADER_BYTES + records.len());
    frame::begin(&mut frame);
    frame.extend_from_slice(records);
    frame::seal(&mut frame, Position::START, events, Timestamp::default());
    frame
}

/// The records of the first frame of a journal.
///
/// # Errors
/// [`Error::Damaged`] if it is not as it was sealed.
pub fn records(frame: &[u8]) -> Result<Records<'_>, Error> {
    Frame::parse(&Position::START.key(), frame).map(|frame| Records::new(frame.records))
}

/// Makes what stands in the index about dialogs that were closed; how many entries that is.
pub fn index_entries(dialogs: &[Dialog]) -> usize {
    finding::count_entries(dialogs.iter())
}
