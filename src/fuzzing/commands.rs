//! Arbitrary lines into a running engine on virtual time, with every invariant looked up after each, and once
//! more after a restart.
//!
//! Bytes that begin like a line are lines. Others are commands: a byte says which, those behind it say of whom
//! and of what, out of few, so that commands meet.

use std::io::Cursor;
use std::path::Path;

use serde_json::{Value, json};

use super::model::Model;
use crate::actors::checking;
use crate::engine::{ClockMode, Durability, Engine, Settings};
use crate::protocol::host::{self, Options};
use crate::timestamp::Timestamp;

/// Lines of one run: what is found with more is found with these.
const LINES: usize = 200;

/// Has an engine in `directory`, which must not exist, do what these bytes say, and start once more.
///
/// # Panics
/// If it answers what it must not, or is another one after the restart.
pub fn commands(bytes: &[u8], directory: &Path) {
    checking::want();
    let input = if bytes.first().is_some_and(|first| b"{\n".contains(first)) {
        bytes.split_inclusive(|byte| *byte == b'\n').take(LINES).collect::<Vec<_>>().concat()
    } else {
        written(bytes)
    };
    let mut model = Model::default();
    run(&mut model, input, directory);
    // Starting takes longer than the commands do, so one input in four is taken up once more.
    if bytes.len().is_multiple_of(4) {
        let before = model.health.take();
        run(&mut model, Vec::new(), directory);
        assert_eq!(model.health, before, "a restart changes nothing");
    }
}

/// Has these lines done, and asks how the engine is.
fn run(model: &mut Model, mut input: Vec<u8>, directory: &Path) {
    if input.last().is_some_and(|byte| *byte != b'\n') {
        input.push(b'\n');
    }
    input.extend_from_slice(b"{\"do\":\"health\"}\n");
    let lines = input.iter().filter(|byte| **byte == b'\n').count();
    let start = Timestamp::from_millis(1_767_225_600_000);
    let builder = Engine::builder(directory).settings(Settings::default().durability(Durability::None));
    let engine = builder.clock(ClockMode::Virtual { start }).open().expect("the directory opens");
    let mut output = Vec::new();
    let options = Options { virtual_clock: true, events: true };
    host::run(engine, Cursor::new(input), &mut output, options).expect("the engine runs to its end");
    model.read(&output, lines);
}

/// The commands that these bytes say, behind a small set-up.
fn written(bytes: &[u8]) -> Vec<u8> {
    let mut chooser = Chooser { bytes };
    let mut lines = set_up(&mut chooser);
    while !chooser.bytes.is_empty() && lines.len() < LINES {
        let mut line = command(&mut chooser);
        if line["as"].is_null() {
            line.as_object_mut().map(|line| line.remove("as"));
        }
        lines.push(line);
    }
    lines.iter().flat_map(|line| format!("{line}\n").into_bytes()).collect()
}

/// Takes what to say from bytes; from none at all always the first.
struct Chooser<'a> {
    bytes: &'a [u8],
}

const PEOPLE: [&str; 6] = ["anna", "bert", "cleo", "boss", "root", "robo"];
const CHANNELS: [&str; 3] = ["web", "shop", "night"];
const CLIENTS: [&str; 4] = ["ala", "ola", "ela", "ula"];
const SKILLS: [&str; 3] = ["french", "german", "law"];

impl Chooser<'_> {
    fn number(&mut self, below: u64) -> u64 {
        let Some((first, rest)) = self.bytes.split_first() else { return 0 };
        self.bytes = rest;
        u64::from(*first) % below
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.number(of.len() as u64) as usize]
    }

    fn maybe(&mut self, value: impl FnOnce(&mut Self) -> Value) -> Value {
        if self.number(2) == 1 { value(self) } else { Value::Null }
    }

    fn person(&mut self) -> &'static str {
        self.one(&PEOPLE)
    }

    fn dialog(&mut self) -> u64 {
        self.number(6) + 1
    }

    fn message(&mut self) -> u64 {
        self.dialog() << 20 | (self.number(6) + 1)
    }

    fn text(&mut self) -> &'static str {
        self.one(&["hello", "", "Żółw :smile:", "{client.name} {operator.name}", "\u{0}\u{202e}𝒳"])
    }

    /// At most an hour: a dialog that nobody answers goes round in it for so long.
    fn ms(&mut self) -> u64 {
        self.one(&[1000, 1, 60_000, 3_600_000, 600_000, 0])
    }
}

/// What is true of all runs, but for the rules of the channels.
fn set_up(chooser: &mut Chooser<'_>) -> Vec<Value> {
    let operator = |name: &str, role: &str, kind: &str, capacity: u64| {
        json!({"do": "put_operator", "operator": name, "name": name, "role": role, "kind": kind,
            "capacity": capacity, "skills": {"french": 2, "law": 1}})
    };
    let mut lines = vec![
        operator("anna", "operator", "human", 2),
        operator("bert", "operator", "human", 1),
        operator("cleo", "operator", "human", 1000),
        operator("boss", "supervisor", "human", 3),
        operator("root", "admin", "human", 1),
        operator("robo", "operator", "bot", 1),
    ];
    for name in ["anna", "bert", "cleo", "boss"] {
        lines.push(json!({"do": "set_presence", "operator": name, "presence": "online"}));
    }
    lines.extend(CHANNELS.map(|channel| put_channel(channel, chooser)));
    lines
}

fn put_channel(channel: &str, chooser: &mut Chooser<'_>) -> Value {
    let modes = ["evenly", "strictly", "all", "round_robin", "least_loaded", "most_available", "manual"];
    let mode = chooser.one(&modes);
    let auto = chooser.number(3) == 1 && mode != "all" && mode != "manual";
    let members = &["anna", "bert", "cleo", "boss"][chooser.number(4) as usize..];
    let mut line = json!({"do": "put_channel", "channel": channel, "name": channel, "weight": 1 + chooser.number(2),
        "queue": {"mode": mode, "members": members, "accept": if auto { "auto" } else { "answer" },
            "offer_timeout_ms": chooser.one(&[60_000, 20_000, 0]), "check_online": chooser.number(4) != 1}});
    let extras = chooser.number(128);
    let mut add = |bit: u64, field: &str, value: Value| {
        if extras >> bit & 1 == 1 {
            line[field] = value;
        }
    };
    add(0, "skills", json!([{"skill": "law", "level": 2, "relax": [{"after_ms": 5000, "level": 0}]}]));
    add(1, "no_answer", json!({"after_ms": 3000, "reply": "soon", "overflow_channel": null}));
    add(
        2,
        "bot",
        json!({"operator": "robo", "join": "always", "hand_off_after_ms": 4000, "on_leave": "queue"}),
    );
    add(
        3,
        "hours",
        json!({"time_zone": "Europe/Warsaw", "week": {"mon": [["09:00", "17:00"]], "thu": [["00:30", "01:15"]]}}),
    );
    add(4, "abandon_ms", json!(7000));
    add(5, "max_waiting", json!(1));
    add(6, "rating", json!(true));
    let more = chooser.number(64);
    let mut add = |bit: u64, field: &str, value: Value| {
        if more >> bit & 1 == 1 {
            line[field] = value;
        }
    };
    add(0, "auto_close_ms", json!(9000));
    add(1, "prefer", json!("last_operator"));
    add(2, "prefer_ignores", json!(["capacity"]));
    add(3, "off_hours", json!({"reply": "closed", "close": true}));
    add(4, "welcome", json!("welcome"));
    add(5, "closing", json!("bye"));
    line
}

/// One command.
fn command(chooser: &mut Chooser<'_>) -> Value {
    match chooser.number(4) {
        0 => of_client(chooser),
        1 => of_operator(chooser),
        2 => of_message(chooser),
        _ => of_host(chooser),
    }
}

fn of_client(chooser: &mut Chooser<'_>) -> Value {
    let (channel, client) = (chooser.one(&CHANNELS), chooser.one(&CLIENTS));
    let external = format!("x{}", chooser.number(4));
    match chooser.number(12) {
        0..=4 => json!({"do": "receive", "channel": channel, "client": client, "text": chooser.text()}),
        5 => json!({"do": "receive", "channel": channel, "client": client, "text": chooser.text(),
            "external_id": external, "name": client, "priority": chooser.number(5)}),
        6 => {
            json!({"do": "receive", "channel": channel, "client": client, "text": "", "responsible": chooser.person(),
            "skills": [{"skill": chooser.one(&SKILLS), "level": chooser.number(4)}]})
        }
        7 => json!({"do": "client_leave", "channel": channel, "client": client}),
        8 => {
            json!({"do": "client_edit", "channel": channel, "client": client, "external_id": external, "text": "edited"})
        }
        9 => json!({"do": "client_delete", "channel": channel, "client": client, "external_id": external}),
        10 => json!({"do": "client_typing", "channel": channel, "client": client}),
        _ => json!({"do": "rate", "dialog": chooser.dialog(), "score": chooser.number(7)}),
    }
}

fn of_operator(chooser: &mut Chooser<'_>) -> Value {
    let (person, dialog) = (chooser.person(), chooser.dialog());
    let simple = [
        "answer",
        "skip",
        "accept_and_finish",
        "take",
        "pin",
        "unpin",
        "finish",
        "spam",
        "join",
        "leave",
        "typing",
    ];
    match chooser.number(22) {
        which @ 0..11 => json!({"do": simple[which as usize], "as": person, "dialog": dialog}),
        11 => json!({"do": "transfer", "as": person, "dialog": dialog, "to_operator": chooser.person()}),
        12 => {
            json!({"do": "transfer", "as": person, "dialog": dialog, "to_channel": chooser.one(&CHANNELS), "comment": "c"})
        }
        13 => json!({"do": "reply", "as": person, "dialog": dialog, "text": chooser.text(),
            "hidden": chooser.maybe(|chooser| json!(chooser.number(2) == 1))}),
        14 => json!({"do": chooser.one(&["pin_all", "unpin_all", "unanswered"]), "as": person}),
        15 => json!({"do": "invite", "as": person, "dialog": dialog, "operator": chooser.person()}),
        16 => {
            json!({"do": "remove_participant", "as": person, "dialog": dialog, "operator": chooser.person()})
        }
        17 => json!({"do": "rename", "as": person, "dialog": dialog, "title": chooser.text()}),
        18 => json!({"do": "set_hidden_mode", "as": person, "dialog": dialog, "on": chooser.number(2) == 1}),
        19 => {
            json!({"do": "set_priority", "as": person, "dialog": dialog, "priority": i64::from(i32::MAX) * (chooser.number(3) as i64 - 1)})
        }
        20 => json!({"do": "save_to_crm", "as": person, "dialog": dialog}),
        _ => json!({"do": "score_dialog", "as": person, "dialog": dialog, "rating": chooser.number(7)}),
    }
}

fn of_message(chooser: &mut Chooser<'_>) -> Value {
    let (person, message) = (chooser.person(), chooser.message());
    match chooser.number(12) {
        0 => json!({"do": "edit", "as": person, "message": message, "text": chooser.text()}),
        1 => json!({"do": "delete", "as": person, "message": message}),
        2 => json!({"do": "save_canned", "as": person, "message": message, "canned": "kept"}),
        3 => json!({"do": "create_task", "as": person, "message": message}),
        4 => json!({"do": "discuss", "as": person, "message": message}),
        5 | 6 => json!({"do": "move_to_new", "as": person, "message": message}),
        7 => {
            json!({"do": "receipt", "message": message, "state": chooser.one(&["sent", "delivered", "read", "failed"])})
        }
        8 => json!({"do": "submit_form", "message": message, "answers": {"mail": "a@b"}}),
        9 => {
            json!({"do": "payment_status", "message": message, "status": chooser.one(&["paid", "failed", "expired"])})
        }
        10 => json!({"do": "complete_request", "request": message, "reference": "r", "as": null}),
        _ => {
            json!({"do": "fail_request", "request": message, "reason": "no", "retry_after_ms": chooser.ms()})
        }
    }
}

fn of_host(chooser: &mut Chooser<'_>) -> Value {
    let (person, dialog) = (chooser.person(), chooser.dialog());
    let (channel, client) = (chooser.one(&CHANNELS), chooser.one(&CLIENTS));
    match chooser.number(18) {
        0..=3 => json!({"do": "advance", "ms": chooser.ms()}),
        4 => {
            json!({"do": "set_presence", "operator": person, "presence": chooser.one(&["online", "away", "offline"])})
        }
        5 => put_channel(channel, chooser),
        6 => json!({"do": "put_operator", "operator": person, "name": "n", "capacity": chooser.number(4),
            "role": chooser.one(&["operator", "supervisor"]), "skills": {"law": chooser.number(4)},
            "kind": if person == "robo" { "bot" } else { "human" },
            "fairness": chooser.maybe(|chooser| json!({"dialogs": 1 + chooser.number(2), "window_ms": 1 + chooser.ms()}))}),
        7 => json!({"do": "remove_operator", "operator": person}),
        8 => json!({"do": "erase_client", "channel": channel, "client": client}),
        9 => {
            json!({"do": "put_retention", "channel": channel, "closed_after_ms": chooser.maybe(|chooser| json!(chooser.ms()))})
        }
        10 => json!({"do": "get_dialog", "dialog": dialog, "view": chooser.one(&["employee", "client"])}),
        11 => json!({"do": "history", "channel": channel, "client": client}),
        12 => json!({"do": "list_dialogs", "channel": channel, "limit": 1 + chooser.number(3)}),
        13 => json!({"do": "stats", "channel": channel, "threshold_ms": chooser.ms()}),
        14 => json!({"do": chooser.one(&["explain", "position"]), "dialog": dialog}),
        15 => {
            json!({"do": "search", "kind": chooser.one(&["dialog", "operator", "channel"]), "text": chooser.text()})
        }
        16 => json!({"do": "get_channel", "channel": channel}),
        _ => json!({"do": "get_operator", "operator": person}),
    }
}
