//! Ten times what the engine can do, for a while: memory and latency stay within their bounds, the surplus is told
//! to come again, and afterwards everything is as before.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use centrala::domain::channel::PutChannel;
use centrala::domain::dialog::command::{Receive, Rename};
use centrala::domain::operator::{Presence, PutOperator};
use centrala::domain::request::Request;
use centrala::engine::{Acknowledged, Durability, Engine, Execution, Settings};
use centrala::error::Error;
use centrala::ids::{ChannelId, ClientId, DialogId, OperatorId};

use crate::time_limit::in_time;
use crate::{ALLOCATOR, alone, size};

/// Commands that may be under way at once.
const IN_FLIGHT: usize = 256;

/// Threads that offer load, each with dialogs of its own.
const THREADS: usize = 4;
const DIALOGS_PER_THREAD: usize = 16;

/// How much more is offered than the engine has been seen to do.
const OVERLOAD: f64 = 10.0;

/// What may be in use beside what is there before the load begins: the recent events that are kept for
/// subscriptions (16 MiB), what is under way (each command takes part in a few places, none with more than its
/// 200 characters), and what journal and archive have in their hands.
const MEMORY: usize = 16 * 1024 * 1024 + IN_FLIGHT * 4096 + 24 * 1024 * 1024;

/// What waits for the archive as well where a checkpoint is flushed more slowly than images come.
const IMAGES: usize = 256 * 1024 * 1024;

/// Checkpoints follow each other as long as a flood does: only a short one is over before images wait.
fn memory(while_busy: Duration) -> usize {
    MEMORY + if while_busy > Duration::from_secs(5) { IMAGES } else { 0 }
}

#[allow(clippy::disallowed_methods, reason = "the wall clock itself is measured")]
fn now() -> Instant {
    Instant::now()
}

/// One thread's share of the load: it renames its dialogs, one after the other.
struct Driver<'a> {
    engine: &'a Engine,
    anna: OperatorId,
    dialogs: Vec<DialogId>,
    sent: usize,
    under_way: VecDeque<(Instant, usize, Execution<Acknowledged>)>,
    seen: Seen,
}

/// What came of it.
#[derive(Default)]
struct Seen {
    done: usize,
    refused: usize,
    latencies: Vec<Duration>,
    /// Of each dialog, the last title that was acknowledged.
    titles: Vec<String>,
}

impl<'a> Driver<'a> {
    fn new(engine: &'a Engine, dialogs: &[DialogId]) -> Self {
        let seen = Seen { titles: vec![String::new(); dialogs.len()], ..Seen::default() };
        let (anna, dialogs) = (OperatorId::new("anna").unwrap(), dialogs.to_vec());
        Self { engine, anna, dialogs, sent: 0, under_way: VecDeque::new(), seen }
    }

    fn title(number: usize) -> String {
        format!("{number:0>200}")
    }

    /// Sends the next one, and takes note of it if it is refused.
    fn send(&mut self) {
        let number = self.sent;
        self.sent += 1;
        let (dialog, title) = (self.dialogs[number % self.dialogs.len()], Self::title(number));
        let rename = Request::new(Rename { dialog, title }).by(self.anna.clone());
        let mut execution = self.engine.execute(rename);
        let begun = now();
        match poll(&mut execution) {
            Poll::Ready(outcome) => self.ended(begun, number, outcome),
            Poll::Pending => self.under_way.push_back((begun, number, execution)),
        }
    }

    fn ended(&mut self, begun: Instant, number: usize, outcome: Result<Acknowledged, Error>) {
        match outcome {
            Ok(_) => {
                self.seen.done += 1;
                self.seen.latencies.push(begun.elapsed());
                let dialog = number % self.dialogs.len();
                self.seen.titles[dialog] = Self::title(number);
            }
            Err(Error::Rejected(rejection)) => {
                assert_eq!(rejection.code.as_str(), "overloaded", "{rejection}");
                assert!(rejection.retry_after_ms.is_some_and(|ms| ms > 0));
                self.seen.refused += 1;
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// Takes note of what has ended.
    fn look(&mut self) {
        while let Some((begun, number, execution)) = self.under_way.front_mut() {
            let Poll::Ready(outcome) = poll(execution) else { return };
            let (begun, number) = (*begun, *number);
            self.under_way.pop_front();
            self.ended(begun, number, outcome);
        }
    }

    fn wait_for_one(&mut self) {
        let Some((begun, number, execution)) = self.under_way.pop_front() else { return };
        let outcome = execution.wait();
        self.ended(begun, number, outcome);
    }

    /// As much as the engine can do: so many are under way that it never has to wait.
    fn keep_busy(mut self, for_so_long: Duration) -> Seen {
        let begun = now();
        while begun.elapsed() < for_so_long {
            // Not all: a credit comes back a moment after its reply.
            while self.under_way.len() < IN_FLIGHT / THREADS * 3 / 4 {
                self.send();
            }
            self.wait_for_one();
        }
        self.finish()
    }

    /// At a rate that goes by the clock, whatever comes of it.
    fn flood(mut self, per_second: f64, for_so_long: Duration) -> Seen {
        let begun = now();
        while begun.elapsed() < for_so_long {
            let due = (begun.elapsed().as_secs_f64() * per_second) as usize;
            while self.sent < due && begun.elapsed() < for_so_long {
                self.send();
                self.look();
            }
            self.look();
            thread::yield_now();
        }
        self.finish()
    }

    fn finish(mut self) -> Seen {
        while !self.under_way.is_empty() {
            self.wait_for_one();
        }
        self.seen
    }
}

fn poll(execution: &mut Execution<Acknowledged>) -> Poll<Result<Acknowledged, Error>> {
    Pin::new(execution).poll(&mut Context::from_waker(Waker::noop()))
}

/// What all threads have seen together.
#[derive(Debug, Clone, Copy)]
#[allow(dead_code, reason = "all of it is printed")]
struct Figures {
    done: usize,
    refused: usize,
    per_second: f64,
    p50: Duration,
    p99: Duration,
}

fn run<'a>(
    engine: &'a Engine,
    dialogs: &[DialogId],
    drive: impl Fn(Driver<'a>) -> Seen + Sync,
) -> (Figures, Vec<String>) {
    let begun = now();
    let seen: Vec<Seen> = thread::scope(|scope| {
        let shares =
            dialogs.chunks(DIALOGS_PER_THREAD).map(|share| scope.spawn(|| drive(Driver::new(engine, share))));
        let threads: Vec<_> = shares.collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let seconds = begun.elapsed().as_secs_f64();
    let mut latencies: Vec<_> = seen.iter().flat_map(|seen| &seen.latencies).copied().collect();
    latencies.sort_unstable();
    let at = |share: f64| latencies[((latencies.len() - 1) as f64 * share) as usize];
    let done = seen.iter().map(|seen| seen.done).sum();
    let refused = seen.iter().map(|seen| seen.refused).sum();
    let (p50, p99) = (at(0.5), at(0.99));
    let figures = Figures { done, refused, per_second: done as f64 / seconds, p50, p99 };
    (figures, seen.into_iter().flat_map(|seen| seen.titles).collect())
}

fn furnished(path: &std::path::Path) -> (Engine, Vec<DialogId>) {
    let mut settings = Settings::default().durability(Durability::Sync);
    settings.max_in_flight = IN_FLIGHT;
    settings.checkpoint_bytes = 4 * 1024 * 1024;
    settings.retain_events = 1000;
    let engine = Engine::builder(path).settings(settings).open().unwrap();
    let (web, anna) = (ChannelId::new("web").unwrap(), OperatorId::new("anna").unwrap());
    let put: PutOperator =
        serde_json::from_value(serde_json::json!({"operator": "anna", "capacity": 1_000_000})).unwrap();
    engine.put_operator(put).wait().unwrap();
    let put: PutChannel = serde_json::from_value(
        serde_json::json!({"channel": "web", "queue": {"members": ["anna"], "accept": "auto"}}),
    )
    .unwrap();
    engine.put_channel(put).wait().unwrap();
    engine.set_presence(anna, Presence::Online).wait().unwrap();
    let open = |number: usize| {
        let client = ClientId::new(format!("client {number}")).unwrap();
        engine.receive(Receive::new(web.clone(), client, "hello")).wait().unwrap().dialog
    };
    let dialogs = (0..THREADS * DIALOGS_PER_THREAD).map(open).collect();
    (engine, dialogs)
}

#[test]
fn ten_times_the_capacity_is_borne() {
    let _alone = alone();
    in_time(|| {
        let directory = tempfile::tempdir().unwrap();
        let (engine, dialogs) = furnished(directory.path());
        let while_busy = Duration::from_millis(size("CENTRALA_OVERLOAD_MS", 2000) as u64);
        // The first run warms up: what is kept for readers is full then.
        run(&engine, &dialogs, |driver| driver.keep_busy(while_busy));
        let (before, _) = run(&engine, &dialogs, |driver| driver.keep_busy(while_busy));
        let (used, rate) = (ALLOCATOR.used(), OVERLOAD * before.per_second / THREADS as f64);
        // Others on the machine disturb: one of a few floods has to be answered in time, and all have to be borne.
        let mut titles = Vec::new();
        let mut is_in_time = || {
            ALLOCATOR.most_since();
            let (during, written) = run(&engine, &dialogs, |driver| driver.flood(rate, while_busy));
            let most = ALLOCATOR.most_since().saturating_sub(used);
            println!("before {before:?}\nduring {during:?}, {} KiB more", most / 1024);
            assert!(during.refused > during.done, "most of it is refused: {during:?}");
            let bound = memory(while_busy);
            assert!(most <= bound, "{most} bytes are more than {bound}");
            titles = written;
            // With so many before it at most, and each rate as it was, nobody waits longer than that takes.
            during.p99 <= Duration::from_secs_f64(8.0 * IN_FLIGHT as f64 / during.per_second)
        };
        assert!((0..5).any(|_| is_in_time()), "what is admitted waits too long");
        everything_is_as_acknowledged(&engine, &dialogs, &titles);
        is_as_before(&engine, &dialogs, before, while_busy);
        every_credit_is_back(&engine, &dialogs);
        engine.close_blocking().unwrap();
    });
}

fn everything_is_as_acknowledged(engine: &Engine, dialogs: &[DialogId], titles: &[String]) {
    pollster::block_on(engine.settle()).unwrap();
    for (dialog, title) in dialogs.iter().zip(titles).filter(|(_, title)| !title.is_empty()) {
        let view = serde_json::to_value(pollster::block_on(engine.get_dialog(*dialog)).unwrap()).unwrap();
        assert_eq!(view["title"], title.as_str());
    }
}

/// Others on the machine disturb: one of a few measurements has to be as before.
fn is_as_before(engine: &Engine, dialogs: &[DialogId], before: Figures, while_busy: Duration) {
    let is_as_before = |after: &Figures| {
        after.per_second >= 0.5 * before.per_second && after.p99 <= 3 * before.p99 + Duration::from_millis(50)
    };
    let measure = || {
        let (after, _) = run(engine, dialogs, |driver| driver.keep_busy(while_busy));
        println!("after {after:?}");
        after
    };
    assert!((0..5).any(|_| is_as_before(&measure())), "it has not recovered");
}

/// So many as may be under way are taken in at once, and none is refused.
fn every_credit_is_back(engine: &Engine, dialogs: &[DialogId]) {
    let all_at_once = || {
        pollster::block_on(engine.settle()).unwrap();
        let mut driver = Driver::new(engine, dialogs);
        (0..IN_FLIGHT).for_each(|_| driver.send());
        driver.finish().refused == 0
    };
    // The last reply leaves a moment before its credit is given back.
    assert!((0..100).any(|_| all_at_once()), "some are still counted as under way");
}
