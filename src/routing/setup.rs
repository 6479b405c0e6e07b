//! Channels and operators as they are put, dialogs as they are found, and what follows from that.

use std::collections::BTreeSet;

use super::line::Seat;
use super::registry::{LineIndex, OperatorIndex};
use super::router::{Mend, Router};
use super::sorted::OperatorSet;
use super::ticket::{Holder, Ticket};
use super::timers::{Subject, TimerKind};
use crate::domain::channel::{Channel, Member};
use crate::domain::dialog::{Head, Status};
use crate::domain::operator::{Operator, Presence};
use crate::ids::{DialogId, OperatorId};
use crate::timestamp::Timestamp;

impl Router {
    /// A channel was put, or found at recovery. Its waiting dialogs are matched anew.
    pub fn put_channel(&mut self, channel: &Channel) {
        let index = self.intern_line(&channel.id);
        let settings = &channel.settings;
        let offered = self.offered_in(index);
        let same_order = (settings.priority, settings.ageing_ms_per_point)
            == (self.lines[index].priority, self.lines[index].ageing_ms_per_point);
        let same_members = self.has_members(index, &settings.queue.members);
        let mut moved = match same_members && same_order && self.lines[index].keeps_pools(settings) {
            true => Vec::new(),
            false => self.raze_all(index),
        };
        offered.iter().for_each(|dialog| self.uncharge_offers(*dialog));
        self.lines[index].set_rules(channel);
        offered.iter().for_each(|dialog| self.recharge_offers(*dialog));
        if !same_members {
            self.seat_anew(index, &settings.queue.members);
        }
        offered.iter().for_each(|dialog| self.recall_lost_offers(*dialog));
        moved.extend(offered);
        moved.sort_unstable();
        moved.dedup();
        for dialog in moved {
            self.list(dialog);
            self.rest(dialog);
        }
        self.put_time(index, channel);
    }

    /// An operator was put, came, went or was removed, or was found at recovery.
    pub fn put_operator(&mut self, operator: &Operator) {
        let index = self.intern_operator(&operator.id);
        let skills = operator.settings.skills.iter();
        let mut skills: Vec<_> =
            skills.map(|(skill, level)| (self.skills.intern(skill, || ()), *level)).collect();
        skills.sort_unstable();
        let account = &mut self.operators[index];
        let was_there = account.presence != Presence::Offline;
        let was_removed = account.removed;
        account.put(operator);
        let other_skills = std::mem::replace(&mut account.skills, skills) != account.skills;
        let leaves = was_there && account.presence == Presence::Offline;
        let is_dismissed = account.removed && !was_removed;
        if leaves || is_dismissed {
            self.withdraw_from(index);
        }
        if is_dismissed {
            let account = &self.operators[index];
            let held = account.owned.iter().chain(&account.hosted);
            self.mends.extend(held.map(|dialog| (Mend::ReturnToQueue, *dialog, operator.id.clone())));
        }
        if other_skills {
            self.reskill(index);
        }
        self.look_at_window(index);
        self.wake(index);
    }

    /// Takes offers back from an operator who has gone or was removed.
    fn withdraw_from(&mut self, operator: OperatorIndex) {
        let account = &self.operators[operator];
        let loses =
            |dialog: &&DialogId| account.removed || self.presence_matters(&self.tickets[*dialog], operator);
        let lost: Vec<_> = account.offers.iter().filter(loses).copied().collect();
        let id = self.operators[operator].id.clone();
        self.mends.extend(lost.into_iter().map(|dialog| (Mend::Withdraw, dialog, id.clone())));
    }

    /// So many dialogs are about to be restored: room is made for them at once.
    pub fn expect(&mut self, dialogs: usize) {
        self.tickets.reserve(dialogs);
    }

    /// An open dialog was found at recovery. Internal ones are none of the router's business.
    pub fn restore(&mut self, head: &Head) {
        let Some(channel) = &head.channel else { return };
        let line = self.intern_line(channel);
        let owner = head.owner.as_ref().map(|owner| self.intern_operator(owner));
        let holder = match (&head.status, owner) {
            (Status::Waiting, _) => Holder::Nobody,
            (Status::Offered { to, deadline }, _) => {
                Holder::Offered { to: self.intern_all(to), deadline: *deadline }
            }
            (Status::Answered, Some(owner)) => Holder::Owner(owner),
            (Status::Bot, Some(bot)) => Holder::Bot(bot),
            (Status::Answered | Status::Bot, None) | (Status::Closed { .. }, _) => return,
        };
        let home = head.client.as_ref().map_or(line, |(channel, _)| self.intern_line(channel));
        let mut ticket = Ticket::new(line, head.entered_at);
        ticket.wishes = head.wishes.as_deref().map(|wishes| self.intern_wishes(wishes, home));
        ticket.holder = holder.clone();
        (ticket.announced, ticket.weight) = (head.announced, head.weight);
        ticket.opened_at = head.opened_at;
        (ticket.answered, ticket.owned_at) =
            (head.owned_at.is_some(), head.owned_at.unwrap_or(head.opened_at));
        head.unanswered_in.iter().for_each(|line| ticket.unanswered(self.intern_line(line)));
        head.round.iter().for_each(|operator| ticket.had_by(self.intern_operator(operator)));
        self.tickets.insert(head.id, ticket);
        self.charge_restored(head.id, &holder, head.weight);
        self.wind_restored(head.id, &head.since);
        self.list(head.id);
        self.rest(head.id);
    }

    /// Finds what was left undone when the engine stopped. To be called once, when everything that was
    /// found has been put in; in a settled state nothing follows.
    pub fn reconcile(&mut self, now: Timestamp) {
        self.now = now;
        let operators: Vec<OperatorIndex> = self.operators.iter().map(|(index, _)| index).collect();
        operators.into_iter().for_each(|operator| self.look_at_window(operator));
        self.alone.retain(|dialog| self.tickets.contains_key(dialog));
        // Of very many dialogs few are at odds with what is true by now.
        let at_odds =
            |(dialog, ticket): (&DialogId, &Ticket)| self.is_at_odds(ticket, now).then_some(*dialog);
        let at_odds: BTreeSet<DialogId> = self.tickets.iter().filter_map(at_odds).collect();
        for dialog in at_odds {
            if self.tickets[&dialog].relaxes_at.is_some_and(|at| at <= now) {
                self.relax(dialog, now);
            }
            self.recall_lost_offers(dialog);
            if let Holder::Owner(owner) | Holder::Bot(owner) = self.tickets[&dialog].holder
                && self.operators[owner].removed
            {
                let owner = self.operators[owner].id.clone();
                self.mends.insert((Mend::ReturnToQueue, dialog, owner));
            }
        }
    }

    /// Whether something may have to be done about a dialog that was found as it is.
    fn is_at_odds(&self, ticket: &Ticket, now: Timestamp) -> bool {
        ticket.relaxes_at.is_some_and(|at| at <= now)
            || match &ticket.holder {
                Holder::Offered { .. } => true,
                Holder::Owner(operator) | Holder::Bot(operator) => self.operators[*operator].removed,
                Holder::Nobody | Holder::Closed => false,
            }
    }

    fn intern_all(&mut self, operators: &[OperatorId]) -> OperatorSet {
        let mut all = OperatorSet::default();
        for operator in operators {
            all.insert(self.intern_operator(operator));
        }
        all
    }

    fn charge_restored(&mut self, dialog: DialogId, holder: &Holder, weight: u32) {
        match holder {
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
                account.held += u64::from(weight);
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
        let loses = |operator: &&OperatorIndex| {
            self.operators[**operator].loses_offers(line, self.presence_matters(ticket, **operator))
        };
        let lost: Vec<_> = ticket.offered_to().iter().filter(loses).copied().collect();
        let ids = lost.into_iter().map(|operator| self.operators[operator].id.clone());
        self.mends.extend(ids.map(|operator| (Mend::Withdraw, dialog, operator)));
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

    /// Gives every member its seat. The line has no pools meanwhile.
    fn seat_anew(&mut self, index: LineIndex, members: &[Member]) {
        let mut members: Vec<&Member> = members.iter().collect();
        members.sort_by(|a, b| (a.rank, &a.operator).cmp(&(b.rank, &b.operator)));
        for seat in std::mem::take(&mut self.lines[index].seats) {
            self.operators[seat.operator].leave(index);
        }
        for (seat, member) in (0..).zip(members) {
            let operator = self.intern_operator(&member.operator);
            self.operators[operator].sit(index, seat);
            self.lines[index].seats.push(Seat { operator, rank: member.rank });
        }
    }
}
