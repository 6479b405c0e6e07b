//! Unlocks everything that an operator owns. The dispatcher asks each of their dialogs.

use serde::Deserialize;

use super::pin_all::changed;
use super::{Context, Decision, DialogCommand};
use crate::domain::dialog::Dialog;
use crate::domain::event::DialogEvent;
use crate::domain::permission::Permission;
use crate::error::Rejection;

/// My dialogs are no longer locked to me. A dialog answers with itself if it was changed.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnpinAll {}

impl DialogCommand for UnpinAll {
    fn decide(&self, dialog: &Dialog, context: &Context) -> Result<Decision, Rejection> {
        let actor = context.acting()?;
        dialog.allow(Permission::PinAll, actor)?;
        let operator = actor.operator.clone();
        let locked = dialog.pinned && dialog.is_owner(&operator);
        Ok(changed(dialog, locked.then_some(DialogEvent::Unpinned { operator })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::reply::Reply;
    use crate::domain::testing::*;

    const UNPIN_ALL: UnpinAll = UnpinAll {};

    #[test]
    fn what_is_locked_to_me_is_unlocked_and_counted_as_changed() {
        let outcome = given(pinned_by("anna")).when(&UNPIN_ALL, &by("anna"));
        let unpinned = DialogEvent::Unpinned { operator: operator("anna") };
        outcome.then([unpinned]).replies(Reply::Dialogs(vec![DIALOG]));
    }

    #[test]
    fn what_is_not_locked_or_not_mine_stays_as_it_is() {
        for events in [answered_by("anna"), pinned_by("bea"), waiting(), finished_by("anna")] {
            given(events).when(&UNPIN_ALL, &by("anna")).then([]).replies(Reply::Dialogs(vec![]));
        }
    }
}
