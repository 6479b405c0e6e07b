//! Lists of dialogs and searches by the public API: the same before and after a restart and a pulled
//! plug, wherever the dialogs are.

use centrala::domain::query::{ListDialogs, Search, SearchKind, StatusFilter};
use centrala::engine::{Durability, Engine};
use centrala::error::Code;
use centrala::ids::DialogId;
use centrala::storage::verify;
use serde_json::json;

use crate::house::{House, by, code, copy, id, lifecycles, message, to_json};
use crate::time_limit::in_time;

const CLOSED: u64 = 150;
const OPEN: u64 = 30;

fn start(house: &House) -> Engine {
    let engine = house.open_with(&["anna"], 1_000_000, json!({"accept": "auto"}));
    // A client has one open dialog at a time, so that each round of clients waits for the one before.
    for _ in 0..CLOSED / 10 {
        lifecycles(&engine, "anna", (0..10).map(|client| format!("client {client}")));
    }
    for client in 0..OPEN {
        engine.receive(message(format!("open {client}"), "Gdzie jest żółw?")).wait().unwrap();
    }
    by(&engine, "anna").rename(DialogId(7), "Zgubiony żółw").wait().unwrap();
    engine
}

/// All pages of a list.
fn all(engine: &Engine, list: &ListDialogs) -> Vec<u64> {
    let (mut ids, mut after) = (Vec::new(), None);
    loop {
        let list = ListDialogs { after, limit: Some(7), ..list.clone() };
        let page = pollster::block_on(engine.list_dialogs(list)).unwrap();
        ids.extend(page.dialogs.iter().map(|view| view.dialog.0));
        after = page.next;
        if after.is_none() {
            return ids;
        }
    }
}

fn found(engine: &Engine, text: &str) -> Vec<u64> {
    let results = pollster::block_on(engine.search(Search::new(SearchKind::Dialog, text))).unwrap();
    results.iter().map(|result| to_json(result)["dialog"].as_u64().unwrap()).collect()
}

fn assert_found(engine: &Engine) {
    let list = ListDialogs::default();
    let closed_of = |client: u64| {
        let mut all: Vec<_> = (1..=CLOSED).collect();
        all.retain(|dialog| (dialog - 1) % 10 == client);
        all.reverse();
        all
    };
    assert_eq!(all(engine, &list), (1..=CLOSED + OPEN).rev().collect::<Vec<_>>());
    let open = ListDialogs { status: Some(StatusFilter::Answered), ..list.clone() };
    assert_eq!(all(engine, &open), (CLOSED + 1..=CLOSED + OPEN).rev().collect::<Vec<_>>());
    let closed = ListDialogs { status: Some(StatusFilter::Closed), owner: Some(id("anna")), ..list.clone() };
    assert_eq!(all(engine, &closed), (1..=CLOSED).rev().collect::<Vec<_>>());
    let client = ListDialogs { client: Some(id("client 4")), channel: Some(id("web")), ..list.clone() };
    assert_eq!(all(engine, &client), closed_of(4));
    let text = ListDialogs { text: Some("good hello".into()), ..client };
    assert_eq!(all(engine, &text), closed_of(4));
    let text = ListDialogs { text: Some("zolw".into()), ..list };
    assert_eq!(all(engine, &text), (CLOSED + 1..=CLOSED + OPEN).rev().collect::<Vec<_>>());
    assert_eq!(found(engine, "zolw"), [7]);
    assert_eq!(found(engine, "180"), [180]);
}

#[test]
fn dialogs_are_found_wherever_they_are() {
    in_time(|| {
        for arbiters in [0, 3] {
            let house = House::with(|settings| {
                settings.arbiters = arbiters;
                settings.durability = Durability::Sync;
            });
            let engine = start(&house);
            assert_found(&engine);
            let copied = House::with(|settings| settings.arbiters = arbiters);
            copy(&house.path(), &copied.path());
            let other = copied.open();
            assert_found(&other);
            other.close_blocking().unwrap();
            verify(copied.path(), &mut |_, _| {}).unwrap();
            engine.close_blocking().unwrap();
            verify(house.path(), &mut |_, _| {}).unwrap();
            // Open dialogs sleep on the disk now.
            let engine = house.open();
            assert_found(&engine);
            by(&engine, "anna").reply(DialogId(CLOSED + 1), "Tutaj").wait().unwrap();
            assert_found(&engine);
            engine.close_blocking().unwrap();
        }
    });
}

#[test]
fn every_employee_may_look_and_nobody_else() {
    in_time(|| {
        let house = House::new();
        let engine = start(&house);
        let list = || ListDialogs { limit: Some(1), ..ListDialogs::default() };
        let page = pollster::block_on(by(&engine, "anna").list_dialogs(list())).unwrap();
        assert_eq!(page.next, Some(DialogId(CLOSED + OPEN)));
        let nobody = by(&engine, "nobody");
        assert_eq!(code(pollster::block_on(nobody.list_dialogs(list()))), Code::OperatorNotFound);
        let search = Search::new(SearchKind::Operator, "ann");
        assert_eq!(code(pollster::block_on(nobody.search(search.clone()))), Code::OperatorNotFound);
        let results = pollster::block_on(by(&engine, "anna").search(search)).unwrap();
        assert_eq!(to_json(&results), json!([{"operator": "anna", "name": "anna"}]));
        engine.close_blocking().unwrap();
    });
}
