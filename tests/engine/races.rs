//! Many threads at once want the same: exactly one gets it, and nobody more than there is room for.

use std::collections::{HashMap, HashSet};
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use centrala::domain::reply::Received;
use centrala::engine::Engine;
use centrala::error::Code;
use centrala::ids::DialogId;
use serde_json::json;

use crate::chance::Chance;
use crate::house::{
    CHANNEL, House, by, channel_to_put, dialog, id, message, message_named, texts, to_json, units,
};
use crate::ledger::Ledger;
use crate::time_limit::in_time;

const OPERATORS: &[&str] = &["anna", "bea", "cleo", "dora", "ewa", "fela"];

/// Opens dialogs for that many clients.
fn open_dialogs(engine: &Engine, count: usize) -> Vec<DialogId> {
    let sent: Vec<_> =
        (0..count).map(|client| engine.receive(message(format!("client {client}"), "hello"))).collect();
    sent.into_iter().map(|execution| execution.wait().unwrap().dialog).collect()
}

/// Reads all events there are into a ledger, which fails if any of them gives too much.
fn audit(engine: &Engine, capacity: u64, offers_reserve: bool) -> Ledger {
    let last = pollster::block_on(engine.settle()).unwrap();
    let mut ledger = Ledger::new(capacity, offers_reserve);
    ledger.read(&engine.subscribe(1).committed_up_to(last).unwrap());
    ledger
}

/// Runs `work` for every operator at the same time, and watches that none is given too much.
fn all_at_once<T: Send>(engine: &Engine, capacity: u64, work: impl Fn(&'static str) -> T + Sync) -> Vec<T> {
    let start = Barrier::new(OPERATORS.len());
    let over = AtomicBool::new(false);
    let work = |operator| {
        start.wait();
        work(operator)
    };
    let work = &work;
    thread::scope(|scope| {
        let workers: Vec<_> = OPERATORS.iter().map(|operator| scope.spawn(move || work(operator))).collect();
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                for operator in OPERATORS {
                    let (held, offered, all) = units(engine, operator);
                    assert_eq!(all, capacity);
                    assert!(held + offered <= capacity, "{operator} holds {held} and is offered {offered}");
                }
            }
        });
        let results: Vec<_> = workers.into_iter().map(thread::ScopedJoinHandle::join).collect();
        over.store(true, Ordering::Relaxed);
        results
            .into_iter()
            .map(|result| result.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}

#[test]
fn of_all_who_answer_a_dialog_at_once_exactly_one_gets_it() {
    in_time(|| {
        for arbiters in [0, 3] {
            answer_race(arbiters);
        }
    });
}

fn answer_race(arbiters: usize) {
    const CAPACITY: u64 = 40;
    let house = House::with(|settings| settings.arbiters = arbiters);
    let engine = house.open_with(OPERATORS, CAPACITY as u32, json!({"mode": "all"}));
    let dialogs = open_dialogs(&engine, 200);
    let answered = all_at_once(&engine, CAPACITY, |operator| {
        let mut dialogs = dialogs.clone();
        Chance::of(operator.len() as u64 + u64::from(operator.as_bytes()[0])).shuffle(&mut dialogs);
        let me = by(&engine, operator);
        let mut mine = Vec::new();
        // Answers under way count too, so whoever has no room now may have some a moment later.
        while !dialogs.is_empty() && mine.len() < CAPACITY as usize {
            let tries: Vec<_> = dialogs.drain(..).map(|dialog| (dialog, me.answer(dialog))).collect();
            for (dialog, answer) in tries {
                match answer.wait().map_err(|error| error.code()) {
                    Ok(()) => mine.push((dialog, operator)),
                    Err(Code::OperatorAtCapacity) => dialogs.push(dialog),
                    Err(code) => assert_eq!(code, Code::AlreadyAnswered),
                }
            }
        }
        mine
    });
    let answered: Vec<_> = answered.into_iter().flatten().collect();
    let owners: HashMap<_, _> = answered.iter().copied().collect();
    assert_eq!((owners.len(), answered.len()), (dialogs.len(), dialogs.len()), "one answer for each dialog");
    let ledger = audit(&engine, CAPACITY, false);
    for (id, owner) in owners {
        assert_eq!(dialog(&engine, id)["owner"], owner);
        assert_eq!(ledger.owner(id).map(AsRef::as_ref), Some(owner));
    }
    engine.close_blocking().unwrap();
}

#[test]
fn taking_the_same_dialogs_at_once_leaves_each_with_its_last_taker() {
    in_time(|| {
        for arbiters in [0, 3] {
            take_race(arbiters);
        }
    });
}

fn take_race(arbiters: usize) {
    const CAPACITY: u64 = 30;
    let house = House::with(|settings| settings.arbiters = arbiters);
    let engine = house.open_with(OPERATORS, CAPACITY as u32, json!({"mode": "all"}));
    let dialogs = open_dialogs(&engine, 60);
    let taken: usize = all_at_once(&engine, CAPACITY, |operator| {
        let mut chance = Chance::of(u64::from(operator.as_bytes()[0]));
        let me = by(&engine, operator);
        let tries: Vec<_> = (0..500).map(|_| me.take(*chance.one_of(&dialogs))).collect();
        let refused = tries.into_iter().filter_map(|attempt| attempt.wait().err());
        500 - refused.map(|error| assert_eq!(error.code(), Code::OperatorAtCapacity)).count()
    })
    .into_iter()
    .sum();
    assert!(taken >= dialogs.len());
    let ledger = audit(&engine, CAPACITY, false);
    for id in dialogs {
        assert_eq!(dialog(&engine, id)["owner"].as_str(), ledger.owner(id).map(AsRef::as_ref));
    }
    engine.close_blocking().unwrap();
}

#[test]
fn offers_never_reserve_more_than_an_operator_has() {
    in_time(|| {
        for arbiters in [0, 3] {
            offer_race(arbiters);
        }
    });
}

fn offer_race(arbiters: usize) {
    const CAPACITY: u64 = 3;
    const DIALOGS: u64 = 300;
    let house = House::with(|settings| settings.arbiters = arbiters);
    let engine =
        house.open_with(OPERATORS, CAPACITY as u32, json!({"mode": "evenly", "offer_timeout_ms": 20}));
    let arrivals = thread::spawn({
        let engine = engine.clone();
        move || open_dialogs(&engine, DIALOGS as usize).len()
    });
    let finished: usize =
        all_at_once(&engine, CAPACITY, |operator| work_off(&engine, operator, DIALOGS)).iter().sum();
    assert_eq!((arrivals.join().unwrap(), finished), (DIALOGS as usize, DIALOGS as usize));
    audit(&engine, CAPACITY, true);
    for operator in OPERATORS {
        assert_eq!(units(&engine, operator), (0, 0, CAPACITY));
    }
    engine.close_blocking().unwrap();
}

/// Answers, skips, replies and finishes until all dialogs have come and gone; counts what was finished.
fn work_off(engine: &Engine, operator: &'static str, dialogs: u64) -> usize {
    let me = by(engine, operator);
    let mut chance = Chance::of(u64::from(operator.as_bytes()[0]));
    let mut finished = 0;
    loop {
        for view in pollster::block_on(me.unanswered()).unwrap() {
            let view = to_json(&view);
            let dialog = DialogId(view["dialog"].as_u64().unwrap());
            if !view["offered_to"].as_array().unwrap().contains(&json!(operator)) {
                continue;
            }
            // Each of these may come too late: the offer ends by itself before long.
            if chance.percent(20) {
                let _ = me.skip(dialog).wait();
            } else if me.answer(dialog).wait().is_ok() {
                me.reply(dialog, "good day").wait().unwrap();
                me.finish(dialog).wait().unwrap();
                finished += 1;
            }
        }
        let health = pollster::block_on(engine.health()).unwrap();
        if health.dialogs == dialogs && health.waiting + health.offered + health.answered == 0 {
            return finished;
        }
    }
}

#[test]
fn of_all_dialogs_that_are_passed_into_a_queue_at_once_as_many_get_in_as_may() {
    in_time(|| {
        for arbiters in [0, 3] {
            queue_race(arbiters);
        }
    });
}

fn queue_race(arbiters: usize) {
    const MOST: u32 = 5;
    let house = House::with(|settings| settings.arbiters = arbiters);
    let engine = house.open_with(OPERATORS, 40, json!({"mode": "evenly", "accept": "auto"}));
    let mut bounded = channel_to_put("bounded", &[], json!({}));
    bounded.settings.max_waiting = Some(MOST);
    engine.put_channel(bounded).wait().unwrap();
    let dialogs = open_dialogs(&engine, 60);
    let owners: Vec<_> = dialogs
        .iter()
        .map(|of| by(&engine, dialog(&engine, *of)["owner"].as_str().expect("it was answered")))
        .collect();
    let passed = dialogs.iter().zip(&owners);
    let sent: Vec<_> =
        passed.map(|(dialog, owner)| owner.transfer_to_channel(*dialog, id("bounded"), None)).collect();
    let refused: Vec<_> = sent.into_iter().filter_map(|transfer| transfer.wait().err()).collect();
    assert!(refused.iter().all(|error| error.code() == Code::QueueFull));
    assert_eq!(refused.len(), dialogs.len() - MOST as usize);
    let view = pollster::block_on(engine.get_channel(id("bounded"))).unwrap();
    assert_eq!(to_json(&view)["waiting"], MOST);
    engine.close_blocking().unwrap();
}

#[test]
fn a_message_that_is_delivered_many_times_at_once_is_stored_once() {
    in_time(|| {
        for arbiters in [0, 3] {
            let house = House::with(|settings| settings.arbiters = arbiters);
            let engine = house.open_with(OPERATORS, 1000, json!({}));
            let delivered = all_at_once(&engine, 1000, |_| {
                let sent = (0..200).map(|client| {
                    engine.receive(message_named(format!("client {client}"), "hello", format!("x{client}")))
                });
                let sent: Vec<_> = sent.collect();
                sent.into_iter().map(|execution| execution.wait().unwrap()).collect::<Vec<Received>>()
            });
            for client in 0..200 {
                let same: Vec<_> = delivered.iter().map(|replies| replies[client]).collect();
                let first: Vec<_> = same.iter().filter(|reply| !reply.duplicate).collect();
                assert_eq!(first.len(), 1, "{same:?}");
                assert!(first[0].opened);
                let places: HashSet<_> = same.iter().map(|reply| (reply.dialog, reply.message)).collect();
                assert_eq!(places.len(), 1, "{same:?}");
                assert_eq!(texts(&engine, first[0].dialog), ["hello"]);
            }
            assert_eq!(pollster::block_on(engine.health()).unwrap().dialogs, 200);
            engine.close_blocking().unwrap();
        }
    });
}

#[test]
fn a_message_that_meets_the_end_of_its_dialog_is_in_exactly_one_dialog() {
    in_time(|| {
        for arbiters in [0, 3] {
            finish_race(arbiters);
        }
    });
}

fn finish_race(arbiters: usize) {
    const MESSAGES: usize = 40;
    let house = House::with(|settings| settings.arbiters = arbiters);
    let engine = house.open_with(&["anna"], 1000, json!({"accept": "auto"}));
    let me = by(&engine, "anna");
    for client in 0..20 {
        let name = format!("client {client}");
        let mut sent = Vec::new();
        let mut ends = Vec::new();
        for number in 0..MESSAGES {
            sent.push((number, engine.receive(message(&name, format!("{number}")))));
            // Whatever this finds, it meets messages that are on their way.
            if number % 8 == 0
                && let Ok(found) = pollster::block_on(engine.find_dialog(id(CHANNEL), id(&name)))
            {
                let found = DialogId(to_json(&found)["dialog"].as_u64().unwrap());
                ends.push(me.finish(found));
            }
        }
        let mut places: Vec<(DialogId, String)> = sent
            .into_iter()
            .map(|(number, sent)| (sent.wait().unwrap().dialog, number.to_string()))
            .collect();
        drop(ends);
        let dialogs: HashSet<_> = places.iter().map(|(dialog, _)| *dialog).collect();
        let in_dialog = |dialog| texts(&engine, dialog).into_iter().map(move |text| (dialog, text));
        let mut found: Vec<_> = dialogs.into_iter().flat_map(in_dialog).collect();
        assert!(places.is_sorted_by_key(|(dialog, _)| *dialog), "messages changed their order: {places:?}");
        places.sort_unstable();
        found.sort_unstable();
        assert_eq!(found, places);
    }
    engine.close_blocking().unwrap();
}
