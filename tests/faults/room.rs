//! What a machine can withhold: room on the disk, the right to write, handles of files, and a directory
//! that somebody else has. Whoever asks is told; nothing is lost; and when it is there again, all goes on.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::chance::Chance;
use crate::injection::{Heard, check_afterwards, work};
use crate::oracle::Oracle;
use crate::process::{Process, Setup, verify};
use crate::time_limit::in_time;

/// A small disk in memory.
struct Mount(tempfile::TempDir);

impl Mount {
    /// Makes one; none if this user may not.
    fn new(mebibytes: usize) -> Option<Self> {
        let place = tempfile::tempdir().expect("a temporary directory can be made");
        let size = format!("size={mebibytes}m");
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(place.path()).output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(Self(place));
        }
        println!("skipped: this user may not mount a small disk; run as root");
        None
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Makes it read-only, or not any more.
    fn remount(&self, how: &str) {
        let options = format!("remount,{how}");
        let done = Command::new("mount").args(["-o", &options]).arg(self.path()).status();
        assert!(done.is_ok_and(|status| status.success()), "it can be remounted {how}");
    }

    fn setup(&self) -> Setup {
        setup(self.path())
    }

    /// Fills it up but for so many bytes.
    fn fill_but(&self, bytes: u64) {
        let ballast = self.path().join("ballast");
        let mut filled = 0;
        let file = fs::File::create(&ballast).expect("it can be made");
        // A whole page at a time, as such disks count.
        while std::os::unix::fs::FileExt::write_at(&file, &[1; 4096], filled)
            .is_ok_and(|written| written == 4096)
        {
            filled += 4096;
        }
        file.set_len(filled.saturating_sub(bytes)).expect("it can be shortened");
    }

    fn make_room(&self) {
        fs::remove_file(self.path().join("ballast")).expect("it can be removed");
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.path()).output();
    }
}

fn setup(home: &Path) -> Setup {
    let arguments = ["--checkpoint-bytes", "150000", "--retain-events", "1000"].map(str::to_owned).to_vec();
    Setup { data: home.join("data"), arguments, under: Vec::new() }
}

/// Starts an engine that knows nobody yet.
fn begin(setup: &Setup) -> (Process, Oracle, Chance) {
    let mut process = Process::start(setup);
    Oracle::set_up(&mut process);
    (process, Oracle::default(), Chance::of(3))
}

/// Whoever was refused, and whoever started the process, was told this.
fn check_told(heard: Heard, process: Process, cause: &str) {
    let ended = process.end();
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    assert!(ended.said.contains(cause) && !ended.said.contains("panicked"), "{ended:?}");
    // What was under way just then is told that alone.
    let told = [cause, "it stopped before the outcome of this was known"];
    assert!(heard.refused == 0 || told.iter().any(|said| heard.sentence.contains(said)), "{heard:?}");
}

/// Starts an engine that cannot open its directory.
fn check_refused(setup: &Setup, cause: &str) {
    let ended = Process::start(setup).end();
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    let sentence = ended.said.lines().last().unwrap_or_default();
    assert!(sentence.starts_with("centrala: ") && sentence.contains(cause), "{ended:?}");
    assert!(!ended.said.contains("panicked"), "{ended:?}");
}

#[test]
fn a_disk_that_fills_up_stops_the_engine_and_loses_nothing() {
    in_time(|| {
        let Some(mount) = Mount::new(64) else { return };
        let setup = mount.setup();
        let (mut process, mut oracle, mut chance) = begin(&setup);
        let mut heard = work(&mut process, &mut oracle, &mut chance, 1000);
        assert_eq!(heard.refused, 0);
        // More and less than a checkpoint needs, and less than a group.
        for room in [400_000, 100_000, 20_000, 0] {
            mount.fill_but(room);
            for _ in 0..20 {
                heard = work(&mut process, &mut oracle, &mut chance, 1000);
                if heard.refused > 0 {
                    break;
                }
            }
            check_told(heard, process, "No space left");
            // As long as there is no room, it is said, or there is enough to be opened and to say so then.
            let ended = Process::start(&setup).end();
            assert!(ended.status.code().is_some(), "{ended:?}");
            assert!(ended.status.success() || ended.said.contains("No space left"), "{ended:?}");
            mount.make_room();
            check_afterwards(&setup, &mut oracle, &mut chance);
            process = Process::start(&setup);
            heard = Heard::default();
        }
        process.close();
        assert_eq!(heard.refused, 0);
    });
}

#[test]
fn a_disk_without_any_room_is_refused_and_can_be_opened_when_there_is_some() {
    in_time(|| {
        let Some(mount) = Mount::new(16) else { return };
        for room in [0, 4096, 8192, 65536, 200_000] {
            mount.fill_but(room);
            let ended = Process::start(&mount.setup()).end();
            assert!(ended.status.success() || ended.said.contains("No space left"), "{ended:?}");
            assert!(ended.status.success() || ended.status.code() == Some(1), "{ended:?}");
            mount.make_room();
            let (process, mut oracle, mut chance) = begin(&mount.setup());
            process.kill();
            check_afterwards(&mount.setup(), &mut oracle, &mut chance);
            fs::remove_dir_all(mount.setup().data).expect("it can be removed");
        }
    });
}

#[test]
fn a_disk_that_becomes_read_only_stops_the_engine_and_loses_nothing() {
    in_time(|| {
        let Some(mount) = Mount::new(64) else { return };
        check_read_only_before_anything(&mount);
        let setup = mount.setup();
        let (mut process, mut oracle, mut chance) = begin(&setup);
        assert_eq!(work(&mut process, &mut oracle, &mut chance, 1000).refused, 0);
        process.close();
        mount.remount("ro");
        check_refused(&setup, "Read-only file system");
        // Looking changes nothing, so it is allowed.
        verify(&setup.data);
        mount.remount("rw");
        check_afterwards(&setup, &mut oracle, &mut chance);
    });
}

fn check_read_only_before_anything(mount: &Mount) {
    mount.remount("ro");
    check_refused(&mount.setup(), "Read-only file system");
    mount.remount("rw");
}

/// Runs a test with a process of whose handles some can be withheld; afterwards nothing is lost. Leaves it out where
/// they cannot be.
fn with_limits(test: impl FnOnce(&Setup, Process, &mut Oracle, &mut Chance) + Send + 'static) {
    if Command::new("prlimit").arg("--version").output().is_err() {
        println!("skipped: prlimit is missing");
        return;
    }
    in_time(move || {
        let home = tempfile::tempdir().expect("a temporary directory can be made");
        let setup = setup(home.path());
        let (process, mut oracle, mut chance) = begin(&setup);
        test(&setup, process, &mut oracle, &mut chance);
        check_afterwards(&setup, &mut oracle, &mut chance);
    });
}

#[test]
fn too_few_handles_of_files_are_told_and_lose_nothing() {
    with_limits(|setup, mut process, oracle, chance| {
        assert_eq!(work(&mut process, oracle, chance, 1000).refused, 0);
        process.kill();
        let (mut opened, mut refused) = (0, 0);
        for handles in (6..60).step_by(6) {
            let under = ["prlimit".to_owned(), format!("--nofile={handles}")].to_vec();
            let ended = Process::start(&Setup { under, ..setup.clone() }).end();
            assert!(!ended.said.contains("panicked"), "{handles}: {ended:?}");
            match ended.status.code() {
                Some(0) => opened += 1,
                Some(1) => {
                    assert!(ended.said.contains("Too many open files"), "{handles}: {ended:?}");
                    refused += 1;
                }
                other => panic!("{handles}: {other:?}"),
            }
        }
        println!("with too few handles: opened {opened}, refused {refused}");
    });
}

#[test]
fn an_engine_that_runs_out_of_handles_stops_and_loses_nothing() {
    with_limits(|_, mut process, oracle, chance| {
        let limit = ["--nofile=3", "--pid", &process.id().to_string()].map(str::to_owned);
        let limited = Command::new("prlimit").args(limit).status();
        assert!(limited.is_ok_and(|status| status.success()), "it can be limited");
        let mut heard = Heard::default();
        while heard.refused == 0 {
            heard = work(&mut process, oracle, chance, 2000);
        }
        check_told(heard, process, "Too many open files");
    });
}

#[test]
fn of_many_processes_on_one_directory_one_has_it() {
    in_time(|| {
        let home = tempfile::tempdir().expect("a temporary directory can be made");
        let setup = setup(home.path());
        let (mut process, mut oracle, mut chance) = begin(&setup);
        for _ in 0..5 {
            check_refused(&setup, "is in use by another engine");
            assert_eq!(work(&mut process, &mut oracle, &mut chance, 500).refused, 0);
        }
        process.kill();
        // All at once: those that come too late are told, and whoever has it loses nothing.
        let mut all: Vec<Process> = (0..8).map(|_| Process::start(&setup)).collect();
        let alive =
            |process: &mut Process| process.ask_if_alive(serde_json::json!({"do": "health"})).is_some();
        let served = all.iter_mut().map(alive).filter(|alive| *alive).count();
        assert_eq!(served, 1, "one of them has the directory");
        for process in all {
            let ended = process.end();
            assert!(ended.status.success() || ended.said.contains("in use by another engine"), "{ended:?}");
        }
        check_afterwards(&setup, &mut oracle, &mut chance);
    });
}
