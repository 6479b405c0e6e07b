//! Brings a colleague into a dialog. That there is such an operator is checked by who knows them.

use serde::Deserialize;

use super::{Context, Decision, DialogCommand, guard, steps};
use crate::domain::dialog::Dialog;
use crate::domain::permission::Permission;
use crate::error::Rejection;
use crate::ids::{DialogId, OperatorId};

/// This colleague takes part in the dialog from now on.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invite {
    /// Which.
    pub dialog: DialogId,
    /// Who.
    pub operator: OperatorId,
}

impl DialogCommand for Invite {
    fn decide(&self, dialog: &Dialog, context: &Context) -> Result<Decision, Rejection> {
        let actor = context.acting()?;
        dialog.allow(Permission::Company, actor)?;
        guard::open(dialog)?;
        Ok(steps::bring_in(dialog, &self.operator, &actor.operator))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::operator::Role;
    use crate::domain::testing::*;
    use crate::error::Code;

    fn invite(name: &str) -> Invite {
        Invite { dialog: DIALOG, operator: operator(name) }
    }

    #[test]
    fn owner_participant_and_supervisor_bring_colleagues_in() {
        given(answered_by("anna")).when(&invite("cleo"), &by("anna")).then([joined("cleo", "anna")]);
        let outcome = given(joined_by("bea", "anna")).when(&invite("cleo"), &by("anna"));
        let dialog = outcome.then([joined("cleo", "anna")]).dialog();
        assert_eq!(dialog.participants, [operator("anna"), operator("cleo")]);
        let supervisor = by("anna").role(Role::Supervisor);
        given(waiting()).when(&invite("cleo"), &supervisor).then([joined("cleo", "anna")]);
    }

    #[test]
    fn who_is_in_already_stays_in() {
        given(joined_by("anna", "bea")).when(&invite("bea"), &by("anna")).then([]);
        given(joined_by("bea", "anna")).when(&invite("bea"), &by("anna")).then([]);
    }

    #[test]
    fn who_does_not_take_part_may_not_invite() {
        given(answered_by("bea")).when(&invite("cleo"), &by("anna")).rejected(Code::NotParticipant);
        given(offered_to(["anna"])).when(&invite("cleo"), &by("anna")).rejected(Code::NotParticipant);
        given(finished_by("anna")).when(&invite("cleo"), &by("anna")).rejected(Code::DialogClosed);
    }
}
