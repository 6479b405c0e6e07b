//! Changes that are written together or not at all.

use std::sync::atomic::{AtomicUsize, Ordering};

use rocksdb::{ColumnFamily, DB, WriteBatch};

use super::absent::Absent;
#[cfg(test)]
use super::simulated::Edit;
use super::{Backing, Safety, Table, handles};
use crate::error::Error;

/// Changes that are written together or not at all.
pub(in crate::storage) struct Changes<'a> {
    batch: Batch<'a>,
    /// Hears of every key before it is written.
    absent: &'a Absent,
}

/// The changes as what is beneath wants them.
enum Batch<'a> {
    Rocks {
        db: &'a DB,
        tables: [&'a ColumnFamily; Table::ALL.len()],
        batch: WriteBatch,
    },
    #[cfg(test)]
    Simulated {
        disk: &'a super::SimulatedDisk,
        edits: Vec<Edit>,
    },
}

/// How many bytes the last changes took: the next ones get as much room at once, since a batch that grows is copied
/// again and again.
#[derive(Debug, Default)]
pub(super) struct UsualBytes(AtomicUsize);

impl UsualBytes {
    fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    pub fn set(&self, bytes: usize) {
        self.0.store(bytes, Ordering::Relaxed);
    }
}

impl<'a> Changes<'a> {
    pub(super) fn on(backing: &'a Backing, usual: &UsualBytes, absent: &'a Absent) -> Result<Self, Error> {
        let batch = match backing {
            Backing::Rocks(db) => {
                let batch = WriteBatch::with_capacity_bytes(usual.get());
                Batch::Rocks { db, tables: handles(db)?, batch }
            }
            #[cfg(test)]
            Backing::Simulated(disk) => Batch::Simulated { disk, edits: Vec::new() },
        };
        Ok(Self { batch, absent })
    }

    /// Bytes of what is to be written.
    pub(super) fn bytes(&self) -> usize {
        match &self.batch {
            Batch::Rocks { batch, .. } => batch.size_in_bytes(),
            #[cfg(test)]
            Batch::Simulated { .. } => 0,
        }
    }

    pub(super) fn write(self, safety: Safety) -> Result<(), String> {
        match self.batch {
            Batch::Rocks { db, batch, .. } => Ok(db.write_opt(batch, &safety.options())?),
            #[cfg(test)]
            Batch::Simulated { disk, edits } => disk.write(edits, safety),
        }
    }

    pub fn put(&mut self, table: Table, key: &[u8], value: &[u8]) {
        self.absent.hear_of(table, key);
        match &mut self.batch {
            Batch::Rocks { tables, batch, .. } => batch.put_cf(&tables[table as usize], key, value),
            #[cfg(test)]
            Batch::Simulated { edits, .. } => edits.push(Edit::put(table, key, value)),
        }
    }

    /// Keeps the larger of `value` and what is stored.
    pub fn raise(&mut self, table: Table, key: &[u8], value: [u8; 8]) {
        self.absent.hear_of(table, key);
        match &mut self.batch {
            Batch::Rocks { tables, batch, .. } => batch.merge_cf(&tables[table as usize], key, value),
            #[cfg(test)]
            Batch::Simulated { edits, .. } => edits.push(Edit::raise(table, key, &value)),
        }
    }

    /// Adds the places of a stored set to what is stored.
    pub fn unite(&mut self, table: Table, key: &[u8], set: &[u8]) {
        self.absent.hear_of(table, key);
        match &mut self.batch {
            Batch::Rocks { tables, batch, .. } => batch.merge_cf(&tables[table as usize], key, set),
            #[cfg(test)]
            Batch::Simulated { edits, .. } => edits.push(Edit::unite(table, key, set)),
        }
    }

    pub fn delete(&mut self, table: Table, key: &[u8]) {
        match &mut self.batch {
            Batch::Rocks { tables, batch, .. } => batch.delete_cf(&tables[table as usize], key),
            #[cfg(test)]
            Batch::Simulated { edits, .. } => edits.push(Edit::delete(table, key)),
        }
    }
}
