//! Takes the text of a message away, in an open dialog or a closed one. It is kept for supervisors.

use serde::Deserialize;

use super::{Context, Decision, DialogCommand, guard, steps};
use crate::domain::dialog::Dialog;
use crate::error::Rejection;
use crate::ids::MessageId;

/// I should not have written this. The line protocol calls it `delete`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeleteMessage {
    /// Which.
    pub message: MessageId,
}

impl DialogCommand for DeleteMessage {
    fn decide(&self, dialog: &Dialog, context: &Context) -> Result<Decision, Rejection> {
        let actor = context.acting()?;
        let message = guard::message(dialog, self.message)?;
        dialog.allow_change(message, actor)?;
        Ok(steps::delete(message, Some(&actor.operator)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dialog::Visibility;
    use crate::domain::operator::Role;
    use crate::domain::testing::*;
    use crate::error::Code;

    fn delete(place: u32) -> DeleteMessage {
        DeleteMessage { message: MessageId::of(DIALOG, place) }
    }

    #[test]
    fn the_text_is_gone_but_kept_for_supervisors() {
        let outcome = given(written_by("anna", Visibility::Public)).when(&delete(2), &by("anna"));
        let message = outcome.then([deleted(2, Some("anna"))]).dialog().messages.remove(1);
        assert!(message.deleted && message.text.is_empty());
        assert_eq!(message.revisions[0].text, "hello");
    }

    #[test]
    fn deleting_twice_does_nothing() {
        let mut events = written_by("anna", Visibility::Public);
        events.push(deleted(2, Some("anna")));
        given(events).when(&delete(2), &by("anna")).then([]);
    }

    #[test]
    fn a_supervisor_deletes_any_operators_message_and_nobody_a_clients() {
        let events = written_by("bea", Visibility::Public);
        given(events.clone()).when(&delete(2), &by("anna")).rejected(Code::PermissionDenied);
        let supervisor = by("anna").role(Role::Admin);
        given(events.clone()).when(&delete(2), &supervisor).then([deleted(2, Some("anna"))]);
        given(events.clone()).when(&delete(1), &supervisor).rejected(Code::PermissionDenied);
        given(events).when(&delete(3), &by("anna")).rejected(Code::MessageNotFound);
    }
}
