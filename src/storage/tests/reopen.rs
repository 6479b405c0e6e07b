//! What is found again: after closing, and after a kill.

use super::world::World;
use crate::error::Error;
use crate::ids::{DialogId, ExternalId, MessageId};
use crate::routing::Memory;
use crate::storage::testing::*;
use crate::storage::*;

/// Three dialogs: one archived, one open with an image, one only in the journal.
fn three_dialogs(running: &Running) -> World {
    let (mut world, mut batch) = (World::default(), Batch::default());
    world.record(&put_channel(5, 1), &mut batch);
    world.record(&put_operator("eve", 2, 1), &mut batch);
    world.record(&of_dialog(1, 10, vec![opening(1), message(1, 1)]), &mut batch);
    world.record(&of_dialog(2, 11, vec![opening(2), message(2, 1)]), &mut batch);
    world.image(DialogId(1), &mut batch);
    world.image(DialogId(2), &mut batch);
    world.record(&closed(1), &mut batch);
    world.image(DialogId(1), &mut batch);
    world.record(&of_dialog(3, 99, vec![opening(3)]), &mut batch);
    running.commit_batch(batch);
    world
}

/// Waits until dialog 1 is on the disk as closed; the others are written with it.
fn until_archived(running: &Running) {
    let is_closed = || running.reader.dialog(DialogId(1)).unwrap().is_some_and(|dialog| dialog.is_closed());
    while !is_closed() {
        std::thread::yield_now();
    }
}

#[test]
fn everything_is_found_after_closing_and_after_a_kill() {
    for kill in [false, true] {
        let directory = scratch();
        let running = Running::start(directory.path(), &quick());
        let world = three_dialogs(&running);
        until_archived(&running);
        let copy = kill.then(|| running.killed());
        running.journal.close().unwrap();
        let path = copy.as_ref().map_or(directory.path(), |copy| copy.path());
        let again = Running::start(path, &quick());
        assert_eq!(again.recovered.durable_seq, world.seq);
        assert_eq!(again.recovered.next_dialog, 4);
        assert_eq!(again.recovered.clock.as_millis(), 99);
        let open: Vec<_> = again.found.dialogs.iter().map(|found| found.dialog.id.0).collect();
        // A kill loses the images that were only in memory: dialog 1 comes from the journal again.
        assert_eq!(open, if kill { vec![1, 2, 3] } else { vec![2, 3] });
        let found = World::recovered(again.found, &world.archived, world.seq);
        assert_eq!(found.state_hash(), world.state_hash());
    }
}

#[test]
fn after_a_checkpoint_nothing_before_it_is_read() {
    let directory = scratch();
    let running = Running::start(directory.path(), &quick());
    let mut world = three_dialogs(&running);
    let mut batch = Batch::default();
    world.checkpoint(&mut batch);
    let clean_until = world.seq;
    world.record(&of_dialog(3, 100, vec![message(3, 1)]), &mut batch);
    running.commit_batch(batch);
    running.journal.close().unwrap();
    let again = Running::start(directory.path(), &quick());
    assert_eq!(again.found.memory, Some(encode(&Memory::of_rulings(clean_until))));
    assert_eq!(again.found.changes.len(), 1);
    assert!(again.found.channels[0].clean && again.found.operators[0].clean);
    let dialogs: Vec<_> = again.found.dialogs.iter().map(|found| found.dialog.id.0).collect();
    let asleep: Vec<_> = again.found.heads.iter().map(|head| head.id.0).collect();
    assert_eq!((dialogs, asleep), (vec![2, 3], vec![2]));
    let found = World::recovered(again.found, &world.archived, world.seq);
    assert_eq!(found.things(), world.things());
    assert_eq!(found.state_hash(), world.state_hash());
}

#[test]
fn a_closed_dialog_is_found_by_id_client_and_external_id() {
    let directory = scratch();
    let running = Running::start(directory.path(), &quick());
    three_dialogs(&running);
    until_archived(&running);
    let reader = &running.reader;
    assert!(reader.dialog(DialogId(1)).unwrap().unwrap().is_closed());
    assert!(!reader.dialog(DialogId(2)).unwrap().unwrap().is_closed());
    assert_eq!(reader.dialog(DialogId(7)).unwrap(), None);
    assert_eq!(reader.last_dialog(&channel_id(), &client_id(1)).unwrap(), Some(DialogId(1)));
    assert_eq!(reader.last_dialog(&channel_id(), &client_id(2)).unwrap(), None);
    let external =
        |name: &str| reader.external(&channel_id(), &client_id(1), &ExternalId::new(name).unwrap()).unwrap();
    assert_eq!(external("1-1"), Some(MessageId::of(DialogId(1), 1)));
    assert_eq!(external("2-1"), None);
}

/// The last dialog of the client after writes of closed dialogs, each with whether its image is that of its end.
fn last_dialog_after(writes: &[&[(u64, bool)]]) -> Option<DialogId> {
    let directory = scratch();
    let running = Running::start(directory.path(), &quick());
    let mut world = World::default();
    for dialogs in writes {
        let mut batch = Batch::default();
        for (id, ending) in *dialogs {
            world.ending = *ending;
            world.record(&of_dialog(*id, 1, vec![opening(1), closing()]), &mut batch);
            world.image(DialogId(*id), &mut batch);
        }
        world.checkpoint(&mut batch);
        running.commit_batch(batch);
    }
    running.journal.close().unwrap();
    Running::start(directory.path(), &quick()).reader.last_dialog(&channel_id(), &client_id(1)).unwrap()
}

#[test]
fn the_larger_dialog_of_a_client_wins_whatever_the_order() {
    assert_eq!(last_dialog_after(&[&[(300, false), (5, false), (70, false)]]), Some(DialogId(300)));
}

#[test]
fn a_dialog_that_ends_is_the_last_of_its_client_whatever_is_written_again_of_others() {
    let ends: [&[(u64, bool)]; 3] = [&[(5, true)], &[(70, true)], &[(300, true)]];
    assert_eq!(last_dialog_after(&ends), Some(DialogId(300)));
    // As after a start that reads them back.
    let again: [&[(u64, bool)]; 2] = [&[(5, false)], &[(70, false)]];
    assert_eq!(last_dialog_after(&[&ends[..], &again[..]].concat()), Some(DialogId(300)));
}

#[test]
fn an_announced_dialog_is_known_before_and_after_its_image_is_written() {
    let directory = scratch();
    let running = Running::start(directory.path(), &quick());
    let external = ExternalId::new("1-1").unwrap();
    let known = || {
        let reader = &running.reader;
        let message = reader.external(&channel_id(), &client_id(1), &external).unwrap();
        let last = reader.last_dialog(&channel_id(), &client_id(1)).unwrap();
        (message, last, reader.dialog(DialogId(1)).unwrap().is_some())
    };
    let everything = (Some(MessageId::of(DialogId(1), 1)), Some(DialogId(1)), true);
    let (mut world, mut batch) = (World::default(), Batch::default());
    world.record(&of_dialog(1, 10, vec![opening(1), message(1, 1), closing()]), &mut batch);
    let image = world.image(DialogId(1), &mut batch).unwrap();
    assert_eq!(known(), (None, None, false));
    running.reader.announce(&image);
    assert_eq!(known(), everything);
    running.commit_batch(batch);
    // The journal's handle to the image is gone when it is written, no longer announced, and nothing comes for a while.
    while std::sync::Arc::strong_count(&image) > 1 {
        std::thread::yield_now();
    }
    assert_eq!(known(), everything);
}

#[test]
fn behind_a_barrier_nobody_holds_what_was_written_before() {
    let directory = scratch();
    let running = Running::start(directory.path(), &quick());
    let (mut world, mut batch) = (World::default(), Batch::default());
    world.record(&of_dialog(1, 10, vec![opening(1), message(1, 1), closing()]), &mut batch);
    let image = world.image(DialogId(1), &mut batch).unwrap();
    running.reader.announce(&image);
    let (passed, is_passed) = crossbeam_channel::bounded(1);
    batch.image(Image::Barrier(Barrier(passed)));
    running.commit_batch(batch);
    is_passed.recv().unwrap();
    assert_eq!(std::sync::Arc::strong_count(&image), 1);
}

#[test]
fn closing_frees_the_directory_though_readers_are_about() {
    let directory = scratch();
    let running = Running::start(directory.path(), &quick());
    let mut found = Collected::default();
    assert!(matches!(Store::open(directory.path(), &quick(), &mut found), Err(Error::InUse { .. })));
    let reader = running.reader.clone();
    running.journal.close().unwrap();
    assert!(matches!(reader.dialog(DialogId(1)), Err(Error::Closed)));
    Running::start(directory.path(), &quick()).journal.close().unwrap();
}

#[test]
fn a_closed_dialog_that_changes_again_comes_back() {
    let directory = scratch();
    let running = Running::start(directory.path(), &quick());
    let (mut world, mut batch) = (World::default(), Batch::default());
    world.record(&of_dialog(1, 1, vec![opening(1), closing()]), &mut batch);
    world.image(DialogId(1), &mut batch);
    world.record(&of_dialog(2, 1, vec![opening(2), closing()]), &mut batch);
    world.image(DialogId(2), &mut batch);
    batch.record(&of_dialog(1, 2, vec![message(1, 1)]), None);
    running.commit_batch(batch);
    running.journal.close().unwrap();
    let again = Running::start(directory.path(), &quick());
    let [found] = &again.found.dialogs[..] else { panic!("{:?}", again.found.dialogs) };
    assert_eq!((found.dialog.id, found.dialog.messages.len()), (DialogId(1), 1));
    assert!(found.on_disk.is_some() && !found.was_open_on_disk);
}

#[test]
fn a_group_cut_short_at_the_end_of_the_log_is_dropped_whole() {
    let directory = scratch();
    let running = Running::start(directory.path(), &quick());
    running.commit(&[opened(1)]);
    running.commit(&[opened(2), opened(3)]);
    let copy = running.killed();
    let log = std::fs::read_dir(copy.path()).unwrap().map(|entry| entry.unwrap().path());
    let log = log.filter(|path| path.extension().is_some_and(|kind| kind == "log")).max().unwrap();
    let file = std::fs::OpenOptions::new().write(true).open(&log).unwrap();
    file.set_len(file.metadata().unwrap().len() - 3).unwrap();
    let again = Running::start(copy.path(), &quick());
    assert_eq!(again.recovered.durable_seq, 1);
    again.commit(&[opened(2)]);
    assert_eq!(again.feeds.durable_seq(), 2);
}

#[test]
fn a_directory_that_cannot_be_made_is_unusable() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let opened = Store::open(file.path().join("data"), &quick(), &mut Collected::default());
    assert!(matches!(opened, Err(Error::Unusable { .. })));
}
