//! Mode `all`. Chooses nobody: the first answer does.

use super::{Key, Policy, Standing};
use crate::domain::dialog::Rule;

/// Everybody eligible is offered the dialog, also who becomes eligible while the offer stands.
///
/// - **Rule**: all who are eligible and have not declined it in the present round; the first answer
///   wins. An offer reserves nothing: capacity is checked at the answer.
/// - **Tie**: none; the operators of one offer are named by rank, then id.
/// - **Fairness bound**: at every moment each eligible member has the dialog before it or has declined
///   it; when all have declined, all are offered it again.
pub(super) struct All;

impl Policy for All {
    fn key(&self, _: &Standing) -> Key {
        (0, 0)
    }

    fn rule(&self) -> Rule {
        Rule::All1
    }

    fn offers_to_all(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::super::standing;
    use super::*;

    #[test]
    fn nobody_comes_before_another() {
        assert!(All.offers_to_all());
        assert_eq!(
            All.key(&Standing { touched: 0, ..standing() }),
            All.key(&Standing { touched: 9, ..standing() })
        );
    }
}
