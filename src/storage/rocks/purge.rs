//! Getting older forms of entries out of the files of a directory, for good.
//!
//! RocksDB keeps what was overwritten until it happens to compact it, and its log until all of it is
//! flushed. Here both are brought about, and waited for. What the keys mean is not known here.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::PathBuf;
use std::time::Duration;

use rocksdb::{BottommostLevelCompaction, CompactOptions, DB, Range};

use super::{Backing, Disk, Table, handle, options};
use crate::error::Error;

/// Keys with less than this between them are compacted together: that is dearer by little than to
/// compact around each, and both lie in the same file most often.
const NEAR_BYTES: u64 = 32 * 1024 * 1024;

/// How often it is looked whether old files are gone, and how long it takes from look to look: half a
/// minute in all. Only who reads for so long can keep them.
const LOOKS: usize = 6000;
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// Keys of entries, by table.
#[derive(Debug, Default)]
pub(in crate::storage) struct StoredKeys(BTreeMap<usize, BTreeSet<Vec<u8>>>);

impl StoredKeys {
    pub fn add(&mut self, table: Table, key: &[u8]) {
        self.0.entry(table as usize).or_default().insert(key.to_vec());
    }

    fn tables(&self) -> impl Iterator<Item = (Table, &BTreeSet<Vec<u8>>)> {
        self.0.iter().map(|(table, keys)| (Table::ALL[*table], keys))
    }
}

/// A file of entries that is in use.
struct Used {
    number: u64,
    table: String,
    keys: Option<(Vec<u8>, Vec<u8>)>,
}

impl Disk {
    /// Removes from all files what was stored under these keys before and is not any more, and empties
    /// the cache. Everything written so far is flushed on the way. False if old files are still kept.
    pub fn purge(&self, keys: &StoredKeys) -> Result<bool, Error> {
        // A simulated disk keeps no older forms.
        #[cfg(test)]
        if let Some(Backing::Simulated(_)) = self.opened().as_ref() {
            return self.flush().map(|()| true);
        }
        let logs = self.files("log")?;
        self.flush()?;
        let tables = self.files("sst")?;
        for (table, keys) in keys.tables() {
            self.compact(table, keys)?;
        }
        let gone = self.wait_until_gone(logs, tables)?;
        let newest = gone.newest;
        let left = self.used()?.into_iter().filter(|used| used.number <= newest).any(|used| {
            let of_table = keys.tables().find(|(table, _)| table.name() == used.table);
            let covers = |(_, keys): (Table, &BTreeSet<Vec<u8>>)| match &used.keys {
                Some((first, last)) => keys.range(first.clone()..=last.clone()).next().is_some(),
                None => true,
            };
            of_table.is_some_and(covers)
        });
        self.empty_cache();
        Ok(gone.all && !left)
    }

    /// Has every file that may hold one of the keys written anew.
    fn compact(&self, table: Table, keys: &BTreeSet<Vec<u8>>) -> Result<(), Error> {
        let opened = self.opened();
        let db = rocks(opened.as_ref())?;
        let handle = handle(db, table)?;
        let mut options = CompactOptions::default();
        options.set_exclusive_manual_compaction(true);
        // Else files of the last level stay as they are.
        options.set_bottommost_level_compaction(BottommostLevelCompaction::Force);
        let near = |from: &[u8], to: &[u8]| {
            db.get_approximate_sizes_cf(handle, &[Range::new(from, to)]).iter().sum::<u64>() < NEAR_BYTES
        };
        let mut keys = keys.iter().peekable();
        while let Some(first) = keys.next() {
            let mut last = first;
            while let Some(next) = keys.next_if(|next| near(last, next)) {
                last = next;
            }
            self.guarded::<String>(|| {
                db.compact_range_cf_opt(handle, Some(first), Some(last), &options);
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Waits until the logs and those of the tables that are no longer in use have been removed.
    fn wait_until_gone(&self, logs: Vec<OldFile>, tables: Vec<OldFile>) -> Result<Gone, Error> {
        let newest = tables.iter().map(|file| file.number).max().unwrap_or(0);
        // An empty log has nothing in it and is written on.
        let mut logs: Vec<OldFile> = logs.into_iter().filter(|log| log.bytes > 0).collect();
        let mut tables = tables;
        let never = crossbeam_channel::never::<()>();
        for _ in 0..LOOKS {
            let used: HashSet<u64> = self.used()?.into_iter().map(|used| used.number).collect();
            logs.retain(|log| log.path.exists());
            tables.retain(|file| !used.contains(&file.number) && file.path.exists());
            if logs.is_empty() && tables.is_empty() {
                return Ok(Gone { all: true, newest });
            }
            let _ = never.recv_timeout(LOOK_AGAIN);
        }
        Ok(Gone { all: false, newest })
    }

    /// The files of entries that are in use.
    fn used(&self) -> Result<Vec<Used>, Error> {
        let opened = self.opened();
        let files = rocks(opened.as_ref())?.live_files().map_err(|error| self.failed(error.into_string()))?;
        let used = files.into_iter().filter_map(|file| {
            let number = number_of(&file.name)?;
            Some(Used { number, table: file.column_family_name, keys: file.start_key.zip(file.end_key) })
        });
        Ok(used.collect())
    }

    fn files(&self, kind: &str) -> Result<Vec<OldFile>, Error> {
        let unreadable = |error: std::io::Error| self.failed(error.to_string());
        let mut files = Vec::new();
        for entry in std::fs::read_dir(&self.path).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            let number = path.file_name().and_then(|name| number_of(&name.to_string_lossy()));
            if let Some(number) = number.filter(|_| path.extension().is_some_and(|found| found == kind)) {
                // One that has gone meanwhile has no bytes.
                let bytes = path.metadata().map_or(0, |metadata| metadata.len());
                files.push(OldFile { path, number, bytes });
            }
        }
        Ok(files)
    }

    /// Lets everything go that the cache holds of files, old ones too.
    fn empty_cache(&self) {
        let mut cache = self.cache.clone();
        cache.set_capacity(0);
        cache.set_capacity(options::CACHE_BYTES);
    }
}

fn rocks(opened: Option<&Backing>) -> Result<&DB, Error> {
    match opened {
        Some(Backing::Rocks(db)) => Ok(db),
        #[cfg(test)]
        Some(Backing::Simulated(_)) => Err(Error::Closed),
        None => Err(Error::Closed),
    }
}

/// A file as it was before.
struct OldFile {
    path: PathBuf,
    number: u64,
    bytes: u64,
}

/// What came of waiting.
struct Gone {
    all: bool,
    /// The newest file of entries that there was before.
    newest: u64,
}

/// The number in a name such as `/000123.sst`.
fn number_of(name: &str) -> Option<u64> {
    name.trim_start_matches('/').split_once('.')?.0.parse().ok()
}
