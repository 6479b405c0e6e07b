//! Figures and places in queues, as employees see them.

use serde::Serialize;

use crate::domain::statistics::{Figures, Usage};

/// The figures of everything, or of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct StatsView {
    /// Dialogs that entered a queue by opening.
    pub offered: u64,
    /// First answers.
    pub answered: u64,
    /// Dialogs that were closed without an answer, as abandoned or rejected.
    pub abandoned: u64,
    /// The share of those answered or abandoned that was answered within the threshold; nothing if there were none.
    pub service_level: Option<f64>,
    /// Mean wait of the answered, rounded down; nothing if there were none.
    pub asa_ms: Option<u64>,
    /// Mean time from the first answer to closing of those closed, rounded down; nothing if there were none.
    pub aht_ms: Option<u64>,
    /// The share of the capacity online that answered dialogs took; nothing if there was none.
    pub occupancy: Option<f64>,
    /// Dialogs that wait now and are offered to nobody.
    pub waiting_now: u64,
    /// How long ago the first of them entered its queue; 0 if none waits.
    pub longest_wait_ms: u64,
}

impl StatsView {
    /// The view of what was counted, and of the queue as it is now.
    pub fn of(figures: &Figures, usage: &Usage, waiting_now: u64, longest_wait_ms: u64) -> Self {
        Self {
            offered: figures.offered,
            answered: figures.answered,
            abandoned: figures.abandoned,
            service_level: figures.service_level(),
            asa_ms: figures.asa_ms(),
            aht_ms: figures.aht_ms(),
            occupancy: usage.occupancy(),
            waiting_now,
            longest_wait_ms,
        }
    }
}

/// The figures of an operator.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct OperatorStatsView {
    /// Dialogs to which it gave the first answer.
    pub answered: u64,
    /// How long their clients had waited on average, rounded down; nothing if there were none.
    pub asa_ms: Option<u64>,
    /// Mean time from the first answer, whoever gave it, to closing of those it owned at the end, rounded down;
    /// nothing if there were none.
    pub aht_ms: Option<u64>,
    /// The share of its capacity online that answered dialogs took; nothing if it was not online.
    pub occupancy: Option<f64>,
}

impl OperatorStatsView {
    /// The view of what was counted.
    pub fn of(figures: &Figures, usage: &Usage) -> Self {
        Self {
            answered: figures.answered,
            asa_ms: figures.asa_ms(),
            aht_ms: figures.aht_ms(),
            occupancy: usage.occupancy(),
        }
    }
}

/// When a dialog's turn comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PositionView {
    /// Its place in the queue, from 1 for the next one; nothing if it does not wait.
    pub position: Option<u64>,
    /// How long it may take if answers go on at the pace of the last half hour; nothing if there were fewer than
    /// two.
    pub estimated_wait_ms: Option<u64>,
}

impl PositionView {
    /// Of a dialog at this place.
    pub fn new(position: Option<u64>, estimated_wait_ms: Option<u64>) -> Self {
        Self { position, estimated_wait_ms }
    }
}
