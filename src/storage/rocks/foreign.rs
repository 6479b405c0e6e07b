//! Telling a data directory from something else before anything is written into it: RocksDB makes a
//! database wherever it is asked to, and removes files that it believes to be left over.

use std::path::Path;

use rocksdb::{DB, IteratorMode, Options};

use super::{Table, errors, mark};
use crate::error::Error;

/// What RocksDB itself had made before it was stopped while it made a new database.
const FIRST_MANIFEST: &str = "MANIFEST-000001";

/// Refuses a directory that holds something, and not our data.
pub(super) fn check(path: &Path) -> Result<(), Error> {
    if path.join("CURRENT").is_file() { check_database(path) } else { check_new(path) }
}

/// Without `CURRENT` there may be what a start that was cut short has left, and nothing else.
fn check_new(path: &Path) -> Result<(), Error> {
    let unusable = |error: std::io::Error| errors::unusable(path, &error.to_string());
    if !path.exists() {
        return Ok(());
    }
    let mut names = Vec::new();
    for entry in path.read_dir().map_err(unusable)? {
        names.push(entry.map_err(unusable)?.file_name().to_string_lossy().into_owned());
    }
    names.sort_unstable();
    // Of tables it can be told whose they were; that nothing leads to them any more is damage.
    if let Some(left) = names.iter().find(|name| holds_data(name)) {
        let place = path.join("CURRENT").display().to_string();
        return Err(Error::Damaged { place, reason: format!("it is missing, and there is {left}") });
    }
    match names.into_iter().find(|name| !is_of_a_start(name)) {
        Some(found) => Err(Error::Foreign { path: path.display().to_string(), found }),
        None => Ok(()),
    }
}

fn holds_data(name: &str) -> bool {
    let numbered = |(stem, kind): (&str, &str)| {
        matches!(kind, "sst" | "log") && stem.len() >= 6 && stem.bytes().all(|byte| byte.is_ascii_digit())
    };
    name == mark::NAME
        || name.split_once('.').is_some_and(numbered)
        || (name.starts_with("MANIFEST-") && name != FIRST_MANIFEST)
}

fn is_of_a_start(name: &str) -> bool {
    // A volume of its own has one of these at its root.
    let own = ["LOCK", "LOG", "IDENTITY", FIRST_MANIFEST, "lost+found"];
    own.contains(&name) || name.starts_with("LOG.old.") || name.ends_with(".dbtmp")
}

/// A database has one of our tables, or nothing in it: it is made table by table.
fn check_database(path: &Path) -> Result<(), Error> {
    // Whatever is wrong with it is said when it is opened.
    let Ok(stored) = DB::list_cf(&Options::default(), path) else { return Ok(()) };
    if Table::ALL.iter().any(|table| stored.iter().any(|name| name == table.name())) {
        return Ok(());
    }
    let named = stored.iter().find(|name| *name != "default");
    let found = match named {
        Some(name) => Some(format!("a database with {name}")),
        None => holds_entries(path).then(|| "a database of somebody else".to_owned()),
    };
    match found {
        Some(found) => Err(Error::Foreign { path: path.display().to_string(), found }),
        None => Ok(()),
    }
}

fn holds_entries(path: &Path) -> bool {
    if errors::check_damaged_logs(path).is_err() {
        return true;
    }
    let opened = DB::open_for_read_only(&Options::default(), path, false);
    opened.is_ok_and(|db| db.iterator(IteratorMode::Start).next().is_some())
}
