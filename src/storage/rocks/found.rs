//! What stood in a directory before RocksDB opened it, which changes it.

use std::path::Path;

use super::mark::{self, Mark};
use super::{Table, options};
use crate::error::Error;

/// What stood in a directory before it was opened.
pub(super) struct Found {
    /// Up to which event everything was there, if that is marked.
    mark: Result<Option<Mark>, Error>,
    /// One of our tables that was not there.
    missing: Option<Table>,
}

impl Found {
    /// First, because an engine may be running there: what is opened is never behind it.
    pub fn look(path: &Path) -> Self {
        Self { mark: mark::read(path), missing: options::missing_table(path) }
    }

    /// Refuses what RocksDB would take tables from when it opens it.
    pub fn check_manifest(&self, path: &Path) -> Result<(), Error> {
        let mark = self.mark.as_ref().ok().and_then(Option::as_ref);
        mark.map_or(Ok(()), |mark| mark.check_manifest(path))
    }

    /// Up to which event everything was there.
    pub fn marked(&self) -> Result<u64, Error> {
        self.mark.as_ref().map(|mark| mark.as_ref().map_or(0, |mark| mark.seq)).map_err(Error::clone)
    }

    /// Whether there was a mark, be it damaged.
    pub fn is_marked(&self) -> bool {
        !matches!(self.mark, Ok(None))
    }

    /// One of our tables that was not there.
    pub fn missing(&self) -> Option<Table> {
        self.missing
    }

    /// What stood on a simulated disk.
    #[cfg(test)]
    pub fn simulated(mark: Option<u64>) -> Self {
        Self { mark: Ok(mark.map(Mark::of)), missing: None }
    }
}
