//! Figures against a naive sum over the log of events: random commands, random windows, and a restart now and then.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;
use std::path::Path;

use centrala::domain::query::Stats;
use centrala::engine::{ClockMode, Durability, Engine, Settings};
use centrala::protocol::host::{self, Options};
use centrala::timestamp::Timestamp;
use serde_json::{Value, json};

use crate::chance::Chance;
use crate::house::{House, by, copy, id, message, to_json};
use crate::time_limit::in_time;

const CHANNELS: [(&str, i64); 2] = [("site", 1), ("mail", 2)];
const OPERATORS: [&str; 3] = ["ann", "bob", "sue"];

/// What the host writes when it reads these lines, with a restart before them.
fn run(data: &Path, lines: &[Value]) -> Vec<Value> {
    let start = Timestamp::parse("2026-01-01T00:00:00Z").unwrap();
    // So small a journal has a checkpoint every few commands.
    let mut settings = Settings::default().durability(Durability::Buffered);
    settings.checkpoint_bytes = 64 << 10;
    let engine = Engine::builder(data).settings(settings).clock(ClockMode::Virtual { start }).open().unwrap();
    let input: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let mut output = Vec::new();
    host::run(engine, Cursor::new(input), &mut output, Options { virtual_clock: true, events: true })
        .unwrap();
    output.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect()
}

/// A dialog as the log tells it.
#[derive(Default)]
struct Told {
    channel: String,
    apart: bool,
    entered: Option<i64>,
    answered: Option<i64>,
    owner: Option<(String, i64)>,
}

/// Everything that happened, one entry each.
#[derive(Default)]
struct Log {
    dialogs: BTreeMap<u64, Told>,
    /// (when, channel, operator, what, value)
    counted: Vec<(i64, String, String, &'static str, i64)>,
    /// (when, operator, held rather than online, change)
    units: Vec<(i64, String, bool, i64)>,
    /// (channel, operator, from, until)
    members: Vec<(String, String, i64, i64)>,
    capacity: BTreeMap<String, i64>,
    online: BTreeSet<String>,
    now: i64,
}

fn ms(text: &Value) -> i64 {
    Timestamp::parse(text.as_str().unwrap()).unwrap().as_millis()
}

impl Log {
    fn dialog(&mut self, event: &Value) -> &mut Told {
        self.dialogs.entry(event["dialog"].as_u64().unwrap()).or_default()
    }

    fn release(&mut self, event: &Value, at: i64) -> Option<String> {
        let (operator, units) = self.dialog(event).owner.take()?;
        self.units.push((at, operator.clone(), true, -units));
        Some(operator)
    }

    fn take(&mut self, event: &Value) {
        let at = ms(&event["at"]);
        self.now = self.now.max(at);
        let text = |field: &str| event[field].as_str().map(str::to_owned);
        match event["kind"].as_str().unwrap() {
            "dialog_opened" => {
                let Some(channel) = text("channel") else {
                    return self.dialog(event).apart = true;
                };
                // The event names the channel on which the client writes.
                let before = event["previous"].as_u64().and_then(|before| self.dialogs.get(&before));
                let before = before.map(|before| before.channel.clone());
                let dialog = self.dialog(event);
                let channel = before.filter(|_| dialog.apart).unwrap_or(channel);
                (dialog.channel, dialog.entered) = (channel.clone(), Some(at));
                if !dialog.apart {
                    self.counted.push((at, channel, String::new(), "offered", 0));
                }
            }
            "dialog_answered" | "dialog_taken" => {
                self.release(event, at);
                let operator = text("operator").unwrap();
                let dialog = self.dialog(event);
                let weight = CHANNELS
                    .iter()
                    .find(|(name, _)| *name == dialog.channel)
                    .map_or(0, |(_, weight)| *weight);
                dialog.owner = Some((operator.clone(), weight));
                let (channel, wait) = (dialog.channel.clone(), at - dialog.entered.unwrap_or(at));
                if dialog.answered.is_none() && !dialog.apart && !channel.is_empty() {
                    self.counted.push((at, channel, operator.clone(), "answered", wait));
                }
                self.dialog(event).answered.get_or_insert(at);
                self.units.push((at, operator, true, weight));
            }
            "dialog_transferred" => {
                self.release(event, at);
                if let Some(channel) = text("to_channel") {
                    self.dialog(event).channel = channel;
                }
            }
            "dialog_closed" => {
                let operator = self.release(event, at).unwrap_or_default();
                let dialog = self.dialog(event);
                let (channel, reason) = (dialog.channel.clone(), event["reason"].as_str().unwrap());
                let ending = match (dialog.answered, reason) {
                    _ if dialog.apart || reason == "spam" || reason == "moved" => None,
                    (Some(answered), _) => Some(("handled", at - answered)),
                    (None, "abandoned") => Some(("abandoned", 0)),
                    (None, _) => None,
                };
                self.counted.extend(ending.map(|(what, value)| (at, channel, operator, what, value)));
            }
            "presence_set" => self.change(&text("operator").unwrap(), at, |log, operator| {
                match event["presence"].as_str() {
                    Some("online") => log.online.insert(operator.to_owned()),
                    _ => log.online.remove(operator),
                };
            }),
            _ => {}
        }
    }

    /// Something that changes how much an operator has online.
    fn change(&mut self, operator: &str, at: i64, change: impl FnOnce(&mut Self, &str)) {
        let units = |log: &Self| if log.online.contains(operator) { log.capacity[operator] } else { 0 };
        let before = units(self);
        change(self, operator);
        self.units.push((at, operator.to_owned(), false, units(self) - before));
    }

    fn seat(&mut self, channel: &str, members: &[&str]) {
        let now = self.now;
        for seat in self.members.iter_mut().filter(|seat| seat.0 == channel && seat.3 == i64::MAX) {
            if !members.contains(&seat.1.as_str()) {
                seat.3 = now;
            }
        }
        for member in members {
            let is_in = |seat: &(String, String, i64, i64)| {
                seat.0 == channel && seat.1 == *member && seat.3 == i64::MAX
            };
            if !self.members.iter().any(is_in) {
                self.members.push((channel.to_owned(), (*member).to_owned(), now, i64::MAX));
            }
        }
    }

    /// Units times milliseconds of an operator.
    fn integral(&self, operator: &str, held: bool, from: i64, until: i64) -> i64 {
        let steps = self.units.iter().filter(|step| step.1 == operator && step.2 == held);
        steps.map(|(at, _, _, by)| by * (until - *at.max(&from)).max(0)).sum()
    }

    fn occupancy(&self, parts: &[(String, i64, i64)]) -> Value {
        let sum = |held| {
            parts.iter().map(|(who, from, until)| self.integral(who, held, *from, *until)).sum::<i64>()
        };
        let (held, online) = (sum(true), sum(false));
        if online > 0 { json!(held as f64 / online as f64) } else { Value::Null }
    }

    /// The reply that a query must get, as far as it is about what was counted.
    fn expected(&self, query: &Value) -> Value {
        let bound = |field: &str, otherwise| query.get(field).map_or(otherwise, ms);
        let (since, until) = (bound("since", i64::MIN), bound("until", i64::MAX));
        let (channel, operator) = (query["channel"].as_str(), query["operator"].as_str());
        let is_in = |entry: &&(i64, String, String, &str, i64)| {
            (since..until).contains(&entry.0)
                && channel.is_none_or(|channel| entry.1 == channel)
                && operator.is_none_or(|operator| entry.2 == operator)
        };
        let values = |what| {
            self.counted.iter().filter(is_in).filter(move |entry| entry.3 == what).map(|entry| entry.4)
        };
        let mean = |what| values(what).sum::<i64>().checked_div(values(what).count() as i64);
        let (answered, abandoned) = (values("answered").count(), values("abandoned").count());
        let within =
            values("answered").filter(|wait| *wait <= query["threshold_ms"].as_i64().unwrap_or(20_000));
        let all = answered + abandoned;
        let level = if all > 0 { json!(within.count() as f64 / all as f64) } else { Value::Null };
        let (from, to) = (since.max(0), until.min(self.now));
        let parts: Vec<(String, i64, i64)> = match (channel, operator) {
            (Some(channel), _) => {
                let seats = self.members.iter().filter(|seat| seat.0 == channel);
                seats.map(|seat| (seat.1.clone(), from.max(seat.2), to.min(seat.3))).collect()
            }
            (None, Some(operator)) => vec![(operator.to_owned(), from, to)],
            (None, None) => OPERATORS.map(|operator| (operator.to_owned(), from, to)).to_vec(),
        };
        let parts: Vec<_> = parts.into_iter().filter(|(_, from, until)| from < until).collect();
        let mut expected = json!({
            "answered": answered, "asa_ms": mean("answered"), "aht_ms": mean("handled"),
            "occupancy": self.occupancy(&parts),
        });
        if operator.is_none() {
            expected["offered"] = json!(values("offered").count());
            (expected["abandoned"], expected["service_level"]) = (json!(abandoned), level);
        }
        expected
    }
}

/// A random command; most of them about dialogs that there are.
fn command(chance: &mut Chance, dialogs: u64) -> Value {
    let dialog = dialogs.saturating_sub(chance.below(8) as u64).max(1);
    let (operator, other) = (*chance.one_of(&OPERATORS), *chance.one_of(&OPERATORS));
    let (channel, client) = (chance.one_of(&CHANNELS).0, format!("c{}", chance.below(9)));
    let message = (dialog << 20) + 1;
    match chance.below(22) {
        0..=4 => json!({"do":"receive","channel":channel,"client":client,"text":"hello"}),
        5..=7 => json!({"do":"answer","as":operator,"dialog":dialog}),
        8 => json!({"do":"accept_and_finish","as":operator,"dialog":dialog}),
        9 | 10 => json!({"do":"finish","as":"sue","dialog":dialog}),
        11 => json!({"do":"transfer","as":"sue","dialog":dialog,"to_channel":channel}),
        12 => json!({"do":"transfer","as":"sue","dialog":dialog,"to_operator":other}),
        13 => json!({"do":"take","as":operator,"dialog":dialog}),
        14 => json!({"do":"spam","as":"sue","dialog":dialog}),
        15 => json!({"do":"client_leave","channel":channel,"client":client}),
        16 => {
            json!({"do":"set_presence","operator":operator,"presence":*chance.one_of(&["online","away","offline"])})
        }
        17 => json!({"do":"move_to_new","as":"sue","message":message}),
        18 => json!({"do":"discuss","as":"sue","message":message}),
        _ => {
            let most = *chance.one_of(&[2, 1000, 30_000, 3_600_000, 40_000_000]);
            json!({"do":"advance","ms":chance.below(most)})
        }
    }
}

fn set_up(operator: &str, capacity: i64) -> Value {
    let role = if operator == "sue" { "supervisor" } else { "operator" };
    json!({"do":"put_operator","operator":operator,"name":operator,"role":role,"capacity":capacity})
}

fn channel(name: &str, weight: i64, members: &[&str]) -> Value {
    json!({"do":"put_channel","channel":name,"name":name,"weight":weight,"queue":{"offer_timeout_ms":0,"members":members}})
}

/// A random question whose window begins and ends near what happened.
fn question(chance: &mut Chance, log: &Log) -> Value {
    let mut query = json!({"do":"stats"});
    match chance.below(4) {
        0 => query["operator"] = json!(*chance.one_of(&OPERATORS)),
        1 => {}
        _ => query["channel"] = json!(chance.one_of(&CHANNELS).0),
    }
    let moment = |chance: &mut Chance| {
        let moment = match chance.percent(50) && !log.counted.is_empty() {
            true => chance.one_of(&log.counted).0 + chance.below(3) as i64 - 1,
            false => 1_767_225_600_000 + chance.below((log.now - 1_767_225_600_000).max(1) as usize) as i64,
        };
        Timestamp::from_millis(moment)
    };
    let mut bounds = [moment(chance), moment(chance)];
    bounds.sort_unstable();
    for (field, bound) in ["since", "until"].into_iter().zip(bounds) {
        if chance.percent(70) {
            query[field] = json!(bound.to_string());
        }
    }
    if chance.percent(70) {
        let waits: Vec<i64> =
            log.counted.iter().filter(|entry| entry.3 == "answered").map(|entry| entry.4).collect();
        let threshold = if waits.is_empty() { 0 } else { *chance.one_of(&waits) };
        query["threshold_ms"] = json!((threshold - i64::from(chance.percent(30))).max(0));
    }
    query
}

fn compare(query: &Value, expected: &Value, found: &Value) {
    for (field, value) in expected.as_object().unwrap() {
        let same = match (value.as_f64(), found[field].as_f64()) {
            (Some(one), Some(other)) => (one - other).abs() <= 1e-12 * one.abs(),
            _ => *value == found[field],
        };
        assert!(same, "{query}: {field} is {}, not {value}", found[field]);
    }
}

fn random_run(chance: &mut Chance) {
    let house = tempfile::tempdir().unwrap();
    let mut log = Log { now: 1_767_225_600_000, ..Log::default() };
    let mut dialogs = 0;
    for turn in 0..12 {
        let mut lines = Vec::new();
        // Set-up changes come at the start of a turn, when the log knows the time.
        for operator in OPERATORS {
            if turn == 0 || chance.percent(10) {
                let capacity = chance.below(6) as i64 + 1;
                lines.push(set_up(operator, capacity));
                let now = log.now;
                log.capacity.entry(operator.to_owned()).or_default();
                log.change(operator, now, |log, operator| {
                    log.capacity.insert(operator.to_owned(), capacity);
                });
            }
        }
        for (name, weight) in CHANNELS {
            if turn == 0 || chance.percent(20) {
                let members: Vec<&str> = OPERATORS.into_iter().filter(|_| chance.percent(60)).collect();
                lines.push(channel(name, weight, &members));
                log.seat(name, &members);
            }
        }
        lines.extend((0..40).map(|_| command(chance, dialogs + 2)));
        let mut asked = lines.iter();
        let mut events = Vec::new();
        for line in run(house.path(), &lines) {
            if line.get("event").is_some() {
                events.push(line["event"].clone());
                continue;
            }
            let asked = asked.next().unwrap();
            if asked["do"] == "move_to_new" && line.get("ok").is_some() {
                log.dialogs.entry(line["ok"]["dialog"].as_u64().unwrap()).or_default().apart = true;
            }
            if asked["do"] == "advance" {
                log.now += asked["ms"].as_i64().unwrap();
            }
            events.drain(..).for_each(|event| log.take(&event));
        }
        dialogs = log.dialogs.keys().max().copied().unwrap_or(0);
        let queries: Vec<Value> = (0..30).map(|_| question(chance, &log)).collect();
        for (query, reply) in queries.iter().zip(run(house.path(), &queries)) {
            compare(query, &log.expected(query), &reply["ok"]);
        }
    }
    assert!(log.counted.len() > 50, "something happened");
}

#[test]
fn figures_are_those_of_a_naive_sum_over_the_log() {
    in_time(|| {
        let mut chance = Chance::of(Chance::seed("figures_are_those_of_a_naive_sum_over_the_log"));
        for _ in 0..3 {
            random_run(&mut chance);
        }
    });
}

#[test]
fn a_crash_changes_no_figure() {
    in_time(|| {
        let house = House::with(|settings| settings.checkpoint_bytes = 64 << 10);
        let engine = house.open_with(&["anna", "bea"], 5, json!({"offer_timeout_ms": 0}));
        for part in 0..6 {
            for client in 0..40 {
                engine.receive(message(format!("{part}/{client}"), "hello ".repeat(50))).wait().unwrap();
            }
            for dialog in pollster::block_on(by(&engine, "anna").unanswered()).unwrap() {
                let dialog = dialog.dialog;
                if by(&engine, "anna").answer(dialog).wait().is_ok() {
                    by(&engine, "anna").finish(dialog).wait().unwrap();
                }
            }
            // A moment that is over, so that time passes unseen.
            let until = pollster::block_on(engine.settle()).map(|_| now()).unwrap();
            let stats = |engine: &Engine, channel: Option<&str>| {
                let stats = Stats { channel: channel.map(id), until: Some(until), ..Stats::default() };
                let of_anna = Stats { until: Some(until), ..Stats::default() };
                let figures = to_json(&pollster::block_on(engine.stats(stats)).unwrap());
                let mut figures = figures;
                figures["longest_wait_ms"] = Value::Null;
                (figures, to_json(&pollster::block_on(engine.operator_stats(id("anna"), of_anna)).unwrap()))
            };
            let before = [stats(&engine, None), stats(&engine, Some("web"))];
            let other = House::new();
            copy(&house.path(), &other.path());
            let copied = other.open();
            assert_eq!([stats(&copied, None), stats(&copied, Some("web"))], before, "part {part}");
            copied.close_blocking().unwrap();
            let again = other.open();
            assert_eq!([stats(&again, None), stats(&again, Some("web"))], before, "part {part}, once more");
        }
        engine.close_blocking().unwrap();
    });
}

#[allow(clippy::disallowed_methods, reason = "the engine runs on the clock of the system here")]
fn now() -> Timestamp {
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp::from_millis(since_epoch.as_millis() as i64)
}
