//! What is still done to dialogs that are over: it is kept as everything is, and wakes them for no longer
//! than it takes.

use centrala::domain::dialog::Receipt;
use centrala::engine::{Durability, Engine};
use centrala::error::Code;
use centrala::ids::{DialogId, MessageId};
use centrala::storage::verify;
use serde_json::{Value, json};

use crate::house::{House, by, code, copy, dialog, id, lifecycles, message, state_hash, to_json};
use crate::time_limit::in_time;

const CLIENTS: u64 = 40;

/// Closed dialogs, each with a client's message and a reply, and a channel that asks for ratings.
fn start(house: &House) -> Engine {
    let engine = house.open_with(&["anna"], 1_000_000, json!({"accept": "auto"}));
    let channel = json!({"channel": "web", "rating": true, "queue": {"accept": "auto", "members": ["anna"]}});
    engine.put_channel(serde_json::from_value(channel).unwrap()).wait().unwrap();
    let sue = json!({"operator": "sue", "role": "supervisor"});
    engine.put_operator(serde_json::from_value(sue).unwrap()).wait().unwrap();
    lifecycles(&engine, "anna", (0..CLIENTS).map(|client| format!("client {client}")));
    engine
}

fn reply_of(dialog: DialogId) -> MessageId {
    MessageId::of(dialog, 2)
}

/// Everything that may still be done to a closed dialog.
fn change(engine: &Engine, dialog: DialogId, text: &str) {
    let (anna, sue) = (by(engine, "anna"), by(engine, "sue"));
    let done = [
        anna.edit(reply_of(dialog), text),
        engine.receipt(reply_of(dialog), Receipt::Read),
        anna.rename(dialog, format!("title {text}")),
        sue.score_dialog(dialog, 3, Some(text.to_owned())),
    ];
    done.into_iter().for_each(|done| done.wait().unwrap());
}

fn assert_changed(engine: &Engine, id: DialogId, text: &str) {
    let found = dialog(engine, id);
    let reply = &found["messages"][1];
    assert_eq!((&reply["text"], &reply["receipt"]), (&json!(text), &json!("read")), "dialog {id}");
    assert_eq!(
        (&found["title"], &found["score"]["comment"]),
        (&json!(format!("title {text}")), &json!(text))
    );
    let audited = to_json(&pollster::block_on(engine.audit_dialog(id)).unwrap());
    assert_eq!(audited["messages"][1]["original"], "good day");
}

fn all() -> impl Iterator<Item = DialogId> {
    (1..=CLIENTS).map(DialogId)
}

#[test]
fn closed_dialogs_keep_what_is_done_to_them() {
    in_time(|| {
        for (arbiters, durability) in [(0, Durability::Sync), (3, Durability::Buffered)] {
            let house = House::with(|settings| {
                settings.arbiters = arbiters;
                settings.durability = durability;
            });
            let mut engine = start(&house);
            // Awake or asleep, in this run or in the next.
            for text in ["one", "two", "three"] {
                all().for_each(|dialog| change(&engine, dialog, text));
                let before = state_hash(&engine);
                let copied = House::with(|settings| settings.arbiters = arbiters);
                copy(&house.path(), &copied.path());
                let other = copied.open();
                assert_eq!(state_hash(&other), before, "when the plug is pulled");
                all().for_each(|dialog| assert_changed(&other, dialog, text));
                other.close_blocking().unwrap();
                verify(copied.path(), &mut |_, _| {}).unwrap();
                engine.close_blocking().unwrap();
                let verified = verify(house.path(), &mut |_, _| {}).unwrap();
                assert_eq!((verified.dialogs_open, verified.dialogs_closed), (0, CLIENTS));
                engine = house.open();
                assert_eq!(state_hash(&engine), before, "after a restart");
                all().for_each(|dialog| assert_changed(&engine, dialog, text));
            }
            engine.close_blocking().unwrap();
        }
    });
}

#[test]
fn a_change_of_an_old_dialog_does_not_make_it_the_clients_last() {
    in_time(|| {
        let house = House::with(|settings| settings.durability = Durability::Sync);
        let engine = start(&house);
        lifecycles(&engine, "anna", ["client 0".to_owned()].into_iter());
        let last = DialogId(CLIENTS + 1);
        let previous = |engine: &Engine| -> Value {
            let found = pollster::block_on(engine.find_dialog(id("web"), id("client 0"))).unwrap();
            to_json(&found)["dialog"].clone()
        };
        engine.close_blocking().unwrap();
        let engine = house.open();
        engine.rate(DialogId(1), 5, None).wait().unwrap();
        assert_eq!(previous(&engine), json!(last));
        // Only the journal knows of the change that comes now.
        let copied = House::new();
        copy(&house.path(), &copied.path());
        let copied = copied.open();
        assert_eq!(previous(&copied), json!(last), "also when the change is read from the journal");
        let received = copied.receive(message("client 0", "again")).wait().unwrap();
        assert_eq!(dialog(&copied, received.dialog)["previous"], json!(last));
        assert_eq!(code(copied.rate(DialogId(1), 5, None).wait()), Code::AlreadyRated);
        copied.close_blocking().unwrap();
        engine.close_blocking().unwrap();
    });
}
