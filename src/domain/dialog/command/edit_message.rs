//! Gives a message another text, in an open dialog or a closed one. The text before is kept for supervisors.

use serde::Deserialize;

use super::{Context, Decision, DialogCommand, guard, steps};
use crate::domain::dialog::Dialog;
use crate::domain::form;
use crate::error::Rejection;
use crate::ids::MessageId;

/// This is what I wanted to write. The line protocol calls it `edit`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EditMessage {
    /// Which.
    pub message: MessageId,
    /// Its new text.
    pub text: String,
}

impl EditMessage {
    /// Checks lengths.
    ///
    /// # Errors
    /// `too_large`, with the field.
    pub fn validate(&self) -> Result<(), Rejection> {
        form::text("text", &self.text)
    }
}

impl DialogCommand for EditMessage {
    fn decide(&self, dialog: &Dialog, context: &Context) -> Result<Decision, Rejection> {
        let actor = context.acting()?;
        let message = guard::message(dialog, self.message)?;
        dialog.allow_change(message, actor)?;
        steps::edit(message, &self.text, Some(&actor.operator))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dialog::{Revision, Visibility};
    use crate::domain::operator::Role;
    use crate::domain::testing::*;
    use crate::error::Code;

    fn edit(place: u32, text: &str) -> EditMessage {
        EditMessage { message: MessageId::of(DIALOG, place), text: text.into() }
    }

    #[test]
    fn the_author_gives_it_another_text_and_the_one_before_is_kept() {
        let outcome = given(written_by("anna", Visibility::Public)).when(&edit(2, "new"), &by("anna"));
        let message = outcome.then([edited(2, "new", Some("anna"))]).dialog().messages.remove(1);
        assert_eq!((message.text.as_str(), message.edited_at), ("new", Some(NOW)));
        let by = Some(operator("anna"));
        assert_eq!(message.revisions, [Revision { text: "hello".into(), until: NOW, by }]);
    }

    #[test]
    fn a_closed_dialog_and_the_end_of_participation_do_not_matter() {
        let mut events = written_by("anna", Visibility::Public);
        events.push(finished_event("anna"));
        given(events).when(&edit(2, "new"), &by("anna")).then([edited(2, "new", Some("anna"))]);
        let mut events = written_by("anna", Visibility::Public);
        events.push(taken_event("bea", "anna"));
        given(events).when(&edit(2, "new"), &by("anna")).then([edited(2, "new", Some("anna"))]);
    }

    #[test]
    fn a_supervisor_edits_any_operators_message_and_nobody_a_clients() {
        let events = written_by("bea", Visibility::Public);
        given(events.clone()).when(&edit(2, "new"), &by("anna")).rejected(Code::PermissionDenied);
        let supervisor = by("anna").role(Role::Supervisor);
        given(events.clone()).when(&edit(2, "new"), &supervisor).then([edited(2, "new", Some("anna"))]);
        given(events).when(&edit(1, "new"), &supervisor).rejected(Code::PermissionDenied);
    }

    #[test]
    fn the_same_text_again_is_nothing_new_and_what_is_deleted_stays_deleted() {
        let mut events = written_by("anna", Visibility::Public);
        given(events.clone()).when(&edit(2, "hello"), &by("anna")).then([]);
        events.push(deleted(2, Some("anna")));
        given(events).when(&edit(2, "new"), &by("anna")).rejected(Code::Conflict);
    }

    #[test]
    fn a_message_that_is_not_there_comes_before_permission() {
        let outcome = given(answered_by("bea")).when(&edit(9, "new"), &by("anna"));
        assert_eq!(outcome.rejected(Code::MessageNotFound), Some("message".into()));
        assert_eq!(edit(2, &"x".repeat(10_001)).validate().unwrap_err().code, Code::TooLarge);
    }
}
