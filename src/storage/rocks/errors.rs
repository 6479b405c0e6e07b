//! What RocksDB says, sorted by what the host must do. No other place reads its texts.

use std::io;
use std::path::Path;

use rocksdb::ErrorKind;

use super::{Table, log};
use crate::error::Error;

pub(super) fn unusable(path: &Path, reason: &str) -> Error {
    Error::Unusable { path: path.display().to_string(), reason: reason.to_owned() }
}

pub(super) fn in_use(path: &Path) -> Error {
    Error::InUse { path: path.display().to_string() }
}

/// Refuses a directory whose manifest is damaged.
pub(super) fn check_manifest(path: &Path) -> Result<(), Error> {
    refuse(path, log::damaged_manifest(path))
}

/// Refuses a directory whose logs are damaged.
pub(super) fn check_logs(path: &Path) -> Result<(), Error> {
    refuse(path, log::damaged(path))
}

/// Refuses a directory whose logs cannot be read beyond a damage.
pub(super) fn check_damaged_logs(path: &Path) -> Result<(), Error> {
    refuse(path, log::endless(path))
}

fn refuse(path: &Path, found: io::Result<Option<log::Damage>>) -> Result<(), Error> {
    match found {
        Ok(None) => Ok(()),
        Ok(Some(damage)) => Err(damage.into()),
        Err(error) => Err(unusable(path, &error.to_string())),
    }
}

impl From<log::Damage> for Error {
    fn from(log::Damage { place, reason, .. }: log::Damage) -> Self {
        Self::Damaged { place, reason: reason.to_owned() }
    }
}

/// Why a directory could not be opened.
pub(super) fn opening(path: &Path, error: &rocksdb::Error) -> Error {
    let reason: &str = error.as_ref();
    // RocksDB has no code for this: "While lock file" names another process, "lock hold by
    // current process" this one.
    let locked = reason.contains("lock hold by current process")
        || (reason.contains("While lock file") && reason.contains("temporarily unavailable"));
    match error.kind() {
        _ if locked => in_use(path),
        ErrorKind::Corruption => damaged(path.display().to_string(), error),
        _ => unusable(path, reason),
    }
}

/// Why a table could not be read.
pub(super) fn reading(path: &Path, table: Table, error: &rocksdb::Error) -> Error {
    match error.kind() {
        ErrorKind::Corruption => damaged(format!("{}, table {}", path.display(), table.name()), error),
        _ => Error::StorageFailed { reason: error.as_ref().to_owned() },
    }
}

/// Why a copy could not be made.
pub(super) fn copying(to: &Path, error: &rocksdb::Error) -> Error {
    let reason: &str = error.as_ref();
    let reason = match reason.contains("No space left on device") {
        true => format!("no space is left there ({reason}); make room, or name another place"),
        false => reason.to_owned(),
    };
    Error::Backup { path: to.display().to_string(), reason }
}

fn damaged(place: String, error: &rocksdb::Error) -> Error {
    Error::Damaged { place, reason: error.as_ref().to_owned() }
}
