//! A data directory for one run, when none was asked for.

use std::path::{Path, PathBuf};
use std::{env, fs, io, process};

use super::failure::Failure;

/// Where a run keeps its data: a directory that was named, or one that is removed afterwards.
#[derive(Debug)]
pub(super) struct Place {
    path: PathBuf,
    temporary: bool,
}

impl Place {
    /// The named directory, or a new one.
    pub(super) fn new(named: Option<PathBuf>) -> Result<Self, Failure> {
        match named {
            Some(path) => Ok(Self { path, temporary: false }),
            None => Self::temporary(),
        }
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn temporary() -> Result<Self, Failure> {
        for attempt in 0..1000 {
            let path = env::temp_dir().join(format!("centrala-{}-{attempt}", process::id()));
            match fs::create_dir(&path) {
                Ok(()) => return Ok(Self { path, temporary: true }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(Self::unusable(&path, &error)),
            }
        }
        Err(Self::unusable(&env::temp_dir(), &"it is full of left-over directories"))
    }

    fn unusable(path: &Path, reason: &dyn std::fmt::Display) -> Failure {
        Failure::Failed(format!(
            "no temporary directory can be made at {}: {reason}; name one with --data",
            path.display()
        ))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.temporary {
            // Left-overs in the temporary directory are the operating system's to clear.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_temporary_place_is_gone_afterwards_and_a_named_one_is_not() {
        let temporary = Place::new(None).unwrap();
        let path = temporary.path().to_owned();
        assert!(path.is_dir());
        drop(Place::new(Some(path.clone())).unwrap());
        assert!(path.is_dir());
        drop(temporary);
        assert!(!path.exists());
    }
}
