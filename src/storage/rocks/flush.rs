//! Making safe what was written, and marking up to where it is.

use rocksdb::{DB, FlushOptions};

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

    /// Begins a flush if tables are almost full, and says whether it has. To be called by whoever writes images,
    /// between two writes; [`end_flush`](Self::end_flush) ends it.
    pub fn begin_flush_in_time(&self) -> Result<bool, Error> {
        let opened = self.opened();
        match opened.as_ref().ok_or(Error::Closed)? {
            Backing::Rocks(db) if self.flushes.is_due(db) => self.begin(db),
            _ => Ok(false),
        }
    }

    /// Begins to make all that was written safe, as of now. To be called and to be ended like the other one.
    pub fn begin_flush(&self) -> Result<(), Error> {
        let opened = self.opened();
        match opened.as_ref().ok_or(Error::Closed)? {
            Backing::Rocks(db) => {
                while !self.begin(db)? {
                    // Those that are under way make room: writes would wait for that in any case.
                    let tables = handles(db)?;
                    self.guarded(|| db.flush_cfs_opt(&tables, &FlushOptions::default()))?;
                }
                Ok(())
            }
            #[cfg(test)]
            Backing::Simulated(_) => Ok(()),
        }
    }

    fn begin(&self, db: &DB) -> Result<bool, Error> {
        let (tables, mut begun) = (handles(db)?, false);
        self.guarded(|| {
            begun = self.flushes.begin(db, &tables)?;
            Ok::<_, rocksdb::Error>(())
        })?;
        Ok(begun)
    }

    /// Waits until a flush that has begun is done, and ends it. May be called by anybody.
    pub fn end_flush(&self) -> Result<(), Error> {
        let opened = self.opened();
        match opened.as_ref().ok_or(Error::Closed)? {
            Backing::Rocks(db) => {
                let tables = handles(db)?;
                self.guarded(|| self.flushes.end(db, &self.path, &tables))
            }
            #[cfg(test)]
            Backing::Simulated(disk) => self.guarded(|| disk.flush()),
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
