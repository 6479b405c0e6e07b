//! Mode `manual`. Gives nothing to anybody.

use super::{Key, Policy, Standing};
use crate::domain::dialog::Rule;

/// Nobody is offered the dialog: members choose from what waits.
///
/// - **Rule**: none. A member answers what it finds in its list of unanswered dialogs.
/// - **Tie**: none.
/// - **Fairness bound**: none: the dispatcher gives nothing out, and a dialog waits until somebody takes it.
pub(super) struct Manual;

impl Policy for Manual {
    fn key(&self, _: &Standing) -> Key {
        (0, 0)
    }

    fn rule(&self) -> Rule {
        Rule::Manual1
    }

    fn gives(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::super::standing;
    use super::*;

    #[test]
    fn nobody_is_given_anything() {
        assert!(!Manual.gives());
        assert_eq!(Manual.key(&standing()), (0, 0));
    }
}
