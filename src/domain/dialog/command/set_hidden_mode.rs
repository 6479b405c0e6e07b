//! Makes an operator's next messages in a dialog hidden, until it is switched off.
//!
//! It covers replies and everything else that is sent; `hidden: false` of a reply overrides it.

use serde::Deserialize;

use super::{Context, Decision, DialogCommand, guard};
use crate::domain::dialog::Dialog;
use crate::domain::event::DialogEvent;
use crate::domain::permission::Permission;
use crate::error::Rejection;
use crate::ids::DialogId;

/// What I write in this dialog next is for employees only, or no longer.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetHiddenMode {
    /// Which.
    pub dialog: DialogId,
    /// Whether for employees only.
    pub on: bool,
}

impl DialogCommand for SetHiddenMode {
    fn decide(&self, dialog: &Dialog, context: &Context) -> Result<Decision, Rejection> {
        let actor = context.acting()?;
        dialog.allow(Permission::SetHiddenMode, actor)?;
        guard::open(dialog)?;
        if dialog.hidden_mode.contains(&actor.operator) == self.on {
            return Ok(Decision::nothing());
        }
        let (operator, on) = (actor.operator.clone(), self.on);
        Ok(Decision::done(vec![DialogEvent::HiddenModeSet { operator, on }]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dialog::Visibility;
    use crate::domain::dialog::command::{Finish, WriteReply};
    use crate::domain::testing::*;
    use crate::error::Code;

    const ON: SetHiddenMode = SetHiddenMode { dialog: DIALOG, on: true };
    const OFF: SetHiddenMode = SetHiddenMode { dialog: DIALOG, on: false };

    fn set(name: &str, on: bool) -> DialogEvent {
        DialogEvent::HiddenModeSet { operator: operator(name), on }
    }

    fn hidden_for_anna() -> Vec<DialogEvent> {
        given(joined_by("anna", "bea")).when(&ON, &by("anna")).then([set("anna", true)]).all_events()
    }

    fn visibility(events: Vec<DialogEvent>, name: &str, hidden: Option<bool>) -> Visibility {
        let reply = WriteReply { hidden, ..WriteReply::new(DIALOG, "text") };
        given(events).when(&reply, &by(name)).added_message().visibility
    }

    #[test]
    fn what_the_operator_writes_is_hidden_until_it_is_switched_off() {
        let events = hidden_for_anna();
        assert_eq!(visibility(events.clone(), "anna", None), Visibility::Hidden);
        let off = given(events).when(&OFF, &by("anna")).then([set("anna", false)]).all_events();
        assert_eq!(visibility(off, "anna", None), Visibility::Public);
    }

    #[test]
    fn a_reply_that_says_so_itself_is_as_it_says() {
        assert_eq!(visibility(hidden_for_anna(), "anna", Some(false)), Visibility::Public);
        assert_eq!(visibility(hidden_for_anna(), "anna", Some(true)), Visibility::Hidden);
    }

    #[test]
    fn it_is_of_one_operator_alone() {
        assert_eq!(visibility(hidden_for_anna(), "bea", None), Visibility::Public);
    }

    #[test]
    fn setting_it_twice_does_nothing_and_closing_ends_it() {
        given(hidden_for_anna()).when(&ON, &by("anna")).then([]);
        given(answered_by("anna")).when(&OFF, &by("anna")).then([]);
        let dialog = given(hidden_for_anna()).when(&Finish { dialog: DIALOG }, &by("anna")).dialog();
        assert!(dialog.hidden_mode.is_empty());
    }

    #[test]
    fn who_may_not_write_has_no_mode() {
        given(answered_by("bea")).when(&ON, &by("anna")).rejected(Code::NotParticipant);
        given(finished_by("anna")).when(&ON, &by("anna")).rejected(Code::DialogClosed);
    }
}
