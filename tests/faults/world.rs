//! A few commands that use every table, and how everything looks after each of them: the picture that an
//! engine must show again whatever happened to its files.

use std::path::Path;

use centrala::engine::{ClockMode, Durability, Engine, Settings};
use centrala::error::Error;
use centrala::protocol::render::ReplyObject;
use centrala::protocol::{Action, parse};
use centrala::timestamp::Timestamp;
use pollster::block_on;
use serde_json::{Value, json};

use crate::files;

/// What an engine answers to all questions, one line each.
pub type Picture = Vec<Result<String, String>>;

/// Pictures after so many commands, and how long the last log was then.
#[derive(Debug, Default)]
pub struct Reference {
    pub pictures: Vec<Picture>,
    pub log_bytes: Vec<usize>,
}

/// Opens an engine whose clock stands still.
pub fn open(data: &Path) -> Result<Engine, Error> {
    let start = Timestamp::parse("2026-01-01T00:00:00Z").expect("it is a time");
    let settings = Settings::default().durability(Durability::Buffered);
    Engine::builder(data).settings(settings).clock(ClockMode::Virtual { start }).open()
}

/// The commands. Each is done with all that follows from it before the next.
pub fn commands() -> Vec<Value> {
    let mut commands = vec![
        json!({"do": "put_operator", "operator": "anna", "name": "Anna", "key": "k1"}),
        json!({"do": "put_operator", "operator": "bea", "role": "supervisor", "key": "k2"}),
        json!({"do": "put_operator", "operator": "ada", "role": "admin"}),
        json!({"do": "set_presence", "operator": "anna", "presence": "online"}),
        json!({"do": "put_channel", "channel": "web", "rating": true,
            "queue": {"members": ["anna"], "accept": "auto"}}),
        json!({"do": "put_retention", "as": "ada", "channel": "web", "closed_after_ms": 86_400_000}),
        json!({"do": "put_canned_reply", "canned": "hi", "text": "Hello {client.name}"}),
        json!({"do": "put_form", "form": "size", "name": "Size", "fields": [{"name": "a", "label": "A"}]}),
    ];
    for client in 0..4 {
        let name = format!("client {client}");
        let first = ((client + 1) << 20) + 1;
        let dialog = client + 1;
        let content = ["YSBwaG90bw==", "b2ZmZXI="][client % 2];
        commands.extend([
            json!({"do": "receive", "channel": "web", "client": name, "name": name, "text": "hello",
                "external_id": "e1", "files":
                [{"name": "f", "media_type": "text/plain", "data_base64": content}]}),
            json!({"do": "send_canned", "as": "anna", "dialog": dialog, "canned": "hi", "key": name}),
            json!({"do": "create_task", "as": "anna", "message": first, "title": "look"}),
        ]);
        if client < 3 {
            commands.extend([
                json!({"do": "complete_request", "request": first, "reference": format!("r{client}")}),
                json!({"do": "finish", "as": "anna", "dialog": dialog}),
            ]);
        }
    }
    commands.push(json!({"do": "rate", "dialog": 1, "score": 4}));
    commands
}

fn questions() -> Vec<Value> {
    let mut questions = vec![
        json!({"do": "get_operator", "operator": "anna"}),
        json!({"do": "get_channel", "channel": "web"}),
        json!({"do": "list_dialogs", "status": "closed"}),
        json!({"do": "list_dialogs", "client": "client 1"}),
        json!({"do": "list_requests"}),
        json!({"do": "list_requests", "status": "open"}),
        json!({"do": "search", "kind": "dialog", "text": "client"}),
        json!({"do": "search", "kind": "canned", "text": "h"}),
        json!({"do": "search", "kind": "form", "text": "s"}),
        json!({"do": "stats", "channel": "web"}),
    ];
    for client in 0..4 {
        let (name, dialog, first) = (format!("client {client}"), client + 1, ((client + 1) << 20) + 1);
        questions.extend([
            json!({"do": "find_dialog", "channel": "web", "client": name}),
            json!({"do": "get_dialog", "dialog": dialog, "audit": true}),
            json!({"do": "explain", "dialog": dialog}),
            json!({"do": "get_file", "message": first, "index": 0}),
        ]);
    }
    questions.push(json!({"do": "health"}));
    questions
}

impl Reference {
    /// Does `commands`, and takes a picture before the first and after each.
    pub fn build(&mut self, engine: &Engine, data: &Path, commands: &[Value]) {
        self.look(engine, data);
        for command in commands {
            ask(engine, command).unwrap_or_else(|refusal| panic!("{command}: {refusal}"));
            self.look(engine, data);
        }
    }

    fn look(&mut self, engine: &Engine, data: &Path) {
        self.pictures.push(picture(engine));
        self.log_bytes.push(files::length(&data.join(files::last_log(data))));
    }

    /// The picture when everything is there.
    pub fn whole(&self) -> &Picture {
        self.pictures.last().expect("one was taken")
    }
}

/// What the engine answers now.
pub fn picture(engine: &Engine) -> Picture {
    let _ = block_on(engine.settle());
    questions().iter().map(|question| ask(engine, question)).collect()
}

/// The reply to one line, or its code and sentence.
fn ask(engine: &Engine, line: &Value) -> Result<String, String> {
    let refused = |error: Error| format!("{}: {error}", error.code());
    let parsed = parse(line.to_string().as_bytes()).map_err(|refused| refused.rejection.to_string())?;
    match parsed.action {
        Action::Command(request) => {
            let done = engine.execute(request).wait().map_err(refused)?;
            block_on(engine.settle()).map_err(refused)?;
            Ok(serde_json::to_string(&ReplyObject(&done.reply)).expect("it is JSON"))
        }
        Action::Query(query, actor) => {
            let answered = block_on(engine.query(query, actor)).map_err(refused)?;
            Ok(serde_json::to_string(&answered.answer).expect("it is JSON"))
        }
        _ => unreachable!("time stands still"),
    }
}
