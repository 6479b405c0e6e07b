//! What a dialog costs from the first message to the end, through the actors, the journal and the disk:
//! receive, answer, reply, finish, each awaited before the next. An element is one dialog.

mod support;

use centrala::domain::channel::Accept;
use centrala::domain::dialog::command::Receive;
use centrala::engine::{AsOperator, Durability, Engine};
use centrala::error::Error;
use centrala::ids::ChannelId;
use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use futures_util::stream::{self, StreamExt as _};
use support::{channel, client, directory, open, operator, set_up_pairs, sizes};

/// Channels, each with one operator.
const PAIRS: usize = 64;

struct House {
    engine: Engine,
    desks: Vec<(ChannelId, AsOperator)>,
    opened: usize,
}

impl House {
    fn new(engine: Engine) -> Self {
        set_up_pairs(&engine, PAIRS, Accept::Answer);
        let desks = (0..PAIRS).map(|pair| (channel(pair), engine.as_operator(operator(pair)))).collect();
        Self { engine, desks, opened: 0 }
    }

    /// `count` dialogs, `in_flight` of them at any time.
    fn run(&mut self, count: usize, in_flight: usize) {
        let first = self.opened;
        self.opened += count;
        let all = stream::iter(first..self.opened).map(|number| self.lifecycle(number));
        let all = all.buffer_unordered(in_flight).for_each(async |ended| ended.expect("nothing is refused"));
        pollster::block_on(all);
    }

    async fn lifecycle(&self, number: usize) -> Result<(), Error> {
        let (channel, operator) = &self.desks[number % PAIRS];
        let text = "Where is my parcel? It should have been here yesterday.";
        let receive = Receive::new(channel.clone(), client(number), text);
        let dialog = self.engine.receive(receive).await?.dialog;
        operator.answer(dialog).await?;
        operator.reply(dialog, "It is in the van and arrives before noon.").await?;
        operator.finish(dialog).await
    }
}

fn lifecycle(criterion: &mut Criterion) {
    for durability in [Durability::None, Durability::Buffered, Durability::Sync] {
        let mut group = criterion.benchmark_group(format!("lifecycle/{durability}"));
        group.sample_size(10).sampling_mode(SamplingMode::Flat);
        for &in_flight in sizes(&[16, 1, 1_024, 8_192]) {
            let directory = directory();
            let mut house = House::new(open(&directory, durability));
            // Several rounds, so that the beginning and the end, with fewer under way, weigh little.
            let count = if in_flight > 1 { in_flight * 4 } else { 1 };
            group.throughput(Throughput::Elements(count as u64));
            group.bench_function(BenchmarkId::new("in_flight", in_flight), |bencher| {
                bencher.iter(|| house.run(count, in_flight));
            });
            house.engine.clone().close_blocking().expect("all is written");
        }
        group.finish();
    }
}

criterion_group!(benches, lifecycle);
criterion_main!(benches);
