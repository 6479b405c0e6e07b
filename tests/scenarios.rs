//! Scenarios through the line protocol: `tests/scenarios/*.jsonl` go in, `*.out.jsonl` beside them must
//! come out, byte for byte. What each line is about stands in its `ref`.
//!
//! `UPDATE_SCENARIOS=1 cargo test --test scenarios` records the outputs anew; read the difference.

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use centrala::engine::{ClockMode, Durability, Engine, Settings};
use centrala::protocol::host::{self, Options};
use centrala::timestamp::Timestamp;

/// Scenarios that are checked at the same time.
const THREADS: usize = 4;

fn scenarios() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut files: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.to_string_lossy().ends_with(".jsonl") && !path.to_string_lossy().ends_with(".out.jsonl")
        })
        .collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

/// What the host writes when it reads `input` on the data in `data`.
fn run(data: &Path, input: Vec<u8>) -> Vec<u8> {
    let start = Timestamp::parse("2026-01-01T00:00:00Z").unwrap();
    let engine = Engine::builder(data)
        .settings(Settings::default().durability(Durability::Buffered))
        .clock(ClockMode::Virtual { start })
        .open()
        .unwrap();
    let mut output = Vec::new();
    let options = Options { virtual_clock: true, events: true };
    host::run(engine, Cursor::new(input), &mut output, options).unwrap();
    output
}

/// Says where two outputs differ first, rather than showing both.
fn compare(path: &Path, expected: &str, found: &str) -> Result<(), String> {
    if expected == found {
        return Ok(());
    }
    let (mut expected, mut found) = (expected.lines(), found.lines());
    for line in 1.. {
        let (expected, found) = (expected.next(), found.next());
        if expected != found {
            let [expected, found] = [expected, found].map(|text| text.unwrap_or("(the end)"));
            return Err(format!(
                "{}, line {line} of the output:\n  expected {expected}\n  found    {found}",
                path.file_stem().unwrap().to_string_lossy()
            ));
        }
    }
    Ok(())
}

/// Whether outputs are to be recorded rather than compared.
fn recording() -> bool {
    std::env::var_os("UPDATE_SCENARIOS").is_some()
}

/// Checks every scenario, several at a time: they mostly wait for the disk.
fn check_all(check: impl Fn(&Path) -> Result<(), String> + Sync) {
    let (scenarios, next) = (scenarios(), AtomicUsize::new(0));
    let failures = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some(path) = scenarios.get(next.fetch_add(1, Ordering::Relaxed)) {
                    failures.lock().unwrap().extend(check(path).err());
                }
            });
        }
    });
    let mut failures = failures.into_inner().unwrap();
    failures.sort();
    assert!(
        failures.is_empty(),
        "{}\n(UPDATE_SCENARIOS=1 cargo test --test scenarios records them anew)",
        failures.join("\n")
    );
}

#[test]
fn every_scenario_gives_what_was_recorded() {
    check_all(|path| {
        let data = tempfile::tempdir().unwrap();
        let found = String::from_utf8(run(data.path(), fs::read(path).unwrap())).unwrap();
        let recorded = path.with_extension("out.jsonl");
        if recording() {
            fs::write(&recorded, &found).unwrap();
        }
        compare(path, &fs::read_to_string(recorded).unwrap_or_default(), &found)
    });
}

#[test]
fn a_restart_between_every_two_lines_changes_nothing() {
    if recording() {
        return;
    }
    check_all(|path| {
        let data = tempfile::tempdir().unwrap();
        let input = fs::read(path).unwrap();
        let lines = input.split_inclusive(|&byte| byte == b'\n');
        let found: Vec<u8> = lines.flat_map(|line| run(data.path(), line.to_vec())).collect();
        let recorded = fs::read_to_string(path.with_extension("out.jsonl")).unwrap_or_default();
        compare(path, &recorded, &String::from_utf8(found).unwrap())
    });
}

#[test]
fn every_line_of_a_scenario_gets_one_reply() {
    if recording() {
        return;
    }
    for path in scenarios() {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        let output = fs::read_to_string(path.with_extension("out.jsonl")).unwrap_or_default();
        let replies = output.lines().filter(|line| line.starts_with("{\"ref\":")).count();
        assert_eq!(replies, lines, "{}", path.display());
    }
}

/// The words in backticks in one cell.
fn names(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

#[test]
fn the_table_of_capabilities_names_what_there_is() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let table = fs::read_to_string(root.join("docs/capabilities.md")).unwrap();
    let rows: Vec<Vec<&str>> = table
        .lines()
        .filter(|line| line.starts_with("| S"))
        .map(|line| line.split('|').map(str::trim).collect())
        .collect();
    let expected: Vec<String> = (1..=44).map(|row| format!("S{row}")).collect();
    assert_eq!(rows.iter().map(|row| row[1]).collect::<Vec<_>>(), expected);
    for row in rows {
        for name in names(row[5]) {
            let input = root.join(format!("tests/scenarios/{name}.jsonl"));
            let text =
                fs::read_to_string(&input).unwrap_or_else(|_| panic!("{}: no scenario {name}", row[1]));
            assert!(!text.is_empty());
        }
        for command in names(row[3]).filter(|name| !matches!(*name, "view" | "audit")) {
            let sends = |line: &str| {
                let request: Option<serde_json::Value> = serde_json::from_str(line).ok();
                request.is_some_and(|request| request["do"] == command)
            };
            let shown = names(row[5]).any(|name| {
                let input = root.join(format!("tests/scenarios/{name}.jsonl"));
                fs::read_to_string(input).unwrap().lines().any(sends)
            });
            assert!(shown, "{}: no scenario of the row sends {command}", row[1]);
        }
    }
}
