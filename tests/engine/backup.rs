//! Backups of a running engine: what is in them, and where none can be made.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use centrala::engine::{Durability, Engine};
use centrala::error::{Code, Error};
use centrala::storage;
use serde_json::json;

use crate::house::{House, by, lifecycles, message, state_hash};
use crate::time_limit::in_time;

fn back_up(engine: &Engine, to: &Path) -> Result<u64, Error> {
    pollster::block_on(engine.backup(to))
}

#[test]
fn a_backup_is_a_directory_like_any_other_with_the_same_state() {
    in_time(|| {
        let (house, other) = (House::new(), House::new());
        let engine = house.open_with(&["anna"], 1_000_000, json!({"accept": "auto"}));
        lifecycles(&engine, "anna", (0..50).map(|client| format!("client {client}")));
        engine.receive(message("ala", "still open")).wait().unwrap();
        let hash = state_hash(&engine);
        let seq = back_up(&engine, &other.path()).unwrap();
        assert_eq!(seq, engine.durable_seq());
        engine.receive(message("ala", "too late for the backup")).wait().unwrap();
        let verified = storage::verify(other.path(), &mut |_, _| {}).unwrap();
        assert_eq!((verified.last_seq, format!("{:016x}", verified.state_hash)), (seq, hash.clone()));
        let copy = other.open();
        assert_eq!(state_hash(&copy), hash);
        // Both go on, each for itself.
        by(&copy, "anna").reply(centrala::ids::DialogId(51), "in the copy").wait().unwrap();
        assert_ne!(state_hash(&copy), state_hash(&engine));
        copy.close_blocking().unwrap();
        engine.close_blocking().unwrap();
        storage::verify(house.path(), &mut |_, _| {}).unwrap();
        storage::verify(other.path(), &mut |_, _| {}).unwrap();
    });
}

#[test]
fn backups_under_load_hold_what_was_acknowledged_before_at_every_durability() {
    for durability in [Durability::Sync, Durability::Buffered, Durability::None] {
        in_time(move || {
            let house = House::with(|settings| {
                settings.durability = durability;
                settings.checkpoint_bytes = 64 * 1024;
            });
            let engine = house.open_with(&["anna"], 1_000_000, json!({"accept": "auto"}));
            let (acknowledged, stop) = (AtomicU64::new(0), AtomicBool::new(false));
            std::thread::scope(|scope| {
                for writer in 0..2 {
                    let (engine, acknowledged, stop) = (engine.clone(), &acknowledged, &stop);
                    scope.spawn(move || {
                        let mut number = 0;
                        while !stop.load(Ordering::Relaxed) {
                            number += 1;
                            lifecycles(&engine, "anna", std::iter::once(format!("{writer} {number}")));
                            acknowledged.fetch_add(1, Ordering::SeqCst);
                        }
                    });
                }
                for number in 0..4 {
                    let before = acknowledged.load(Ordering::SeqCst);
                    while acknowledged.load(Ordering::SeqCst) < before + 20 {
                        std::thread::yield_now();
                    }
                    let surely = acknowledged.load(Ordering::SeqCst);
                    let to = house.path().with_file_name(format!("backup {number}"));
                    let seq = back_up(&engine, &to).unwrap();
                    let verified = storage::verify(&to, &mut |_, _| {}).unwrap();
                    assert!(verified.last_seq >= seq);
                    assert!(
                        verified.dialogs_closed >= surely,
                        "{durability:?}: {verified:?}, {surely} before"
                    );
                }
                stop.store(true, Ordering::Relaxed);
            });
            engine.close_blocking().unwrap();
            storage::verify(house.path(), &mut |_, _| {}).unwrap();
        });
    }
}

#[test]
fn where_no_backup_can_be_made_is_said_and_the_engine_goes_on() {
    in_time(|| {
        let house = House::new();
        let engine = house.open_with(&["anna"], 1000, json!({}));
        let beside = |name: &str| house.path().with_file_name(name);
        fs::create_dir(beside("full")).unwrap();
        fs::write(beside("full").join("file"), "mine").unwrap();
        fs::write(beside("file"), "mine").unwrap();
        fs::create_dir(beside("again.tmp")).unwrap();
        fs::write(beside("again.tmp").join("file"), "mine").unwrap();
        let cases = [
            (beside("full"), "not empty"),
            (beside("file"), "not a directory"),
            (house.path(), "in the data directory itself"),
            (house.path().join("copy"), "in the data directory itself"),
            (beside("data/../data/copy"), "in the data directory itself"),
            (beside("nowhere/copy"), "No such file"),
            (beside("again"), "is in the way"),
            ("/".into(), "names no new directory"),
        ];
        for (to, reason) in cases {
            let refused = back_up(&engine, &to).expect_err("it is refused");
            assert!(matches!(refused, Error::Backup { .. }), "{refused:?}");
            assert!(refused.to_string().contains(reason), "{refused}");
            assert_eq!(refused.code(), Code::InvalidArgument);
        }
        assert_eq!(fs::read_to_string(beside("full").join("file")).unwrap(), "mine");
        assert_eq!(fs::read_to_string(beside("again.tmp").join("file")).unwrap(), "mine");
        fs::create_dir(beside("empty")).unwrap();
        back_up(&engine, &beside("empty")).unwrap();
        engine.receive(message("ala", "all is well")).wait().unwrap();
        let again = engine.clone();
        engine.close_blocking().unwrap();
        assert!(matches!(back_up(&again, &beside("late")), Err(Error::Closed)));
        let copied = storage::backup(house.path(), beside("closed"), &mut |_, _| {}).unwrap();
        assert_eq!(copied, storage::verify(house.path(), &mut |_, _| {}).unwrap());
        let missing = storage::backup(beside("nothing"), beside("more"), &mut |_, _| {});
        assert!(missing.is_err() && !beside("nothing").exists());
    });
}
