//! The mark: a small file beside the tables that says up to which event they held everything once, and where the
//! manifest said so, which is RocksDB's list of the files that count.
//!
//! A manifest or a log that was cut off, or files that were taken away, may leave an older state that is whole
//! in itself: nothing else would tell. Written when a directory has been made and opened, and after each flush that
//! has made everything safe, so that what is there is never behind it; and replaced at once, so that it is never
//! half of one.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use xxhash_rust::xxh3::xxh3_64;

use super::{errors, log};
use crate::error::Error;

/// Its name.
pub(super) const NAME: &str = "MARK";

/// What was there once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mark {
    /// The last event that was on the disk.
    pub seq: u64,
    /// The manifest that led to it; none in a mark of the first kind.
    manifest: Option<Manifest>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Manifest {
    name: String,
    bytes: u64,
}

impl Mark {
    /// A mark without a manifest.
    #[cfg(test)]
    pub fn of(seq: u64) -> Self {
        Self { seq, manifest: None }
    }

    fn line(&self) -> String {
        let seq = self.seq;
        let said = self
            .manifest
            .as_ref()
            .map(|Manifest { name, bytes }| format!(", as {name} says in {bytes} bytes"));
        let said =
            format!("{seq} is the last event that is known to be on the disk{}.", said.unwrap_or_default());
        let checksum = match &self.manifest {
            Some(_) => xxh3_64(said.as_bytes()),
            None => xxh3_64(&seq.to_le_bytes()),
        };
        format!("{said} {checksum:016x}\n")
    }

    /// The mark whose line that is, if it is one.
    fn of_line(text: &str) -> Option<Self> {
        let seq = text.split(' ').next()?.parse().ok()?;
        let said = text.split_once(", as ").and_then(|(_, said)| said.split_once(" says in "));
        let manifest = said.and_then(|(name, said)| {
            let bytes = said.split(' ').next()?.parse().ok()?;
            Some(Manifest { name: name.to_owned(), bytes })
        });
        Some(Self { seq, manifest }).filter(|mark| mark.line() == text)
    }

    /// Refuses a directory whose manifest is older or shorter than it was. RocksDB would remove the tables that it
    /// does not name when it opens it, so this comes before.
    pub fn check_manifest(&self, directory: &Path) -> Result<(), Error> {
        let Some(marked) = &self.manifest else { return Ok(()) };
        let unusable = |error: io::Error| errors::unusable(directory, &error.to_string());
        // What is wrong with a directory that has none is said by whoever opens it.
        let Some(found) = manifest(directory).map_err(unusable)? else { return Ok(()) };
        // Numbers rise, and have leading zeros.
        if (found.name.len(), &found.name) > (marked.name.len(), &marked.name) {
            return Ok(());
        }
        match found.name == marked.name && found.bytes >= marked.bytes {
            true => Ok(()),
            false => Err(cut_off(directory, &found, marked)),
        }
    }
}

/// The mark of a directory, if there is one: a copy has none.
pub(super) fn read(directory: &Path) -> Result<Option<Mark>, Error> {
    let text = match fs::read(directory.join(NAME)) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(errors::unusable(directory, &format!("{NAME}: {error}"))),
    };
    let whole = str::from_utf8(&text).ok().and_then(Mark::of_line);
    let reason = "it is not what was written there; if everything else is whole, as `centrala verify` says of a copy \
                  without it, then remove it";
    whole.map(Some).ok_or_else(|| damaged(directory, NAME, reason.to_owned()))
}

/// Says that everything up to the event `seq` is safe, and that the manifest which is there now says so.
pub(super) fn write(directory: &Path, seq: u64) -> io::Result<()> {
    let manifest = manifest(directory)?;
    if let Some(manifest) = &manifest {
        // More may have been added to it since the flush, which a power cut must not take from behind the mark.
        File::open(directory.join(&manifest.name))?.sync_all()?;
    }
    let unfinished = directory.join(format!("{NAME}.dbtmp"));
    let mut file = File::create(&unfinished)?;
    file.write_all(Mark { seq, manifest }.line().as_bytes())?;
    file.sync_all()?;
    fs::rename(&unfinished, directory.join(NAME))?;
    File::open(directory)?.sync_all()
}

/// The manifest in use, with its present length.
fn manifest(directory: &Path) -> io::Result<Option<Manifest>> {
    let named = match fs::read(directory.join("CURRENT")) {
        Ok(named) => named,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let Some(name) = log::manifest(&named) else { return Ok(None) };
    match fs::metadata(directory.join(name)) {
        Ok(found) => Ok(Some(Manifest { name: name.to_owned(), bytes: found.len() })),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// That a journal ends before the mark.
pub(super) fn missed(directory: &Path, last: u64, marked: u64) -> Error {
    let reason = format!(
        "the journal ends at event {last}, and everything up to {marked} was on the disk once: files were cut off or \
         are missing, or others were put in their place; {WAYS_BACK}"
    );
    damaged(directory, NAME, reason)
}

fn cut_off(directory: &Path, found: &Manifest, marked: &Manifest) -> Error {
    let reason = format!(
        "it ends at byte {}, and {} had {} once: it was cut off, or another was put in its place; {WAYS_BACK}",
        found.bytes, marked.name, marked.bytes
    );
    damaged(directory, &found.name, reason)
}

const WAYS_BACK: &str = "restore a backup, or remove the file MARK to go on with what is there";

fn damaged(directory: &Path, name: &str, reason: String) -> Error {
    Error::Damaged { place: directory.join(name).display().to_string(), reason }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::testing::scratch;

    const MANIFEST: &str = "MANIFEST-000005";

    /// A directory in which a manifest of so many bytes is in use.
    fn with_manifest(bytes: usize) -> tempfile::TempDir {
        let directory = scratch();
        fs::write(directory.path().join("CURRENT"), format!("{MANIFEST}\n")).unwrap();
        fs::write(directory.path().join(MANIFEST), vec![7; bytes]).unwrap();
        directory
    }

    #[test]
    fn the_last_mark_is_read() {
        for directory in [scratch(), with_manifest(100)] {
            assert_eq!(read(directory.path()).unwrap(), None);
            for seq in [7, u64::MAX, 8] {
                write(directory.path(), seq).unwrap();
                assert_eq!(read(directory.path()).unwrap().unwrap().seq, seq);
            }
        }
    }

    #[test]
    fn a_mark_that_was_changed_anywhere_is_none() {
        for directory in [scratch(), with_manifest(100)] {
            write(directory.path(), 12345).unwrap();
            let place = directory.path().join(NAME);
            let whole = fs::read(&place).unwrap();
            for at in 0..whole.len() {
                let mut changed = whole.clone();
                changed[at] ^= 1;
                fs::write(&place, &changed).unwrap();
                assert!(matches!(read(directory.path()), Err(Error::Damaged { .. })), "byte {at}");
                fs::write(&place, &whole[..at]).unwrap();
                assert!(matches!(read(directory.path()), Err(Error::Damaged { .. })), "cut at {at}");
            }
        }
    }

    #[test]
    fn a_manifest_that_is_older_or_shorter_than_it_was_is_refused() {
        let directory = with_manifest(100);
        write(directory.path(), 7).unwrap();
        let mark = read(directory.path()).unwrap().unwrap();
        let check = |name: &str, bytes: usize| {
            fs::write(directory.path().join("CURRENT"), format!("{name}\n")).unwrap();
            fs::write(directory.path().join(name), vec![7; bytes]).unwrap();
            mark.check_manifest(directory.path())
        };
        for (name, bytes) in
            [(MANIFEST, 100), (MANIFEST, 101), ("MANIFEST-000006", 1), ("MANIFEST-1000000", 1)]
        {
            check(name, bytes).unwrap();
        }
        for (name, bytes) in [(MANIFEST, 99), ("MANIFEST-000004", 200)] {
            let told = check(name, bytes).unwrap_err().to_string();
            assert!(told.contains(name) && told.contains(&format!("{MANIFEST} had 100")), "{told}");
        }
    }
}
