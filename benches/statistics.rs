//! What counting costs, with nothing around it: tallies of the changes of a dialog, and booking them.
//!
//! An element is a whole life: opened, answered, closed. In the engine the tallies are made in the actor's thread and
//! booked in the journal's.

mod support;

use std::hint::black_box;

use centrala::domain::dialog::CloseReason;
use centrala::domain::event::{Change, DialogEvent, Events};
use centrala::domain::statistics::{Standing, Statistics, Tally};
use centrala::ids::{ClientId, DialogId};
use centrala::timestamp::Timestamp;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use support::{channel, operator};

/// The changes of a life in one of so many channels, each with how the dialog stood before.
fn life(number: usize) -> [(Events, Option<Standing>); 3] {
    let (channel, operator) = (channel(number), operator(number));
    let client = ClientId::new("client").expect("it is short");
    let standing = |waited_ms, handled_ms: Option<u64>| Standing {
        channel: channel.clone(),
        apart: false,
        waited_ms: Some(waited_ms),
        handled_ms,
        held: handled_ms.map(|_| (operator.clone(), 1)),
    };
    let events = |event| Events::Dialog(DialogId(1), vec![event]);
    let opened = DialogEvent::Opened {
        channel: channel.clone(),
        client,
        client_name: None,
        previous: None,
        wishes: None,
    };
    let answered = DialogEvent::Answered { operator: operator.clone(), weight: 1, ruling: None };
    let closed = DialogEvent::Closed { reason: CloseReason::Finished, by: None };
    [
        (events(opened), None),
        (events(answered), Some(standing(1500, None))),
        (events(closed), Some(standing(61_500, Some(60_000)))),
    ]
}

fn counting(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("statistics");
    group.throughput(Throughput::Elements(1));
    for channels in [1, 100] {
        let lives: Vec<_> = (0..channels).map(life).collect();
        group.bench_function(BenchmarkId::new("life", channels), |bencher| {
            let (mut statistics, mut tallies) = (Statistics::default(), Vec::new());
            let (mut now, mut number) = (0_u64, 0);
            bencher.iter(|| {
                number = (number + 1) % channels;
                for (events, standing) in &lives[number] {
                    // Days go by, so that pages fill and are turned.
                    now += 200;
                    let change = Change { at: Timestamp::default().plus_ms(now), events: events.clone() };
                    Tally::of(&change, standing.as_ref(), |tally| tallies.push(tally));
                }
                tallies.drain(..).for_each(|tally| statistics.take(black_box(&tally), u64::MAX));
            });
        });
    }
    group.finish();
}

criterion_group!(benches, counting);
criterion_main!(benches);
