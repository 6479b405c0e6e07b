//! Makes a dialog more or less urgent than its channel says: it is ordered anew among all that wait.

use serde::Deserialize;

use super::{Context, Decision, DialogCommand, guard};
use crate::domain::dialog::Dialog;
use crate::domain::event::DialogEvent;
use crate::domain::permission::Permission;
use crate::error::Rejection;
use crate::ids::DialogId;

/// This dialog is so urgent.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetPriority {
    /// Which.
    pub dialog: DialogId,
    /// Larger is more urgent.
    pub priority: i32,
}

impl DialogCommand for SetPriority {
    fn decide(&self, dialog: &Dialog, context: &Context) -> Result<Decision, Rejection> {
        let actor = context.acting()?;
        // A member of the queue may at any time, and not only while the dialog waits.
        if !actor.member {
            dialog.allow(Permission::SetPriority, actor)?;
        }
        guard::open(dialog)?;
        if dialog.wishes.as_ref().and_then(|wishes| wishes.priority) == Some(self.priority) {
            return Ok(Decision::nothing());
        }
        let (priority, by) = (self.priority, actor.operator.clone());
        Ok(Decision::done(vec![DialogEvent::PrioritySet { priority, by }]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::operator::Role;
    use crate::domain::testing::*;
    use crate::error::Code;

    fn set(priority: i32) -> SetPriority {
        SetPriority { dialog: DIALOG, priority }
    }

    fn set_event(priority: i32, by: &str) -> DialogEvent {
        DialogEvent::PrioritySet { priority, by: operator(by) }
    }

    #[test]
    fn the_owner_a_member_and_a_supervisor_may() {
        for by in [by("anna").stranger(), by("bea"), by("sue").stranger().role(Role::Supervisor)] {
            let name = by.actor.as_ref().unwrap().operator.clone();
            let outcome = given(answered_by("anna")).when(&set(7), &by);
            let dialog = outcome.then([set_event(7, name.as_str())]).dialog();
            assert_eq!(dialog.wishes.unwrap().priority, Some(7));
        }
        given(answered_by("anna")).when(&set(7), &by("bea").stranger()).rejected(Code::NotOwner);
        given(waiting()).when(&set(7), &by("bea").stranger()).rejected(Code::NotOwner);
        given(offered_to(["anna"])).when(&set(-7), &by("bea")).then([set_event(-7, "bea")]);
    }

    #[test]
    fn the_same_priority_again_is_no_event_and_a_closed_dialog_has_none() {
        let mut events = waiting();
        events.push(set_event(0, "anna"));
        given(events).when(&set(0), &by("bea")).then([]);
        given(finished_by("anna")).when(&set(1), &by("anna")).rejected(Code::DialogClosed);
    }
}
