//! Seeds: short ones in every run of the tests, many with `make simulate`, and disks that lie.

use super::*;

fn run(seed: u64) -> Report {
    simulate(Plan::of(seed)).unwrap_or_else(|failure| panic!("{failure}"))
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

#[test]
fn a_hundred_short_simulations_keep_every_promise() {
    let all: Vec<Report> = (0..100).map(run).collect();
    let sum = |of: fn(&Report) -> u64| all.iter().map(of).sum::<u64>();
    assert!(sum(|report| report.acknowledged) > 1000 && sum(|report| report.crashes) > 100, "{all:?}");
    assert!(sum(|report| report.batches_lost) > 0 && sum(|report| report.sent_again) > 100, "{all:?}");
}

#[test]
fn the_same_seed_gives_the_same_trace_and_another_one_another() {
    for seed in 1000..1003 {
        assert_eq!(run(seed), run(seed), "seed {seed}");
    }
    assert_ne!(run(1000).trace, run(1001).trace);
}

/// `make simulate SEEDS=10000`, or `make simulate SEED=7` for one.
#[test]
#[ignore = "takes minutes: make simulate"]
fn as_many_simulations_as_wanted_keep_every_promise() {
    if let Some(seed) = number("CENTRALA_SIMULATION_SEED") {
        run(seed);
        return;
    }
    let seeds = number("CENTRALA_SIMULATION_SEEDS").unwrap_or(10_000);
    let (reports, failures) = on_all_cores(seeds);
    if let Some(path) = std::env::var_os("CENTRALA_SIMULATION_REPORT") {
        std::fs::write(path, summary(&reports, failures.len())).unwrap();
    }
    if let Some(first) = failures.first() {
        panic!("{} of {seeds} seeds; the first of them:\n{first}", failures.len());
    }
}

/// What came of these seeds, the failures by their seeds. Each is simulated in one thread, as ever.
fn on_all_cores(seeds: u64) -> (Vec<Report>, Vec<String>) {
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
    let share =
        |first: u64| (first..seeds).step_by(cores as usize).map(|seed| (seed, simulate(Plan::of(seed))));
    let mut all: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..cores).map(|core| scope.spawn(move || share(core).collect::<Vec<_>>())).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    all.sort_by_key(|(seed, _)| *seed);
    let (mut reports, mut failures) = (Vec::new(), Vec::new());
    for (_, outcome) in all {
        match outcome {
            Ok(report) => reports.push(report),
            Err(failure) => failures.push(failure),
        }
    }
    (reports, failures)
}

fn summary(reports: &[Report], failures: usize) -> String {
    let sum = |of: fn(&Report) -> u64| reports.iter().map(of).sum::<u64>();
    format!(
        "{} simulations kept every promise, {failures} did not: {} events, {} orders acknowledged, {} sent again; \
         {} crashes took {} batches, {} disks failed, {} checkpoints\n",
        reports.len(),
        sum(|report| report.events),
        sum(|report| report.acknowledged),
        sum(|report| report.sent_again),
        sum(|report| report.crashes),
        sum(|report| report.batches_lost),
        sum(|report| report.faults),
        sum(|report| report.checkpoints),
    )
}

/// The first of a few seeds that notices that the disk lies; with an honest one it keeps every promise.
#[track_caller]
fn notices(lie: Lie) {
    let plan = |seed: u64| Plan { lie: Some(lie), ..Plan::of(seed) };
    let seed = (2000..2100).find(|seed| simulate(plan(*seed)).is_err());
    run(seed.unwrap_or_else(|| panic!("nobody notices that {lie:?}")));
}

#[test]
fn a_disk_that_does_not_sync_is_noticed() {
    notices(Lie::SyncsNothing);
}

#[test]
fn a_flush_that_makes_nothing_durable_is_noticed() {
    notices(Lie::FlushesNothing);
}

#[test]
fn a_flush_that_takes_some_tables_alone_is_noticed() {
    notices(Lie::FlushesTablesApart);
}

#[test]
fn a_frame_that_is_skipped_is_noticed() {
    notices(Lie::DropsFrames(20));
}

#[test]
fn a_key_that_is_forgotten_is_noticed() {
    notices(Lie::DropsKeys);
}

#[test]
fn a_position_that_is_forgotten_is_noticed() {
    notices(Lie::DropsPositions);
}
