//! The host: sends orders, keeps what came of them, and sends again what had no outcome. It checks each outcome
//! against the journal at the moment it hears of it.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use super::chance::Chance;
use super::judge::Record;
use super::orders::Order;
use super::trace::Trace;
use crate::domain::reply::Reply;
use crate::engine::{Acknowledged, Advance, Durability, Engine};
use crate::error::Error;
use crate::timestamp::Timestamp;

/// Keyed orders behind which a key is surely still known; the engine is told to remember more.
const REMEMBERED: usize = 60;
pub(super) const KEY_WINDOW: u32 = 100;

type Pending<T> = Pin<Box<dyn Future<Output = Result<T, Error>>>>;

/// What is known of an order.
#[derive(Debug, Clone, PartialEq)]
enum Known {
    UnderWay,
    /// It was done, up to this event.
    Done(Reply, u64),
    Refused,
    /// Whoever sent it never heard.
    Nothing,
}

#[derive(Debug)]
struct Sent {
    order: Order,
    known: Known,
    /// The last event before it was sent first.
    after: u64,
    /// Keyed orders sent before it.
    keyed_before: usize,
    /// Whether the engine had stopped when it was sent last.
    too_late: bool,
}

/// Everything that was ever sent.
#[derive(Default)]
pub(super) struct Host {
    sent: Vec<Sent>,
    under_way: Vec<(usize, Pending<Acknowledged>)>,
    flight: Option<Pending<Timestamp>>,
    keyed: usize,
    /// Whether the engine has stopped because the disk failed.
    stopped: bool,
    /// Where the clock was said to stand.
    pub clock: Timestamp,
    pub acknowledged: u64,
    pub sent_again: u64,
}

impl Host {
    /// How many orders there have been.
    pub fn orders(&self) -> usize {
        self.sent.len()
    }

    /// How many are under way.
    pub fn under_way(&self) -> usize {
        self.under_way.len()
    }

    /// Whether nothing is waited for.
    pub fn is_idle(&self) -> bool {
        self.under_way.is_empty() && self.flight.is_none()
    }

    /// Sends a new order.
    pub fn send(&mut self, order: Order, engine: &Engine, after: u64) {
        let keyed_before = self.keyed;
        let (known, too_late) = (Known::UnderWay, false);
        self.sent.push(Sent { order, known, after, keyed_before, too_late });
        self.launch(self.sent.len() - 1, engine);
    }

    /// Sends one again that had no outcome, or one that had; the second time it must do nothing. Tells which.
    pub fn send_again(&mut self, chance: &mut Chance, engine: &Engine) -> Option<usize> {
        let keyed = self.keyed;
        let may = |sent: &Sent| {
            let recent = !sent.order.keyed || sent.keyed_before + REMEMBERED > keyed;
            let ended = matches!(sent.known, Known::Nothing | Known::Done(..));
            sent.order.is_safe_to_repeat() && recent && ended
        };
        let all: Vec<usize> = (0..self.sent.len()).filter(|number| may(&self.sent[*number])).collect();
        let doubtful: Vec<usize> =
            all.iter().copied().filter(|number| self.sent[*number].known == Known::Nothing).collect();
        let from = if doubtful.is_empty() || chance.percent(30) { all } else { doubtful };
        let busy = |number: &usize| self.under_way.iter().any(|(other, _)| other == number);
        let from: Vec<usize> = from.into_iter().filter(|number| !busy(number)).collect();
        if from.is_empty() {
            return None;
        }
        let number = *chance.one_of(&from);
        self.sent_again += 1;
        self.launch(number, engine);
        Some(number)
    }

    fn launch(&mut self, number: usize, engine: &Engine) {
        let sent = &mut self.sent[number];
        sent.too_late = self.stopped;
        self.keyed += usize::from(sent.order.keyed);
        self.under_way.push((number, Box::pin(engine.execute(sent.order.request()))));
    }

    /// Moves the clock, unless it is being moved.
    pub fn advance(&mut self, ms: u64, engine: &Engine) {
        let engine = engine.clone();
        let flight = async move { engine.advance(Advance::ByMs(ms)).await };
        self.flight.get_or_insert_with(|| Box::pin(flight));
    }

    /// Hears of what has come to its end. `stopped` says that the disk failed, and the engine stopped.
    pub fn hear(&mut self, record: &Record, stopped: bool, trace: &Trace) {
        self.stopped = stopped;
        let mut context = Context::from_waker(Waker::noop());
        for (number, mut pending) in std::mem::take(&mut self.under_way) {
            match pending.as_mut().poll(&mut context) {
                Poll::Pending => self.under_way.push((number, pending)),
                Poll::Ready(outcome) => {
                    trace.add(format!("  order {number}: {outcome:?}"));
                    self.sent[number].hear(outcome, record, stopped);
                    self.acknowledged += u64::from(matches!(self.sent[number].known, Known::Done(..)));
                }
            }
        }
        let landed = self.flight.as_mut().map(|flight| flight.as_mut().poll(&mut context));
        if let Some(Poll::Ready(landed)) = landed {
            trace.add(format!("  clock: {landed:?}"));
            self.flight = None;
            self.clock = landed.map_or(self.clock, |now| self.clock.max(now));
        }
    }

    /// The engine went down: what was under way has no outcome.
    pub fn interrupt(&mut self) {
        for (number, _) in std::mem::take(&mut self.under_way) {
            let known = &mut self.sent[number].known;
            if *known == Known::UnderWay {
                *known = Known::Nothing;
            }
        }
        (self.flight, self.stopped) = (None, false);
    }

    /// After a crash `last` is the last event: of what was done behind it nothing is known any more.
    pub fn roll_back(&mut self, last: u64, level: Durability) {
        if level == Durability::Sync {
            return;
        }
        for sent in &mut self.sent {
            sent.after = sent.after.min(last);
            // What left no event, and its key, stand somewhere behind the event that was last then.
            let lost = |seq: u64| seq > last || (seq == last && !sent.order.is_unique());
            if matches!(sent.known, Known::Done(_, seq) if lost(seq)) {
                sent.known = Known::Nothing;
            }
        }
    }
}

impl Sent {
    fn hear(&mut self, outcome: Result<Acknowledged, Error>, record: &Record, stopped: bool) {
        let before = std::mem::replace(&mut self.known, Known::Nothing);
        self.known = match outcome {
            Ok(Acknowledged { reply, seq }) => {
                assert!(seq <= record.last(), "{:?} is done at {seq}, which has not left", self.order);
                // From the time before a start only the reply is known.
                let is_replay = seq == 0;
                let seq = if is_replay { record.last() } else { seq };
                self.check_done(record, seq);
                match before {
                    Known::Done(first, then) => {
                        self.check_replay(&first, &reply);
                        Known::Done(first, then)
                    }
                    _ => {
                        assert!(
                            !self.too_late || is_replay,
                            "{:?} is done, and the engine had stopped",
                            self.order
                        );
                        Known::Done(reply, seq)
                    }
                }
            }
            Err(Error::Rejected(rejection)) => {
                let was_done =
                    matches!(before, Known::Done(..)) || self.effects(record) > 0 && self.order.is_unique();
                assert!(!was_done, "{:?} was done, and the second time: {rejection}", self.order);
                Known::Refused
            }
            Err(Error::StorageFailed { .. }) if stopped => match before {
                Known::Done(..) => before,
                _ => Known::Nothing,
            },
            Err(error) => panic!("{:?}: {error}", self.order),
        };
    }

    /// What was acknowledged is in the journal, once.
    fn check_done(&self, record: &Record, seq: u64) {
        let (effects, order) = (self.effects(record), &self.order);
        if order.is_unique() {
            assert_eq!(effects, 1, "{order:?} is acknowledged: how often it is in the journal");
        }
        let since = if order.is_unique() { 0 } else { self.after as usize };
        let shown =
            record.events[..seq as usize].iter().skip(since).any(|recorded| order.shows_in(&recorded.event));
        assert!(shown || order.may_be_silent(), "{order:?} is acknowledged at {seq} and not in the journal");
    }

    fn check_replay(&self, first: &Reply, again: &Reply) {
        match (first, again) {
            (Reply::Received(first), Reply::Received(again)) if !self.order.keyed => {
                assert!(again.duplicate && again.message == first.message, "{:?}: {again:?}", self.order);
            }
            _ => assert_eq!(first, again, "{:?}, sent again", self.order),
        }
    }

    fn effects(&self, record: &Record) -> usize {
        record.events.iter().filter(|recorded| self.order.shows_in(&recorded.event)).count()
    }
}
