//! The script: what to send next, from what is due, and what to make of what happened.
//!
//! Choosing a step changes nothing that counts: only its reply does. So a step that a timer of the
//! engine forestalls is simply chosen anew.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use hashbrown::HashMap;

use super::commands::{self, Rules};
use super::desks::Desks;
use super::plan::ReplayPlan;
use super::progress::{ReplayFailure, ReplayProgress};
use super::tally::Tally;
use crate::domain::dialog::CloseReason;
use crate::domain::reply::Reply;
use crate::domain::request::Request;
use crate::engine::{Observation, Script, Step};
use crate::error::{Code, Error, Rejection};
use crate::ids::{ChannelId, DialogId, OperatorId};
use crate::load::arrivals::Arrivals;
use crate::load::distributions::{Draws, Durations, Purpose, Shape};
use crate::load::staffing::{Shift, Staffing};
use crate::timestamp::Timestamp;

/// Recorded traffic as a script. Its counts come out of the [`ReplayProgress`] made with it.
pub struct ReplayScript {
    channel: ChannelId,
    rules: Rules,
    start: Timestamp,
    capacity: u32,
    /// How many of the commands that set everything up are done.
    set_up: usize,
    shifts: Vec<Shift>,
    /// How many of them have begun.
    shift: usize,
    desks: Desks,
    arrivals: Arrivals,
    handling: Draws,
    patience: Option<Draws>,
    open: HashMap<DialogId, OpenDialog>,
    /// How many of the open dialogs nobody has answered.
    waiting: usize,
    finishes: BinaryHeap<Reverse<(Timestamp, DialogId)>>,
    /// When clients leave, those included who have been answered meanwhile.
    leaves: BinaryHeap<Reverse<(Timestamp, DialogId)>>,
    asked: Option<Asked>,
    /// Opened by the step whose outcome is being taken in.
    arrived: Option<DialogId>,
    tally: Tally,
    progress: Arc<ReplayProgress>,
    failed: bool,
}

/// A dialog from its arrival to its end.
struct OpenDialog {
    arrival: u64,
    interval: usize,
    arrived: Timestamp,
    handling_ms: u64,
    /// The place of its owner and when it was answered.
    answer: Option<(usize, Timestamp)>,
}

/// A step that was chosen and has no reply yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Asked {
    at: Timestamp,
    what: What,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    SetUp,
    Presence { desk: usize, online: bool },
    Finish(DialogId),
    Leave(DialogId),
    Arrive,
}

impl ReplayScript {
    /// A script for `plan`, and where to see how far it is and what came of it.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] if a setting is out of its range.
    pub fn new(plan: &ReplayPlan) -> Result<(Self, Arc<ReplayProgress>), Error> {
        let staffing = plan.checked_staffing()?;
        let progress = Arc::new(ReplayProgress::new(plan.recording.arrivals(), plan.start()));
        let script = Self::with(plan, &staffing, Arc::clone(&progress));
        Ok((script, progress))
    }

    fn with(plan: &ReplayPlan, staffing: &Staffing, progress: Arc<ReplayProgress>) -> Self {
        let patience = |mean_ms| {
            Draws::new(Durations { shape: Shape::Exponential, mean_ms }, plan.seed, Purpose::Patience)
        };
        Self {
            channel: commands::channel(),
            rules: Rules { mode: plan.mode, max_waiting: plan.max_waiting, abandon_ms: plan.abandon_ms },
            start: plan.start(),
            capacity: plan.capacity,
            set_up: 0,
            shifts: staffing.shifts().to_vec(),
            shift: 0,
            desks: Desks::new(staffing.most() as usize, plan.capacity),
            arrivals: Arrivals::new(&plan.recording, plan.spread, plan.seed),
            handling: Draws::new(plan.handling, plan.seed, Purpose::Handling),
            patience: plan.patience_ms.map(patience),
            open: HashMap::new(),
            waiting: 0,
            finishes: BinaryHeap::new(),
            leaves: BinaryHeap::new(),
            asked: None,
            arrived: None,
            tally: Tally::new(plan.threshold_ms, staffing.per_interval()),
            progress,
            failed: false,
        }
    }

    /// What to do next; `None` when nothing is left to do.
    fn choose(&mut self, now: Timestamp) -> Option<Asked> {
        if self.set_up <= self.desks.count() {
            return Some(Asked { at: self.start.max(now), what: What::SetUp });
        }
        let due = self.due();
        let (mut shift, mut since) = (self.shift, now);
        loop {
            let wanted = self.wanted(shift);
            if let Some((desk, online)) = self.desks.next_to_move(wanted) {
                return Some(Asked { at: since.max(now), what: What::Presence { desk, online } });
            }
            match self.shifts.get(shift) {
                Some(next) if due.is_none_or(|due| next.from <= due.at) => {
                    since = next.from;
                    shift += 1;
                }
                _ => return due.map(|due| self.let_go(due, wanted, now)),
            }
        }
    }

    /// The first of what is due by itself; at the same moment a dialog ends before a client leaves,
    /// and a client leaves before another comes.
    fn due(&mut self) -> Option<Asked> {
        self.forget_answered();
        let finish =
            self.finishes.peek().map(|Reverse((at, dialog))| Asked { at: *at, what: What::Finish(*dialog) });
        let leave =
            self.leaves.peek().map(|Reverse((at, dialog))| Asked { at: *at, what: What::Leave(*dialog) });
        let arrive = self.arrivals.peek().map(|arrival| Asked { at: arrival.at, what: What::Arrive });
        [finish, leave, arrive].into_iter().flatten().min_by_key(|due| due.at)
    }

    /// Drops the leaves of those who were answered: from the top, and all when they are the most.
    fn forget_answered(&mut self) {
        let open = &self.open;
        let waits = |dialog: &DialogId| open.get(dialog).is_some_and(|dialog| dialog.answer.is_none());
        while self.leaves.peek().is_some_and(|Reverse((_, dialog))| !waits(dialog)) {
            self.leaves.pop();
        }
        if self.leaves.len() > 2 * self.waiting + 1024 {
            self.leaves.retain(|Reverse((_, dialog))| waits(dialog));
        }
    }

    /// How many operators are wanted when `shift` shifts have begun. Where none are, those who are
    /// there stay until the queue is empty.
    fn wanted(&self, shift: usize) -> u32 {
        let wanted = shift.checked_sub(1).map_or(0, |place| self.shifts[place].operators);
        if wanted == 0 && self.waiting > 0 { self.desks.online() } else { wanted }
    }

    /// An operator who is one too many goes just before its dialog ends, so that it gets no other.
    fn let_go(&self, due: Asked, wanted: u32, now: Timestamp) -> Asked {
        let at = due.at.max(now);
        let owner = match due.what {
            What::Finish(dialog) => self.open.get(&dialog).and_then(|dialog| dialog.answer),
            _ => None,
        };
        match owner {
            Some((desk, _)) if self.desks.online() > wanted && self.desks.is_online(desk) => {
                Asked { at, what: What::Presence { desk, online: false } }
            }
            _ => Asked { at, ..due },
        }
    }

    fn request(&self, what: What) -> Request {
        match what {
            What::SetUp if self.set_up < self.desks.count() => {
                commands::put_operator(self.set_up, self.capacity)
            }
            What::SetUp => commands::put_channel(self.desks.count(), self.rules),
            What::Presence { desk, online } => {
                commands::set_presence(self.desks.operator(desk).clone(), online)
            }
            What::Arrive => commands::receive(&self.channel, self.tally.arrivals + 1),
            What::Leave(dialog) => commands::client_leave(
                &self.channel,
                self.open.get(&dialog).map_or(0, |dialog| dialog.arrival),
            ),
            What::Finish(dialog) => {
                let owner =
                    self.open.get(&dialog).and_then(|dialog| dialog.answer).map_or(0, |(desk, _)| desk);
                commands::finish(dialog, self.desks.operator(owner).clone())
            }
        }
    }

    fn absorb(&mut self, now: Timestamp, seen: &[Observation]) -> Result<(), String> {
        // What a step caused may be told before its reply, which alone says which dialog is whose.
        for observation in seen {
            if let Observation::Replied(reply) = observation {
                self.replied(now, reply)?;
            }
        }
        for observation in seen {
            match observation {
                Observation::Answered { dialog, operator } => self.answered(now, *dialog, operator)?,
                Observation::Closed { dialog, reason } => self.closed(now, *dialog, *reason)?,
                Observation::Replied(_) | Observation::Waiting { .. } => {}
            }
        }
        if let Some(dialog) = self.arrived.take() {
            if let Some(dialog) = self.open.get(&dialog).filter(|dialog| dialog.answer.is_none()) {
                self.tally.waited(dialog.interval);
            }
            self.progress.moved(self.tally.arrivals, now);
        }
        if self.waiting > 0 && self.desks.somebody_is_free() {
            return Err(format!("{} dialogs wait although an operator is free", self.waiting));
        }
        Ok(())
    }

    fn replied(&mut self, now: Timestamp, reply: &Result<Reply, Rejection>) -> Result<(), String> {
        let Some(asked) = self.asked.take() else {
            return Err("a reply came to a command that was not sent".to_owned());
        };
        let is_full = |rejection: &Rejection| rejection.code == Code::QueueFull;
        if asked.what == What::Arrive
            && self.rules.max_waiting.is_some()
            && reply.as_ref().is_err_and(is_full)
        {
            return self.turned_away();
        }
        let reply =
            reply.as_ref().map_err(|rejection| format!("{:?} was rejected: {rejection}", asked.what))?;
        while self.shifts.get(self.shift).is_some_and(|shift| shift.from <= asked.at) {
            self.shift += 1;
        }
        match asked.what {
            What::SetUp => self.set_up += 1,
            What::Presence { desk, online } => {
                self.desks.set_online(desk, online);
                self.tally.staffed(now, self.desks.online(), self.capacity);
            }
            What::Finish(_) => drop(self.finishes.pop()),
            What::Leave(_) => drop(self.leaves.pop()),
            What::Arrive => self.arrived(now, reply)?,
        }
        Ok(())
    }

    fn arrived(&mut self, now: Timestamp, reply: &Reply) -> Result<(), String> {
        let Some(arrival) = self.arrivals.peek() else {
            return Err("an arrival came after the last one".to_owned());
        };
        let dialog = match reply {
            Reply::Received(received) if received.opened && !received.duplicate => received.dialog,
            other => return Err(format!("arrival {} did not open a dialog: {other:?}", arrival.number)),
        };
        let (handling_ms, patience_ms) = self.take_arrival(arrival.interval);
        self.leaves.extend(patience_ms.map(|patience_ms| Reverse((now.plus_ms(patience_ms), dialog))));
        let opened = OpenDialog {
            arrival: arrival.number,
            interval: arrival.interval,
            arrived: now,
            handling_ms,
            answer: None,
        };
        if self.open.insert(dialog, opened).is_some() {
            return Err(format!("arrival {} was given dialog {dialog}, which is another's", arrival.number));
        }
        self.waiting += 1;
        self.arrived = Some(dialog);
        Ok(())
    }

    /// The queue was full: nothing is open, and whoever comes next is drawn as if it had not been.
    fn turned_away(&mut self) -> Result<(), String> {
        let Some(arrival) = self.arrivals.peek() else {
            return Err("an arrival came after the last one".to_owned());
        };
        self.take_arrival(arrival.interval);
        self.tally.turned_away += 1;
        Ok(())
    }

    /// One more has come: how long its handling takes, and its patience.
    fn take_arrival(&mut self, interval: usize) -> (u64, Option<u64>) {
        self.arrivals.advance();
        self.tally.arrived(interval);
        (self.handling.next_ms(), self.patience.as_mut().map(Draws::next_ms))
    }

    fn answered(&mut self, now: Timestamp, dialog: DialogId, operator: &OperatorId) -> Result<(), String> {
        let Some(open) = self.open.get_mut(&dialog) else {
            return Err(format!("dialog {dialog} was answered but is not open"));
        };
        if open.answer.is_some() {
            return Err(format!("dialog {dialog} was answered twice"));
        }
        let desk = self.desks.take(operator).map_err(|reason| format!("dialog {dialog}: {reason}"))?;
        open.answer = Some((desk, now));
        self.waiting -= 1;
        self.tally.answered(open.interval, now.since_ms(open.arrived));
        self.finishes.push(Reverse((now.plus_ms(open.handling_ms), dialog)));
        Ok(())
    }

    fn closed(&mut self, now: Timestamp, dialog: DialogId, reason: CloseReason) -> Result<(), String> {
        let Some(open) = self.open.remove(&dialog) else {
            return Err(format!("dialog {dialog} was closed but is not open"));
        };
        match (open.answer, reason) {
            (Some((desk, answered)), CloseReason::Finished) => {
                self.desks.give_back(desk);
                self.tally.handling_ms += now.since_ms(answered);
            }
            (None, CloseReason::Abandoned) => {
                self.waiting -= 1;
                self.tally.abandoned(open.interval, now.since_ms(open.arrived));
            }
            (answer, reason) => {
                let state = if answer.is_some() { "answered" } else { "waiting" };
                return Err(format!("dialog {dialog} was {state} and closed as {reason:?}"));
            }
        }
        Ok(())
    }

    /// Nothing is left to do: whether that is the end that a replay must have.
    fn complete(&self) -> Result<Tally, String> {
        let tally = &self.tally;
        if !self.open.is_empty() {
            return Err(format!("{} dialogs are left open and nothing can end them", self.open.len()));
        }
        let ended = tally.answered + tally.abandoned + tally.turned_away;
        if tally.arrivals != self.progress.total() || ended != tally.arrivals {
            let (arrivals, total) = (tally.arrivals, self.progress.total());
            return Err(format!(
                "of {total} arrivals {arrivals} came, {} were answered and {} left",
                tally.answered, tally.abandoned
            ));
        }
        Ok(tally.clone())
    }

    fn stop(&mut self, now: Timestamp, outcome: Result<Tally, String>) -> Step {
        self.failed = outcome.is_err();
        self.progress.ended(outcome.map_err(|reason| ReplayFailure { at: now, reason }));
        Step::Done
    }
}

impl Script for ReplayScript {
    fn next(&mut self, now: Timestamp, seen: &[Observation]) -> Step {
        if self.failed {
            return Step::Done;
        }
        if self.set_up == 0 && now > self.start {
            return self
                .stop(now, Err(format!("the clock is past {}, where the recording starts", self.start)));
        }
        if let Err(reason) = self.absorb(now, seen) {
            return self.stop(now, Err(reason));
        }
        self.asked = self.choose(now);
        match self.asked {
            Some(Asked { at, what }) => Step::Do { at, request: self.request(what) },
            None => {
                let outcome = self.complete();
                self.stop(now, outcome)
            }
        }
    }
}
