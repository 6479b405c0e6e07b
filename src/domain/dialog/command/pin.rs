//! Locks a dialog to its owner.

use serde::Deserialize;

use super::{Context, Decision, DialogCommand, guard};
use crate::domain::dialog::Dialog;
use crate::domain::event::DialogEvent;
use crate::domain::permission::Permission;
use crate::error::Rejection;
use crate::ids::DialogId;

/// This dialog stays with its owner: no redistribution, no closing by itself, no `take` by others.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    /// Which.
    pub dialog: DialogId,
}

impl DialogCommand for Pin {
    fn decide(&self, dialog: &Dialog, context: &Context) -> Result<Decision, Rejection> {
        let actor = context.acting()?;
        dialog.allow(Permission::Pin, actor)?;
        guard::answered(dialog)?;
        if dialog.pinned {
            return Ok(Decision::nothing());
        }
        Ok(Decision::done(vec![DialogEvent::Pinned { operator: actor.operator.clone() }]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::operator::Role;
    use crate::domain::testing::*;
    use crate::error::Code;

    const PIN: Pin = Pin { dialog: DIALOG };

    #[test]
    fn the_owner_or_a_supervisor_locks_a_dialog() {
        let pinned = |by| DialogEvent::Pinned { operator: operator(by) };
        assert!(given(answered_by("anna")).when(&PIN, &by("anna")).then([pinned("anna")]).dialog().pinned);
        given(answered_by("bea")).when(&PIN, &by("anna").role(Role::Supervisor)).then([pinned("anna")]);
        given(answered_by("bea")).when(&PIN, &by("anna")).rejected(Code::NotOwner);
    }

    #[test]
    fn locking_twice_does_nothing() {
        given(pinned_by("anna")).when(&PIN, &by("anna")).then([]);
    }

    #[test]
    fn only_an_answered_dialog_can_be_locked() {
        let supervisor = by("anna").role(Role::Supervisor);
        given(waiting()).when(&PIN, &supervisor).rejected(Code::Conflict);
        given(waiting()).when(&PIN, &by("anna")).rejected(Code::NotOwner);
        given(finished_by("anna")).when(&PIN, &by("anna")).rejected(Code::DialogClosed);
    }
}
