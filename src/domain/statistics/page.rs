//! The pages of a book: one for each day of a channel or an operator. How days are divided stands here.

use serde::{Deserialize, Serialize};

use super::ledger::Ledger;
use super::steps::Steps;
use crate::timestamp::Timestamp;

/// Milliseconds of a day. Days are days in UTC, and only a way to store: windows may begin anywhere.
pub const DAY_MS: i64 = 86_400_000;

/// Events of one kind of list that a page keeps one by one: 64 KiB of memory in pieces of one.
pub(super) const EXACT_EVENTS: usize = 4096;

/// Milliseconds over which more events are summed.
pub(super) const SLOT_MS: u32 = 5 * 60_000;

/// The slot of a millisecond of the day.
pub(super) fn slot_of(at_ms: u32) -> u16 {
    (at_ms / SLOT_MS) as u16
}

/// The first millisecond of the day behind a slot.
pub(super) fn slot_end(slot: u16) -> u32 {
    (u32::from(slot) + 1) * SLOT_MS
}

/// The day of a moment, and the millisecond in it.
pub fn day_of(at: Timestamp) -> (i64, u32) {
    let ms = at.as_millis();
    (ms.div_euclid(DAY_MS), ms.rem_euclid(DAY_MS) as u32)
}

/// What happened to a channel or an operator on one day.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Page {
    /// Dialogs.
    pub ledger: Ledger,
    /// Of an operator: units of the dialogs that it owns.
    pub held: Steps,
    /// Of an operator: units that it has while it is online.
    pub online: Steps,
}

impl Page {
    fn is_empty(&self) -> bool {
        self.ledger.is_empty() && self.held.is_empty() && self.online.is_empty()
    }

    fn next(&self) -> Self {
        Self { ledger: Ledger::default(), held: self.held.next(), online: self.online.next() }
    }
}

/// The pages of a channel or an operator, of which the last one is open.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Book {
    /// The last event of the journal that it may have seen when it was last written.
    pub as_of: u64,
    /// The day of the open page.
    pub day: i64,
    /// The last millisecond of that day at which something happened.
    last_ms: u32,
    /// The open page.
    pub page: Page,
    /// Whether it has changed since it was last written.
    #[serde(skip)]
    pub dirty: bool,
}

impl Book {
    /// The page of a moment, and the millisecond of its day. A moment before the last one, as arbiters may
    /// tell it, counts as that one. A page that is full is shown with its day.
    pub fn turn_to(&mut self, at: Timestamp, full: impl FnOnce(i64, Page)) -> (&mut Page, u32) {
        let (day, at_ms) = day_of(at);
        if day > self.day {
            let next = self.page.next();
            let before = std::mem::replace(&mut self.page, next);
            if !before.is_empty() {
                full(self.day, before);
            }
            (self.day, self.last_ms) = (day, at_ms);
        } else if day == self.day {
            self.last_ms = self.last_ms.max(at_ms);
        }
        (&mut self.page, self.last_ms)
    }
}
