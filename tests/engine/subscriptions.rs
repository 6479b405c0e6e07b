//! Events from any place on, without hole or repetition: under load, across restarts, after trimming.

use std::sync::Barrier;
use std::thread;

use centrala::engine::{Durability, Engine, FeedError, Recorded, Subscription};
use centrala::ids::SubscriptionName;
use futures_util::StreamExt;
use serde_json::json;

use crate::house::{House, id, lifecycles, message};
use crate::time_limit::in_time;

const AUTO: &str = "auto";

fn start(house: &House) -> Engine {
    house.open_with(&["anna"], 1_000_000, json!({"accept": AUTO}))
}

/// Reads on until event `last`; fails at a hole or a repetition.
fn read_to(events: &mut Subscription, last: u64) -> Vec<Recorded> {
    try_read_to(events, last).unwrap()
}

fn try_read_to(events: &mut Subscription, last: u64) -> Result<Vec<Recorded>, FeedError> {
    let mut read: Vec<Recorded> = Vec::new();
    while read.last().is_none_or(|recorded| recorded.seq < last) {
        let recorded = pollster::block_on(events.next()).expect("it has not ended")?;
        if let Some(before) = read.last() {
            assert_eq!(recorded.seq, before.seq + 1, "a hole or a repetition");
        }
        read.push(recorded);
    }
    Ok(read)
}

fn settled(engine: &Engine) -> u64 {
    pollster::block_on(engine.settle()).unwrap()
}

#[test]
fn every_reader_sees_the_same_under_load_however_slow_it_is() {
    in_time(|| {
        for (arbiters, durability) in
            [(0, Durability::Buffered), (3, Durability::Sync), (0, Durability::None)]
        {
            let house = House::with(|settings| {
                settings.arbiters = arbiters;
                settings.durability = durability;
            });
            let engine = start(&house);
            let before = read_by_many(&engine);
            engine.close_blocking().unwrap();
            let engine = house.open();
            let last = settled(&engine);
            assert_eq!(read_to(&mut engine.subscribe(1), last), before, "the same after a restart");
            let middle = before.len() / 2;
            assert_eq!(read_to(&mut engine.subscribe(before[middle].seq), last), before[middle..]);
            assert_eq!(engine.subscribe(1).committed_up_to(last).unwrap(), before);
            engine.close_blocking().unwrap();
        }
    });
}

/// Lets several threads write and several read; gives what all of them have read.
fn read_by_many(engine: &Engine) -> Vec<Recorded> {
    const WRITERS: usize = 3;
    let written = Barrier::new(WRITERS + 1);
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let written = &written;
            scope.spawn(move || {
                lifecycles(engine, "anna", (0..400).map(|client| format!("{writer}/{client}")));
                written.wait();
            });
        }
        // 4 set-up events, then 5 for each dialog.
        let last = 3 + 5 * 400 * WRITERS as u64;
        let fast: Vec<_> =
            (0..3).map(|_| scope.spawn(move || read_to(&mut engine.subscribe(1), last))).collect();
        let middle = scope.spawn(move || read_to(&mut engine.subscribe(engine.durable_seq() + 1), last));
        let mut slow = engine.subscribe(1);
        let mut read = read_to(&mut slow, 10);
        written.wait();
        assert_eq!(settled(engine), last);
        read.extend(read_to(&mut slow, last));
        assert_eq!(
            read.iter().map(|recorded| recorded.seq).collect::<Vec<_>>(),
            (1..=last).collect::<Vec<_>>()
        );
        for reader in fast {
            assert_eq!(reader.join().unwrap(), read);
        }
        let middle = middle.join().unwrap();
        assert_eq!(middle, read[read.len() - middle.len()..]);
        read
    })
}

#[test]
fn a_named_subscription_goes_on_behind_what_it_has_acknowledged() {
    in_time(|| {
        let house = House::new();
        let engine = start(&house);
        let name: SubscriptionName = id("crm");
        lifecycles(&engine, "anna", (0..20).map(|client| format!("client {client}")));
        let last = settled(&engine);
        let mut events = engine.subscribe_as(&name).unwrap();
        let read = read_to(&mut events, last);
        assert_eq!(read[0].seq, 1, "a new name begins at the beginning");
        engine.acknowledge(&name, 30).unwrap();
        engine.acknowledge(&name, 20).unwrap();
        engine.close_blocking().unwrap();
        let engine = house.open();
        let again = read_to(&mut engine.subscribe_as(&name).unwrap(), last);
        assert_eq!(again, read[30..], "behind event 30: a late acknowledgement takes nothing back");
        engine.acknowledge(&name, last).unwrap();
        engine.receive(message("ala", "hello")).wait().unwrap();
        let next = pollster::block_on(engine.subscribe_as(&name).unwrap().next()).unwrap().unwrap();
        assert_eq!(next.seq, last + 1);
        engine.unsubscribe(&name).unwrap();
        engine.close_blocking().unwrap();
    });
}

/// Writes so much that the engine trims its journal, if nothing holds it.
fn write_much(engine: &Engine, round: usize) {
    let text = "x".repeat(9000);
    let sent: Vec<_> =
        (0..500).map(|number| engine.receive(message(format!("{round}/{number}"), &text))).collect();
    for execution in sent {
        execution.wait().unwrap();
    }
}

/// The first event that is still kept.
fn first_kept(engine: &Engine) -> u64 {
    match pollster::block_on(engine.subscribe(1).next()) {
        Some(Ok(recorded)) => recorded.seq,
        Some(Err(FeedError::Trimmed { first_available })) => first_available,
        other => panic!("{other:?}"),
    }
}

fn small_journal() -> House {
    House::with(|settings| {
        settings.checkpoint_bytes = 1024 * 1024;
        settings.retain_events = 100;
    })
}

#[test]
fn a_reader_that_is_too_slow_is_told_where_it_may_go_on() {
    in_time(|| {
        let house = small_journal();
        let engine = start(&house);
        let mut slow = engine.subscribe(1);
        read_to(&mut slow, 3);
        let mut rounds = 0..60;
        while first_kept(&engine) == 1 {
            write_much(&engine, rounds.next().expect("the journal is trimmed in the end"));
        }
        let error = loop {
            match pollster::block_on(slow.next()) {
                Some(Ok(_)) => {}
                Some(Err(error)) => break error,
                None => panic!("it ended without a word"),
            }
        };
        assert!(error.to_string().contains("no longer kept"), "{error}");
        let FeedError::Trimmed { mut first_available } = error else { panic!("{error}") };
        let last = settled(&engine);
        // The journal may be trimmed once more behind the last message.
        let kept = loop {
            match try_read_to(&mut engine.subscribe(first_available), last) {
                Err(FeedError::Trimmed { first_available: later }) => first_available = later,
                read => break read.unwrap(),
            }
        };
        assert!(kept.len() > 100, "{first_available} to {last}: fewer than were to be kept");
        assert_eq!(kept[0].seq, first_available);
        engine.close_blocking().unwrap();
        let engine = house.open();
        assert!(matches!(
            pollster::block_on(engine.subscribe(1).next()),
            Some(Err(FeedError::Trimmed { .. }))
        ));
        assert_eq!(read_to(&mut engine.subscribe(last - 50), last).len(), 51);
        engine.close_blocking().unwrap();
    });
}

#[test]
fn a_named_subscription_holds_the_journal_until_it_acknowledges_or_goes() {
    in_time(|| {
        let house = small_journal();
        let engine = start(&house);
        let name: SubscriptionName = id("crm");
        engine.acknowledge(&name, 10).unwrap();
        for round in 0..8 {
            write_much(&engine, round);
        }
        let last = settled(&engine);
        let read = read_to(&mut engine.subscribe_as(&name).unwrap(), last);
        assert_eq!(read[0].seq, 11);
        engine.close_blocking().unwrap();
        let engine = house.open();
        assert_eq!(read_to(&mut engine.subscribe_as(&name).unwrap(), last), read);
        engine.unsubscribe(&name).unwrap();
        let mut rounds = 8..60;
        while first_kept(&engine) <= 11 {
            write_much(&engine, rounds.next().expect("nothing holds the journal any more"));
        }
        engine.close_blocking().unwrap();
    });
}

#[test]
fn an_operators_screen_is_told_of_its_offers_alone() {
    in_time(|| {
        let house = House::new();
        let engine = house.open_with(&["anna", "bea"], 1, json!({"mode": "strictly"}));
        let first = engine.receive(message("ala", "hello")).wait().unwrap().dialog;
        let second = engine.receive(message("ola", "hello")).wait().unwrap().dialog;
        crate::house::by(&engine, "anna").answer(first).wait().unwrap();
        crate::house::by(&engine, "bea").answer(second).wait().unwrap();
        settled(&engine);
        let notifications = engine.notifications(id("bea"), 1);
        engine.close_blocking().unwrap();
        let seen = pollster::block_on(notifications.collect::<Vec<_>>());
        assert_eq!(seen.len(), 2, "one offer, one answer: {seen:?}");
    });
}
