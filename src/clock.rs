//! The engine's clock: the only place that asks what time it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::timestamp::Timestamp;

/// Where time comes from. Never runs backwards: the last moment given out is a floor.
#[derive(Debug, Clone)]
pub struct Clock {
    source: Source,
    /// The latest moment seen, in milliseconds; of a virtual clock, the moment it stands at.
    latest: Arc<AtomicI64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    System,
    Virtual,
}

impl Clock {
    /// The clock of the operating system, but never earlier than `floor`.
    pub fn system(floor: Timestamp) -> Self {
        Self { source: Source::System, latest: Arc::new(AtomicI64::new(floor.as_millis())) }
    }

    /// A clock that stands at `start` until it is moved.
    pub fn standing_at(start: Timestamp) -> Self {
        Self { source: Source::Virtual, latest: Arc::new(AtomicI64::new(start.as_millis())) }
    }

    /// Whether time moves only by command.
    pub fn is_virtual(&self) -> bool {
        self.source == Source::Virtual
    }

    /// The present moment.
    pub fn now(&self) -> Timestamp {
        let latest = match self.source {
            Source::System => {
                let now = system_millis();
                self.latest.fetch_max(now, Ordering::Relaxed).max(now)
            }
            Source::Virtual => self.latest.load(Ordering::Relaxed),
        };
        Timestamp::from_millis(latest)
    }

    /// Moves a virtual clock forward; an earlier moment leaves it where it stands.
    pub fn advance_to(&self, moment: Timestamp) {
        self.latest.fetch_max(moment.as_millis(), Ordering::Relaxed);
    }
}

#[allow(clippy::disallowed_methods, reason = "this is the clock")]
fn system_millis() -> i64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_virtual_clock_moves_only_by_command_and_only_forward() {
        let clock = Clock::standing_at(Timestamp::from_millis(10));
        clock.advance_to(Timestamp::from_millis(30));
        clock.advance_to(Timestamp::from_millis(20));
        assert_eq!(clock.now(), Timestamp::from_millis(30));
    }

    #[test]
    fn a_system_clock_never_runs_behind_its_floor() {
        let floor = Timestamp::parse("3000-01-01T00:00:00Z").unwrap();
        assert_eq!(Clock::system(floor).now(), floor);
        assert!(
            Clock::system(Timestamp::from_millis(0)).now()
                > Timestamp::parse("2024-01-01T00:00:00Z").unwrap()
        );
    }
}
