//! What a start and a checkpoint cost: recovery from a journal that was cut off, recovery of dialogs
//! that lie on disk, and bringing dialogs that changed to disk. An element is an event, or a dialog.

mod support;

use std::fs;
use std::path::Path;

use centrala::domain::channel::Accept;
use centrala::domain::dialog::command::Receive;
use centrala::engine::{Durability, Engine};
use criterion::{
    BatchSize, BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group, criterion_main,
};
use support::{channel, client, directory, open, set_up_pairs, sizes};
use tempfile::TempDir;

const PAIRS: usize = 16;

/// Each of these clients writes; all under way at once.
fn write(engine: &Engine, clients: std::ops::Range<usize>) {
    let receive = |number| {
        let text = "Where is my parcel? It should have been here yesterday.";
        engine.receive(Receive::new(channel(number % PAIRS), client(number), text))
    };
    for chunk in clients.collect::<Vec<_>>().chunks(10_000) {
        let under_way: Vec<_> = chunk.iter().map(|number| receive(*number)).collect();
        for execution in under_way {
            execution.wait().expect("the message is taken in");
        }
    }
}

/// Open dialogs, each with an owner: three events and one message.
fn with_open_dialogs(directory: &TempDir, dialogs: usize) -> Engine {
    let engine = open(directory, Durability::Buffered);
    set_up_pairs(&engine, PAIRS, Accept::Auto);
    write(&engine, 0..dialogs);
    engine
}

/// What a power cut or a kill would leave: the files as they are while the engine runs.
fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("the directory can be read") {
        let entry = entry.expect("the directory can be read");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("the entry has a type").is_dir() {
            fs::create_dir(&target).expect("a directory can be made");
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a file can be copied");
        }
    }
}

/// After a kill: everything since the last checkpoint is read from the journal and applied again.
fn recover_journal(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("storage/recover_journal");
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    for &dialogs in sizes(&[1_000, 10_000, 100_000]) {
        let directory = directory();
        let engine = with_open_dialogs(&directory, dialogs);
        let killed = support::directory();
        copy(directory.path(), killed.path());
        let events = engine.durable_seq();
        engine.close_blocking().expect("all is written");
        group.throughput(Throughput::Elements(events));
        group.bench_function(BenchmarkId::new("events", events), |bencher| {
            bencher.iter_batched(
                || {
                    let directory = support::directory();
                    copy(killed.path(), directory.path());
                    directory
                },
                |directory| (open(&directory, Durability::Buffered), directory),
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

/// After a clean end: nothing is in the journal, open dialogs lie on disk.
fn recover_images(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("storage/recover_images");
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    for &dialogs in sizes(&[1_000, 10_000, 100_000]) {
        let directory = directory();
        with_open_dialogs(&directory, dialogs).close_blocking().expect("all is written");
        group.throughput(Throughput::Elements(dialogs as u64));
        group.bench_function(BenchmarkId::new("open_dialogs", dialogs), |bencher| {
            bencher.iter_batched(|| (), |()| open(&directory, Durability::Buffered), BatchSize::PerIteration);
        });
    }
    group.finish();
}

/// Every open dialog has one more message than on disk; closing brings all of them there.
fn checkpoint(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("storage/checkpoint");
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    for &dialogs in sizes(&[1_000, 10_000, 100_000]) {
        let directory = directory();
        with_open_dialogs(&directory, dialogs).close_blocking().expect("all is written");
        group.throughput(Throughput::Elements(dialogs as u64));
        group.bench_function(BenchmarkId::new("changed_dialogs", dialogs), |bencher| {
            bencher.iter_batched(
                || {
                    let engine = open(&directory, Durability::Buffered);
                    write(&engine, 0..dialogs);
                    engine
                },
                |engine| engine.close_blocking().expect("all is written"),
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, recover_journal, recover_images, checkpoint);
criterion_main!(benches);
