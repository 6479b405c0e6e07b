//! The tools for a closed data directory, as processes: what they write, their exit codes, and that they
//! change nothing.
#![cfg(feature = "cli")]

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

/// Some lines that make a small data directory.
const SCRIPT: &str = r#"{"do":"put_operator","operator":"anna","name":"Anna"}
{"do":"set_presence","operator":"anna","presence":"online"}
{"do":"put_channel","channel":"web","queue":{"members":["anna"]}}
{"do":"receive","channel":"web","client":"ala","text":"hello"}
{"do":"answer","as":"anna","dialog":1}
{"do":"finish","as":"anna","dialog":1}
{"do":"receive","channel":"web","client":"ola","text":"hello again"}
"#;

fn centrala(arguments: &[&str], data: &Path) -> Output {
    let (command, rest) = arguments.split_first().expect("a command");
    let mut process = Command::new(env!("CARGO_BIN_EXE_centrala"));
    process.arg(command).arg(data).args(rest).output().expect("the binary was built with this test")
}

fn run(data: &Path, lines: &str) -> Vec<Value> {
    let mut process = Command::new(env!("CARGO_BIN_EXE_centrala"))
        .args(["run", "--clock", "virtual", "--data"])
        .arg(data)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary was built with this test");
    process.stdin.take().expect("it is piped").write_all(lines.as_bytes()).expect("it reads");
    let output = process.wait_with_output().expect("it ends");
    json_lines(&output.stdout)
}

fn json_lines(text: &[u8]) -> Vec<Value> {
    text.split(|&byte| byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).expect("every line is JSON"))
        .collect()
}

fn filled() -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    for reply in run(&directory.path().join("data"), SCRIPT) {
        assert!(reply.get("ok").is_some(), "{reply}");
    }
    directory
}

fn files(path: &Path) -> BTreeMap<OsString, Vec<u8>> {
    let entries = fs::read_dir(path).expect("it can be read").map(|entry| entry.expect("it can be read"));
    entries.map(|entry| (entry.file_name(), fs::read(entry.path()).expect("it can be read"))).collect()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn every_tool_reads_a_whole_directory_and_changes_nothing() {
    let directory = filled();
    let data = directory.path().join("data");
    let before = files(&data);
    for arguments in [
        &["verify"][..],
        &["inspect"],
        &["inspect", "--quick"],
        &["export"],
        &["export", "--skip-damage", "--quick"],
        &["explain", "1"],
        &["explain", "2", "--quick"],
    ] {
        let output = centrala(arguments, &data);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", said(&output));
        assert_eq!(said(&output), "", "no bar where nobody sees it");
        assert!(!json_lines(&output.stdout).is_empty());
        assert!(files(&data) == before, "{arguments:?} has changed the directory");
    }
}

#[test]
fn an_export_begins_with_what_there_is_and_ends_with_how_much_was_written() {
    let directory = filled();
    let data = directory.path().join("data");
    let lines = json_lines(&centrala(&["export"], &data).stdout);
    assert_eq!(lines[0]["export"]["first_seq"], 1);
    let end = &lines.last().expect("a line")["end"];
    let counts = ["channels", "operators", "dialogs", "damages"].map(|count| end[count].as_u64());
    assert_eq!(counts, [Some(1), Some(1), Some(2), Some(0)]);
    let verified = &json_lines(&centrala(&["verify"], &data).stdout)[0];
    assert_eq!((&verified["state_hash"], &verified["events"]), (&end["state_hash"], &end["events"]));
    let dialog = lines.iter().find(|line| line["dialog"]["dialog"] == 1).expect("it is there");
    let shown = run(&data, "{\"do\":\"get_dialog\",\"dialog\":1}\n{\"do\":\"explain\",\"dialog\":1}\n");
    for (field, value) in shown[0]["ok"].as_object().expect("an object") {
        assert_eq!(&dialog["dialog"][field], value, "{field}");
    }
    assert_eq!(dialog["dialog"]["decisions"], shown[1]["ok"]["decisions"]);
    let file = directory.path().join("export.jsonl");
    let output = centrala(&["export", "--output", file.to_str().expect("a path")], &data);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(0), 0));
    assert_eq!(json_lines(&fs::read(file).expect("it was written")).len(), lines.len());
}

#[test]
fn explain_says_what_a_running_engine_says() {
    let directory = filled();
    let data = directory.path().join("data");
    for dialog in ["1", "2"] {
        let explained = json_lines(&centrala(&["explain", dialog], &data).stdout);
        let asked = run(&data, &format!("{{\"do\":\"explain\",\"dialog\":{dialog}}}\n"));
        assert_eq!(explained, [asked[0]["ok"].clone()]);
    }
    let missing = centrala(&["explain", "7"], &data);
    assert_eq!(missing.status.code(), Some(1));
    assert!(said(&missing).contains("there is no dialog 7"), "{}", said(&missing));
}

#[test]
fn damage_is_told_with_its_place_its_meaning_and_what_can_be_saved() {
    let directory = filled();
    let data = directory.path().join("data");
    let tables = files(&data).into_keys().map(|name| data.join(name));
    let tables = tables.filter(|path| path.extension().is_some_and(|kind| kind == "sst"));
    let journal = tables.max_by_key(|path| path.metadata().expect("it is there").len()).expect("a table");
    let mut bytes = fs::read(&journal).expect("it can be read");
    bytes[100] ^= 1;
    fs::write(&journal, bytes).expect("it can be written");
    let before = files(&data);
    for arguments in
        [&["verify"][..], &["inspect"], &["export"], &["explain", "1"], &["export", "--skip-damage"]]
    {
        let output = centrala(arguments, &data);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(said(&output).contains("damaged"), "{arguments:?}: {}", said(&output));
        assert!(files(&data) == before, "{arguments:?} has changed the directory");
    }
    let sentence = said(&centrala(&["verify"], &data));
    for part in ["the journal is whole up to event 0", "restore a backup", "centrala export --skip-damage"] {
        assert!(sentence.contains(part), "{sentence}");
    }
    let saved = json_lines(&centrala(&["export", "--skip-damage"], &data).stdout);
    let kinds = |kind: &str| saved.iter().filter(|line| line.get(kind).is_some()).count();
    assert!(kinds("damage") >= 1);
    assert_eq!((kinds("dialog"), kinds("channel"), kinds("operator"), kinds("end")), (2, 1, 1, 1));
}

#[test]
fn a_backup_of_a_closed_directory_is_checked_and_opened_like_the_directory() {
    let directory = filled();
    let (data, copy) = (directory.path().join("data"), directory.path().join("copy"));
    let to = copy.to_str().expect("a path");
    let output = centrala(&["backup", to], &data);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(json_lines(&output.stdout), json_lines(&centrala(&["verify"], &data).stdout));
    let health = |data: &Path| run(data, "{\"do\":\"health\"}\n");
    assert_eq!(health(&copy), health(&data));
    let again = centrala(&["backup", to], &data);
    assert_eq!(again.status.code(), Some(1));
    assert!(said(&again).contains("not empty"), "{}", said(&again));
    let within = centrala(&["backup", data.join("copy").to_str().expect("a path")], &data);
    assert!(said(&within).contains("in the data directory itself"), "{}", said(&within));
}

#[test]
fn what_is_no_data_directory_is_refused_by_every_tool() {
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    fs::write(directory.path().join("notes.txt"), "mine").expect("it can be written");
    let to = directory.path().with_extension("copy");
    let to = to.to_str().expect("a path");
    for arguments in [&["verify"][..], &["inspect"], &["export"], &["explain", "1"], &["backup", to]] {
        let output = centrala(arguments, directory.path());
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(said(&output).contains("not a data directory"), "{arguments:?}: {}", said(&output));
    }
    let started = Command::new(env!("CARGO_BIN_EXE_centrala"))
        .args(["run", "--data"])
        .arg(directory.path())
        .stdin(Stdio::null())
        .output()
        .expect("the binary was built with this test");
    assert_eq!(started.status.code(), Some(1));
    assert!(said(&started).contains("notes.txt"), "{}", said(&started));
    assert_eq!(files(directory.path()).len(), 1);
}

#[test]
fn a_database_of_somebody_else_is_refused_and_left_alone() {
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    let mut options = rocksdb::Options::default();
    options.create_if_missing(true);
    let other = rocksdb::DB::open(&options, directory.path()).expect("it can be made");
    other.put("key", "theirs").expect("it can be written");
    drop(other);
    let output = centrala(&["verify"], directory.path());
    assert!(said(&output).contains("a database of somebody else"), "{}", said(&output));
    let refused = centrala::engine::Engine::open(directory.path()).expect_err("it is not ours");
    assert!(matches!(refused, centrala::error::Error::Foreign { .. }), "{refused}");
    assert_eq!(rocksdb::DB::list_cf(&options, directory.path()).expect("it is whole"), ["default"]);
}

/// Runs shell commands where `small`, below the directory, is a volume of 64 KiB; nothing where a user may
/// not mount one.
fn with_small_volume(directory: &Path, commands: &str) -> Option<Output> {
    let unshare = |script: &str| Command::new("unshare").args(["-rm", "sh", "-c", script]).output().ok();
    let small = directory.join("small");
    fs::create_dir(&small).expect("it can be made");
    let mount = format!("mount -t tmpfs -o size=64k tmpfs '{}'", small.display());
    if !unshare(&mount)?.status.success() {
        return None;
    }
    let centrala = env!("CARGO_BIN_EXE_centrala");
    unshare(&format!(
        "{mount} && cd '{}' && centrala() {{ '{centrala}' \"$@\"; }} && {commands}",
        directory.display()
    ))
}

#[test]
fn where_no_space_is_left_nothing_of_a_backup_stays_and_the_engine_goes_on() {
    let directory = filled();
    let file = json!({"name": "a", "media_type": "b/c", "data_base64": "QUJD".repeat(70_000)});
    let lines = [
        json!({"do": "receive", "channel": "web", "client": "big", "text": "", "files": [file]}),
        json!({"do": "backup", "to": "small/copy"}),
        json!({"do": "receive", "channel": "web", "client": "ala", "text": "still there?"}),
    ];
    let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
    fs::write(directory.path().join("lines"), lines).expect("it can be written");
    let script = "centrala run --clock virtual --data data < lines; ls small; \
        centrala backup data small/copy; ls small; centrala verify data";
    let Some(output) = with_small_volume(directory.path(), script) else {
        println!("skipped: no volume can be mounted here");
        return;
    };
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let replies = json_lines(&output.stdout);
    assert_eq!(replies.len(), 4, "nothing stays in the small volume: {replies:?}");
    assert!(replies[0].get("ok").is_some(), "{}", replies[0]);
    let refused = replies[1]["error"]["message"].as_str().expect("it is refused");
    assert!(refused.contains("no space is left there"), "{refused}");
    assert!(replies[2].get("ok").is_some(), "{}", replies[2]);
    assert!(said(&output).contains("no space is left there"), "{}", said(&output));
}

#[test]
fn a_load_at_a_rate_is_told_in_syncs_of_the_disk_too() {
    let load = |arguments: &[&str]| -> Value {
        let mut process = Command::new(env!("CARGO_BIN_EXE_centrala"));
        process.args(["load", "--dialogs", "60", "--operators", "3", "--json"]).args(arguments);
        let output = process.output().expect("the binary was built with this test");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("the report is JSON")
    };
    let report = load(&["--rate", "2000", "--channels", "5", "--open", "4", "--message-bytes", "200"]);
    assert_eq!(
        (&report["lifecycles"], &report["channels"], &report["open"]),
        (&json!(60), &json!(5), &json!(4))
    );
    let (any, in_syncs) = (&report["latencies"][5], &report["in_fdatasyncs"][5]);
    assert_eq!(
        (&any["of"], &any["count"], &in_syncs["of"]),
        (&json!("command"), &json!(240), &json!("command"))
    );
    let number = |value: &Value| value.as_f64().expect("a number");
    let ratio = number(&any["p50_ns"]) / number(&report["fdatasync"]["p50_ns"]);
    assert!((number(&in_syncs["p50"]) - ratio).abs() < 0.02, "{report}");
    for unmeasured in [&["--in-flight", "8"][..], &["--rate", "2000", "--durability", "none"]] {
        let report = load(unmeasured);
        assert_eq!(
            (&report["fdatasync"], &report["in_fdatasyncs"]),
            (&Value::Null, &json!([])),
            "{unmeasured:?}"
        );
    }
}
