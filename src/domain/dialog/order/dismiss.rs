//! A participant is no longer there: they leave, and what they write is no matter any more.

use crate::domain::dialog::Dialog;
use crate::domain::dialog::command::{Context, Decision, DialogCommand};
use crate::domain::event::DialogEvent;
use crate::error::Rejection;
use crate::ids::OperatorId;

/// This operator no longer takes part.
#[derive(Debug, Clone, PartialEq)]
pub struct Dismiss {
    /// Who left.
    pub operator: OperatorId,
}

impl DialogCommand for Dismiss {
    fn decide(&self, dialog: &Dialog, _: &Context) -> Result<Decision, Rejection> {
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

    #[test]
    fn a_participant_leaves_and_others_stay() {
        let order = Dismiss { operator: operator("anna") };
        given(joined_by("bea", "anna")).when(&order, &by_nobody()).then([left("anna", None)]);
        for events in [joined_by("anna", "bea"), waiting(), finished_by("anna")] {
            given(events).when(&order, &by_nobody()).then([]);
        }
    }
}
