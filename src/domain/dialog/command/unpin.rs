//! Unlocks a dialog.

use serde::Deserialize;

use super::{Context, Decision, DialogCommand, guard};
use crate::domain::dialog::Dialog;
use crate::domain::event::DialogEvent;
use crate::domain::permission::Permission;
use crate::error::Rejection;
use crate::ids::DialogId;

/// This dialog is no longer locked to its owner.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unpin {
    /// Which.
    pub dialog: DialogId,
}

impl DialogCommand for Unpin {
    fn decide(&self, dialog: &Dialog, context: &Context) -> Result<Decision, Rejection> {
        let actor = context.acting()?;
        dialog.allow(Permission::Pin, actor)?;
        guard::answered(dialog)?;
        if !dialog.pinned {
            return Ok(Decision::nothing());
        }
        Ok(Decision::done(vec![DialogEvent::Unpinned { operator: actor.operator.clone() }]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::operator::Role;
    use crate::domain::testing::*;
    use crate::error::Code;

    const UNPIN: Unpin = Unpin { dialog: DIALOG };

    #[test]
    fn the_owner_or_a_supervisor_unlocks_a_dialog() {
        let unpinned = |by| DialogEvent::Unpinned { operator: operator(by) };
        assert!(!given(pinned_by("anna")).when(&UNPIN, &by("anna")).then([unpinned("anna")]).dialog().pinned);
        given(pinned_by("bea")).when(&UNPIN, &by("anna").role(Role::Admin)).then([unpinned("anna")]);
        given(pinned_by("bea")).when(&UNPIN, &by("anna")).rejected(Code::NotOwner);
    }

    #[test]
    fn unlocking_twice_does_nothing() {
        given(answered_by("anna")).when(&UNPIN, &by("anna")).then([]);
    }

    #[test]
    fn a_closed_dialog_is_neither_locked_nor_unlocked() {
        given(finished_by("anna")).when(&UNPIN, &by("anna")).rejected(Code::DialogClosed);
    }
}
