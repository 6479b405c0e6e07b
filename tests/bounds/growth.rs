//! Input of twice the size takes about twice the time, not four times. What is measured is the time that the whole
//! process computes, so that others on the machine disturb little.

use std::fmt::Write as _;
use std::fs;
use std::io::Cursor;

use centrala::engine::{ClockMode, Durability, Engine, Settings};
use centrala::protocol::host::{self, Options};
use centrala::timestamp::Timestamp;
use serde_json::{Value, json};

use crate::{alone, size};

/// Twice the size may take so many times the time: between 2 (as much more) and 4 (its square).
const MOST: f64 = 3.0;

/// Less than this cannot be told from nothing.
const NOISE_MS: f64 = 60.0;

/// Milliseconds that this process has computed, in all threads.
fn computed_ms() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |place: usize| fields.get(place).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) * 10.0
}

/// How long an engine on virtual time computes to do what these lines say. Everything must be done.
fn cost(lines: &[Value]) -> f64 {
    let mut input = String::new();
    lines.iter().for_each(|line| writeln!(input, "{line}").unwrap());
    let data = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    let start = Timestamp::parse("2026-01-01T00:00:00Z").unwrap();
    let builder = Engine::builder(data.path()).settings(Settings::default().durability(Durability::None));
    let engine = builder.clock(ClockMode::Virtual { start }).open().unwrap();
    let before = computed_ms();
    let (mut output, options) = (Vec::new(), Options { virtual_clock: true, events: false });
    let summary = host::run(engine, Cursor::new(input), &mut output, options).unwrap();
    let refused =
        String::from_utf8_lossy(&output).lines().find(|line| line.contains("\"error\"")).map(str::to_owned);
    assert_eq!((summary.requests, refused), (lines.len() as u64, None));
    computed_ms() - before
}

/// Compares a size with twice that size; a measurement that others have disturbed is taken again.
fn grows_with_its_size(name: &str, size: usize, lines: impl Fn(usize) -> Vec<Value>) {
    let mut ratio = f64::MAX;
    for _ in 0..3 {
        let (one, two) = (cost(&lines(size)), cost(&lines(2 * size)));
        println!("{name}: {size} in {one:.0} ms, {} in {two:.0} ms", 2 * size);
        ratio = ratio.min((two / one.max(NOISE_MS)).min(if two < 2.0 * NOISE_MS { 0.0 } else { f64::MAX }));
        if ratio <= MOST {
            return;
        }
    }
    panic!("{name}: twice the size takes {ratio:.1} times the time");
}

fn scaled(usual: usize) -> usize {
    usual * size("CENTRALA_GROWTH", 1)
}

fn operators(count: usize, presence: bool) -> Vec<Value> {
    let put =
        |name: usize| json!({"do": "put_operator", "operator": format!("o{name}"), "capacity": 100_000});
    let online =
        |name: usize| json!({"do": "set_presence", "operator": format!("o{name}"), "presence": "online"});
    let mut lines: Vec<_> = (0..count).map(put).collect();
    lines.extend((0..count).filter(|_| presence).map(online));
    lines
}

fn channel(members: usize, more: Value) -> Value {
    let members: Vec<_> = (0..members).map(|name| format!("o{name}")).collect();
    let mut line = json!({"do": "put_channel", "channel": "web", "queue": {"members": members}});
    for (field, value) in more.as_object().into_iter().flatten() {
        match field.as_str() {
            "mode" | "accept" | "offer_timeout_ms" => line["queue"][field] = value.clone(),
            _ => line[field] = value.clone(),
        }
    }
    line
}

fn receive(client: usize, text: &str) -> Value {
    json!({"do": "receive", "channel": "web", "client": format!("c{client}"), "text": text})
}

#[test]
fn members_of_a_queue() {
    let _alone = alone();
    for mode in ["evenly", "least_loaded", "round_robin"] {
        grows_with_its_size(mode, scaled(1000), |count| {
            let mut lines = operators(count, true);
            lines.push(channel(count, json!({"mode": mode, "accept": "auto"})));
            lines.extend((0..count / 4).map(|client| receive(client, "hello")));
            lines.extend((0..5).map(|weight| channel(count, json!({"mode": mode, "weight": weight + 1}))));
            lines
        });
    }
}

#[test]
fn dialogs_offered_to_all() {
    let _alone = alone();
    grows_with_its_size("members in mode all", scaled(500), |count| {
        let mut lines = operators(count, true);
        lines.push(channel(count, json!({"mode": "all"})));
        lines.extend((0..10).map(|client| receive(client, "hello")));
        lines.extend((0..10).map(|dialog| json!({"do": "answer", "as": "o3", "dialog": dialog + 1})));
        lines
    });
}

/// Each step passes over those who have had the dialog: a few hundred, or it is the square of more that counts.
#[test]
fn offers_that_go_round() {
    let _alone = alone();
    grows_with_its_size("skips of one dialog", 400, |count| {
        let mut lines = operators(count, true);
        lines.push(channel(count, json!({"mode": "strictly"})));
        lines.push(receive(0, "hello"));
        lines.extend((0..count - 1).map(|name| json!({"do": "skip", "as": format!("o{name}"), "dialog": 1})));
        lines
    });
}

#[test]
fn messages_of_a_dialog() {
    let _alone = alone();
    grows_with_its_size("messages", scaled(4000), |count| {
        let mut lines = operators(1, true);
        lines.push(channel(1, json!({"accept": "auto", "welcome": "hello"})));
        lines.extend((0..count).map(|_| receive(0, "hello")));
        lines.push(json!({"do": "get_dialog", "dialog": 1, "limit": 10}));
        lines.push(json!({"do": "finish", "as": "o0", "dialog": 1}));
        lines
    });
    // Each is compared with those that are there, the newest first.
    grows_with_its_size("messages with names", 2000, |count| {
        let mut lines = operators(1, true);
        lines.push(channel(1, json!({"accept": "auto"})));
        let named = |place: usize| json!({"do": "receive", "channel": "web", "client": "c0", "text": "hello", "external_id": format!("x{place}")});
        lines.extend((0..count).map(named));
        lines
    });
}

/// Each step looks through those who take part: a few hundred, as above.
#[test]
fn participants_of_a_dialog() {
    let _alone = alone();
    grows_with_its_size("participants", 500, |count| {
        let mut lines = operators(count, false);
        lines.push(channel(1, json!({"mode": "manual"})));
        lines.push(receive(0, "hello"));
        lines.push(json!({"do": "set_presence", "operator": "o0", "presence": "online"}));
        lines.push(json!({"do": "answer", "as": "o0", "dialog": 1}));
        lines.extend((1..count).map(|name| json!({"do": "join", "as": format!("o{name}"), "dialog": 1})));
        lines.push(json!({"do": "finish", "as": "o0", "dialog": 1}));
        lines
    });
}

#[test]
fn requirements_of_dialogs() {
    let _alone = alone();
    grows_with_its_size("sets of requirements", scaled(1000), |count| {
        let skills: serde_json::Map<_, _> = (0..100)
            .flat_map(|name| [(format!("s{name}"), json!(1)), (format!("t{name}"), json!(1))])
            .collect();
        let mut lines: Vec<_> = (0..10)
            .map(|name| {
                json!({"do": "put_operator", "operator": format!("o{name}"), "capacity": 100_000, "skills": skills})
            })
            .collect();
        lines.push(channel(10, json!({"accept": "auto"})));
        lines.extend((0..count).map(|set| {
            let mut line = receive(set, "hello");
            line["skills"] =
                json!([{"skill": format!("s{}", set % 100)}, {"skill": format!("t{}", set / 100)}]);
            line
        }));
        lines.extend(
            (0..10).map(
                |name| json!({"do": "set_presence", "operator": format!("o{name}"), "presence": "online"}),
            ),
        );
        lines.extend((0..count).map(|set| json!({"do": "get_dialog", "dialog": set + 1})));
        lines
    });
}

#[test]
fn channels_of_an_operator() {
    let _alone = alone();
    grows_with_its_size("channels", scaled(1000), |count| {
        let mut lines = operators(1, false);
        lines.extend((0..count).map(|name| {
            json!({"do": "put_channel", "channel": format!("w{name}"), "queue": {"members": ["o0"], "accept": "auto"}})
        }));
        lines.push(json!({"do": "set_presence", "operator": "o0", "presence": "online"}));
        lines.extend((0..count).map(
            |name| json!({"do": "receive", "channel": format!("w{name}"), "client": "c", "text": "hello"}),
        ));
        lines
    });
}

#[test]
fn dialogs_of_a_client() {
    let _alone = alone();
    grows_with_its_size("closed dialogs of a client", scaled(1000), |count| {
        let mut lines = operators(1, true);
        lines.push(channel(1, json!({"accept": "auto"})));
        for dialog in 0..count {
            lines.push(receive(0, "hello"));
            lines.push(json!({"do": "finish", "as": "o0", "dialog": dialog + 1}));
        }
        lines.push(json!({"do": "history", "channel": "web", "client": "c0"}));
        lines.push(json!({"do": "erase_client", "channel": "web", "client": "c0"}));
        lines
    });
}

#[test]
fn texts_with_short_codes() {
    let _alone = alone();
    // Three characters each, of twice as many at most, and a text has 10,000 at most.
    let size = scaled(500).min(10_000 / 6);
    for text in [":", ":a", ":smile:", "::", "{", "{client.name}"] {
        grows_with_its_size(text, size, |count| {
            let mut lines = operators(1, true);
            lines.push(channel(1, json!({"accept": "auto"})));
            lines.push(receive(0, "hello"));
            let text = text.repeat(count * 3 / text.len());
            lines.push(json!({"do": "put_canned_reply", "canned": "c", "text": text}));
            lines.extend((0..40).map(|_| json!({"do": "reply", "as": "o0", "dialog": 1, "text": text})));
            lines.extend(
                (0..40).map(|_| json!({"do": "send_canned", "as": "o0", "dialog": 1, "canned": "c"})),
            );
            lines
        });
    }
}

/// A week in which every day has so many intervals, with or without a minute between them.
fn week(intervals: usize, gap: usize) -> Value {
    let minutes = 1440 / intervals;
    let at = |minute: usize| format!("{:02}:{:02}", minute / 60, minute % 60);
    let day: Vec<_> =
        (0..intervals).map(|place| [at(place * minutes), at((place + 1) * minutes - gap)]).collect();
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    json!(days.map(|name| (name.to_owned(), json!(day))).into_iter().collect::<serde_json::Map<_, _>>())
}

#[test]
fn opening_hours() {
    let _alone = alone();
    let hours =
        |intervals, gap| json!({"hours": {"time_zone": "Europe/Warsaw", "week": week(intervals, gap)}});
    grows_with_its_size("intervals of a day", 48, |count| {
        vec![channel(0, hours(count, 1)), json!({"do": "advance", "ms": 10 * 86_400_000_u64})]
    });
    grows_with_its_size("intervals of a day without a gap", 48, |count| {
        (0..10)
            .map(|name| {
                let mut line = channel(0, hours(count, 0));
                line["channel"] = json!(format!("w{name}"));
                line
            })
            .collect()
    });
    grows_with_its_size("days", scaled(365), |count| {
        vec![channel(0, hours(1, 60)), json!({"do": "advance", "ms": count as u64 * 86_400_000})]
    });
}

#[test]
fn fields_of_a_line() {
    let _alone = alone();
    grows_with_its_size("answers to forms", 50, |count| {
        let mut lines = operators(1, true);
        lines.push(channel(1, json!({"accept": "auto"})));
        lines.push(receive(0, "hello"));
        let fields: Vec<_> = (0..count)
            .map(|name| json!({"name": format!("f{name}"), "label": "l", "required": true}))
            .collect();
        let answers: serde_json::Map<_, _> =
            (0..count).map(|name| (format!("f{name}"), json!("a"))).collect();
        lines.push(json!({"do": "put_form", "form": "f", "name": "f", "fields": fields}));
        for place in 0..100_u64 {
            lines.push(json!({"do": "send_form", "as": "o0", "dialog": 1, "form": "f"}));
            lines
                .push(json!({"do": "submit_form", "message": (1_u64 << 20) + 2 + place, "answers": answers}));
        }
        lines
    });
}
