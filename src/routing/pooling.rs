//! Which pool a dialog belongs to, and who belongs to a pool. Nobody is chosen here.
//!
//! A dialog that waits or is offered belongs to the pool of what it requires now. It moves to another when
//! a relaxation falls due, when it enters another queue, and when the rules of its channel change.

use super::account::{Account, Parking, Raised};
use super::line::Line;
use super::policy::{Key, Standing};
use super::pool::{Pool, Requirement, SeatState};
use super::registry::{LineIndex, OperatorIndex, PoolIndex, Registry, SkillIndex};
use super::router::Router;
use super::ticket::{Listed, Ticket};
use super::timers::{Subject, TimerKind};
use crate::domain::dialog::Wishes;
use crate::ids::{DialogId, SkillId};
use crate::limits;
use crate::timestamp::Timestamp;

impl Router {
    /// Brings a dialog into the pool where it belongs.
    pub(super) fn enter_pool(&mut self, dialog: DialogId) {
        let now = self.now;
        let ticket = self.ticket_mut(dialog);
        ticket.looked_at = ticket.looked_at.max(now);
        let index = self.tickets[&dialog].line;
        let (requirement, relaxes_at) =
            required_by(&mut self.skills, &self.lines[index], &self.tickets[&dialog]);
        let pool = self.pool_for(index, requirement);
        self.pools.join(pool);
        self.lines[index].pooled += 1;
        let ticket = self.ticket_mut(dialog);
        ticket.pool = Some(pool);
        ticket.relaxes_at = relaxes_at;
        if let Some(at) = relaxes_at {
            self.timers.set(at, TimerKind::Eligibility, Subject::Dialog(dialog));
        }
    }

    /// The pool to which a ticket would belong.
    pub(super) fn pool_of(&mut self, ticket: &Ticket) -> PoolIndex {
        let (requirement, _) = required_by(&mut self.skills, &self.lines[ticket.line], ticket);
        self.pool_for(ticket.line, requirement)
    }

    fn pool_for(&mut self, index: LineIndex, requirement: Requirement) -> PoolIndex {
        match self.lines[index].pools.get(&requirement) {
            Some(pool) => *pool,
            None => self.build(index, requirement),
        }
    }

    /// Takes a dialog out of its pool, if it is in one, and so out of all sets of its line.
    pub(super) fn leave_pool(&mut self, dialog: DialogId) {
        if self.tickets[&dialog].pool.is_none() {
            return;
        }
        self.lift(dialog);
        self.relist(dialog, Listed::Nowhere);
        let ticket = self.ticket_mut(dialog);
        let (pool, standing, relaxes_at) = (ticket.pool.take(), ticket.sit(), ticket.relaxes_at.take());
        let Some(pool) = pool else { return };
        if let Some((_, number)) = standing {
            self.pools[pool].standing.remove(&number);
        }
        if let Some(at) = relaxes_at {
            self.timers.unset(at, TimerKind::Eligibility, Subject::Dialog(dialog));
        }
        let line = self.pools[pool].line;
        self.lines[line].pooled -= 1;
        self.pools.leave(pool);
        while let Some(superfluous) = self.pools.superfluous(limits::IDLE_POOL_SEATS) {
            self.raze(superfluous);
        }
    }

    /// The dialog has waited until now: what it requires may be less.
    pub(super) fn relax(&mut self, dialog: DialogId, now: Timestamp) {
        self.leave_pool(dialog);
        self.ticket_mut(dialog).looked_at = now;
        self.list(dialog);
        self.rest(dialog);
    }

    /// A new pool: takes a look at every member of the line.
    fn build(&mut self, index: LineIndex, requirement: Requirement) -> PoolIndex {
        let line = &self.lines[index];
        let policy = line.policy();
        let mut pool = Pool::new(index, requirement.clone());
        let mut raised = Vec::new();
        for (place, seat) in (0..).zip(&line.seats) {
            let account = &self.operators[seat.operator];
            if !account.meets(&requirement) {
                pool.states.push(SeatState::Absent);
                continue;
            }
            let key = policy.key(&standing(account, line, seat.operator));
            pool.states.push(SeatState::Ready(key));
            raised.extend((policy.improves() && key.0 > 0).then_some((place, key.0)));
        }
        let ready = (0..).zip(&pool.states).filter_map(|(place, state)| match state {
            SeatState::Ready(key) => Some((*key, place)),
            _ => None,
        });
        pool.ready = ready.collect();
        pool.size = pool.ready.len();
        let by_share = line.is_by_share();
        let pool = self.pools.add(pool);
        self.lines[index].pools.insert(requirement, pool);
        for (seat, score) in raised {
            let operator = self.lines[index].seats[seat as usize].operator;
            self.operators[operator].raised.insert(Raised { by_share, score, pool, seat });
        }
        pool
    }

    /// Gives a pool up. To be called before the rules of its line change.
    pub(super) fn raze(&mut self, index: PoolIndex) {
        for seat in 0..self.pools[index].states.len() {
            self.set_state(index, seat as u32, SeatState::Absent);
        }
        let line = self.pools[index].line;
        self.lines[line].pools.retain(|_, pool| *pool != index);
        self.pools.abandon(index);
    }

    /// Gives every pool of a line up, and says which dialogs have none now. Those that are just being
    /// opened find theirs when they are.
    pub(super) fn raze_all(&mut self, index: LineIndex) -> Vec<DialogId> {
        let line = &self.lines[index];
        let mut dialogs: Vec<DialogId> = line.waiting.iter().map(|(_, dialog)| *dialog).collect();
        dialogs.extend(&line.offered);
        dialogs.sort_unstable();
        dialogs.iter().for_each(|dialog| self.leave_pool(*dialog));
        let pools: Vec<PoolIndex> = self.lines[index].pools.values().copied().collect();
        pools.into_iter().for_each(|pool| self.raze(pool));
        dialogs
    }

    /// Puts the member of a seat where it belongs in a pool, and notes that with the operator.
    pub(super) fn set_state(&mut self, index: PoolIndex, seat: u32, state: SeatState) {
        let pool = &mut self.pools[index];
        let before = pool.states[seat as usize];
        pool.place(seat, state);
        let line = &self.lines[pool.line];
        let account = &mut self.operators[line.seats[seat as usize].operator];
        if line.policy().improves() {
            let by_share = line.is_by_share();
            let raised = |(score, _): Key| Raised { by_share, score, pool: index, seat };
            if let SeatState::Ready(key) = before {
                account.raised.remove(&raised(key));
            }
            if let SeatState::Ready(key) = state
                && key.0 > 0
            {
                account.raised.insert(raised(key));
            }
        }
        let parking =
            || Parking { check_online: line.check_online, weight: line.rules.weight, pool: index, seat };
        match (before, state) {
            (SeatState::Parked(..), SeatState::Parked(..)) => {}
            (_, SeatState::Parked(..)) => drop(account.parked.insert(parking())),
            (SeatState::Parked(..), _) => drop(account.parked.remove(&parking())),
            _ => {}
        }
    }

    /// Where the member of a seat stands by the rule of the pool's line.
    pub(super) fn key_of(&self, index: PoolIndex, operator: OperatorIndex) -> Key {
        let line = &self.lines[self.pools[index].line];
        line.policy().key(&standing(&self.operators[operator], line, operator))
    }

    /// Puts right where an operator's score has become better than its pools know.
    pub(super) fn improve(&mut self, operator: OperatorIndex) {
        for by_share in [false, true] {
            loop {
                let account = &self.operators[operator];
                let last = Raised::behind(by_share, u64::MAX);
                let Some(raised) = account.raised.range(..=last).next_back() else { break };
                let Raised { pool, seat, score, .. } = *raised;
                if raised.by_share != by_share || self.key_of(pool, operator).0 >= score {
                    break;
                }
                let key = self.key_of(pool, operator);
                self.set_state(pool, seat, SeatState::Ready(key));
            }
        }
    }

    /// An operator has other skills: it belongs to other pools of the lines of which it is a member.
    pub(super) fn reskill(&mut self, operator: OperatorIndex) {
        for (index, seat) in self.operators[operator].seats.clone() {
            let mut pools: Vec<PoolIndex> = self.lines[index].pools.values().copied().collect();
            pools.sort_unstable();
            for pool in pools {
                let meets = self.operators[operator].meets(&self.pools[pool].requirement);
                match (self.pools[pool].states[seat as usize], meets) {
                    (SeatState::Absent, true) => self.take_on(pool, seat, operator),
                    (SeatState::Absent, false) => {}
                    (_, true) => {}
                    (_, false) => self.set_state(pool, seat, SeatState::Absent),
                }
            }
        }
    }

    /// A member meets what a pool requires from now on.
    fn take_on(&mut self, pool: PoolIndex, seat: u32, operator: OperatorIndex) {
        let key = self.key_of(pool, operator);
        self.set_state(pool, seat, SeatState::Ready(key));
        let standing: Vec<DialogId> = self.pools[pool].standing.values().copied().collect();
        for dialog in standing {
            self.miss(dialog, operator);
        }
        self.call(pool);
    }
}

/// What a rule may look at.
fn standing(account: &Account, line: &Line, operator: OperatorIndex) -> Standing {
    Standing {
        touched: account.touched,
        given: line.given.get(&operator).copied().unwrap_or(0),
        load: account.charged(),
        capacity: account.capacity,
    }
}

/// What a dialog requires, and when it will require less.
fn required_by(
    names: &mut Registry<SkillId, SkillIndex, ()>,
    line: &Line,
    ticket: &Ticket,
) -> (Requirement, Option<Timestamp>) {
    let wishes = ticket.wishes.as_deref().map(|wishes| &wishes.wishes);
    if line.skills.is_empty() && wishes.is_none_or(|wishes| wishes.skills.is_empty()) {
        return (Requirement::new(), None);
    }
    let waited_ms = ticket.looked_at.since_ms(ticket.entered_at);
    let required = Wishes::require(wishes, &line.skills);
    let next = required.iter().filter_map(|skill| skill.next_relaxation(waited_ms)).min();
    let levels = required.iter().map(|skill| (&skill.skill, skill.level_after(waited_ms)));
    let needed = levels.filter(|(_, level)| *level > 0);
    let mut requirement: Requirement =
        needed.map(|(skill, level)| (names.intern(skill, || ()), level)).collect();
    requirement.sort_unstable();
    (requirement, next.map(|after_ms| ticket.entered_at.plus_ms(after_ms)))
}
