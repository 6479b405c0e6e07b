//! Ends one's own part in a dialog. Its owner cannot leave: they pass it on or finish it.

use serde::Deserialize;

use super::{Context, Decision, DialogCommand, guard, steps};
use crate::domain::dialog::Dialog;
use crate::domain::permission::Permission;
use crate::error::Rejection;
use crate::ids::DialogId;

/// I no longer take part in this dialog.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leave {
    /// Which.
    pub dialog: DialogId,
}

impl DialogCommand for Leave {
    fn decide(&self, dialog: &Dialog, context: &Context) -> Result<Decision, Rejection> {
        let actor = context.acting()?;
        dialog.allow(Permission::Leave, actor)?;
        guard::open(dialog)?;
        Ok(steps::let_go(dialog, &actor.operator, Some(&actor.operator)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::operator::Role;
    use crate::domain::testing::*;
    use crate::error::Code;

    const LEAVE: Leave = Leave { dialog: DIALOG };

    #[test]
    fn a_participant_leaves() {
        let outcome = given(joined_by("bea", "anna")).when(&LEAVE, &by("anna"));
        assert!(outcome.then([left("anna", Some("anna"))]).dialog().participants.is_empty());
    }

    #[test]
    fn who_does_not_take_part_or_owns_it_cannot_leave() {
        given(answered_by("bea")).when(&LEAVE, &by("anna")).rejected(Code::NotParticipant);
        given(answered_by("anna")).when(&LEAVE, &by("anna")).rejected(Code::NotParticipant);
        let supervisor = by("anna").role(Role::Supervisor);
        given(answered_by("bea")).when(&LEAVE, &supervisor).rejected(Code::NotParticipant);
        given(joined_by("bea", "anna")).when(&LEAVE, &supervisor).then([left("anna", Some("anna"))]);
        given(finished_by("bea")).when(&LEAVE, &by("anna")).rejected(Code::NotParticipant);
    }
}
