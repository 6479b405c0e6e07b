//! The router's state and small steps on it that several of its parts share.

use std::collections::BTreeSet;

use hashbrown::HashSet;

use super::account::Account;
use super::dialog_map::DialogMap;
use super::line::Line;
use super::memory::Memory;
use super::pool::{Pools, SeatState};
use super::registry::{LineIndex, OperatorIndex, PoolIndex, Registry, SkillIndex};
use super::score::Score;
use super::ticket::{Holder, Ticket};
use super::timers::Timers;
use crate::domain::dialog::Ruling;
use crate::ids::{ChannelId, DialogId, OperatorId, SkillId};
use crate::timestamp::Timestamp;

/// The dispatcher's brain: who gets which dialog. See the [module](super) for how it is used.
#[derive(Debug)]
pub struct Router {
    /// The time of what happens now.
    pub(super) now: Timestamp,
    pub(super) operators: Registry<OperatorId, OperatorIndex, Account>,
    pub(super) lines: Registry<ChannelId, LineIndex, Line>,
    pub(super) skills: Registry<SkillId, SkillIndex, ()>,
    pub(super) pools: Pools,
    pub(super) tickets: DialogMap<Ticket>,
    /// Dialogs for one operator alone who has not answered yet, because they were passed to it or because
    /// it is preferred: not for all, even in mode `all`.
    pub(super) alone: HashSet<DialogId>,
    /// What falls due when.
    pub(super) timers: Timers,
    /// How many touches there were.
    pub(super) touches: u64,
    /// How many times a dialog was given.
    pub(super) rulings: u64,
    /// Why the last directive or placement is as it is.
    pub(super) ruling: Option<Ruling>,
    /// Operators who may have become available.
    pub(super) woken: Vec<OperatorIndex>,
    /// What has to be taken back.
    pub(super) mends: BTreeSet<(Mend, DialogId, OperatorId)>,
    /// Dialogs to which a trip is under way that takes something back, or asks whether something is due.
    pub(super) mending: BTreeSet<DialogId>,
    /// Dialogs that somebody may be available for. Every pool with a dialog at rest and a ready
    /// member is in here with its first dialog or one before.
    pub(super) demand: BTreeSet<(Score, DialogId, PoolIndex)>,
    /// Waiting dialogs at rest of which it has not been said that they wait.
    pub(super) unannounced: BTreeSet<(Score, DialogId)>,
    /// Lines whose hours were put, and whose clock is yet to be read.
    pub(super) unread_hours: Vec<LineIndex>,
    /// Lines whose dialogs may be late by other rules than before.
    pub(super) changed_patience: Vec<LineIndex>,
}

/// What is taken back from an operator; withdrawals go first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mend {
    Withdraw,
    ReturnToQueue,
}

impl Default for Router {
    fn default() -> Self {
        Self::new(&Memory::default())
    }
}

impl Router {
    /// A router that knows nothing but what it remembers.
    pub fn new(memory: &Memory) -> Self {
        let mut router = Self {
            now: Timestamp::default(),
            operators: Registry::new(),
            lines: Registry::new(),
            skills: Registry::new(),
            pools: Pools::default(),
            tickets: DialogMap::default(),
            alone: memory.alone().iter().copied().collect(),
            timers: Timers::default(),
            touches: 0,
            rulings: memory.rulings(),
            ruling: None,
            woken: Vec::new(),
            mends: BTreeSet::new(),
            mending: BTreeSet::new(),
            demand: BTreeSet::new(),
            unannounced: BTreeSet::new(),
            unread_hours: Vec::new(),
            changed_patience: Vec::new(),
        };
        for operator in memory.touched() {
            let index = router.intern_operator(&operator);
            router.touch(index);
        }
        for (operator, window) in memory.windows() {
            let index = router.intern_operator(operator);
            let account = &mut router.operators[index];
            account.fairness = window.fairness;
            account.given = window.given.iter().copied().collect();
        }
        for (channel, operator, number) in memory.turns() {
            let (line, operator) = (router.intern_line(channel), router.intern_operator(operator));
            router.lines[line].given.insert(operator, number);
        }
        router
    }

    /// What happens from now on happens at this time.
    pub fn tell_time(&mut self, now: Timestamp) {
        self.now = now;
    }

    /// Why the last directive or placement is as it is; once.
    pub fn take_ruling(&mut self) -> Option<Ruling> {
        self.ruling.take()
    }

    pub(super) fn intern_operator(&mut self, operator: &OperatorId) -> OperatorIndex {
        self.operators.intern(operator, || Account::unknown(operator.clone(), 0))
    }

    pub(super) fn intern_line(&mut self, channel: &ChannelId) -> LineIndex {
        self.lines.intern(channel, Line::unknown)
    }

    /// Puts an operator behind all others in the order of touches.
    pub(super) fn touch(&mut self, operator: OperatorIndex) {
        self.touches += 1;
        self.operators[operator].touched = self.touches;
    }

    /// Looks later whether the operator has become available somewhere.
    pub(super) fn wake(&mut self, operator: OperatorIndex) {
        let account = &mut self.operators[operator];
        if !account.woken {
            account.woken = true;
            self.woken.push(operator);
        }
    }

    /// Lets the woken leave the parked seats where they are available again, and brings their places in
    /// order.
    pub(super) fn rouse(&mut self) {
        while let Some(operator) = self.woken.pop() {
            let account = &mut self.operators[operator];
            account.woken = false;
            account.settle();
            for parking in account.unpark() {
                self.make_ready(operator, parking.pool, parking.seat);
            }
            self.improve(operator);
            self.call_preferred(operator);
        }
    }

    fn make_ready(&mut self, operator: OperatorIndex, index: PoolIndex, seat: u32) {
        let SeatState::Parked(since, _) = self.pools[index].states[seat as usize] else { return };
        let key = self.key_of(index, operator);
        self.set_state(index, seat, SeatState::Ready(key));
        let unknown: Vec<DialogId> =
            self.pools[index].standing.range(since..).map(|(_, dialog)| *dialog).collect();
        for dialog in unknown {
            self.miss(dialog, operator);
        }
        self.call(index);
    }

    /// Lets a pool's first dialog be matched, if somebody may be available for it.
    pub(super) fn call(&mut self, index: PoolIndex) {
        let pool = &self.pools[index];
        if let (Some((score, dialog)), false) = (pool.head(), pool.ready.is_empty())
            && self.lines[pool.line].gives()
        {
            self.demand.insert((score, dialog, index));
        }
    }

    /// Notes that a dialog that stands for all may have to be offered to this operator too.
    pub(super) fn miss(&mut self, dialog: DialogId, operator: OperatorIndex) {
        let Some(ticket) = self.tickets.get_mut(&dialog) else { return };
        ticket.miss(operator);
        if ticket.is_at_rest()
            && let Some(pool) = ticket.pool
        {
            self.demand.insert((ticket.score(), dialog, pool));
        }
    }

    /// Units that a standing offer of this dialog reserves: none while it is for whoever answers first.
    pub(super) fn reserved_by_offer(&self, ticket: &Ticket) -> u32 {
        if self.lines[ticket.line].offers_to_all() { 0 } else { ticket.weight }
    }

    /// Units that an operator needs for this dialog: the dialog keeps those with which it was offered
    /// or answered, unless the offer reserved nothing.
    pub(super) fn needed_by(&self, ticket: &Ticket) -> u32 {
        let line = &self.lines[ticket.line];
        match ticket.holder {
            Holder::Owner(_) => ticket.weight,
            Holder::Offered { .. } if !line.offers_to_all() => ticket.weight,
            _ => line.rules.weight,
        }
    }
}
