//! The disk in our words: tables of keys and values in one RocksDB. Only this folder names
//! rocksdb; what the values mean is known elsewhere.

mod copy;
mod errors;
mod foreign;
mod log;
mod options;
mod purge;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{OnceLock, RwLock, RwLockReadGuard};

pub(super) use purge::StoredKeys;
use rocksdb::{
    Cache, ColumnFamily, DB, DBRawIterator, FlushOptions, Options, ReadOptions, WriteBatch, WriteOptions,
};

use crate::error::Error;

/// A table. The order is that of [`Table::ALL`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Table {
    /// Frames, by sequence number.
    Journal,
    /// Images of dialogs, open ones apart from closed ones.
    Dialogs,
    /// The last closed dialog of each client. A value only grows.
    Clients,
    /// The message that each external id names.
    ExternalIds,
    /// Images of operators.
    Operators,
    /// Images of channels.
    Channels,
    /// Requests to the outside, by how far they have come.
    Requests,
    /// The ring of idempotency keys.
    Keys,
    /// All that there is one of.
    Meta,
    /// Images of the things of the library.
    Library,
    /// The contents of uploaded files, by their hashes.
    Files,
    /// Which messages name which content.
    FileNames,
    /// Which closed dialogs can be found by what. Values are sets, to which others are added.
    Finding,
    /// When clients' dialogs closed, of channels that keep them for a time only.
    Closing,
    /// The books of channels and operators: what is counted of them.
    Statistics,
}

impl Table {
    pub const ALL: [Self; 15] = [
        Self::Journal,
        Self::Dialogs,
        Self::Clients,
        Self::ExternalIds,
        Self::Operators,
        Self::Channels,
        Self::Requests,
        Self::Keys,
        Self::Meta,
        Self::Library,
        Self::Files,
        Self::FileNames,
        Self::Finding,
        Self::Closing,
        Self::Statistics,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Journal => "journal",
            Self::Dialogs => "dialogs",
            Self::Clients => "clients",
            Self::ExternalIds => "external_ids",
            Self::Operators => "operators",
            Self::Channels => "channels",
            Self::Requests => "requests",
            Self::Keys => "keys",
            Self::Meta => "meta",
            Self::Library => "library",
            Self::Files => "files",
            Self::FileNames => "file_names",
            Self::Finding => "finding",
            Self::Closing => "closing",
            Self::Statistics => "statistics",
        }
    }
}

/// How safe a write is when it returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Safety {
    /// In memory until the next flush, which takes all tables at one point of time.
    Memory,
    /// Handed to the operating system.
    Logged,
    /// Synced to the disk.
    Synced,
}

impl Safety {
    fn options(self) -> WriteOptions {
        let mut options = WriteOptions::default();
        match self {
            Self::Memory => options.disable_wal(true),
            Self::Logged => {}
            Self::Synced => options.set_sync(true),
        }
        options
    }
}

/// An open data directory.
///
/// After a failed write nothing is written any more, whoever asks: what the failed write left
/// behind is unknown until the directory is opened again. Who visits entries of a scan may read,
/// but must not run beside `close`.
pub(super) struct Disk {
    db: RwLock<Option<DB>>,
    failure: OnceLock<Error>,
    path: PathBuf,
    cache: Cache,
    #[cfg(test)]
    pub faults: super::testing::Faults,
}

/// Changes that are written together or not at all.
pub(super) struct Changes<'a> {
    tables: [&'a ColumnFamily; Table::ALL.len()],
    batch: WriteBatch,
}

impl Changes<'_> {
    pub fn put(&mut self, table: Table, key: &[u8], value: &[u8]) {
        self.batch.put_cf(&self.tables[table as usize], key, value);
    }

    /// Keeps the larger of `value` and what is stored.
    pub fn raise(&mut self, table: Table, key: &[u8], value: [u8; 8]) {
        self.batch.merge_cf(&self.tables[table as usize], key, value);
    }

    /// Adds the places of a stored set to what is stored.
    pub fn unite(&mut self, table: Table, key: &[u8], set: &[u8]) {
        self.batch.merge_cf(&self.tables[table as usize], key, set);
    }

    pub fn delete(&mut self, table: Table, key: &[u8]) {
        self.batch.delete_cf(&self.tables[table as usize], key);
    }
}

/// A key and its value.
pub(super) type Entry = (Vec<u8>, Vec<u8>);

/// What is done with an entry of a scan.
pub(super) type Visit<'a> = dyn FnMut(&[u8], &[u8]) -> Result<ControlFlow<()>, Error> + 'a;

impl Disk {
    /// Opens the directory for writing; makes it if it does not exist. Something else than our data is
    /// refused and left alone.
    pub fn open(path: &Path) -> Result<Self, Error> {
        foreign::check(path)?;
        let unusable = |error: std::io::Error| errors::unusable(path, &error.to_string());
        std::fs::create_dir_all(path).map_err(unusable)?;
        errors::check_logs(path)?;
        let cache = options::cache();
        let tables = options::tables(path, &cache);
        let db = DB::open_cf_descriptors(&options::database(), path, tables);
        db.map(|db| Self::new(db, path, cache)).map_err(|error| errors::opening(path, &error))
    }

    /// Opens the directory without changing anything in it, even if an engine is running on it.
    pub fn open_read_only(path: &Path) -> Result<Self, Error> {
        Self::read_only(path, &options::database())
    }

    /// The same, though something is wrong with it as a whole if that can be done: what is wrong is told.
    pub fn open_damaged(path: &Path) -> Result<(Self, Option<Error>), Error> {
        match Self::open_read_only(path) {
            Ok(disk) => Ok((disk, None)),
            Err(error @ Error::Foreign { .. }) => Err(error),
            Err(error) => match Self::read_only(path, &options::damaged_database()) {
                Ok(disk) => Ok((disk, Some(error))),
                Err(_) => Err(error),
            },
        }
    }

    fn read_only(path: &Path, options: &Options) -> Result<Self, Error> {
        foreign::check(path)?;
        if !path.join("CURRENT").is_file() {
            return Err(errors::unusable(path, "there is no data in it"));
        }
        errors::check_logs(path)?;
        let cache = options::cache();
        let tables = options::stored_tables(path, &cache);
        let open = |tables| DB::open_cf_descriptors_read_only(options, path, tables, false);
        let db = tables.and_then(open);
        db.map(|db| Self::new(db, path, cache)).map_err(|error| errors::opening(path, &error))
    }

    fn new(db: DB, path: &Path, cache: Cache) -> Self {
        Self {
            db: RwLock::new(Some(db)),
            failure: OnceLock::new(),
            path: path.to_owned(),
            cache,
            #[cfg(test)]
            faults: super::testing::Faults::default(),
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Why nothing is written any more.
    pub fn failure(&self) -> Option<&Error> {
        self.failure.get()
    }

    /// Closes the directory, so that it can be opened again while readers are still about.
    pub fn close(&self) {
        let db = self.db.write().unwrap_or_else(|poisoned| poisoned.into_inner()).take();
        drop(db);
    }

    /// The value under `key`.
    pub fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        let opened = self.opened();
        let db = opened.as_ref().ok_or(Error::Closed)?;
        let mut options = ReadOptions::default();
        // A few contents of files would fill the cache.
        options.fill_cache(table != Table::Files);
        let Some(handle) = stored(db, table) else { return Ok(None) };
        db.get_cf_opt(handle, key, &options).map_err(|error| self.reading(table, &error))
    }

    /// Shows all entries from `from` to before `to`, in the order of their keys, until told to stop.
    pub fn scan(
        &self,
        table: Table,
        from: &[u8],
        to: Option<&[u8]>,
        visit: &mut Visit<'_>,
    ) -> Result<(), Error> {
        let opened = self.opened();
        let db = opened.as_ref().ok_or(Error::Closed)?;
        let mut options = ReadOptions::default();
        options.fill_cache(false);
        options.set_readahead_size(2 * 1024 * 1024);
        if let Some(to) = to {
            options.set_iterate_upper_bound(to);
        }
        let Some(handle) = stored(db, table) else { return Ok(()) };
        self.walk(table, db.raw_iterator_cf_opt(handle, options), from, visit)
    }

    /// The same for a few entries that are looked at often: they stay in the cache, and no more is
    /// read ahead than is near.
    pub fn scan_near(
        &self,
        table: Table,
        from: &[u8],
        to: &[u8],
        visit: &mut Visit<'_>,
    ) -> Result<(), Error> {
        let opened = self.opened();
        let db = opened.as_ref().ok_or(Error::Closed)?;
        let mut options = ReadOptions::default();
        options.set_iterate_upper_bound(to);
        let Some(handle) = stored(db, table) else { return Ok(()) };
        self.walk(table, db.raw_iterator_cf_opt(handle, options), from, visit)
    }

    fn walk(
        &self,
        table: Table,
        mut entries: DBRawIterator<'_>,
        from: &[u8],
        visit: &mut Visit<'_>,
    ) -> Result<(), Error> {
        entries.seek(from);
        while let Some((key, value)) = entries.item() {
            if visit(key, value)?.is_break() {
                return Ok(());
            }
            entries.next();
        }
        entries.status().map_err(|error| self.reading(table, &error))
    }

    /// The last entry whose key is not greater than `key`.
    pub fn last_up_to(&self, table: Table, key: &[u8]) -> Result<Option<Entry>, Error> {
        let opened = self.opened();
        let db = opened.as_ref().ok_or(Error::Closed)?;
        let Some(handle) = stored(db, table) else { return Ok(None) };
        let mut entries = db.raw_iterator_cf(handle);
        entries.seek_for_prev(key);
        if let Some((key, value)) = entries.item() {
            return Ok(Some((key.to_vec(), value.to_vec())));
        }
        entries.status().map(|()| None).map_err(|error| self.reading(table, &error))
    }

    /// The first entry from `from` to before `to`.
    pub fn first_from(&self, table: Table, from: &[u8], to: &[u8]) -> Result<Option<Entry>, Error> {
        let opened = self.opened();
        let db = opened.as_ref().ok_or(Error::Closed)?;
        let mut options = ReadOptions::default();
        options.set_iterate_upper_bound(to);
        let Some(handle) = stored(db, table) else { return Ok(None) };
        let mut entries = db.raw_iterator_cf_opt(handle, options);
        entries.seek(from);
        if let Some((key, value)) = entries.item() {
            return Ok(Some((key.to_vec(), value.to_vec())));
        }
        entries.status().map(|()| None).map_err(|error| self.reading(table, &error))
    }

    /// Writes what `fill` asks for, all or nothing.
    pub fn write(&self, safety: Safety, fill: impl FnOnce(&mut Changes<'_>)) -> Result<(), Error> {
        let opened = self.opened();
        let db = opened.as_ref().ok_or(Error::Closed)?;
        let tables = handles(db)?;
        let mut changes = Changes { tables, batch: WriteBatch::default() };
        fill(&mut changes);
        let Changes { batch, .. } = changes;
        self.guarded(|| db.write_opt(batch, &safety.options()))
    }

    /// Writes one large value.
    pub fn put(&self, table: Table, key: &[u8], value: &[u8], safety: Safety) -> Result<(), Error> {
        let opened = self.opened();
        let db = opened.as_ref().ok_or(Error::Closed)?;
        let table = handle(db, table)?;
        self.guarded(|| db.put_cf_opt(table, key, value, &safety.options()))
    }

    /// Makes all that was written safe, in all tables as of one point of time.
    pub fn flush(&self) -> Result<(), Error> {
        let opened = self.opened();
        let db = opened.as_ref().ok_or(Error::Closed)?;
        let tables = handles(db)?;
        self.guarded(|| {
            let tables: Vec<_> = tables.iter().collect();
            db.flush_cfs_opt(&tables, &FlushOptions::default())
        })
    }

    /// Removes the files whose keys are all up to `to`. Entries in other files stay.
    pub fn drop_files_up_to(&self, table: Table, to: &[u8]) -> Result<(), Error> {
        let opened = self.opened();
        let db = opened.as_ref().ok_or(Error::Closed)?;
        let table = handle(db, table)?;
        self.guarded(|| db.delete_file_in_range_cf(table, &[][..], to))
    }

    /// Copies what a kill at this moment would leave behind.
    #[cfg(test)]
    pub fn copy_as_if_killed(&self, to: &Path) {
        let opened = self.opened();
        let db = opened.as_ref().unwrap();
        db.disable_file_deletions().unwrap();
        let manifest = |name: &str| name == "CURRENT" || name.starts_with("MANIFEST");
        // What the manifest names must not be newer than the manifest.
        for early in [true, false] {
            for entry in std::fs::read_dir(&self.path).unwrap() {
                let (name, from) = entry.map(|entry| (entry.file_name(), entry.path())).unwrap();
                if manifest(&name.to_string_lossy()) == early && name != "LOCK" {
                    std::fs::copy(from, to.join(name)).unwrap();
                }
            }
        }
        db.enable_file_deletions().unwrap();
    }

    /// About how many entries a table has, without looking.
    pub fn entries_about(&self, table: Table) -> u64 {
        self.property(table, "rocksdb.estimate-num-keys")
    }

    /// Bytes that a table takes on the disk and in memory that is still to be written.
    pub fn bytes(&self, table: Table) -> u64 {
        self.property(table, "rocksdb.live-sst-files-size")
            + self.property(table, "rocksdb.size-all-mem-tables")
    }

    fn property(&self, table: Table, name: &str) -> u64 {
        let opened = self.opened();
        let Some(db) = opened.as_ref() else { return 0 };
        let Some(table) = stored(db, table) else { return 0 };
        db.property_int_value_cf(table, name).ok().flatten().unwrap_or(0)
    }

    fn guarded(&self, write: impl FnOnce() -> Result<(), rocksdb::Error>) -> Result<(), Error> {
        if let Some(failure) = self.failure() {
            return Err(failure.clone());
        }
        #[cfg(test)]
        self.faults.strike().map_err(|reason| self.failed(reason))?;
        write().map_err(|error| self.failed(error.into_string()))
    }

    fn failed(&self, reason: String) -> Error {
        self.failure.get_or_init(|| Error::StorageFailed { reason }).clone()
    }

    fn reading(&self, table: Table, error: &rocksdb::Error) -> Error {
        errors::reading(&self.path, table, error)
    }

    fn opened(&self) -> RwLockReadGuard<'_, Option<DB>> {
        self.db.read().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// A table that can be read. Where the making of a directory was interrupted, some are not there, and
/// there is nothing in them.
fn stored(db: &DB, table: Table) -> Option<&ColumnFamily> {
    db.cf_handle(table.name())
}

fn handle(db: &DB, table: Table) -> Result<&ColumnFamily, Error> {
    stored(db, table).ok_or(Error::Closed)
}

fn handles(db: &DB) -> Result<[&ColumnFamily; Table::ALL.len()], Error> {
    let mut handles = [handle(db, Table::Journal)?; Table::ALL.len()];
    for table in Table::ALL {
        handles[table as usize] = handle(db, table)?;
    }
    Ok(handles)
}
