//! Makes a dialog the operator's own, even if it is another's.

use serde::Deserialize;

use super::{Actor, Context, Decision, DialogCommand, guard, steps};
use crate::domain::dialog::{Dialog, Status};
use crate::domain::event::DialogEvent;
use crate::domain::permission::Permission;
use crate::error::Rejection;
use crate::ids::DialogId;

/// This dialog is mine from now on. Not if it is pinned, unless I am a supervisor.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Take {
    /// Which.
    pub dialog: DialogId,
}

impl DialogCommand for Take {
    fn decide(&self, dialog: &Dialog, context: &Context) -> Result<Decision, Rejection> {
        let actor = context.acting()?;
        dialog.allow(Permission::Take, actor)?;
        guard::open(dialog)?;
        if dialog.is_owner(&actor.operator) {
            return Ok(Decision::nothing());
        }
        if dialog.pinned {
            dialog.allow(Permission::TakePinned, actor)?;
        }
        guard::room(&context.desk)?;
        Ok(Decision::done(events(dialog, actor, context)))
    }
}

fn events(dialog: &Dialog, actor: &Actor, context: &Context) -> Vec<DialogEvent> {
    let owned = matches!(dialog.status, Status::Answered | Status::Bot);
    let from = dialog.owner.clone().filter(|_| owned);
    let weight = context.desk.rules.weight;
    let own_offer = DialogEvent::OfferWithdrawn { operator: actor.operator.clone() };
    let mut events: Vec<_> = steps::unpin(dialog, &actor.operator).into_iter().collect();
    events.extend(steps::withdraw_offers(dialog).filter(|event| *event != own_offer));
    events.push(DialogEvent::Taken { operator: actor.operator.clone(), from, weight });
    events
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::operator::Role;
    use crate::domain::testing::*;
    use crate::error::Code;

    const TAKE: Take = Take { dialog: DIALOG };

    fn taken(by: &str, from: Option<&str>, weight: u32) -> DialogEvent {
        DialogEvent::Taken { operator: operator(by), from: from.map(operator), weight }
    }

    #[test]
    fn anybody_may_take_anothers_dialog_with_the_weight_set_aside() {
        let anna = by("anna").stranger().weight(7);
        let dialog =
            given(answered_by("bea")).when(&TAKE, &anna).then([taken("anna", Some("bea"), 7)]).dialog();
        assert!(dialog.is_owner(&operator("anna")));
        assert!(dialog.participants.is_empty(), "the former owner is no participant");
    }

    #[test]
    fn what_a_bot_holds_may_be_taken_too() {
        let dialog = given(held_by_bot("robo"))
            .when(&TAKE, &by("anna").stranger())
            .then([taken("anna", Some("robo"), 10)])
            .dialog();
        assert_eq!((dialog.status, dialog.owner), (Status::Answered, Some(operator("anna"))));
        given(held_by_bot("robo")).when(&TAKE, &by("robo")).then([]);
    }

    #[test]
    fn taking_what_is_mine_does_nothing() {
        given(answered_by("anna")).when(&TAKE, &by("anna").full()).then([]);
        given(pinned_by("anna")).when(&TAKE, &by("anna")).then([]);
    }

    #[test]
    fn only_a_supervisor_may_take_a_pinned_dialog() {
        given(pinned_by("bea")).when(&TAKE, &by("anna")).rejected(Code::DialogPinned);
        let unpinned = DialogEvent::Unpinned { operator: operator("anna") };
        let outcome = given(pinned_by("bea")).when(&TAKE, &by("anna").role(Role::Supervisor));
        assert!(!outcome.then([unpinned, taken("anna", Some("bea"), 10)]).dialog().pinned);
    }

    #[test]
    fn others_lose_their_offers_when_it_is_taken_before_an_answer() {
        given(waiting()).when(&TAKE, &by("anna").weight(7)).then([taken("anna", None, 7)]);
        let mine_too = given(offered_to(["anna", "bea"])).when(&TAKE, &by("anna"));
        assert!(mine_too.then([withdrawn("bea"), taken("anna", None, 10)]).dialog().offered_to().is_empty());
        let not_mine = given(offered_to(["bea"])).when(&TAKE, &by("anna").weight(7));
        not_mine.then([withdrawn("bea"), taken("anna", None, 7)]);
    }

    #[test]
    fn the_status_ranks_before_capacity() {
        given(finished_by("anna")).when(&TAKE, &by("anna").full()).rejected(Code::DialogClosed);
        given(pinned_by("bea")).when(&TAKE, &by("anna").full()).rejected(Code::DialogPinned);
        given(answered_by("bea")).when(&TAKE, &by("anna").full()).rejected(Code::OperatorAtCapacity);
    }
}
