//! The line host on the system clock: order, bounds, junk, and ends of all kinds.

use std::io::{self, BufReader, Cursor, Read, Write};
use std::path::Path;

use centrala::engine::{ClockMode, Durability, Engine, Settings};
use centrala::error::Code;
use centrala::protocol::host::{self, Options, Summary};
use centrala::timestamp::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};

const SYSTEM: Options = Options { virtual_clock: false, events: false };
const VIRTUAL: Options = Options { virtual_clock: true, events: false };

fn open(data: &Path, options: Options) -> Engine {
    let start = Timestamp::parse("2026-01-01T00:00:00Z").unwrap();
    let clock = if options.virtual_clock { ClockMode::Virtual { start } } else { ClockMode::System };
    let settings = Settings::default().durability(Durability::Buffered);
    Engine::builder(data).settings(settings).clock(clock).open().unwrap()
}

/// The lines that come out when `input` goes in.
fn replies(input: impl Read + Send + 'static, options: Options) -> Vec<Value> {
    let data = tempfile::tempdir().unwrap();
    let mut output = Vec::new();
    host::run(open(data.path(), options), BufReader::new(input), &mut output, options).unwrap();
    let lines = output.split_inclusive(|&byte| byte == b'\n');
    lines.map(|line| serde_json::from_slice(line).unwrap()).collect()
}

fn text(lines: &[Value]) -> Cursor<Vec<u8>> {
    Cursor::new(lines.iter().map(|line| format!("{line}\n")).collect::<String>().into_bytes())
}

/// An operator who is there, and a channel that is theirs.
fn desk() -> Vec<Value> {
    vec![
        json!({"do": "put_operator", "operator": "ann", "name": "Ann", "capacity": 1_000_000}),
        json!({"do": "set_presence", "operator": "ann", "presence": "online"}),
        json!({"do": "put_channel", "channel": "site", "name": "Site", "queue": {"members": ["ann"]}}),
    ]
}

fn life(dialog: u64) -> Vec<Value> {
    vec![
        json!({"do": "receive", "channel": "site", "client": format!("c{dialog}"), "text": "hello"}),
        json!({"do": "answer", "as": "ann", "dialog": dialog}),
        json!({"do": "get_dialog", "dialog": dialog}),
        json!({"do": "finish", "as": "ann", "dialog": dialog}),
    ]
}

#[test]
fn overlapping_requests_are_answered_in_their_order_and_see_what_came_before() {
    let mut lines = desk();
    lines.extend((1..=1000).flat_map(life));
    for (number, line) in lines.iter_mut().enumerate() {
        line["ref"] = json!(number);
    }
    let replies = replies(text(&lines), SYSTEM);
    assert_eq!(replies.len(), lines.len());
    for (number, reply) in replies.iter().enumerate() {
        assert_eq!(reply["ref"], json!(number));
        assert!(reply.get("ok").is_some(), "{reply}");
    }
    let seen = replies.iter().filter_map(|reply| reply["ok"]["status"].as_str());
    assert!(seen.clone().all(|status| status == "answered"));
    assert_eq!(seen.count(), 1000);
}

#[test]
fn events_have_no_hole_and_come_before_the_reply_that_reports_them() {
    let mut lines = desk();
    lines.extend((1..=200).flat_map(life));
    let options = Options { events: true, ..SYSTEM };
    let (mut seq, mut opened, mut closed) = (0, 0, 0);
    for line in replies(text(&lines), options) {
        if let Some(event) = line.get("event") {
            seq += 1;
            assert_eq!(event["seq"], json!(seq));
            opened += u64::from(event["kind"] == "dialog_opened");
            closed += u64::from(event["kind"] == "dialog_closed");
        } else if let Some(dialog) = line["ok"]["dialog"].as_u64() {
            assert!(opened >= dialog);
        }
    }
    assert_eq!((opened, closed), (200, 200));
}

#[test]
fn a_line_beyond_the_limit_is_passed_over_and_the_next_one_read() {
    let huge = io::repeat(b'x').take(41 * 1024 * 1024);
    let rest = Cursor::new(b"\n{\"do\":\"health\",\"ref\":1}".to_vec());
    let replies = replies(huge.chain(rest), SYSTEM);
    assert_eq!(replies.len(), 2);
    assert_eq!((&replies[0]["ref"], &replies[0]["error"]["code"]), (&Value::Null, &json!("too_large")));
    assert!(replies[1].get("ok").is_some());
}

#[test]
fn the_system_clock_cannot_be_advanced() {
    let replies = replies(text(&[json!({"do": "advance", "ms": 1, "ref": "r"})]), SYSTEM);
    let error = &replies[0]["error"];
    assert_eq!(
        (&replies[0]["ref"], &error["code"], &error["field"]),
        (&json!("r"), &json!("invalid_argument"), &json!("do"))
    );
}

#[test]
fn the_end_of_the_input_closes_the_engine() {
    let data = tempfile::tempdir().unwrap();
    let engine = open(data.path(), SYSTEM);
    let other = engine.clone();
    host::run(engine, Cursor::new(Vec::new()), io::sink(), SYSTEM).unwrap();
    assert_eq!(pollster::block_on(other.health()).unwrap_err().code(), Code::Closed);
    drop(other);
    drop(open(data.path(), SYSTEM));
}

/// Takes so many bytes; then nobody reads any more.
struct Gone(usize);

impl Write for Gone {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0 == 0 {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let taken = bytes.len().min(self.0);
        self.0 -= taken;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn an_output_that_nobody_reads_any_more_ends_the_host_cleanly() {
    for options in [SYSTEM, VIRTUAL] {
        let mut lines = desk();
        lines.extend((1..=500).flat_map(life));
        let data = tempfile::tempdir().unwrap();
        host::run(open(data.path(), options), text(&lines), Gone(1000), options).unwrap();
        drop(open(data.path(), options));
    }
}

#[test]
fn an_input_that_fails_is_reported_after_everything_before_it_is_answered() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the cable is cut"))
        }
    }
    for options in [SYSTEM, VIRTUAL] {
        let data = tempfile::tempdir().unwrap();
        let input = BufReader::new(text(&[json!({"do": "health"})]).chain(Failing));
        let mut output = Vec::new();
        let error = host::run(open(data.path(), options), input, &mut output, options).unwrap_err();
        assert!(error.to_string().contains("the cable is cut"));
        assert!(output.starts_with(b"{\"ref\":null,\"ok\":"));
    }
}

#[test]
fn the_summary_counts_what_went_through() {
    let data = tempfile::tempdir().unwrap();
    let mut lines = desk();
    lines.push(json!({"do": "dance"}));
    let options = Options { events: true, ..VIRTUAL };
    let summary = host::run(open(data.path(), options), text(&lines), io::sink(), options).unwrap();
    let Summary { requests, refused, events, .. } = summary;
    assert_eq!((requests, refused, events), (4, 1, 3));
}

/// Lines of all commands, for changing a little.
fn good_lines() -> Vec<String> {
    let mut lines = desk();
    lines.extend(life(1));
    lines.extend([
        json!({"do": "transfer", "as": "ann", "dialog": 1, "to_channel": "site", "comment": "c"}),
        json!({"do": "reply", "as": "ann", "dialog": 1, "text": "t", "hidden": true, "key": "k"}),
        json!({"do": "find_dialog", "channel": "site", "client": "c1"}),
        json!({"do": "advance", "ms": 5}),
        json!({"do": "health"}),
    ]);
    lines.iter().map(Value::to_string).collect()
}

fn junk() -> impl Strategy<Value = Vec<u8>> {
    let mutated = (prop::sample::select(good_lines()), any::<prop::sample::Index>(), any::<Option<u8>>());
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..80),
        "[\\PC]{0,60}".prop_map(String::into_bytes),
        mutated.prop_map(|(line, place, byte)| {
            let mut line = line.into_bytes();
            let place = place.index(line.len());
            match byte {
                Some(byte) => line[place] = byte,
                None => drop(line.remove(place)),
            }
            line
        }),
    ]
    .prop_map(|line| line.into_iter().filter(|&byte| byte != b'\n').collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn every_line_gets_one_reply_and_what_is_refused_changes_nothing(
        lines in prop::collection::vec(junk(), 1..60),
        virtual_clock: bool,
    ) {
        let options = Options { virtual_clock, events: true };
        let output = replies(Cursor::new(lines.join(&b'\n')), options);
        // The last line has no end; if it is empty, it is no line.
        let count = lines.len() - usize::from(lines.last().is_some_and(Vec::is_empty));
        prop_assert_eq!(output.iter().filter(|line| line.get("event").is_none()).count(), count);
        if virtual_clock {
            let refused_after_an_event = output.windows(2).any(|pair| pair[0].get("event").is_some() && pair[1].get("error").is_some());
            prop_assert!(!refused_after_an_event);
        }
    }
}

/// What `centrala replay` writes, and how it ends, with a small recording and these settings.
#[cfg(feature = "cli")]
fn compared(settings: &str, more: &[&str]) -> (String, String, Option<i32>) {
    let place = tempfile::tempdir().unwrap();
    let [recording, compare] = ["calls.csv", "settings.json"].map(|name| place.path().join(name));
    let rows = "DateTime,Calls\n2026-01-01T08:00:00Z,200\n2026-01-01T08:30:00Z,300\n2026-01-01T09:00:00Z,0\n";
    std::fs::write(&recording, rows).unwrap();
    std::fs::write(&compare, settings).unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_centrala"))
        .args(["replay", "--durability", "none", "--compare"])
        .args([&compare, &recording])
        .args(more)
        .output()
        .unwrap();
    let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    (out, err, output.status.code())
}

#[cfg(feature = "cli")]
#[test]
fn settings_are_compared_on_the_same_arrivals() {
    let settings = r#"{"settings": [
        {"name": "few", "operators": 40},
        {"name": "the same", "operators": 40},
        {"name": "more", "operators": 60, "mode": "strictly"},
        {"name": "shifts", "staffing": [{"from": "08:00", "operators": 40}, {"from": "08:30", "operators": 60}]}
    ]}"#;
    let (json, _, status) = compared(settings, &["--json", "--patience-ms", "60000"]);
    assert_eq!(status, Some(0));
    let comparison: Value = serde_json::from_str(&json).unwrap();
    let [few, same, more, shifts] = [0, 1, 2, 3].map(|place| &comparison["settings"][place]);
    for setting in [same, more, shifts] {
        assert_eq!((&setting["arrivals"], &setting["seed"]), (&json!(500), &few["seed"]));
    }
    assert_eq!(few["state_hash"], same["state_hash"], "the same arrivals, handling times and patience");
    assert!(more["abandoned"].as_u64() < few["abandoned"].as_u64(), "{comparison}");
    assert!(shifts["service_level"].as_f64() > few["service_level"].as_f64(), "{comparison}");
    let differs = &comparison["differences"];
    assert_eq!((&differs[0]["asa_ms"], &differs[0]["service_level"]), (&json!(0), &json!(0.0)));
    let gained = more["answered"].as_i64().unwrap() - few["answered"].as_i64().unwrap();
    assert_eq!((&differs[1]["name"], &differs[1]["answered"]), (&json!("more"), &json!(gained)));
    let (text, _, status) = compared(settings, &[]);
    assert!(text.contains("Service level") && text.contains("shifts: evenly, 60 operators"), "{text}");
    assert_eq!(status, Some(0));
}

#[cfg(feature = "cli")]
#[test]
fn settings_that_make_no_sense_are_refused_before_anything_is_played() {
    let (out, err, status) =
        compared(r#"{"settings": [{"name": "one", "mode": "all"}, {"name": "two"}]}"#, &[]);
    assert_eq!((out.as_str(), status), ("", Some(1)));
    assert!(err.contains("settings.json: settings[0] (one): the setting mode is wrong"), "{err}");
    let (_, err, status) = compared("{", &["--data", "somewhere"]);
    assert_eq!(status, Some(2), "{err}");
}
