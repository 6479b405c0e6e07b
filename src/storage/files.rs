//! Contents of uploaded files: each once, under its hash, for as long as a message names it.
//!
//! A content is written in the same step as the frame with the message that names it: neither can
//! be there without the other, whatever happens.

use std::collections::HashSet;
use std::ops::ControlFlow;

use super::image::file_name_key;
use super::rocks::{Changes, Disk, Table};
use crate::domain::file::{FileBytes, FileHash, Upload};
use crate::error::Error;
use crate::ids::MessageId;

/// The hashes of those contents that no message has named before.
pub(super) fn missing(disk: &Disk, files: &[(MessageId, Upload)]) -> Result<HashSet<FileHash>, Error> {
    let mut missing: HashSet<FileHash> = files.iter().map(|(_, upload)| upload.hash).collect();
    for (_, upload) in files {
        if missing.contains(&upload.hash) && is_named(disk, upload.hash)? {
            missing.remove(&upload.hash);
        }
    }
    Ok(missing)
}

/// Writes down which message names which content, and the contents that are `missing`.
pub(super) fn put(files: &[(MessageId, Upload)], missing: &HashSet<FileHash>, changes: &mut Changes<'_>) {
    let mut written = HashSet::new();
    for (message, Upload { hash, bytes }) in files {
        changes.put(Table::FileNames, &file_name_key(*hash, *message), &[]);
        if missing.contains(hash) && written.insert(*hash) {
            changes.put(Table::Files, &hash.0, bytes);
        }
    }
}

/// The content with this hash.
pub(super) fn read(disk: &Disk, hash: FileHash) -> Result<Option<FileBytes>, Error> {
    Ok(disk.get(Table::Files, &hash.0)?.map(FileBytes::from))
}

/// Whether a message names it. Cheaper than looking for the content itself.
fn is_named(disk: &Disk, hash: FileHash) -> Result<bool, Error> {
    let mut named = false;
    let (from, to) = (file_name_key(hash, MessageId(0)), file_name_key(hash, MessageId(u64::MAX)));
    disk.scan(Table::FileNames, &from, Some(&to), &mut |_, _| {
        named = true;
        Ok(ControlFlow::Break(()))
    })?;
    Ok(named)
}
