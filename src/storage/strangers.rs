//! Learns, beside everything else, which clients a directory knows, so that the disk is not asked for the others.

use std::ops::ControlFlow;
use std::sync::{Arc, Weak};
use std::thread::{self, JoinHandle};

use super::rocks::{Disk, Table};
use crate::error::Error;

/// Keys that are read at once. Whoever lets go of the directory meanwhile waits for so many at most.
const KEYS_AT_ONCE: usize = 16 * 1024;

/// Reads the keys of all clients in a thread of its own. Until it has, and if it cannot, every client is looked for
/// on the disk. The thread holds the directory only while it reads a few, and ends soon after it was closed.
pub(super) fn learn(disk: &Arc<Disk>) -> Option<JoinHandle<()>> {
    let disk = Arc::downgrade(disk);
    let read = move || {
        if let Err(error) = read_all(&disk) {
            tracing::debug!(%error, "clients will be looked for on the disk");
        }
    };
    let spawned = thread::Builder::new().name("centrala-clients".to_owned()).spawn(read);
    spawned.inspect_err(|error| tracing::debug!(%error, "no thread to learn clients")).ok()
}

/// Whoever is written meanwhile is learned as that is done.
pub(super) fn read_all(disk: &Weak<Disk>) -> Result<(), Error> {
    let mut from = Vec::new();
    while let Some(disk) = disk.upgrade().filter(|disk| !disk.absent().is_full()) {
        if read_some(&disk, &mut from)? < KEYS_AT_ONCE {
            disk.absent().complete();
            break;
        }
    }
    Ok(())
}

/// Reads a few keys from `from` on, which becomes where to go on. Returns how many there were.
fn read_some(disk: &Disk, from: &mut Vec<u8>) -> Result<usize, Error> {
    let (mut read, begin) = (0, std::mem::take(from));
    disk.scan(Table::Clients, &begin, None, &mut |key, _| {
        disk.absent().add(key);
        read += 1;
        if read < KEYS_AT_ONCE {
            return Ok(ControlFlow::Continue(()));
        }
        // The least key behind it.
        *from = [key, &[0]].concat();
        Ok(ControlFlow::Break(()))
    })?;
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::rocks::Safety;
    use crate::storage::testing::scratch;

    fn put(disk: &Disk, key: &[u8]) {
        disk.write(Safety::Logged, |changes| changes.put(Table::Clients, key, b"7")).unwrap();
    }

    fn is_there(disk: &Disk, key: &[u8]) -> bool {
        disk.get(Table::Clients, key).unwrap().is_some()
    }

    #[test]
    fn clients_are_found_before_and_after_they_are_learned_and_whoever_comes_meanwhile() {
        let directory = scratch();
        let disk = Disk::open(directory.path()).unwrap();
        put(&disk, b"before");
        disk.close();
        let disk = Arc::new(Disk::open(directory.path()).unwrap());
        put(&disk, b"meanwhile");
        let all =
            |disk: &Disk| [&b"before"[..], b"meanwhile", b"later", b"never"].map(|key| is_there(disk, key));
        assert_eq!(all(&disk), [true, true, false, false]);
        read_all(&Arc::downgrade(&disk)).unwrap();
        assert_eq!(all(&disk), [true, true, false, false]);
        assert!(disk.absent().is_absent(b"never") && !disk.absent().is_absent(b"before"));
        put(&disk, b"later");
        assert_eq!(all(&disk), [true, true, true, false]);
        disk.close();
        assert!(matches!(read_all(&Arc::downgrade(&disk)), Err(Error::Closed)));
    }

    #[test]
    fn more_clients_than_are_read_at_once_are_all_learned() {
        let directory = scratch();
        let disk = Disk::open(directory.path()).unwrap();
        let key = |number: usize| format!("{number:08}").into_bytes();
        let all = 0..2 * KEYS_AT_ONCE;
        let written = disk.write(Safety::Logged, |changes| {
            all.clone().for_each(|number| changes.put(Table::Clients, &key(number), b"7"));
        });
        written.unwrap();
        disk.close();
        let disk = Arc::new(Disk::open(directory.path()).unwrap());
        read_all(&Arc::downgrade(&disk)).unwrap();
        assert!(all.clone().all(|number| !disk.absent().is_absent(&key(number))));
        assert!((all.end..all.end + 100).any(|number| disk.absent().is_absent(&key(number))));
    }

    #[test]
    fn a_directory_that_nobody_holds_any_more_is_let_go() {
        let directory = scratch();
        let disk = Arc::new(Disk::open(directory.path()).unwrap());
        let gone = Arc::downgrade(&disk);
        drop(disk);
        read_all(&gone).unwrap();
        Disk::open(directory.path()).unwrap().close();
    }
}
