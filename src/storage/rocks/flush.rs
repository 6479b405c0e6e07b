//! Making safe what was written, and marking up to where it is.

use super::{Backing, Disk, handles, mark};
use crate::error::Error;

impl Disk {
    /// Makes all that was written safe, in all tables as of one point of time.
    pub fn flush(&self) -> Result<(), Error> {
        let opened = self.opened();
        match opened.as_ref().ok_or(Error::Closed)? {
            Backing::Rocks(db) => {
                let tables = handles(db)?;
                self.guarded(|| self.flushes.flush(db, &self.path, &tables))
            }
            #[cfg(test)]
            Backing::Simulated(disk) => self.guarded(|| disk.flush()),
        }
    }

    /// Begins a flush if it is time for one, which is only looked up if `much` was written since the last look,
    /// and goes on without it; or ends the last one. To be called by whoever writes images, between two writes.
    pub fn flush_in_time(&self, much: bool) -> Result<(), Error> {
        let opened = self.opened();
        match opened.as_ref().ok_or(Error::Closed)? {
            Backing::Rocks(db) if self.flushes.is_due(db, much) => {
                let tables = handles(db)?;
                self.guarded(|| self.flushes.go_on(db, &self.path, &tables))
            }
            _ => Ok(()),
        }
    }

    /// Makes all that was written safe, and marks that everything up to the event `seq`, which is among it, is.
    pub fn flush_up_to(&self, seq: u64) -> Result<(), Error> {
        self.flush()?;
        self.put_mark(seq)
    }

    /// Marks that everything up to the event `seq` is safe.
    pub fn put_mark(&self, seq: u64) -> Result<(), Error> {
        let opened = self.opened();
        match opened.as_ref().ok_or(Error::Closed)? {
            Backing::Rocks(_) => {
                self.guarded(|| mark::write(&self.path, seq).map_err(|error| format!("the mark: {error}")))
            }
            #[cfg(test)]
            Backing::Simulated(disk) => self.guarded(|| disk.put_mark(seq)),
        }
    }

    /// Marks it anew, with the manifest that opening has made.
    pub fn renew_mark(&self) -> Result<(), Error> {
        self.put_mark(self.found.marked()?)
    }

    /// Whether the directory had a mark when it was opened.
    pub fn is_marked(&self) -> bool {
        self.found.is_marked()
    }

    /// Refuses a journal that ends at the event `last` if more was there once.
    pub fn check_mark(&self, last: u64) -> Result<(), Error> {
        let marked = self.found.marked()?;
        if last < marked { Err(mark::missed(&self.path, last, marked)) } else { Ok(()) }
    }
}
