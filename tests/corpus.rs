//! The corpus of the fuzzing targets, fed to the functions that they feed, on any Rust. A file that was found by
//! fuzzing stands there because something failed on it once.
//!
//! `UPDATE_CORPUS=1 cargo test --all-features --test corpus` writes what the fuzzer begins with, made of the
//! scenarios, into `fuzz/found`; `make fuzz` goes on from there.

#[path = "support/allocation.rs"]
mod allocation;

use std::collections::BTreeSet;
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use centrala::engine::{ClockMode, Durability, Engine, Settings};
use centrala::fuzzing::{self, Recoveries};
use centrala::protocol::host::{self, Options};
use centrala::timestamp::Timestamp;
use serde_json::Value;

#[global_allocator]
static ALLOCATOR: allocation::Counting = allocation::Counting::new();

/// Bytes of all files together: whoever clones the repository has to fetch them.
const CORPUS_BYTES: u64 = 1024 * 1024;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus")
}

fn files(target: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join(target)).expect("every target has a corpus");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("it can be read").path()).collect();
    files.sort();
    assert!(!files.is_empty(), "{target} has nothing to begin with");
    files
}

/// Feeds every file of a target; what fails is named.
fn feed(target: &str, threads: usize, feed: impl Fn(&[u8]) + Sync) {
    let (files, next) = (files(target), AtomicUsize::new(0));
    let feed_all = || {
        while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            let bytes = fs::read(file).expect("it can be read");
            let fed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| feed(&bytes)));
            assert!(fed.is_ok(), "{}", file.display());
        }
    };
    thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(feed_all))));
}

#[test]
fn lines_are_read_or_refused() {
    feed("line", 1, fuzzing::line);
}

#[test]
fn what_is_decoded_is_encoded_the_same_and_takes_memory_by_its_size() {
    feed("codec", 1, |bytes| {
        ALLOCATOR.largest_since();
        fuzzing::codec(bytes);
        // Other tests run beside this one; what they ask for is less than what a bad length would.
        let bound = fuzzing::codec_bytes(bytes.len()).max(16 * 1024 * 1024);
        assert!(ALLOCATOR.largest_since() <= bound);
    });
}

#[test]
fn recovery_ends_with_an_error_or_a_state() {
    let scratch = tempfile::tempdir_in(fuzzing::scratch_root()).unwrap();
    let recoveries = std::sync::Mutex::new(Recoveries::default());
    feed("recovery", 1, |bytes| drop(recoveries.lock().unwrap().recover(bytes, scratch.path())));
}

#[test]
fn engines_do_what_they_may_and_are_the_same_after_a_restart() {
    feed("commands", 4, |bytes| {
        let scratch = tempfile::tempdir().unwrap();
        fuzzing::commands(bytes, &scratch.path().join("data"));
    });
}

#[test]
fn the_corpus_stays_small() {
    let targets = ["line", "codec", "recovery", "commands"];
    let sizes = targets.iter().flat_map(|target| files(target)).map(|file| fs::metadata(file).unwrap().len());
    let bytes: u64 = sizes.sum();
    assert!(bytes <= CORPUS_BYTES, "{bytes} bytes: minimise it with `make fuzz-minimise`");
}

/// Every scenario, and the data directory that it leaves behind.
fn each_scenario(mut see: impl FnMut(&str, &[u8], &Path)) {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    for entry in fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()) {
        let name = entry.file_name().unwrap().to_string_lossy().into_owned();
        if name.ends_with(".out.jsonl") {
            continue;
        }
        let (input, data) = (fs::read(&entry).unwrap(), tempfile::tempdir().unwrap());
        let start = Timestamp::parse("2026-01-01T00:00:00Z").unwrap();
        let builder = Engine::builder(data.path()).settings(Settings::default().durability(Durability::None));
        let engine = builder.clock(ClockMode::Virtual { start }).open().unwrap();
        let options = Options { virtual_clock: true, events: false };
        host::run(engine, Cursor::new(input.clone()), &mut Vec::new(), options).unwrap();
        see(name.trim_end_matches(".jsonl"), &input, data.path());
    }
}

#[test]
fn what_the_fuzzer_begins_with_is_made_of_the_scenarios() {
    if std::env::var_os("UPDATE_CORPUS").is_none() {
        return;
    }
    let found = root().with_file_name("found");
    let write = |target: &str, name: &str, bytes: &[u8]| {
        fs::create_dir_all(found.join(target)).unwrap();
        fs::write(found.join(target).join(name), bytes).unwrap();
    };
    let mut seen = BTreeSet::new();
    each_scenario(|name, input, data| {
        write("commands", name, input);
        for (place, line) in
            input.split(|byte| *byte == b'\n').enumerate().filter(|(_, line)| line.len() < 2048)
        {
            let shape = shape(line);
            if shape.is_none_or(|shape| seen.insert(shape)) {
                write("line", &format!("{name}-{place}"), line);
            }
        }
        let entries = fuzzing::entries_of(data).unwrap();
        write("recovery", name, &fuzzing::joined(&entries));
        for (place, value) in entries.iter().filter_map(fuzzing::for_round_trip).enumerate() {
            write("codec", &format!("{name}-{place}"), &value);
        }
    });
}

/// Which fields a line has: of lines with the same ones, one is enough.
fn shape(line: &[u8]) -> Option<String> {
    let Value::Object(line) = serde_json::from_slice(line).ok()? else { return None };
    let fields: Vec<_> = line.keys().filter(|name| *name != "ref").cloned().collect();
    Some(format!("{} {fields:?}", line.get("do")?))
}
