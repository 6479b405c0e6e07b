//! What a replay counts. Sums and histograms, never a list of dialogs.

use hdrhistogram::Histogram;

use crate::timestamp::Timestamp;

/// Significant digits of the waits that are kept in the histogram; sums are exact.
const DIGITS: u8 = 3;

/// What happened to those who arrived in one interval, whenever it happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct IntervalTally {
    /// How many arrived.
    pub arrivals: u32,
    /// How many of them were answered.
    pub answered: u32,
    /// How many left before that.
    pub abandoned: u32,
    /// How many were answered within the threshold.
    pub within: u32,
    /// How many were not answered at once.
    pub waited: u32,
    /// How long the answered waited, together.
    pub wait_ms: u64,
    /// How long those waited who left, together.
    pub abandoned_wait_ms: u64,
    /// How many operators were planned.
    pub operators: u32,
}

/// What a replay counted.
#[derive(Debug, Clone)]
pub struct Tally {
    /// How many arrived, each as one new dialog.
    pub arrivals: u64,
    /// How many were answered.
    pub answered: u64,
    /// How many left before that.
    pub abandoned: u64,
    /// How many found the queue full, and never got in.
    pub turned_away: u64,
    /// How many were not answered at once.
    pub waited: u64,
    /// How many were answered within the threshold.
    pub within: u64,
    /// How long the answered waited, together.
    pub wait_ms: u64,
    /// How long anybody waited at most, whether answered in the end or not.
    pub longest_wait_ms: u64,
    /// How long dialogs were answered, together, from the answer to the end.
    pub handling_ms: u64,
    /// How long there was capacity online, together, in dialogs.
    pub online_ms: u64,
    /// The most operators who were there at once.
    pub operators_max: u32,
    /// Waits of the answered, in milliseconds.
    pub waits: Histogram<u64>,
    /// By the interval of the arrival, in the order of the recording.
    pub intervals: Vec<IntervalTally>,
    threshold_ms: u64,
    online: u64,
    online_since: Timestamp,
}

impl Tally {
    /// Nothing has happened yet; `operators` are planned for each interval.
    pub(super) fn new(threshold_ms: u64, operators: &[u32]) -> Self {
        let interval = |operators: &u32| IntervalTally { operators: *operators, ..IntervalTally::default() };
        Self {
            arrivals: 0,
            answered: 0,
            abandoned: 0,
            turned_away: 0,
            waited: 0,
            within: 0,
            wait_ms: 0,
            longest_wait_ms: 0,
            handling_ms: 0,
            online_ms: 0,
            operators_max: 0,
            waits: Histogram::new(DIGITS).expect("1 to 5 significant digits are allowed"),
            intervals: operators.iter().map(interval).collect(),
            threshold_ms,
            online: 0,
            online_since: Timestamp::default(),
        }
    }

    /// Answered within this counts for the service level.
    pub fn threshold_ms(&self) -> u64 {
        self.threshold_ms
    }

    pub(super) fn arrived(&mut self, interval: usize) {
        self.arrivals += 1;
        self.intervals[interval].arrivals += 1;
    }

    pub(super) fn waited(&mut self, interval: usize) {
        self.waited += 1;
        self.intervals[interval].waited += 1;
    }

    pub(super) fn answered(&mut self, interval: usize, wait_ms: u64) {
        let within = wait_ms <= self.threshold_ms;
        self.answered += 1;
        self.within += u64::from(within);
        self.wait_ms += wait_ms;
        self.longest_wait_ms = self.longest_wait_ms.max(wait_ms);
        // Fails never: the histogram grows to hold any wait.
        let _ = self.waits.record(wait_ms);
        let interval = &mut self.intervals[interval];
        interval.answered += 1;
        interval.within += u32::from(within);
        interval.wait_ms += wait_ms;
    }

    pub(super) fn abandoned(&mut self, interval: usize, wait_ms: u64) {
        self.abandoned += 1;
        self.longest_wait_ms = self.longest_wait_ms.max(wait_ms);
        self.intervals[interval].abandoned += 1;
        self.intervals[interval].abandoned_wait_ms += wait_ms;
    }

    pub(super) fn staffed(&mut self, now: Timestamp, operators: u32, capacity: u32) {
        self.online_ms += self.online * now.since_ms(self.online_since);
        self.online_since = now;
        self.online = u64::from(operators) * u64::from(capacity);
        self.operators_max = self.operators_max.max(operators);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_threshold_itself_is_within() {
        let mut tally = Tally::new(20_000, &[3]);
        tally.answered(0, 20_000);
        tally.answered(0, 20_001);
        tally.abandoned(0, 50_000);
        assert_eq!((tally.answered, tally.within, tally.abandoned), (2, 1, 1));
        assert_eq!(
            (tally.wait_ms, tally.longest_wait_ms, tally.intervals[0].wait_ms),
            (40_001, 50_000, 40_001)
        );
    }

    #[test]
    fn capacity_online_is_counted_from_change_to_change() {
        let mut tally = Tally::new(20_000, &[]);
        tally.staffed(Timestamp::from_millis(1_000), 2, 3);
        tally.staffed(Timestamp::from_millis(1_500), 1, 3);
        tally.staffed(Timestamp::from_millis(2_500), 0, 3);
        tally.staffed(Timestamp::from_millis(9_000), 1, 3);
        assert_eq!((tally.online_ms, tally.operators_max), (2 * 3 * 500 + 3 * 1000, 2));
    }

    #[test]
    fn a_wait_of_years_fits() {
        let mut tally = Tally::new(0, &[0]);
        tally.answered(0, 10 * 366 * 24 * 3_600_000);
        assert_eq!(tally.waits.len(), 1);
        assert!(tally.waits.max() >= 10 * 366 * 24 * 3_600_000);
    }
}
