//! Reading the journal in order: every frame must follow the one before.

use std::ops::ControlFlow;

use super::codec::{Record, Records};
use super::frame::{Frame, Position, place};
use super::rocks::{Disk, Table};
use crate::error::Error;

/// Shows every frame from `from` on. Returns the place behind the last.
///
/// # Errors
/// [`Error::Damaged`] names the first frame that is missing, changed or out of place.
pub(super) fn frames(
    disk: &Disk,
    from: Position,
    visit: &mut dyn FnMut(&Frame<'_>) -> Result<(), Error>,
) -> Result<Position, Error> {
    let mut expected = from;
    disk.scan(Table::Journal, &from.key(), None, &mut |key, value| {
        follows_by_key(key, &expected)?;
        let frame = Frame::parse(key, value)?;
        follows(&frame, &expected)?;
        visit(&frame)?;
        expected = frame.next;
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(expected)
}

/// Whether a whole frame belongs at this place.
///
/// # Errors
/// [`Error::Damaged`] if one is missing before it, or it continues another.
pub(super) fn follows(frame: &Frame<'_>, expected: &Position) -> Result<(), Error> {
    let key = frame.at.key();
    follows_by_key(&key, expected)?;
    if frame.at.chain != expected.chain {
        let reason = "it does not continue the frame before it".into();
        return Err(Error::Damaged { place: place(&key), reason });
    }
    Ok(())
}

fn follows_by_key(key: &[u8], expected: &Position) -> Result<(), Error> {
    if key == expected.key() {
        return Ok(());
    }
    let reason = format!("it is missing, the next is {}", place(key));
    Err(Error::Damaged { place: place(&expected.key()), reason })
}

/// Shows every record of a frame with the sequence number of the last event up to its end.
pub(super) fn records(
    frame: &Frame<'_>,
    visit: &mut dyn FnMut(Record, u64) -> Result<(), Error>,
) -> Result<(), Error> {
    let damaged = |reason: String| Error::Damaged { place: place(&frame.at.key()), reason };
    let mut seq = frame.at.last_seq();
    for record in Records::new(frame.records) {
        let record = record.map_err(|error| damaged(format!("a record cannot be read {error}")))?;
        seq += record.change.events.len() as u64;
        visit(record, seq)?;
    }
    let found = seq - frame.at.last_seq();
    if found != frame.events {
        return Err(damaged(format!("it holds {found} events, its header says {}", frame.events)));
    }
    Ok(())
}
