//! Declines an offer: the dialog goes to the next one in the queue. A bot gives up what it holds: the dialog
//! enters the queue.

use serde::Deserialize;

use super::{Context, Decision, DialogCommand, guard, steps};
use crate::domain::dialog::Dialog;
use crate::domain::event::DialogEvent;
use crate::domain::permission::Permission;
use crate::error::Rejection;
use crate::ids::DialogId;

/// I decline this dialog.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Skip {
    /// Which.
    pub dialog: DialogId,
}

impl DialogCommand for Skip {
    fn decide(&self, dialog: &Dialog, context: &Context) -> Result<Decision, Rejection> {
        let actor = context.acting()?;
        dialog.allow(Permission::Answer, actor)?;
        let operator = &actor.operator;
        guard::unanswered(dialog)?;
        if let Some(channel) = dialog.channel.as_ref().filter(|_| dialog.is_held_by(operator)) {
            return Ok(Decision::done(steps::to_queue(dialog, channel, Some(operator), context)));
        }
        if !dialog.is_offered_to(operator) {
            return Err(guard::not_offered());
        }
        Ok(Decision::done(vec![DialogEvent::OfferSkipped { operator: operator.clone() }]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dialog::Status;
    use crate::domain::event::Destination;
    use crate::domain::testing::*;
    use crate::error::Code;

    const SKIP: Skip = Skip { dialog: DIALOG };

    #[test]
    fn the_dialog_waits_again_and_remembers_who_had_it() {
        let outcome = given(offered_to(["anna"])).when(&SKIP, &by("anna"));
        let dialog = outcome.then([DialogEvent::OfferSkipped { operator: operator("anna") }]).dialog();
        assert_eq!(dialog.status, Status::Waiting);
        assert_eq!(dialog.round, [operator("anna")]);
        assert_eq!(dialog.entered_at, dialog.opened_at);
    }

    #[test]
    fn a_bot_that_skips_lets_the_dialog_into_the_queue() {
        let to = Destination::Channel(channel("web"));
        let (from, by_bot) = (Some(operator("robo")), Some(operator("robo")));
        let transferred = DialogEvent::Transferred { from, to, by: by_bot };
        let dialog = given(held_by_bot("robo")).when(&SKIP, &by("robo")).then([transferred]).dialog();
        assert_eq!((dialog.status, dialog.owner, dialog.entered_at), (Status::Waiting, None, NOW));
        given(held_by_bot("robo")).when(&SKIP, &by("anna")).rejected(Code::NotOffered);
    }

    #[test]
    fn the_offers_of_others_stand() {
        let dialog = given(offered_to(["anna", "bea"])).when(&SKIP, &by("anna")).dialog();
        assert_eq!(dialog.offered_to(), [operator("bea")]);
    }

    #[test]
    fn only_who_has_the_offer_may_skip() {
        given(offered_to(["bea"])).when(&SKIP, &by("anna")).rejected(Code::NotOffered);
        given(waiting()).when(&SKIP, &by("anna")).rejected(Code::NotOffered);
        given(answered_by("anna")).when(&SKIP, &by("anna")).rejected(Code::AlreadyAnswered);
        given(finished_by("anna")).when(&SKIP, &by("anna")).rejected(Code::DialogClosed);
    }
}
