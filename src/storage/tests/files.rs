//! Contents of files come and go with the messages that name them.

use std::ops::ControlFlow;

use crate::domain::file::{FileBytes, FileHash, Upload};
use crate::ids::{DialogId, MessageId};
use crate::storage::rocks::{Disk, Table};
use crate::storage::testing::*;
use crate::storage::*;

fn upload(content: &[u8]) -> Upload {
    Upload { hash: FileHash::of(content), bytes: FileBytes::from(content.to_vec()) }
}

/// A batch with a message that names this content.
fn naming(dialog: u64, content: &[u8]) -> Batch<Reply> {
    let mut batch = Batch::default();
    batch.record(&of_dialog(dialog, 1, vec![opening(dialog), message(dialog, 1)]), None);
    batch.file(MessageId::of(DialogId(dialog), 1), upload(content));
    batch
}

fn entries(path: &std::path::Path, table: Table) -> usize {
    let mut count = 0;
    let disk = Disk::open_read_only(path).unwrap();
    let scanned = disk.scan(table, &[], None, &mut |_, _| {
        count += 1;
        Ok(ControlFlow::Continue(()))
    });
    scanned.unwrap();
    count
}

#[test]
fn a_content_is_on_the_disk_when_its_message_is_released_and_after_a_kill() {
    for durability in [Durability::Sync, Durability::Buffered, Durability::None] {
        let directory = scratch();
        let running = Running::start(directory.path(), &StoreSettings { durability, ..quick() });
        let large = vec![7; 100_000];
        for content in [&b"small"[..], &large] {
            running.commit_batch(naming(content.len() as u64, content));
            let found = running.reader.file(FileHash::of(content)).unwrap().unwrap();
            assert_eq!(&found[..], content);
            let killed = running.killed();
            let again = Running::start(killed.path(), &quick());
            assert_eq!(again.reader.file(FileHash::of(content)).unwrap(), Some(found));
            again.journal.close().unwrap();
            assert_eq!(verify(killed.path(), &mut |_, _| {}).unwrap().last_seq, again.recovered.durable_seq);
        }
        running.journal.close().unwrap();
        assert_eq!(verify(directory.path(), &mut |_, _| {}).unwrap().files, 2);
    }
}

#[test]
fn the_same_content_is_stored_once_whoever_names_it() {
    let directory = scratch();
    let running = Running::start(directory.path(), &quick());
    let mut twice = naming(1, b"same");
    twice.record(&of_dialog(2, 1, vec![opening(2), message(2, 1)]), None);
    twice.file(MessageId::of(DialogId(2), 1), upload(b"same"));
    running.commit_batch(twice);
    running.commit_batch(naming(3, b"same"));
    running.journal.close().unwrap();
    assert_eq!(entries(directory.path(), Table::Files), 1);
    assert_eq!(entries(directory.path(), Table::FileNames), 3);
}

#[test]
fn a_write_that_fails_leaves_neither_message_nor_content() {
    let directory = scratch();
    let running = Running::start(directory.path(), &quick());
    running.commit_batch(naming(1, b"first"));
    running.fail_after(0);
    let mut batch = naming(2, b"second");
    batch.release(running.reply(1));
    running.send(batch);
    assert!(running.next_reply().1.is_err());
    assert_eq!(running.reader.file(FileHash::of(b"second")).unwrap(), None);
    let killed = running.killed();
    let again = Running::start(killed.path(), &quick());
    assert_eq!((again.found.dialogs.len(), again.reader.file(FileHash::of(b"second")).unwrap()), (1, None));
}

#[test]
fn a_changed_content_is_found_by_verify() {
    let directory = scratch();
    let running = Running::start(directory.path(), &quick());
    running.commit_batch(naming(1, b"first"));
    running.journal.close().unwrap();
    let disk = Disk::open(directory.path()).unwrap();
    let hash = FileHash::of(b"first");
    disk.put(Table::Files, &hash.0, b"other", rocks::Safety::Synced).unwrap();
    disk.close();
    let damage = verify(directory.path(), &mut |_, _| {}).unwrap_err().to_string();
    assert!(damage.contains("its content has the hash"), "{damage}");
}
