//! Following the journal.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use super::world::World;
use crate::ids::SubscriptionName;
use crate::storage::testing::*;
use crate::storage::*;

#[derive(Default)]
struct Bell(AtomicU64);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn numbers(feed: &mut Feed, up_to: u64) -> Vec<u64> {
    std::iter::from_fn(|| feed.next_up_to(up_to)).map(|recorded| recorded.unwrap().seq).collect()
}

fn commit_many(running: &Running, dialogs: std::ops::Range<u64>) {
    for id in dialogs {
        running.commit(&[clock(1), of_dialog(id, 1, vec![opening(id), message(id, 1), closing()])]);
    }
}

#[test]
fn a_feed_from_anywhere_has_no_hole_and_no_repetition_in_memory_and_on_disk() {
    let directory = scratch();
    let running = Running::start(directory.path(), &StoreSettings { feed_bytes: 1000, ..quick() });
    commit_many(&running, 1..40);
    running.commit(&[clock(1)]);
    let last = running.feeds.durable_seq();
    assert_eq!(last, 39 * 3);
    for from in [0, 1, 2, 3, 50, 115, 117, 118, 200] {
        let expected: Vec<u64> = (from.max(1)..=last).collect();
        assert_eq!(numbers(&mut running.feeds.feed(from), u64::MAX), expected, "from {from}");
    }
    let mut feed = running.feeds.feed(1);
    assert_eq!(numbers(&mut feed, 5), [1, 2, 3, 4, 5]);
    assert_eq!(numbers(&mut feed, 5), [0; 0]);
    commit_many(&running, 40..42);
    assert_eq!(numbers(&mut feed, u64::MAX), (6..=123).collect::<Vec<_>>());
    running.journal.close().unwrap();
}

#[test]
fn a_feed_that_waits_is_woken_and_ends_with_the_journal() {
    let directory = scratch();
    let running = Running::start(directory.path(), &quick());
    let mut feed = running.feeds.feed(1);
    let bell = Arc::new(Bell::default());
    let waker = Waker::from(Arc::clone(&bell));
    let mut context = Context::from_waker(&waker);
    assert!(feed.poll_next(&mut context).is_pending());
    assert!(feed.poll_next(&mut context).is_pending());
    running.commit(&[opened(1)]);
    // The subscriber is woken before the reply goes.
    assert_eq!(bell.0.load(Ordering::SeqCst), 1);
    let Poll::Ready(Some(Ok(recorded))) = feed.poll_next(&mut context) else { panic!() };
    assert_eq!((recorded.seq, recorded.at.as_millis()), (1, 1));
    assert!(matches!(recorded.event, OneEvent::Dialog(..)));
    assert!(feed.poll_next(&mut context).is_pending());
    running.commit(&[opened(2)]);
    running.journal.close().unwrap();
    assert!(matches!(feed.poll_next(&mut context), Poll::Ready(Some(Ok(recorded))) if recorded.seq == 2));
    assert!(matches!(feed.poll_next(&mut context), Poll::Ready(None)));
    assert!(bell.0.load(Ordering::SeqCst) >= 2);
}

/// Commits a checkpoint and waits until the journal has been trimmed behind it.
fn checkpoint(running: &Running, world: &mut World, trimmed_to: u64) {
    let mut batch = Batch::default();
    world.checkpoint(&mut batch);
    running.commit_batch(batch);
    while running.feeds.first_seq() < trimmed_to {
        std::thread::yield_now();
    }
}

#[test]
fn behind_checkpoint_retention_and_subscriptions_the_journal_is_trimmed() {
    let directory = scratch();
    let settings = StoreSettings { retain_events: 9, feed_bytes: 1, ..quick() };
    let running = Running::start(directory.path(), &settings);
    let name = SubscriptionName::new("crm").unwrap();
    running.feeds.acknowledge(&name, 6).unwrap();
    let mut world = World::default();
    for id in 1..20 {
        let mut batch = Batch::default();
        world.record(&of_dialog(id, 1, vec![opening(id), message(id, 1), closing()]), &mut batch);
        running.commit_batch(batch);
    }
    checkpoint(&running, &mut world, 7);
    assert_eq!(running.feeds.first_seq(), 7);
    running.feeds.acknowledge(&name, 30).unwrap();
    running.feeds.acknowledge(&name, 3).unwrap();
    assert_eq!(running.feeds.position(&name), Some(30));
    checkpoint(&running, &mut world, 31);
    assert_eq!(running.feeds.first_seq(), 31);
    running.feeds.forget(&name).unwrap();
    checkpoint(&running, &mut world, 49);
    // 57 events, of which 9 are kept, and the frame of the 48th ends there.
    assert_eq!(running.feeds.first_seq(), 49);
    let mut late = running.feeds.feed(48);
    assert!(matches!(late.next_up_to(99), Some(Err(FeedError::Trimmed { first_available: 49 }))));
    assert!(late.next_up_to(99).is_none());
    assert_eq!(numbers(&mut running.feeds.feed(49), 99), (49..=57).collect::<Vec<_>>());
    running.feeds.acknowledge(&name, 55).unwrap();
    running.journal.close().unwrap();
    let again = Running::start(directory.path(), &settings);
    assert_eq!((again.feeds.first_seq(), again.feeds.position(&name)), (49, Some(55)));
    assert_eq!(numbers(&mut again.feeds.feed(49), 99), (49..=57).collect::<Vec<_>>());
    again.commit(&[opened(20)]);
    assert_eq!(numbers(&mut again.feeds.feed(56), 99), [56, 57, 58]);
    again.journal.close().unwrap();
    assert_eq!(verify(directory.path(), &mut |_, _| {}).unwrap().first_seq, 49);
}
