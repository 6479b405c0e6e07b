//! Somebody is no longer there: they take part in nothing, and what they write is no matter any more.
//!
//! An internal dialog that they owned goes to whoever has taken part in it longest; with nobody left it
//! closes. Clients' dialogs that they owned go back to their queues: see `return_to_queue`.

use crate::domain::dialog::command::{Context, Decision, DialogCommand};
use crate::domain::dialog::{CloseReason, Dialog};
use crate::domain::event::DialogEvent;
use crate::error::Rejection;
use crate::ids::OperatorId;

/// This operator no longer takes part.
#[derive(Debug, Clone, PartialEq)]
pub struct Dismiss {
    /// Who left.
    pub operator: OperatorId,
}

impl Dismiss {
    fn bequeath(&self, dialog: &Dialog) -> Decision {
        let from = Some(self.operator.clone());
        let unpinned = dialog.pinned.then(|| DialogEvent::Unpinned { operator: self.operator.clone() });
        let last = match dialog.participants.first() {
            Some(heir) => DialogEvent::Taken { operator: heir.clone(), from, weight: 0 },
            None => DialogEvent::Closed { reason: CloseReason::Finished, by: None },
        };
        Decision::done(unpinned.into_iter().chain([last]).collect())
    }
}

impl DialogCommand for Dismiss {
    fn decide(&self, dialog: &Dialog, _: &Context) -> Result<Decision, Rejection> {
        if dialog.is_internal() && !dialog.is_closed() && dialog.is_owner(&self.operator) {
            return Ok(self.bequeath(dialog));
        }
        if !dialog.participants.contains(&self.operator) {
            return Ok(Decision::nothing());
        }
        Ok(Decision::done(vec![DialogEvent::ParticipantLeft { operator: self.operator.clone(), by: None }]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::testing::*;

    fn dismiss() -> Dismiss {
        Dismiss { operator: operator("anna") }
    }

    #[test]
    fn a_participant_leaves_and_others_stay() {
        given(joined_by("bea", "anna")).when(&dismiss(), &by_nobody()).then([left("anna", None)]);
        for events in [joined_by("anna", "bea"), waiting(), finished_by("anna")] {
            given(events).when(&dismiss(), &by_nobody()).then([]);
        }
    }

    #[test]
    fn an_internal_dialog_goes_to_the_next_one_or_ends() {
        let opened = DialogEvent::OpenedInternally { by: operator("anna") };
        let unpinned = DialogEvent::Unpinned { operator: operator("anna") };
        let pinned = DialogEvent::Pinned { operator: operator("anna") };
        let events = vec![opened.clone(), joined("bea", "anna"), joined("cleo", "anna"), pinned];
        let outcome = given(events).when(&dismiss(), &by_nobody());
        let taken = DialogEvent::Taken { operator: operator("bea"), from: Some(operator("anna")), weight: 0 };
        let dialog = outcome.then([unpinned, taken]).dialog();
        assert!(dialog.is_owner(&operator("bea")) && !dialog.pinned);
        assert_eq!(dialog.participants, [operator("cleo")]);
        let closed = DialogEvent::Closed { reason: CloseReason::Finished, by: None };
        given(vec![opened]).when(&dismiss(), &by_nobody()).then([closed]);
    }
}
