//! Mode `most_available`. Knows no units, only shares.

use super::{Key, Policy, Standing};
use crate::domain::dialog::Rule;

/// Who has the greatest free share of its capacity gets the dialog.
///
/// - **Rule**: the smallest share of capacity held and offered, in all channels together. Shares are
///   compared exactly: capacities have at most 30 bits, so two shares that differ do so within 60 bits, and
///   the score has 64 of them.
/// - **Tie**: as in mode `evenly`, whoever was touched longest ago; then rank, then operator id.
/// - **Fairness bound**: nobody is given a dialog while another eligible member has a greater share free.
///   So of two members who are always eligible and finish nothing, the shares in use never differ by more
///   than one dialog of the smaller capacity.
pub(super) struct MostAvailable;

impl Policy for MostAvailable {
    fn key(&self, standing: &Standing) -> Key {
        let used = u128::from(standing.load) << 64;
        let share = used.checked_div(u128::from(standing.capacity)).unwrap_or(u128::MAX);
        (u64::try_from(share).unwrap_or(u64::MAX), standing.touched)
    }

    fn rule(&self) -> Rule {
        Rule::MostAvailable1
    }

    fn improves(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::super::standing;
    use super::*;
    use crate::limits::CAPACITY_UNITS;

    #[test]
    fn shares_count_and_not_units() {
        let key = |load, capacity| MostAvailable.key(&Standing { load, capacity, ..standing() });
        assert!(key(10, 100) < key(2, 10) && key(1, 3) == key(2, 6) && key(0, 1) == key(0, 9));
        assert!(
            key(u64::from(CAPACITY_UNITS) - 2, CAPACITY_UNITS - 1)
                < key(u64::from(CAPACITY_UNITS) - 1, CAPACITY_UNITS)
        );
        assert_eq!(key(0, 0).0, u64::MAX);
    }
}
