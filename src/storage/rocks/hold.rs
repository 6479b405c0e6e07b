//! Holding a directory: RocksDB locks it only after it has put its logs for people aside, so that of several
//! processes that start at once one would take files away from another. Here they are told before.

use std::fs::{File, TryLockError};
use std::path::Path;

use super::errors;
use crate::error::Error;

/// A directory that is held until this is dropped.
#[derive(Debug)]
pub(super) struct Held(File);

impl Drop for Held {
    /// Closing alone would not do: a process that is just being started by this one has all its files for a moment.
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}

/// Holds the directory. Nothing where the operating system cannot lock a directory:
/// then RocksDB's own lock has to do.
pub(super) fn hold(path: &Path) -> Result<Option<Held>, Error> {
    let Ok(directory) = File::open(path) else { return Ok(None) };
    match directory.try_lock() {
        Ok(()) => Ok(Some(Held(directory))),
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
        let in_a_child = held.as_ref().unwrap().0.try_clone().unwrap();
        assert!(matches!(hold(directory.path()), Err(Error::InUse { .. })));
        drop(held);
        assert!(hold(directory.path()).unwrap().is_some());
        drop(in_a_child);
        assert!(hold(&directory.path().join("missing")).unwrap().is_none());
    }
}
