//! The mark: a small file beside the tables that says up to which event they held everything once.
//!
//! A manifest or a log that was cut off, or files that were taken away, may leave an older state that is whole
//! in itself: nothing else would tell. Written when a directory has been made, and after each flush that has
//! made everything safe, so that what is there is never behind it; and replaced at once, so that it is never
//! half of one.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use xxhash_rust::xxh3::xxh3_64;

use super::errors;
use crate::error::Error;

/// Its name.
pub(super) const NAME: &str = "MARK";

/// The last event before the mark, if there is one: a copy has none.
pub(super) fn read(directory: &Path) -> Result<Option<u64>, Error> {
    let text = match fs::read(directory.join(NAME)) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(errors::unusable(directory, &format!("{NAME}: {error}"))),
    };
    let seq = str::from_utf8(&text).ok().and_then(|text| text.split(' ').next()?.parse().ok());
    let whole = seq.filter(|seq| line(*seq).as_bytes() == text);
    let reason = "it is not what was written there; if everything else is whole, as `centrala verify` says of a copy \
                  without it, then remove it";
    whole.map(Some).ok_or_else(|| damaged(directory, reason.to_owned()))
}

/// Says that everything up to the event `seq` is safe.
pub(super) fn write(directory: &Path, seq: u64) -> io::Result<()> {
    let unfinished = directory.join(format!("{NAME}.dbtmp"));
    let mut file = File::create(&unfinished)?;
    file.write_all(line(seq).as_bytes())?;
    file.sync_all()?;
    fs::rename(&unfinished, directory.join(NAME))?;
    File::open(directory)?.sync_all()
}

/// That a journal ends before the mark.
pub(super) fn missed(directory: &Path, last: u64, marked: u64) -> Error {
    damaged(
        directory,
        format!(
            "the journal ends at event {last}, and everything up to {marked} was on the disk once: files were cut \
             off or are missing, or others were put in their place; restore a backup, or remove this file to go \
             on with what is there"
        ),
    )
}

fn damaged(directory: &Path, reason: String) -> Error {
    Error::Damaged { place: directory.join(NAME).display().to_string(), reason }
}

fn line(seq: u64) -> String {
    format!("{seq} is the last event that is known to be on the disk. {:016x}\n", xxh3_64(&seq.to_le_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::testing::scratch;

    #[test]
    fn the_last_mark_is_read() {
        let directory = scratch();
        assert_eq!(read(directory.path()).unwrap(), None);
        for seq in [7, u64::MAX, 8] {
            write(directory.path(), seq).unwrap();
            assert_eq!(read(directory.path()).unwrap(), Some(seq));
        }
    }

    #[test]
    fn a_mark_that_was_changed_anywhere_is_none() {
        let directory = scratch();
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
