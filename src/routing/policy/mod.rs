//! Who among the eligible gets a dialog: one rule per file. A rule sees an operator's standing and
//! nothing else; who is eligible is decided elsewhere.

mod all;
mod evenly;
mod strictly;

use crate::domain::channel::QueueMode;

/// Where an operator stands in a line by the line's rule: the smallest gets the dialog. Equal keys
/// are ordered by the operator's seat: rank, then id.
///
/// While an operator is ready in a line its key may only grow. Lines hold keys that may be out of
/// date and correct one when it comes first; a key that shrank would never come first.
pub(super) type Key = (u64, u64);

/// What a rule may look at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standing {
    /// The number of the event that last touched the operator, in any channel; 0: never.
    pub touched: u64,
}

/// A rule of a queue.
pub(super) trait Policy: Sync {
    /// The operator's place by this rule.
    fn key(&self, standing: &Standing) -> Key;

    /// Whether a dialog goes to everybody eligible at once, and its offer reserves nothing.
    fn offers_to_all(&self) -> bool {
        false
    }
}

/// The rule of a mode.
pub(super) fn of(mode: QueueMode) -> &'static dyn Policy {
    match mode {
        QueueMode::RoundRobin | QueueMode::LeastLoaded | QueueMode::MostAvailable | QueueMode::Manual => {
            &evenly::Evenly
        }
        QueueMode::Evenly => &evenly::Evenly,
        QueueMode::Strictly => &strictly::Strictly,
        QueueMode::All => &all::All,
    }
}
