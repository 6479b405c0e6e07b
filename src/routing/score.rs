//! Which dialog comes first. Knows no queue.

use crate::timestamp::Timestamp;

/// The place of a dialog among all that wait: the smallest comes first, then the smaller dialog id.
///
/// `score = entered_ms − priority × ageing_ms_per_point`; without a priority it is the time at which
/// the dialog entered its queue. A skip or an expiry leaves it as it is. Any priority goes with any
/// ageing, so 64 bits are not enough; two halves are smaller in a set than one number of 128 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Score {
    high: i64,
    low: u64,
}

impl Score {
    /// The score of a dialog that entered its queue at this time and is so urgent.
    pub(super) fn of(entered_at: Timestamp, priority: i32, ageing_ms_per_point: u64) -> Self {
        let lead = i128::from(priority) * i128::from(ageing_ms_per_point);
        let score = i128::from(entered_at.as_millis()) - lead;
        Self { high: (score >> 64) as i64, low: score as u64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_of_priority_makes_up_for_so_much_waiting() {
        let score = |at, priority| Score::of(Timestamp::from_millis(at), priority, 10);
        assert_eq!(score(100, 1), score(90, 0));
        assert!(score(5, 1) < score(0, 0) && score(0, -1) > score(9, 0) && score(0, 0) < score(1, 0));
    }

    #[test]
    fn no_priority_and_no_ageing_is_too_large() {
        let score = |priority| Score::of(Timestamp::from_millis(0), priority, u64::MAX);
        assert!(score(i32::MAX) < score(i32::MAX - 1) && score(i32::MIN + 1) < score(i32::MIN));
        assert!(score(1) < score(0) && score(0) < score(-1));
    }
}
