//! Whether a queue takes one more dialog. Nothing is given out here.
//!
//! `max_waiting` bounds the dialogs of a channel that wait or are offered. Matching is tried first, but what is
//! offered still counts: only where answers are automatic does it let a dialog in that leaves none more of them.

use super::pool::Requirement;
use super::registry::{LineIndex, OperatorIndex, PoolIndex};
use super::router::Router;
use super::score::Score;
use super::ticket::{Holder, Ticket};
use crate::domain::channel::Ignored;
use crate::ids::{ChannelId, DialogId};

/// Where a dialog stands among all that wait.
type Place = (Score, DialogId);

impl Router {
    /// Whether a dialog that opens in this channel is one too many for it, whoever may be given it: it would
    /// wait or be offered, where answers are not automatic.
    pub fn is_full(&self, channel: &ChannelId) -> bool {
        let line = self.lines.get(channel);
        line.is_some_and(|line| !line.answers_itself() && line.has_no_place())
    }

    /// Whether a dialog that was placed and found nobody is one too many for its channel.
    pub fn is_one_too_many(&self, dialog: DialogId) -> bool {
        let Some(ticket) = self.tickets.get(&dialog) else { return false };
        let line = &self.lines[ticket.line];
        line.max_waiting.is_some_and(|most| line.pooled + line.entering > most as usize)
    }

    /// Whether an open dialog cannot go into the queue of a channel: it is full, and would hold one more when all
    /// that follows has been matched.
    pub(super) fn is_full_for(&mut self, dialog: DialogId, index: LineIndex) -> bool {
        let Some(ticket) = self.tickets.get(&dialog) else { return false };
        let line = &self.lines[index];
        let is_there = ticket.line == index && ticket.pool.is_some();
        let takes_one_more = is_there || !line.has_no_place();
        // Whoever could answer it at once may be the one who answers another on its way there.
        let may_answer = line.answers_itself() && line.entering == 0;
        !(takes_one_more || may_answer && self.leaves_none_more(dialog, index))
    }

    /// Whether some dialog of this line is answered when the dialog comes into it now: this one, or one that
    /// waited for whoever has this one.
    fn leaves_none_more(&mut self, dialog: DialogId, index: LineIndex) -> bool {
        if !self.lines[index].gives() {
            return false;
        }
        self.rouse();
        // It comes anew: with all that it required at first, in the shape of a ticket that is nowhere.
        let mut arrival = Ticket::new(index, self.now);
        arrival.wishes.clone_from(&self.tickets[&dialog].wishes);
        let line = &self.lines[index];
        let priority = arrival.priority().unwrap_or(line.priority);
        arrival.score = Score::of(self.now, priority, line.ageing_ms_per_point);
        let pool = self.pool_of(&arrival);
        self.pools.join(pool);
        arrival.pool = Some(pool);
        let holders = self.holders(dialog);
        let is_holder = |operator| holders.iter().any(|(holder, _)| *holder == operator);
        let preferred = self.preferred_now(&arrival, true);
        let answered = preferred.is_some_and(|(operator, _)| !is_holder(operator))
            || self.has_ready(pool, is_holder)
            || holders.iter().any(|holder| self.gets_one_of(*holder, dialog, &arrival));
        self.pools.leave(pool);
        answered
    }

    /// Whether a member of the pool is ready, apart from these.
    fn has_ready(&mut self, pool: PoolIndex, apart: impl Fn(OperatorIndex) -> bool) -> bool {
        let mut place = None;
        while let Some((key, seat)) = self.pools[pool].ready_after(place) {
            let since = self.pools[pool].next_standing;
            match self.check_ready(pool, key, seat, since) {
                Some(operator) if !apart(operator) => return true,
                Some(_) => place = Some((key, seat)),
                None => {}
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

    /// Whether the operator, with the units of this dialog back, is given some dialog of the line into which it
    /// goes. Whoever waits for the operator is given to it in its turn.
    fn gets_one_of(&self, holder: (OperatorIndex, u32), dialog: DialogId, arrival: &Ticket) -> bool {
        let (operator, units) = holder;
        let account = &self.operators[operator];
        let charged = account.charged().saturating_sub(u64::from(units));
        let mut free = u64::from(account.capacity).saturating_sub(charged);
        let mut turns = account.turns_left(self.now).unwrap_or(usize::MAX);
        let mut wanted = self.wanted(operator, free, turns);
        wanted.retain(|(place, _)| place.1 != dialog);
        let ignores_capacity = self.lines[arrival.line].ignores(Ignored::Capacity)
            && self.preferred(arrival).is_some_and(|(preferred, _)| preferred == operator);
        let needed = if ignores_capacity { 0 } else { u64::from(self.lines[arrival.line].rules.weight) };
        let requirement = arrival.pool.map(|pool| &self.pools[pool].requirement);
        if requirement.is_some_and(|requirement| self.lacks_only_room(operator, arrival, requirement)) {
            wanted.push(((arrival.score(), dialog), arrival.line));
        }
        wanted.sort_unstable();
        wanted.dedup();
        for ((_, other), line) in wanted {
            let weight = u64::from(self.lines[line].rules.weight);
            let needed = if other == dialog { needed } else { weight };
            if turns == 0 || needed > free {
                continue;
            }
            if line == arrival.line {
                return true;
            }
            free -= if self.lines[line].offers_to_all() { 0 } else { weight };
            turns -= 1;
        }
        false
    }

    /// Whether an operator, as a member or as the one it prefers, could be given a dialog but for its capacity and
    /// its share.
    fn lacks_only_room(&self, operator: OperatorIndex, ticket: &Ticket, requirement: &Requirement) -> bool {
        let (account, line) = (&self.operators[operator], &self.lines[ticket.line]);
        let is_preferred = self.preferred(ticket).is_some_and(|(preferred, _)| preferred == operator);
        let has = |what| is_preferred && line.ignores(what);
        account.employed
            && account.meets(requirement)
            && (has(Ignored::Membership) || account.seat(ticket.line).is_some())
            && (has(Ignored::Presence) || account.is_present(line))
    }

    /// The dialogs that wait for nothing but room with this operator, as many as it can be given.
    fn wanted(&self, operator: OperatorIndex, free: u64, turns: usize) -> Vec<(Place, LineIndex)> {
        let account = &self.operators[operator];
        let mut wanted = Vec::new();
        let lines = account.seats.iter().filter(|(line, _)| self.lines[*line].gives());
        let pools = lines.flat_map(|(line, _)| self.lines[*line].pools.values());
        for pool in pools.map(|pool| &self.pools[*pool]) {
            let line = &self.lines[pool.line];
            if account.employed && account.is_present(line) && account.meets(&pool.requirement) {
                let most = match line.offers_to_all() {
                    // What takes no room and no turn is in nobody's way.
                    true if turns == usize::MAX => 0,
                    true => turns,
                    false => turns.min((free / u64::from(line.rules.weight.max(1))) as usize),
                };
                wanted.extend(pool.resting.iter().take(most).map(|place| (*place, pool.line)));
            }
        }
        for (pool, places) in &account.preferred {
            let line = self.pools[*pool].line;
            let first = places.first().and_then(|(_, dialog)| self.tickets.get(dialog));
            let requirement = &self.pools[*pool].requirement;
            let lacks_only_room = first.is_some_and(|it| self.lacks_only_room(operator, it, requirement));
            if self.lines[line].gives() && lacks_only_room {
                wanted.extend(places.iter().take(turns).map(|place| (*place, line)));
            }
        }
        wanted.extend(self.wanted_by_mending(operator));
        wanted
    }

    /// Dialogs that wait, and are just being asked whether something is due: where nothing is, they wait on.
    fn wanted_by_mending(&self, operator: OperatorIndex) -> impl Iterator<Item = (Place, LineIndex)> {
        let place = move |dialog: &DialogId| {
            let ticket = &self.tickets[dialog];
            let pool = &self.pools[ticket.pool.filter(|_| ticket.is_waiting())?];
            let waits =
                self.lines[ticket.line].gives() && self.lacks_only_room(operator, ticket, &pool.requirement);
            waits.then_some(((ticket.score(), *dialog), ticket.line))
        };
        self.mending.iter().filter_map(place)
    }
}
