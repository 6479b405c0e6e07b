//! Opening, closing and dropping: several engines at once, one engine per directory, and an outcome
//! for every command whatever happens.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use centrala::engine::{Durability, Engine, Settings};
use centrala::error::{Code, Error};
use centrala::ids::DialogId;
use futures_util::StreamExt;
use serde_json::json;

use crate::house::{CHANNEL, House, by, id, keyed_reply, lifecycles, message, texts};
use crate::time_limit::in_time;

#[test]
fn several_engines_in_one_process_know_nothing_of_each_other() {
    in_time(|| {
        let houses = [House::new(), House::new(), House::new()];
        let engines: Vec<_> =
            houses.iter().map(|house| house.open_with(&["anna"], 10, json!({"accept": "auto"}))).collect();
        thread::scope(|scope| {
            for (number, engine) in engines.iter().enumerate() {
                let names = (0..50 * (number + 1)).map(|client| format!("client {client}"));
                scope.spawn(move || lifecycles(engine, "anna", names));
            }
        });
        for (number, engine) in engines.into_iter().enumerate() {
            assert_eq!(pollster::block_on(engine.health()).unwrap().dialogs, 50 * (number as u64 + 1));
            engine.close_blocking().unwrap();
        }
    });
}

#[test]
fn a_directory_belongs_to_one_engine_at_a_time() {
    in_time(|| {
        let house = House::new();
        let engine = house.open();
        let refused = house.try_open();
        assert!(matches!(refused, Err(Error::InUse { .. })), "{refused:?}");
        engine.receive(message("ala", "hello")).wait().expect_err("there is no channel, but an engine");
        engine.close_blocking().unwrap();
        house.open().close_blocking().unwrap();
    });
}

#[test]
fn whoever_lets_the_last_handle_go_may_open_the_directory_again_at_once() {
    in_time(|| {
        let house = House::new();
        let engine = house.open_with(&["anna"], 10, json!({"accept": "auto"}));
        let opened = engine.receive(message("ala", "hello")).wait().unwrap();
        let other = engine.clone();
        drop(engine);
        other.receive(message("ala", "still there?")).wait().unwrap();
        drop(other);
        let engine = house.open();
        assert_eq!(texts(&engine, opened.dialog), ["hello", "still there?"]);
        drop(by(&engine, "anna"));
        drop(engine);
        for runtime in runtimes() {
            let house = &house;
            runtime.block_on(async move {
                let engine = house.open();
                let me = by(&engine, "anna");
                drop(engine);
                me.reply(opened.dialog, "yes").await.unwrap();
                drop(me);
                let engine = house.open();
                let inside = tokio::spawn(async move { drop(engine) });
                inside.await.unwrap();
                house.open().close_blocking().unwrap();
            });
        }
        let path = house.path();
        actix::System::new().block_on(async move {
            drop(Engine::open(&path).unwrap());
            drop(Engine::open(&path).unwrap());
        });
        assert_eq!(texts(&house.open(), opened.dialog), ["hello", "still there?", "yes", "yes"]);
    });
}

fn runtimes() -> [tokio::runtime::Runtime; 2] {
    let many = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build();
    let one = tokio::runtime::Builder::new_current_thread().build();
    [many.unwrap(), one.unwrap()]
}

#[test]
fn a_command_that_nobody_waits_for_is_done_all_the_same() {
    in_time(|| {
        let house = House::new();
        let engine = house.open_with(&["anna"], 10, json!({"accept": "auto"}));
        let opened = engine.receive(message("ala", "hello")).wait().unwrap();
        drop(by(&engine, "anna").reply(opened.dialog, "good day"));
        drop(engine);
        assert_eq!(texts(&house.open(), opened.dialog), ["hello", "good day"]);
    });
}

#[test]
fn every_command_under_way_at_the_close_has_an_outcome_that_is_true() {
    in_time(|| {
        for round in 0..20 {
            close_under_load(if round % 2 == 0 { Durability::Buffered } else { Durability::None });
        }
    });
}

/// Several threads write under keys of which each is used twice, while the engine is closed.
fn close_under_load(durability: Durability) {
    let house = House::with(|settings| settings.durability = durability);
    let engine = house.open_with(&["anna"], 100, json!({"accept": "auto"}));
    let dialogs: Vec<DialogId> = (0..4)
        .map(|client| engine.receive(message(format!("{client}"), "hello")).wait().unwrap().dialog)
        .collect();
    let closing = AtomicBool::new(false);
    let outcomes: Vec<(DialogId, Vec<(String, bool)>)> = thread::scope(|scope| {
        let writers: Vec<_> = dialogs
            .iter()
            .map(|dialog| {
                let (engine, closing) = (engine.clone(), &closing);
                scope.spawn(move || (*dialog, write_until_closed(&engine, *dialog, closing)))
            })
            .collect();
        while pollster::block_on(engine.health()).unwrap().seq < 200 {}
        closing.store(true, Ordering::Relaxed);
        engine.close_blocking().unwrap();
        writers.into_iter().map(|writer| writer.join().unwrap()).collect()
    });
    let engine = house.open();
    for (dialog, written) in outcomes {
        let found = texts(&engine, dialog);
        let done: Vec<_> = written.iter().filter(|(_, done)| *done).map(|(text, _)| text.clone()).collect();
        assert_eq!(found[1..], done, "what was acknowledged is there once, what was refused is not there");
    }
}

/// Sends until an outcome says that the engine is closed; tells of each text whether it was written.
fn write_until_closed(engine: &Engine, dialog: DialogId, closing: &AtomicBool) -> Vec<(String, bool)> {
    let mut written = Vec::new();
    for burst in 0.. {
        let texts = (0..20).map(|number| format!("{burst}/{number}"));
        let sent: Vec<_> = texts
            .map(|text| {
                let twice = [(); 2]
                    .map(|()| engine.execute(keyed_reply(dialog, "anna", &text, format!("{dialog}/{text}"))));
                (text, twice)
            })
            .collect();
        let mut closed = false;
        for (text, [first, second]) in sent {
            let (first, second) = (first.wait(), second.wait());
            for refused in [&first, &second].into_iter().filter_map(|outcome| outcome.as_ref().err()) {
                assert!(matches!(refused, Error::Closed), "{refused}");
                closed = true;
            }
            if let (Ok(first), Ok(second)) = (&first, &second) {
                assert_eq!(first.reply, second.reply, "one key has one reply");
            }
            written.push((text, first.is_ok() || second.is_ok()));
        }
        if closed {
            assert!(closing.load(Ordering::Relaxed), "refused before anybody closed it");
            return written;
        }
    }
    written
}

#[test]
fn a_closed_engine_refuses_everything_and_ends_its_subscriptions() {
    in_time(|| {
        let house = House::new();
        let engine = house.open_with(&["anna"], 10, json!({"accept": "auto"}));
        let opened = engine.receive(message("ala", "hello")).wait().unwrap();
        let mut events = engine.subscribe(1);
        let (handle, me) = (engine.clone(), by(&engine, "anna"));
        engine.close_blocking().unwrap();
        let closed = |error: Error| assert!(matches!(error, Error::Closed), "{error:?}");
        closed(handle.receive(message("ala", "hello?")).wait().unwrap_err());
        closed(me.reply(opened.dialog, "good day").wait().unwrap_err());
        closed(me.finish(opened.dialog).wait().unwrap_err());
        closed(handle.execute(keyed_reply(opened.dialog, "anna", "good day", "k")).wait().unwrap_err());
        closed(handle.execute(keyed_reply(opened.dialog, "anna", "good day", "k")).wait().unwrap_err());
        closed(pollster::block_on(handle.get_dialog(opened.dialog)).unwrap_err());
        closed(pollster::block_on(handle.find_dialog(id(CHANNEL), id("ala"))).unwrap_err());
        closed(pollster::block_on(me.unanswered()).unwrap_err());
        closed(pollster::block_on(handle.health()).unwrap_err());
        closed(pollster::block_on(handle.settle()).unwrap_err());
        assert_eq!(Error::Closed.code(), Code::Closed);
        let last = handle.durable_seq();
        let seen = pollster::block_on(async {
            let mut seen = Vec::new();
            while let Some(recorded) = events.next().await {
                seen.push(recorded.unwrap().seq);
            }
            seen
        });
        assert_eq!(seen, (1..=last).collect::<Vec<_>>(), "all that happened, then the end");
        assert!(pollster::block_on(events.next()).is_none(), "the end stays the end");
        closed(handle.clone().close_blocking().unwrap_err());
        house.open().close_blocking().unwrap();
    });
}

#[test]
fn settings_out_of_range_are_refused_by_name() {
    in_time(|| {
        type Change = fn(&mut Settings);
        let cases: [(&str, Change); 4] = [
            ("arbiters", |settings| settings.arbiters = 65),
            ("max_in_flight", |settings| settings.max_in_flight = 0),
            ("checkpoint_bytes", |settings| settings.checkpoint_bytes = 1),
            ("idempotency_window", |settings| settings.idempotency_window = 0),
        ];
        for (name, change) in cases {
            match House::with(change).try_open() {
                Err(Error::InvalidSetting { setting, .. }) => assert_eq!(setting, name),
                other => panic!("{name}: {other:?}"),
            }
        }
    });
}
