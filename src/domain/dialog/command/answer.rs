//! Makes an offered or waiting dialog the operator's own.

use serde::Deserialize;

use super::{Context, Decision, DialogCommand, guard, steps};
use crate::domain::dialog::Dialog;
use crate::error::Rejection;
use crate::ids::DialogId;

/// I answer this dialog: others lose the offer at once.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Which.
    pub dialog: DialogId,
}

impl DialogCommand for Answer {
    fn decide(&self, dialog: &Dialog, context: &Context) -> Result<Decision, Rejection> {
        let actor = guard::answerable(dialog, context)?;
        guard::room(&context.desk)?;
        Ok(Decision::done(vec![steps::answered(&actor.operator, context)]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::channel::QueueMode;
    use crate::domain::event::DialogEvent;
    use crate::domain::testing::*;
    use crate::error::Code;

    const ANSWER: Answer = Answer { dialog: DIALOG };

    #[test]
    fn whoever_has_the_offer_becomes_the_owner_and_the_others_lose_it() {
        let outcome = given(offered_to(["anna", "bea"])).when(&ANSWER, &by("bea"));
        let dialog = outcome.then([answered_event("bea", 10)]).dialog();
        assert!(dialog.is_owner(&operator("bea")));
        assert!(dialog.offered_to().is_empty());
    }

    #[test]
    fn any_member_may_answer_a_waiting_dialog() {
        given(waiting()).when(&ANSWER, &by("anna")).then([answered_event("anna", 10)]);
        given(waiting()).when(&ANSWER, &by("anna").stranger()).rejected(Code::NotOffered);
    }

    #[test]
    fn in_mode_all_a_member_may_answer_even_after_declining() {
        let mut events = offered_to(["anna", "bea"]);
        events.push(DialogEvent::OfferSkipped { operator: operator("anna") });
        given(events.clone()).when(&ANSWER, &by("anna")).rejected(Code::NotOffered);
        let all = by("anna").mode(QueueMode::All);
        given(events.clone()).when(&ANSWER, &all).then([answered_event("anna", 10)]);
        given(events).when(&ANSWER, &all.clone().stranger()).rejected(Code::NotOffered);
        given(held_by_bot("robo")).when(&ANSWER, &all).rejected(Code::NotOffered);
    }

    #[test]
    fn the_status_ranks_before_capacity() {
        given(answered_by("bea")).when(&ANSWER, &by("anna").full()).rejected(Code::AlreadyAnswered);
        given(answered_by("anna")).when(&ANSWER, &by("anna")).rejected(Code::AlreadyAnswered);
        given(finished_by("anna")).when(&ANSWER, &by("anna").full()).rejected(Code::DialogClosed);
        given(offered_to(["bea"])).when(&ANSWER, &by("anna").full()).rejected(Code::NotOffered);
        given(offered_to(["anna"])).when(&ANSWER, &by("anna").full()).rejected(Code::OperatorAtCapacity);
    }

    #[test]
    fn the_weight_is_what_was_set_aside() {
        given(offered_to(["anna"])).when(&ANSWER, &by("anna").weight(7)).then([answered_event("anna", 7)]);
        given(waiting()).when(&ANSWER, &by("anna").weight(7)).then([answered_event("anna", 7)]);
    }
}
