//! Takes facts in: what each does to a ticket, to the ledger, to recency and to the timers.

use super::fact::Fact;
use super::registry::OperatorIndex;
use super::router::{Mend, Router};
use super::sorted::OperatorSet;
use super::ticket::{Holder, Ticket};
use super::timers::{Subject, TimerKind};
use crate::domain::dialog::Wishes;
use crate::ids::{ChannelId, DialogId, OperatorId};
use crate::timestamp::Timestamp;

impl Router {
    /// Takes one fact of a known dialog in.
    pub(super) fn apply(&mut self, dialog: DialogId, fact: &Fact) {
        match fact {
            Fact::Announced => self.ticket_mut(dialog).announced = true,
            Fact::Offered { operators, deadline, weight, alone, given: _ } => {
                self.offered(dialog, operators, *deadline, *weight);
                if *alone {
                    self.alone.insert(dialog);
                }
            }
            Fact::Prioritised { priority } => self.prioritised(dialog, *priority),
            Fact::OfferEnded { operator, declined } => self.offer_ended(dialog, operator, *declined),
            Fact::Owned { operator, weight, at, answered: _ } => self.owned(dialog, operator, *weight, *at),
            Fact::BotHolds { operator } => self.held_by_bot(dialog, operator),
            Fact::Unanswered => self.note_unanswered(dialog),
            Fact::Transferred { channel, entered_at, overflows } => {
                if *overflows {
                    self.note_unanswered(dialog);
                }
                self.transferred(dialog, channel.as_ref(), *entered_at);
            }
            Fact::Wrote { .. } | Fact::Unpinned | Fact::NotYet { .. } => {}
            Fact::Closed => {
                self.unhand(dialog);
                let ticket = self.ticket_mut(dialog);
                ticket.holder = Holder::Closed;
                ticket.begin_round();
            }
        }
        self.wind_by(dialog, fact);
        for operator in fact.touched() {
            let operator = self.number_of(dialog, operator);
            self.touch(operator);
        }
    }

    pub(super) fn ticket_mut(&mut self, dialog: DialogId) -> &mut Ticket {
        self.tickets.get_mut(&dialog).expect("only known dialogs are worked on")
    }

    /// The number of an operator, who most often has the dialog already.
    fn number_of(&mut self, dialog: DialogId, operator: &OperatorId) -> OperatorIndex {
        let holds = |index: &OperatorIndex| self.operators[*index].id == *operator;
        let holder = match &self.tickets[&dialog].holder {
            Holder::Owner(owner) => Some(*owner).filter(holds),
            Holder::Offered { to, .. } => to.as_slice().first().copied().filter(holds),
            Holder::Bot(bot) => Some(*bot).filter(holds),
            Holder::Nobody | Holder::Closed => None,
        };
        holder.unwrap_or_else(|| self.intern_operator(operator))
    }

    fn offered(
        &mut self,
        dialog: DialogId,
        operators: &[OperatorId],
        deadline: Option<Timestamp>,
        weight: u32,
    ) {
        let added: Vec<_> = operators.iter().map(|operator| self.intern_operator(operator)).collect();
        self.uncharge_offers(dialog);
        let ticket = self.ticket_mut(dialog);
        // Whoever had it in this round gets it again only when a new round begins.
        if added.iter().any(|operator| ticket.has_had(*operator)) {
            ticket.begin_round();
        }
        ticket.weight = weight;
        let mut to = OperatorSet::default();
        let mut old_deadline = None;
        if let Holder::Offered { to: before, deadline } = &mut ticket.holder {
            to = std::mem::take(before);
            old_deadline = *deadline;
        }
        added.iter().for_each(|operator| {
            to.insert(*operator);
        });
        ticket.holder = Holder::Offered { to, deadline };
        self.set_timer(dialog, old_deadline, deadline);
        self.charge_offers(dialog);
        for operator in added {
            self.operators[operator].offers.insert(dialog);
            self.recall_offer(dialog, operator);
        }
    }

    /// An offer that came to stand while its operator went away is taken back.
    fn recall_offer(&mut self, dialog: DialogId, operator: OperatorIndex) {
        let ticket = &self.tickets[&dialog];
        let presence_matters = self.presence_matters(ticket, operator);
        if self.operators[operator].loses_offers(&self.lines[ticket.line], presence_matters) {
            let operator = self.operators[operator].id.clone();
            self.mends.insert((Mend::Withdraw, dialog, operator));
        }
    }

    fn offer_ended(&mut self, dialog: DialogId, operator: &OperatorId, declined: bool) {
        let operator = self.number_of(dialog, operator);
        self.uncharge_offers(dialog);
        let ticket = self.ticket_mut(dialog);
        if declined {
            ticket.had_by(operator);
        }
        let Holder::Offered { to, deadline } = &mut ticket.holder else { return };
        let deadline = *deadline;
        let ended = to.remove(operator);
        let last = to.is_empty();
        if last {
            ticket.holder = Holder::Nobody;
            ticket.announced = false;
            self.alone.remove(&dialog);
            self.set_timer(dialog, deadline, None);
        }
        self.charge_offers(dialog);
        self.operators[operator].offers.remove(&dialog);
        self.wake(operator);
        let ticket = self.ticket_mut(dialog);
        if ended && !last && !declined && ticket.standing().is_some() {
            // It has not had it, so it gets it again when it is available.
            ticket.miss(operator);
        }
    }

    fn owned(&mut self, dialog: DialogId, operator: &OperatorId, weight: u32, at: Timestamp) {
        let operator = self.number_of(dialog, operator);
        self.unhand(dialog);
        let ticket = self.ticket_mut(dialog);
        ticket.holder = Holder::Owner(operator);
        ticket.weight = weight;
        ticket.begin_round();
        (ticket.answered, ticket.owned_at) = (true, at);
        let account = &mut self.operators[operator];
        account.held += u64::from(weight);
        account.owned.insert(dialog);
        if account.removed {
            let operator = account.id.clone();
            self.mends.insert((Mend::ReturnToQueue, dialog, operator));
        }
    }

    fn held_by_bot(&mut self, dialog: DialogId, bot: &OperatorId) {
        let bot = self.intern_operator(bot);
        self.unhand(dialog);
        self.ticket_mut(dialog).holder = Holder::Bot(bot);
        let account = &mut self.operators[bot];
        account.hosted.insert(dialog);
        if account.removed {
            let bot = account.id.clone();
            self.mends.insert((Mend::ReturnToQueue, dialog, bot));
        }
    }

    /// What its channel does when nobody answers in time is done once.
    fn note_unanswered(&mut self, dialog: DialogId) {
        let ticket = self.ticket_mut(dialog);
        ticket.unanswered(ticket.line);
    }

    fn transferred(&mut self, dialog: DialogId, channel: Option<&ChannelId>, entered_at: Timestamp) {
        let line = channel.map(|channel| self.intern_line(channel));
        self.unhand(dialog);
        // It enters a queue anew, and so requires all that it did at first.
        self.leave_pool(dialog);
        let ticket = self.ticket_mut(dialog);
        ticket.announced = false;
        ticket.begin_round();
        ticket.entered_at = entered_at;
        ticket.looked_at = entered_at;
        match line {
            Some(line) => ticket.line = line,
            None => {
                self.alone.insert(dialog);
            }
        }
    }

    fn prioritised(&mut self, dialog: DialogId, priority: i32) {
        let home = self.tickets[&dialog].line;
        let wishes = &mut self.ticket_mut(dialog).wishes;
        if wishes.is_none() {
            let wishes = Wishes { priority: Some(priority), ..Wishes::default() };
            let wishes = self.intern_wishes(&wishes, home);
            self.ticket_mut(dialog).wishes = Some(wishes);
        } else if let Some(wishes) = wishes {
            wishes.wishes.priority = Some(priority);
        }
    }

    /// Ends all offers and the ownership of a dialog.
    fn unhand(&mut self, dialog: DialogId) {
        self.uncharge_offers(dialog);
        let ticket = self.ticket_mut(dialog);
        let weight = ticket.weight;
        match std::mem::replace(&mut ticket.holder, Holder::Nobody) {
            Holder::Offered { to, deadline } => {
                self.set_timer(dialog, deadline, None);
                for operator in to.as_slice() {
                    self.operators[*operator].offers.remove(&dialog);
                    self.wake(*operator);
                }
            }
            Holder::Owner(owner) => {
                let account = &mut self.operators[owner];
                account.held -= u64::from(weight);
                account.owned.remove(&dialog);
                self.wake(owner);
            }
            Holder::Bot(bot) => {
                self.operators[bot].hosted.remove(&dialog);
            }
            Holder::Nobody | Holder::Closed => {}
        }
        self.alone.remove(&dialog);
    }

    fn set_timer(&mut self, dialog: DialogId, before: Option<Timestamp>, now: Option<Timestamp>) {
        if let Some(deadline) = before {
            self.timers.unset(deadline, TimerKind::Offer, Subject::Dialog(dialog));
        }
        if let Some(deadline) = now {
            self.timers.set(deadline, TimerKind::Offer, Subject::Dialog(dialog));
        }
    }

    /// Charges the offers of a dialog to those who have them.
    pub(super) fn charge_offers(&mut self, dialog: DialogId) {
        self.each_offer(dialog, |offered, units| *offered += units);
    }

    /// Takes back what the offers of a dialog are charged with.
    pub(super) fn uncharge_offers(&mut self, dialog: DialogId) {
        self.each_offer(dialog, |offered, units| *offered -= units);
    }

    fn each_offer(&mut self, dialog: DialogId, change: impl Fn(&mut u64, u64)) {
        let ticket = &self.tickets[&dialog];
        let units = self.reserved_by_offer(ticket);
        if units > 0 {
            for operator in ticket.offered_to() {
                change(&mut self.operators[*operator].offered, u64::from(units));
            }
        }
    }
}
