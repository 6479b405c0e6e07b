//! Mode `strictly`. Knows no past.

use super::{Key, Policy, Standing};
use crate::domain::dialog::Rule;

/// The lowest rank gets the dialog.
///
/// - **Rule**: the eligible operator with the lowest rank, whatever it had before.
/// - **Tie**: equal ranks by operator id.
/// - **Fairness bound**: none among operators, that is its purpose: a higher rank gets only what all
///   lower ranks have no room for or have declined. For a dialog: it has been offered to every
///   eligible member before anybody is offered it again.
pub(super) struct Strictly;

impl Policy for Strictly {
    fn key(&self, _: &Standing) -> Key {
        (0, 0)
    }

    fn rule(&self) -> Rule {
        Rule::Strictly1
    }
}

#[cfg(test)]
mod tests {
    use super::super::standing;
    use super::*;

    #[test]
    fn nothing_but_the_seat_counts() {
        assert_eq!(
            Strictly.key(&Standing { touched: 0, ..standing() }),
            Strictly.key(&Standing { touched: 9, ..standing() })
        );
    }
}
