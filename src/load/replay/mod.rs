//! Recorded traffic played through an engine on virtual time, as a script that counts what happens.
//!
//! The script sets up one channel and its operators, sends every recorded arrival as a new client,
//! finishes each dialog when its handling time is over, lets clients leave when their patience is,
//! and moves operators in and out by plan. It also keeps the engine honest: one dialog for each
//! arrival, no dialog with two owners, no operator above capacity, nobody waiting beside a free
//! operator. It knows nothing of the engine but what a [`Script`](crate::engine::Script) is told.
//!
//! # Who is there when
//!
//! Where fewer operators are wanted, those who handle nothing leave at once, and of the others
//! whoever finishes first. Nobody leaves at the end of a day before the queue is empty. Nights and
//! days without rows pass in no time, with nobody there.

mod commands;
mod desks;
mod plan;
mod playing;
mod progress;
mod tally;

#[cfg(test)]
pub(super) mod model;
#[cfg(test)]
mod tests;

pub use plan::ReplayPlan;
pub use playing::ReplayScript;
pub use progress::{ReplayFailure, ReplayProgress};
pub use tally::{IntervalTally, Tally};
