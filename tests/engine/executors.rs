//! The same work on every executor and on none, on one arbiter and on several.

use centrala::domain::reply::Received;
use centrala::engine::Engine;
use centrala::error::Code;
use futures_util::future::join_all;
use serde_json::json;

use crate::house::{CHANNEL, House, by, code, dialog, id, message, message_named, texts, to_json};
use crate::time_limit::in_time;

const OPERATORS: &[&str] = &["anna", "bea"];

/// Dialogs at the same time.
const CLIENTS: usize = 30;

/// A dialog from its first message to its end, with something wrong on the way.
async fn lifecycle(engine: &Engine, client: usize) {
    let name = format!("client {client}");
    let Received { dialog, opened, .. } = engine.receive(message(&name, "hello")).await.unwrap();
    assert!(opened);
    let offered = to_json(&engine.get_dialog(dialog).await.unwrap());
    assert_eq!(offered["status"], "offered");
    let first = offered["offered_to"][0].as_str().unwrap();
    let second = *OPERATORS.iter().find(|operator| **operator != first).unwrap();
    let (first, second) = (by(engine, first), by(engine, second));
    assert_eq!(code(second.answer(dialog).await), Code::NotOffered);
    first.answer(dialog).await.unwrap();
    assert_eq!(code(second.answer(dialog).await), Code::AlreadyAnswered);
    first.reply(dialog, "good day").await.unwrap();
    first.reply_hidden(dialog, "what can we do?").await.unwrap();
    first.pin(dialog).await.unwrap();
    assert_eq!(code(second.take(dialog).await), Code::DialogPinned);
    first.unpin(dialog).await.unwrap();
    first.transfer_to_operator(dialog, second.id().clone(), Some("yours".to_owned())).await.unwrap();
    second.answer(dialog).await.unwrap();
    let again = engine.receive(message_named(&name, "thank you", "x")).await.unwrap();
    let repeated = engine.receive(message_named(&name, "thank you", "x")).await.unwrap();
    assert_eq!((again.dialog, again.opened), (dialog, false));
    assert_eq!((repeated.message, repeated.duplicate), (again.message, true));
    second.finish(dialog).await.unwrap();
    assert_eq!(code(second.reply(dialog, "too late").await), Code::DialogClosed);
    let found = to_json(&engine.find_dialog(id(CHANNEL), id(&name)).await.unwrap());
    assert_eq!((&found["dialog"], &found["status"]), (&json!(dialog), &json!("closed")));
    assert_eq!(found["messages"].as_array().unwrap().len(), 5);
}

fn house(arbiters: usize) -> (House, Engine) {
    let house = House::with(|settings| settings.arbiters = arbiters);
    let engine = house.open_with(OPERATORS, 1000, json!({"mode": "evenly"}));
    (house, engine)
}

/// What must be true after [`CLIENTS`] lifecycles, also after a restart.
fn check(house: &House, engine: Engine) {
    let health = pollster::block_on(engine.health()).unwrap();
    assert_eq!((health.dialogs, health.waiting + health.offered + health.answered), (CLIENTS as u64, 0));
    engine.close_blocking().unwrap();
    let engine = house.open();
    assert_eq!(pollster::block_on(engine.health()).unwrap(), health);
    engine.close_blocking().unwrap();
}

#[test]
fn it_works_in_tasks_of_a_runtime_with_many_threads() {
    in_time(|| {
        let (house, engine) = house(0);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(3).build().unwrap();
        runtime.block_on(async {
            let tasks = (0..CLIENTS).map(|client| {
                let engine = engine.clone();
                tokio::spawn(async move { lifecycle(&engine, client).await })
            });
            join_all(tasks).await.into_iter().for_each(|task| task.unwrap());
        });
        check(&house, engine);
    });
}

#[test]
fn it_works_in_a_runtime_with_one_thread() {
    in_time(|| {
        let (house, engine) = house(0);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(join_all((0..CLIENTS).map(|client| lifecycle(&engine, client))));
        check(&house, engine);
    });
}

#[test]
fn it_works_in_a_system_of_actors() {
    in_time(|| {
        let (house, engine) = house(0);
        let inside = engine.clone();
        actix::System::new().block_on(async move {
            let other = actix::Arbiter::new();
            let (ended, end) = tokio::sync::oneshot::channel();
            let there = inside.clone();
            other.spawn(async move {
                join_all((0..CLIENTS / 2).map(|client| lifecycle(&there, client))).await;
                let _ = ended.send(());
            });
            join_all((CLIENTS / 2..CLIENTS).map(|client| lifecycle(&inside, client))).await;
            end.await.unwrap();
            other.stop();
        });
        check(&house, engine);
    });
}

#[test]
fn it_works_without_any_runtime() {
    in_time(|| {
        let (house, engine) = house(0);
        std::thread::scope(|scope| {
            for client in 0..CLIENTS {
                let engine = &engine;
                scope.spawn(move || pollster::block_on(lifecycle(engine, client)));
            }
        });
        check(&house, engine);
    });
}

#[test]
fn waiting_needs_no_async_at_all() {
    in_time(|| {
        let house = House::new();
        let engine = house.open_with(OPERATORS, 1000, json!({"mode": "all"}));
        let opened = engine.receive(message("ala", "hello")).wait().unwrap();
        let anna = by(&engine, "anna");
        anna.answer(opened.dialog).wait().unwrap();
        let written = anna.reply(opened.dialog, "good day").wait().unwrap();
        assert_eq!(written.message.dialog(), opened.dialog);
        anna.finish(opened.dialog).wait().unwrap();
        assert_eq!(texts(&engine, opened.dialog), ["hello", "good day"]);
        assert_eq!(dialog(&engine, opened.dialog)["owner"], "anna");
    });
}

#[test]
fn it_works_on_any_number_of_arbiters() {
    in_time(|| {
        for arbiters in [1, 3] {
            let (house, engine) = house(arbiters);
            pollster::block_on(join_all((0..CLIENTS).map(|client| lifecycle(&engine, client))));
            check(&house, engine);
        }
    });
}

#[test]
fn commands_take_effect_in_the_order_of_the_calls_even_if_nobody_waits_in_between() {
    in_time(|| {
        for arbiters in [0, 3] {
            let house = House::with(|settings| settings.arbiters = arbiters);
            let engine = house.open();
            let anna = crate::house::operator_to_put("anna", 10);
            let queue = crate::house::channel_to_put(CHANNEL, &["anna"], json!({"accept": "auto"}));
            let set_up = [
                engine.put_operator(anna),
                engine.set_presence(id("anna"), centrala::domain::operator::Presence::Online),
                engine.put_channel(queue),
            ];
            let received = engine.receive(message("ala", "hello"));
            let view = engine.find_dialog(id(CHANNEL), id("ala"));
            for done in set_up {
                done.wait().unwrap();
            }
            let dialog = received.wait().unwrap().dialog;
            assert_eq!(to_json(&pollster::block_on(view).unwrap())["dialog"], json!(dialog));
            let me = by(&engine, "anna");
            let replied = me.reply(dialog, "good day");
            let finished = me.finish(dialog);
            let again = ["one", "two", "three"].map(|text| engine.receive(message("ala", text)));
            replied.wait().unwrap();
            finished.wait().unwrap();
            let again = again.map(|sent| sent.wait().unwrap());
            assert_eq!(again.map(|received| received.opened), [true, false, false]);
            assert_eq!(texts(&engine, dialog), ["hello", "good day"]);
            assert_eq!(texts(&engine, again[0].dialog), ["one", "two", "three"]);
        }
    });
}
