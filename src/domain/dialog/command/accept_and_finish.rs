//! Answers and closes in one step. It needs no capacity: nothing stays with the operator.

use serde::Deserialize;

use super::{Context, Decision, DialogCommand, guard, notices, steps};
use crate::domain::dialog::{CloseReason, Dialog};
use crate::domain::event::DialogEvent;
use crate::error::Rejection;
use crate::ids::DialogId;

/// I answer this dialog and it is done.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AcceptAndFinish {
    /// Which.
    pub dialog: DialogId,
}

impl DialogCommand for AcceptAndFinish {
    fn decide(&self, dialog: &Dialog, context: &Context) -> Result<Decision, Rejection> {
        let operator = &guard::answerable(dialog, context)?.operator;
        let closed = DialogEvent::Closed { reason: CloseReason::Finished, by: Some(operator.clone()) };
        // Who answers is the owner from then on, and no participant that could leave.
        let others = |event: &DialogEvent| !matches!(event, DialogEvent::ParticipantLeft { operator: other, .. } if other == operator);
        let leaving = steps::leave(dialog, Some(operator)).filter(others);
        let mut events = vec![steps::answered(operator, context)];
        events.extend(notices::closing(dialog, context));
        events.extend(leaving.chain([closed]));
        Ok(Decision::done(events))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::testing::*;
    use crate::error::Code;

    const ACCEPT_AND_FINISH: AcceptAndFinish = AcceptAndFinish { dialog: DIALOG };

    #[test]
    fn it_is_answered_and_closed_even_without_room() {
        let outcome = given(offered_to(["anna", "bea"])).when(&ACCEPT_AND_FINISH, &by("anna").full());
        let dialog = outcome.then([answered_event("anna", 10), finished_event("anna")]).dialog();
        assert!(dialog.is_closed());
        assert!(dialog.is_owner(&operator("anna")), "a closed dialog keeps its last owner");
        assert_eq!(dialog.closed_at, Some(NOW));
    }

    #[test]
    fn the_client_hears_the_closing_text() {
        let context =
            by("anna").with_rules(|settings| settings.closing = Some("Bye, {operator.name}".into()));
        let outcome = given(waiting()).when(&ACCEPT_AND_FINISH, &context.named("Anna"));
        assert_eq!(outcome.added_message().text, "Bye, Anna");
        assert_eq!(outcome.events().len(), 3);
    }

    #[test]
    fn what_may_not_be_answered_may_not_be_finished_this_way() {
        given(offered_to(["bea"])).when(&ACCEPT_AND_FINISH, &by("anna")).rejected(Code::NotOffered);
        given(answered_by("bea")).when(&ACCEPT_AND_FINISH, &by("anna")).rejected(Code::AlreadyAnswered);
        given(held_by_bot("robo")).when(&ACCEPT_AND_FINISH, &by("anna")).rejected(Code::NotOffered);
        given(finished_by("anna")).when(&ACCEPT_AND_FINISH, &by("anna")).rejected(Code::DialogClosed);
    }
}
