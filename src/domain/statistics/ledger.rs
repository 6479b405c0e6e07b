//! The dialogs of one page: every event while they are few, sums over five minutes once they are many.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::figures::Figures;
use super::page::{EXACT_EVENTS, SLOT_MS, slot_end, slot_of};
use super::pieces::{Pieces, Timed};
use super::waits::{Waits, class_of, within};

/// What happened to a dialog.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// It entered a queue by opening.
    Offered,
    /// It was first answered; the value is how long its client had waited.
    Answered,
    /// It was closed without an answer.
    Abandoned,
    /// It was closed; the value is how long ago it was first answered.
    Handled,
}

/// Something that happened at a millisecond of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    pub at_ms: u32,
    /// What.
    pub kind: Kind,
    /// How long that took, in milliseconds.
    pub value: u64,
}

impl Timed for Entry {
    fn at_ms(&self) -> u32 {
        self.at_ms
    }

    fn moved_to(self, at_ms: u32) -> Self {
        Self { at_ms, ..self }
    }
}

/// The part of a day that is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    /// From this millisecond of the day.
    pub from_ms: u32,
    /// To before this one.
    pub to_ms: u32,
    /// How much of the day has passed.
    pub now_ms: u32,
}

/// The dialogs of one day.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Ledger {
    exact: Pieces<Entry>,
    slots: BTreeMap<u16, Slot>,
}

/// The dialogs of five minutes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Slot {
    offered: u64,
    answered: u64,
    waited_ms: u64,
    abandoned: u64,
    handled: u64,
    handled_ms: u64,
    waits: Waits,
}

impl Ledger {
    /// Whether nothing happened.
    pub fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.slots.is_empty()
    }

    /// Whether every event is still there.
    pub fn is_exact(&self) -> bool {
        self.slots.is_empty()
    }

    /// Something happened, not before what happened last.
    pub fn enter(&mut self, entry: Entry) {
        if self.slots.is_empty() && self.exact.len() < EXACT_EVENTS {
            return self.exact.push(entry);
        }
        for entry in std::mem::take(&mut self.exact).iter() {
            self.slots.entry(slot_of(entry.at_ms)).or_default().enter(*entry);
        }
        self.slots.entry(slot_of(entry.at_ms)).or_default().enter(entry);
    }

    /// What happened in a part of the day.
    pub fn figures(&self, span: Span, threshold_ms: u64) -> Figures {
        let mut figures = Figures::default();
        let is_in = |entry: &&Entry| span.from_ms <= entry.at_ms && entry.at_ms < span.to_ms;
        self.exact.iter().filter(is_in).for_each(|entry| figures.enter(*entry, threshold_ms));
        let last = slot_of(span.to_ms.saturating_sub(1));
        if span.from_ms < span.to_ms {
            for (number, slot) in self.slots.range(slot_of(span.from_ms)..=last) {
                figures += slot.figures(*number, span, threshold_ms);
            }
        }
        figures
    }
}

impl Figures {
    fn enter(&mut self, entry: Entry, threshold_ms: u64) {
        match entry.kind {
            Kind::Offered => self.offered += 1,
            Kind::Answered => {
                self.answered += 1;
                self.waited_ms += entry.value;
                self.within += u64::from(entry.value <= threshold_ms);
            }
            Kind::Abandoned => self.abandoned += 1,
            Kind::Handled => {
                self.handled += 1;
                self.handled_ms += entry.value;
            }
        }
    }
}

impl Slot {
    fn enter(&mut self, entry: Entry) {
        match entry.kind {
            Kind::Offered => self.offered += 1,
            Kind::Answered => {
                self.answered += 1;
                self.waited_ms += entry.value;
                *self.waits.entry(class_of(entry.value)).or_default() += 1;
            }
            Kind::Abandoned => self.abandoned += 1,
            Kind::Handled => {
                self.handled += 1;
                self.handled_ms += entry.value;
            }
        }
    }

    /// All of it, or that share of it that lies in the span: what happened is taken as spread evenly over so
    /// much of the slot as has passed.
    fn figures(&self, number: u16, span: Span, threshold_ms: u64) -> Figures {
        let begin = slot_end(number) - SLOT_MS;
        let end = span.now_ms.saturating_add(1).clamp(begin + 1, slot_end(number));
        let (from, to) = (span.from_ms.max(begin), span.to_ms.min(end));
        let (part, whole) = (u128::from(to.saturating_sub(from)), u128::from(end - begin));
        let share = |count: u64| ((u128::from(count) * part + whole / 2) / whole) as u64;
        Figures {
            offered: share(self.offered),
            answered: share(self.answered),
            within: share(within(&self.waits, threshold_ms)),
            waited_ms: share(self.waited_ms),
            abandoned: share(self.abandoned),
            handled: share(self.handled),
            handled_ms: share(self.handled_ms),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Span = Span { from_ms: 0, to_ms: 86_400_000, now_ms: 86_400_000 };

    fn entry(at_ms: u32, kind: Kind, value: u64) -> Entry {
        Entry { at_ms, kind, value }
    }

    #[test]
    fn a_window_includes_its_start_and_not_its_end() {
        let mut ledger = Ledger::default();
        for at_ms in [1000, 2000, 3000] {
            ledger.enter(entry(at_ms, Kind::Answered, u64::from(at_ms)));
        }
        let figures = ledger.figures(Span { from_ms: 1000, to_ms: 3000, ..DAY }, 1000);
        assert_eq!((figures.answered, figures.within, figures.waited_ms), (2, 1, 3000));
        assert_eq!(figures.asa_ms(), Some(1500));
        let nothing = ledger.figures(Span { from_ms: 3000, to_ms: 3000, ..DAY }, 1000);
        assert_eq!(nothing, Figures::default());
        assert_eq!((nothing.service_level(), nothing.asa_ms(), nothing.aht_ms()), (None, None, None));
    }

    #[test]
    fn a_busy_day_is_exact_from_slot_to_slot_and_for_round_thresholds() {
        let (mut busy, mut few) = (Ledger::default(), Ledger::default());
        for number in 0..20_000_u32 {
            let kind = [Kind::Offered, Kind::Answered, Kind::Abandoned, Kind::Handled][number as usize % 4];
            let event = entry(number * 4000, kind, u64::from(number) * 7 % 60_000);
            busy.enter(event);
            few.exact.push(event);
        }
        assert!(!busy.is_exact() && few.is_exact());
        for threshold in [0, 450, 5000, 20_000, 59_000] {
            assert_eq!(busy.figures(DAY, threshold), few.figures(DAY, threshold), "{threshold}");
            let hours = Span { from_ms: 7 * SLOT_MS, to_ms: 31 * SLOT_MS, ..DAY };
            assert_eq!(busy.figures(hours, threshold), few.figures(hours, threshold), "{threshold}");
        }
        let cut = Span { from_ms: 100_000, to_ms: 40_000_000, ..DAY };
        let (about, exact) = (busy.figures(cut, 20_000), few.figures(cut, 20_000));
        assert!(about.answered.abs_diff(exact.answered) <= 2, "{about:?} {exact:?}");
    }

    #[test]
    fn what_happened_in_the_present_slot_is_all_there() {
        let mut ledger = Ledger::default();
        (0..5000).for_each(|at_ms| ledger.enter(entry(at_ms, Kind::Offered, 0)));
        let now = Span { from_ms: 0, to_ms: 86_400_000, now_ms: 4999 };
        assert_eq!(ledger.figures(now, 0).offered, 5000);
        assert_eq!(ledger.figures(Span { to_ms: 2500, ..now }, 0).offered, 2500);
    }
}
