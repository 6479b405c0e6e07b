//! Disk, engine and host together, and which step comes next.

use super::chance::Chance;
use super::host::{Host, KEY_WINDOW};
use super::judge::Record;
use super::orders::Order;
use super::screen::Screen;
use super::trace::Trace;
use super::{Plan, Report};
use crate::engine::{Durability, Settings, Stepped, Subscription};
use crate::storage::{Fault, SimulatedDisk};
use crate::timestamp::Timestamp;

/// Orders that may be under way at once.
const IN_FLIGHT: usize = 12;

/// Moves after which nothing can be under way any more.
const PATIENCE: usize = 1000;

pub(super) struct World {
    plan: Plan,
    /// The kind of step of which there are many in this simulation.
    favourite: usize,
    pub(super) chance: Chance,
    trace: Trace,
    pub(super) disk: SimulatedDisk,
    pub(super) settings: Settings,
    /// Nothing only while it goes down and comes up.
    pub(super) engine: Option<Stepped>,
    pub(super) feed: Option<Subscription>,
    pub(super) record: Record,
    pub(super) host: Host,
    pub(super) screen: Screen,
    /// What will fail.
    pub(super) fault: Option<Fault>,
    /// Events that the flush which is under way covers.
    pub(super) flush_begun: Option<usize>,
    flushes: u64,
    /// Whether the engine had stopped before this step.
    pub(super) stopped: bool,
    pub(super) report: Report,
}

impl World {
    /// Where the clock starts.
    pub(super) const START: Timestamp = Timestamp::from_millis(1_767_225_600_000);

    pub fn new(plan: Plan, trace: Trace) -> Self {
        let mut chance = Chance::new(plan.seed);
        let disk = SimulatedDisk::new(chance.next());
        if let Some(lie) = plan.lie {
            disk.lie(lie);
        }
        let favourite = chance.below(8);
        let settings = Settings {
            durability: level(&mut chance),
            retain_events: *chance.one_of(&[1, 30, 1000]),
            idempotency_window: KEY_WINDOW,
            awake_dialogs: *chance.one_of(&[0, 1, 5, usize::MAX]),
            ..Settings::default()
        };
        let engine = Stepped::open(&disk, &settings, Self::START).expect("an empty disk can be opened");
        let feed = Some(engine.engine.subscribe(1));
        let mut screen = Screen::new();
        screen.resume(&engine, crate::storage::Crash::Kill);
        Self {
            plan,
            favourite,
            chance,
            trace,
            disk,
            settings,
            engine: Some(engine),
            feed,
            record: Record::default(),
            host: Host::default(),
            screen,
            fault: None,
            flush_begun: None,
            flushes: 0,
            stopped: false,
            report: Report::default(),
        }
    }

    /// Takes all steps, and looks at everything once more at the end.
    pub fn run(mut self) -> Report {
        self.note(format!("level {}", self.settings.durability));
        for _ in 0..self.plan.steps {
            self.step();
            self.observe();
        }
        self.crash();
        // The disk may have been made to fail at that start, and have got through it.
        while self.fault.is_some() {
            self.crash();
        }
        self.check_settled(None);
        Report {
            trace: self.trace.hash(),
            events: self.record.last(),
            acknowledged: self.host.acknowledged,
            sent_again: self.host.sent_again,
            batches_lost: self.disk.wear().batches_lost,
            ..self.report
        }
    }

    /// One step, whichever.
    fn step(&mut self) {
        if self.engine().failure().is_some() && self.chance.percent(30) {
            return self.crash();
        }
        if self.chance.percent(12) {
            return self.do_favourite();
        }
        match self.chance.below(1000) {
            0..300 => self.send(),
            300..360 => self.send_again(),
            360..800 => self.move_engine(),
            800..830 => self.advance(),
            830..880 => self.read_screen(),
            880..900 => self.acknowledge_screen(),
            900..915 => self.begin_checkpoint(),
            915..925 => self.flush_by_itself(),
            925..960 if self.fault.is_none() => self.check_settled(None),
            960..968 if self.fault.is_none() => self.close(),
            968..985 => self.crash(),
            985..992 => self.let_fail(),
            _ => {}
        }
    }

    fn do_favourite(&mut self) {
        match self.favourite {
            0 => self.send(),
            1 => self.begin_checkpoint(),
            2 => self.flush_by_itself(),
            3 => self.advance(),
            4 if self.chance.percent(40) => self.crash(),
            5 => self.send_again(),
            6 if self.chance.percent(20) && self.fault.is_none() => self.close(),
            7 => {
                self.read_screen();
                self.acknowledge_screen();
            }
            _ => self.move_engine(),
        }
    }

    fn begin_checkpoint(&mut self) {
        self.note("checkpoint".to_owned());
        self.report.checkpoints += 1;
        self.engine().begin_checkpoint();
    }

    fn move_engine(&mut self) {
        let (which, amount) = (self.chance.below(100), 1 + self.chance.below(6));
        let engine = self.engine.as_mut().expect("it is up");
        let (what, moved) = match which {
            _ if engine.journal.is_full() => ("commit", engine.journal.commit(amount)),
            0..45 => {
                engine.act(amount);
                ("act", true)
            }
            45..70 => ("commit", engine.journal.commit(amount)),
            70..88 => ("release", engine.journal.release()),
            88..97 => ("archive", engine.journal.archive()),
            _ => {
                engine.journal.write_images();
                ("write images", true)
            }
        };
        self.note(format!("{what} {amount} {moved}"));
    }

    fn send(&mut self) {
        if self.host.under_way() >= IN_FLIGHT {
            return;
        }
        let order = Order::draw(self.host.orders(), &self.record.model, &mut self.chance);
        self.note(format!("send {order:?}"));
        let (engine, after) = (self.engine().engine.clone(), self.record.last());
        self.host.send(order, &engine, after);
    }

    fn send_again(&mut self) {
        let engine = self.engine().engine.clone();
        if let Some(number) = self.host.send_again(&mut self.chance, &engine) {
            self.note(format!("send order {number} again"));
        }
    }

    fn advance(&mut self) {
        let ms = *self.chance.one_of(&[1, 5_000, 21_000, 61_000, 400_000]);
        self.note(format!("advance {ms}"));
        let engine = self.engine().engine.clone();
        self.host.advance(ms, &engine);
    }

    fn read_screen(&mut self) {
        let amount = self.chance.below(20) as u64;
        let read = self.screen.read(amount, &self.record);
        self.note(format!("the screen has read up to {read}"));
    }

    fn acknowledge_screen(&mut self) {
        let engine = self.engine.as_ref().expect("it is up");
        let acknowledged = self.screen.acknowledge(engine);
        self.note(format!("the screen has done with {acknowledged:?}"));
    }

    fn flush_by_itself(&mut self) {
        match self.flush_begun.take() {
            None => {
                self.flush_begun = Some(self.record.written);
                self.disk.begin_flush();
            }
            Some(covered) => {
                let before = self.disk.wear().flushes;
                self.disk.end_flush();
                // One that was asked for meanwhile has taken its place.
                if self.disk.wear().flushes > before {
                    self.record.flushed = self.record.flushed.max(covered);
                    self.flushes += 1;
                }
            }
        }
        self.note("a flush by itself".to_owned());
    }

    fn let_fail(&mut self) {
        let fault = *self.chance.one_of(&[Fault::Io, Fault::NoSpace]);
        let after = self.chance.below(8) as u64;
        self.note(format!("after {after} operations {fault:?}"));
        self.report.faults += 1;
        self.fault = Some(fault);
        self.disk.fail_after(after, fault);
    }

    /// Moves everything on until nothing is waited for.
    pub(super) fn idle(&mut self) {
        for _ in 0..PATIENCE {
            let settled = self.engine.as_mut().expect("it is up").settle();
            settled.unwrap_or_else(|error| panic!("settling: {error}"));
            self.observe();
            if self.host.is_idle() {
                return;
            }
        }
        panic!("something is under way that never ends");
    }

    /// Takes in what has left the engine.
    pub(super) fn observe(&mut self) {
        let engine = self.engine.as_ref().expect("it is up");
        let failure = engine.failure().cloned();
        assert!(failure.is_none() || self.fault.is_some(), "the engine stopped: {failure:?}");
        let feed = self.feed.as_mut().expect("it is up");
        let committed = feed.committed_up_to(u64::MAX).unwrap_or_else(|error| panic!("events: {error}"));
        let grew = !committed.is_empty();
        assert!(!grew || !self.stopped, "an event leaves an engine that has stopped: {committed:?}");
        self.stopped = failure.is_some();
        for recorded in committed {
            self.trace.add(format!("  event {recorded:?}"));
            self.record.take(recorded);
        }
        if failure.is_none() {
            self.record.written = self.record.events.len();
        }
        let flushes = self.disk.wear().flushes;
        if flushes > self.flushes {
            self.flushes = flushes;
            self.record.flushed = self.record.written;
            self.screen.is_safe();
        }
        if grew && self.settings.durability == Durability::Sync {
            self.screen.is_safe();
        }
        self.host.hear(&self.record, failure.is_some(), &self.trace);
    }

    fn engine(&self) -> &Stepped {
        self.engine.as_ref().expect("it is up")
    }

    pub(super) fn note(&self, what: String) {
        self.trace.add(what);
    }
}

pub(super) fn level(chance: &mut Chance) -> Durability {
    match chance.below(10) {
        0..6 => Durability::Sync,
        6..8 => Durability::Buffered,
        _ => Durability::None,
    }
}
