//! Every format of the data that was ever written is opened by this version: directories that were written
//! by others, with what must be found in them.
//!
//! `tests/formats/N/data` is a directory of format N as a kill left it: a part is in images, a part only in
//! the journal. `first.jsonl` and `second.jsonl` made the present one; `export.jsonl` and `answers.jsonl` are
//! what is in it. As long as the present format is not released, `make format-fixture` writes it anew.
#![cfg(feature = "cli")]

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Cursor, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Once;

use centrala::engine::{ClockMode, Durability, Engine, Settings};
use centrala::error::Error;
use centrala::protocol::ExportLines;
use centrala::protocol::host::{self, Options};
use centrala::storage::{self, FORMAT};
use centrala::timestamp::Timestamp;
use serde_json::Value;

/// Every kind of event that is stored. What is new here has to happen in `first.jsonl` or `second.jsonl`.
const KINDS: &[&str] = &[
    "app_attached",
    "app_put",
    "bot_joined",
    "canned_put",
    "channel_put",
    "client_erased",
    "dialog_answered",
    "dialog_closed",
    "dialog_erased",
    "dialog_offered",
    "dialog_opened",
    "dialog_pinned",
    "dialog_rated",
    "dialog_renamed",
    "dialog_scored",
    "dialog_taken",
    "dialog_transferred",
    "dialog_unpinned",
    "dialog_waiting",
    "form_put",
    "form_submitted",
    "hidden_mode_set",
    "message_added",
    "message_deleted",
    "message_edited",
    "message_moved",
    "offer_expired",
    "offer_skipped",
    "offer_withdrawn",
    "operator_mentioned",
    "operator_put",
    "operator_removed",
    "overflow_full",
    "participant_joined",
    "participant_left",
    "payment_updated",
    "presence_set",
    "priority_set",
    "receipt_updated",
    "request_completed",
    "request_created",
    "request_failed",
    "retention_put",
];

fn home() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats")
}

/// Where the directory of the present format is, once it has been written anew if that is wanted.
fn present() -> PathBuf {
    static WRITTEN: Once = Once::new();
    WRITTEN.call_once(|| {
        if std::env::var_os("UPDATE_FORMATS").is_some() {
            write_present();
        }
    });
    home().join(FORMAT.to_string())
}

/// The formats of which there is a directory.
fn formats() -> Vec<(u32, PathBuf)> {
    present();
    let entries = fs::read_dir(home()).unwrap().map(|entry| entry.unwrap().path());
    let mut formats: Vec<_> = entries
        .filter_map(|path| path.file_name()?.to_str()?.parse().ok().map(|format| (format, path)))
        .collect();
    formats.sort();
    formats
}

fn copied(data: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(data).unwrap().map(Result::unwrap) {
        fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
    }
    copy
}

fn exported(data: &Path) -> String {
    let (mut lines, mut text) = (ExportLines::new(), Vec::new());
    let exports = storage::export(data, false, &mut |_, _| {}, &mut |thing| {
        lines.line(&mut text, thing);
        Ok::<_, Error>(())
    });
    lines.end(&mut text, &exports.unwrap());
    String::from_utf8(text).unwrap()
}

/// What is answered to the questions.
fn answers(data: &Path) -> String {
    let start = Timestamp::parse("2026-01-01T00:00:00Z").unwrap();
    let settings = Settings::default().durability(Durability::Buffered);
    let engine = Engine::builder(data).settings(settings).clock(ClockMode::Virtual { start }).open().unwrap();
    let questions = fs::read(home().join("questions.jsonl")).unwrap();
    let mut output = Vec::new();
    let options = Options { virtual_clock: true, events: false };
    host::run(engine, Cursor::new(questions), &mut output, options).unwrap();
    String::from_utf8(output).unwrap()
}

#[track_caller]
fn compare(file: &Path, found: &str) {
    let expected = fs::read_to_string(file).unwrap();
    let differs = expected.lines().zip(found.lines()).position(|(one, other)| one != other);
    if let Some(line) = differs {
        let at = |text: &str| text.lines().nth(line).unwrap_or_default().to_owned();
        let (file, number) = (file.display(), line + 1);
        panic!("{file}, line {number}:\n  expected {}\n  found    {}", at(&expected), at(found));
    }
    assert_eq!(expected.lines().count(), found.lines().count(), "{}", file.display());
}

#[test]
fn every_format_is_read_as_it_was_written() {
    let formats = formats();
    assert!(formats.iter().any(|(format, _)| *format == FORMAT), "run `make format-fixture`");
    for (format, path) in formats {
        let copy = copied(&path.join("data"));
        let verified = storage::verify(copy.path(), &mut |_, _| {}).unwrap_or_else(|error| {
            panic!("format {format}: {error}; if that is unreleased and its layout is new, run `make format-fixture`")
        });
        assert_eq!(verified.format, format);
        assert!(verified.frames_redacted > 0, "{format}: nothing was erased from it");
        let export = exported(copy.path());
        compare(&path.join("export.jsonl"), &export);
        let inspected = storage::inspect(copy.path()).unwrap();
        assert!(
            inspected.checkpoint_seq > 0 && inspected.checkpoint_seq < inspected.last_seq,
            "{inspected:?}"
        );
        compare(&path.join("answers.jsonl"), &answers(copy.path()));
        let after = storage::verify(copy.path(), &mut |_, _| {}).unwrap();
        assert_eq!(after.format, FORMAT, "an engine brings it to the present format");
        assert!(after.last_seq > verified.last_seq);
    }
}

#[test]
fn the_present_format_has_everything_in_it() {
    let lines = fs::read_to_string(present().join("export.jsonl")).unwrap();
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let kinds: BTreeSet<&str> = lines.iter().filter_map(|line| line["event"]["kind"].as_str()).collect();
    assert_eq!(kinds, KINDS.iter().copied().collect());
    let types: BTreeSet<&str> =
        lines.iter().flat_map(|line| line.as_object().unwrap().keys().map(String::as_str)).collect();
    let expected =
        ["app", "canned", "channel", "dialog", "end", "event", "export", "file", "form", "operator"];
    assert_eq!(types, expected.into_iter().collect());
    let end = &lines.last().unwrap()["end"];
    let hash = end["state_hash"].as_str().unwrap();
    let answers = fs::read_to_string(present().join("answers.jsonl")).unwrap();
    assert!(answers.lines().next().unwrap().contains(hash), "an engine has another state than the export");
}

#[test]
fn a_newer_format_is_refused_by_numbers() {
    let copy = copied(&present().join("data"));
    write_format(copy.path(), FORMAT + 1);
    let sentence =
        format!("has format {}, this version reads up to {FORMAT}: use a newer centrala", FORMAT + 1);
    let refusals = [
        Engine::open(copy.path()).map(drop),
        storage::verify(copy.path(), &mut |_, _| {}).map(drop),
        storage::inspect(copy.path()).map(drop),
        storage::stored_dialog(copy.path(), centrala::ids::DialogId(1), &mut |_, _| {}).map(drop),
        storage::export(copy.path(), true, &mut |_, _| {}, &mut |_| Ok::<_, Error>(())).map(drop),
        storage::backup(copy.path(), copy.path().with_extension("copy"), &mut |_, _| {}).map(drop),
    ];
    for refusal in refusals {
        let said = refusal.expect_err("it is newer").to_string();
        assert!(said.contains(&sentence), "{said}");
    }
}

/// Changes the format in a data directory behind the engine's back.
fn write_format(path: &Path, format: u32) {
    let options = rocksdb::Options::default();
    let tables = rocksdb::DB::list_cf(&options, path).unwrap();
    let disk = rocksdb::DB::open_cf(&options, path, tables).unwrap();
    disk.put_cf(disk.cf_handle("meta").unwrap(), "format", format.to_le_bytes()).unwrap();
}

/// Writes the directory of the present format, and what is in it.
fn write_present() {
    let path = home().join(FORMAT.to_string());
    let made = tempfile::tempdir().unwrap();
    let data = made.path().join("data");
    play(&data, "first.jsonl", false);
    play(&data, "second.jsonl", true);
    let kept = path.join("data");
    let _ = fs::remove_dir_all(&kept);
    fs::create_dir_all(&kept).unwrap();
    for entry in fs::read_dir(&data).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        // The rest is of no use to whoever opens it, and large.
        if ["CURRENT", "MANIFEST"].iter().any(|start| name.starts_with(start))
            || [".sst", ".log"].iter().any(|end| name.ends_with(end))
        {
            fs::copy(entry.path(), kept.join(name)).unwrap();
        }
    }
    fs::write(path.join("export.jsonl"), exported(copied(&kept).path())).unwrap();
    fs::write(path.join("answers.jsonl"), answers(copied(&kept).path())).unwrap();
}

/// Has the lines of a file done; every one must be. Afterwards the process closes, or is killed.
fn play(data: &Path, script: &str, kill: bool) {
    let mut process = Command::new(env!("CARGO_BIN_EXE_centrala"))
        .args(["run", "--clock", "virtual", "--durability", "buffered", "--data"])
        .arg(data)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = process.stdin.take().unwrap();
    let mut replies = BufReader::new(process.stdout.take().unwrap()).lines();
    for line in fs::read_to_string(home().join(script)).unwrap().lines() {
        writeln!(input, "{line}").unwrap();
        let reply = replies.next().unwrap().unwrap();
        assert!(reply.contains("\"ok\""), "{line}\n{reply}");
    }
    if kill {
        process.kill().unwrap();
    }
    drop(input);
    process.wait().unwrap();
}
