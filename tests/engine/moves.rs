//! A message that moves to a new dialog, and employees among themselves: two dialogs change in one step,
//! also when the plug is pulled.

use centrala::domain::query::History;
use centrala::domain::view::{MessageView, View};
use centrala::engine::{Durability, Engine};
use centrala::error::Code;
use centrala::ids::{DialogId, MessageId};
use centrala::storage::{Verified, verify};
use serde_json::json;

use crate::house::{House, by, code, copy, dialog, id, message, message_named, state_hash, units};
use crate::time_limit::in_time;

fn history(engine: &Engine) -> Vec<MessageId> {
    let (mut all, mut query) = (Vec::new(), History::of_client(id("web"), id("ala")).limit(1));
    loop {
        let page = pollster::block_on(engine.history(query.clone())).unwrap();
        all.extend(page.messages.iter().map(MessageView::id));
        match page.next {
            Some(next) => query = query.after(next),
            None => return all,
        }
    }
}

/// What is in a copy of the data directory as it is now, and the copy.
fn pull_the_plug(house: &House) -> (Verified, House) {
    let other = House::new();
    copy(&house.path(), &other.path());
    (verify(other.path(), &mut |_, _| {}).unwrap(), other)
}

#[track_caller]
fn assert_moved(engine: &Engine, moved: MessageId, [from, to]: [DialogId; 2]) {
    let [before, after] = [from, to].map(|id| dialog(engine, id));
    assert_eq!((&before["status"], &before["reason"]), (&json!("closed"), &json!("moved")));
    assert_eq!((&after["status"], &after["owner"]), (&json!("answered"), &json!("anna")));
    assert_eq!((&after["previous"], &after["messages"][0]["message"]), (&json!(from), &json!(moved)));
    let expected: Vec<MessageId> = (1..=3).map(|place| MessageId::of(from, place)).collect();
    assert_eq!(history(engine), expected, "nothing is lost and nothing is there twice");
    assert_eq!(units(engine, "anna").0, 1);
    let found = pollster::block_on(engine.find_dialog(id("web"), id("ala"))).unwrap();
    assert_eq!(found.dialog, to);
}

#[test]
fn both_dialogs_change_in_one_step_or_not_at_all() {
    in_time(|| {
        for arbiters in [0, 2] {
            let house = House::with(|settings| {
                settings.arbiters = arbiters;
                settings.durability = Durability::Sync;
            });
            let engine = house.open_with(&["anna"], 1, json!({"accept": "auto"}));
            let from = engine.receive(message("ala", "hello")).wait().unwrap().dialog;
            let moved = engine.receive(message_named("ala", "a bill", "x1")).wait().unwrap().message;
            engine.receive(message("ala", "well?")).wait().unwrap();
            pollster::block_on(engine.settle()).unwrap();
            let (before, _) = pull_the_plug(&house);
            let anna = by(&engine, "anna");
            let to = anna.move_to_new(moved).wait().unwrap();
            let (after, copied) = pull_the_plug(&house);
            assert_eq!((after.frames - before.frames, after.last_seq - before.last_seq), (1, 5));
            assert_moved(&engine, moved, [from, to]);
            let hash = state_hash(&engine);
            let again = copied.open();
            assert_moved(&again, moved, [from, to]);
            assert_eq!(state_hash(&again), hash, "from the journal");
            again.close_blocking().unwrap();
            drop(anna);
            engine.close_blocking().unwrap();
            let engine = house.open();
            assert_moved(&engine, moved, [from, to]);
            assert_eq!(state_hash(&engine), hash, "from images");
            let again = engine.receive(message_named("ala", "a bill", "x1")).wait().unwrap();
            assert!(again.duplicate && again.dialog == to);
            by(&engine, "anna").finish(to).wait().unwrap();
            assert_eq!(units(&engine, "anna").0, 0);
            engine.close_blocking().unwrap();
        }
    });
}

#[test]
fn what_is_refused_leaves_no_gap_in_the_ids() {
    in_time(|| {
        let house = House::new();
        let engine = house.open_with(&["anna", "bea"], 1, json!({"accept": "auto"}));
        let first = engine.receive(message("ala", "hello")).wait().unwrap();
        assert_eq!(code(by(&engine, "bea").move_to_new(first.message).wait()), Code::NotOwner);
        let second = engine.receive(message("ola", "hello")).wait().unwrap();
        assert_eq!(second.dialog.0, first.dialog.0 + 1);
    });
}

#[test]
fn an_internal_dialog_survives_and_stays_among_employees() {
    in_time(|| {
        for arbiters in [0, 2] {
            let house = House::with(|settings| settings.arbiters = arbiters);
            let engine = house.open_with(&["anna", "bea"], 1, json!({"accept": "auto"}));
            let first = engine.receive(message("ala", "hello")).wait().unwrap();
            by(&engine, "bea").join(first.dialog).wait().unwrap();
            let internal = by(&engine, "anna").discuss(first.message).wait().unwrap();
            let hash = state_hash(&engine);
            engine.close_blocking().unwrap();
            let engine = house.open();
            assert_eq!(state_hash(&engine), hash);
            let shown = dialog(&engine, internal);
            assert_eq!((&shown["owner"], &shown["participants"]), (&json!("anna"), &json!(["bea"])));
            assert_eq!(code(pollster::block_on(engine.get_client_view(internal))), Code::DialogInternal);
            let query = History::of_dialog(internal).view(View::Client);
            assert_eq!(code(pollster::block_on(engine.history(query))), Code::DialogInternal);
            engine.remove_operator(id("anna")).wait().unwrap();
            pollster::block_on(engine.settle()).unwrap();
            assert_eq!(dialog(&engine, internal)["owner"], "bea", "whoever is left has it");
            engine.close_blocking().unwrap();
        }
    });
}
