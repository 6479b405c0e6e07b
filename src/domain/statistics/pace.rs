//! How fast dialogs of a channel get owners: the last half hour of answers.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::timestamp::Timestamp;

/// How far back it goes.
const WINDOW_MS: i64 = 30 * 60_000;

/// The answers of the last half hour, second by second: at most 1802 seconds, however many there are.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Pace(VecDeque<Second>);

/// The answers of one second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Second {
    first: i64,
    last: i64,
    count: u32,
}

impl Pace {
    /// One more answer, not before the last one.
    pub fn answer(&mut self, at: Timestamp) {
        let at = at.as_millis();
        while self.0.front().is_some_and(|second| second.last <= at - WINDOW_MS) {
            self.0.pop_front();
        }
        match self.0.back_mut().filter(|second| second.first.div_euclid(1000) == at.div_euclid(1000)) {
            Some(second) => {
                second.last = at.max(second.last);
                second.count += 1;
            }
            None => self.0.push_back(Second { first: at, last: at, count: 1 }),
        }
    }

    /// How long somebody at this position waits if it goes on like this: the position times the mean gap
    /// between the answers in (now − 30 min, now], rounded down. Nothing with fewer than two.
    pub fn estimate_ms(&self, position: u64, now: Timestamp) -> Option<u64> {
        let after = now.as_millis() - WINDOW_MS;
        let mut seconds = self.0.iter().filter_map(|second| second.after(after));
        let Second { first, mut last, count } = seconds.next()?;
        let mut answers = u64::from(count);
        for second in seconds {
            answers += u64::from(second.count);
            last = second.last;
        }
        let gaps = answers.checked_sub(1).filter(|gaps| *gaps > 0)?;
        let span = u128::try_from(last - first).unwrap_or(0);
        u64::try_from(u128::from(position) * span / u128::from(gaps)).ok()
    }
}

impl Second {
    /// Those of its answers that come after this moment. Between the first and the last they are taken as
    /// evenly spread, which matters only in the one second that the window cuts.
    fn after(self, moment: i64) -> Option<Self> {
        if self.first > moment {
            return Some(self);
        }
        if self.last <= moment {
            return None;
        }
        let gap = (self.last - self.first) as f64 / f64::from(self.count - 1).max(1.0);
        let gone = (((moment - self.first) as f64 / gap).floor() as u32 + 1).min(self.count - 1);
        let first = self.first + (f64::from(gone) * gap).round() as i64;
        Some(Self { first, last: self.last, count: self.count - gone })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(ms)
    }

    fn pace(answers: &[i64]) -> Pace {
        let mut pace = Pace::default();
        answers.iter().for_each(|answer| pace.answer(at(*answer)));
        pace
    }

    #[test]
    fn the_position_times_the_mean_gap_is_rounded_down() {
        let pace = pace(&[0, 10_000, 20_001]);
        assert_eq!(pace.estimate_ms(1, at(20_001)), Some(10_000));
        assert_eq!(pace.estimate_ms(3, at(20_001)), Some(30_001));
    }

    #[test]
    fn fewer_than_two_answers_in_the_window_say_nothing() {
        assert_eq!(pace(&[]).estimate_ms(1, at(0)), None);
        assert_eq!(pace(&[5]).estimate_ms(1, at(5)), None);
        let two = pace(&[0, 60_000]);
        assert_eq!(two.estimate_ms(1, at(WINDOW_MS - 1)), Some(60_000));
        // At exactly half an hour the first one is no longer in.
        assert_eq!(two.estimate_ms(1, at(WINDOW_MS)), None);
    }

    #[test]
    fn answers_of_the_same_instant_have_no_gap() {
        assert_eq!(pace(&[7, 7]).estimate_ms(9, at(7)), Some(0));
    }

    #[test]
    fn memory_is_bounded_and_the_gap_stays_right() {
        let answers: Vec<i64> = (0..40 * 60 * 20).map(|number| number * 50).collect();
        let pace = pace(&answers);
        assert!(pace.0.len() <= 1802);
        assert_eq!(pace.estimate_ms(1000, at(40 * 60_000 - 50)), Some(50_000));
    }
}
