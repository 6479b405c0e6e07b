//! Mode `least_loaded`. Knows no capacity.

use super::{Key, Policy, Standing};
use crate::domain::dialog::Rule;

/// Who has the fewest units to do gets the dialog.
///
/// - **Rule**: the fewest units held and offered, in all channels together.
/// - **Tie**: as in mode `evenly`, whoever was touched longest ago; then rank, then operator id.
/// - **Fairness bound**: nobody is given a dialog while another eligible member has fewer units. So of two
///   members who are always eligible and finish nothing, one never has more than the weight of one dialog
///   more than the other.
pub(super) struct LeastLoaded;

impl Policy for LeastLoaded {
    fn key(&self, standing: &Standing) -> Key {
        (standing.load, standing.touched)
    }

    fn rule(&self) -> Rule {
        Rule::LeastLoaded1
    }

    fn improves(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::super::standing;
    use super::*;

    #[test]
    fn fewer_units_come_first_and_then_the_longest_untouched() {
        let key = |load, touched| LeastLoaded.key(&Standing { load, touched, ..standing() });
        assert!(key(1, 9) < key(2, 0) && key(1, 1) < key(1, 2));
    }
}
