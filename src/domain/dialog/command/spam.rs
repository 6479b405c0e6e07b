//! Closes a dialog as spam. The client is not blocked: the next message opens a new dialog.

use serde::Deserialize;

use super::{Context, Decision, DialogCommand, guard, steps};
use crate::domain::dialog::{CloseReason, Dialog};
use crate::domain::permission::Permission;
use crate::error::Rejection;
use crate::ids::DialogId;

/// This dialog is no matter for us.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spam {
    /// Which.
    pub dialog: DialogId,
}

impl DialogCommand for Spam {
    fn decide(&self, dialog: &Dialog, context: &Context) -> Result<Decision, Rejection> {
        let actor = context.acting()?;
        dialog.allow(Permission::Spam, actor)?;
        guard::with_client(dialog)?;
        guard::open(dialog)?;
        Ok(Decision::done(steps::close(dialog, CloseReason::Spam, Some(&actor.operator))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::DialogEvent;
    use crate::domain::operator::Role;
    use crate::domain::testing::*;
    use crate::error::Code;

    const SPAM: Spam = Spam { dialog: DIALOG };

    fn closed() -> DialogEvent {
        DialogEvent::Closed { reason: CloseReason::Spam, by: Some(operator("anna")) }
    }

    #[test]
    fn whoever_has_it_at_their_desk_may_say_that_it_is_spam() {
        given(waiting()).when(&SPAM, &by("anna")).then([closed()]);
        given(offered_to(["anna", "bea"])).when(&SPAM, &by("anna").stranger()).then([
            withdrawn("anna"),
            withdrawn("bea"),
            closed(),
        ]);
        given(answered_by("anna")).when(&SPAM, &by("anna").stranger()).then([closed()]);
        given(answered_by("bea")).when(&SPAM, &by("anna").role(Role::Supervisor)).then([closed()]);
    }

    #[test]
    fn others_may_not() {
        given(waiting()).when(&SPAM, &by("anna").stranger()).rejected(Code::NotOwner);
        given(offered_to(["bea"])).when(&SPAM, &by("anna")).rejected(Code::NotOwner);
        given(answered_by("bea")).when(&SPAM, &by("anna")).rejected(Code::NotOwner);
        given(finished_by("anna")).when(&SPAM, &by("anna")).rejected(Code::DialogClosed);
    }
}
