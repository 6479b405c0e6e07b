//! Takes part in a dialog. Ownership stays where it is.

use serde::Deserialize;

use super::{Context, Decision, DialogCommand, guard, steps};
use crate::domain::dialog::Dialog;
use crate::domain::permission::Permission;
use crate::error::Rejection;
use crate::ids::DialogId;

/// I take part in this dialog.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Join {
    /// Which.
    pub dialog: DialogId,
}

impl DialogCommand for Join {
    fn decide(&self, dialog: &Dialog, context: &Context) -> Result<Decision, Rejection> {
        let actor = context.acting()?;
        dialog.allow(Permission::Join, actor)?;
        guard::open(dialog)?;
        Ok(steps::bring_in(dialog, &actor.operator, &actor.operator))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::testing::*;
    use crate::error::Code;

    const JOIN: Join = Join { dialog: DIALOG };

    #[test]
    fn everybody_may_take_part_also_before_an_answer() {
        let dialog = given(answered_by("bea")).when(&JOIN, &by("anna").stranger());
        let dialog = dialog.then([joined("anna", "anna")]).dialog();
        assert_eq!((dialog.owner, dialog.participants), (Some(operator("bea")), vec![operator("anna")]));
        given(waiting()).when(&JOIN, &by("anna")).then([joined("anna", "anna")]);
        given(offered_to(["anna"])).when(&JOIN, &by("anna")).then([joined("anna", "anna")]);
    }

    #[test]
    fn who_is_in_already_stays_in() {
        given(answered_by("anna")).when(&JOIN, &by("anna")).then([]);
        given(joined_by("bea", "anna")).when(&JOIN, &by("anna")).then([]);
    }

    #[test]
    fn who_becomes_the_owner_is_no_participant_any_more() {
        let mut events = joined_by("bea", "anna");
        events.push(taken_event("anna", "bea"));
        let dialog = given(events).dialog();
        assert!(dialog.is_owner(&operator("anna")) && dialog.participants.is_empty());
    }

    #[test]
    fn a_closed_dialog_has_no_participants() {
        given(finished_by("bea")).when(&JOIN, &by("anna")).rejected(Code::DialogClosed);
    }
}
