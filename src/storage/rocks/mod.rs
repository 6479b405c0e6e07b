//! The disk in our words: tables of keys and values in one RocksDB. Only this folder names
//! rocksdb; what the values mean is known elsewhere.
//!
//! Tests can put a simulated disk beneath, in the place of RocksDB: see `simulated.rs`. There is no
//! such place in a build that is no test, so the way to RocksDB has not even a branch more.

mod absent;
mod changes;
mod copy;
mod errors;
mod flush;
mod foreign;
mod found;
mod gently;
mod hold;
mod log;
mod mark;
mod options;
mod purge;
#[cfg(test)]
mod simulated;
mod table;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError, RwLock, RwLockReadGuard};

use absent::Absent;
pub(super) use changes::Changes;
use changes::UsualBytes;
use found::Found;
pub(super) use purge::StoredKeys;
use rocksdb::{Cache, ColumnFamily, DB, Options, ReadOptions, WriteOptions};
#[cfg(test)]
pub(crate) use simulated::{Crash, Fault, Lie, SimulatedDisk};
pub(super) use table::Table;

use crate::error::Error;

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
        // Keys that come in order are looked for beside the one before, not from the top of the list in memory.
        options.set_memtable_insert_hint_per_batch(true);
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
    backing: RwLock<Option<Backing>>,
    failure: OnceLock<Error>,
    path: PathBuf,
    /// Keeps other processes away while it is open for writing.
    held: Mutex<Option<hold::Held>>,
    found: Found,
    lookups: Lookups,
    usual: UsualBytes,
    absent: Absent,
    flushes: gently::Flushes,
    cache: Cache,
    #[cfg(test)]
    pub faults: super::testing::Faults,
}

/// What is beneath an open directory. Outside tests this is RocksDB and nothing else.
enum Backing {
    Rocks(DB),
    #[cfg(test)]
    Simulated(SimulatedDisk),
}

/// How one value is read; made once, because to make them takes a good part of a look-up.
struct Lookups {
    keeping: ReadOptions,
    /// A few contents of files would fill the cache.
    passing: ReadOptions,
}

impl Default for Lookups {
    fn default() -> Self {
        let mut passing = ReadOptions::default();
        passing.fill_cache(false);
        Self { keeping: ReadOptions::default(), passing }
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
        let unusable = |error: std::io::Error| errors::unusable(path, &error.to_string());
        std::fs::create_dir_all(path).map_err(unusable)?;
        let held = hold::hold(path)?;
        errors::check_manifest(path)?;
        foreign::check(path)?;
        errors::check_logs(path)?;
        let found = Found::look(path);
        found.check_manifest(path)?;
        let cache = options::cache();
        let tables = options::tables(path, &cache, !found.is_large());
        let db = DB::open_cf_descriptors(&options::database(), path, tables);
        let db = db.map_err(|error| errors::opening(path, &error))?;
        Ok(Self { held: Mutex::new(held), ..Self::new(Backing::Rocks(db), path, cache, found) })
    }

    /// Opens the directory without changing anything in it, even if an engine is running on it.
    pub fn open_read_only(path: &Path) -> Result<Self, Error> {
        Self::read_only(path, &options::database(), |found| {
            errors::check_logs(path)?;
            found.check_manifest(path)
        })
    }

    /// The same, though something is wrong with it as a whole if that can be done: what is wrong is told.
    pub fn open_damaged(path: &Path) -> Result<(Self, Option<Error>), Error> {
        match Self::open_read_only(path) {
            Ok(disk) => Ok((disk, None)),
            Err(error @ Error::Foreign { .. }) => Err(error),
            Err(error) => {
                let check = |_: &Found| errors::check_damaged_logs(path);
                match Self::read_only(path, &options::damaged_database(), check) {
                    Ok(disk) => Ok((disk, Some(error))),
                    Err(_) => Err(error),
                }
            }
        }
    }

    fn read_only(
        path: &Path,
        options: &Options,
        check: impl FnOnce(&Found) -> Result<(), Error>,
    ) -> Result<Self, Error> {
        errors::check_manifest(path)?;
        foreign::check(path)?;
        if !path.join("CURRENT").is_file() {
            return Err(errors::unusable(path, "there is no data in it"));
        }
        let found = Found::look(path);
        check(&found)?;
        let cache = options::cache();
        let tables = options::stored_tables(path, &cache);
        let open = |tables| DB::open_cf_descriptors_read_only(options, path, tables, false);
        let db = tables.and_then(open).map_err(|error| errors::opening(path, &error))?;
        Ok(Self::new(Backing::Rocks(db), path, cache, found))
    }

    /// What a process sees that starts on this simulated disk now.
    #[cfg(test)]
    pub fn simulated(disk: &SimulatedDisk) -> Self {
        let found = Found::simulated(disk.mark());
        Self::new(Backing::Simulated(disk.clone()), Path::new("simulated"), options::cache(), found)
    }

    fn new(backing: Backing, path: &Path, cache: Cache, found: Found) -> Self {
        Self {
            backing: RwLock::new(Some(backing)),
            failure: OnceLock::new(),
            path: path.to_owned(),
            held: Mutex::default(),
            found,
            lookups: Lookups::default(),
            usual: UsualBytes::default(),
            absent: Absent::default(),
            flushes: gently::Flushes::default(),
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
        let backing = self.backing.write().unwrap_or_else(PoisonError::into_inner).take();
        drop(backing);
        self.held.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Which keys surely have no value.
    pub fn absent(&self) -> &Absent {
        &self.absent
    }

    /// The value under `key`.
    pub fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        if Absent::tells_of(table) && self.absent.is_absent(key) {
            return Ok(None);
        }
        let opened = self.opened();
        match opened.as_ref().ok_or(Error::Closed)? {
            Backing::Rocks(db) => {
                let Some(handle) = stored(db, table) else { return Ok(None) };
                let options =
                    if table == Table::Files { &self.lookups.passing } else { &self.lookups.keeping };
                db.get_cf_opt(handle, key, options).map_err(|error| self.reading(table, &error))
            }
            #[cfg(test)]
            Backing::Simulated(disk) => Ok(disk.get(table, key)),
        }
    }

    /// Shows all entries from `from` to before `to`, in the order of their keys, until told to stop.
    pub fn scan(
        &self,
        table: Table,
        from: &[u8],
        to: Option<&[u8]>,
        visit: &mut Visit<'_>,
    ) -> Result<(), Error> {
        let mut options = ReadOptions::default();
        options.fill_cache(false);
        options.set_readahead_size(2 * 1024 * 1024);
        self.walk(table, options, from, to, visit)
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
        self.walk(table, ReadOptions::default(), from, Some(to), visit)
    }

    fn walk(
        &self,
        table: Table,
        mut options: ReadOptions,
        from: &[u8],
        to: Option<&[u8]>,
        visit: &mut Visit<'_>,
    ) -> Result<(), Error> {
        let opened = self.opened();
        let mut entries = match opened.as_ref().ok_or(Error::Closed)? {
            Backing::Rocks(db) => {
                if let Some(to) = to {
                    options.set_iterate_upper_bound(to);
                }
                let Some(handle) = stored(db, table) else { return Ok(()) };
                db.raw_iterator_cf_opt(handle, options)
            }
            #[cfg(test)]
            Backing::Simulated(disk) => return disk.scan(table, from, to, visit),
        };
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
        let mut entries = match opened.as_ref().ok_or(Error::Closed)? {
            Backing::Rocks(db) => {
                let Some(handle) = stored(db, table) else { return Ok(None) };
                db.raw_iterator_cf(handle)
            }
            #[cfg(test)]
            Backing::Simulated(disk) => return Ok(disk.last_up_to(table, key)),
        };
        entries.seek_for_prev(key);
        if let Some((key, value)) = entries.item() {
            return Ok(Some((key.to_vec(), value.to_vec())));
        }
        entries.status().map(|()| None).map_err(|error| self.reading(table, &error))
    }

    /// The first entry from `from` to before `to`.
    pub fn first_from(&self, table: Table, from: &[u8], to: &[u8]) -> Result<Option<Entry>, Error> {
        let mut first = None;
        self.scan_near(table, from, to, &mut |key, value| {
            first = Some((key.to_vec(), value.to_vec()));
            Ok(ControlFlow::Break(()))
        })?;
        Ok(first)
    }

    /// Writes what `fill` asks for, all or nothing.
    pub fn write(&self, safety: Safety, fill: impl FnOnce(&mut Changes<'_>)) -> Result<(), Error> {
        let opened = self.opened();
        let mut changes = Changes::on(opened.as_ref().ok_or(Error::Closed)?, &self.usual, &self.absent)?;
        fill(&mut changes);
        self.usual.set(changes.bytes());
        self.guarded(|| changes.write(safety))
    }

    /// Writes one large value.
    pub fn put(&self, table: Table, key: &[u8], value: &[u8], safety: Safety) -> Result<(), Error> {
        let opened = self.opened();
        self.absent.hear_of(table, key);
        match opened.as_ref().ok_or(Error::Closed)? {
            Backing::Rocks(db) => {
                let table = handle(db, table)?;
                self.guarded(|| db.put_cf_opt(table, key, value, &safety.options()))
            }
            #[cfg(test)]
            Backing::Simulated(disk) => {
                self.guarded(|| disk.write(vec![simulated::Edit::put(table, key, value)], safety))
            }
        }
    }

    /// Lets the large tables be compacted from now on, if there was so much in them that they were not.
    pub fn begin_compacting(&self) -> Result<(), Error> {
        if !self.found.is_large() {
            return Ok(());
        }
        let opened = self.opened();
        match opened.as_ref().ok_or(Error::Closed)? {
            Backing::Rocks(db) => options::LARGE.into_iter().try_for_each(|table| {
                let table = handle(db, table)?;
                let set = db.set_options_cf(table, &options::COMPACTED);
                set.map_err(|error| self.failed(error.into()))
            }),
            #[cfg(test)]
            Backing::Simulated(_) => Ok(()),
        }
    }

    /// A table that was not there when the directory was opened.
    pub fn missing_table(&self) -> Option<Table> {
        self.found.missing()
    }

    /// Removes the files whose keys are all up to `to`. Entries in other files stay.
    pub fn drop_files_up_to(&self, table: Table, to: &[u8]) -> Result<(), Error> {
        let opened = self.opened();
        match opened.as_ref().ok_or(Error::Closed)? {
            Backing::Rocks(db) => {
                let table = handle(db, table)?;
                self.guarded(|| db.delete_file_in_range_cf(table, &[][..], to))
            }
            #[cfg(test)]
            Backing::Simulated(disk) => self.guarded(|| disk.drop_files_up_to(table, to)),
        }
    }

    /// Copies what a kill at this moment would leave behind.
    #[cfg(test)]
    pub fn copy_as_if_killed(&self, to: &Path) {
        let opened = self.opened();
        let Some(Backing::Rocks(db)) = opened.as_ref() else { panic!("no RocksDB is open") };
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
        match opened.as_ref() {
            Some(Backing::Rocks(db)) => property(db, table, name),
            // Only about as much is promised, and nothing hangs on it.
            #[cfg(test)]
            Some(Backing::Simulated(_)) => 0,
            None => 0,
        }
    }

    fn guarded<E: Into<String>>(&self, write: impl FnOnce() -> Result<(), E>) -> Result<(), Error> {
        if let Some(failure) = self.failure() {
            return Err(failure.clone());
        }
        #[cfg(test)]
        self.faults.strike().map_err(|reason| self.failed(reason))?;
        write().map_err(|error| self.failed(error.into()))
    }

    fn failed(&self, reason: String) -> Error {
        self.failure.get_or_init(|| Error::StorageFailed { reason }).clone()
    }

    fn reading(&self, table: Table, error: &rocksdb::Error) -> Error {
        errors::reading(&self.path, table, error)
    }

    fn opened(&self) -> RwLockReadGuard<'_, Option<Backing>> {
        self.backing.read().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// A table that can be read. Where the making of a directory was interrupted, some are not there, and
/// there is nothing in them.
fn stored(db: &DB, table: Table) -> Option<&ColumnFamily> {
    db.cf_handle(table.name())
}

/// What RocksDB says of a table under this name; 0 if it says nothing.
fn property(db: &DB, table: Table, name: &str) -> u64 {
    let table = stored(db, table);
    table.and_then(|table| db.property_int_value_cf(table, name).ok().flatten()).unwrap_or(0)
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
