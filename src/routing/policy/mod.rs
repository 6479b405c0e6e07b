//! Who among the eligible gets a dialog: one rule per file. A rule sees an operator's standing and
//! nothing else; who is eligible is decided elsewhere.

mod all;
mod evenly;
mod least_loaded;
mod manual;
mod most_available;
mod round_robin;
mod strictly;

use crate::domain::channel::QueueMode;
use crate::domain::dialog::Rule;

/// Where an operator stands in a line by the line's rule: the score and what breaks ties between equal
/// scores. The smallest gets the dialog. Equal keys are ordered by the operator's seat: rank, then id.
///
/// While an operator is ready in a pool its key may only grow. Pools hold keys that may be out of date
/// and correct one when it comes first; a key that shrank would never come first. Where a score can
/// [improve](Policy::improves), whatever improves it wakes the operator, and its places are put right.
pub(super) type Key = (u64, u64);

/// What a rule may look at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standing {
    /// The number of the event that last touched the operator, in any channel; 0: never.
    pub touched: u64,
    /// The number of the ruling by which it was last given a dialog of this channel; 0: never. Known in
    /// mode `round_robin` alone.
    pub given: u64,
    /// Units held and offered.
    pub load: u64,
    /// Units that it has.
    pub capacity: u32,
}

/// A rule of a queue.
pub(super) trait Policy: Sync {
    /// The operator's place by this rule.
    fn key(&self, standing: &Standing) -> Key;

    /// Its name and version, as decisions are explained.
    fn rule(&self) -> Rule;

    /// Whether a dialog goes to everybody eligible at once, and its offer reserves nothing.
    fn offers_to_all(&self) -> bool {
        false
    }

    /// Whether dialogs are given to anybody at all.
    fn gives(&self) -> bool {
        true
    }

    /// Whether an operator's score can become better while it is ready.
    fn improves(&self) -> bool {
        false
    }
}

/// The rule of a mode.
pub(super) fn of(mode: QueueMode) -> &'static dyn Policy {
    match mode {
        QueueMode::Evenly => &evenly::Evenly,
        QueueMode::Strictly => &strictly::Strictly,
        QueueMode::All => &all::All,
        QueueMode::RoundRobin => &round_robin::RoundRobin,
        QueueMode::LeastLoaded => &least_loaded::LeastLoaded,
        QueueMode::MostAvailable => &most_available::MostAvailable,
        QueueMode::Manual => &manual::Manual,
    }
}

#[cfg(test)]
pub(super) fn standing() -> Standing {
    Standing { touched: 0, given: 0, load: 0, capacity: 10 }
}
