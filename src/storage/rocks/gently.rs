//! Flushes that keep commands waiting as little as can be.
//!
//! They begin between two writes of images: when tables in memory are changed for empty ones, all writes wait for
//! those under way. So whoever writes images begins each flush a little before RocksDB would begin it by itself.
//!
//! And they let go of old logs in small steps. A file system frees a large file at once, and whoever syncs another
//! one meanwhile waits for that: half a millisecond for each MiB where it tells the disk as well. A copy of the
//! directory may still need such a log, or be made of the same file: then it is left to RocksDB as it is.

use std::fs::{File, Metadata};
use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard};
use std::thread;
use std::time::Duration;

use rocksdb::{ColumnFamily, DB, Error, ErrorKind, FlushOptions};

use super::{Table, log, options, property};

/// What a log loses at once.
const STEP_BYTES: u64 = 2 * 1024 * 1024;

/// How long others have the disk for themselves between two steps.
const PAUSE: Duration = Duration::from_millis(2);

/// The flushes of one directory, one at a time.
#[derive(Debug, Default)]
pub(super) struct Flushes {
    /// Whether one is under way. As long as it is, no file is removed.
    under_way: Mutex<bool>,
    /// Held by whoever copies the directory, and by whoever makes logs short.
    copied: RwLock<()>,
}

impl Flushes {
    /// Flushes all tables, and waits until that is done.
    pub fn flush(&self, db: &DB, directory: &Path, tables: &[&ColumnFamily]) -> Result<(), Error> {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        begin(db, &mut under_way)?;
        let flushed = db.flush_cfs_opt(tables, &FlushOptions::default());
        self.end(db, directory, &mut under_way)?;
        flushed
    }

    /// Whether there is something to do for `go_on`. If nothing is under way that is only looked up where much
    /// was written since the last look.
    pub fn is_due(&self, db: &DB, much: bool) -> bool {
        // Somebody who flushes now does it all.
        self.under_way.try_lock().is_ok_and(|under_way| is_due(db, *under_way, much))
    }

    /// Begins a flush, or ends the one that has been done meanwhile.
    pub fn go_on(&self, db: &DB, directory: &Path, tables: &[&ColumnFamily]) -> Result<(), Error> {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        match *under_way {
            // Somebody else has done it meanwhile.
            was if !is_due(db, was, true) => Ok(()),
            true => self.end(db, directory, &mut under_way),
            false => {
                begin(db, &mut under_way)?;
                let mut options = FlushOptions::default();
                options.set_wait(false);
                match db.flush_cfs_opt(tables, &options) {
                    // Writes stand still until others have been flushed or compacted.
                    Err(error) if error.kind() == ErrorKind::TryAgain => allow_removal(db, &mut under_way),
                    begun => begun,
                }
            }
        }
    }

    /// Whoever copies the directory holds this until it is done.
    pub fn copying(&self) -> RwLockReadGuard<'_, ()> {
        self.copied.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the logs short that are no longer needed, before RocksDB removes them.
    fn end(&self, db: &DB, directory: &Path, under_way: &mut bool) -> Result<(), Error> {
        if let Ok(_uncopied) = self.copied.try_write() {
            shorten_logs(db, directory);
        }
        allow_removal(db, under_way)
    }
}

fn is_due(db: &DB, under_way: bool, much: bool) -> bool {
    if under_way { !is_being_flushed(db) } else { much && is_full(db) }
}

fn begin(db: &DB, under_way: &mut bool) -> Result<(), Error> {
    if !*under_way {
        db.disable_file_deletions()?;
        *under_way = true;
    }
    Ok(())
}

fn allow_removal(db: &DB, under_way: &mut bool) -> Result<(), Error> {
    *under_way = false;
    db.enable_file_deletions()
}

fn is_full(db: &DB) -> bool {
    let bytes = |table: &Table| property(db, *table, "rocksdb.cur-size-active-mem-table");
    Table::ALL.iter().any(|table| bytes(table) >= options::flushed_at(*table) as u64)
}

fn is_being_flushed(db: &DB) -> bool {
    Table::ALL.iter().any(|table| property(db, *table, "rocksdb.num-immutable-mem-table") > 0)
}

/// No engine reads these logs any more, so it does not matter if one cannot be made shorter.
fn shorten_logs(db: &DB, directory: &Path) {
    let needed = db.property_int_value("rocksdb.min-log-number-to-keep").ok().flatten().unwrap_or(0);
    for path in log::logs(directory).unwrap_or_default() {
        let number = path.file_stem().and_then(|stem| stem.to_str()?.parse::<u64>().ok());
        if number.is_some_and(|number| number < needed) {
            let _ = shorten(&path);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "nothing is waited for: others have their turn")]
fn shorten(path: &Path) -> io::Result<()> {
    let file = File::options().write(true).open(path)?;
    let metadata = file.metadata()?;
    let mut bytes = if is_shared(&metadata) { 0 } else { metadata.len() };
    while bytes > STEP_BYTES {
        bytes -= STEP_BYTES;
        file.set_len(bytes)?;
        thread::sleep(PAUSE);
    }
    Ok(())
}

/// Whether the file has another name, in a copy of the directory.
#[cfg(unix)]
fn is_shared(metadata: &Metadata) -> bool {
    std::os::unix::fs::MetadataExt::nlink(metadata) > 1
}

/// Nobody knows: it is left as it is.
#[cfg(not(unix))]
fn is_shared(_: &Metadata) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::rocks::{Disk, Safety};
    use crate::storage::testing::scratch;

    #[test]
    fn a_log_is_made_as_short_as_a_step() {
        let directory = scratch();
        for (steps, left) in [(0, 0), (1, STEP_BYTES), (3, STEP_BYTES)] {
            let log = directory.path().join("000001.log");
            File::create(&log).unwrap().set_len(steps * STEP_BYTES).unwrap();
            shorten(&log).unwrap();
            assert_eq!(log.metadata().unwrap().len(), left);
        }
    }

    #[test]
    fn a_log_that_a_copy_has_too_stays_as_it_is() {
        let directory = scratch();
        let [log, copied] = ["000001.log", "copied"].map(|name| directory.path().join(name));
        File::create(&log).unwrap().set_len(3 * STEP_BYTES).unwrap();
        std::fs::hard_link(&log, &copied).unwrap();
        shorten(&log).unwrap();
        assert_eq!(copied.metadata().unwrap().len(), 3 * STEP_BYTES);
    }

    #[test]
    fn a_log_that_is_needed_stays_whole() {
        let directory = scratch();
        let open = || DB::open_cf(&options::database(), directory.path(), ["default"]).unwrap();
        let db = open();
        db.put(b"key", vec![7; 3 * STEP_BYTES as usize]).unwrap();
        let old = log::logs(directory.path()).unwrap().pop().unwrap();
        let bytes = old.metadata().unwrap().len();
        shorten_logs(&db, directory.path());
        assert_eq!(old.metadata().unwrap().len(), bytes);
        let tables = [db.cf_handle("default").unwrap()];
        Flushes::default().flush(&db, directory.path(), &tables).unwrap();
        assert!(!old.exists());
        db.put(b"other", b"value").unwrap();
        drop(db);
        let db = open();
        assert_eq!(db.get(b"key").unwrap().map(|value| value.len()), Some(3 * STEP_BYTES as usize));
        assert!(db.get(b"other").unwrap().is_some());
    }
    #[test]
    fn no_log_is_made_short_while_the_directory_is_copied() {
        for is_copied in [false, true] {
            let directory = scratch();
            let disk = Disk::open(directory.path()).unwrap();
            disk.put(Table::Journal, b"key", &vec![7; 3 * STEP_BYTES as usize], Safety::Logged).unwrap();
            // Its content stays as long as it is open here.
            let log = File::open(log::logs(directory.path()).unwrap().pop().unwrap()).unwrap();
            let copying = is_copied.then(|| disk.flushes.copying());
            disk.flush().unwrap();
            assert_eq!(log.metadata().unwrap().len() > STEP_BYTES, is_copied);
            drop(copying);
        }
    }

    #[test]
    fn a_table_that_is_almost_full_is_flushed_in_time_and_its_log_goes() {
        let directory = scratch();
        let disk = Disk::open(directory.path()).unwrap();
        let logs = || log::logs(directory.path()).unwrap();
        let old = logs();
        let mib = vec![7; 1024 * 1024];
        let flushed_at = options::flushed_at(Table::Journal) / mib.len();
        for number in 0..=flushed_at as u8 {
            assert_eq!(logs(), old, "after {number} MiB");
            disk.put(Table::Journal, &[number], &mib, Safety::Logged).unwrap();
            if usize::from(number) < flushed_at / 2 {
                disk.flush_in_time(true).unwrap();
            }
        }
        assert_eq!(logs(), old, "RocksDB flushes later by itself");
        disk.flush_in_time(false).unwrap();
        assert_eq!(logs(), old, "nobody has looked");
        disk.flush_in_time(true).unwrap();
        assert_ne!(logs(), old, "what is written now goes to a new log");
        while logs().iter().any(|log| old.contains(log)) {
            disk.flush_in_time(false).unwrap();
            thread::yield_now();
        }
        assert_eq!(disk.get(Table::Journal, &[0]).unwrap(), Some(mib));
    }
}
