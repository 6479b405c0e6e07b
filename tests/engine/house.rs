//! A data directory with an engine and a small set-up, and short words for what tests do with them.

use std::fmt::Debug;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use centrala::domain::channel::PutChannel;
use centrala::domain::dialog::command::{Receive, WriteReply};
use centrala::domain::operator::{Presence, PutOperator};
use centrala::domain::request::Request;
use centrala::engine::{AsOperator, Durability, Engine, Settings};
use centrala::error::{Code, Error};
use centrala::ids::{ChannelId, DialogId, OperatorId};
use serde::Serialize;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Where most clients write.
pub const CHANNEL: &str = "web";

/// A temporary data directory.
#[derive(Debug)]
pub struct House {
    directory: TempDir,
    settings: Settings,
}

impl House {
    /// An empty one whose changes are handed to the operating system: these tests kill nobody.
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    /// An empty one with other settings.
    pub fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings::default().durability(Durability::Buffered);
        change(&mut settings);
        Self { directory: tempfile::tempdir().expect("a temporary directory can be made"), settings }
    }

    /// The data directory.
    pub fn path(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// Opens the engine.
    #[track_caller]
    pub fn open(&self) -> Engine {
        self.try_open().expect("the directory can be opened")
    }

    /// Opens the engine, if that is possible.
    pub fn try_open(&self) -> Result<Engine, Error> {
        Engine::builder(self.path()).settings(self.settings.clone()).open()
    }

    /// Opens the engine with `operators` of this capacity, all members of the queue of [`CHANNEL`].
    pub fn open_with(&self, operators: &[&str], capacity: u32, queue: Value) -> Engine {
        let engine = self.open();
        for operator in operators {
            put_operator(&engine, operator, capacity);
        }
        put_channel(&engine, CHANNEL, operators, queue);
        engine
    }
}

/// An id of whatever kind is wanted.
#[track_caller]
pub fn id<T: FromStr<Err: Debug>>(text: impl AsRef<str>) -> T {
    text.as_ref().parse().expect("it has 1 to 128 characters")
}

/// Puts an operator and says that it is there.
pub fn put_operator(engine: &Engine, operator: &str, capacity: u32) {
    engine.put_operator(operator_to_put(operator, capacity)).wait().expect("it is put");
    engine.set_presence(id(operator), Presence::Online).wait().expect("it is there");
}

/// Puts a channel; `queue` says what differs from the defaults.
pub fn put_channel(engine: &Engine, channel: &str, members: &[&str], queue: Value) {
    engine.put_channel(channel_to_put(channel, members, queue)).wait().expect("it is put");
}

/// The command that puts an operator.
pub fn operator_to_put(operator: &str, capacity: u32) -> PutOperator {
    from_json(json!({"operator": operator, "name": operator, "capacity": capacity}))
}

/// The command that puts a channel.
pub fn channel_to_put(channel: &str, members: &[&str], mut queue: Value) -> PutChannel {
    queue["members"] = json!(members);
    from_json(json!({"channel": channel, "queue": queue}))
}

/// A message of a client on [`CHANNEL`].
pub fn message(client: impl AsRef<str>, text: impl Into<String>) -> Receive {
    let (channel, client): (ChannelId, _) = (id(CHANNEL), id(client));
    Receive::new(channel, client, text)
}

/// A message that the connector may deliver twice.
pub fn message_named(
    client: impl AsRef<str>,
    text: impl Into<String>,
    external_id: impl AsRef<str>,
) -> Receive {
    Receive { external_id: Some(id(external_id)), ..message(client, text) }
}

/// A reply under a key.
pub fn keyed_reply(
    dialog: DialogId,
    operator: &str,
    text: impl Into<String>,
    key: impl AsRef<str>,
) -> Request {
    Request::new(WriteReply::new(dialog, text)).by(id(operator)).keyed(id(key))
}

/// A page of requests to the outside as the line protocol shows it.
#[track_caller]
pub fn requests(engine: &Engine, list: Value) -> Vec<Value> {
    let page = pollster::block_on(engine.list_requests(from_json(list))).expect("it can be listed");
    page.requests.iter().map(to_json).collect()
}

/// The engine as this operator works with it.
pub fn by(engine: &Engine, operator: impl AsRef<str>) -> AsOperator {
    engine.as_operator(id::<OperatorId>(operator))
}

/// A dialog as the line protocol shows it to employees.
#[track_caller]
pub fn dialog(engine: &Engine, dialog: DialogId) -> Value {
    to_json(&pollster::block_on(engine.get_dialog(dialog)).expect("there is such a dialog"))
}

/// The texts of a dialog, oldest first.
#[track_caller]
pub fn texts(engine: &Engine, id: DialogId) -> Vec<String> {
    let dialog = dialog(engine, id);
    let messages = dialog["messages"].as_array().expect("a list");
    messages.iter().map(|message| message["text"].as_str().expect("a text").to_owned()).collect()
}

/// Units that an operator holds, is offered, and has.
pub fn units(engine: &Engine, operator: &str) -> (u64, u64, u64) {
    let view =
        to_json(&pollster::block_on(engine.get_operator(id(operator))).expect("there is such an operator"));
    let field = |name: &str| view[name].as_u64().expect("a number");
    (field("held"), field("offered"), field("capacity"))
}

/// Waits until every consequence is drawn, and gives the fingerprint of everything.
#[track_caller]
pub fn state_hash(engine: &Engine) -> String {
    pollster::block_on(async {
        engine.settle().await.expect("it runs");
        engine.health().await.expect("it runs").state_hash
    })
}

/// The code of a rejection.
#[track_caller]
pub fn code<T: Debug>(result: Result<T, Error>) -> Code {
    match result {
        Err(Error::Rejected(rejection)) => rejection.code,
        other => panic!("not a rejection: {other:?}"),
    }
}

/// Writes `count` clients' messages, has them answered, replied to and finished by `operator`.
/// For a channel with `accept: auto`, of which `operator` is the only member.
pub fn lifecycles(engine: &Engine, operator: &str, names: impl Iterator<Item = String>) {
    let me = by(engine, operator);
    let mut under_way = std::collections::VecDeque::new();
    for name in names {
        under_way.push_back(engine.receive(message(name, "hello")));
        if under_way.len() >= 64 {
            finish_first(&me, &mut under_way);
        }
    }
    while !under_way.is_empty() {
        finish_first(&me, &mut under_way);
    }
}

type Receiving = centrala::engine::Execution<centrala::domain::reply::Received>;

fn finish_first(me: &AsOperator, under_way: &mut std::collections::VecDeque<Receiving>) {
    let Some(first) = under_way.pop_front() else { return };
    let dialog = first.wait().expect("it is taken in").dialog;
    let written = me.reply(dialog, "good day");
    let finished = me.finish(dialog);
    written.wait().expect("it is written");
    finished.wait().expect("it is finished");
}

/// A value as the line protocol writes it.
pub fn to_json(value: &impl Serialize) -> Value {
    serde_json::to_value(value).expect("it is JSON")
}

/// A command as the line protocol reads it.
pub fn from_json<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).expect("the line protocol reads it so")
}

/// Copies a data directory as it is now, as somebody would who has pulled the plug.
pub fn copy(from: &Path, to: &Path) {
    while let Err(error) = copy_files(from, to) {
        // A file has gone since the others were listed, so that these are not of one moment: once more.
        assert!(from.is_dir() && error.kind() == ErrorKind::NotFound, "it can be copied: {error}");
        fs::remove_dir_all(to).expect("it can be removed");
    }
}

fn copy_files(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        if entry.file_name() != "LOCK" {
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(())
}
