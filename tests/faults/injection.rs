//! One call after the other on a data directory fails, or the process dies in it: nothing that was
//! acknowledged may be lost, nothing may be doubled, and whoever asks afterwards is told the truth.

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};

use crate::chance::Chance;
use crate::files::copy;
use crate::load::Load;
use crate::oracle::{Oracle, Whose};
use crate::process::{Ended, Process, Setup, verify};
use crate::strace::{self, Attached, CALLS, Fault, Point, Watch};
use crate::time_limit::in_time;

/// Commands of a workload unless `CENTRALA_FAULT_COMMANDS` says otherwise.
const COMMANDS: usize = 400;

/// Calls of each kind that are struck unless `CENTRALA_FAULT_POINTS` says more: then every kind is struck, and
/// at each call everything happens that may.
const POINTS: usize = 2;

/// What is struck where little time is spent.
const FIRST: [&str; 5] = ["write", "fdatasync", "fsync", "rename", "openat"];

const LOAD: Load = Load { window: 1000, clients: 400, text_chars: 100 };

/// Where calls are struck.
#[derive(Debug, Clone)]
struct Scene {
    name: &'static str,
    /// The thread whose calls are struck once the engine runs; none: the main thread, from its start on.
    thread: Option<&'static str>,
    commands: usize,
    /// The directory at the beginning, if not an empty one, and what is in it.
    begin: Option<(PathBuf, Oracle)>,
}

#[test]
fn opening_and_closing_a_new_directory_survives_a_fault_at_any_call() {
    strike_all(&[Scene { name: "new", thread: None, commands: 200, begin: None }]);
}

#[test]
fn recovering_after_a_kill_survives_a_fault_at_any_call() {
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    let begin = Some(killed(directory.path()));
    strike_all(&[Scene { name: "recovery", thread: None, commands: 200, begin }]);
}

#[test]
fn a_workload_survives_a_fault_at_any_call_of_the_commit_thread() {
    strike_workload(&["centrala-commit"]);
}

#[test]
fn a_workload_survives_a_fault_at_any_call_of_the_archive_thread() {
    strike_workload(&["centrala-archiv"]);
}

#[test]
fn a_workload_survives_a_fault_at_any_call_of_a_flush_or_a_compaction() {
    strike_workload(&["rocksdb:high", "rocksdb:low"]);
}

fn strike_workload(threads: &[&'static str]) {
    let commands = number("CENTRALA_FAULT_COMMANDS", COMMANDS);
    let scenes: Vec<_> = threads
        .iter()
        .map(|thread| Scene { name: thread, thread: Some(thread), commands, begin: None })
        .collect();
    strike_all(&scenes);
}

/// A directory that a killed process left, with images and with a log to be read.
fn killed(directory: &Path) -> (PathBuf, Oracle) {
    let setup = Setup { data: directory.join("data"), ..setup(directory) };
    let (mut oracle, mut chance) = (Oracle::default(), Chance::of(2));
    let mut process = Process::start(&setup);
    Oracle::set_up(&mut process);
    work(&mut process, &mut oracle, &mut chance, 1000);
    process.close();
    let mut process = Process::start(&setup);
    work(&mut process, &mut oracle, &mut chance, 1000);
    process.kill();
    (setup.data, oracle)
}

fn setup(directory: &Path) -> Setup {
    // So that images are written and the journal is trimmed on the way.
    let arguments = ["--checkpoint-bytes", "150000", "--retain-events", "1000"].map(str::to_owned).to_vec();
    Setup { data: directory.join("data"), arguments, under: Vec::new() }
}

fn number(name: &str, otherwise: usize) -> usize {
    let named = std::env::var(name).ok();
    named.map_or(otherwise, |text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

/// Strikes each kind of call that a scene makes, the first, the second and so on, until there are no more.
fn strike_all(scenes: &[Scene]) {
    if !strace::is_there() {
        return;
    }
    let most = number("CENTRALA_FAULT_POINTS", POINTS);
    let mut all = 0;
    for scene in scenes {
        let calls = scene.calls().into_iter().filter(|(call, _)| most > POINTS || FIRST.contains(call));
        for (call, count) in calls {
            let mut outcomes: BTreeMap<&'static str, usize> = BTreeMap::new();
            for nth in 1..=most {
                let struck: Vec<_> = faults(call, nth, most)
                    .filter_map(|fault| strike(scene, Point { call, nth, fault }))
                    .collect();
                // No two runs make quite as many calls.
                if struck.is_empty() && nth >= count {
                    break;
                }
                struck.into_iter().for_each(|outcome| *outcomes.entry(outcome).or_default() += 1);
            }
            println!("{}: {call}, {count} calls: {outcomes:?}", scene.name);
            all += outcomes.values().sum::<usize>();
        }
    }
    println!("{all} points");
    assert!(all > 0, "nothing was struck");
}

/// What happens at a call.
fn faults(call: &str, nth: usize, most: usize) -> impl Iterator<Item = Fault> {
    let errors = CALLS.into_iter().find(|(known, _)| *known == call).map_or(&[][..], |(_, errors)| errors);
    let all: Vec<Fault> = errors.iter().copied().map(Fault::Error).chain([Fault::Kill]).collect();
    let (first, many) = if most <= POINTS { (nth % all.len(), 1) } else { (0, all.len()) };
    all.into_iter().skip(first).take(many)
}

/// Runs a scene with one fault. How it ended is returned; nothing if there is no such call.
fn strike(scene: &Scene, point: Point) -> Option<&'static str> {
    let scene = scene.clone();
    let (sender, outcome) = std::sync::mpsc::channel();
    in_time(move || {
        println!("{} {point:?}", scene.name);
        let _ = sender.send(scene.run(point));
    });
    outcome.recv().expect("it ended in time")
}

impl Scene {
    /// Which calls it makes when nothing fails, and how many of each.
    fn calls(&self) -> Vec<(&'static str, usize)> {
        let (scene, (sender, told)) = (self.clone(), std::sync::mpsc::channel());
        in_time(move || {
            let home = tempfile::tempdir().expect("a temporary directory can be made");
            let stage = scene.stage(home.path());
            let heard = stage.run(&scene, &Watch::Count, &mut Chance::of(1)).0;
            assert!(heard.ended.status.success(), "{heard:?}");
            let _ = sender.send(fs::read_to_string(&stage.told).expect("strace wrote it"));
        });
        let told = told.recv().expect("it ended in time");
        let count = |call: &str| {
            let called = |line: &&str| {
                let line = line.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == ' ');
                line.strip_prefix(call).is_some_and(|rest| rest.starts_with('('))
            };
            told.lines().filter(called).count()
        };
        CALLS.into_iter().map(|(call, _)| (call, count(call))).filter(|(_, count)| *count > 0).collect()
    }

    /// The directory as the scene finds it.
    fn stage(&self, home: &Path) -> Stage {
        // Without links: strace compares the names of files.
        let home = home.canonicalize().expect("it is there");
        let setup = setup(&home);
        let mut oracle = Oracle::default();
        if let Some((begin, known)) = &self.begin {
            copy(begin, &setup.data);
            oracle = known.clone();
        }
        Stage { setup, told: home.join("told"), oracle }
    }

    fn run(&self, point: Point) -> Option<&'static str> {
        let home = tempfile::tempdir().expect("a temporary directory can be made");
        let (stage, mut chance) = (self.stage(home.path()), Chance::of(1));
        let (whole, mut oracle) = stage.run(self, &Watch::Strike(point), &mut chance);
        let outcome = whole.check(&point, point.struck(&stage.told));
        check_afterwards(&stage.setup, &mut oracle, &mut chance);
        outcome
    }
}

/// Where a scene is played.
struct Stage {
    setup: Setup,
    told: PathBuf,
    oracle: Oracle,
}

impl Stage {
    fn run(&self, scene: &Scene, watch: &Watch, chance: &mut Chance) -> (Whole, Oracle) {
        let Self { setup, told, .. } = self;
        let mut oracle = self.oracle.clone();
        let whole = match scene.thread {
            None => {
                let under = strace::around(watch, &setup.data, told);
                let mut process = Process::start(&Setup { under, ..setup.clone() });
                let mut heard = Heard::default();
                if Oracle::set_up_if_alive(&mut process) {
                    heard = work(&mut process, &mut oracle, chance, scene.commands);
                }
                heard.and(process.end())
            }
            Some(thread) => {
                let mut process = Process::start(setup);
                Oracle::set_up(&mut process);
                let attached = Attached::to(process.id(), thread, watch, &setup.data, told);
                let heard = work(&mut process, &mut oracle, chance, scene.commands);
                let whole = heard.and(process.end());
                attached.ended();
                whole
            }
        };
        (whole, oracle)
    }
}

/// What was heard of a process that may fail.
#[derive(Debug, Default)]
pub struct Heard {
    /// How many commands it refused because it has stopped.
    pub refused: usize,
    /// Why.
    pub sentence: String,
}

/// The same, when it has ended.
#[derive(Debug)]
struct Whole {
    heard: Heard,
    ended: Ended,
}

impl Heard {
    fn and(self, ended: Ended) -> Whole {
        Whole { heard: self, ended }
    }
}

impl Whole {
    /// Whoever was refused was told why, and so is whoever started the process.
    fn check(&self, point: &Point, struck: bool) -> Option<&'static str> {
        use std::os::unix::process::ExitStatusExt;
        let Self { heard, ended: Ended { status, said } } = self;
        assert!(!said.contains("panicked"), "{said}");
        if !struck {
            assert!(status.success() && heard.refused == 0, "{self:?}");
            return None;
        }
        if point.fault == Fault::Kill {
            assert_eq!(status.signal(), Some(9), "{self:?}");
            return Some("killed");
        }
        if status.success() {
            assert_eq!(heard.refused, 0, "{self:?}");
            return Some("went on");
        }
        assert_eq!(status.code(), Some(1), "{self:?}");
        let sentence = said.lines().last().unwrap_or_default();
        assert!(sentence.starts_with("centrala: ") && sentence.len() > 60, "{self:?}");
        if heard.refused == 0 {
            return Some("said at its start or end");
        }
        assert!(heard.sentence.contains("storage failed and the engine has stopped: "), "{self:?}");
        Some("stopped")
    }
}

/// Sends commands as long as the process answers, and a few more when it has failed: none of these may be
/// done. Of those that were under way some may still be, for not all are decided in their order.
pub fn work(process: &mut Process, oracle: &mut Oracle, chance: &mut Chance, commands: usize) -> Heard {
    let (mut under_way, mut sent, mut heard) = (VecDeque::new(), 0, Heard::default());
    let mut sent_before: Option<usize> = None;
    loop {
        // Many at once, so that groups are large.
        if sent < commands && under_way.len() <= LOAD.window / 2 && heard.refused == 0 {
            sent += LOAD.send(process, oracle, chance, &mut under_way);
        }
        let Some(whose) = under_way.pop_front() else { return heard };
        let Some(reply) = process.reply() else { return heard };
        if reply.code() == Some("storage_failed") {
            heard.refused += 1;
            heard.sentence = reply.sentence().to_owned();
            oracle.hear_refusal(whose);
        } else {
            assert_ne!(
                sent_before,
                Some(0),
                "it was sent after another was told that the engine has stopped"
            );
            oracle.hear(whose, &reply);
        }
        if let Some(before) = &mut sent_before {
            *before = before.saturating_sub(1);
        } else if heard.refused > 0 {
            sent_before = Some(under_way.len());
            for _ in 0..3 {
                process.send(oracle.next_extra());
                under_way.push_back(Whose::Extra(oracle.extras.len() - 1));
            }
        }
    }
}

/// Opens what is left without any fault: everything that was acknowledged is there, once.
pub fn check_afterwards(setup: &Setup, oracle: &mut Oracle, chance: &mut Chance) {
    if setup.data.join("CURRENT").exists() {
        verify(&setup.data);
    }
    let mut process = Process::start(setup);
    Oracle::set_up(&mut process);
    oracle.check(&mut process, chance);
    process.close();
    verify(&setup.data);
}
