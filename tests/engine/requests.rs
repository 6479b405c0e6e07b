//! Requests to the outside: kept, listed, and completed once, whatever comes between.

use centrala::domain::dialog::command::{CompleteRequest, FailRequest, FromMessage, SaveToCrm};
use centrala::domain::dialog::{RequestKind, RequestStatus};
use centrala::domain::query::ListRequests;
use centrala::engine::Engine;
use centrala::error::Code;
use centrala::ids::{DialogId, RequestId};
use centrala::storage;
use serde_json::{Value, json};

use crate::chance::Chance;
use crate::house::{CHANNEL, House, by, code, copy, dialog, id, message, requests, state_hash, to_json};
use crate::time_limit::in_time;

fn complete(engine: &Engine, request: RequestId, reference: &str) -> Result<(), centrala::error::Error> {
    let (reference, url) = (reference.to_owned(), None);
    engine.complete_request(CompleteRequest { request, reference, url }).wait()
}

fn fail(engine: &Engine, request: RequestId, retry_after_ms: Option<u64>) {
    let reason = "not today".to_owned();
    engine.fail_request(FailRequest { request, reason, retry_after_ms }).wait().unwrap();
}

/// Every client's dialog with a task and a deal; every second dialog is finished.
fn work(engine: &Engine, clients: std::ops::Range<usize>) -> Vec<(DialogId, RequestId, RequestId)> {
    let anna = by(engine, "anna");
    let made = clients.map(|client| {
        let opened =
            engine.receive(message(format!("client {client}"), format!("text {client}"))).wait().unwrap();
        let task = anna.create_task(FromMessage::new(opened.message));
        let save = SaveToCrm { dialog: opened.dialog, title: None, contact: None };
        let deal = anna.save_to_crm(save);
        let finished = (client % 2 == 0).then(|| anna.finish(opened.dialog));
        let (task, deal) = (task.wait().unwrap().request, deal.wait().unwrap().request);
        finished.into_iter().for_each(|finished| finished.wait().unwrap());
        (opened.dialog, task, deal)
    });
    made.collect()
}

/// All requests of a status, page by page.
fn all(engine: &Engine, status: Option<RequestStatus>, limit: u32) -> Vec<Value> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let list = ListRequests { status, after, limit: Some(limit) };
        let page = pollster::block_on(engine.list_requests(list)).unwrap();
        assert!(page.requests.len() <= limit as usize);
        found.extend(page.requests.iter().map(to_json));
        match page.next {
            Some(_) => after = page.next,
            None => return found,
        }
    }
}

fn everything(engine: &Engine, limit: u32) -> [Vec<Value>; 4] {
    let statuses = [None, Some(RequestStatus::Open), Some(RequestStatus::Done), Some(RequestStatus::Failed)];
    statuses.map(|status| all(engine, status, limit))
}

#[test]
fn a_killed_engine_loses_no_request_and_completes_none_twice() {
    in_time(|| {
        let house = House::with(|settings| settings.checkpoint_bytes = 64 * 1024);
        let engine = house.open_with(&["anna"], 1_000_000, json!({"accept": "auto"}));
        let made = work(&engine, 0..40);
        for (number, (_, task, deal)) in made.iter().enumerate() {
            match number % 4 {
                0 => complete(&engine, *task, &format!("T-{number}")).unwrap(),
                1 => fail(&engine, *deal, None),
                2 => fail(&engine, *deal, Some(3_600_000)),
                _ => {}
            }
        }
        let (before, hash) = (everything(&engine, 200), state_hash(&engine));
        assert_eq!(before.each_ref().map(Vec::len), [80, 50, 10, 20]);
        // The copy is what a kill at this moment leaves behind.
        let killed = House::new();
        copy(&house.path(), &killed.path());
        engine.close_blocking().unwrap();
        storage::verify(killed.path(), &mut |_, _| {}).unwrap();
        let engine = killed.open();
        assert_eq!(everything(&engine, 7), before);
        assert_eq!(state_hash(&engine), hash);
        for (number, (dialog_id, task, deal)) in made.iter().enumerate() {
            complete(&engine, *task, &format!("T-{number}")).unwrap();
            complete(&engine, *deal, &format!("D-{number}")).unwrap();
            assert_eq!(code(complete(&engine, *task, "another")), Code::Conflict);
            let shown = dialog(&engine, *dialog_id);
            let link = |reference: String| json!([{"reference": reference, "url": null}]);
            assert_eq!(shown["links"], link(format!("D-{number}")));
            assert_eq!(shown["messages"][0]["links"], link(format!("T-{number}")));
        }
        assert_eq!(everything(&engine, 200).each_ref().map(Vec::len), [80, 0, 80, 0]);
        let hash = state_hash(&engine);
        engine.close_blocking().unwrap();
        storage::verify(killed.path(), &mut |_, _| {}).unwrap();
        assert_eq!(state_hash(&killed.open()), hash);
    });
}

#[test]
fn a_dropped_engine_has_every_request_when_it_is_opened_again() {
    in_time(|| {
        let house = House::new();
        let engine = house.open_with(&["anna"], 1_000_000, json!({"accept": "auto"}));
        let made = work(&engine, 0..4);
        complete(&engine, made[0].1, "T-0").unwrap();
        let before = everything(&engine, 200);
        drop(engine);
        let engine = house.open();
        assert_eq!(everything(&engine, 1), before);
        let first = requests(&engine, json!({"status": "open", "limit": 1}));
        assert_eq!(first[0]["request"], json!(made[0].2));
    });
}

#[test]
fn pages_are_the_same_whether_memory_or_the_disk_knows() {
    in_time(|| {
        let mut chance = Chance::of(Chance::seed("pages of requests"));
        let house = House::with(|settings| settings.checkpoint_bytes = 64 * 1024);
        let mut engine = house.open_with(&["anna"], 1_000_000, json!({"accept": "auto"}));
        let mut made = Vec::new();
        for round in 0..6 {
            made.extend(work(&engine, round * 30..round * 30 + 30));
            for _ in 0..40 {
                let (_, task, deal) = *chance.one_of(&made);
                let request = if chance.percent(50) { task } else { deal };
                let outcome = pollster::block_on(engine.get_request(request)).unwrap();
                match chance.below(3) {
                    _ if outcome.status == RequestStatus::Done => {}
                    0 => complete(&engine, request, "done").unwrap(),
                    1 => fail(&engine, request, None),
                    _ => fail(&engine, request, Some(0)),
                }
            }
            check_pages(&engine, &made);
            if round % 2 == 1 {
                engine.close_blocking().unwrap();
                storage::verify(house.path(), &mut |_, _| {}).unwrap();
                engine = house.open();
                check_pages(&engine, &made);
            }
        }
    });
}

/// Every page agrees with what the requests themselves say.
fn check_pages(engine: &Engine, made: &[(DialogId, RequestId, RequestId)]) {
    let mut ids: Vec<RequestId> = made.iter().flat_map(|(_, task, deal)| [*task, *deal]).collect();
    ids.sort_unstable();
    let one = |request: &RequestId| to_json(&pollster::block_on(engine.get_request(*request)).unwrap());
    let expected: Vec<Value> = ids.iter().map(one).collect();
    let [every, open, done, failed] = everything(engine, 17);
    assert_eq!(every, expected);
    for (status, found) in [("open", open), ("done", done), ("failed", failed)] {
        let expected: Vec<_> = expected.iter().filter(|view| view["status"] == status).cloned().collect();
        assert_eq!(found, expected, "{status}");
    }
}

#[test]
fn a_closed_dialog_that_changes_is_not_taken_for_the_clients_last_one() {
    in_time(|| {
        let house = House::new();
        let engine = house.open_with(&["anna"], 1_000_000, json!({"accept": "auto"}));
        let first = work(&engine, 0..1)[0];
        let opened = engine.receive(message("client 0", "again")).wait().unwrap();
        by(&engine, "anna").finish(opened.dialog).wait().unwrap();
        engine.close_blocking().unwrap();
        let engine = house.open();
        complete(&engine, first.1, "T-1").unwrap();
        let killed = House::new();
        copy(&house.path(), &killed.path());
        drop(engine);
        let engine = killed.open();
        let last = pollster::block_on(engine.find_dialog(id(CHANNEL), id("client 0"))).unwrap();
        assert_eq!(last.dialog, opened.dialog);
        let third = engine.receive(message("client 0", "once more")).wait().unwrap();
        assert_eq!(dialog(&engine, third.dialog)["previous"], json!(opened.dialog));
    });
}

#[test]
fn an_engine_closes_whatever_dialogs_have_come_back_in_the_meantime() {
    in_time(|| {
        let house = House::new();
        let engine = house.open_with(&["anna"], 1_000_000, json!({"accept": "auto"}));
        let made = work(&engine, 0..20);
        // Between two attempts a closed dialog may be asleep again, and is woken for the next one.
        for _ in 0..20 {
            made.iter().for_each(|(_, task, _)| fail(&engine, *task, Some(0)));
            pollster::block_on(engine.settle()).unwrap();
        }
        engine.close_blocking().unwrap();
        let engine = house.open();
        assert!(requests(&engine, json!({"status": "open"})).iter().any(|view| view["attempts"] == 20));
    });
}

#[test]
fn a_request_has_all_that_was_said() {
    in_time(|| {
        let house = House::new();
        let engine = house.open_with(&["anna"], 10, json!({"accept": "auto"}));
        let opened = engine.receive(message("ala", "on Friday")).wait().unwrap();
        let anna = by(&engine, "anna");
        let event = FromMessage { title: Some("Meeting".into()), ..FromMessage::new(opened.message) };
        let event = anna.create_event(event).wait().unwrap().request;
        let post = anna.post_to_feed(FromMessage::new(opened.message)).wait().unwrap().request;
        let event = pollster::block_on(engine.get_request(event)).unwrap();
        assert_eq!(
            (event.kind_of_request, event.title.as_deref()),
            (RequestKind::CalendarEvent, Some("Meeting"))
        );
        assert_eq!(event.description.as_deref(), Some("on Friday"));
        assert_eq!(pollster::block_on(engine.get_request(post)).unwrap().kind_of_request, RequestKind::Post);
        assert_eq!(code(pollster::block_on(engine.get_request(RequestId(7)))), Code::RequestNotFound);
    });
}
