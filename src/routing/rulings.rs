//! What is written down of a decision, so that it can be explained. Nothing is decided here.
//!
//! In a queue of up to [`limits::RULING_FILTERED`] members everybody stands in it: the candidates, the best
//! first, and the others with the reason why they are none. In a larger one the best
//! [`limits::RULING_CANDIDATES`] candidates do, and the others are counted by reason, as each was found when
//! it was last looked at: members are looked at when they come first, and not all of them for each dialog.
//! So whoever has become unavailable and has not come first since still counts as a candidate.

use smallvec::SmallVec;

use super::choosing::Chosen;
use super::policy::Key;
use super::registry::{LineIndex, OperatorIndex, PoolIndex};
use super::router::Router;
use crate::domain::dialog::{Candidate, Filtered, Preference, Reason, Rule, Ruling};
use crate::ids::DialogId;
use crate::limits;

impl Router {
    /// Why nobody can be given a dialog. Where somebody could be, others are before it and nothing was decided.
    pub(super) fn rule_on_waiting(&mut self, dialog: DialogId) {
        match self.tickets[&dialog].pool {
            Some(pool) => self.rule_on(dialog, pool, false),
            None => self.ruling = None,
        }
        self.ruling.take_if(|ruling| !ruling.candidates.is_empty());
    }

    /// Why a dialog goes to whom the rule of its line puts first.
    pub(super) fn rule_on(&mut self, dialog: DialogId, pool: PoolIndex, new_round: bool) {
        let mut ruling = self.blank(dialog);
        if self.lines[self.pools[pool].line].seats.len() <= limits::RULING_FILTERED {
            self.tell_everybody(dialog, pool, new_round, &mut ruling);
        } else {
            self.tell_the_best(dialog, pool, new_round, &mut ruling);
        }
        self.tell_preferred(dialog, &mut ruling);
        count_touches(&mut ruling);
        self.ruling = Some(ruling);
    }

    /// Why a dialog goes to whom it prefers.
    pub(super) fn rule_on_preferred(
        &mut self,
        dialog: DialogId,
        operator: OperatorIndex,
        preference: Preference,
    ) {
        let mut ruling = self.blank(dialog);
        ruling.preferred = Some(preference);
        ruling.candidates.extend(self.tickets[&dialog].pool.map(|pool| self.candidate(pool, operator)));
        count_touches(&mut ruling);
        self.ruling = Some(ruling);
    }

    /// Why a dialog that stands for all goes to more of them.
    pub(super) fn rule_on_more(&mut self, dialog: DialogId, added: &[OperatorIndex]) {
        let mut ruling = self.blank(dialog);
        if let Some(pool) = self.tickets[&dialog].pool {
            let shown = added.iter().take(limits::RULING_CANDIDATES);
            ruling.candidates.extend(shown.map(|operator| self.candidate(pool, *operator)));
            ruling.more_candidates = (added.len() - ruling.candidates.len()) as u32;
        }
        self.ruling = Some(ruling);
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

    fn blank(&self, dialog: DialogId) -> Ruling {
        let line = self.tickets[&dialog].line;
        Ruling {
            number: 0,
            channel: self.lines.key(line).clone(),
            rule: self.lines[line].policy().rule(),
            preferred: None,
            candidates: SmallVec::new(),
            more_candidates: 0,
            filtered: SmallVec::new(),
            more_filtered: Vec::new(),
        }
    }

    fn candidate(&self, pool: PoolIndex, operator: OperatorIndex) -> Candidate {
        let line = self.pools[pool].line;
        let account = &self.operators[operator];
        let (score, tie) = self.key_of(pool, operator);
        let rank = account.seat(line).map_or(0, |seat| self.lines[line].seats[seat as usize].rank);
        Candidate { operator: account.id.clone(), score, tie, rank }
    }

    fn tell_everybody(&self, dialog: DialogId, pool: PoolIndex, new_round: bool, ruling: &mut Ruling) {
        let line = &self.lines[self.pools[pool].line];
        let round = &self.tickets[&dialog].round;
        let gives = line.gives();
        let mut candidates: SmallVec<[(Key, u32); 8]> = SmallVec::new();
        for (place, seat) in (0..).zip(&line.seats) {
            let account = &self.operators[seat.operator];
            let had_it = !new_round && round.contains(seat.operator);
            let obstacle = account
                .obstacle(line, &self.pools[pool].requirement)
                .or(had_it.then_some(Reason::Round))
                .or(line.door.is_closed().then_some(Reason::Hours));
            match obstacle {
                Some(reason) => ruling.filtered.push(Filtered { operator: account.id.clone(), reason }),
                None if gives => candidates.push((self.key_of(pool, seat.operator), place)),
                None => {}
            }
        }
        candidates.sort_unstable();
        let operators = candidates.into_iter().map(|(_, seat)| self.operator_at(pool, seat));
        ruling.candidates.extend(operators.map(|operator| self.candidate(pool, operator)));
    }

    fn tell_the_best(&mut self, dialog: DialogId, pool: PoolIndex, new_round: bool, ruling: &mut Ruling) {
        let gives = self.lines[self.pools[pool].line].gives();
        let mut best = Chosen::new();
        let mut place = None;
        let mut had_it = 0;
        let next_standing = self.pools[pool].next_standing;
        while gives
            && best.len() < limits::RULING_CANDIDATES
            && let Some((key, seat)) = self.pools[pool].ready_after(place)
        {
            let Some(operator) = self.check_ready(pool, key, seat, next_standing) else { continue };
            place = Some((key, seat));
            if !new_round && self.tickets[&dialog].round.contains(operator) {
                had_it += 1;
            } else {
                best.push(operator);
            }
        }
        ruling.candidates.extend(best.iter().map(|operator| self.candidate(pool, *operator)));
        let pool = &self.pools[pool];
        let absent = self.lines[pool.line].seats.len() - pool.size;
        let known = best.len() + had_it;
        ruling.more_candidates = if gives { pool.ready.len().saturating_sub(known) as u32 } else { 0 };
        let mut counts: Vec<(Reason, u32)> = pool.parked_by_reason().collect();
        counts.push((Reason::Skill, absent as u32));
        counts.push((Reason::Round, had_it as u32));
        let closed = self.lines[pool.line].door.is_closed();
        counts.push((Reason::Hours, if closed { pool.ready.len() as u32 } else { 0 }));
        counts.sort_unstable();
        counts.retain(|(_, count)| *count > 0);
        ruling.more_filtered = counts;
    }

    /// Why the one whom the dialog prefers is passed over, unless that is said already.
    fn tell_preferred(&self, dialog: DialogId, ruling: &mut Ruling) {
        let ticket = &self.tickets[&dialog];
        let Some((operator, _)) = self.preferred(ticket).filter(|_| self.lines[ticket.line].gives()) else {
            return;
        };
        let id = &self.operators[operator].id;
        let obstacle = self
            .preferred_obstacle(ticket, operator)
            .or(ticket.round.contains(operator).then_some(Reason::Round));
        let is_said = ruling.filtered.iter().any(|filtered| filtered.operator == *id);
        if let (Some(reason), false) = (obstacle, is_said) {
            ruling.filtered.push(Filtered { operator: id.clone(), reason });
        }
    }
}

/// Touches are numbered anew at a restart, and a decision is written down in the same way whether there was one or
/// not. So it says in which order the candidates were touched: 0 never, 1 longest ago.
fn count_touches(ruling: &mut Ruling) {
    let touches: fn(&mut Candidate) -> &mut u64 = match ruling.rule {
        Rule::Evenly1 => |candidate| &mut candidate.score,
        Rule::LeastLoaded1 | Rule::MostAvailable1 => |candidate| &mut candidate.tie,
        _ => return,
    };
    let touched = ruling.candidates.iter_mut().map(|candidate| *touches(candidate));
    let mut order: SmallVec<[u64; 8]> = touched.filter(|touch| *touch > 0).collect();
    order.sort_unstable();
    for candidate in &mut ruling.candidates {
        let touch = touches(candidate);
        *touch = order.binary_search(touch).map_or(0, |place| place as u64 + 1);
    }
}
