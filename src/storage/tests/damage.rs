//! What is damaged is refused, with its place.

use std::path::Path;

use super::change;
use super::world::World;
use crate::error::Error;
use crate::ids::DialogId;
use crate::storage::rocks::{Disk, Safety, Table};
use crate::storage::testing::*;
use crate::storage::*;

/// A closed directory with five frames, of two events each, and two images.
fn directory() -> tempfile::TempDir {
    let directory = scratch();
    let running = Running::start(directory.path(), &quick());
    let mut world = World::default();
    for id in 1..6 {
        let mut batch = Batch::default();
        world.record(&of_dialog(id, 1, vec![opening(id), message(id, 1)]), &mut batch);
        if id < 3 {
            world.image(DialogId(id), &mut batch);
        }
        running.commit_batch(batch);
    }
    running.journal.close().unwrap();
    directory
}

fn open(path: &Path) -> Result<Store, Error> {
    Store::open(path, &quick(), &mut Collected::default())
}

fn place<T>(outcome: Result<T, Error>) -> String {
    match outcome {
        Err(Error::Damaged { place, .. }) => place,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was not refused"),
    }
}

#[test]
fn a_whole_directory_is_verified_and_counted_and_not_changed() {
    let directory = directory();
    let files = || {
        let entries = std::fs::read_dir(directory.path()).unwrap().map(Result::unwrap);
        let mut files: Vec<_> = entries.map(|e| (e.file_name(), e.metadata().unwrap().len())).collect();
        files.sort();
        files
    };
    let before = files();
    let mut progress = Vec::new();
    let verified = verify(directory.path(), &mut |done, total| progress.push((done, total))).unwrap();
    assert_eq!((verified.frames, verified.events), (5, 10));
    assert_eq!((verified.first_seq, verified.last_seq), (1, 10));
    assert_eq!((verified.dialogs_open, verified.dialogs_closed), (5, 0));
    assert_eq!(progress.last().map(|(done, total)| done == total), Some(true));
    assert!(progress.iter().all(|(done, total)| done <= total));
    let inspection = inspect(directory.path()).unwrap();
    assert_eq!((inspection.first_seq, inspection.last_seq, inspection.checkpoint_seq), (1, 10, 0));
    assert_eq!(files(), before);
}

#[test]
fn a_changed_frame_is_refused_with_its_place() {
    let directory = directory();
    change(directory.path(), Table::Journal, &frame::frame_key(5, 0), |value| value[70] ^= 1);
    assert_eq!(place(open(directory.path())), "journal frame 5.0");
    assert_eq!(place(verify(directory.path(), &mut |_, _| {})), "journal frame 5.0");
}

#[test]
fn a_missing_frame_is_refused_with_its_place() {
    let directory = directory();
    let disk = Disk::open(directory.path()).unwrap();
    disk.write(Safety::Synced, |changes| changes.delete(Table::Journal, &frame::frame_key(5, 0))).unwrap();
    drop(disk);
    assert_eq!(place(open(directory.path())), "journal frame 5.0");
    assert_eq!(place(verify(directory.path(), &mut |_, _| {})), "journal frame 5.0");
}

#[test]
fn a_frame_of_another_journal_is_refused_with_its_place() {
    let (directory, other) = (directory(), directory());
    let disk = Disk::open(other.path()).unwrap();
    let key = frame::frame_key(3, 0);
    let mut foreign = disk.get(Table::Journal, &key).unwrap().unwrap();
    let whole = frame::Frame::parse(&key, &foreign).unwrap();
    let (at, clock) = (whole.at, crate::timestamp::Timestamp::from_millis(77));
    frame::seal(&mut foreign, at, 2, clock);
    change(directory.path(), Table::Journal, &key, |value| *value = foreign);
    assert_eq!(place(open(directory.path())), "journal frame 5.0");
}

#[test]
fn a_changed_image_is_found() {
    let directory = directory();
    let key = image::dialog_key(DialogId(2), false);
    change(directory.path(), Table::Dialogs, &key, |value| *value.last_mut().unwrap() ^= 0x10);
    assert!(!place(verify(directory.path(), &mut |_, _| {})).is_empty());
    change(directory.path(), Table::Dialogs, &key, Vec::clear);
    assert_eq!(place(open(directory.path())), "image of dialog 2");
}

#[test]
fn a_newer_format_is_refused() {
    let directory = directory();
    change(directory.path(), Table::Meta, b"format", |value| *value = 2_u32.to_le_bytes().to_vec());
    assert!(matches!(open(directory.path()), Err(Error::NewerFormat { found: 2, supported: 1, .. })));
    assert!(matches!(verify(directory.path(), &mut |_, _| {}), Err(Error::NewerFormat { .. })));
}

/// Changes the log of a directory with five frames, as a kill leaves it, and opens that.
fn with_changed_log(change: impl FnOnce(&mut [u8])) -> (std::path::PathBuf, Result<Store, Error>) {
    let source = scratch();
    let running = Running::start(source.path(), &quick());
    for id in 1..6 {
        running.commit(&[of_dialog(id, 1, vec![opening(id), message(id, 1)])]);
    }
    let copy = running.killed();
    let log = std::fs::read_dir(copy.path()).unwrap().map(|entry| entry.unwrap().path());
    let log = log.filter(|path| path.extension().is_some_and(|kind| kind == "log")).max().unwrap();
    let mut bytes = std::fs::read(&log).unwrap();
    change(&mut bytes);
    std::fs::write(&log, bytes).unwrap();
    (log, open(copy.path()))
}

#[test]
fn an_older_state_is_refused_however_whole_it_is() {
    let live = scratch();
    let running = Running::start(live.path(), &quick());
    running.commit(&[of_dialog(1, 1, vec![opening(1)])]);
    let old = running.killed();
    assert!(verify(old.path(), &mut |_, _| {}).is_ok());
    // Its manifest is no older than that of the mark which it gets.
    drop(open(old.path()).unwrap());
    running.commit(&[of_dialog(2, 2, vec![opening(2), message(2, 1)])]);
    running.journal.close().unwrap();
    assert_eq!(verify(live.path(), &mut |_, _| {}).unwrap().last_seq, 3);
    std::fs::copy(live.path().join("MARK"), old.path().join("MARK")).unwrap();
    let told = verify(old.path(), &mut |_, _| {}).unwrap_err().to_string();
    assert!(told.contains("ends at event 1") && told.contains("up to 3"), "{told}");
    assert!(open(old.path()).is_err());
    let exported = |skip| export(old.path(), skip, &mut |_, _| {}, &mut |_| Ok::<_, Error>(()));
    assert!(exported(false).is_err());
    assert_eq!(exported(true).unwrap().damages, 1);
    // Whoever wants it all the same can have it.
    std::fs::remove_file(old.path().join("MARK")).unwrap();
    assert!(open(old.path()).is_ok());
}

#[test]
fn a_manifest_that_was_cut_off_costs_no_table() {
    let live = scratch();
    let running = Running::start(live.path(), &quick());
    running.commit(&[of_dialog(1, 1, vec![opening(1), message(1, 1)])]);
    running.journal.close().unwrap();
    let files = || std::fs::read_dir(live.path()).unwrap().map(|entry| entry.unwrap().path());
    let manifest = files().find(|path| path.to_string_lossy().contains("MANIFEST")).unwrap();
    let (whole, name) = (std::fs::read(&manifest).unwrap(), manifest.file_name().unwrap());
    for bytes in (0..whole.len()).step_by(97) {
        let copy = scratch();
        files().for_each(|path| {
            std::fs::copy(&path, copy.path().join(path.file_name().unwrap())).unwrap();
        });
        std::fs::write(copy.path().join(name), &whole[..bytes]).unwrap();
        let told = open(copy.path()).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(told.contains("MANIFEST"), "{bytes}: {told}");
        // What was cut off comes back, and everything is there.
        std::fs::write(copy.path().join(name), &whole).unwrap();
        assert_eq!(open(copy.path()).unwrap().recovered().durable_seq, 2, "{bytes}");
    }
}

#[test]
fn a_checkpoint_leaves_a_mark_and_a_copy_has_none() {
    let (live, copy) = (scratch(), scratch());
    let mut world = World::default();
    let running = Running::start(live.path(), &quick());
    let mut batch = Batch::default();
    world.record(&of_dialog(1, 1, vec![opening(1)]), &mut batch);
    world.checkpoint(&mut batch);
    running.commit_batch(batch);
    running.commit(&[of_dialog(2, 2, vec![opening(2)])]);
    running.journal.close().unwrap();
    let mark = std::fs::read_to_string(live.path().join("MARK")).unwrap();
    assert!(mark.starts_with("2 is the last event"), "{mark}");
    let place = copy.path().join("copy");
    backup(live.path(), &place, &mut |_, _| {}).unwrap();
    assert!(!place.join("MARK").exists());
}

#[test]
fn damage_in_the_middle_of_the_log_is_refused_and_not_taken_for_its_end() {
    let (log, opened) = with_changed_log(|bytes| {
        let middle = bytes.windows(11).position(|window| window == b"of dialog 3").unwrap();
        bytes[middle] ^= 1;
    });
    assert!(place(opened).starts_with(&format!("{}, byte ", log.display())));
}

#[test]
fn a_record_with_a_wrong_length_is_refused_and_not_taken_for_one_that_was_cut_short() {
    let mut second = 0;
    let (log, opened) = with_changed_log(|bytes| {
        second = 7 + usize::from(u16::from_le_bytes([bytes[4], bytes[5]]));
        bytes[second + 5] ^= 0x40;
    });
    assert_eq!(place(opened), format!("{}, byte {second}", log.display()));
}

#[test]
fn what_holds_no_data_cannot_be_verified_and_is_not_made() {
    let directory = scratch();
    let missing = directory.path().join("missing");
    assert!(matches!(verify(&missing, &mut |_, _| {}), Err(Error::Unusable { .. })));
    assert!(matches!(inspect(&missing), Err(Error::Unusable { .. })));
    assert!(!missing.exists());
}

#[test]
fn an_index_that_says_more_or_less_than_the_dialogs_is_refused() {
    let directory = scratch();
    let running = Running::start(directory.path(), &quick());
    let mut world = World::default();
    for id in 1..4 {
        let mut batch = Batch::default();
        world.record(&of_dialog(id, 1, vec![opening(id), message(id, 1), closing()]), &mut batch);
        world.image(DialogId(id), &mut batch);
        running.commit_batch(batch);
    }
    running.journal.close().unwrap();
    assert_eq!(verify(directory.path(), &mut |_, _| {}).unwrap().dialogs_closed, 3);
    let disk = Disk::open(directory.path()).unwrap();
    let (key, value) = disk.first_from(Table::Finding, &[0; 11], &[255; 12]).unwrap().unwrap();
    drop(disk);
    let verified = || place(verify(directory.path(), &mut |_, _| {}));
    change(directory.path(), Table::Finding, &key, |value| value.extend([0x70, 0]));
    assert_eq!(verified(), "index of closed dialogs");
    change(directory.path(), Table::Finding, &key, Vec::clear);
    assert_eq!(verified(), "index of closed dialogs");
    change(directory.path(), Table::Finding, &key, |stored| *stored = value);
    assert_eq!(verify(directory.path(), &mut |_, _| {}).unwrap().dialogs_closed, 3);
}
