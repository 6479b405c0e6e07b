//! A number that changes in steps during a day, and its integral over any part of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::page::{EXACT_EVENTS, SLOT_MS, slot_end, slot_of};
use super::pieces::{Pieces, Timed};

/// A number over one day: every step while they are few, sums over five minutes once they are many.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Steps {
    start: i64,
    end: i64,
    exact: Pieces<(u32, i64)>,
    slots: BTreeMap<u16, Slot>,
}

impl Timed for (u32, i64) {
    fn at_ms(&self) -> u32 {
        self.0
    }

    fn moved_to(self, at_ms: u32) -> Self {
        (at_ms, self.1)
    }
}

/// What happened within one slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Slot {
    /// By how much the number changed.
    sum: i64,
    /// What these changes add to the integral until the end of the slot.
    area: i64,
}

impl Steps {
    /// The number at the end.
    pub fn end(&self) -> i64 {
        self.end
    }

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.slots.is_empty()
    }

    /// The next day.
    pub fn next(&self) -> Self {
        Self { start: self.end, end: self.end, ..Self::default() }
    }

    /// At this millisecond of the day, not before the last one, the number becomes larger by `by`.
    pub fn step(&mut self, at_ms: u32, by: i64) {
        if by == 0 {
            return;
        }
        self.end += by;
        if self.slots.is_empty() && self.exact.len() < EXACT_EVENTS {
            return self.exact.push((at_ms, by));
        }
        for (at_ms, by) in std::mem::take(&mut self.exact).iter() {
            self.add(*at_ms, *by);
        }
        self.add(at_ms, by);
    }

    fn add(&mut self, at_ms: u32, by: i64) {
        let slot = self.slots.entry(slot_of(at_ms)).or_default();
        slot.sum += by;
        slot.area += by * i64::from(slot_end(slot_of(at_ms)) - at_ms);
    }

    /// The integral from one millisecond of the day to another, in the number's unit times milliseconds.
    /// `now_ms` is how much of the day has passed.
    pub fn integral(&self, from_ms: u32, to_ms: u32, now_ms: u32) -> i64 {
        self.until(to_ms, now_ms) - self.until(from_ms, now_ms)
    }

    /// The integral from the start of the day.
    fn until(&self, to_ms: u32, now_ms: u32) -> i64 {
        let to = i64::from(to_ms);
        let exact = self.exact.iter().take_while(|(at, _)| *at < to_ms);
        let exact: i64 = exact.map(|(at, by)| by * (to - i64::from(*at))).sum();
        let slots = self.slots.range(..=slot_of(to_ms.saturating_sub(1)));
        let slots: i64 = slots.map(|(number, slot)| slot.until(*number, to_ms, now_ms)).sum();
        self.start * to + exact + slots
    }
}

impl Slot {
    /// What the changes add to the integral until `to_ms`. Within the slot they are taken as spread evenly
    /// over so much of it as has passed.
    fn until(self, number: u16, to_ms: u32, now_ms: u32) -> i64 {
        let end = slot_end(number);
        if to_ms >= end {
            return self.area + self.sum * i64::from(to_ms - end);
        }
        let begin = end - SLOT_MS;
        let passed_until = now_ms.clamp(begin + 1, end);
        let area = self.area - self.sum * i64::from(end - passed_until);
        if to_ms >= passed_until {
            return area + self.sum * i64::from(to_ms - passed_until);
        }
        let share = f64::from(to_ms.saturating_sub(begin)) / f64::from(passed_until - begin);
        (area as f64 * share).round() as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: u32 = 12 * 3_600_000;

    #[test]
    fn the_integral_is_exact_between_any_two_milliseconds() {
        let mut steps = Steps { start: 2, end: 2, ..Steps::default() };
        steps.step(1000, 3);
        steps.step(1000, -1);
        steps.step(4000, -4);
        assert_eq!(steps.integral(0, 1000, NOON), 2000);
        assert_eq!(steps.integral(999, 1001, NOON), 2 + 4);
        assert_eq!(steps.integral(500, 5000, NOON), 2 * 500 + 4 * 3000);
        assert_eq!(steps.integral(4000, 4000, NOON), 0);
        assert_eq!((steps.end(), steps.next().end()), (0, 0));
    }

    #[test]
    fn many_steps_stay_exact_from_slot_to_slot() {
        let (mut many, mut expected) = (Steps::default(), 0);
        for number in 0..3 * EXACT_EVENTS as u32 {
            let at = number * 2000;
            many.step(at, if number % 2 == 0 { 5 } else { -5 });
            expected += if number % 2 == 0 { 5 * 2000 } else { 0 };
        }
        let last = 3 * EXACT_EVENTS as u32 * 2000;
        assert!(many.exact.is_empty());
        assert_eq!(many.integral(0, last, last), expected);
        // Half of each slot is busy.
        assert_eq!(many.integral(SLOT_MS, 3 * SLOT_MS, last), 5 * i64::from(SLOT_MS));
        let part = many.integral(SLOT_MS + 1000, SLOT_MS + 151_000, last);
        assert!((part - 5 * 75_000).abs() <= 5 * 2000, "{part}");
    }
}
