//! Who gets one dialog: whom it prefers, else by the rule of its line. Which dialog comes first is not
//! decided here.

use smallvec::SmallVec;

use super::policy::Key;
use super::pool::SeatState;
use super::registry::{OperatorIndex, PoolIndex};
use super::router::Router;
use super::ticket::Missing;
use crate::domain::dialog::Reason;
use crate::ids::DialogId;

/// Who was chosen: mostly one, in mode `all` many.
pub(super) type Chosen = SmallVec<[OperatorIndex; 1]>;

impl Router {
    /// Who gets a waiting dialog: nobody, one, or in mode `all` everybody who may.
    ///
    /// If everybody who may get it has had it in this round, a new round begins with this choice.
    pub(super) fn choose(&mut self, dialog: DialogId) -> Chosen {
        let ticket = &self.tickets[&dialog];
        let line = &self.lines[ticket.line];
        let Some(pool) = ticket.pool.filter(|_| line.gives()) else { return Chosen::new() };
        let to_all = line.offers_to_all();
        if let Some((operator, preference)) = self.preferred_now(ticket, false) {
            self.rule_on_preferred(dialog, operator, preference);
            return Chosen::from_slice(&[operator]);
        }
        let (chosen, new_round) =
            if to_all { self.choose_all(dialog, pool) } else { self.choose_one(dialog, pool) };
        if new_round && let Some((operator, preference)) = self.preferred_now(&self.tickets[&dialog], true) {
            self.rule_on_preferred(dialog, operator, preference);
            return Chosen::from_slice(&[operator]);
        }
        if chosen.is_empty() {
            return chosen;
        }
        self.rule_on(dialog, pool, new_round);
        if to_all {
            let number = self.pools[pool].stand(dialog);
            self.ticket_mut(dialog).stand(pool, number, Missing::default());
        }
        chosen
    }

    /// The best by the line's rule, and whether a new round begins with it. Costs a logarithm for each one
    /// that comes before: those who have had the dialog, and those whose key was out of date, once for each
    /// time that it changed.
    fn choose_one(&mut self, dialog: DialogId, pool: PoolIndex) -> (Chosen, bool) {
        let mut first_of_new_round = None;
        let mut place = None;
        while let Some((key, seat)) = self.pools[pool].ready_after(place) {
            let Some(operator) = self.check_ready(pool, key, seat, 0) else { continue };
            if !self.tickets[&dialog].has_had(operator) {
                return (Chosen::from_slice(&[operator]), false);
            }
            first_of_new_round = first_of_new_round.or(Some(operator));
            place = Some((key, seat));
        }
        (first_of_new_round.into_iter().collect(), true)
    }

    fn choose_all(&mut self, dialog: DialogId, pool: PoolIndex) -> (Chosen, bool) {
        let number = self.pools[pool].next_standing;
        let available = self.all_available(pool, number);
        let ticket = &self.tickets[&dialog];
        let mut chosen = available.clone();
        chosen.retain(|operator| !ticket.has_had(*operator));
        if chosen.is_empty() { (available, true) } else { (chosen, false) }
    }

    /// Who, besides those who have it, gets a dialog that stands for all.
    pub(super) fn choose_more(&mut self, dialog: DialogId) -> Chosen {
        let ticket = self.ticket_mut(dialog);
        let Some(pool) = ticket.pool else { return Chosen::new() };
        let missing = ticket.take_missing();
        let number = ticket.standing().map_or(0, |(_, number)| number);
        let mut chosen = match missing {
            Missing::Everybody => {
                // Those who are parked for a later dialog have to hear of this one too.
                let states = (0..).zip(&self.pools[pool].states);
                let members: Vec<u32> =
                    states.filter(|(_, state)| **state != SeatState::Absent).map(|(seat, _)| seat).collect();
                self.still_available(members, pool, number)
            }
            Missing::Some(operators) => {
                let line = self.pools[pool].line;
                let seats =
                    operators.as_slice().iter().filter_map(|operator| self.operators[*operator].seat(line));
                let mut seats: Vec<u32> = seats.collect();
                seats.sort_unstable();
                self.still_available(seats, pool, number)
            }
        };
        let ticket = &self.tickets[&dialog];
        chosen.retain(|operator| !ticket.has_had(*operator) && !ticket.is_offered_to(*operator));
        if !chosen.is_empty() {
            self.rule_on_more(dialog, &chosen);
        }
        chosen
    }

    /// Every available member, by seat. The others are parked and will ask for what stands from
    /// `since` on.
    fn all_available(&mut self, pool: PoolIndex, since: u64) -> Chosen {
        let ready: Vec<(Key, u32)> = self.pools[pool].ready.iter().copied().collect();
        ready.into_iter().filter_map(|(key, seat)| self.check_ready(pool, key, seat, since)).collect()
    }

    fn still_available(&mut self, seats: Vec<u32>, pool: PoolIndex, since: u64) -> Chosen {
        let mut chosen = Chosen::new();
        for seat in seats {
            if self.pools[pool].states[seat as usize] == SeatState::Absent {
                continue;
            }
            match self.obstacle_of(pool, seat) {
                None => chosen.push(self.operator_at(pool, seat)),
                Some(reason) => self.park(pool, seat, since, reason),
            }
        }
        chosen
    }

    /// The operator who is ready under this key, if it is available and the key is up to date.
    /// Otherwise it is parked or moved to its place.
    pub(super) fn check_ready(
        &mut self,
        pool: PoolIndex,
        key: Key,
        seat: u32,
        since: u64,
    ) -> Option<OperatorIndex> {
        let operator = self.operator_at(pool, seat);
        if !self.operators[operator].is_available(&self.lines[self.pools[pool].line]) {
            let reason = self.obstacle_of(pool, seat).unwrap_or(Reason::Capacity);
            self.park(pool, seat, since, reason);
            return None;
        }
        let true_key = self.key_of(pool, operator);
        if true_key == key {
            return Some(operator);
        }
        self.set_state(pool, seat, SeatState::Ready(true_key));
        None
    }

    pub(super) fn operator_at(&self, pool: PoolIndex, seat: u32) -> OperatorIndex {
        self.lines[self.pools[pool].line].seats[seat as usize].operator
    }

    /// Why the member of a seat cannot be given a dialog of the pool now.
    pub(super) fn obstacle_of(&self, pool: PoolIndex, seat: u32) -> Option<Reason> {
        let (pool, operator) = (&self.pools[pool], self.operator_at(pool, seat));
        self.operators[operator].obstacle(&self.lines[pool.line], &pool.requirement)
    }

    fn park(&mut self, pool: PoolIndex, seat: u32, since: u64, reason: Reason) {
        let since = match self.pools[pool].states[seat as usize] {
            SeatState::Parked(before, _) => before.min(since),
            _ => since,
        };
        self.set_state(pool, seat, SeatState::Parked(since, reason));
    }
}
