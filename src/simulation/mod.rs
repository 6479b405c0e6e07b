//! The simulator: the real engine over a simulated disk, moved step by step in one thread from one seed, with
//! a judge that knows what was acknowledged. For tests only; `docs/simulation.md` says what is simulated and
//! what is real.
//!
//! - `world.rs` holds disk, engine and host together, and chooses which step comes next;
//! - `orders.rs` are the commands, each with the event by which it can be recognised;
//! - `host.rs` sends them, remembers what came of them, and sends again what had no outcome;
//! - `screen.rs` is a subscription;
//! - `crash.rs` lets the engine go down and come up again;
//! - `judge/` says what must be true, without asking the engine's own code how it came about.
//!
//! The same seed gives the same steps, the same events and the same replies, whose hash is the trace.

mod chance;
mod crash;
mod host;
mod judge;
mod orders;
mod screen;
mod tests;
mod trace;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};

use self::trace::Trace;
use self::world::World;
use crate::storage::Lie;

/// What is to be simulated.
#[derive(Debug, Clone, Copy)]
struct Plan {
    /// Where all chance comes from.
    seed: u64,
    /// How many steps are taken.
    steps: usize,
    /// What the disk does in secret.
    lie: Option<Lie>,
}

impl Plan {
    fn of(seed: u64) -> Self {
        Self { seed, steps: 150 + 10 * (seed % 20) as usize, lie: None }
    }
}

/// What a simulation came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Report {
    /// A hash of every step, event and reply.
    trace: u64,
    events: u64,
    acknowledged: u64,
    crashes: u64,
    faults: u64,
    checkpoints: u64,
    batches_lost: u64,
    sent_again: u64,
}

/// Runs a plan. What the judge objects to is told with the last steps before it.
fn simulate(plan: Plan) -> Result<Report, String> {
    let trace = Trace::default();
    let outcome = catch_unwind(AssertUnwindSafe(|| World::new(plan, trace.clone()).run()));
    outcome.map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        let reason = text.unwrap_or_else(|| "a panic without words".to_owned());
        format!(
            "{}\nseed {}: {reason}\nonce more: make simulate SEED={}",
            trace.last_steps(),
            plan.seed,
            plan.seed
        )
    })
}
