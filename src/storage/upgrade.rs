//! The way from an older format of the data to the present one: a step for each format that was ever
//! released. No step decides anything, and none is needed to read what is older: only engines upgrade.

use super::meta::{self, FORMAT};
use super::rocks::Disk;
use crate::error::Error;

/// Rewrites a directory of one format as the next one. Cut short, it is run again from its beginning.
type Step = fn(&Disk) -> Result<(), Error>;

/// The step from each format to the next: the first leads from 1 to 2. A new format does not compile
/// without one, and brings a fixture of the old one into `tests/formats/`.
const STEPS: [Step; FORMAT as usize - 1] = [];

/// Brings a directory of the format `found` to the present one; a new directory gets it at once.
pub(super) fn upgrade(disk: &Disk, found: Option<u32>) -> Result<(), Error> {
    let Some(found) = found else {
        meta::write_format(disk, FORMAT)?;
        return disk.put_mark(0);
    };
    for (step, next) in STEPS.iter().zip(2..).skip(found as usize - 1) {
        step(disk)?;
        disk.flush()?;
        meta::write_format(disk, next)?;
    }
    Ok(())
}
