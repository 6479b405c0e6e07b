//! How many instructions the hot paths take, which does not depend on how busy the machine is: counted by
//! valgrind, compared with what is recorded in `benches/instructions.json`.
//!
//! `make instructions` fails when a path has grown by more than 10 %, `make instructions-record` records anew. Run
//! in another way, as with all benches, every path is walked once to see that it works. How this is done and how
//! exact it is stands in `docs/measuring.md`.

#[path = "../support/mod.rs"]
mod support;

mod lifecycle;
mod paths;
mod recorded;
mod valgrind;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::process::ExitCode;

use recorded::{Recorded, Verdict};
use valgrind::{COUNTED, Valgrind};

/// Instructions by path, each for one round.
type Counts = BTreeMap<String, u64>;

/// What threads do depends a little on when they do it: the least of so many counts is meant.
const ATTEMPTS: usize = 3;

fn main() -> ExitCode {
    let mode = std::env::args().nth(1).unwrap_or_default();
    let done = match mode.as_str() {
        COUNTED => {
            walk_counted();
            Ok(())
        }
        "check" => with_valgrind(check),
        "record" => with_valgrind(record),
        _ => {
            walk_once();
            Ok(())
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("instructions: {sentence}");
            ExitCode::FAILURE
        }
    }
}

/// Without valgrind nothing can be said, which is no failure.
fn with_valgrind(job: impl FnOnce(&Valgrind) -> Result<(), String>) -> Result<(), String> {
    if cfg!(debug_assertions) {
        return Err("counts are those of a release build: see the Makefile".to_owned());
    }
    match Valgrind::find() {
        Some(valgrind) => job(&valgrind),
        None => {
            eprintln!(
                "instructions: valgrind is not installed, so that nothing is counted and nothing compared"
            );
            Ok(())
        }
    }
}

fn check(valgrind: &Valgrind) -> Result<(), String> {
    let recorded = Recorded::read()?;
    if !recorded.is_of_this_kind_of_machine() {
        eprintln!("instructions: what is recorded is of {}: nothing is compared here", recorded.machine);
        return Ok(());
    }
    let mut counts = count_paths(valgrind)?;
    counts.extend(lifecycle::count(valgrind)?);
    let mut verdict = recorded.verdict(&counts);
    for _ in 1..ATTEMPTS {
        if !verdict.grown.iter().any(|path| lifecycle::is_of_threads(path)) {
            break;
        }
        keep_least(&mut counts, lifecycle::count(valgrind)?);
        verdict = recorded.verdict(&counts);
    }
    let Verdict { table, failure, .. } = verdict;
    println!("{table}");
    failure.map_or(Ok(()), Err)
}

fn record(valgrind: &Valgrind) -> Result<(), String> {
    let mut counts = count_paths(valgrind)?;
    for _ in 0..ATTEMPTS {
        keep_least(&mut counts, lifecycle::count(valgrind)?);
    }
    println!("{}", Recorded::read().unwrap_or_default().verdict(&counts).table);
    Recorded::of_this_machine(counts).write()
}

fn keep_least(counts: &mut Counts, others: Counts) {
    for (path, count) in others {
        let least = counts.entry(path).or_insert(count);
        *least = count.min(*least);
    }
}

/// Has this program walk its paths under valgrind.
fn count_paths(valgrind: &Valgrind) -> Result<Counts, String> {
    let program = std::env::current_exe().map_err(|error| format!("this program is not found: {error}"))?;
    let parts = valgrind.count_parts(&program)?;
    let paths = paths::all();
    if parts.len() != 2 * paths.len() || parts.contains(&0) {
        return Err(format!("{} parts of {} paths were counted: {parts:?}", parts.len(), paths.len()));
    }
    // The first part of each is the round that fills what is filled only once.
    let totals = parts.into_iter().skip(1).step_by(2);
    Ok(paths.into_iter().zip(totals).map(|(path, total)| (path.name, total / path.rounds as u64)).collect())
}

/// What valgrind runs: each path is made ready, walked once to fill what is filled only once, then walked for the count.
fn walk_counted() {
    for path in paths::all() {
        let mut walk = (path.ready)(path.rounds + 1);
        for rounds in [1, path.rounds] {
            (0..rounds).for_each(|_| walk());
            part_ended();
        }
    }
}

fn walk_once() {
    for path in paths::all() {
        (path.ready)(1)();
        println!("{} works", path.name);
    }
}

/// Valgrind counts while this is called.
#[inline(never)]
fn counted(step: &mut dyn FnMut()) {
    step();
    // So that it does not end by jumping into the step.
    black_box(());
}

/// Valgrind writes down what was counted when this ends.
#[inline(never)]
fn part_ended() {
    black_box(());
}
