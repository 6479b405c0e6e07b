//! What happens to dialogs and channels by themselves: which timers stand, and what follows when one falls due.
//!
//! Of a dialog only lower bounds are kept here, so that a message moves no timer. When one falls due the
//! dialog is asked; if it is not yet time, it says when it will be ([`Fact::NotYet`]). A channel without rules
//! of time costs nothing.

use super::directive::Directive;
use super::fact::Fact;
use super::registry::{LineIndex, PoolIndex};
use super::router::Router;
use super::ticket::{Holder, Ticket};
use super::timers::{Subject, TimerKind};
use crate::domain::channel::{Channel, ChannelSettings};
use crate::domain::dialog::{DialogTimer, Since};
use crate::domain::hours::Calendar;
use crate::ids::{ChannelId, DialogId};
use crate::timestamp::Timestamp;

/// How long a line waits for what happens to its dialogs by themselves; `None`: it does not happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Patience {
    after_ms: [Option<u64>; 4],
    /// Whether the client is told that nobody answers. It is told so only once, wherever that was.
    replies: bool,
    /// Whether another queue takes over.
    overflows: bool,
}

impl Patience {
    fn of(settings: &ChannelSettings) -> Self {
        let no_answer = settings.no_answer.as_ref();
        Self {
            after_ms: DialogTimer::ALL.map(|timer| timer.after_ms(settings)),
            replies: no_answer.is_some_and(|rule| rule.reply.is_some()),
            overflows: no_answer.is_some_and(|rule| rule.overflow_channel.is_some()),
        }
    }

    fn after_ms(self, timer: DialogTimer) -> Option<u64> {
        self.after_ms[timer as usize]
    }

    fn is_endless(self) -> bool {
        self == Self::default()
    }
}

/// The timers of a dialog that stand, by [`DialogTimer`].
pub(super) type Clocks = [Option<Timestamp>; 4];

/// When a line is open.
#[derive(Debug, Default)]
pub(super) struct Door {
    /// Without one it always is.
    calendar: Option<Calendar>,
    /// Whether dialogs are given out now.
    closed: bool,
    /// The timer of its next change.
    next_change: Option<Timestamp>,
}

impl Door {
    /// Whether nothing is offered now.
    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }
}

fn kind_of(timer: DialogTimer) -> TimerKind {
    match timer {
        DialogTimer::HandOff => TimerKind::Offer,
        DialogTimer::NoAnswer => TimerKind::NoAnswer,
        DialogTimer::Abandonment => TimerKind::Abandonment,
        DialogTimer::Closing => TimerKind::Closing,
    }
}

/// The timer of a dialog of this kind, apart from its offer's.
pub(super) fn timer_of(kind: TimerKind) -> Option<DialogTimer> {
    DialogTimer::ALL.into_iter().find(|timer| kind_of(*timer) == kind)
}

impl Router {
    /// Whether the channel is closed now.
    pub fn is_closed(&self, channel: &ChannelId) -> bool {
        self.lines.get(channel).is_some_and(|line| line.door.is_closed())
    }

    /// Whether something falls due now, and nothing has to come back first.
    pub fn has_due(&self, now: Timestamp) -> bool {
        self.mending.is_empty() && self.timers.next().is_some_and(|deadline| deadline <= now)
    }

    /// Opens and closes channels whose hours were put since the last call, and sets the timers of dialogs
    /// whose channels have other rules; what is late by these falls due now. To be called before
    /// [`Router::next`] whenever channels were put.
    pub fn keep_time(&mut self, now: Timestamp) {
        for index in std::mem::take(&mut self.unread_hours) {
            self.read_clock(index, now);
        }
        for index in std::mem::take(&mut self.changed_patience) {
            let of_line = self.tickets.iter().filter(|(_, ticket)| ticket.line == index);
            let dialogs: Vec<DialogId> = of_line.map(|(dialog, _)| *dialog).collect();
            dialogs.into_iter().for_each(|dialog| self.wind(dialog, now));
        }
    }

    /// Takes the rules of time of a channel over.
    pub(super) fn put_time(&mut self, index: LineIndex, channel: &Channel) {
        let calendar = channel.settings.hours.as_ref().and_then(Calendar::of);
        let line = &mut self.lines[index];
        if line.door.calendar != calendar {
            line.door.calendar = calendar;
            self.unread_hours.push(index);
        }
        let patience = Patience::of(&channel.settings);
        let before = std::mem::replace(&mut self.lines[index].patience, patience);
        // At recovery channels come first, and dialogs then bring their exact deadlines.
        if before != patience && !self.tickets.is_empty() {
            self.changed_patience.push(index);
        }
    }

    /// A channel is open or closed as its calendar says now.
    pub(super) fn read_clock(&mut self, index: LineIndex, now: Timestamp) {
        let door = &mut self.lines[index].door;
        let was_closed = door.closed;
        let next_change = door.calendar.as_ref().and_then(|calendar| calendar.next_change(now));
        let before = std::mem::replace(&mut door.next_change, next_change);
        door.closed = door.calendar.as_ref().is_some_and(|calendar| !calendar.is_open(now));
        let opens = was_closed && !door.closed;
        if let Some(before) = before {
            self.timers.unset(before, TimerKind::Hours, Subject::Line(index));
        }
        if let Some(next) = next_change {
            self.timers.set(next, TimerKind::Hours, Subject::Line(index));
        }
        if opens {
            self.open_line(index);
        }
    }

    /// What waited for the opening may be given out; what is offered to all may go to more.
    fn open_line(&mut self, index: LineIndex) {
        let mut pools: Vec<PoolIndex> = self.lines[index].pools.values().copied().collect();
        pools.sort_unstable();
        for pool in pools {
            let standing = self.pools[pool].standing.values();
            let resting = self.pools[pool].resting.iter().map(|(_, dialog)| dialog);
            let dialogs: Vec<DialogId> = standing.chain(resting).copied().collect();
            dialogs.into_iter().for_each(|dialog| self.rest(dialog));
            self.call(pool);
        }
    }

    /// A timer of a dialog has fallen due: the dialog is asked.
    pub(super) fn time_out(&mut self, dialog: DialogId, timer: DialogTimer) -> Option<Directive> {
        let ticket = self.tickets.get_mut(&dialog)?;
        if let Some(clocks) = &mut ticket.clocks {
            clocks[timer as usize] = None;
        }
        self.start_trip(dialog, None, true);
        Some(Directive::TimeOut { dialog, timer })
    }

    /// Holds a place in the queue of a channel for a dialog that was just told to go there; says whether there
    /// is one.
    pub fn hold_place(&mut self, dialog: DialogId, channel: &ChannelId) -> bool {
        let line = self.intern_line(channel);
        if self.is_full_for(dialog, line) {
            return false;
        }
        let trip = self.tickets.get_mut(&dialog).and_then(|ticket| ticket.trips.last_mut());
        if let Some(trip) = trip {
            trip.entering = Some(line);
            self.lines[line].entering += 1;
        }
        true
    }

    /// Takes in what a fact means for the timers of a dialog.
    pub(super) fn wind_by(&mut self, dialog: DialogId, fact: &Fact) {
        match fact {
            Fact::NotYet { timer, at } => self.set_clock(dialog, *timer, Some(*at)),
            Fact::Unanswered => self.set_clock(dialog, DialogTimer::NoAnswer, None),
            Fact::Owned { .. } | Fact::Transferred { .. } | Fact::BotHolds { .. } | Fact::Unpinned => {
                self.wind(dialog, self.now)
            }
            Fact::Closed => self.stop_clocks(dialog),
            Fact::Announced
            | Fact::Offered { .. }
            | Fact::OfferEnded { .. }
            | Fact::Wrote { .. }
            | Fact::Prioritised { .. } => {}
        }
    }

    /// Sets the timers of a dialog as it stands now: each no later than what it is for, and none before
    /// `floor`.
    pub(super) fn wind(&mut self, dialog: DialogId, floor: Timestamp) {
        let ticket = &self.tickets[&dialog];
        let patience = self.lines[ticket.line].patience;
        if patience.is_endless() && ticket.clocks.is_none() {
            return;
        }
        for timer in DialogTimer::ALL {
            let ticket = &self.tickets[&dialog];
            let after_ms = patience.after_ms(timer).filter(|_| concerns(timer, ticket));
            let deadline = after_ms.map(|after_ms| since(timer, ticket).plus_ms(after_ms).max(floor));
            self.set_clock(dialog, timer, deadline);
        }
    }

    /// Sets the timers of a dialog that was found at recovery, exactly.
    pub(super) fn wind_restored(&mut self, dialog: DialogId, since: &Since) {
        let patience = self.lines[self.tickets[&dialog].line].patience;
        if patience.is_endless() {
            return;
        }
        for timer in DialogTimer::ALL {
            let deadline = patience.after_ms(timer).and_then(|after_ms| since.deadline(timer, after_ms));
            self.set_clock(dialog, timer, deadline);
        }
    }

    /// Nothing more happens to the dialog by itself.
    pub(super) fn stop_clocks(&mut self, dialog: DialogId) {
        if self.tickets[&dialog].clocks.is_some() {
            DialogTimer::ALL.into_iter().for_each(|timer| self.set_clock(dialog, timer, None));
        }
    }

    fn set_clock(&mut self, dialog: DialogId, timer: DialogTimer, deadline: Option<Timestamp>) {
        let ticket = self.tickets.get_mut(&dialog).expect("only known dialogs have timers");
        let standing = ticket.clocks.as_ref().and_then(|clocks| clocks[timer as usize]);
        if standing == deadline {
            return;
        }
        let clocks = ticket.clocks.get_or_insert_default();
        clocks[timer as usize] = deadline;
        if **clocks == Clocks::default() {
            ticket.clocks = None;
        }
        let (kind, subject) = (kind_of(timer), Subject::Dialog(dialog));
        if let Some(standing) = standing {
            self.timers.unset(standing, kind, subject);
        }
        if let Some(deadline) = deadline {
            self.timers.set(deadline, kind, subject);
        }
    }

    /// Whether a timer is that of the dialog's offer. What is offered is held by no bot, so that a dialog
    /// has one timer of this kind at most.
    pub(super) fn is_offer(&self, dialog: DialogId, kind: TimerKind, at: Timestamp) -> bool {
        kind == TimerKind::Offer && self.tickets[&dialog].deadline() == Some(at)
    }
}

/// Whether this may happen to a dialog as it stands.
fn concerns(timer: DialogTimer, ticket: &Ticket) -> bool {
    let in_queue = matches!(ticket.holder, Holder::Nobody | Holder::Offered { .. });
    let with_bot = matches!(ticket.holder, Holder::Bot(_));
    match timer {
        DialogTimer::HandOff => with_bot,
        DialogTimer::NoAnswer => in_queue && !ticket.answered && !ticket.was_unanswered(),
        DialogTimer::Abandonment => (in_queue || with_bot) && !ticket.answered,
        DialogTimer::Closing => matches!(ticket.holder, Holder::Owner(_)),
    }
}

/// A moment no later than that from which this counts.
fn since(timer: DialogTimer, ticket: &Ticket) -> Timestamp {
    match timer {
        DialogTimer::Closing => ticket.owned_at,
        _ => ticket.opened_at,
    }
}
