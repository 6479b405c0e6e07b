//! What is exported from a closed directory, whole or damaged, and that nothing changes there.

use std::collections::BTreeMap;
use std::path::Path;

use super::change;
use super::world::World;
use crate::error::Error;
use crate::ids::DialogId;
use crate::storage::rocks::{Disk, Safety, Table};
use crate::storage::testing::*;
use crate::storage::*;

/// Dialogs of which every second one is closed, all of them in the journal alone.
fn spoken(running: &Running, dialogs: u64) -> World {
    let mut world = World::default();
    let mut batch = Batch::default();
    world.record(&put_channel(5, 1), &mut batch);
    world.record(&put_operator("eve", 2, 1), &mut batch);
    world.record(&put_item("hello", "hi", 1), &mut batch);
    running.commit_batch(batch);
    for id in 1..=dialogs {
        let mut batch = Batch::default();
        world.record(&of_dialog(id, 10, vec![opening(id), message(id, 1)]), &mut batch);
        if id % 2 == 1 {
            world.record(&closed(id), &mut batch);
        }
        running.commit_batch(batch);
    }
    world
}

/// The same with images of all, and changes of some that are in the journal alone.
fn filled(running: &Running, dialogs: u64) -> World {
    let mut world = spoken(running, dialogs);
    let mut batch = Batch::default();
    world.checkpoint(&mut batch);
    running.commit_batch(batch);
    let mut batch = Batch::default();
    world.record(&of_dialog(2, 90, vec![message(2, 2)]), &mut batch);
    world.record(&of_dialog(dialogs + 1, 91, vec![opening(dialogs + 1)]), &mut batch);
    world.record(&put_operator("eve", 3, 92), &mut batch);
    running.commit_batch(batch);
    world
}

/// A directory as it is closed.
fn closed_directory(dialogs: u64) -> (tempfile::TempDir, World) {
    let directory = scratch();
    let running = Running::start(directory.path(), &quick());
    let world = filled(&running, dialogs);
    running.journal.close().unwrap();
    (directory, world)
}

fn all(path: &Path, skip_damage: bool) -> Result<(Vec<Exported>, Exports), Error> {
    let mut things = Vec::new();
    let exports = export(path, skip_damage, &mut |done, total| assert!(done <= total), &mut |thing| {
        things.push(thing);
        Ok::<_, Error>(())
    })?;
    Ok((things, exports))
}

fn dialogs(things: &[Exported]) -> Vec<u64> {
    let id = |thing: &Exported| match thing {
        Exported::Dialog(dialog) => Some(dialog.id.0),
        _ => None,
    };
    things.iter().filter_map(id).collect()
}

fn events(things: &[Exported]) -> Vec<u64> {
    let seq = |thing: &Exported| match thing {
        Exported::Event(recorded) => Some(recorded.seq),
        _ => None,
    };
    things.iter().filter_map(seq).collect()
}

fn damages(things: &[Exported]) -> Vec<String> {
    let place = |thing: &Exported| match thing {
        Exported::Damage { place, .. } => Some(place.clone()),
        _ => None,
    };
    things.iter().filter_map(place).collect()
}

fn files(path: &Path) -> BTreeMap<std::ffi::OsString, Vec<u8>> {
    let entries = std::fs::read_dir(path).unwrap().map(Result::unwrap);
    entries.map(|entry| (entry.file_name(), std::fs::read(entry.path()).unwrap())).collect()
}

#[test]
fn everything_is_exported_in_order_after_closing_and_after_a_kill_and_nothing_changes() {
    for kill in [false, true] {
        let directory = scratch();
        let running = Running::start(directory.path(), &quick());
        let world = filled(&running, 5);
        let copy = kill.then(|| running.killed());
        running.journal.close().unwrap();
        let path = copy.as_ref().map_or(directory.path(), |copy| copy.path());
        let before = files(path);
        let (things, exports) = all(path, false).unwrap();
        assert_eq!(dialogs(&things), [1, 2, 3, 4, 5, 6]);
        assert_eq!(events(&things), (1..=world.seq).collect::<Vec<_>>());
        assert_eq!(exports, Exports { damages: 0, state_hash: world.state_hash() });
        assert!(matches!(&things[0], Exported::Contents(contents) if contents.last_seq == world.seq));
        assert!(matches!(&things[1], Exported::Channel(channel) if channel.settings.weight == 5));
        assert!(matches!(&things[2], Exported::Operator(operator) if operator.settings.capacity == 3));
        assert!(matches!(&things[3], Exported::Item(_)));
        let second = stored_dialog(path, DialogId(2), &mut |_, _| {}).unwrap().unwrap();
        assert_eq!(second.messages.len(), 2);
        assert!(things.contains(&Exported::Dialog(Box::new(second))));
        assert!(stored_dialog(path, DialogId(3), &mut |_, _| {}).unwrap().unwrap().is_closed());
        assert_eq!(stored_dialog(path, DialogId(77), &mut |_, _| {}).unwrap(), None);
        verify(path, &mut |_, _| {}).unwrap();
        inspect(path).unwrap();
        assert!(files(path) == before, "somebody wrote");
    }
}

#[test]
fn a_damaged_frame_ends_an_export_or_is_passed_over() {
    let (directory, world) = closed_directory(5);
    let last = world.seq;
    let key = frame::frame_key(8, 0);
    change(directory.path(), Table::Journal, &key, |value| value[70] ^= 1);
    match all(directory.path(), false) {
        Err(Error::Damaged { place, .. }) => assert_eq!(place, "journal frame 8.0"),
        other => panic!("{other:?}"),
    }
    let (things, exports) = all(directory.path(), true).unwrap();
    // It stands before the last checkpoint: things do not need it.
    assert_eq!(dialogs(&things), [1, 2, 3, 4, 5, 6]);
    assert_eq!(exports, Exports { damages: 1, state_hash: world.state_hash() });
    assert_eq!(damages(&things), ["journal frame 8.0"]);
    let lost = (1..=last).filter(|seq| !events(&things).contains(seq)).count();
    assert!((1..=3).contains(&lost), "{:?}", events(&things));
}

#[test]
fn after_damage_behind_the_last_checkpoint_things_are_as_they_were_before_it() {
    let directory = scratch();
    let running = Running::start(directory.path(), &quick());
    let world = filled(&running, 5);
    let before = world.seq;
    running.commit(&[of_dialog(2, 99, vec![message(2, 3)])]);
    running.commit(&[of_dialog(4, 99, vec![message(4, 2)])]);
    running.journal.close().unwrap();
    let key = frame::frame_key(before + 1, 0);
    change(directory.path(), Table::Journal, &key, |value| value[70] ^= 1);
    let (things, exports) = all(directory.path(), true).unwrap();
    assert_eq!(exports, Exports { damages: 1, state_hash: world.state_hash() });
    assert!(matches!(&things[0], Exported::Damage { .. }));
    assert!(matches!(&things[1], Exported::Contents(contents) if contents.last_seq == before));
    let expected: Vec<u64> = (1..=before).chain([before + 2]).collect();
    assert_eq!(events(&things), expected);
    let sentence = verify(directory.path(), &mut |_, _| {}).unwrap_err().to_string();
    assert!(sentence.contains(&format!("the journal is whole up to event {before}, an engine cannot start")));
    assert!(sentence.contains("--skip-damage"), "{sentence}");
}

#[test]
fn damaged_images_are_passed_over_one_by_one() {
    let (directory, _) = closed_directory(5);
    change(directory.path(), Table::Dialogs, &image::dialog_key(DialogId(3), true), Vec::clear);
    change(directory.path(), Table::Dialogs, &image::dialog_key(DialogId(2), false), |value| {
        value.truncate(9)
    });
    change(directory.path(), Table::Operators, b"eve", Vec::clear);
    let (things, exports) = all(directory.path(), true).unwrap();
    assert_eq!(dialogs(&things), [1, 4, 5, 6]);
    assert_eq!(exports.damages, 3);
    let places: Vec<_> = damages(&things);
    assert!(places.contains(&"image of dialog 2".to_owned()), "{places:?}");
    assert!(all(directory.path(), false).is_err());
    assert!(verify(directory.path(), &mut |_, _| {}).is_err());
}

#[test]
fn what_is_gone_without_a_trace_is_missed() {
    let (directory, _) = closed_directory(5);
    let disk = Disk::open(directory.path()).unwrap();
    let key = image::dialog_key(DialogId(3), true);
    disk.write(Safety::Synced, |changes| changes.delete(Table::Dialogs, &key)).unwrap();
    drop(disk);
    let (things, exports) = all(directory.path(), true).unwrap();
    assert_eq!((dialogs(&things), exports.damages), (vec![1, 2, 4, 5, 6], 1));
    assert_eq!(damages(&things), ["images"]);
    assert!(all(directory.path(), false).is_err());
}

#[test]
fn a_table_with_a_flipped_byte_gives_what_stands_around_it() {
    let (directory, _) = closed_directory(1000);
    let tables = std::fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().path());
    let tables = tables.filter(|path| path.extension().is_some_and(|kind| kind == "sst"));
    let mut by_size: Vec<_> = tables.map(|path| (path.metadata().unwrap().len(), path)).collect();
    by_size.sort();
    let mut told = 0;
    for (bytes, path) in by_size.iter().rev().take(4) {
        let whole = std::fs::read(path).unwrap();
        let mut flipped = whole.clone();
        flipped[*bytes as usize / 3] ^= 0x20;
        std::fs::write(path, flipped).unwrap();
        let (things, exports) = all(directory.path(), true).unwrap();
        let (found, heard) = (dialogs(&things).len(), events(&things).len());
        assert!(found + heard > 2000, "{}: {found} dialogs, {heard} events", path.display());
        told += u64::from(exports.damages > 0);
        assert_eq!(exports.damages > 0, all(directory.path(), false).is_err());
        assert!(verify(directory.path(), &mut |_, _| {}).is_err(), "{}", path.display());
        std::fs::write(path, whole).unwrap();
    }
    assert!(told >= 2, "journal and dialogs are the largest");
    assert_eq!(all(directory.path(), false).unwrap().1.damages, 0);
}

/// The files with this ending, the largest first.
fn largest(path: &Path, ending: &str) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries.filter(|path| path.extension().is_some_and(|it| it == ending)).collect();
    files.sort_by_key(|path| std::cmp::Reverse(path.metadata().unwrap().len()));
    files
}

#[test]
fn a_log_that_no_engine_opens_is_exported_around_its_damage() {
    let directory = scratch();
    let running = Running::start(directory.path(), &quick());
    // No checkpoint: with its flush, which comes when it comes, the log would be gone.
    let world = spoken(&running, 900);
    let killed = running.killed();
    running.journal.close().unwrap();
    let log = &largest(killed.path(), "log")[0];
    let mut bytes = std::fs::read(log).unwrap();
    let middle = bytes.windows(13).position(|window| window == b"of dialog 200").unwrap();
    bytes[middle] ^= 1;
    std::fs::write(log, bytes).unwrap();
    let before = files(killed.path());
    assert!(all(killed.path(), false).is_err());
    let (things, exports) = all(killed.path(), true).unwrap();
    let (found, heard) = (dialogs(&things).len(), events(&things).len() as u64);
    assert!(exports.damages >= 2 && found >= 199, "{exports:?}, {found} dialogs");
    assert!(heard > world.seq - 800, "{heard} of {} events: later ones are there too", world.seq);
    assert!(files(killed.path()) == before, "somebody wrote");
}

#[test]
fn a_log_with_a_damaged_end_is_exported_up_to_there() {
    let directory = scratch();
    let running = Running::start(directory.path(), &quick());
    spoken(&running, 90);
    let killed = running.killed();
    running.journal.close().unwrap();
    let log = &largest(killed.path(), "log")[0];
    let mut bytes = std::fs::read(log).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(log, bytes).unwrap();
    let refused = all(killed.path(), false).unwrap_err().to_string();
    assert!(refused.contains(".log, byte "), "{refused}");
    let (things, exports) = all(killed.path(), true).unwrap();
    assert!(exports.damages >= 1 && dialogs(&things).len() >= 85, "{exports:?}");
}

#[test]
fn what_is_left_without_a_table_is_exported() {
    let (directory, _) = closed_directory(900);
    let journal = &largest(directory.path(), "sst")[0];
    std::fs::remove_file(journal).unwrap();
    assert!(verify(directory.path(), &mut |_, _| {}).unwrap_err().to_string().contains("cannot open it"));
    let (things, exports) = all(directory.path(), true).unwrap();
    assert!(exports.damages >= 1, "{:?}", damages(&things));
    assert!(things.iter().any(|thing| matches!(thing, Exported::Channel(_))));
}
