//! Open dialogs that nobody speaks in go to sleep, and nobody notices.

use centrala::engine::{ClockMode, Engine, Settings};
use centrala::ids::DialogId;
use centrala::timestamp::Timestamp;
use serde_json::{Value, json};

use crate::chance::Chance;
use crate::house::{House, by, dialog, from_json, message, put_channel, put_operator};
use crate::time_limit::in_time;

const DIALOGS: usize = 300;

fn few_awake(settings: &mut Settings) {
    settings.awake_dialogs = 10;
    settings.checkpoint_bytes = 64 * 1024;
}

/// Clients write and operators reply, here and there, in a way that depends on the seed alone.
fn talk(engine: &Engine, seed: u64, steps: usize) -> Vec<String> {
    let mut chance = Chance::of(seed);
    let long = "so ".repeat(100);
    let mut said = Vec::new();
    for step in 0..steps {
        let client = chance.below(DIALOGS);
        let received = engine.receive(message(format!("client {client}"), format!("{step} {long}"))).wait();
        let opened = received.unwrap().dialog;
        pollster::block_on(engine.settle()).unwrap();
        said.push(format!("{opened}"));
        let outcome = match chance.below(8) {
            0 => by(engine, "anna").finish(opened).wait(),
            1 => by(engine, "ben").take(opened).wait(),
            2 => by(engine, "anna").transfer_to_channel(opened, "web".parse().unwrap(), None).wait(),
            3 => by(engine, "anna").join(opened).wait(),
            _ => by(engine, "anna").reply(opened, "yes").wait().map(drop),
        };
        said.push(format!("{outcome:?}"));
        // What follows from one command, and not the chance of threads, decides what the next one finds.
        pollster::block_on(engine.settle()).unwrap();
    }
    said
}

fn set_up(engine: &Engine) {
    put_operator(engine, "anna", 100);
    put_operator(engine, "ben", 30);
    put_channel(engine, "web", &["anna", "ben"], json!({"accept": "auto"}));
}

fn everything(engine: &Engine) -> Vec<Value> {
    let all = pollster::block_on(engine.health()).unwrap();
    let dialogs = (1..=all.dialogs).map(|id| dialog(engine, DialogId(id)));
    dialogs.chain([serde_json::to_value(&all).unwrap()]).collect()
}

/// Every dialog that is found with these words, page by page.
fn found(engine: &Engine, filter: Value) -> Vec<DialogId> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let mut list = filter.clone();
        list["limit"] = json!(7);
        list["after"] = json!(after);
        let page = pollster::block_on(engine.list_dialogs(from_json(list))).unwrap();
        found.extend(page.dialogs.iter().map(|dialog| dialog.dialog));
        after = page.next;
        if after.is_none() {
            return found;
        }
    }
}

#[test]
fn who_sleeps_answers_as_if_awake() {
    in_time(|| {
        let run = |change: fn(&mut Settings)| {
            let mut settings = Settings::default();
            change(&mut settings);
            let house = House::new();
            let clock = ClockMode::Virtual { start: Timestamp::from_millis(0) };
            let engine = Engine::builder(house.path()).settings(settings).clock(clock).open().unwrap();
            set_up(&engine);
            let said = talk(&engine, 7, 2000);
            let in_memory = engine.dialogs_in_memory();
            let lists =
                [json!({}), json!({"status": "answered", "owner": "anna"}), json!({"client": "client 7"})];
            let lists = lists.map(|filter| found(&engine, filter));
            let found = (said, lists, everything(&engine));
            engine.close_blocking().unwrap();
            (found, in_memory)
        };
        let (sleeping, few) = run(few_awake);
        let (awake, many) = run(|_| {});
        assert_eq!(sleeping, awake);
        assert!(few < many, "{few} of {many} are awake");
    });
}

#[test]
fn memory_holds_what_changed_lately_and_no_more_than_is_allowed_besides() {
    in_time(|| {
        for arbiters in [0, 2] {
            let house = House::with(|settings| {
                few_awake(settings);
                settings.arbiters = arbiters;
            });
            let engine = house.open();
            set_up(&engine);
            for client in 0..DIALOGS {
                engine.receive(message(format!("client {client}"), "hello")).wait().unwrap();
            }
            // One who writes on and on brings about checkpoints, and with each more of the others sleep.
            let long = "x".repeat(5000);
            while engine.dialogs_in_memory() > 12 {
                engine.receive(message("client 0", &long)).wait().unwrap();
            }
            let all = everything(&engine);
            assert_eq!(all.len(), DIALOGS + 1);
            assert_eq!(all[DIALOGS]["answered"].as_u64(), Some(130));
            // Whoever only looks wakes them too, and they sleep again without a checkpoint.
            pollster::block_on(engine.settle()).unwrap();
            assert!(engine.dialogs_in_memory() <= 13, "{} are awake", engine.dialogs_in_memory());
            engine.close_blocking().unwrap();
        }
    });
}

#[test]
fn after_a_restart_those_who_sleep_are_as_they_were() {
    in_time(|| {
        let house = House::with(few_awake);
        let engine = house.open();
        set_up(&engine);
        talk(&engine, 11, 1000);
        let before = everything(&engine);
        engine.close_blocking().unwrap();
        let again = house.open();
        assert_eq!(everything(&again), before);
        again.close_blocking().unwrap();
    });
}
