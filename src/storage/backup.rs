//! Backups: copies of a data directory, made while it is in use or closed, that are opened like the
//! directory itself. Nothing has to be restored but the place.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::meta;
use super::rocks::Disk;
use super::verify::{Verified, verify};
use crate::error::Error;

/// Copies an open data directory. Cheap to clone.
#[derive(Clone)]
pub struct Copier {
    pub(super) disk: Arc<Disk>,
}

impl std::fmt::Debug for Copier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Copier").finish_non_exhaustive()
    }
}

impl Copier {
    /// Makes the new directory `to` with everything that was written before this call. Blocks for as long
    /// as it takes; whoever writes goes on.
    ///
    /// # Errors
    /// [`Error::Backup`] if it cannot be made there, or there is no space: then the engine goes on.
    pub fn copy(&self, to: &Path) -> Result<(), Error> {
        let place = free_place(self.disk.path(), to)?;
        self.disk.copy_to(&place)
    }
}

/// Copies a closed data directory to the new directory `to`, and reads the copy again from end to end.
/// `progress` is told entries read and, about, to read.
///
/// # Errors
/// [`Error::Backup`] if it cannot be made there; [`Error::InUse`] while an engine has the directory; and
/// those of [`verify`] for the copy, which is then left where it is.
pub fn backup(
    from: impl AsRef<Path>,
    to: impl AsRef<Path>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Verified, Error> {
    let place = free_place(from.as_ref(), to.as_ref())?;
    // Looked at first: opening for writing would make what is missing.
    meta::format(&Disk::open_read_only(from.as_ref())?)?;
    let disk = Disk::open(from.as_ref())?;
    disk.copy_to(&place)?;
    disk.close();
    verify(place, progress)
}

/// The whole path of `to`, if a copy of `from` can be made there.
fn free_place(from: &Path, to: &Path) -> Result<PathBuf, Error> {
    let refused = |reason: &str| Error::Backup { path: to.display().to_string(), reason: reason.to_owned() };
    let whole =
        |path: &Path| path.canonicalize().map_err(|error| refused(&format!("{}: {error}", path.display())));
    let name = to.file_name().ok_or_else(|| refused("it names no new directory"))?;
    let parent = to.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let place = whole(parent)?.join(name);
    if place.starts_with(whole(from)?) {
        return Err(refused("it lies in the data directory itself: name a place outside of it"));
    }
    // It is made under this name first, and what stands there would be removed.
    let mut unfinished = place.clone().into_os_string();
    unfinished.push(".tmp");
    if fs::symlink_metadata(&unfinished).is_ok() {
        let what = Path::new(&unfinished).display();
        return Err(refused(&format!(
            "{what} is in the way, perhaps of a backup that was cut short: remove it"
        )));
    }
    if fs::symlink_metadata(&place).is_err() {
        return Ok(place);
    }
    let mut entries = fs::read_dir(&place).map_err(|_| refused("it exists and is not a directory"))?;
    if entries.next().is_some() {
        return Err(refused("it exists and is not empty: name a new directory"));
    }
    fs::remove_dir(&place).map_err(|error| refused(&format!("it exists and cannot be replaced: {error}")))?;
    Ok(place)
}
