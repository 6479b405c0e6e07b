//! What must stay within bounds: memory, latency and disk under more load than there is capacity, over a long time,
//! and for input of whatever size.
//!
//! These tests look at what the whole process uses, so they run one after the other, in a program of their own.

#[path = "support/allocation.rs"]
mod allocation;
#[path = "bounds/day.rs"]
mod day;
#[path = "bounds/growth.rs"]
mod growth;
#[path = "bounds/overload.rs"]
mod overload;
#[path = "support/time_limit.rs"]
mod time_limit;

use std::sync::{Mutex, MutexGuard, PoisonError};

#[global_allocator]
static ALLOCATOR: allocation::Counting = allocation::Counting::new();

/// Keeps the others waiting while one of these tests runs.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A size that can be set from outside, for long runs.
fn size(variable: &str, otherwise: usize) -> usize {
    let set = std::env::var(variable).ok();
    set.map_or(otherwise, |set| set.parse().unwrap_or_else(|_| panic!("{variable} is not a number: {set}")))
}
