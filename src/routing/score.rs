//! Which dialog comes first. Knows no queue.

use crate::timestamp::Timestamp;

/// The place of a dialog among all that wait: the smallest comes first, then the smaller dialog id.
///
/// `score = entered_ms − priority × ageing_ms_per_point`; without a priority it is the time at which
/// the dialog entered its queue. A skip or an expiry leaves it as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Score(i64);

impl Score {
    /// The score of a dialog that entered its queue at this time.
    pub(super) fn entered(at: Timestamp) -> Self {
        Self(at.as_millis())
    }
}
