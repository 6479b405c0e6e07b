//! Mode `evenly`. Knows no load and no rank.

use super::{Key, Policy, Standing};
use crate::domain::dialog::Rule;

/// Who was touched longest ago gets the dialog.
///
/// - **Rule**: the operator for whom it is longest since it was last given a dialog, answered or
///   replied, in any channel. What colleagues pass on, take or say of it does not count. It goes by the order of events and not by the clock, so two touches in
///   one millisecond still have an order. Who was never touched comes before all others.
/// - **Tie**: only among those never touched: rank, then operator id.
/// - **Fairness bound**: being given a dialog puts an operator last. So between two dialogs for one
///   operator, every other member of the line that was eligible all that time has been touched.
pub(super) struct Evenly;

impl Policy for Evenly {
    fn key(&self, standing: &Standing) -> Key {
        (standing.touched, 0)
    }

    fn rule(&self) -> Rule {
        Rule::Evenly1
    }
}

#[cfg(test)]
mod tests {
    use super::super::standing;
    use super::*;

    #[test]
    fn never_touched_comes_before_touched_and_early_before_late() {
        let key = |touched| Evenly.key(&Standing { touched, ..standing() });
        assert!(key(0) < key(1) && key(1) < key(2));
    }
}
