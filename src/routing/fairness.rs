//! Fairness windows: how many dialogs an operator was given lately. Who is given the next is not decided
//! here.
//!
//! An operator may be given at most `dialogs` in any stretch of `window_ms`. So of the last `dialogs` that
//! it was given the oldest decides: until it leaves the window, the operator is spent. One given at `t`
//! counts in `[t, t + window_ms)`.

use super::account::Account;
use super::registry::OperatorIndex;
use super::router::Router;
use super::timers::{Subject, TimerKind};
use crate::domain::operator::Fairness;
use crate::limits;
use crate::timestamp::Timestamp;

impl Account {
    /// One more dialog was given; only the last ones count.
    fn give(&mut self, number: u64, at: Timestamp) {
        self.given.push_back((number, at));
        while self.given.len() > remembered(self.fairness) {
            self.given.pop_front();
        }
    }

    /// How many dialogs it may still be given now; `None`: as many as come.
    pub(super) fn turns_left(&self, now: Timestamp) -> Option<usize> {
        let Fairness { dialogs, window_ms } = self.fairness?;
        let counts = |(_, at): &&(u64, Timestamp)| now < at.plus_ms(window_ms);
        Some((dialogs as usize).saturating_sub(self.given.iter().filter(counts).count()))
    }

    /// Until when it is given nothing more.
    fn spent_at(&self, now: Timestamp) -> Option<Timestamp> {
        let Fairness { dialogs, window_ms } = self.fairness?;
        let (_, oldest) = self.given.get(self.given.len().checked_sub(dialogs as usize)?)?;
        Some(oldest.plus_ms(window_ms)).filter(|until| *until > now)
    }
}

/// How many of the dialogs last given are remembered: as many as may ever count by now, and some for a fairness
/// that is set later.
pub(super) fn remembered(fairness: Option<Fairness>) -> usize {
    fairness.map_or(0, |fairness| fairness.dialogs).max(limits::FAIRNESS_REMEMBERED) as usize
}

impl Router {
    /// The dispatcher has given the operator a dialog.
    pub(super) fn given_to(&mut self, operator: OperatorIndex, number: u64) {
        let now = self.now;
        self.operators[operator].give(number, now);
        if self.operators[operator].fairness.is_some() {
            self.look_at_window(operator);
        }
    }

    /// Whether the operator is spent may have changed.
    pub(super) fn look_at_window(&mut self, operator: OperatorIndex) {
        let until = self.operators[operator].spent_at(self.now);
        let before = std::mem::replace(&mut self.operators[operator].spent_until, until);
        if before == until {
            return;
        }
        let subject = Subject::Operator(operator);
        if let Some(before) = before {
            self.timers.unset(before, TimerKind::Eligibility, subject);
        }
        match until {
            Some(until) => self.timers.set(until, TimerKind::Eligibility, subject),
            None => self.wake(operator),
        }
    }
}
