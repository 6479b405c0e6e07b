//! Backups of a running engine's data directory.

use std::path::Path;

use super::Engine;
use crate::actors::caller::Delivery;
use crate::actors::inbox::Ask;
use crate::error::Error;

impl Engine {
    /// Makes a copy of the data directory at `to`, a new directory, while the engine works on. Everything
    /// acknowledged before this call is in it, whatever the durability; the number of the last event that
    /// certainly is, is returned. The copy is a data directory like any other: open it, or run
    /// `centrala verify` on it. On the same file system it takes no time and hardly any space, since files
    /// are linked; a backup worth its name is then carried elsewhere.
    ///
    /// Commands go on meanwhile. What is erased later stays in backups made before.
    ///
    /// # Errors
    /// [`Error::Backup`] if it cannot be made there (`to` exists and is not empty, lies in the data directory,
    /// has no parent, or no space is left): the engine goes on. [`Error::Closed`] or [`Error::StorageFailed`].
    pub async fn backup(&self, to: impl AsRef<Path>) -> Result<u64, Error> {
        let (copier, to) = (self.running.copier.clone(), to.as_ref().to_owned());
        // What was acknowledged stands in the journal's files when this comes back: a group is written
        // before the next one is begun, even where it is acknowledged first.
        let barrier = self.ask(Ask::Barrier, None)?;
        let delivery: Delivery = barrier.await.map_err(|_| Error::Closed)??;
        let (sender, copied) = tokio::sync::oneshot::channel();
        // The work is done on a thread of its own, so that no executor is held up.
        std::thread::spawn(move || sender.send(copier.copy(&to)));
        copied.await.map_err(|_| Error::Closed)??;
        Ok(delivery.seq)
    }
}
