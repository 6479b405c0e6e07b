//! Channels and operators as they are put, dialogs as they are found, and what follows from that.

use std::collections::BTreeSet;

use super::line::{Seat, SeatState};
use super::registry::{LineIndex, OperatorIndex};
use super::router::{Mend, Router};
use super::sorted::OperatorSet;
use super::ticket::{Holder, Missing, Ticket};
use super::timers::{Subject, TimerKind};
use crate::domain::channel::{Channel, Member};
use crate::domain::dialog::{Dialog, Status};
use crate::domain::operator::{Operator, Presence};
use crate::ids::{DialogId, OperatorId};

impl Router {
    /// A channel was put, or found at recovery. Its waiting dialogs are matched anew.
    pub fn put_channel(&mut self, channel: &Channel) {
        let index = self.intern_line(&channel.id);
        let before = (self.lines[index].rules, self.lines[index].check_online);
        let offered = self.offered_in(index);
        offered.iter().for_each(|dialog| self.uncharge_offers(*dialog));
        self.lines[index].set_rules(channel);
        offered.iter().for_each(|dialog| self.recharge_offers(*dialog));
        let line = &self.lines[index];
        let (rules, check_online) = (line.rules, line.check_online);
        let same_queue =
            (rules.mode, rules.weight, check_online) == (before.0.mode, before.0.weight, before.1);
        if !(same_queue && self.has_members(index, &channel.settings.queue.members)) {
            self.seat_anew(index, &channel.settings.queue.members);
        }
        if check_online && !before.1 {
            for dialog in &offered {
                self.recall_lost_offers(*dialog);
            }
        }
        for dialog in offered {
            self.list(dialog);
            self.rest(dialog);
        }
        self.put_time(index, channel);
        self.call(index);
    }

    /// An operator was put, came, went or was removed, or was found at recovery.
    pub fn put_operator(&mut self, operator: &Operator) {
        let index = self.intern_operator(&operator.id);
        let account = &mut self.operators[index];
        let was_there = account.presence != Presence::Offline;
        let was_removed = account.removed;
        account.put(operator);
        let leaves = was_there && account.presence == Presence::Offline;
        let is_dismissed = account.removed && !was_removed;
        if leaves || is_dismissed {
            self.mends.extend(account.offers.iter().map(|dialog| (Mend::Withdraw, *dialog, index)));
        }
        if is_dismissed {
            let held = account.owned.iter().chain(&account.hosted);
            self.mends.extend(held.map(|dialog| (Mend::ReturnToQueue, *dialog, index)));
        }
        self.wake(index);
    }

    /// A dialog was found at recovery. Closed and internal ones are none of the router's business.
    pub fn restore_dialog(&mut self, dialog: &Dialog) {
        let Some(channel) = &dialog.channel else { return };
        let line = self.intern_line(channel);
        let mut ticket = Ticket::new(line, dialog.entered_at);
        (ticket.opened_at, ticket.answered) = (dialog.opened_at, dialog.answered_at.is_some());
        ticket.owned_at = dialog.answered_at.unwrap_or(dialog.opened_at);
        ticket.announced = dialog.announced;
        ticket.weight = dialog.weight;
        ticket.round = self.intern_all(&dialog.round);
        let owner = dialog.owner.as_ref().map(|owner| self.intern_operator(owner));
        ticket.holder = match (&dialog.status, owner) {
            (Status::Waiting, _) => Holder::Nobody,
            (Status::Offered { to, deadline }, _) => {
                Holder::Offered { to: self.intern_all(to), deadline: *deadline }
            }
            (Status::Answered, Some(owner)) => Holder::Owner(owner),
            (Status::Bot, Some(bot)) => Holder::Bot(bot),
            (Status::Answered | Status::Bot, None) | (Status::Closed { .. }, _) => return,
        };
        self.tickets.insert(dialog.id, ticket.clone());
        self.charge_restored(dialog.id, &ticket);
        self.wind_restored(dialog);
        self.list(dialog.id);
        self.rest(dialog.id);
    }

    /// Finds what was left undone when the engine stopped. To be called once, when everything that was
    /// found has been put in; in a settled state nothing follows.
    pub fn reconcile(&mut self) {
        let open: BTreeSet<DialogId> = self.tickets.iter().map(|(dialog, _)| *dialog).collect();
        self.alone.retain(|dialog| open.contains(dialog));
        for dialog in open {
            self.recall_lost_offers(dialog);
            if let Holder::Owner(owner) | Holder::Bot(owner) = self.tickets[&dialog].holder
                && self.operators[owner].removed
            {
                self.mends.insert((Mend::ReturnToQueue, dialog, owner));
            }
        }
    }

    fn intern_all(&mut self, operators: &[OperatorId]) -> OperatorSet {
        let mut all = OperatorSet::default();
        for operator in operators {
            all.insert(self.intern_operator(operator));
        }
        all
    }

    fn charge_restored(&mut self, dialog: DialogId, ticket: &Ticket) {
        match &ticket.holder {
            Holder::Offered { to, deadline } => {
                for operator in to.as_slice() {
                    self.operators[*operator].offers.insert(dialog);
                }
                if let Some(deadline) = deadline {
                    self.timers.set(*deadline, TimerKind::Offer, Subject::Dialog(dialog));
                }
                self.recharge_offers(dialog);
            }
            Holder::Owner(owner) => {
                let account = &mut self.operators[*owner];
                account.held += u64::from(ticket.weight);
                account.owned.insert(dialog);
                account.tolerate();
            }
            Holder::Bot(bot) => {
                self.operators[*bot].hosted.insert(dialog);
            }
            Holder::Nobody | Holder::Closed => {}
        }
    }

    /// Charges offers that stand already, which may have become dearer.
    fn recharge_offers(&mut self, dialog: DialogId) {
        self.charge_offers(dialog);
        self.cover(dialog);
        for operator in self.tickets[&dialog].offered_to().to_vec() {
            self.operators[operator].tolerate();
            self.wake(operator);
        }
    }

    fn recall_lost_offers(&mut self, dialog: DialogId) {
        let ticket = &self.tickets[&dialog];
        let line = &self.lines[ticket.line];
        let lost =
            ticket.offered_to().iter().filter(|operator| self.operators[**operator].loses_offers(line));
        self.mends.extend(lost.map(|operator| (Mend::Withdraw, dialog, *operator)));
    }

    fn offered_in(&self, index: LineIndex) -> Vec<DialogId> {
        let mut offered: Vec<_> = self.lines[index].offered.iter().copied().collect();
        offered.sort_unstable();
        offered
    }

    fn has_members(&self, index: LineIndex, members: &[Member]) -> bool {
        let seats = &self.lines[index].seats;
        let is_same = |(seat, member): (&Seat, &Member)| {
            seat.rank == member.rank && self.operators[seat.operator].id == member.operator
        };
        seats.len() == members.len() && seats.iter().zip(members).all(is_same)
    }

    /// Gives every member its seat. Dialogs that stand for all are looked at anew for everybody.
    fn seat_anew(&mut self, index: LineIndex, members: &[Member]) {
        let mut members: Vec<&Member> = members.iter().collect();
        members.sort_by(|a, b| (a.rank, &a.operator).cmp(&(b.rank, &b.operator)));
        for seat in std::mem::take(&mut self.lines[index].seats) {
            self.operators[seat.operator].leave(index);
        }
        self.lines[index].ready.clear();
        for (seat, member) in members.into_iter().enumerate() {
            let operator = self.intern_operator(&member.operator);
            self.sit(index, seat as u32, operator, member.rank);
        }
        let standing: Vec<DialogId> = self.lines[index].standing.values().copied().collect();
        for dialog in standing {
            self.ticket_mut(dialog).missing = Missing::Everybody;
        }
    }

    fn sit(&mut self, index: LineIndex, seat: u32, operator: OperatorIndex, rank: i64) {
        self.operators[operator].sit(index, seat);
        let line = &mut self.lines[index];
        let key = line.policy().key(&self.operators[operator].standing());
        line.seats.push(Seat { operator, rank, state: SeatState::Ready(key) });
        line.ready.insert((key, seat));
    }
}
