//! What is written down of a decision, so that it can be explained. Nothing is decided here.
//!
//! In a queue of up to [`limits::RULING_FILTERED`] members everybody stands in it: the candidates, the best
//! first, and the others with the reason why they are none. In a larger one the best
//! [`limits::RULING_CANDIDATES`] candidates do, and the others are counted by reason, as each was found when
//! it was last looked at: members are looked at when they come first, and not all of them for each dialog.
//! So whoever has become unavailable and has not come first since still counts as a candidate.

use smallvec::SmallVec;

use super::line::Seat;
use super::policy::Key;
use super::registry::{LineIndex, OperatorIndex, PoolIndex};
use super::router::Router;
use crate::domain::dialog::{PackedConsidered, Packing, Preference, Reason, Rule, Ruling};
use crate::ids::DialogId;
use crate::limits;

/// Somebody who could have got the dialog, where the rule puts them, and their rank in the queue.
type Contender = (Key, OperatorIndex, i64);

/// Those of a small queue, or the best of a large one.
type Contenders = SmallVec<[Contender; limits::RULING_CANDIDATES]>;

/// Some who could not get the dialog, and why.
type Passed = SmallVec<[(OperatorIndex, Reason); 8]>;

/// Whom a decision considered.
#[derive(Default)]
struct Considering {
    contenders: Contenders,
    more_contenders: usize,
    passed: Passed,
    more_passed: SmallVec<[(Reason, u32); 8]>,
}

impl Router {
    /// Why nobody can be given a dialog. Where somebody could be, others are before it and nothing was decided.
    pub(super) fn rule_on_waiting(&mut self, dialog: DialogId) {
        match self.tickets[&dialog].pool {
            Some(pool) => self.rule_on(dialog, pool, false),
            None => self.ruling = None,
        }
        self.ruling.take_if(|ruling| ruling.considered.has_candidates());
    }

    /// Why a dialog goes to whom the rule of its line puts first.
    pub(super) fn rule_on(&mut self, dialog: DialogId, pool: PoolIndex, new_round: bool) {
        let mut considering = match self.lines[self.pools[pool].line].seats.len() <= limits::RULING_FILTERED {
            true => self.everybody(dialog, pool, new_round),
            false => self.the_best(dialog, pool, new_round),
        };
        self.pass_over_preferred(dialog, &mut considering);
        self.keep_ruling(dialog, None, considering);
    }

    /// Why a dialog goes to whom it prefers.
    pub(super) fn rule_on_preferred(
        &mut self,
        dialog: DialogId,
        operator: OperatorIndex,
        preference: Preference,
    ) {
        let pool = self.tickets[&dialog].pool;
        let contenders = pool.map(|pool| self.contender(pool, operator)).into_iter().collect();
        self.keep_ruling(dialog, Some(preference), Considering { contenders, ..Considering::default() });
    }

    /// Why a dialog that stands for all goes to more of them.
    pub(super) fn rule_on_more(&mut self, dialog: DialogId, added: &[OperatorIndex]) {
        let Some(pool) = self.tickets[&dialog].pool else { return };
        let shown = added.iter().take(limits::RULING_CANDIDATES);
        let contenders: Contenders = shown.map(|operator| self.contender(pool, *operator)).collect();
        let more_contenders = added.len() - contenders.len();
        self.keep_ruling(dialog, None, Considering { contenders, more_contenders, ..Considering::default() });
    }

    /// Gives the decision its number, which those who were chosen keep.
    pub(super) fn number_ruling(&mut self, line: LineIndex, chosen: &[OperatorIndex]) {
        self.rulings += 1;
        let number = self.rulings;
        if let Some(ruling) = &mut self.ruling {
            ruling.number = number;
        }
        for operator in chosen {
            self.given_to(*operator, number);
            if self.lines[line].policy().rule() == Rule::RoundRobin1 {
                self.lines[line].given.insert(*operator, number);
            }
        }
    }

    fn keep_ruling(&mut self, dialog: DialogId, preferred: Option<Preference>, mut considering: Considering) {
        let line = self.tickets[&dialog].line;
        let rule = self.lines[line].policy().rule();
        count_touches(rule, &mut considering.contenders);
        self.ruling = Some(Ruling {
            number: 0,
            channel: self.lines.key(line).clone(),
            rule,
            preferred,
            considered: self.pack(&considering),
        });
    }

    /// An operator who need not be a member of the queue.
    fn contender(&self, pool: PoolIndex, operator: OperatorIndex) -> Contender {
        let line = self.pools[pool].line;
        let seat = self.operators[operator].seat(line).map(|seat| &self.lines[line].seats[seat as usize]);
        (self.key_of(pool, operator), operator, seat.map_or(0, |seat| seat.rank))
    }

    fn pack(&self, considering: &Considering) -> PackedConsidered {
        let Considering { contenders, more_contenders, passed, more_passed } = considering;
        let mut packing = Packing::new(contenders.len());
        for (key, operator, rank) in contenders {
            packing.candidate(&self.operators[*operator].id, *key, *rank);
        }
        let passed = passed.iter().map(|(operator, reason)| (&self.operators[*operator].id, *reason));
        packing.finish(*more_contenders as u32, passed, more_passed)
    }

    fn everybody(&self, dialog: DialogId, pool: PoolIndex, new_round: bool) -> Considering {
        let line = &self.lines[self.pools[pool].line];
        let ticket = &self.tickets[&dialog];
        let gives = line.gives();
        let mut passed = Passed::new();
        let mut seats: SmallVec<[(Key, u32); 8]> = SmallVec::new();
        for (place, seat) in (0..).zip(&line.seats) {
            let account = &self.operators[seat.operator];
            let had_it = !new_round && ticket.has_had(seat.operator);
            let obstacle = account
                .obstacle(line, &self.pools[pool].requirement)
                .or(had_it.then_some(Reason::Round))
                .or(line.door.is_closed().then_some(Reason::Hours));
            match obstacle {
                Some(reason) => passed.push((seat.operator, reason)),
                None if gives => seats.push((self.key_of(pool, seat.operator), place)),
                None => {}
            }
        }
        seats.sort_unstable();
        let contender = |(key, seat): (Key, u32)| {
            let seat = &line.seats[seat as usize];
            (key, seat.operator, seat.rank)
        };
        let contenders = seats.into_iter().map(contender).collect();
        Considering { contenders, passed, ..Considering::default() }
    }

    fn the_best(&mut self, dialog: DialogId, pool: PoolIndex, new_round: bool) -> Considering {
        let gives = self.lines[self.pools[pool].line].gives();
        let (contenders, had_it) = match gives {
            true => self.best_ready(dialog, pool, new_round),
            false => (Contenders::new(), 0),
        };
        let pool = &self.pools[pool];
        let absent = self.lines[pool.line].seats.len() - pool.size;
        let known = contenders.len() + had_it;
        let more_contenders = if gives { pool.ready.len().saturating_sub(known) } else { 0 };
        let mut counts: SmallVec<[(Reason, u32); 8]> = pool.parked_by_reason().collect();
        counts.push((Reason::Skill, absent as u32));
        counts.push((Reason::Round, had_it as u32));
        let closed = self.lines[pool.line].door.is_closed();
        counts.push((Reason::Hours, if closed { pool.ready.len() as u32 } else { 0 }));
        counts.sort_unstable();
        counts.retain(|(_, count)| *count > 0);
        Considering { contenders, more_contenders, passed: Passed::new(), more_passed: counts }
    }

    /// The first of those who are ready, as many as are kept, and how many on the way have had the dialog. Who
    /// is not available or not in the right place any more is put right first, which costs once for each time
    /// that it changed.
    fn best_ready(&mut self, dialog: DialogId, pool: PoolIndex, new_round: bool) -> (Contenders, usize) {
        let next_standing = self.pools[pool].next_standing;
        loop {
            let (mut best, mut had_it, mut wrong) =
                (Contenders::new(), 0, SmallVec::<[(Key, u32); 8]>::new());
            let line = &self.lines[self.pools[pool].line];
            let ticket = &self.tickets[&dialog];
            for (key, seat) in &self.pools[pool].ready {
                let &Seat { operator, rank, .. } = &line.seats[*seat as usize];
                if !self.operators[operator].is_available(line) || self.key_of(pool, operator) != *key {
                    wrong.push((*key, *seat));
                } else if !new_round && ticket.has_had(operator) {
                    had_it += 1;
                } else {
                    best.push((*key, operator, rank));
                }
                if best.len() == limits::RULING_CANDIDATES {
                    break;
                }
            }
            if wrong.is_empty() {
                return (best, had_it);
            }
            for (key, seat) in wrong {
                self.check_ready(pool, key, seat, next_standing);
            }
        }
    }

    /// Why the one whom the dialog prefers is passed over, unless that is said already.
    fn pass_over_preferred(&self, dialog: DialogId, considering: &mut Considering) {
        let ticket = &self.tickets[&dialog];
        let Some((operator, _)) = self.preferred(ticket).filter(|_| self.lines[ticket.line].gives()) else {
            return;
        };
        let obstacle =
            self.preferred_obstacle(ticket, operator).or(ticket.has_had(operator).then_some(Reason::Round));
        let is_said = considering.passed.iter().any(|(passed, _)| *passed == operator);
        if let (Some(reason), false) = (obstacle, is_said) {
            considering.passed.push((operator, reason));
        }
    }
}

/// Touches are numbered anew at a restart, and a decision is written down in the same way whether there was one or
/// not. So it says in which order the candidates were touched: 0 never, 1 longest ago.
fn count_touches(rule: Rule, contenders: &mut [Contender]) {
    let touch: fn(&mut Key) -> &mut u64 = match rule {
        Rule::Evenly1 => |(score, _)| score,
        Rule::LeastLoaded1 | Rule::MostAvailable1 => |(_, tie)| tie,
        _ => return,
    };
    let touches = contenders.iter_mut().map(|(key, ..)| touch(key));
    let mut touches: SmallVec<[&mut u64; limits::RULING_CANDIDATES]> =
        touches.filter(|touch| **touch > 0).collect();
    // Mostly they stand in this order already.
    touches.sort_unstable();
    (1..).zip(touches).for_each(|(place, touch)| *touch = place);
}
