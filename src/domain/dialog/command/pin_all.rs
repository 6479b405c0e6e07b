//! Locks everything that an operator owns. The dispatcher asks each of their dialogs.

use serde::Deserialize;

use super::{Context, Decision, DialogCommand};
use crate::domain::dialog::{Dialog, Status};
use crate::domain::event::DialogEvent;
use crate::domain::permission::Permission;
use crate::domain::reply::Reply;
use crate::error::Rejection;

/// All my dialogs stay with me. A dialog answers with itself if it was changed.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PinAll {}

impl DialogCommand for PinAll {
    fn decide(&self, dialog: &Dialog, context: &Context) -> Result<Decision, Rejection> {
        let actor = context.acting()?;
        dialog.allow(Permission::PinAll, actor)?;
        let operator = actor.operator.clone();
        let mine = dialog.status == Status::Answered && dialog.is_owner(&operator);
        Ok(changed(dialog, (mine && !dialog.pinned).then_some(DialogEvent::Pinned { operator })))
    }
}

/// The event, if there is one, and the dialog as what was changed by it.
pub(super) fn changed(dialog: &Dialog, event: Option<DialogEvent>) -> Decision {
    let dialogs = event.iter().map(|_| dialog.id).collect();
    Decision { events: event.into_iter().collect(), reply: Reply::Dialogs(dialogs) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::testing::*;

    const PIN_ALL: PinAll = PinAll {};

    #[test]
    fn what_i_own_is_locked_and_counted_as_changed() {
        let outcome = given(answered_by("anna")).when(&PIN_ALL, &by("anna"));
        let pinned = DialogEvent::Pinned { operator: operator("anna") };
        outcome.then([pinned]).replies(Reply::Dialogs(vec![DIALOG]));
    }

    #[test]
    fn what_is_locked_already_or_not_mine_stays_as_it_is() {
        let others = [pinned_by("anna"), answered_by("bea"), joined_by("bea", "anna")];
        for events in others.into_iter().chain([waiting(), offered_to(["anna"]), finished_by("anna")]) {
            given(events).when(&PIN_ALL, &by("anna")).then([]).replies(Reply::Dialogs(vec![]));
        }
    }
}
