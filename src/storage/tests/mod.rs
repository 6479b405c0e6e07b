//! Storage as a whole, with a real RocksDB in a directory of its own.

mod damage;
mod export;
mod feeds;
mod files;
mod foreign;
mod heads;
mod history;
mod journal;
mod reopen;
mod world;

use std::path::Path;

use super::rocks::{Disk, Safety, Table};

/// Changes the value of a key of a closed directory.
fn change(path: &Path, table: Table, key: &[u8], change: impl FnOnce(&mut Vec<u8>)) {
    let disk = Disk::open(path).unwrap();
    let mut value = disk.get(table, key).unwrap().unwrap();
    change(&mut value);
    disk.put(table, key, &value, Safety::Synced).unwrap();
    disk.flush().unwrap();
}
