//! Something panics, which is a bug: the engine stops and says so, everybody who waits is answered, nothing that was
//! acknowledged is lost, and the directory opens again.

use std::path::Path;
use std::sync::{Mutex, Once, PoisonError};
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber, span};

use super::{Acknowledged, ClockMode, Durability, Engine, Execution, Observation, Script, Settings, Step};
use crate::domain::channel::PutChannel;
use crate::domain::command::Command;
use crate::domain::dialog::command::{EraseClient, Finish, MoveToNew, Receive, WriteReply};
use crate::domain::operator::{PutOperator, SetPresence};
use crate::domain::reply::Reply;
use crate::domain::request::Request;
use crate::error::{Code, Error};
use crate::ids::{DialogId, IdempotencyKey, OperatorId};
use crate::storage::testing::{Trap, scratch};
use crate::storage::verify;
use crate::timestamp::Timestamp;

/// Long enough for the slowest machine; nothing here takes more than a second.
const LIMIT: Duration = Duration::from_secs(120);

pub(super) fn in_time(test: impl FnOnce() + Send + 'static) {
    let (ended, end) = crossbeam_channel::bounded(1);
    let running = std::thread::spawn(move || {
        test();
        let _ = ended.send(());
    });
    let late = matches!(end.recv_timeout(LIMIT), Err(crossbeam_channel::RecvTimeoutError::Timeout));
    assert!(!late, "it still waits");
    running.join().unwrap();
}

/// What was told at the level of errors, in all tests of this program.
struct Errors;

static TOLD: Mutex<Vec<String>> = Mutex::new(Vec::new());

impl Subscriber for Errors {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() == Level::ERROR
    }
    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn event(&self, event: &Event<'_>) {
        event.record(&mut Text);
    }
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

struct Text;

impl Visit for Text {
    fn record_debug(&mut self, _: &Field, value: &dyn std::fmt::Debug) {
        TOLD.lock().unwrap_or_else(PoisonError::into_inner).push(format!("{value:?}"));
    }
}

fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| tracing::subscriber::set_global_default(Errors).expect("nobody else listens"));
}

fn was_told(text: &str) -> bool {
    TOLD.lock().unwrap_or_else(PoisonError::into_inner).iter().any(|told| told.contains(text))
}

pub(super) fn command<C: DeserializeOwned + Into<Command>>(value: Value) -> Request {
    Request::new(serde_json::from_value::<C>(value).expect("it is read"))
}

pub(super) fn by(operator: &str, request: Request) -> Request {
    request.by(OperatorId::new(operator).unwrap())
}

pub(super) fn receive(client: &str) -> Request {
    command::<Receive>(json!({"channel": "web", "client": client, "text": format!("hello of {client}")}))
}

pub(super) fn open(path: &Path, arbiters: usize) -> Engine {
    let settings = Settings { arbiters, ..Settings::default().durability(Durability::Buffered) };
    Engine::builder(path).settings(settings).open().unwrap()
}

/// An engine, and what it has acknowledged.
struct House {
    engine: Engine,
    acknowledged: Vec<(DialogId, String)>,
    operators: Vec<String>,
    under_way: Vec<(Sent, Execution<Acknowledged>)>,
}

/// What was sent.
enum Sent {
    Text(String),
    Operator(String),
    Other,
}

impl House {
    fn open(path: &Path, arbiters: usize) -> Self {
        let (acknowledged, operators, under_way) = (Vec::new(), Vec::new(), Vec::new());
        Self { engine: open(path, arbiters), acknowledged, operators, under_way }
    }

    /// A queue with one operator, and dialogs that it has answered.
    fn furnished(path: &Path, arbiters: usize) -> Self {
        let mut house = Self::open(path, arbiters);
        let capacity = json!({"operator": "anna", "capacity": 1_000_000});
        let auto = json!({"channel": "web", "queue": {"members": ["anna"], "accept": "auto"}});
        let there = json!({"operator": "anna", "presence": "online"});
        for request in
            [command::<PutOperator>(capacity), command::<SetPresence>(there), command::<PutChannel>(auto)]
        {
            house.engine.execute(request).wait().unwrap();
        }
        (0..20).for_each(|number| {
            house.send(Sent::Text(format!("hello of c{number}")), receive(&format!("c{number}")))
        });
        assert_eq!(house.hear(), 0);
        house
    }

    fn send(&mut self, sent: Sent, request: Request) {
        let execution = self.engine.execute(request);
        self.under_way.push((sent, execution));
    }

    /// Waits for everything that was sent; says how much of it was not acknowledged, because the engine stopped.
    fn hear(&mut self) -> usize {
        let mut lost = 0;
        for (sent, execution) in std::mem::take(&mut self.under_way) {
            match (execution.wait(), sent) {
                (Ok(Acknowledged { reply: Reply::Received(received), .. }), Sent::Text(text)) => {
                    self.acknowledged.push((received.dialog, text));
                }
                (Ok(_), Sent::Operator(name)) => self.operators.push(name),
                (Ok(_), _) => {}
                (Err(error), _) if error.code() == Code::StorageFailed => lost += 1,
                (Err(Error::Rejected(_)), Sent::Other) => {}
                (Err(error), _) => panic!("{error}"),
            }
        }
        lost
    }

    /// A little of everything, some of it under keys and twice.
    fn storm(&mut self, number: usize) {
        let key = |name: &str| IdempotencyKey::new(format!("{name} {number}")).unwrap();
        for client in 0..40 {
            let name = format!("s{number}-{client}");
            let request = receive(&name);
            let request = if client % 8 == 0 { request.keyed(key(&name)) } else { request };
            self.send(Sent::Text(format!("hello of {name}")), request.clone());
            if client % 8 == 0 {
                self.send(Sent::Text(format!("hello of {name}")), request);
            }
        }
        let name = format!("operator-{number}");
        self.send(Sent::Operator(name.clone()), command::<PutOperator>(json!({"operator": name})));
        let shop = json!({"channel": "shop", "weight": number % 9 + 1});
        self.send(Sent::Other, command::<PutChannel>(shop));
        let old = self.acknowledged[number % 10].0;
        self.send(Sent::Other, by("anna", command::<Finish>(json!({"dialog": old}))));
        let (dialog, _) = self.acknowledged[10 + number % 5];
        let message = crate::ids::MessageId::of(dialog, 1);
        self.send(Sent::Other, by("anna", command::<MoveToNew>(json!({"message": message}))));
        let writer = format!("c{}", 15 + number % 5);
        self.send(Sent::Other, command::<EraseClient>(json!({"channel": "web", "client": writer})));
        self.send(Sent::Other, by("anna", command::<WriteReply>(json!({"dialog": dialog, "text": "yes"}))));
    }
}

/// Sets a trap, has the engine do a little of everything until it is sprung, and looks at what is left.
fn springs(trap: Trap, arbiters: usize) {
    listen();
    in_time(move || {
        let directory = scratch();
        let mut house = House::furnished(directory.path(), arbiters);
        house.engine.running.shared.reader.set_trap(trap);
        let mut number = 0;
        while house.engine.running.shared.failure.get().is_none() {
            house.storm(number);
            house.hear();
            number += 1;
        }
        refuses_everything(&house.engine);
        let sprung = format!("{trap:?}");
        assert!(was_told(&sprung), "the log says so");
        let House { engine, acknowledged, operators, .. } = house;
        let closed = engine.close_blocking().expect_err("it has failed").to_string();
        assert!(closed.contains(&sprung), "{closed}");
        everything_is_there(directory.path(), &acknowledged, &operators);
    });
}

fn refuses_everything(engine: &Engine) {
    let failed = |error: Error| assert_eq!(error.code(), Code::StorageFailed, "{error}");
    failed(engine.execute(receive("later")).wait().unwrap_err());
    failed(pollster::block_on(engine.settle()).unwrap_err());
    failed(pollster::block_on(engine.health()).unwrap_err());
    failed(pollster::block_on(engine.get_dialog(DialogId(1))).unwrap_err());
}

/// The directory opens, holds what was acknowledged, and works.
fn everything_is_there(path: &Path, acknowledged: &[(DialogId, String)], operators: &[String]) {
    let mut house = House::open(path, 0);
    for (dialog, text) in acknowledged {
        let view =
            serde_json::to_value(pollster::block_on(house.engine.get_dialog(*dialog)).unwrap()).unwrap();
        let (first, moved) = (&view["messages"][0], view["reason"] == "moved");
        let erased = first.is_null() || first["text"] == "" || first["text"].is_null();
        assert!(moved || erased || first["text"] == text.as_str(), "{view}");
    }
    for name in operators {
        pollster::block_on(house.engine.get_operator(OperatorId::new(name).unwrap())).unwrap();
    }
    house.send(Sent::Text("hello of later".into()), receive("later"));
    assert_eq!(house.hear(), 0);
    house.engine.close_blocking().unwrap();
    verify(path, &mut |_, _| {}).unwrap();
}

macro_rules! traps {
    ($($name:ident: $trap:ident;)*) => {$(
        #[test]
        fn $name() {
            springs(Trap::$trap, 0);
            springs(Trap::$trap, 2);
        }
    )*};
}

traps! {
    a_dialog_panics: Dialog;
    a_dialog_panics_between_two_changes_that_belong_together: Move;
    an_operator_panics: Operator;
    the_registry_panics: Registry;
    the_dispatcher_panics_at_a_command: Dispatcher;
    the_dispatcher_panics_at_a_note: Note;
    the_task_that_hands_over_panics: Flusher;
    the_thread_that_erases_panics: Eraser;
    the_thread_that_commits_panics: Commit;
    the_thread_that_releases_panics: Release;
    the_thread_that_archives_panics: Archive;
}

/// A script with a bug.
struct Broken;

impl Script for Broken {
    fn next(&mut self, _: Timestamp, _: &[Observation]) -> Step {
        panic!("a script in a test")
    }
}

#[test]
fn a_script_panics() {
    in_time(|| {
        let directory = scratch();
        let clock = ClockMode::Virtual { start: Timestamp::from_millis(0) };
        let engine = Engine::builder(directory.path()).clock(clock).open().unwrap();
        engine.execute(command::<PutOperator>(json!({"operator": "anna"}))).wait().unwrap();
        let failed = pollster::block_on(engine.run_script(Broken)).err().expect("it panics");
        assert_eq!(failed.code(), Code::StorageFailed, "{failed}");
        refuses_everything(&engine);
        assert!(engine.close_blocking().unwrap_err().to_string().contains("a script in a test"));
        everything_is_there_but_a_channel(directory.path());
    });
}

fn everything_is_there_but_a_channel(path: &Path) {
    let engine = Engine::open(path).unwrap();
    pollster::block_on(engine.get_operator(OperatorId::new("anna").unwrap())).unwrap();
    engine.close_blocking().unwrap();
}

#[test]
fn a_panic_while_the_engine_closes_ends_it() {
    in_time(|| {
        let directory = scratch();
        let mut house = House::furnished(directory.path(), 0);
        house.engine.running.shared.reader.set_trap(Trap::Note);
        // What is under way is brought to its end first; on the way something panics.
        (0..200).for_each(|number| house.send(Sent::Other, receive(&format!("last {number}"))));
        let engine = house.engine.clone();
        assert_eq!(engine.close_blocking().unwrap_err().code(), Code::StorageFailed);
        house.hear();
        let acknowledged = std::mem::take(&mut house.acknowledged);
        drop(house);
        everything_is_there(directory.path(), &acknowledged, &[]);
    });
}
