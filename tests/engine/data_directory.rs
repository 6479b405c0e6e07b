//! Directories that cannot be used: a sentence that says what to do, and never wrong data.

use std::fs;
use std::path::{Path, PathBuf};

use centrala::engine::Engine;
use centrala::error::Error;
use centrala::storage;
use serde_json::json;

use crate::chance::Chance;
use crate::house::{House, copy, lifecycles, message, state_hash};
use crate::time_limit::in_time;

#[test]
fn a_place_where_nothing_can_be_written_is_refused_with_its_name() {
    in_time(|| {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("file");
        fs::write(&file, "not a directory").unwrap();
        for path in [file.clone(), file.join("below"), PathBuf::from("/proc/centrala")] {
            match Engine::open(&path) {
                Err(error @ Error::Unusable { .. }) => {
                    let sentence = error.to_string();
                    assert!(sentence.contains(path.to_str().unwrap()), "{sentence}");
                    assert!(sentence.contains("check that"), "{sentence}");
                }
                other => panic!("{}: {other:?}", path.display()),
            }
        }
        assert_eq!(fs::read_to_string(file).unwrap(), "not a directory");
    });
}

#[test]
fn data_of_a_newer_format_are_refused_and_left_alone() {
    in_time(|| {
        let house = House::new();
        house.open().close_blocking().unwrap();
        write_format(&house.path(), 999);
        for _ in 0..2 {
            match house.try_open() {
                Err(error @ Error::NewerFormat { found: 999, supported, .. }) => {
                    assert!(supported < 999);
                    assert!(error.to_string().contains("use a newer centrala"), "{error}");
                }
                other => panic!("{other:?}"),
            }
        }
        assert!(storage::verify(house.path(), &mut |_, _| {}).is_err());
    });
}

/// Changes the format in a data directory behind the engine's back.
fn write_format(path: &Path, format: u32) {
    let options = rocksdb::Options::default();
    let tables = rocksdb::DB::list_cf(&options, path).unwrap();
    let disk = rocksdb::DB::open_cf(&options, path, tables).unwrap();
    let meta = disk.cf_handle("meta").unwrap();
    assert!(disk.get_cf(meta, "format").unwrap().is_some(), "the format stands elsewhere now");
    disk.put_cf(meta, "format", format.to_le_bytes()).unwrap();
}

/// A directory as a kill leaves it, with much in the log, or as a close leaves it, with all in tables.
fn filled(killed: bool) -> (House, String) {
    let house = House::new();
    let engine = house.open_with(&["anna"], 1_000_000, json!({"accept": "auto"}));
    lifecycles(&engine, "anna", (0..300).map(|client| format!("client {client}")));
    engine.receive(message("ala", "still open")).wait().unwrap();
    let hash = state_hash(&engine);
    if !killed {
        engine.close_blocking().unwrap();
        return (house, hash);
    }
    let copied = House::new();
    copy(&house.path(), &copied.path());
    engine.close_blocking().unwrap();
    (copied, hash)
}

/// The files with these endings, the largest first.
fn files(path: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let all = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> =
        all.filter(|file| endings.iter().any(|end| file.to_str().unwrap().ends_with(end))).collect();
    files.sort_by_key(|file| std::cmp::Reverse(fs::metadata(file).unwrap().len()));
    files
}

/// Opens a directory of which something was changed: the same state, or a sentence.
fn open_changed(house: &House, hash: &str, what: &str) -> Result<(), Error> {
    let verified = storage::verify(house.path(), &mut |_, _| {}).map(drop);
    match house.try_open() {
        Ok(engine) => {
            let found = state_hash(&engine);
            drop(engine);
            assert!(found == hash || verified.is_err(), "{what}: other data, and nobody says so");
            verified
        }
        Err(error) => {
            assert!(matches!(error, Error::Damaged { .. } | Error::Unusable { .. }), "{what}: {error:?}");
            assert!(error.to_string().len() > 40, "{what}: {error}");
            assert!(verified.is_err(), "{what}: cannot be opened, but is verified");
            Err(error)
        }
    }
}

#[test]
fn damaged_tables_are_never_taken_for_good() {
    in_time(|| {
        let mut chance = Chance::of(Chance::seed("tables"));
        let (whole, hash) = filled(false);
        open_changed(&whole, &hash, "nothing was changed").unwrap();
        for file in files(&whole.path(), &[".sst"]) {
            let (name, length) = (file.file_name().unwrap(), fs::metadata(&file).unwrap().len());
            let house = House::new();
            copy(&whole.path(), &house.path());
            // The first half of a table file is data, whatever stands behind it.
            let place = chance.below(length as usize / 2);
            flip(&house.path().join(name), place);
            let what = format!("byte {place} of {length} in {}", name.display());
            let found = open_changed(&house, &hash, &what);
            assert!(found.is_err() || length < 4096, "{what}: not found");
        }
    });
}

#[test]
fn a_damaged_log_is_refused_and_a_torn_one_is_cut_off() {
    in_time(|| {
        let mut chance = Chance::of(Chance::seed("log"));
        let (whole, hash) = filled(true);
        let log = files(&whole.path(), &[".log"])[0].clone();
        let (name, length) = (log.file_name().unwrap(), fs::metadata(&log).unwrap().len() as usize);
        for _ in 0..5 {
            let house = House::new();
            copy(&whole.path(), &house.path());
            let place = length / 4 + chance.below(length / 4);
            flip(&house.path().join(name), place);
            let what = format!("byte {place} of {length} in the log");
            open_changed(&house, &hash, &what).expect_err("damage before the end is refused");
            let torn = House::new();
            copy(&whole.path(), &torn.path());
            let file = fs::OpenOptions::new().write(true).open(torn.path().join(name)).unwrap();
            file.set_len((length - 1 - chance.below(length / 10)) as u64).unwrap();
            torn.open().close_blocking().expect("a torn end is what a kill leaves");
            storage::verify(torn.path(), &mut |_, _| {}).unwrap();
        }
    });
}

#[test]
fn missing_files_are_noticed() {
    in_time(|| {
        let (whole, hash) = filled(false);
        for file in files(&whole.path(), &[".sst", "CURRENT"]).into_iter().chain(manifest(&whole.path())) {
            let house = House::new();
            copy(&whole.path(), &house.path());
            fs::remove_file(house.path().join(file.file_name().unwrap())).unwrap();
            open_changed(&house, &hash, &format!("without {}", file.display()))
                .expect_err("something is missing");
        }
    });
}

fn manifest(path: &Path) -> Option<PathBuf> {
    let mut all = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    all.find(|file| file.file_name().unwrap().to_str().unwrap().starts_with("MANIFEST"))
}

fn flip(file: &Path, place: usize) {
    let mut bytes = fs::read(file).unwrap();
    bytes[place] ^= 0x55;
    fs::write(file, bytes).unwrap();
}
