//! Down and up again: kills, power cuts, clean ends, and what must be true behind them.

use super::host::KEY_WINDOW;
use super::judge::Promise;
use super::world::{World, level};
use crate::engine::{Durability, FeedError, Recorded, Stepped};
use crate::error::Error;
use crate::storage::{Crash, Fault, fingerprint_text, verify_simulated};

impl World {
    /// The process ends in the midst of everything.
    pub(super) fn crash(&mut self) {
        let how = if self.chance.percent(50) { Crash::Kill } else { Crash::PowerCut };
        self.note(format!("crash: {how:?}"));
        self.report.crashes += 1;
        self.come_up(how);
    }

    /// The engine is closed, and then the power is cut: at every level nothing is lost.
    pub(super) fn close(&mut self) {
        self.idle();
        self.note("close".to_owned());
        let mut engine = self.engine.take().expect("it is up");
        engine.bring_to_disk().unwrap_or_else(|error| panic!("closing: {error}"));
        self.engine = Some(engine);
        self.observe();
        let engine = self.engine.take().expect("it is up");
        engine.close().unwrap_or_else(|error| panic!("closing: {error}"));
        let all = self.record.events.len();
        (self.record.written, self.record.flushed) = (all, all);
        self.screen.is_safe();
        self.come_up(Crash::PowerCut);
    }

    fn come_up(&mut self, how: Crash) {
        let failed = self.engine.as_ref().is_some_and(|engine| engine.failure().is_some());
        self.engine = None;
        self.feed = None;
        self.screen.interrupt();
        self.host.interrupt();
        self.disk.crash(how);
        (self.fault, self.flush_begun, self.stopped) = (None, None, false);
        let verified = verify_simulated(&self.disk.copy()).unwrap_or_else(|error| panic!("verify: {error}"));
        let promise = Promise { level: self.settings.durability, how };
        self.change_settings();
        let engine = self.start(how);
        let last = engine.engine.durable_seq();
        self.note(format!("up again: events {} to {last}", verified.first_seq));
        assert_eq!(verified.last_seq, last, "the last event, as verify sees it");
        let kept = read(&engine, verified.first_seq, last);
        let lost = last < self.record.last();
        self.record.compare(last, kept, promise);
        self.host.roll_back(last, promise.level);
        self.check_kept(&engine, verified.first_seq, last);
        let keeps_time = promise.level == Durability::Sync || (how == Crash::Kill && !failed);
        if keeps_time && !lost {
            assert!(engine.engine.now() >= self.host.clock, "the clock went back to {}", engine.engine.now());
        }
        self.host.clock = engine.engine.now();
        self.screen.resume(&engine, how);
        self.feed = Some(engine.engine.subscribe(last + 1));
        self.engine = Some(engine);
        if self.fault.is_none() && self.chance.percent(60) {
            let hash = fingerprint_text(verified.state_hash);
            self.check_settled(Some((last, hash)));
        }
    }

    /// A host may open its directory with other settings than before.
    fn change_settings(&mut self) {
        if self.chance.percent(20) {
            self.settings.durability = level(&mut self.chance);
            self.settings.idempotency_window = KEY_WINDOW + self.chance.below(100) as u32;
            self.note(format!("other settings: {:?}", self.settings));
        }
    }

    /// Starts the engine, now and then on a disk that fails: then once more.
    fn start(&mut self, how: Crash) -> Stepped {
        if self.chance.percent(10) {
            let (after, fault) = (self.chance.below(4) as u64, Fault::Io);
            self.disk.fail_after(after, fault);
            self.note(format!("after {after} operations of the start {fault:?}"));
            match Stepped::open(&self.disk, &self.settings, Self::START) {
                Ok(engine) => {
                    self.fault = Some(fault);
                    return engine;
                }
                Err(Error::StorageFailed { .. }) => self.disk.crash(how),
                Err(error) => panic!("the engine does not come up: {error}"),
            }
        }
        let opened = Stepped::open(&self.disk, &self.settings, Self::START);
        opened.unwrap_or_else(|error| panic!("the engine does not come up: {error}"))
    }

    /// As many events are kept as was asked for, and all that the screen has not done with.
    fn check_kept(&self, engine: &Stepped, first: u64, last: u64) {
        let retained = (last + 1).saturating_sub(self.settings.retain_events).max(1);
        assert!(first <= retained, "of {last} events only those from {first} on are kept");
        let position = engine.position(&self.screen.name);
        assert!(
            position.is_none_or(|position| first <= position + 1 && position <= last),
            "{position:?} of {first}..{last}"
        );
    }

    /// Asks everything, and compares the fingerprint in memory with those of two recoveries.
    pub(super) fn check_settled(&mut self, recovered: Option<(u64, String)>) {
        self.idle();
        let mut engine = self.engine.take().expect("it is up");
        super::judge::question(&mut engine, &mut self.record.model);
        let handle = engine.engine.clone();
        let health = engine.complete(handle.health()).unwrap_or_else(|error| panic!("health: {error}"));
        self.note(format!("settled at {} with {}", health.seq, health.state_hash));
        assert_eq!(health.seq, self.record.last(), "the last event, as the engine sees it");
        let copy = self.disk.copy();
        copy.crash(Crash::Kill);
        let verified = verify_simulated(&copy).unwrap_or_else(|error| panic!("verify: {error}"));
        let found = (verified.last_seq, fingerprint_text(verified.state_hash));
        assert_eq!(found, (health.seq, health.state_hash), "what a recovery finds, and what is in memory");
        if let Some((last, hash)) = recovered.filter(|(last, _)| *last == health.seq) {
            assert_eq!((last, hash), found, "the fingerprint after the start");
        }
        self.engine = Some(engine);
        self.observe();
    }
}

/// Every event that is kept, from the journal.
fn read(engine: &Stepped, first: u64, last: u64) -> Vec<Recorded> {
    if first > 1 {
        let before = engine.engine.subscribe(first - 1).committed_up_to(last);
        assert!(matches!(before, Err(FeedError::Trimmed { .. })), "event {} is still there", first - 1);
    }
    let kept = engine.engine.subscribe(first).committed_up_to(last);
    kept.unwrap_or_else(|error| panic!("events from {first} on: {error}"))
}
