//! Closes a dialog: participants leave, capacity is free.

use serde::Deserialize;

use super::{Context, Decision, DialogCommand, guard, steps};
use crate::domain::dialog::{CloseReason, Dialog};
use crate::domain::permission::Permission;
use crate::error::Rejection;
use crate::ids::DialogId;

/// This dialog is done.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finish {
    /// Which.
    pub dialog: DialogId,
}

impl DialogCommand for Finish {
    fn decide(&self, dialog: &Dialog, context: &Context) -> Result<Decision, Rejection> {
        let actor = context.acting()?;
        dialog.allow(Permission::Finish, actor)?;
        guard::open(dialog)?;
        Ok(Decision::done(steps::close(dialog, CloseReason::Finished, Some(&actor.operator))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dialog::Status;
    use crate::domain::operator::Role;
    use crate::domain::testing::*;
    use crate::error::Code;

    const FINISH: Finish = Finish { dialog: DIALOG };

    #[test]
    fn the_owner_finishes_and_the_closed_dialog_remembers_them() {
        let outcome = given(pinned_by("anna")).when(&FINISH, &by("anna"));
        let dialog = outcome.then([finished_event("anna")]).dialog();
        assert_eq!(dialog.status, Status::Closed { reason: CloseReason::Finished });
        assert_eq!(dialog.owner, Some(operator("anna")));
        assert!(!dialog.pinned && dialog.participants.is_empty());
    }

    #[test]
    fn a_supervisor_finishes_anybodys_also_before_an_answer() {
        let supervisor = by("anna").role(Role::Supervisor);
        given(answered_by("bea")).when(&FINISH, &supervisor).then([finished_event("anna")]);
        given(offered_to(["bea", "cleo"])).when(&FINISH, &supervisor).then([
            withdrawn("bea"),
            withdrawn("cleo"),
            finished_event("anna"),
        ]);
    }

    #[test]
    fn others_may_not_finish() {
        for events in [waiting(), offered_to(["anna"]), answered_by("bea"), finished_by("bea")] {
            given(events).when(&FINISH, &by("anna")).rejected(Code::NotOwner);
        }
        given(finished_by("anna")).when(&FINISH, &by("anna")).rejected(Code::DialogClosed);
    }
}
