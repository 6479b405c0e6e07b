//! Files of a data directory are cut off, changed and lost: what is found then is exactly what was there up
//! to some event that was the last one before the cut, or a refusal that says where the damage is. Never a
//! hole, never other data, no panic and no end of waiting.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};

use centrala::error::Error;
use centrala::storage;
use tempfile::TempDir;

use crate::chance::Chance;
use crate::files::{self, Filling, Harm};
use crate::time_limit::in_time;
use crate::world::{self, Picture, Reference};

/// Damaged copies unless `CENTRALA_DAMAGED_COPIES` says otherwise.
const COPIES: usize = 100;

/// Panics in whatever thread but those of tests.
static PANICS: AtomicUsize = AtomicUsize::new(0);

/// A directory with what is known of it.
struct Original {
    name: &'static str,
    _home: TempDir,
    data: PathBuf,
    reference: Reference,
}

/// What came of a damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    /// Everything was there.
    Harmless,
    /// Everything up to some event was there.
    Prefix,
    /// The directory was refused.
    Refused,
    /// What is damaged was refused when it was looked at, all else was there.
    RefusedInPart,
}

impl Original {
    /// All in the log, as a kill leaves it.
    fn logged() -> Self {
        Self::new("in the log", 1, false)
    }

    /// The one half in tables, the other in the log.
    fn mixed() -> Self {
        Self::new("half in the log", 2, false)
    }

    /// All in tables, after several openings, so that some files are compacted.
    fn closed() -> Self {
        Self::new("in tables", 5, true)
    }

    /// Does all commands in so many runs; the last one is closed, or left as a kill leaves it.
    fn new(name: &'static str, runs: usize, closed: bool) -> Self {
        let home = files::scratch();
        let (live, data) = (home.path().join("live"), home.path().join("data"));
        let commands = world::commands();
        let size = commands.len().div_ceil(runs);
        let mut reference = Reference::default();
        for (run, commands) in commands.chunks(size).enumerate() {
            let engine = world::open(&live).expect("it can be opened");
            // What was in the log before is in tables now.
            reference.log_bytes.fill(0);
            reference.build(&engine, &live, commands);
            if run + 1 == runs && !closed {
                files::copy(&live, &data);
            }
            engine.close_blocking().expect("it can be closed");
        }
        if closed {
            files::copy(&live, &data);
        }
        Self { name, _home: home, data, reference }
    }

    /// Harms one file of a copy. Nothing if that changes nothing.
    fn harmed(&self, file: &str, harm: Harm) -> Option<TempDir> {
        let copy = files::scratch();
        files::link(&self.data, copy.path(), file);
        harm.befall(&copy.path().join(file)).then_some(copy)
    }
}

/// What was found in a harmed directory.
struct Found {
    verified: Result<(), Error>,
    /// How many damages an export has passed over.
    damages: Result<u64, Error>,
    opened: Result<Picture, Error>,
}

/// Looks at a directory with everything that can look, within a limit of time. What is whole is exported whole.
fn look(copy: TempDir, what: String) -> Found {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            // Threads of tests have paths for names. What fails there is told there.
            if !std::thread::current().name().is_some_and(|name| name.contains("::")) {
                PANICS.fetch_add(1, Ordering::Relaxed);
            }
            usual(panic);
        }));
    });
    let before = PANICS.load(Ordering::Relaxed);
    let (sender, found) = std::sync::mpsc::channel();
    in_time(move || {
        let verified = storage::verify(copy.path(), &mut |_, _| {}).map(drop);
        let damages = storage::export(copy.path(), true, &mut |_, _| {}, &mut |_| Ok::<_, Error>(()));
        let damages = damages.map(|exports| exports.damages);
        let opened = world::open(copy.path()).map(|engine| {
            let picture = world::picture(&engine);
            // What cannot be read cannot be closed cleanly.
            let _ = engine.close_blocking();
            picture
        });
        let _ = sender.send(Found { verified, damages, opened });
    });
    assert_eq!(PANICS.load(Ordering::Relaxed), before, "{what}: something panicked");
    let found = found.recv().unwrap_or_else(|_| panic!("{what}: no answer"));
    let passed_over = found.damages.as_ref().map_or(1, |damages| *damages);
    assert!(
        found.verified.is_err() || passed_over == 0,
        "{what}: verified, exported with {:?}",
        found.damages
    );
    found
}

/// A refusal names the place in a sentence: the file, or what is stored there.
fn check_refusal(error: &Error, what: &str) {
    let sentence = error.to_string();
    let known = matches!(
        error,
        Error::Damaged { .. }
            | Error::Unusable { .. }
            | Error::StorageFailed { .. }
            | Error::NewerFormat { .. }
    );
    assert!(known && sentence.len() > 60, "{what}: {sentence}");
    let places =
        [".sst", ".log", "MANIFEST", "CURRENT", "MARK", "table ", "frame ", "image", "index", "meta "];
    assert!(places.iter().any(|place| sentence.contains(place)), "{what} is not named: {sentence}");
}

impl Found {
    /// What was seen; nothing if that was refused, as verifying was.
    fn opened_or_refused(&self, what: &str) -> Option<&Picture> {
        let refused = |error: &Error| {
            check_refusal(error, what);
            assert!(self.verified.is_err(), "{what}: refused ({error}), but verified");
        };
        self.opened.as_ref().inspect_err(|error| refused(error)).ok()
    }

    /// Judges what must be whole, or refused.
    fn whole_or_refused(&self, reference: &Reference, what: &str) -> Outcome {
        let Some(picture) = self.opened_or_refused(what) else { return Outcome::Refused };
        if picture == reference.whole() {
            return Outcome::Harmless;
        }
        let verified = self.verified.as_ref().err();
        let verified = verified.unwrap_or_else(|| panic!("{what}: verified, but shows\n{picture:#?}"));
        check_refusal(verified, what);
        for (found, expected) in picture.iter().zip(reference.whole()) {
            let refused = found.as_ref().is_err_and(|said| said.starts_with("storage_failed: "));
            assert!(refused || found == expected, "{what}: {found:?} instead of {expected:?}");
        }
        Outcome::RefusedInPart
    }

    /// Judges what was cut off at a length of the log: what had been written by then is there.
    fn cut(&self, reference: &Reference, at: usize, what: &str) -> Outcome {
        let Some(picture) = self.opened_or_refused(what) else { return Outcome::Refused };
        assert!(self.verified.is_ok(), "{what}: opened, but not verified: {:?}", self.verified);
        // Before the first command there is only what making a directory has written.
        let done = reference.log_bytes.iter().rposition(|bytes| *bytes <= at).unwrap_or(0);
        // Of what follows from a command, the rest is made up for.
        let pictures = reference.pictures[done..].iter().take(2);
        let same = pictures.clone().position(|expected| expected == picture);
        assert!(same.is_some(), "{what}: after {done} commands\n{picture:#?}\ninstead of\n{pictures:#?}");
        if picture == reference.whole() { Outcome::Harmless } else { Outcome::Prefix }
    }
}

fn copies() -> usize {
    let named = std::env::var("CENTRALA_DAMAGED_COPIES").ok();
    named.map_or(COPIES, |text| text.parse().expect("CENTRALA_DAMAGED_COPIES is a number"))
}

fn tell(what: &str, outcomes: &BTreeMap<Outcome, usize>) {
    println!("{what}: {outcomes:?}, {} copies", outcomes.values().sum::<usize>());
}

#[test]
fn a_log_that_ends_anywhere_gives_exactly_what_was_written_by_then() {
    for original in [Original::logged(), Original::mixed()] {
        let log = files::last_log(&original.data);
        let length = files::length(&original.data.join(&log));
        // Every byte, unless only a few copies are wanted.
        let step = if copies() < 1000 { 6 * length / copies() } else { 1 };
        let mut outcomes = BTreeMap::new();
        for at in (0..length).rev().step_by(step) {
            let noise = Filling::Noise(at as u64);
            let filled = [(1 + at % 100, Filling::Zeros), (1 + at % 1000, noise)];
            let filled = filled.map(|(more, filling)| Harm::CutAndFilled(at, more, filling));
            let fillings = if step > 1 || at % 4 == 0 { filled.len() } else { 0 };
            for harm in [Harm::Cut(at)].into_iter().chain(filled.into_iter().take(fillings)) {
                let what = format!("{}, {log} of {length} bytes, {harm:?}", original.name);
                let Some(copy) = original.harmed(&log, harm) else { continue };
                let found = look(copy, what.clone());
                let outcome = found.cut(&original.reference, at, &what);
                // Without what making the directory has synced, it is none that was made.
                let is_cut = matches!(harm, Harm::Cut(_)) && at >= original.reference.log_bytes[0];
                assert!(!is_cut || outcome != Outcome::Refused, "{what}: {:?}", found.opened);
                *outcomes.entry(outcome).or_default() += 1;
            }
        }
        tell(&format!("cut off, {}", original.name), &outcomes);
    }
}

#[test]
fn files_that_are_changed_anywhere_are_refused_or_as_before() {
    let mut chance = Chance::of(Chance::seed("changed"));
    let originals = [Original::logged(), Original::mixed(), Original::closed()];
    let files = originals.iter().flat_map(|original| {
        let names = files::all(&original.data).into_iter();
        names.filter(|file| files::length(&original.data.join(file)) > 0).map(move |file| (original, file))
    });
    let files: Vec<_> = files.collect();
    let mut outcomes: BTreeMap<&str, BTreeMap<Outcome, usize>> = BTreeMap::new();
    // Every file in turn, until there are enough.
    for (original, file) in files.iter().cycle().take(copies().max(files.len())) {
        let length = files::length(&original.data.join(file));
        let harm = Harm::any(length, &mut chance);
        let what = format!("{}, {file} of {length} bytes, {harm:?}", original.name);
        let Some(copy) = original.harmed(file, harm) else { continue };
        let outcome = look(copy, what.clone()).whole_or_refused(&original.reference, &what);
        *outcomes.entry(kind(file)).or_default().entry(outcome).or_default() += 1;
    }
    outcomes.iter().for_each(|(kind, outcomes)| tell(&format!("changed {kind}"), outcomes));
}

#[test]
fn a_manifest_that_ends_anywhere_is_refused_or_leads_to_all_that_was_there() {
    let step = if copies() < 1000 { 23 } else { 1 };
    for original in [Original::logged(), Original::mixed(), Original::closed()] {
        let all = files::all(&original.data);
        let manifest = all.iter().find(|file| file.starts_with("MANIFEST")).expect("there is one");
        let length = files::length(&original.data.join(manifest));
        let mut outcomes = BTreeMap::new();
        for at in (0..length).step_by(step) {
            let what = format!("{}, {manifest} of {length} bytes cut at {at}", original.name);
            let copy = original.harmed(manifest, Harm::Cut(at)).expect("it was longer");
            let outcome = look(copy, what.clone()).whole_or_refused(&original.reference, &what);
            *outcomes.entry(outcome).or_default() += 1;
        }
        tell(&format!("manifest cut off, {}", original.name), &outcomes);
    }
}

#[test]
fn files_that_are_lost_are_noticed() {
    for original in [Original::logged(), Original::mixed(), Original::closed()] {
        for file in files::all(&original.data) {
            let what = format!("{}, without {file}", original.name);
            let copy = original.harmed(&file, Harm::Lost).expect("it was there");
            let found = look(copy, what.clone());
            let is_full_log = kind(&file) == "log" && files::length(&original.data.join(&file)) > 0;
            let outcome = match is_full_log {
                true => found.cut(&original.reference, 0, &what),
                false => found.whole_or_refused(&original.reference, &what),
            };
            println!("{what}: {outcome:?}");
        }
    }
}

/// RocksDB's reader refuses such a record behind another one, and does not get behind it: it would read for ever. As the
/// first record it would end the log.
#[test]
fn records_of_a_kind_that_only_logs_have_which_are_used_again_are_refused() {
    for original in [Original::logged(), Original::mixed(), Original::closed()] {
        let read_first = |file: &String| matches!(kind(file), "log" | "MANIFEST");
        for file in files::all(&original.data).into_iter().filter(read_first) {
            let records = files::first_records(&original.data.join(&file)).into_iter();
            for (record, kind) in records.flat_map(|record| [5, 6, 7, 8, 11, 131].map(|kind| (record, kind)))
            {
                let what = format!("{}, {file} with kind {kind} at {record}", original.name);
                let Some(copy) = original.harmed(&file, Harm::Kind(record, kind)) else { continue };
                let found = look(copy, what.clone());
                assert_eq!(found.whole_or_refused(&original.reference, &what), Outcome::Refused, "{what}");
            }
        }
    }
}

#[test]
fn damage_is_told_with_the_file_and_the_byte() {
    let original = Original::logged();
    let log = files::last_log(&original.data);
    let middle = files::length(&original.data.join(&log)) / 2;
    let copy = original.harmed(&log, Harm::Bit(middle * 8)).expect("it was changed");
    let found = look(copy, "told".into());
    let told = found.opened.expect_err("it is damaged").to_string();
    assert!(told.contains(&log) && told.contains(", byte "), "{told}");
}

fn kind(file: &str) -> &'static str {
    let kinds = [".log", ".sst", "MANIFEST", "CURRENT", "MARK", "OPTIONS", "IDENTITY"];
    kinds.into_iter().find(|kind| file.contains(kind)).map_or("other", |kind| kind.trim_start_matches('.'))
}
