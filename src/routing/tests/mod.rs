//! Tests of the router as a whole: rules one by one, and random worlds against a naive router.

mod decisions;
mod houses;
mod large;
mod naive;
mod naive_admission;
mod naive_time;
mod random;
mod rules;
mod storm;
mod time;
mod waiting;
mod world;

use crate::domain::channel::QueueMode;

/// Every rule of a queue.
const MODES: [QueueMode; 7] = [
    QueueMode::Evenly,
    QueueMode::Strictly,
    QueueMode::All,
    QueueMode::RoundRobin,
    QueueMode::LeastLoaded,
    QueueMode::MostAvailable,
    QueueMode::Manual,
];
