//! What a page of a list of dialogs and a search cost, by how many closed dialogs lie on the disk. Every
//! page should take less than 10 ms, and hardly longer with a million dialogs than with a thousand.

mod support;

use centrala::domain::channel::Accept;
use centrala::domain::dialog::command::Receive;
use centrala::domain::query::{ListDialogs, Search, SearchKind, StatusFilter};
use centrala::engine::{Durability, Engine};
use centrala::ids::DialogId;
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use support::{channel, client, directory, open, operator, set_up_pairs, sizes};

const PAIRS: usize = 16;

/// Closed dialogs in turn of every channel and its operator; each has a number of its own in its text.
fn close(engine: &Engine, dialogs: usize) {
    for first in (0..dialogs).step_by(1000) {
        let numbers: Vec<_> = (first..dialogs.min(first + 1000)).collect();
        let receive = |number: &usize| {
            let text = format!("Where is my parcel number {number}? It should have been here yesterday.");
            let mut receive = Receive::new(channel(number % PAIRS), client(*number), text);
            receive.name = Some(format!("Client Number{number}"));
            engine.receive(receive)
        };
        let opened: Vec<_> = numbers.iter().map(receive).collect();
        let finish = |(opened, number): (centrala::engine::Execution<_>, &usize)| {
            let received: centrala::domain::reply::Received = opened.wait().expect("it is taken in");
            engine.as_operator(operator(number % PAIRS)).finish(received.dialog)
        };
        let finished: Vec<_> = opened.into_iter().zip(&numbers).map(finish).collect();
        finished.into_iter().for_each(|finished| finished.wait().expect("it is finished"));
    }
}

fn lists(dialogs: usize) -> Vec<(&'static str, ListDialogs)> {
    let list = || ListDialogs { limit: Some(200), ..ListDialogs::default() };
    let middle = Some(DialogId(dialogs as u64 / 2));
    vec![
        ("all", list()),
        ("all_from_the_middle", ListDialogs { after: middle, ..list() }),
        ("closed", ListDialogs { status: Some(StatusFilter::Closed), ..list() }),
        ("owner", ListDialogs { owner: Some(operator(3)), after: middle, ..list() }),
        ("client", ListDialogs { client: Some(client(dialogs / 3)), ..list() }),
        ("none_fits_both", ListDialogs { owner: Some(operator(3)), channel: Some(channel(4)), ..list() }),
        ("common_words", ListDialogs { text: Some("parcel yesterday".into()), after: middle, ..list() }),
        ("rare_word", ListDialogs { text: Some((dialogs / 3).to_string()), ..list() }),
        ("common_and_missing_word", ListDialogs { text: Some("parcel today".into()), ..list() }),
        ("one_letter", ListDialogs { text: Some("p".into()), ..list() }),
    ]
}

fn finding(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("finding");
    group.sample_size(20);
    for &dialogs in sizes(&[1_000, 100_000, 1_000_000]) {
        let directory = directory();
        let engine = open(&directory, Durability::Buffered);
        set_up_pairs(&engine, PAIRS, Accept::Auto);
        close(&engine, dialogs);
        // From here on nothing is on its way to the disk any more.
        engine.close_blocking().expect("all is written");
        let engine = open(&directory, Durability::Buffered);
        for (name, list) in lists(dialogs) {
            group.bench_function(BenchmarkId::new(format!("list/{name}"), dialogs), |bencher| {
                bencher
                    .iter(|| pollster::block_on(engine.list_dialogs(list.clone())).expect("it can be asked"));
            });
        }
        let number = format!("number{}", dialogs / 3);
        for (name, text) in [("common_name", "client"), ("rare_name", number.as_str()), ("no_name", "zolw")] {
            let search = Search::new(SearchKind::Dialog, text);
            group.bench_function(BenchmarkId::new(format!("search/{name}"), dialogs), |bencher| {
                bencher.iter(|| pollster::block_on(engine.search(search.clone())).expect("it can be asked"));
            });
        }
        engine.close_blocking().expect("all is written");
    }
    group.finish();
}

criterion_group!(benches, finding);
criterion_main!(benches);
