//! Idempotency keys: the same key again is the same reply and no second effect.

use std::thread;

use centrala::domain::reply::Reply;
use centrala::engine::{Acknowledged, Engine};
use centrala::error::{Code, Error};
use centrala::ids::DialogId;
use serde_json::json;

use crate::house::{House, by, code, keyed_reply, message, texts};
use crate::time_limit::in_time;

fn start(house: &House) -> (Engine, DialogId) {
    let engine = house.open_with(&["anna", "bea"], 10, json!({"mode": "all"}));
    let opened = engine.receive(message("ala", "hello")).wait().unwrap();
    by(&engine, "anna").answer(opened.dialog).wait().unwrap();
    (engine, opened.dialog)
}

fn send(engine: &Engine, dialog: DialogId, key: &str) -> Result<Acknowledged, Error> {
    engine.execute(keyed_reply(dialog, "anna", format!("under {key}"), key)).wait()
}

#[test]
fn commands_under_one_key_at_once_are_done_once_and_all_get_the_reply() {
    in_time(|| {
        for arbiters in [0, 3] {
            let house = House::with(|settings| settings.arbiters = arbiters);
            let (engine, dialog) = start(&house);
            for key in 0..50 {
                let key = format!("k{key}");
                let replies: Vec<Reply> = thread::scope(|scope| {
                    let senders =
                        [(); 8].map(|()| scope.spawn(|| send(&engine, dialog, &key).unwrap().reply));
                    senders.into_iter().map(|sender| sender.join().unwrap()).collect()
                });
                assert!(replies.iter().all(|reply| *reply == replies[0]), "{replies:?}");
            }
            assert_eq!(texts(&engine, dialog).len(), 1 + 50);
            engine.close_blocking().unwrap();
        }
    });
}

#[test]
fn a_key_is_remembered_across_restarts_clean_or_not() {
    in_time(|| {
        let house = House::new();
        let (engine, dialog) = start(&house);
        let first = send(&engine, dialog, "k").unwrap().reply;
        engine.close_blocking().unwrap();
        let engine = house.open();
        assert_eq!(send(&engine, dialog, "k").unwrap().reply, first);
        let second = send(&engine, dialog, "l").unwrap().reply;
        drop(engine);
        let engine = house.open();
        assert_eq!(send(&engine, dialog, "l").unwrap().reply, second);
        assert_eq!(send(&engine, dialog, "k").unwrap().reply, first);
        assert_eq!(texts(&engine, dialog), ["hello", "under k", "under l"]);
    });
}

#[test]
fn a_rejected_command_may_be_sent_again_under_its_key() {
    in_time(|| {
        let house = House::new();
        let (engine, dialog) = start(&house);
        let by_bea = || engine.execute(keyed_reply(dialog, "bea", "it is me", "k")).wait();
        assert_eq!(code(by_bea()), Code::NotParticipant);
        assert_eq!(code(by_bea()), Code::NotParticipant);
        by(&engine, "bea").take(dialog).wait().unwrap();
        let first = by_bea().unwrap();
        assert_eq!(by_bea().unwrap().reply, first.reply);
        assert_eq!(texts(&engine, dialog), ["hello", "it is me"]);
    });
}

#[test]
fn the_oldest_key_is_forgotten_when_the_window_is_full_also_after_a_restart() {
    in_time(|| {
        let house = House::with(|settings| settings.idempotency_window = 3);
        let (mut engine, dialog) = start(&house);
        for key in ["a", "b", "c", "d"] {
            send(&engine, dialog, key).unwrap();
        }
        for _ in 0..2 {
            let before = texts(&engine, dialog).len();
            for key in ["b", "c", "d"] {
                send(&engine, dialog, key).unwrap();
            }
            assert_eq!(texts(&engine, dialog).len(), before, "these are remembered");
            engine.close_blocking().unwrap();
            engine = house.open();
        }
        send(&engine, dialog, "a").unwrap();
        assert_eq!(texts(&engine, dialog), ["hello", "under a", "under b", "under c", "under d", "under a"]);
    });
}

#[test]
fn a_reply_that_was_kept_is_the_same_for_whatever_is_sent_under_its_key() {
    in_time(|| {
        let house = House::new();
        let (engine, dialog) = start(&house);
        let first = send(&engine, dialog, "k").unwrap();
        let other = engine.execute(keyed_reply(dialog, "anna", "something else", "k")).wait().unwrap();
        assert_eq!(other.reply, first.reply);
        assert_eq!(texts(&engine, dialog), ["hello", "under k"]);
    });
}
