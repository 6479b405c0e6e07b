//! The router's state and small steps on it that several of its parts share.

use std::collections::BTreeSet;

use hashbrown::HashSet;

use super::account::Account;
use super::dialog_map::DialogMap;
use super::line::{Line, SeatState};
use super::memory::Memory;
use super::registry::{LineIndex, OperatorIndex, Registry};
use super::score::Score;
use super::ticket::{Holder, Ticket};
use super::timers::Timers;
use crate::ids::{ChannelId, DialogId, OperatorId};

/// The dispatcher's brain: who gets which dialog. See the [module](super) for how it is used.
#[derive(Debug)]
pub struct Router {
    pub(super) operators: Registry<OperatorId, OperatorIndex, Account>,
    pub(super) lines: Registry<ChannelId, LineIndex, Line>,
    pub(super) tickets: DialogMap<Ticket>,
    /// Dialogs passed to one operator, who has not answered yet: not for all, even in mode `all`.
    pub(super) alone: HashSet<DialogId>,
    /// What falls due when.
    pub(super) timers: Timers,
    /// How many touches there were.
    pub(super) touches: u64,
    /// Operators who may have become available.
    pub(super) woken: Vec<OperatorIndex>,
    /// What has to be taken back.
    pub(super) mends: BTreeSet<(Mend, DialogId, OperatorIndex)>,
    /// How many trips are under way that take something back.
    pub(super) mending: usize,
    /// Dialogs that somebody may be available for. Every line with a dialog at rest and a ready
    /// member is in here with its first dialog or one before.
    pub(super) demand: BTreeSet<(Score, DialogId, LineIndex)>,
    /// Waiting dialogs at rest of which it has not been said that they wait.
    pub(super) unannounced: BTreeSet<(Score, DialogId)>,
    /// Lines whose hours were put, and whose clock is yet to be read.
    pub(super) unread_hours: Vec<LineIndex>,
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
            operators: Registry::new(),
            lines: Registry::new(),
            tickets: DialogMap::default(),
            alone: memory.alone().iter().copied().collect(),
            timers: Timers::default(),
            touches: 0,
            woken: Vec::new(),
            mends: BTreeSet::new(),
            mending: 0,
            demand: BTreeSet::new(),
            unannounced: BTreeSet::new(),
            unread_hours: Vec::new(),
        };
        for operator in memory.touched() {
            let index = router.intern_operator(&operator);
            router.touch(index);
        }
        router
    }

    /// What has to be kept so that a later router goes on in the same way.
    pub fn memory(&self) -> Memory {
        let mut touched: Vec<&Account> =
            self.operators.iter().map(|(_, account)| account).filter(|account| account.touched > 0).collect();
        touched.sort_unstable_by_key(|account| account.touched);
        let touched = touched.into_iter().map(|account| account.id.clone()).collect();
        Memory::new(touched, self.alone.iter().copied().collect())
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

    /// Lets the woken leave the parked seats where they are available again.
    pub(super) fn rouse(&mut self) {
        while let Some(operator) = self.woken.pop() {
            let account = &mut self.operators[operator];
            account.woken = false;
            account.settle();
            for parking in account.unpark() {
                self.make_ready(operator, parking.line, parking.seat);
            }
        }
    }

    fn make_ready(&mut self, operator: OperatorIndex, index: LineIndex, seat: u32) {
        let line = &mut self.lines[index];
        let SeatState::Parked(since) = line.seats[seat as usize].state else { return };
        let key = line.policy().key(&self.operators[operator].standing());
        line.make_ready(seat, key);
        let unknown: Vec<DialogId> = line.standing.range(since..).map(|(_, dialog)| *dialog).collect();
        for dialog in unknown {
            self.miss(dialog, operator);
        }
        self.call(index);
    }

    /// Lets a line's first dialog be matched, if somebody may be available for it.
    pub(super) fn call(&mut self, index: LineIndex) {
        let line = &self.lines[index];
        if let (Some((score, dialog)), false) = (line.head(), line.ready.is_empty()) {
            self.demand.insert((score, dialog, index));
        }
    }

    /// Notes that a dialog that stands for all may have to be offered to this operator too.
    pub(super) fn miss(&mut self, dialog: DialogId, operator: OperatorIndex) {
        let Some(ticket) = self.tickets.get_mut(&dialog) else { return };
        ticket.missing.add(operator);
        if ticket.is_at_rest() {
            self.demand.insert((ticket.score(), dialog, ticket.line));
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
