//! Questions about how it goes: figures over a time, and when a dialog's turn comes.

use serde::Deserialize;

use crate::error::Rejection;
use crate::ids::{ChannelId, DialogId, OperatorId};
use crate::limits;
use crate::timestamp::Timestamp;

/// Figures over `[since, until)`: of everything, of one channel, or of one operator.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stats {
    /// Of this channel alone.
    pub channel: Option<ChannelId>,
    /// Of this operator alone.
    pub operator: Option<OperatorId>,
    /// From this moment on; from the beginning, if there is none.
    pub since: Option<Timestamp>,
    /// To before this moment; all that has happened, if there is none.
    pub until: Option<Timestamp>,
    /// Within which an answer is in time.
    pub threshold_ms: Option<u64>,
}

impl Stats {
    /// Within which an answer is in time unless the query says otherwise: the custom of the trade.
    pub const DEFAULT_THRESHOLD_MS: u64 = 20_000;

    /// Checks what excludes each other, and ranges.
    ///
    /// # Errors
    /// `invalid_argument`, with the field.
    pub fn validate(&self) -> Result<(), Rejection> {
        if self.channel.is_some() && self.operator.is_some() {
            return Err(Rejection::invalid("operator", "figures are of a channel or of an operator"));
        }
        if self.since.zip(self.until).is_some_and(|(since, until)| since > until) {
            return Err(Rejection::invalid("since", "it is after until"));
        }
        if self.threshold_ms.is_some_and(|threshold| threshold > limits::DURATION_MS) {
            let message = format!("at most {} milliseconds", limits::DURATION_MS);
            return Err(Rejection::invalid("threshold_ms", message));
        }
        Ok(())
    }

    /// Within which an answer is in time.
    pub fn threshold_ms(&self) -> u64 {
        self.threshold_ms.unwrap_or(Self::DEFAULT_THRESHOLD_MS)
    }
}

/// When a dialog's turn comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// Which.
    pub dialog: DialogId,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(text: &str) -> Option<String> {
        let stats: Stats = serde_json::from_str(text).unwrap();
        stats.validate().err().and_then(|rejection| rejection.field).map(|field| field.to_string())
    }

    #[test]
    fn a_window_does_not_end_before_it_begins() {
        assert_eq!(field("{}"), None);
        let both = |since, until| format!(r#"{{"since":"{since}","until":"{until}"}}"#);
        let (early, late) = ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00.001Z");
        assert_eq!(field(&both(early, late)), None);
        assert_eq!(field(&both(early, early)), None);
        assert_eq!(field(&both(late, early)).as_deref(), Some("since"));
    }

    #[test]
    fn figures_are_of_one_thing_and_thresholds_within_reason() {
        assert_eq!(field(r#"{"channel":"web"}"#), None);
        assert_eq!(field(r#"{"channel":"web","operator":"anna"}"#).as_deref(), Some("operator"));
        assert_eq!(field(r#"{"threshold_ms":0}"#), None);
        assert_eq!(field(r#"{"threshold_ms":18446744073709551615}"#).as_deref(), Some("threshold_ms"));
        assert!(serde_json::from_str::<Stats>(r#"{"threshold_ms":-1}"#).is_err());
        assert!(serde_json::from_str::<Stats>(r#"{"client":"c1"}"#).is_err());
    }

    #[test]
    fn twenty_seconds_are_in_time_unless_asked_otherwise() {
        assert_eq!(Stats::default().threshold_ms(), 20_000);
    }
}
