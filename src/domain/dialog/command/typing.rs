//! An operator is writing. Nothing of it is kept: it leaves as a [`Transient`] and is gone.

use serde::Deserialize;

use super::{Context, Decision, DialogCommand, guard};
use crate::domain::dialog::{Dialog, Visibility};
use crate::domain::permission::Permission;
use crate::domain::transient::{Transient, TransientKind};
use crate::error::Rejection;
use crate::ids::DialogId;

/// I am writing in this dialog.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Typing {
    /// Which.
    pub dialog: DialogId,
}

impl Typing {
    /// What others learn of it: the client nothing while the operator's hidden mode is on.
    pub fn transient(&self, dialog: &Dialog, context: &Context) -> Option<Transient> {
        let operator = context.actor.as_ref()?.operator.clone();
        let hidden = dialog.visibility_for(&operator, None) == Visibility::Hidden;
        let kind = TransientKind::OperatorTyping { operator, hidden };
        Some(Transient { at: context.now, dialog: dialog.id, kind })
    }
}

impl DialogCommand for Typing {
    fn decide(&self, dialog: &Dialog, context: &Context) -> Result<Decision, Rejection> {
        let actor = context.acting()?;
        dialog.allow(Permission::Typing, actor)?;
        guard::open(dialog)?;
        Ok(Decision::nothing())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::DialogEvent;
    use crate::domain::testing::*;
    use crate::error::Code;

    const TYPING: Typing = Typing { dialog: DIALOG };

    #[test]
    fn nothing_of_it_is_kept_and_who_may_not_write_is_not_typing() {
        given(answered_by("anna")).when(&TYPING, &by("anna")).then([]);
        given(joined_by("bea", "anna")).when(&TYPING, &by("anna")).then([]);
        given(answered_by("bea")).when(&TYPING, &by("anna")).rejected(Code::NotParticipant);
        given(finished_by("anna")).when(&TYPING, &by("anna")).rejected(Code::DialogClosed);
    }

    #[test]
    fn the_client_does_not_learn_of_it_in_hidden_mode() {
        let mut events = answered_by("anna");
        let typing =
            |events: &Vec<DialogEvent>| TYPING.transient(&given(events.clone()).dialog(), &by("anna"));
        let kind = |hidden| TransientKind::OperatorTyping { operator: operator("anna"), hidden };
        let transient = |hidden| Some(Transient { at: NOW, dialog: DIALOG, kind: kind(hidden) });
        assert_eq!(typing(&events), transient(false));
        events.push(DialogEvent::HiddenModeSet { operator: operator("anna"), on: true });
        assert_eq!(typing(&events), transient(true));
    }
}
