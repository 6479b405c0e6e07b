//! One fingerprint over everything: the same before and after, however the engine comes back.

use centrala::engine::{Durability, Engine};
use serde_json::json;

use crate::house::{House, by, copy, id, lifecycles, message, message_named, state_hash};
use crate::time_limit::in_time;

/// Something of everything: dialogs that wait, are offered, answered and closed.
fn fill(engine: &Engine, part: usize) {
    let open = |client: usize| {
        let name = format!("{part}/{client}");
        engine.receive(message_named(&name, "hello", format!("x{part}"))).wait().unwrap().dialog
    };
    let dialogs: Vec<_> = (0..60).map(open).collect();
    for dialog in &dialogs[..40] {
        let view = crate::house::dialog(engine, *dialog);
        let Some(operator) = view["offered_to"][0].as_str() else { continue };
        let me = by(engine, operator);
        me.answer(*dialog).wait().unwrap();
        me.reply(*dialog, "good day").wait().unwrap();
        match dialog.0 % 4 {
            0 => me.finish(*dialog).wait().unwrap(),
            1 => me.pin(*dialog).wait().unwrap(),
            2 => me.transfer_to_channel(*dialog, id("second"), None).wait().unwrap(),
            _ => {}
        }
    }
}

fn start(house: &House) -> Engine {
    let engine = house.open_with(&["anna", "bea"], 40, json!({"offer_timeout_ms": 0}));
    crate::house::put_channel(&engine, "second", &["bea"], json!({"offer_timeout_ms": 0}));
    engine
}

#[test]
fn it_is_the_same_after_a_restart() {
    in_time(|| {
        for arbiters in [0, 3] {
            let house = House::with(|settings| settings.arbiters = arbiters);
            let mut engine = start(&house);
            for part in 0..3 {
                fill(&engine, part);
                let before = state_hash(&engine);
                engine.close_blocking().unwrap();
                engine = house.open();
                assert_eq!(state_hash(&engine), before, "part {part}, {arbiters} arbiters");
            }
            engine.close_blocking().unwrap();
        }
    });
}

#[test]
fn it_is_the_same_when_all_has_to_be_read_from_the_journal() {
    in_time(|| {
        for (durability, checkpoint_bytes) in [(Durability::Sync, 64 << 20), (Durability::Buffered, 64 << 10)]
        {
            let house = House::with(|settings| {
                settings.durability = durability;
                settings.checkpoint_bytes = checkpoint_bytes;
            });
            let engine = start(&house);
            for part in 0..3 {
                fill(&engine, part);
                let before = state_hash(&engine);
                let other = House::with(|settings| settings.durability = durability);
                copy(&house.path(), &other.path());
                let copied = other.open();
                assert_eq!(state_hash(&copied), before, "part {part}");
                fill(&copied, part + 10);
                let after = state_hash(&copied);
                assert_ne!(after, before);
                drop(copied);
                assert_eq!(state_hash(&other.open()), after);
            }
            engine.close_blocking().unwrap();
        }
    });
}

#[test]
fn it_is_the_same_whether_dialogs_sleep_on_disk_or_not() {
    in_time(|| {
        let house = House::new();
        let engine = house.open_with(&["anna"], 1_000_000, json!({"accept": "auto"}));
        lifecycles(&engine, "anna", (0..500).map(|client| format!("client {client}")));
        let before = state_hash(&engine);
        engine.close_blocking().unwrap();
        let engine = house.open();
        for client in 0..500 {
            let found =
                pollster::block_on(engine.find_dialog(id("web"), id(format!("client {client}")))).unwrap();
            let dialog = crate::house::to_json(&found)["dialog"].as_u64().unwrap();
            by(&engine, "anna").reply(centrala::ids::DialogId(dialog), "one more").wait().unwrap_err();
        }
        assert_eq!(state_hash(&engine), before, "whoever was woken and refused is as before");
        engine.receive(message("client 0", "again")).wait().unwrap();
        assert_ne!(state_hash(&engine), before);
        engine.close_blocking().unwrap();
    });
}
