//! Learns, beside everything else, which clients a directory knows, so that the disk is not asked for the others.

use std::sync::Arc;
use std::thread;

use super::pages::Pages;
use super::rocks::{Disk, Table};
use crate::error::Error;

/// Reads the keys of all clients in a thread of its own. Until it has, and if it cannot, every client is looked for
/// on the disk. The thread ends with its work, or soon after the directory was closed.
pub(super) fn learn(disk: &Arc<Disk>) {
    let disk = Arc::clone(disk);
    let read = move || {
        if let Err(error) = read_all(&disk) {
            tracing::debug!(%error, "clients will be looked for on the disk");
        }
    };
    if let Err(error) = thread::Builder::new().name("centrala-clients".to_owned()).spawn(read) {
        tracing::debug!(%error, "no thread to learn clients");
    }
}

/// Whoever is written meanwhile is learned as that is done.
fn read_all(disk: &Disk) -> Result<(), Error> {
    let mut clients = Pages::new(disk, Table::Clients, &[], None);
    while let Some((key, _)) = clients.next()? {
        disk.absent().add(&key);
    }
    disk.absent().complete();
    Ok(())
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
        let disk = Disk::open(directory.path()).unwrap();
        put(&disk, b"meanwhile");
        let all =
            |disk: &Disk| [&b"before"[..], b"meanwhile", b"later", b"never"].map(|key| is_there(disk, key));
        assert_eq!(all(&disk), [true, true, false, false]);
        read_all(&disk).unwrap();
        assert_eq!(all(&disk), [true, true, false, false]);
        assert!(disk.absent().is_absent(b"never") && !disk.absent().is_absent(b"before"));
        put(&disk, b"later");
        assert_eq!(all(&disk), [true, true, true, false]);
        disk.close();
        assert!(matches!(read_all(&disk), Err(Error::Closed)));
    }
}
