//! Heads stand beside the images of open dialogs and nowhere else, and a start reads nothing more of them.

use std::ops::ControlFlow;
use std::path::Path;

use super::world::World;
use crate::domain::dialog::Head;
use crate::error::Error;
use crate::ids::DialogId;
use crate::storage::rocks::{Disk, Safety, Table};
use crate::storage::testing::*;
use crate::storage::*;

/// The dialogs of which there is a head.
fn heads(path: &Path) -> Vec<u64> {
    let (disk, mut found) = (Disk::open_read_only(path).unwrap(), Vec::new());
    let scanned = disk.scan(Table::Heads, &[], None, &mut |key, _| {
        found.push(u64::from_be_bytes(key.try_into().unwrap()));
        Ok(ControlFlow::Continue(()))
    });
    scanned.unwrap();
    found
}

fn edit(path: &Path, id: u64, edit: impl FnOnce(Vec<u8>) -> Option<Vec<u8>>) {
    let (disk, key) = (Disk::open(path).unwrap(), heads::key(DialogId(id)));
    let value = disk.get(Table::Heads, &key).unwrap().unwrap_or_default();
    let edited = edit(value);
    disk.write(Safety::Synced, |changes| match &edited {
        Some(value) => changes.put(Table::Heads, &key, value),
        None => changes.delete(Table::Heads, &key),
    })
    .unwrap();
}

/// A closed directory with a checkpoint, of dialogs of which every third has closed.
fn directory(dialogs: u64) -> (tempfile::TempDir, World) {
    let directory = scratch();
    let running = Running::start(directory.path(), &quick());
    let (mut world, mut batch) = (World::default(), Batch::default());
    for id in 1..=dialogs {
        world.record(&of_dialog(id, id as i64, vec![opening(id), message(id, 1)]), &mut batch);
        if id % 3 == 0 {
            world.record(&of_dialog(id, id as i64, vec![closing()]), &mut batch);
        }
    }
    world.checkpoint(&mut batch);
    running.commit_batch(batch);
    running.journal.close().unwrap();
    (directory, world)
}

fn refusal<T>(outcome: Result<T, Error>) -> (String, String) {
    match outcome {
        Err(Error::Damaged { place, reason }) => (place, reason),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was not refused"),
    }
}

fn open(path: &Path) -> Result<Collected, Error> {
    let mut found = Collected::default();
    Store::open(path, &quick(), &mut found).map(|_| found)
}

/// Where both `verify` and an engine see a damage; what an engine says, and what `verify` says.
fn refused(path: &Path) -> [(String, String); 2] {
    [refusal(open(path)), refusal(verify(path, &mut |_, _| {}))]
}

#[test]
fn a_head_comes_with_the_image_of_an_open_dialog_and_goes_with_that_of_the_closed_one() {
    let directory = scratch();
    let running = Running::start(directory.path(), &quick());
    let (mut world, mut batch) = (World::default(), Batch::default());
    for id in 1..4 {
        world.record(&of_dialog(id, 1, vec![opening(id)]), &mut batch);
    }
    // This one closes before there was an image of it.
    world.record(&of_dialog(3, 2, vec![closing()]), &mut batch);
    world.checkpoint(&mut batch);
    running.commit_batch(batch);
    running.journal.close().unwrap();
    assert_eq!(heads(directory.path()), [1, 2]);
    let again = Running::start(directory.path(), &quick());
    let mut world = World::recovered(again.found, &world.archived, world.seq);
    let mut batch = Batch::default();
    world.record(&of_dialog(1, 3, vec![closing()]), &mut batch);
    world.record(&of_dialog(2, 3, vec![message(2, 1)]), &mut batch);
    world.record(&of_dialog(4, 3, vec![opening(4)]), &mut batch);
    world.checkpoint(&mut batch);
    batch.release(Reply(0, crossbeam_channel::unbounded().0));
    again.journal.sender().send(batch).unwrap();
    again.journal.close().unwrap();
    assert_eq!(heads(directory.path()), [2, 4]);
    assert_eq!(verify(directory.path(), &mut |_, _| {}).unwrap().dialogs_open, 2);
}

#[test]
fn a_start_takes_heads_where_nothing_has_happened_since_and_dialogs_where_something_has() {
    let (directory, mut world) = directory(2000);
    let running = Running::start(directory.path(), &quick());
    let mut batch = Batch::default();
    world.record(&of_dialog(7, 9000, vec![message(7, 2)]), &mut batch);
    world.record(&of_dialog(1999, 9000, vec![closing()]), &mut batch);
    world.record(&of_dialog(2001, 9000, vec![opening(9)]), &mut batch);
    running.commit_batch(batch);
    running.journal.close().unwrap();
    let found = open(directory.path()).unwrap();
    let dialogs: Vec<_> = found.dialogs.iter().map(|found| found.dialog.id.0).collect();
    assert_eq!(dialogs, [7, 1999, 2001]);
    let slept = world.dialogs.values().filter(|known| ![7, 1999, 2001].contains(&known.thing.id.0));
    let slept: Vec<Head> = slept.filter_map(|known| known.thing.head()).collect();
    assert_eq!((found.heads.len(), found.heads), (1332, slept));
}

#[test]
fn a_damaged_head_is_refused_with_its_place_and_everything_can_be_saved() {
    let (directory, _) = directory(6);
    let path = directory.path();
    edit(path, 4, |mut head| {
        head.truncate(7);
        Some(head)
    });
    let saved = "the dialog itself is whole, and everything can be saved";
    let [opened, verified] = refused(path);
    assert_eq!((opened.0.as_str(), verified.0.as_str()), ("head of dialog 4", "head of dialog 4"));
    assert!(verified.1.contains(saved), "{verified:?}");
    let mut dialogs = 0;
    let exported = export(path, false, &mut |_, _| {}, &mut |thing| {
        dialogs += u64::from(matches!(thing, Exported::Dialog(_)));
        Ok::<_, Error>(())
    });
    assert_eq!((exported.unwrap().damages, dialogs), (0, 6), "an export reads dialogs themselves");
}

#[test]
fn a_head_that_is_missing_or_left_over_or_of_another_is_refused() {
    let (directory, world) = directory(6);
    let path = directory.path();
    let of = |id: u64| encode_head(&world.dialogs[&DialogId(id)].thing);
    edit(path, 4, |_| None);
    let [opened, verified] = refused(path);
    assert_eq!(opened.0, "heads of dialogs");
    assert!(opened.1.contains("there are 3, and images of 4"), "{opened:?}");
    assert!(verified.0 == "head of dialog 4" && verified.1.starts_with("it is missing"), "{verified:?}");
    edit(path, 4, |_| of(5));
    let [opened, verified] = refused(path);
    assert_eq!((opened.0.as_str(), verified.0.as_str()), ("head of dialog 4", "head of dialog 4"));
    edit(path, 4, |_| of(4));
    for left_over in [3, 7] {
        edit(path, left_over, |_| encode_head(&open_dialog(left_over)));
        let [opened, verified] = refused(path);
        assert_eq!(opened.0, "heads of dialogs");
        assert_eq!(verified.0, format!("head of dialog {left_over}"));
        edit(path, left_over, |_| None);
    }
    assert_eq!(open(path).unwrap().heads.len(), 4);
    assert_eq!(verify(path, &mut |_, _| {}).unwrap().dialogs_open, 4);
}

#[test]
fn a_head_that_says_something_else_than_its_dialog_is_found() {
    let (directory, world) = directory(3);
    let path = directory.path();
    let head = world.dialogs[&DialogId(2)].thing.head().unwrap();
    edit(path, 2, |_| Some(encode(&Head { weight: head.weight + 1, ..head })));
    let (place, reason) = refusal(verify(path, &mut |_, _| {}));
    assert_eq!(place, "head of dialog 2");
    assert!(reason.starts_with("it says something else"), "{reason}");
}

fn open_dialog(id: u64) -> crate::domain::dialog::Dialog {
    let at = crate::timestamp::Timestamp::default();
    crate::domain::dialog::Dialog::from_event(DialogId(id), &opening(id), at).unwrap()
}
