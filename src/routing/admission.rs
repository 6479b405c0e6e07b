//! Whether a queue takes one more dialog. Nothing is given out here.
//!
//! `max_waiting` bounds the dialogs of a channel that wait or are offered. Matching is tried first, but what is
//! offered still counts: only where answers are automatic does it let a dialog in that leaves none more of them.

use super::pool::SeatState;
use super::registry::{LineIndex, OperatorIndex, PoolIndex};
use super::router::Router;
use super::score::Score;
use super::ticket::{Holder, Ticket};
use crate::ids::{ChannelId, DialogId};

impl Router {
    /// Whether a dialog that opens in this channel is one too many for it, whoever may be given it: it would
    /// wait or be offered, where answers are not automatic.
    pub fn is_full(&self, channel: &ChannelId) -> bool {
        let line = self.lines.get(channel);
        line.is_some_and(|line| !line.answers_itself() && line.has_no_place(0))
    }

    /// Whether a dialog that was placed and found nobody is one too many for its channel.
    pub fn is_one_too_many(&self, dialog: DialogId) -> bool {
        let Some(ticket) = self.tickets.get(&dialog) else { return false };
        let line = &self.lines[ticket.line];
        line.max_waiting.is_some_and(|most| line.pooled + line.entering > most as usize)
    }

    /// Whether an open dialog cannot go into the queue of a channel: it is full, and nobody there would answer
    /// the dialog at once.
    pub fn is_full_for(&mut self, dialog: DialogId, channel: &ChannelId) -> bool {
        let (Some(index), Some(ticket)) = (self.lines.find(channel), self.tickets.get(&dialog)) else {
            return false;
        };
        let line = &self.lines[index];
        let is_there = usize::from(ticket.line == index && ticket.pool.is_some());
        line.has_no_place(is_there) && !(line.answers_itself() && self.could_be_given(dialog, index))
    }

    /// Whether somebody could be given the dialog if it came into this line now.
    fn could_be_given(&mut self, dialog: DialogId, index: LineIndex) -> bool {
        if !self.lines[index].gives() {
            return false;
        }
        self.rouse();
        // It comes anew: with all that it required at first, in the shape of a ticket that is nowhere.
        let mut arrival = Ticket::new(index, self.now);
        arrival.wishes.clone_from(&self.tickets[&dialog].wishes);
        let pool = self.pool_of(&arrival);
        self.pools.join(pool);
        arrival.pool = Some(pool);
        let given = self.preferred_now(&arrival, true).is_some()
            || self.has_ready(pool)
            || self.holders(dialog).into_iter().any(|(operator, units)| {
                let (line, ticket) = (&self.lines[index], &self.tickets[&dialog]);
                let priority = ticket.priority().unwrap_or(line.priority);
                let score = Score::of(self.now, priority, line.ageing_ms_per_point);
                self.would_fit(operator, units, pool) && !self.is_wanted(operator, units, (score, dialog))
            });
        self.pools.leave(pool);
        given
    }

    fn has_ready(&mut self, pool: PoolIndex) -> bool {
        while let Some((key, seat)) = self.pools[pool].ready_after(None) {
            let since = self.pools[pool].next_standing;
            if self.check_ready(pool, key, seat, since).is_some() {
                return true;
            }
        }
        false
    }

    /// Who would have these units back if the dialog left.
    fn holders(&self, dialog: DialogId) -> Vec<(OperatorIndex, u32)> {
        let ticket = &self.tickets[&dialog];
        match &ticket.holder {
            Holder::Owner(owner) => vec![(*owner, ticket.weight)],
            Holder::Offered { to, .. } => {
                let units = self.reserved_by_offer(ticket);
                to.as_slice().iter().map(|operator| (*operator, units)).collect()
            }
            Holder::Nobody | Holder::Bot(_) | Holder::Closed => Vec::new(),
        }
    }

    /// Whether a dialog that comes before this place waits for the operator to have these units back.
    fn is_wanted(&self, operator: OperatorIndex, units: u32, place: (Score, DialogId)) -> bool {
        self.operators[operator].seats.iter().any(|(line, seat)| {
            let mut pools = self.lines[*line].pools.values();
            self.lines[*line].gives()
                && pools.any(|pool| {
                    let sits = self.pools[*pool].states[*seat as usize] != SeatState::Absent;
                    let before = self.pools[*pool].head().is_some_and(|head| head < place);
                    sits && before && self.would_fit(operator, units, *pool)
                })
        })
    }

    /// Whether a member of the pool could be given its dialogs with these units back.
    fn would_fit(&self, operator: OperatorIndex, units: u32, pool: PoolIndex) -> bool {
        let (account, pool) = (&self.operators[operator], &self.pools[pool]);
        let line = &self.lines[pool.line];
        let charged = account.charged().saturating_sub(u64::from(units));
        let free = u64::from(account.capacity).saturating_sub(charged);
        account.seat(pool.line).is_some()
            && account.employed
            && account.is_present(line)
            && free >= u64::from(line.rules.weight)
            && account.meets(&pool.requirement)
            && account.spent_until.is_none()
    }
}
