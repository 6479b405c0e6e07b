//! Workers: every request is handled, one at a time, and again if nothing came of it.

use std::collections::{HashMap, HashSet};
use std::future::pending;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use centrala::domain::dialog::RequestStatus;
use centrala::domain::dialog::command::FromMessage;
use centrala::domain::view::RequestView;
use centrala::engine::Engine;
use centrala::ids::RequestId;
use centrala::requests::{Outcome, RequestHandler, Worker, WorkerSettings};
use serde_json::json;

use crate::house::{House, by, copy, message, requests};
use crate::time_limit::in_time;

/// What happens outside: what was done, by the id of its request, and how often it was asked for.
#[derive(Debug, Default)]
struct Outside {
    done: Mutex<HashSet<RequestId>>,
    calls: Mutex<HashMap<RequestId, usize>>,
    under_way: AtomicUsize,
    most_under_way: AtomicUsize,
}

impl Outside {
    /// How often this request has been handled, this time included.
    fn call(&self, request: RequestId) -> usize {
        let mut calls = self.calls.lock().unwrap();
        let count = calls.entry(request).or_default();
        *count += 1;
        *count
    }

    /// Done once, however often it is asked for.
    fn done(&self, request: RequestId) -> Outcome {
        self.done.lock().unwrap().insert(request);
        Outcome::completed(format!("thing of {request}"))
    }

    fn calls(&self) -> HashMap<RequestId, usize> {
        self.calls.lock().unwrap().clone()
    }
}

/// Does everything at once, and looks how much is under way.
struct Prompt(Arc<Outside>);

impl RequestHandler for Prompt {
    async fn handle(&self, request: &RequestView) -> Outcome {
        let under_way = self.0.under_way.fetch_add(1, Ordering::SeqCst) + 1;
        self.0.most_under_way.fetch_max(under_way, Ordering::SeqCst);
        // Lets the others begin.
        tokio::task::yield_now().await;
        self.0.call(request.request);
        let outcome = self.0.done(request.request);
        self.0.under_way.fetch_sub(1, Ordering::SeqCst);
        outcome
    }
}

fn house_with(count: usize) -> (House, Engine) {
    let house = House::new();
    let engine = house.open_with(&["anna"], 1_000_000, json!({"accept": "auto"}));
    make(&engine, count);
    (house, engine)
}

fn make(engine: &Engine, count: usize) {
    let anna = by(engine, "anna");
    for client in 0..count {
        let opened = engine.receive(message(format!("client {client}"), "call me")).wait().unwrap();
        anna.create_task(FromMessage::new(opened.message)).wait().unwrap();
        anna.finish(opened.dialog).wait().unwrap();
    }
}

fn open(engine: &Engine) -> usize {
    requests(engine, json!({"status": "open"})).len()
}

fn quick(worker: Worker<impl RequestHandler>) -> Worker<impl RequestHandler> {
    let mut settings = WorkerSettings::default();
    settings.poll_ms = 5;
    worker.settings(settings)
}

#[test]
fn several_workers_handle_every_request_once() {
    in_time(|| {
        let (_house, engine) = house_with(60);
        let outside = Arc::new(Outside::default());
        let workers: Vec<_> = (0..3)
            .map(|_| {
                let worker = Worker::new(engine.clone(), Prompt(Arc::clone(&outside)));
                (worker.stopper(), thread::spawn(|| worker.run_blocking()))
            })
            .collect();
        make(&engine, 60);
        while open(&engine) > 0 {}
        for (stopper, running) in workers {
            stopper.stop();
            running.join().unwrap().unwrap();
        }
        let calls = outside.calls();
        assert_eq!((calls.len(), calls.values().max()), (120, Some(&1)));
        assert_eq!(requests(&engine, json!({"status": "done", "limit": 200})).len(), 120);
        assert!(outside.most_under_way.load(Ordering::SeqCst) <= 3 * 8, "no more than three times the bound");
    });
}

#[test]
fn a_worker_runs_on_tokio_and_ends_with_the_engine() {
    in_time(|| {
        let (_house, engine) = house_with(20);
        let outside = Arc::new(Outside::default());
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
        let mut one = WorkerSettings::default();
        (one.concurrency, one.poll_ms) = (1, 5);
        let worker = Worker::new(engine.clone(), Prompt(Arc::clone(&outside))).settings(one);
        let running = runtime.spawn(worker.run());
        while open(&engine) > 0 {}
        engine.close_blocking().unwrap();
        runtime.block_on(running).unwrap().unwrap();
        assert_eq!(outside.most_under_way.load(Ordering::SeqCst), 1);
    });
}

/// Fails twice, then does it.
struct Moody(Arc<Outside>);

impl RequestHandler for Moody {
    async fn handle(&self, request: &RequestView) -> Outcome {
        match self.0.call(request.request) {
            1 => Outcome::Retry { reason: "busy".into(), after_ms: Some(0) },
            2 => Outcome::Retry { reason: "busy".into(), after_ms: Some(10) },
            _ => self.0.done(request.request),
        }
    }
}

#[test]
fn what_could_not_be_done_is_tried_again() {
    in_time(|| {
        let (_house, engine) = house_with(3);
        let outside = Arc::new(Outside::default());
        let worker = quick(Worker::new(engine.clone(), Moody(Arc::clone(&outside))));
        let (stopper, running) = (worker.stopper(), thread::spawn(|| worker.run_blocking()));
        while requests(&engine, json!({"status": "done"})).len() < 3 {}
        stopper.stop();
        running.join().unwrap().unwrap();
        let done = requests(&engine, json!({"status": "done"}));
        assert!(done.iter().all(|view| view["attempts"] == 3 && view["reason"] == "busy"));
    });
}

struct Hopeless;

impl RequestHandler for Hopeless {
    async fn handle(&self, _: &RequestView) -> Outcome {
        Outcome::failed("no such thing")
    }
}

#[test]
fn what_cannot_be_done_fails_for_good() {
    in_time(|| {
        let (_house, engine) = house_with(2);
        let worker = quick(Worker::new(engine.clone(), Hopeless));
        let (stopper, running) = (worker.stopper(), thread::spawn(|| worker.run_blocking()));
        while requests(&engine, json!({"status": "failed"})).len() < 2 {}
        stopper.stop();
        running.join().unwrap().unwrap();
        assert_eq!(open(&engine), 0);
    });
}

/// Does it, but the first time never says so.
struct Silent(Arc<Outside>);

impl RequestHandler for Silent {
    async fn handle(&self, request: &RequestView) -> Outcome {
        let first = self.0.call(request.request) == 1;
        let outcome = self.0.done(request.request);
        if first { pending().await } else { outcome }
    }
}

#[test]
fn what_was_done_but_not_written_before_a_crash_is_handled_again_and_done_once() {
    in_time(|| {
        let (house, engine) = house_with(5);
        let outside = Arc::new(Outside::default());
        let worker = Worker::new(engine.clone(), Silent(Arc::clone(&outside)));
        thread::spawn(|| worker.run_blocking());
        while outside.calls().len() < 5 {}
        let killed = House::new();
        copy(&house.path(), &killed.path());
        let engine = killed.open();
        assert_eq!(open(&engine), 5, "nobody has said that it is done");
        let worker = Worker::new(engine.clone(), Silent(Arc::clone(&outside)));
        let (stopper, running) = (worker.stopper(), thread::spawn(|| worker.run_blocking()));
        while open(&engine) > 0 {}
        stopper.stop();
        running.join().unwrap().unwrap();
        assert_eq!(outside.done.lock().unwrap().len(), 5);
        assert!(outside.calls().values().all(|calls| *calls == 2));
    });
}

#[test]
fn a_lease_that_runs_out_gives_the_request_to_the_next_one() {
    in_time(|| {
        let (_house, engine) = house_with(2);
        let outside = Arc::new(Outside::default());
        let mut short = WorkerSettings::default();
        (short.lease_ms, short.poll_ms) = (50, 5);
        let worker = Worker::new(engine.clone(), Silent(Arc::clone(&outside))).settings(short);
        let (stopper, running) = (worker.stopper(), thread::spawn(|| worker.run_blocking()));
        while requests(&engine, json!({"status": "done"})).len() < 2 {}
        stopper.stop();
        running.join().unwrap().unwrap();
        let done = requests(&engine, json!({"status": "done"}));
        assert!(done.iter().all(|view| view["reason"] == "it was not done before its lease ran out"));
        assert_eq!(outside.done.lock().unwrap().len(), 2);
    });
}

#[test]
fn a_request_is_leased_to_one_at_a_time() {
    in_time(|| {
        let (_house, engine) = house_with(100);
        let lease = |limit| pollster::block_on(engine.lease_requests(limit, 60_000)).unwrap();
        let (first, second) = (lease(70), lease(70));
        assert_eq!((first.len(), second.len()), (70, 30));
        let ids: HashSet<_> = first.iter().chain(&second).map(|lease| lease.request.request).collect();
        assert_eq!(ids.len(), 100);
        assert!(lease(1).is_empty());
        drop(first);
        assert_eq!(lease(100).len(), 70);
        assert!(second.iter().all(|lease| lease.request.status == RequestStatus::Open));
    });
}

#[test]
fn a_stopped_worker_takes_nothing_more() {
    in_time(|| {
        let (_house, engine) = house_with(1);
        let outside = Arc::new(Outside::default());
        let worker = Worker::new(engine.clone(), Prompt(Arc::clone(&outside)));
        worker.stopper().stop();
        worker.run_blocking().unwrap();
        assert_eq!((open(&engine), outside.calls().len()), (1, 0));
    });
}

/// Panics at its first request, and does the others.
struct Buggy(Arc<Outside>, AtomicUsize);

impl RequestHandler for Buggy {
    async fn handle(&self, request: &RequestView) -> Outcome {
        assert!(self.1.fetch_add(1, Ordering::SeqCst) > 0, "a bug in a handler, in a test");
        self.0.call(request.request);
        self.0.done(request.request)
    }
}

#[test]
fn a_handler_that_panics_ends_its_worker_and_nothing_else() {
    in_time(|| {
        let (_house, engine) = house_with(20);
        let outside = Arc::new(Outside::default());
        let buggy = Buggy(Arc::clone(&outside), AtomicUsize::new(0));
        let worker = Worker::new(engine.clone(), buggy);
        assert!(thread::spawn(|| worker.run_blocking()).join().is_err(), "it is the host's to see");
        make(&engine, 1);
        assert_eq!(open(&engine) + outside.calls().len(), 21, "nothing is lost and nothing is kept");
        let worker = quick(Worker::new(engine.clone(), Prompt(Arc::clone(&outside))));
        let stopper = worker.stopper();
        let running = thread::spawn(|| worker.run_blocking());
        while open(&engine) > 0 {}
        stopper.stop();
        running.join().unwrap().unwrap();
        assert_eq!(outside.done.lock().unwrap().len(), 21);
        engine.close_blocking().unwrap();
    });
}
