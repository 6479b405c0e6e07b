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

/// The usage from `from` to `until` by an operator's pages, which come in order; before the first one nothing
/// was held and nobody was there, and between two of them nothing changed.
pub fn usage<'a>(
    pages: impl Iterator<Item = (i64, &'a Page)>,
    from: Timestamp,
    until: Timestamp,
    now: Timestamp,
) -> Usage {
    let (mut cursor, until, now) = (from.as_millis(), until.as_millis(), now.as_millis());
    let (mut usage, mut held, mut online) = (Usage::default(), 0, 0);
    let mut constant = |cursor: &mut i64, to: i64, held: i64, online: i64| {
        let span = i128::from((to - *cursor).max(0));
        *cursor = to.max(*cursor);
        Usage { held: i128::from(held) * span, online: i128::from(online) * span }
    };
    for (day, page) in pages {
        let (begin, end) = (day * DAY_MS, (day + 1) * DAY_MS);
        if begin >= until {
            break;
        }
        usage += constant(&mut cursor, begin.min(until), held, online);
        if cursor < end.min(until) {
            let (from, to) = ((cursor - begin) as u32, (end.min(until) - begin) as u32);
            let now = (now - begin).clamp(0, DAY_MS) as u32;
            usage.held += i128::from(page.held.integral(from, to, now));
            usage.online += i128::from(page.online.integral(from, to, now));
            cursor = end.min(until);
        }
        (held, online) = (page.held.end(), page.online.end());
    }
    usage += constant(&mut cursor, until, held, online);
    usage
}
