//! Mode `round_robin`. Knows no load, and nothing of other channels.

use super::{Key, Policy, Standing};
use crate::domain::dialog::Rule;

/// Who was given a dialog of this channel longest ago gets the next one.
///
/// - **Rule**: the operator whom the dispatcher gave a dialog of this channel longest ago, by the order of
///   its decisions; never comes before all others. What is answered, written or passed on by people does
///   not count.
/// - **Tie**: only among those never given one: rank, then operator id.
/// - **Fairness bound**: between two dialogs of the channel for one operator, every other member that was
///   eligible for all dialogs in between was given exactly one. So over any time, two members who are
///   always eligible differ by at most one dialog.
pub(super) struct RoundRobin;

impl Policy for RoundRobin {
    fn key(&self, standing: &Standing) -> Key {
        (standing.given, 0)
    }

    fn rule(&self) -> Rule {
        Rule::RoundRobin1
    }
}

#[cfg(test)]
mod tests {
    use super::super::standing;
    use super::*;

    #[test]
    fn only_what_was_given_here_counts() {
        let key = |given, touched| RoundRobin.key(&Standing { given, touched, ..standing() });
        assert!(key(0, 9) < key(1, 0) && key(1, 9) == key(1, 0));
    }
}
