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
    let failures: Vec<String> = (0..seeds).filter_map(|seed| simulate(Plan::of(seed)).err()).collect();
    if let Some(first) = failures.first() {
        panic!("{} of {seeds} seeds; the first of them:\n{first}", failures.len());
    }
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
