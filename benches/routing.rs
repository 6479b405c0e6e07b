//! What a routing decision costs, with nothing around it: the pure router, one thread, no disk.
//!
//! An element is the whole way of one dialog through the router: placed, answered, finished, and what
//! follows from that for others; in `decision`, the first of these steps alone.

#![expect(clippy::disallowed_methods, reason = "it measures, which takes the clock on the wall")]

mod support;

use std::time::{Duration, Instant};

use centrala::domain::channel::QueueMode;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use support::routing::{House, skilled, wishes};
use support::{size, sizes};

/// Modes that choose one.
const MODES: [QueueMode; 5] = [
    QueueMode::Evenly,
    QueueMode::Strictly,
    QueueMode::RoundRobin,
    QueueMode::LeastLoaded,
    QueueMode::MostAvailable,
];

/// There is room: each dialog is offered as it opens. Half of the operators are busy.
fn with_room(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("routing/with_room");
    group.throughput(Throughput::Elements(1));
    for mode in MODES {
        for &operators in sizes(&[10, 1_000, 10_000]) {
            let mut house = House::new(mode, operators, 1, 1, 1);
            (0..operators / 2).for_each(|_| house.open());
            let id = BenchmarkId::new(format!("{mode:?}").to_lowercase(), operators);
            group.bench_function(id, |bencher| {
                bencher.iter(|| {
                    house.open();
                    house.finish();
                });
            });
        }
    }
    group.finish();
}

/// The whole way of a dialog that requires a skill.
fn with_skills(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("routing/with_skills");
    group.throughput(Throughput::Elements(1));
    let wishes = wishes();
    for mode in [QueueMode::Evenly, QueueMode::LeastLoaded] {
        for &operators in sizes(&[100, 1_000, 10_000, 100_000]) {
            let mut house = skilled(mode, operators, &wishes);
            let id = BenchmarkId::new(format!("{mode:?}").to_lowercase(), operators);
            group.bench_function(id, |bencher| {
                bencher.iter(|| {
                    house.open_wishing(Some(&wishes[house.opened as usize % 32]));
                    house.finish();
                });
            });
        }
    }
    group.finish();
}

/// The decision alone: whom a dialog that requires a skill is offered to, with the record of why.
fn decision(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("routing/decision");
    let wishes = wishes();
    for mode in [QueueMode::Evenly, QueueMode::LeastLoaded] {
        for &operators in sizes(&[100, 1_000, 10_000, 100_000]) {
            let mut house = skilled(mode, operators, &wishes);
            let id = BenchmarkId::new(format!("{mode:?}").to_lowercase(), operators);
            group.bench_function(id, |bencher| {
                bencher.iter_custom(|decisions| {
                    let mut took = Duration::ZERO;
                    for _ in 0..decisions {
                        let begun = Instant::now();
                        let placement = house.decide(Some(&wishes[house.opened as usize % 32]));
                        took += begun.elapsed();
                        house.carry_out(placement);
                        house.finish();
                    }
                    took
                });
            });
        }
    }
    group.finish();
}

/// So many dialogs wait in a thousand channels; each operator is a member of ten of them.
fn many_waiting(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("routing/many_waiting");
    group.throughput(Throughput::Elements(1));
    let channels = size(1_000, 10);
    for &waiting in sizes(&[1_000, 10_000, 100_000, 1_000_000]) {
        let operators = channels * 5;
        let mut house = House::new(QueueMode::Evenly, operators, channels, 10, 1);
        (0..operators + waiting).for_each(|_| house.open());
        group.bench_function(BenchmarkId::new("evenly", waiting), |bencher| {
            bencher.iter(|| {
                house.finish();
                house.open();
            });
        });
    }
    group.finish();
}

/// Everybody is busy and dialogs wait: each one that is finished makes room for the first of the queue.
fn with_backlog(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("routing/with_backlog");
    group.throughput(Throughput::Elements(1));
    let waiting = size(10_000, 100);
    for &operators in sizes(&[10, 1_000, 10_000]) {
        let mut house = House::new(QueueMode::Evenly, operators, 1, 1, 1);
        (0..operators + waiting).for_each(|_| house.open());
        group.bench_function(BenchmarkId::new("evenly", operators), |bencher| {
            bencher.iter(|| {
                house.finish();
                house.open();
            });
        });
    }
    group.finish();
}

/// Every operator is a member of ten queues, all with a backlog: who becomes free gets the dialog that
/// waits longest in any of them.
fn many_channels(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("routing/many_channels");
    group.throughput(Throughput::Elements(1));
    let waiting = size(10_000, 100);
    for &channels in sizes(&[20, 200, 2_000]) {
        let operators = channels * 5;
        let mut house = House::new(QueueMode::Evenly, operators, channels, 10, 1);
        (0..operators + waiting).for_each(|_| house.open());
        group.bench_function(BenchmarkId::new("evenly", channels), |bencher| {
            bencher.iter(|| {
                house.finish();
                house.open();
            });
        });
    }
    group.finish();
}

criterion_group!(benches, with_room, with_skills, decision, with_backlog, many_waiting, many_channels);
criterion_main!(benches);
