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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::testing::scratch;

    #[test]
    fn a_directory_is_held_by_one_until_that_lets_go() {
        let directory = scratch();
        let held = hold(directory.path()).unwrap();
        assert!(held.is_some());
        assert!(matches!(hold(directory.path()), Err(Error::InUse { .. })));
        drop(held);
        assert!(hold(directory.path()).unwrap().is_some());
        assert!(hold(&directory.path().join("missing")).unwrap().is_none());
    }
}
