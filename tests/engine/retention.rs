//! Dialogs that have been closed for longer than their channel keeps them are erased by themselves: on
//! the virtual clock at the very moment, in batches, also after a restart and when a plug was pulled.

use std::collections::BTreeSet;
use std::path::Path;

use centrala::engine::{Advance, ClockMode, Durability, Engine, Settings};
use centrala::storage;
use centrala::timestamp::Timestamp;
use futures_util::StreamExt;
use serde_json::json;

use crate::house::{House, by, copy, dialog, id, lifecycles, message, put_channel, put_operator, state_hash};
use crate::secrets::Secrets;
use crate::time_limit::in_time;

const HOUR: u64 = 3_600_000;

/// On the virtual clock, with few bytes between checkpoints.
fn open(path: &Path) -> Engine {
    let mut settings = Settings::default().durability(Durability::Buffered);
    settings.checkpoint_bytes = 64 * 1024;
    let start = Timestamp::parse("2026-01-01T00:00:00Z").unwrap();
    Engine::builder(path).settings(settings).clock(ClockMode::Virtual { start }).open().unwrap()
}

fn set_up(engine: &Engine) {
    put_operator(engine, "anna", 1_000_000);
    put_channel(engine, "web", &["anna"], json!({"accept": "auto"}));
}

fn advance(engine: &Engine, ms: u64) {
    pollster::block_on(engine.advance(Advance::ByMs(ms))).unwrap();
}

fn erased(engine: &Engine) -> usize {
    let events = engine.subscribe(1).committed_up_to(engine.durable_seq()).unwrap();
    events.iter().filter(|one| format!("{:?}", one.event).contains("Erased")).count()
}

#[test]
fn more_than_a_batch_falls_due_at_once_and_nothing_is_left_of_it() {
    in_time(|| {
        let (house, mut secrets) = (House::new(), Secrets::new("due"));
        let engine = open(&house.path());
        set_up(&engine);
        let first = engine.receive(message("ala", secrets.make("text"))).wait().unwrap().dialog;
        by(&engine, "anna").finish(first).wait().unwrap();
        lifecycles(&engine, "anna", (0..1200).map(|client| format!("client {client}")));
        engine.put_retention(id("web"), Some(HOUR)).wait().unwrap();
        let late = engine.receive(message("ola", "late")).wait().unwrap().dialog;
        advance(&engine, HOUR / 2);
        by(&engine, "anna").finish(late).wait().unwrap();
        advance(&engine, HOUR / 2 - 1);
        assert_eq!(erased(&engine), 0);
        advance(&engine, 1);
        assert_eq!(erased(&engine), 1201);
        assert_eq!(secrets.in_files(&house.path()), BTreeSet::new());
        assert!(dialog(&engine, late).get("erased_at").is_none());
        advance(&engine, HOUR);
        assert_eq!(erased(&engine), 1202);
        let hash = state_hash(&engine);
        engine.close_blocking().unwrap();
        storage::verify(house.path(), &mut |_, _| {}).unwrap();
        let engine = open(&house.path());
        assert_eq!(state_hash(&engine), hash);
        engine.close_blocking().unwrap();
    });
}

#[test]
fn what_falls_due_after_a_restart_or_a_pulled_plug_is_the_same() {
    in_time(|| {
        let house = House::new();
        let engine = open(&house.path());
        set_up(&engine);
        lifecycles(&engine, "anna", (0..50).map(|client| format!("before {client}")));
        engine.put_retention(id("web"), Some(HOUR)).wait().unwrap();
        lifecycles(&engine, "anna", (0..50).map(|client| format!("after {client}")));
        state_hash(&engine);
        let (copied, closed) = (House::new(), House::new());
        copy(&house.path(), &copied.path());
        engine.close_blocking().unwrap();
        copy(&house.path(), &closed.path());
        let hashes: Vec<String> = [house, copied, closed]
            .iter()
            .map(|house| {
                let engine = open(&house.path());
                advance(&engine, HOUR - 1);
                assert_eq!(erased(&engine), 0);
                advance(&engine, 1);
                assert_eq!(erased(&engine), 100);
                let hash = state_hash(&engine);
                engine.close_blocking().unwrap();
                storage::verify(house.path(), &mut |_, _| {}).unwrap();
                hash
            })
            .collect();
        assert!(hashes.iter().all(|hash| *hash == hashes[0]), "{hashes:?}");
    });
}

#[test]
fn a_channel_that_keeps_for_ever_for_a_while_forgets_none() {
    in_time(|| {
        let house = House::new();
        let mut engine = open(&house.path());
        set_up(&engine);
        for (round, retention) in [Some(HOUR), None, Some(HOUR), None].into_iter().enumerate() {
            lifecycles(&engine, "anna", (0..20).map(|client| format!("{round} {client}")));
            engine.put_retention(id("web"), retention).wait().unwrap();
            if round == 1 {
                engine.close_blocking().unwrap();
                engine = open(&house.path());
            }
        }
        advance(&engine, 10 * HOUR);
        assert_eq!(erased(&engine), 0);
        engine.put_retention(id("web"), Some(HOUR)).wait().unwrap();
        pollster::block_on(engine.settle()).unwrap();
        assert_eq!(erased(&engine), 80);
        engine.close_blocking().unwrap();
    });
}

#[test]
fn on_the_systems_clock_it_is_done_in_the_background() {
    in_time(|| {
        let (house, mut secrets) = (House::new(), Secrets::new("background"));
        let engine = house.open_with(&["anna"], 1000, json!({"accept": "auto"}));
        engine.put_retention(id("web"), Some(1)).wait().unwrap();
        let dialog = engine.receive(message("ala", secrets.make("text"))).wait().unwrap().dialog;
        by(&engine, "anna").finish(dialog).wait().unwrap();
        let mut all = engine.subscribe(1);
        loop {
            let recorded = pollster::block_on(all.next()).unwrap().unwrap();
            if format!("{:?}", recorded.event).contains("Erased") {
                break;
            }
        }
        engine.close_blocking().unwrap();
        assert_eq!(secrets.in_files(&house.path()), BTreeSet::new());
    });
}
