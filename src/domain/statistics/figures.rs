//! Figures: sums of what was counted, and of how much of their capacity operators used.

use std::ops::AddAssign;

use super::page::{DAY_MS, Page};
use crate::timestamp::Timestamp;

/// What was counted in a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Figures {
    /// Dialogs that entered a queue by opening.
    pub offered: u64,
    /// First answers.
    pub answered: u64,
    /// Those of them that came within the threshold.
    pub within: u64,
    /// How long their clients had waited, together.
    pub waited_ms: u64,
    /// Dialogs that were closed without an answer.
    pub abandoned: u64,
    /// Answered dialogs that were closed.
    pub handled: u64,
    /// How long they took from the first answer on, together.
    pub handled_ms: u64,
}

impl AddAssign for Figures {
    fn add_assign(&mut self, other: Self) {
        self.offered += other.offered;
        self.answered += other.answered;
        self.within += other.within;
        self.waited_ms += other.waited_ms;
        self.abandoned += other.abandoned;
        self.handled += other.handled;
        self.handled_ms += other.handled_ms;
    }
}

impl Figures {
    /// The share of clients who were answered in time, of all who were answered or gave up.
    pub fn service_level(&self) -> Option<f64> {
        let all = self.answered + self.abandoned;
        (all > 0).then(|| self.within as f64 / all as f64)
    }

    /// The mean wait of those who were answered, rounded down.
    pub fn asa_ms(&self) -> Option<u64> {
        self.waited_ms.checked_div(self.answered)
    }

    /// The mean time from the first answer to closing, rounded down.
    pub fn aht_ms(&self) -> Option<u64> {
        self.handled_ms.checked_div(self.handled)
    }
}

/// How much of its capacity an operator used, in units times milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Of the dialogs that it owned.
    pub held: i128,
    /// Of its capacity while it was online.
    pub online: i128,
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.held += other.held;
        self.online += other.online;
    }
}

impl Usage {
    /// The share of the capacity online that was used.
    pub fn occupancy(&self) -> Option<f64> {
        (self.online > 0).then(|| self.held as f64 / self.online as f64)
    }
}

/// Measures the usage in a window by an operator's pages, which come in order: before the first one nothing was
/// held and nobody was there, and between two of them nothing changed.
#[derive(Debug, Clone, Copy)]
pub struct Meter {
    cursor: i64,
    until: i64,
    now: i64,
    held: i64,
    online: i64,
    usage: Usage,
}

impl Meter {
    /// Measures from one moment to another.
    pub fn new(from: Timestamp, until: Timestamp, now: Timestamp) -> Self {
        let [cursor, until, now] = [from, until, now].map(Timestamp::as_millis);
        Self { cursor, until, now, held: 0, online: 0, usage: Usage::default() }
    }

    /// The next page, of this day.
    pub fn page(&mut self, day: i64, page: &Page) {
        let begin = day * DAY_MS;
        let end = (begin + DAY_MS).min(self.until);
        if begin >= self.until {
            return;
        }
        self.stand_until(begin);
        if self.cursor < end {
            let [from, to, now] = [self.cursor, end, self.now.clamp(begin, begin + DAY_MS)];
            let [from, to, now] = [from, to, now].map(|moment| (moment - begin) as u32);
            self.usage.held += i128::from(page.held.integral(from, to, now));
            self.usage.online += i128::from(page.online.integral(from, to, now));
            self.cursor = end;
        }
        (self.held, self.online) = (page.held.end(), page.online.end());
    }

    /// What was measured, when there are no more pages.
    pub fn finish(mut self) -> Usage {
        self.stand_until(self.until);
        self.usage
    }

    /// Nothing changed until then.
    fn stand_until(&mut self, moment: i64) {
        let span = i128::from((moment - self.cursor).max(0));
        self.cursor = self.cursor.max(moment);
        self.usage += Usage { held: i128::from(self.held) * span, online: i128::from(self.online) * span };
    }
}
