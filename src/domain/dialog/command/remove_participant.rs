//! Ends a colleague's part in a dialog. That there is such an operator is checked by who knows them.

use serde::Deserialize;

use super::{Context, Decision, DialogCommand, guard, steps};
use crate::domain::dialog::Dialog;
use crate::domain::permission::Permission;
use crate::error::Rejection;
use crate::ids::{DialogId, OperatorId};

/// This colleague no longer takes part in the dialog.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoveParticipant {
    /// Which.
    pub dialog: DialogId,
    /// Who.
    pub operator: OperatorId,
}

impl DialogCommand for RemoveParticipant {
    fn decide(&self, dialog: &Dialog, context: &Context) -> Result<Decision, Rejection> {
        let actor = context.acting()?;
        dialog.allow(Permission::Company, actor)?;
        guard::open(dialog)?;
        if dialog.is_owner(&self.operator) {
            let sentence = "the owner is no participant: transfer or take the dialog instead";
            return Err(Rejection::invalid("operator", sentence));
        }
        Ok(steps::let_go(dialog, &self.operator, Some(&actor.operator)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::operator::Role;
    use crate::domain::testing::*;
    use crate::error::Code;

    fn remove(name: &str) -> RemoveParticipant {
        RemoveParticipant { dialog: DIALOG, operator: operator(name) }
    }

    #[test]
    fn owner_participant_and_supervisor_send_participants_away() {
        given(joined_by("anna", "cleo"))
            .when(&remove("cleo"), &by("anna"))
            .then([left("cleo", Some("anna"))]);
        given(joined_by("bea", "anna")).when(&remove("anna"), &by("anna")).then([left("anna", Some("anna"))]);
        let supervisor = by("anna").role(Role::Supervisor);
        let outcome = given(joined_by("bea", "cleo")).when(&remove("cleo"), &supervisor);
        assert!(outcome.then([left("cleo", Some("anna"))]).dialog().participants.is_empty());
    }

    #[test]
    fn who_does_not_take_part_is_away_already_but_the_owner_cannot_be_sent_away() {
        given(answered_by("anna")).when(&remove("cleo"), &by("anna")).then([]);
        let field = given(joined_by("bea", "anna")).when(&remove("bea"), &by("anna"));
        assert_eq!(field.rejected(Code::InvalidArgument), Some("operator".into()));
    }

    #[test]
    fn others_may_not() {
        given(joined_by("bea", "cleo")).when(&remove("cleo"), &by("anna")).rejected(Code::NotParticipant);
        given(finished_by("anna")).when(&remove("cleo"), &by("anna")).rejected(Code::DialogClosed);
    }
}
