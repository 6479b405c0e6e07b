//! Rules of time on the clock of the system, after a long stop, and with commands that do not wait for each
//! other. On virtual time scenarios show them one by one.

use centrala::domain::channel::PutChannel;
use centrala::domain::event::DialogEvent;
use centrala::engine::{ClockMode, Engine, Settings};
use centrala::storage::OneEvent;
use centrala::timestamp::Timestamp;
use futures_util::StreamExt;
use serde_json::{Value, json};

use crate::house::{House, by, dialog, from_json, message, put_operator, texts};
use crate::time_limit::in_time;

fn put(engine: &Engine, rules: Value) {
    let mut channel = json!({"channel": "web", "name": "Web"});
    channel.as_object_mut().unwrap().extend(rules.as_object().unwrap().clone());
    engine.put_channel(from_json::<PutChannel>(channel)).wait().expect("it is put");
}

fn on_virtual_time(house: &House, start: &str) -> Engine {
    let clock = ClockMode::Virtual { start: Timestamp::parse(start).unwrap() };
    Engine::builder(house.path()).settings(Settings::default()).clock(clock).open().unwrap()
}

#[test]
fn the_clock_of_the_system_fires_what_falls_due() {
    in_time(|| {
        for arbiters in [0, 2] {
            let house = House::with(|settings| settings.arbiters = arbiters);
            let engine = house.open();
            put(
                &engine,
                json!({"no_answer": {"after_ms": 20, "reply": "busy"}, "abandon_ms": 60, "welcome": "hello"}),
            );
            let opened = engine.receive(message("ala", "hi")).wait().unwrap().dialog;
            let mut events = engine.subscribe(1);
            loop {
                let recorded = pollster::block_on(events.next()).unwrap().unwrap();
                if let OneEvent::Dialog(_, DialogEvent::Closed { .. }) = recorded.event {
                    break;
                }
            }
            let closed = dialog(&engine, opened);
            assert_eq!(closed["reason"], json!("abandoned"));
            assert_eq!(texts(&engine, opened), ["hi", "hello", "busy"]);
            engine.close_blocking().unwrap();
        }
    });
}

#[test]
fn what_fell_due_during_a_long_stop_happens_at_the_start() {
    in_time(|| {
        let house = House::new();
        let engine = on_virtual_time(&house, "2026-01-01T08:00:00Z");
        put_operator(&engine, "anna", 1000);
        let hours = json!({"time_zone": "UTC", "week": {"thu": [["09:00", "17:00"]]}});
        put(&engine, json!({"hours": hours, "abandon_ms": 36_000_000, "queue": {"members": ["anna"]}}));
        let waits = engine.receive(message("ala", "hi")).wait().unwrap().dialog;
        assert_eq!(dialog(&engine, waits)["status"], json!("waiting"));
        engine.close_blocking().unwrap();

        let engine = on_virtual_time(&house, "2026-01-01T12:00:00Z");
        pollster::block_on(engine.settle()).unwrap();
        assert_eq!(dialog(&engine, waits)["status"], json!("offered"), "it is open now");
        engine.close_blocking().unwrap();

        let engine = on_virtual_time(&house, "2026-01-02T12:00:00Z");
        pollster::block_on(engine.settle()).unwrap();
        assert_eq!(dialog(&engine, waits)["reason"], json!("abandoned"));
        let late = engine.receive(message("ala", "hello?")).wait().unwrap();
        assert!(late.opened && late.dialog != waits);
        engine.close_blocking().unwrap();
    });
}

#[test]
fn each_message_that_is_rejected_has_a_dialog_of_its_own_however_soon_the_next_comes() {
    in_time(|| {
        for arbiters in [0, 2] {
            let house = House::with(|settings| settings.arbiters = arbiters);
            let engine = house.open();
            let never = json!({"time_zone": "UTC", "week": {}});
            put(&engine, json!({"hours": never, "off_hours": {"reply": "closed", "close": true}}));
            let under_way: Vec<_> =
                (0..20).map(|number| engine.receive(message("ala", number.to_string()))).collect();
            let received: Vec<_> = under_way.into_iter().map(|it| it.wait().unwrap()).collect();
            for (number, pair) in received.windows(2).enumerate() {
                assert!(pair[1].opened && pair[0].dialog < pair[1].dialog);
                assert_eq!(texts(&engine, pair[0].dialog), [number.to_string(), "closed".to_owned()]);
            }
            engine.close_blocking().unwrap();
        }
    });
}

#[test]
fn a_bot_works_beside_people_and_what_it_gives_up_is_theirs_at_once() {
    in_time(|| {
        let house = House::new();
        let engine = house.open();
        engine
            .put_operator(from_json(json!({"operator": "robo", "name": "Robo", "kind": "bot"})))
            .wait()
            .unwrap();
        put_operator(&engine, "anna", 1000);
        let queue = json!({"accept": "auto", "members": ["anna"]});
        put(&engine, json!({"bot": {"operator": "robo", "join": "always"}, "queue": queue}));
        let dialogs: Vec<_> = (0..20)
            .map(|number| engine.receive(message(format!("client-{number}"), "hi")).wait().unwrap().dialog)
            .collect();
        let robo = by(&engine, "robo");
        let skips: Vec<_> = dialogs.iter().map(|dialog| robo.skip(*dialog)).collect();
        skips.into_iter().for_each(|skip| skip.wait().unwrap());
        pollster::block_on(engine.settle()).unwrap();
        for id in dialogs {
            assert_eq!(dialog(&engine, id)["owner"], json!("anna"));
        }
        drop(robo);
        engine.close_blocking().unwrap();
    });
}
