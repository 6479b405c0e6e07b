//! What follows now: what has to be taken back, then who gets which dialog, then what still waits.

use super::account::Parking;
use super::clocks::timer_of;
use super::directive::Directive;
use super::line::SeatState;
use super::policy::Key;
use super::registry::{LineIndex, OperatorIndex};
use super::router::{Mend, Router};
use super::ticket::Missing;
use super::timers::Subject;
use crate::ids::{DialogId, OperatorId};
use crate::timestamp::Timestamp;

impl Router {
    /// What is to be done now, if anything. The directive is under way once it was returned.
    ///
    /// Matching waits until all that was to be taken back is back: only then is it known which dialogs
    /// are there to be given, and the first of them goes first.
    #[allow(clippy::should_implement_trait, reason = "the router is no iterator: it goes on after `None`")]
    pub fn next(&mut self) -> Option<Directive> {
        if let Some(directive) = self.mend() {
            return Some(directive);
        }
        if self.mending > 0 {
            return None;
        }
        self.rouse();
        self.give().or_else(|| self.announce())
    }

    /// What falls due first, if its time has come: everything of one kind at one instant, by dialog.
    ///
    /// To be called when [`Router::next`] has no more to say. Nothing is due while an earlier batch is
    /// still being taken back, so that what falls due together is matched together.
    pub fn due(&mut self, now: Timestamp) -> Vec<Directive> {
        let mut due = Vec::new();
        if self.mending > 0 {
            return due;
        }
        let Some((deadline, kind, subjects)) = self.timers.take_due(now) else { return due };
        for subject in subjects {
            match subject {
                Subject::Dialog(dialog) if self.is_offer(dialog, kind, deadline) => {
                    self.start_trip(dialog, None, true);
                    due.push(Directive::Expire { dialog, deadline });
                }
                Subject::Dialog(dialog) => {
                    due.extend(timer_of(kind).and_then(|timer| self.time_out(dialog, timer)));
                }
                Subject::Line(line) => self.read_clock(line, now),
                Subject::Operator(_) => {}
            }
        }
        due
    }

    /// When something falls due next.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.timers.next()
    }

    fn mend(&mut self) -> Option<Directive> {
        while let Some((mend, dialog, operator)) = self.mends.pop_first() {
            if !self.tickets.contains_key(&dialog) {
                continue;
            }
            self.start_trip(dialog, None, true);
            let operator = self.operators[operator].id.clone();
            return Some(match mend {
                Mend::Withdraw => Directive::Withdraw { dialog, operator },
                Mend::ReturnToQueue => Directive::ReturnToQueue { dialog, operator },
            });
        }
        None
    }

    /// Gives the first dialog for which somebody is available.
    fn give(&mut self) -> Option<Directive> {
        while let Some((score, dialog, index)) = self.demand.pop_first() {
            if self.lines[index].head() == Some((score, dialog)) {
                let chosen = self.choose(dialog);
                if !chosen.is_empty() {
                    return Some(self.offer(dialog, &chosen));
                }
                continue;
            }
            let stands = self.tickets.get(&dialog).is_some_and(|ticket| {
                ticket.is_at_rest()
                    && !ticket.missing.is_none()
                    && ticket.line == index
                    && !self.lines[index].door.is_closed()
                    && ticket.score() == score
            });
            if stands {
                let added = self.choose_more(dialog);
                if !added.is_empty() {
                    return Some(self.offer(dialog, &added));
                }
            } else {
                self.call(index);
            }
        }
        None
    }

    fn announce(&mut self) -> Option<Directive> {
        let (_, dialog) = self.unannounced.first().copied()?;
        self.start_trip(dialog, None, false);
        Some(Directive::Announce { dialog })
    }

    fn offer(&mut self, dialog: DialogId, chosen: &[OperatorIndex]) -> Directive {
        self.send_out(dialog, chosen);
        let operators: Vec<OperatorId> =
            chosen.iter().map(|operator| self.operators[*operator].id.clone()).collect();
        Directive::Offer { dialog, operators }
    }

    /// Who gets a waiting dialog: nobody, one, or in mode `all` everybody who may.
    ///
    /// If everybody who is available has had it in this round, a new round begins with this choice.
    pub(super) fn choose(&mut self, dialog: DialogId) -> Vec<OperatorIndex> {
        let index = self.tickets[&dialog].line;
        if self.lines[index].offers_to_all() {
            self.choose_all(dialog, index)
        } else {
            self.choose_one(dialog, index).into_iter().collect()
        }
    }

    /// The best by the line's rule. Costs a logarithm for each one that comes before: those who have
    /// had the dialog, and those whose key was out of date, once for each time that it changed.
    fn choose_one(&mut self, dialog: DialogId, index: LineIndex) -> Option<OperatorIndex> {
        let mut first_of_new_round = None;
        let mut place = None;
        while let Some((key, seat)) = self.lines[index].ready_after(place) {
            let Some(operator) = self.check_ready(index, key, seat, 0) else { continue };
            if !self.tickets[&dialog].round.contains(operator) {
                return Some(operator);
            }
            first_of_new_round = first_of_new_round.or(Some(operator));
            place = Some((key, seat));
        }
        first_of_new_round
    }

    fn choose_all(&mut self, dialog: DialogId, index: LineIndex) -> Vec<OperatorIndex> {
        let number = self.lines[index].next_standing;
        let available = self.all_available(index, number);
        let ticket = &self.tickets[&dialog];
        let mut chosen = available.clone();
        chosen.retain(|operator| !ticket.round.contains(*operator));
        if chosen.is_empty() {
            chosen = available;
        }
        if !chosen.is_empty() {
            let number = self.lines[index].stand(dialog);
            self.ticket_mut(dialog).standing = Some((index, number));
        }
        chosen
    }

    /// Who, besides those who have it, gets a dialog that stands for all.
    fn choose_more(&mut self, dialog: DialogId) -> Vec<OperatorIndex> {
        let ticket = self.ticket_mut(dialog);
        let index = ticket.line;
        let missing = std::mem::replace(&mut ticket.missing, Missing::none());
        let number = ticket.standing.map_or(0, |(_, number)| number);
        let mut chosen = match missing {
            Missing::Everybody => {
                // Those who are parked for a later dialog have to hear of this one too.
                let members: Vec<OperatorIndex> =
                    self.lines[index].seats.iter().map(|seat| seat.operator).collect();
                self.still_available(&members, index, number)
            }
            Missing::Some(operators) => self.still_available(operators.as_slice(), index, number),
        };
        let ticket = &self.tickets[&dialog];
        chosen.retain(|operator| !ticket.round.contains(*operator) && !ticket.is_offered_to(*operator));
        chosen
    }

    /// Every available member, by seat. The others are parked and will ask for what stands from
    /// `since` on.
    fn all_available(&mut self, index: LineIndex, since: u64) -> Vec<OperatorIndex> {
        let ready: Vec<(Key, u32)> = self.lines[index].ready.iter().copied().collect();
        ready.into_iter().filter_map(|(key, seat)| self.check_ready(index, key, seat, since)).collect()
    }

    fn still_available(
        &mut self,
        operators: &[OperatorIndex],
        index: LineIndex,
        since: u64,
    ) -> Vec<OperatorIndex> {
        let mut chosen = Vec::new();
        for operator in operators {
            let Some(seat) = self.operators[*operator].seat(index) else { continue };
            if self.operators[*operator].is_available(&self.lines[index]) {
                chosen.push((seat, *operator));
            } else {
                self.park(index, seat, since);
            }
        }
        chosen.sort_unstable_by_key(|(seat, _)| *seat);
        chosen.into_iter().map(|(_, operator)| operator).collect()
    }

    /// The operator who is ready under this key, if it is available and the key is up to date.
    /// Otherwise it is parked or moved to its place.
    fn check_ready(&mut self, index: LineIndex, key: Key, seat: u32, since: u64) -> Option<OperatorIndex> {
        let line = &mut self.lines[index];
        let operator = line.seats[seat as usize].operator;
        let account = &self.operators[operator];
        if !account.is_available(line) {
            self.park(index, seat, since);
            return None;
        }
        let true_key = line.policy().key(&account.standing());
        if true_key == key {
            return Some(operator);
        }
        line.make_ready(seat, true_key);
        None
    }

    fn park(&mut self, index: LineIndex, seat: u32, since: u64) {
        let line = &mut self.lines[index];
        line.park(seat, since);
        debug_assert!(matches!(line.seats[seat as usize].state, SeatState::Parked(_)));
        let parking =
            Parking { check_online: line.check_online, weight: line.rules.weight, line: index, seat };
        let operator = line.seats[seat as usize].operator;
        self.operators[operator].parked.insert(parking);
    }
}
