//! What follows now: what has to be taken back, then who gets which dialog, then what still waits.

use super::choosing::Chosen;
use super::clocks::timer_of;
use super::directive::Directive;
use super::registry::{OperatorIndex, PoolIndex};
use super::router::{Mend, Router};
use super::score::Score;
use super::ticket::Ticket;
use super::timers::{Subject, TimerKind};
use crate::ids::{DialogId, OperatorId};
use crate::timestamp::Timestamp;

impl Router {
    /// What is to be done now, if anything. The directive is under way once it was returned.
    ///
    /// Matching waits until all that was to be taken back is back: only then is it known which dialogs
    /// are there to be given, and the first of them goes first.
    #[allow(clippy::should_implement_trait, reason = "the router is no iterator: it goes on after `None`")]
    pub fn next(&mut self) -> Option<Directive> {
        self.ruling = None;
        if let Some(directive) = self.mend() {
            return Some(directive);
        }
        if !self.mending.is_empty() {
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
        if !self.mending.is_empty() {
            return due;
        }
        let Some((deadline, kind, subjects)) = self.timers.take_due(now) else { return due };
        self.now = deadline;
        for subject in subjects {
            match (kind, subject) {
                (TimerKind::Offer, Subject::Dialog(dialog)) if self.is_offer(dialog, kind, deadline) => {
                    self.start_trip(dialog, None, true);
                    due.push(Directive::Expire { dialog, deadline });
                }
                (TimerKind::Eligibility, Subject::Dialog(dialog)) => self.relax(dialog, deadline),
                (TimerKind::Eligibility, Subject::Operator(operator)) => self.look_at_window(operator),
                (_, Subject::Dialog(dialog)) => {
                    due.extend(timer_of(kind).and_then(|timer| self.time_out(dialog, timer)));
                }
                (_, Subject::Line(line)) => self.read_clock(line, now),
                (_, Subject::Operator(_)) => {}
            }
        }
        self.now = now;
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
            return Some(match mend {
                Mend::Withdraw => Directive::Withdraw { dialog, operator },
                Mend::ReturnToQueue => Directive::ReturnToQueue { dialog, operator },
            });
        }
        None
    }

    /// Gives the first dialog for which somebody is available.
    fn give(&mut self) -> Option<Directive> {
        while let Some((score, dialog, pool)) = self.demand.pop_first() {
            let ticket = self.tickets.get(&dialog);
            let stands = ticket.is_some_and(|ticket| {
                ticket.is_at_rest() && ticket.pool == Some(pool) && ticket.score() == score
            });
            if !stands {
                self.call(pool);
                continue;
            }
            let is_waiting = ticket.is_some_and(Ticket::is_waiting);
            let chosen = match is_waiting {
                true => self.choose_in_turn(dialog, (score, dialog), pool),
                // What a closed line does not know of, it learns when it opens.
                false if self.lines[self.tickets[&dialog].line].gives() => self.choose_more(dialog),
                false => Chosen::new(),
            };
            if !chosen.is_empty() {
                return Some(self.offer(dialog, &chosen));
            }
        }
        None
    }

    /// Whoever waits behind the first of a pool can be given to nobody but whom it prefers.
    fn choose_in_turn(&mut self, dialog: DialogId, place: (Score, DialogId), pool: PoolIndex) -> Chosen {
        if self.pools[pool].head() == Some(place) {
            return self.choose(dialog);
        }
        self.call(pool);
        match self.preferred_now(&self.tickets[&dialog], true) {
            Some(_) if self.lines[self.tickets[&dialog].line].widens() => self.choose(dialog),
            _ => Chosen::new(),
        }
    }

    /// Says of a dialog that it waits, once all that falls due at this instant has been carried out: it may end
    /// there.
    fn announce(&mut self) -> Option<Directive> {
        if self.has_due(self.now) {
            return None;
        }
        let (_, dialog) = self.unannounced.first().copied()?;
        self.rule_on_waiting(dialog);
        self.start_trip(dialog, None, false);
        Some(Directive::Announce { dialog })
    }

    fn offer(&mut self, dialog: DialogId, chosen: &[OperatorIndex]) -> Directive {
        self.send_out(dialog, chosen);
        let operators: Vec<OperatorId> =
            chosen.iter().map(|operator| self.operators[*operator].id.clone()).collect();
        Directive::Offer { dialog, operators }
    }
}
