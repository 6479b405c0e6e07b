//! What one more message in an open dialog costs: in the pure domain, on its way to the journal, and
//! through the whole engine. An element is one message.

mod support;

use std::hint::black_box;

use centrala::domain::channel::{Accept, QueueMode};
use centrala::domain::dialog::Dialog;
use centrala::domain::dialog::command::{
    Actor, Context, Desk, DialogCommand as _, OfferRules, Placement, Receive, WriteReply,
};
use centrala::domain::event::{Change, DialogEvent, Events};
use centrala::domain::operator::Role;
use centrala::engine::{Durability, Engine};
use centrala::ids::DialogId;
use centrala::storage::{decode, encode};
use centrala::timestamp::Timestamp;
use criterion::{
    BatchSize, BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group, criterion_main,
};
use support::{channel, client, directory, open, operator, set_up_pairs, size};

const TEXT: &str = "It is in the van and arrives before noon.";
const DIALOG: DialogId = DialogId(1);
const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000);

fn receive(number: usize) -> Receive {
    Receive::new(channel(0), client(number), "Where is my parcel?")
}

fn context() -> Context {
    let rules =
        OfferRules { mode: QueueMode::Evenly, accept: Accept::Auto, weight: 1, offer_timeout_ms: 60_000 };
    let actor = Actor { operator: operator(0), role: Role::Operator, member: true };
    let desk = Desk::new(rules);
    Context { now: NOW, actor: Some(actor), desk }
}

/// A dialog that its operator has answered, with one message.
fn answered(context: &Context) -> Dialog {
    let opening = receive(0).open(DIALOG, None, &Placement::Assigned(operator(0)), context);
    let mut events = opening.events.iter();
    let first = events.next().expect("an opening has events");
    let mut dialog = Dialog::from_event(DIALOG, first, NOW).expect("an opening opens");
    events.for_each(|event| dialog.apply(event, NOW));
    dialog
}

fn written(dialog: &Dialog, context: &Context) -> Vec<DialogEvent> {
    let reply = WriteReply::new(DIALOG, TEXT);
    reply.decide(dialog, context).expect("the owner may write").events
}

/// Decide, apply, encode, decode: each alone.
fn domain(criterion: &mut Criterion) {
    let context = context();
    let mut group = criterion.benchmark_group("append/domain");
    group.throughput(Throughput::Elements(1));
    let dialog = answered(&context);
    group.bench_function("decide", |bencher| bencher.iter(|| written(black_box(&dialog), &context)));
    let events = written(&dialog, &context);
    group.bench_function("apply", |bencher| {
        bencher.iter_batched_ref(
            || answered(&context),
            |dialog| events.iter().for_each(|event| dialog.apply(event, NOW)),
            BatchSize::SmallInput,
        );
    });
    let change = Change { at: NOW, events: Events::Dialog(DIALOG, events) };
    group.bench_function("encode", |bencher| bencher.iter(|| encode(black_box(&change))));
    let bytes = encode(&change);
    group.bench_function("decode", |bencher| {
        bencher.iter(|| decode::<Change>(black_box(&bytes)).expect("what was encoded can be decoded"));
    });
    group.finish();
}

/// Many messages to one dialog, all under way at once.
fn engine(criterion: &mut Criterion) {
    let messages = size(10_000, 10);
    let mut group = criterion.benchmark_group("append/engine");
    group.sample_size(10).sampling_mode(SamplingMode::Flat).throughput(Throughput::Elements(messages as u64));
    for durability in [Durability::None, Durability::Buffered, Durability::Sync] {
        let directory = directory();
        let engine = open(&directory, durability);
        set_up_pairs(&engine, 1, Accept::Auto);
        let mut opened = 0;
        group.bench_function(BenchmarkId::new("pipelined", durability), |bencher| {
            // A dialog for each round: nobody writes a million messages in one.
            bencher.iter_batched(
                || open_dialog(&engine, &mut opened),
                |dialog| write(&engine, dialog, messages),
                BatchSize::PerIteration,
            );
        });
        engine.close_blocking().expect("all is written");
    }
    group.finish();
}

fn open_dialog(engine: &Engine, opened: &mut usize) -> DialogId {
    *opened += 1;
    engine.receive(receive(*opened)).wait().expect("the dialog opens").dialog
}

fn write(engine: &Engine, dialog: DialogId, messages: usize) {
    let owner = engine.as_operator(operator(0));
    let under_way: Vec<_> = (0..messages).map(|_| owner.reply(dialog, TEXT)).collect();
    for reply in under_way {
        reply.wait().expect("the owner may write");
    }
}

criterion_group!(benches, domain, engine);
criterion_main!(benches);
