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
    /// Whether so much is there that it takes a while to read it back.
    large: bool,
}

/// With so many bytes in tables it takes a while to read them back.
const LARGE_BYTES: u64 = 64 * 1024 * 1024;

impl Found {
    /// First, because an engine may be running there: what is opened is never behind it.
    pub fn look(path: &Path) -> Self {
        let large = table_bytes(path).is_some_and(|bytes| bytes >= LARGE_BYTES);
        Self { mark: mark::read(path), missing: options::missing_table(path), large }
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

    /// Whether it takes a while to read back what is there.
    pub fn is_large(&self) -> bool {
        self.large
    }

    /// What stood on a simulated disk.
    #[cfg(test)]
    pub fn simulated(mark: Option<u64>) -> Self {
        Self { mark: Ok(mark.map(Mark::of)), missing: None, large: false }
    }
}

fn table_bytes(path: &Path) -> Option<u64> {
    let tables = path.read_dir().ok()?.flatten();
    let tables = tables.filter(|entry| entry.path().extension().is_some_and(|kind| kind == "sst"));
    Some(tables.filter_map(|entry| Some(entry.metadata().ok()?.len())).sum())
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;
    use crate::storage::rocks::Disk;
    use crate::storage::testing::scratch;

    #[test]
    fn a_directory_is_large_by_the_bytes_of_its_tables_and_compacted_all_the_same() {
        let directory = scratch();
        Disk::open(directory.path()).unwrap().close();
        assert!(!Found::look(directory.path()).is_large());
        for name in ["000901.sst", "000902.sst"] {
            let table = File::create(directory.path().join(name)).unwrap();
            table.set_len(LARGE_BYTES / 2).unwrap();
        }
        assert!(Found::look(directory.path()).is_large());
        let disk = Disk::open(directory.path()).unwrap();
        disk.begin_compacting().unwrap();
    }
}
