//! Writes a message, for the client or for employees only.

use serde::Deserialize;

use super::{Context, Decision, DialogCommand, guard, steps};
use crate::domain::dialog::Dialog;
use crate::domain::event::DialogEvent;
use crate::domain::form;
use crate::domain::permission::Permission;
use crate::domain::reply::{Reply, Written};
use crate::error::Rejection;
use crate::ids::DialogId;

/// I write in this dialog. The line protocol calls it `reply`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WriteReply {
    /// Which.
    pub dialog: DialogId,
    /// What I write.
    pub text: String,
    /// Whether only employees may read it; by default the client may too, unless my hidden mode is on.
    pub hidden: Option<bool>,
}

impl WriteReply {
    /// Checks lengths.
    ///
    /// # Errors
    /// `too_large`, with the field.
    pub fn validate(&self) -> Result<(), Rejection> {
        form::text("text", &self.text)
    }
}

impl DialogCommand for WriteReply {
    fn decide(&self, dialog: &Dialog, context: &Context) -> Result<Decision, Rejection> {
        let actor = context.acting()?;
        dialog.allow(Permission::Write, actor)?;
        guard::open(dialog)?;
        guard::space(dialog)?;
        let visibility = dialog.visibility_for(&actor.operator, self.hidden);
        let message = steps::operator_message(dialog, &actor.operator, visibility, &self.text, context.now);
        let reply = Reply::Written(Written { message: message.id });
        Ok(Decision { events: vec![DialogEvent::MessageAdded(Box::new(message))], reply })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dialog::{Author, Visibility};
    use crate::domain::operator::Role;
    use crate::domain::testing::*;
    use crate::error::Code;
    use crate::ids::MessageId;

    fn reply(hidden: Option<bool>) -> WriteReply {
        WriteReply { dialog: DIALOG, text: "good morning".into(), hidden }
    }

    #[test]
    fn the_owner_writes_a_message_that_the_client_may_read() {
        let outcome = given(answered_by("anna")).when(&reply(None), &by("anna"));
        let message = outcome.added_message();
        assert_eq!(message.author, Author::Operator(operator("anna")));
        assert_eq!((message.text.as_str(), message.at), ("good morning", NOW));
        assert_eq!(message.visibility, Visibility::Public);
        outcome.replies(Reply::Written(Written { message: MessageId::of(DIALOG, 2) }));
    }

    #[test]
    fn a_message_is_hidden_only_when_asked() {
        let visibility =
            |hidden| given(answered_by("anna")).when(&reply(hidden), &by("anna")).added_message().visibility;
        assert_eq!(visibility(Some(true)), Visibility::Hidden);
        assert_eq!(visibility(Some(false)), Visibility::Public);
    }

    #[test]
    fn who_does_not_take_part_may_not_write() {
        given(answered_by("bea")).when(&reply(None), &by("anna")).rejected(Code::NotParticipant);
        given(offered_to(["anna"])).when(&reply(None), &by("anna")).rejected(Code::NotParticipant);
        given(finished_by("bea")).when(&reply(None), &by("anna")).rejected(Code::NotParticipant);
        given(finished_by("anna")).when(&reply(None), &by("anna")).rejected(Code::DialogClosed);
        let supervisor = by("anna").role(Role::Supervisor);
        assert_eq!(given(waiting()).when(&reply(None), &supervisor).events().len(), 1);
    }

    #[test]
    fn a_text_that_is_too_long_is_refused() {
        let long = WriteReply { text: "x".repeat(10_001), ..reply(None) };
        assert_eq!(long.validate().unwrap_err().code, Code::TooLarge);
    }
}
