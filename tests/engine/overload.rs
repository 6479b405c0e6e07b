//! More than the engine takes in: the surplus is told to come again, and nothing else suffers.

use std::thread;

use centrala::engine::{Durability, Engine};
use centrala::error::{Code, Error};
use serde_json::json;

use crate::house::{House, by, lifecycles, message, texts};
use crate::time_limit::in_time;

/// How the commands of a flood ended.
#[derive(Debug, Default, PartialEq)]
struct Outcomes {
    done: usize,
    overloaded: usize,
}

/// Sends `count` messages without waiting for any, then waits for all.
fn flood(engine: &Engine, names: &str, count: usize, text: &str) -> Outcomes {
    let sent: Vec<_> =
        (0..count).map(|number| engine.receive(message(format!("{names} {number}"), text))).collect();
    let mut outcomes = Outcomes::default();
    for execution in sent {
        match execution.wait() {
            Ok(received) => {
                assert!(received.opened);
                outcomes.done += 1;
            }
            Err(Error::Rejected(rejection)) if rejection.code == Code::Overloaded => {
                assert!(rejection.retry_after_ms.is_some_and(|ms| ms > 0), "{rejection:?}");
                outcomes.overloaded += 1;
            }
            Err(other) => panic!("{other}"),
        }
    }
    outcomes
}

#[test]
fn a_flood_is_refused_in_part_and_every_command_has_an_outcome() {
    in_time(|| {
        const COUNT: usize = 5000;
        let house = House::with(|settings| {
            settings.durability = Durability::Sync;
            settings.max_in_flight = 32;
        });
        let engine = house.open_with(&["anna"], 1_000_000, json!({"accept": "auto"}));
        let total = thread::scope(|scope| {
            let threads = ["a", "b", "c", "d"];
            let floods = threads.map(|names| scope.spawn(|| flood(&engine, names, COUNT, "hello")));
            floods.into_iter().map(|flood| flood.join().unwrap()).fold(
                Outcomes::default(),
                |sum, outcomes| Outcomes {
                    done: sum.done + outcomes.done,
                    overloaded: sum.overloaded + outcomes.overloaded,
                },
            )
        });
        assert_eq!(total.done + total.overloaded, 4 * COUNT);
        assert!(total.overloaded > 0, "{total:?}");
        let health = pollster::block_on(engine.health()).unwrap();
        assert_eq!(health.dialogs, total.done as u64, "refused commands did nothing");
        for client in 0..100 {
            lifecycles(&engine, "anna", std::iter::once(format!("later {client}")));
        }
        let opened = engine.receive(message("ala", "hello")).wait().unwrap();
        by(&engine, "anna").reply(opened.dialog, "good day").wait().unwrap();
        assert_eq!(texts(&engine, opened.dialog), ["hello", "good day"]);
        engine.close_blocking().unwrap();
    });
}

#[test]
fn bytes_under_way_have_a_bound_of_their_own() {
    in_time(|| {
        let house = House::with(|settings| {
            settings.durability = Durability::Sync;
            settings.max_in_flight_bytes = 40_000;
        });
        let engine = house.open_with(&["anna"], 1_000_000, json!({"accept": "auto"}));
        let outcomes = flood(&engine, "client", 2000, &"x".repeat(9000));
        assert!(outcomes.overloaded > 0 && outcomes.done > 0, "{outcomes:?}");
        // Room is given back for a whole group, a moment after its replies have left.
        pollster::block_on(engine.settle()).unwrap();
        engine.receive(message("ala", "x".repeat(10_000))).wait().unwrap();
        engine.close_blocking().unwrap();
    });
}
