//! What is no data directory is refused and left as it is.

use std::path::Path;

use crate::error::Error;
use crate::storage::testing::*;
use crate::storage::*;

fn open(path: &Path) -> Result<Store, Error> {
    Store::open(path, &quick(), &mut Collected::default())
}

fn names(path: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(path).unwrap().map(Result::unwrap);
    let mut names: Vec<_> = entries.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_directory_with_something_else_is_refused_and_left_alone() {
    for name in ["notes.txt", "app.log", ".git", "000001.txt"] {
        let directory = scratch();
        std::fs::write(directory.path().join(name), "mine").unwrap();
        match open(directory.path()).map(drop) {
            Err(error @ Error::Foreign { .. }) => {
                let sentence = error.to_string();
                assert!(
                    sentence.contains(name) && sentence.contains("name a new or an empty one"),
                    "{sentence}"
                );
            }
            other => panic!("{name}: {other:?}"),
        }
        assert!(matches!(verify(directory.path(), &mut |_, _| {}), Err(Error::Foreign { .. })));
        assert_eq!(names(directory.path()), [name]);
    }
}

#[test]
fn what_a_start_that_was_cut_short_has_left_is_gone_on_with() {
    let directory = scratch();
    for name in ["LOCK", "LOG", "IDENTITY", "MANIFEST-000001", "000001.dbtmp", "lost+found"] {
        std::fs::write(directory.path().join(name), "").unwrap();
    }
    drop(open(directory.path()).unwrap());
    assert!(matches!(verify(scratch().path(), &mut |_, _| {}), Err(Error::Unusable { .. })));
}

#[test]
fn tables_to_which_nothing_leads_are_damage_and_not_a_new_directory() {
    let directory = scratch();
    Running::start(directory.path(), &quick()).journal.close().unwrap();
    std::fs::remove_file(directory.path().join("CURRENT")).unwrap();
    let before = names(directory.path());
    for _ in 0..2 {
        match open(directory.path()).map(drop) {
            Err(Error::Damaged { place, reason }) => {
                assert!(place.ends_with("CURRENT") && reason.contains("missing"), "{place}: {reason}");
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(names(directory.path()), before);
}

#[test]
fn of_many_that_open_at_once_one_has_the_directory_and_the_others_are_told() {
    let directory = scratch();
    for _ in 0..10 {
        let at_once = std::sync::Barrier::new(6);
        let outcomes: Vec<_> = std::thread::scope(|scope| {
            let opening = (0..6).map(|_| {
                scope.spawn(|| {
                    at_once.wait();
                    let opened = open(directory.path());
                    // Nobody lets go before all have tried.
                    at_once.wait();
                    opened.map(|store| store.disk.close())
                })
            });
            let opening: Vec<_> = opening.collect();
            opening.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
        assert!(
            outcomes.iter().all(|outcome| matches!(outcome, Ok(()) | Err(Error::InUse { .. }))),
            "{outcomes:?}"
        );
    }
}
