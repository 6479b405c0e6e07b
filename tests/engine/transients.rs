//! What happens and is not stored: it comes to who is there, in its turn, and to nobody else.

use std::sync::Arc;

use centrala::domain::transient::{Transient, TransientKind};
use centrala::engine::{Engine, Transients};
use centrala::limits;
use futures_util::StreamExt;
use serde_json::json;

use crate::house::{House, by, id, message, state_hash};
use crate::time_limit::in_time;

fn start(house: &House) -> Engine {
    house.open_with(&["anna"], 1_000_000, json!({"accept": "auto"}))
}

fn next(transients: &mut Transients) -> Transient {
    pollster::block_on(transients.next()).expect("it has not ended")
}

#[test]
fn typing_is_told_to_who_is_there_and_changes_nothing() {
    in_time(|| {
        for arbiters in [0, 3] {
            let house = House::with(|settings| settings.arbiters = arbiters);
            let engine = start(&house);
            let dialog = engine.receive(message("ala", "hello")).wait().unwrap().dialog;
            let (before, seq) = (state_hash(&engine), engine.durable_seq());
            by(&engine, "anna").typing(dialog).wait().unwrap();
            let mut transients = engine.transients();
            engine.client_typing(id("web"), id("ala")).wait().unwrap();
            by(&engine, "anna").typing(dialog).wait().unwrap();
            let kind = TransientKind::ClientTyping { channel: id("web"), client: id("ala") };
            assert_eq!(next(&mut transients).kind, kind);
            let kind = TransientKind::OperatorTyping { operator: id("anna"), hidden: false };
            assert_eq!(next(&mut transients).kind, kind);
            assert_eq!(transients.next_ready(), None);
            assert_eq!((state_hash(&engine), engine.durable_seq()), (before, seq));
            engine.close_blocking().unwrap();
            assert_eq!(
                pollster::block_on(transients.next()),
                None,
                "a closed engine has nothing more to say"
            );
        }
    });
}

#[test]
fn one_is_told_when_what_it_rests_on_is_durable() {
    in_time(|| {
        let house = House::new();
        let engine = start(&house);
        let mut transients = engine.transients();
        let received = engine.receive(message("ala", "hello"));
        engine.client_typing(id("web"), id("ala")).wait().unwrap();
        let (after, transient): (u64, Arc<Transient>) = transients.next_ready().expect("it was told before");
        let dialog = received.wait().unwrap().dialog;
        assert_eq!(transient.dialog, dialog);
        let opened = engine.subscribe(1).committed_up_to(after).unwrap();
        assert!(
            opened.iter().any(|recorded| matches!(
                &recorded.event,
                centrala::storage::OneEvent::Dialog(of, _) if *of == dialog
            )),
            "the opening comes first"
        );
        engine.close_blocking().unwrap();
    });
}

#[test]
fn who_is_slow_misses_the_oldest_and_holds_nobody_up() {
    in_time(|| {
        let house = House::new();
        let engine = start(&house);
        let dialog = engine.receive(message("ala", "hello")).wait().unwrap().dialog;
        let mut slow = engine.transients();
        let (me, more) = (by(&engine, "anna"), 100);
        let typing: Vec<_> = (0..limits::TRANSIENTS + more).map(|_| me.typing(dialog)).collect();
        typing.into_iter().for_each(|typing| typing.wait().unwrap());
        let read = std::iter::from_fn(|| slow.next_ready()).count();
        assert_eq!((read, slow.missed()), (limits::TRANSIENTS, more as u64));
        engine.close_blocking().unwrap();
    });
}
