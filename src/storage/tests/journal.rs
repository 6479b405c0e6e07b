//! Committing and releasing.

use std::sync::atomic::Ordering;

use super::world::World;
use crate::domain::reply::Reply as Answer;
use crate::ids::{DialogId, IdempotencyKey};
use crate::storage::testing::*;
use crate::storage::*;

fn key(number: u64) -> IdempotencyKey {
    IdempotencyKey::new(format!("key {number}")).unwrap()
}

#[test]
fn replies_are_released_in_order_with_the_event_before_them() {
    for durability in [Durability::Sync, Durability::Buffered, Durability::None] {
        let directory = scratch();
        let running = Running::start(directory.path(), &StoreSettings { durability, ..quick() });
        for number in 0..50 {
            let mut batch = Batch::default();
            batch.release(running.reply(number * 3));
            batch.record(&of_dialog(number + 1, 1, vec![opening(1), message(number + 1, 1)]), None);
            batch.release(running.reply(number * 3 + 1));
            batch.record(&clock(7), None);
            batch.release(running.reply(number * 3 + 2));
            running.send(batch);
        }
        for number in 0..50 {
            assert_eq!(running.next_reply(), (number * 3, Ok(number * 2)));
            assert_eq!(running.next_reply(), (number * 3 + 1, Ok(number * 2 + 2)));
            assert_eq!(running.next_reply(), (number * 3 + 2, Ok(number * 2 + 2)));
        }
        running.journal.close().unwrap();
    }
}

#[test]
fn a_batch_without_records_waits_for_those_before_it() {
    let directory = scratch();
    let running = Running::start(directory.path(), &quick());
    let mut first = Batch::default();
    first.record(&opened(1), None);
    first.release(running.reply(1));
    let mut second = Batch::default();
    second.release(running.reply(2));
    running.send(first);
    running.send(second);
    assert_eq!(running.next_reply(), (1, Ok(1)));
    assert_eq!(running.next_reply(), (2, Ok(1)));
    running.journal.close().unwrap();
}

#[test]
fn groups_are_committed_while_the_archive_stands_still() {
    let directory = scratch();
    let running = Running::start(directory.path(), &quick());
    let (stands, goes_on) = crossbeam_channel::bounded(0);
    let mut batch = Batch::default();
    batch.image(Image::Barrier(Barrier(stands)));
    running.send(batch);
    for number in 1..=1000 {
        let mut batch = Batch::default();
        batch.record(&opened(number), None);
        batch.image(Image::Key(key(number), Answer::Done));
        running.commit_batch(batch);
    }
    goes_on.recv().unwrap();
    running.journal.close().unwrap();
}

#[test]
fn after_a_failed_write_nothing_is_written_and_everything_fails() {
    for durability in [Durability::Sync, Durability::Buffered] {
        let directory = scratch();
        let settings = StoreSettings { durability, ..quick() };
        let running = Running::start(directory.path(), &settings);
        running.commit(&[opened(1)]);
        running.fail_after(0);
        for number in 2..5 {
            let mut batch = Batch::default();
            batch.record(&opened(number), None);
            batch.release(running.reply(number));
            running.send(batch);
            let (name, outcome) = running.next_reply();
            assert!(name == number && outcome.unwrap_err().contains("no space left"));
            running.fail_after(u64::MAX);
        }
        let mut empty = Batch::default();
        empty.release(running.reply(9));
        running.send(empty);
        assert!(running.next_reply().1.is_err());
        assert_eq!(running.feeds.durable_seq(), 1);
        let hooks = running.hooks.clone();
        assert!(running.journal.close().is_err());
        assert_eq!(hooks.failures.lock().unwrap().len(), 1);
        let again = Running::start(directory.path(), &settings);
        assert_eq!(again.recovered.durable_seq, 1);
    }
}

#[test]
fn a_failed_image_stops_the_journal_too() {
    let directory = scratch();
    let running = Running::start(directory.path(), &quick());
    let (mut world, mut batch) = (World::default(), Batch::default());
    world.record(&opened(1), &mut batch);
    world.image(DialogId(1), &mut batch);
    running.fail_after(1);
    running.commit_batch(batch);
    let mut outcome = Ok(0);
    for number in 2..10_000 {
        let mut batch = Batch::default();
        batch.record(&opened(number), None);
        batch.release(running.reply(number));
        running.send(batch);
        outcome = running.next_reply().1;
        if outcome.is_err() {
            break;
        }
    }
    assert!(outcome.is_err());
    // The owner may hear of it a moment after who waits for a reply: certain is what stands when all is over.
    let hooks = running.hooks.clone();
    let _ = running.journal.close();
    assert_eq!(hooks.failures.lock().unwrap().len(), 1);
}

#[test]
fn where_nothing_happens_nothing_is_written() {
    let directory = scratch();
    let running = Running::start(directory.path(), &quick());
    running.fail_after(0);
    // The archive looks ten times a second whether something waits.
    let (_sender, nothing) = crossbeam_channel::bounded::<()>(0);
    assert!(nothing.recv_timeout(std::time::Duration::from_millis(350)).is_err());
    assert!(running.hooks.failures.lock().unwrap().is_empty());
    running.fail_after(u64::MAX);
    running.journal.close().unwrap();
}

#[test]
fn a_checkpoint_is_asked_for_once_until_it_begins() {
    let directory = scratch();
    let settings = StoreSettings { checkpoint_bytes: 100, ..quick() };
    let running = Running::start(directory.path(), &settings);
    let mut world = World::default();
    for id in 1..30 {
        let mut batch = Batch::default();
        world.record(&opened(id), &mut batch);
        running.commit_batch(batch);
    }
    assert_eq!(running.hooks.due.load(Ordering::SeqCst), 1);
    let mut batch = Batch::default();
    world.checkpoint(&mut batch);
    running.commit_batch(batch);
    for id in 30..100_000 {
        running.commit(&[opened(id)]);
        if running.hooks.due.load(Ordering::SeqCst) == 2 {
            break;
        }
    }
    assert_eq!(running.hooks.due.load(Ordering::SeqCst), 2);
}

#[test]
fn the_newest_keys_are_remembered_from_the_ring_and_the_journal() {
    let directory = scratch();
    let settings = StoreSettings { key_window: 10, ..quick() };
    let running = Running::start(directory.path(), &settings);
    let mut batch = Batch::default();
    for number in 0..25 {
        batch.record(&clock(number), Some((&key(number as u64), &Answer::Done)));
        if number < 22 {
            batch.image(Image::Key(key(number as u64), Answer::Done));
        }
    }
    running.commit_batch(batch);
    running.journal.close().unwrap();
    let numbers = |recovered: &Recovered| -> Vec<String> {
        recovered.keys.iter().map(|(key, _)| key.as_str().trim_start_matches("key ").to_owned()).collect()
    };
    let again = Running::start(directory.path(), &settings);
    // The ring holds 12 to 21, the journal all: the newest count, in the order of the journal.
    assert_eq!(numbers(&again.recovered), ["15", "16", "17", "18", "19", "20", "21", "22", "23", "24"]);
    assert_eq!(again.recovered.keys_on_disk, 7);
    let mut batch = Batch::default();
    World::default().checkpoint(&mut batch);
    again.commit_batch(batch);
    again.journal.close().unwrap();
    let smaller = Running::start(directory.path(), &StoreSettings { key_window: 4, ..quick() });
    assert_eq!(numbers(&smaller.recovered), ["18", "19", "20", "21"]);
    assert_eq!(smaller.recovered.keys_on_disk, 4);
    let mut batch = Batch::default();
    batch.record(&clock(1), Some((&key(22), &Answer::Done)));
    batch.image(Image::Key(key(22), Answer::Done));
    smaller.commit_batch(batch);
    smaller.journal.close().unwrap();
    let last = Running::start(directory.path(), &StoreSettings { key_window: 4, ..quick() });
    assert_eq!(numbers(&last.recovered), ["19", "20", "21", "22"]);
}
