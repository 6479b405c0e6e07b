//! The owner is no longer there: the dialog goes back to the queue of its channel.

use crate::domain::dialog::command::{Context, Decision, DialogCommand, to_queue};
use crate::domain::dialog::{Dialog, Status};
use crate::domain::event::DialogEvent;
use crate::error::Rejection;
use crate::ids::OperatorId;

/// This operator no longer owns the dialog.
#[derive(Debug, Clone, PartialEq)]
pub struct ReturnToQueue {
    /// Who left.
    pub operator: OperatorId,
}

impl DialogCommand for ReturnToQueue {
    fn decide(&self, dialog: &Dialog, context: &Context) -> Result<Decision, Rejection> {
        let Some(channel) = &dialog.channel else { return Ok(Decision::nothing()) };
        let held = matches!(dialog.status, Status::Answered | Status::Bot);
        if !held || !dialog.is_owner(&self.operator) {
            return Ok(Decision::nothing());
        }
        let unpinned = dialog.pinned.then(|| DialogEvent::Unpinned { operator: self.operator.clone() });
        let returned = to_queue(dialog, channel, None, context);
        Ok(Decision::done(unpinned.into_iter().chain(returned).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::Destination;
    use crate::domain::testing::*;

    fn gone() -> ReturnToQueue {
        ReturnToQueue { operator: operator("anna") }
    }

    #[test]
    fn the_dialog_is_unpinned_and_waits_in_its_channel() {
        let unpinned = DialogEvent::Unpinned { operator: operator("anna") };
        let to = Destination::Channel(channel("web"));
        let transferred = DialogEvent::Transferred { from: Some(operator("anna")), to, by: None };
        let outcome = given(pinned_by("anna")).when(&gone(), &by_nobody());
        let dialog = outcome.then([unpinned, transferred.clone()]).dialog();
        assert_eq!((dialog.status, dialog.owner, dialog.entered_at), (Status::Waiting, None, NOW));
        given(answered_by("anna")).when(&gone(), &by_nobody()).then([transferred.clone()]);
        given(held_by_bot("anna")).when(&gone(), &by_nobody()).then([transferred]);
    }

    #[test]
    fn dialogs_of_others_and_closed_ones_stay() {
        for events in [waiting(), offered_to(["anna"]), answered_by("bea"), finished_by("anna")] {
            given(events).when(&gone(), &by_nobody()).then([]);
        }
    }
}
