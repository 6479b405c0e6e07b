//! A copy of the directory as it is at one moment, made beside whoever writes.

use std::path::Path;

use rocksdb::checkpoint::Checkpoint;

use super::{Backing, Disk, errors};
use crate::error::Error;

impl Disk {
    /// Makes the new directory `to` with all that was written before, in all tables as of one point of
    /// time. Tables are linked where both are on one file system, and copied otherwise. What fails here
    /// does not stop who writes.
    pub fn copy_to(&self, to: &Path) -> Result<(), Error> {
        if let Some(failure) = self.failure() {
            return Err(failure.clone());
        }
        let opened = self.opened();
        match opened.as_ref().ok_or(Error::Closed)? {
            Backing::Rocks(db) => {
                let _whole_logs = self.flushes.copying();
                let made = Checkpoint::new(db).and_then(|checkpoint| checkpoint.create_checkpoint(to));
                made.map_err(|error| errors::copying(to, &error))
            }
            #[cfg(test)]
            Backing::Simulated(_) => Err(errors::unusable(to, "a simulated disk is not copied")),
        }
    }
}
