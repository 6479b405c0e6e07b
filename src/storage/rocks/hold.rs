//! Holding a directory: RocksDB locks it only after it has put its logs for people aside, so that of several
//! processes that start at once one would take files away from another. Here they are told before.

use std::fs::{File, TryLockError};
use std::path::Path;

use super::errors;
use crate::error::Error;

/// Holds the directory until the file is dropped. Nothing where the operating system cannot lock a directory:
/// then RocksDB's own lock has to do.
pub(super) fn hold(path: &Path) -> Result<Option<File>, Error> {
    let Ok(directory) = File::open(path) else { return Ok(None) };
    match directory.try_lock() {
        Ok(()) => Ok(Some(directory)),
        Err(TryLockError::WouldBlock) => Err(errors::in_use(path)),
        Err(TryLockError::Error(_)) => Ok(None),
    }
}
