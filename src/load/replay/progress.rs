//! How far a replay is, and what came of it, for whoever watches it from another thread.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use super::tally::Tally;
use crate::timestamp::Timestamp;

/// Why a replay stopped before its end: the engine did not do what it promises, or said no.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the replay stopped at {at}: {reason}")]
pub struct ReplayFailure {
    /// When, on the virtual clock.
    pub at: Timestamp,
    /// What happened.
    pub reason: String,
}

/// How far a replay is, and what came of it. Shared with the script.
#[derive(Debug)]
pub struct ReplayProgress {
    total: u64,
    arrivals: AtomicU64,
    now_ms: AtomicI64,
    outcome: OnceLock<Result<Tally, ReplayFailure>>,
}

impl ReplayProgress {
    pub(super) fn new(total: u64, start: Timestamp) -> Self {
        Self {
            total,
            arrivals: AtomicU64::new(0),
            now_ms: AtomicI64::new(start.as_millis()),
            outcome: OnceLock::new(),
        }
    }

    /// How many will arrive.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// How many have arrived.
    pub fn arrivals(&self) -> u64 {
        self.arrivals.load(Ordering::Relaxed)
    }

    /// The time on the virtual clock.
    pub fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.now_ms.load(Ordering::Relaxed))
    }

    /// What was counted, or why it stopped; `None` while it runs.
    pub fn outcome(&self) -> Option<&Result<Tally, ReplayFailure>> {
        self.outcome.get()
    }

    pub(super) fn moved(&self, arrivals: u64, now: Timestamp) {
        self.arrivals.store(arrivals, Ordering::Relaxed);
        self.now_ms.store(now.as_millis(), Ordering::Relaxed);
    }

    pub(super) fn ended(&self, outcome: Result<Tally, ReplayFailure>) {
        // The first outcome stands: a script that is asked again after its end changes nothing.
        let _ = self.outcome.set(outcome);
    }
}
