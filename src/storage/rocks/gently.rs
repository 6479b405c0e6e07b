//! Letting go of old logs in small steps. A file system frees a large file at once, and whoever syncs another one
//! meanwhile waits for that: half a millisecond for each MiB where it tells the disk as well.

use std::fs::File;
use std::io;
use std::path::Path;
use std::thread;
use std::time::Duration;

use rocksdb::{DB, Error};

use super::log;

/// What a log loses at once.
const STEP_BYTES: u64 = 2 * 1024 * 1024;

/// How long others have the disk for themselves between two steps.
const PAUSE: Duration = Duration::from_millis(2);

/// Flushes, and makes the logs short that are no longer needed then, before RocksDB removes them.
pub(super) fn flush(
    db: &DB,
    directory: &Path,
    flush: impl FnOnce() -> Result<(), Error>,
) -> Result<(), Error> {
    db.disable_file_deletions()?;
    let flushed = flush().map(|()| shorten_logs(db, directory));
    db.enable_file_deletions()?;
    flushed
}

/// Nobody reads these logs any more, so it does not matter if one cannot be made shorter.
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
    let mut bytes = file.metadata()?.len();
    while bytes > STEP_BYTES {
        bytes -= STEP_BYTES;
        file.set_len(bytes)?;
        thread::sleep(PAUSE);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
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
    fn a_log_that_is_needed_stays_whole() {
        let directory = scratch();
        let db = DB::open_default(directory.path()).unwrap();
        db.put(b"key", vec![7; 3 * STEP_BYTES as usize]).unwrap();
        let old = log::logs(directory.path()).unwrap().pop().unwrap();
        let bytes = old.metadata().unwrap().len();
        shorten_logs(&db, directory.path());
        assert_eq!(old.metadata().unwrap().len(), bytes);
        flush(&db, directory.path(), || db.flush()).unwrap();
        assert!(!old.exists());
        db.put(b"other", b"value").unwrap();
        drop(db);
        let db = DB::open_default(directory.path()).unwrap();
        assert_eq!(db.get(b"key").unwrap().map(|value| value.len()), Some(3 * STEP_BYTES as usize));
        assert!(db.get(b"other").unwrap().is_some());
    }
}
