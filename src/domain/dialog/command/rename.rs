//! Gives a dialog a title of the employees' own, open or closed. No client ever sees it.

use serde::Deserialize;

use super::{Context, Decision, DialogCommand};
use crate::domain::dialog::Dialog;
use crate::domain::event::DialogEvent;
use crate::domain::form;
use crate::domain::permission::Permission;
use crate::error::Rejection;
use crate::ids::DialogId;

/// We call this dialog so.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rename {
    /// Which.
    pub dialog: DialogId,
    /// Its title; an empty one takes the title away.
    pub title: String,
}

impl Rename {
    /// Checks lengths.
    ///
    /// # Errors
    /// `too_large`, with the field.
    pub fn validate(&self) -> Result<(), Rejection> {
        form::name("title", &self.title)
    }
}

impl DialogCommand for Rename {
    fn decide(&self, dialog: &Dialog, context: &Context) -> Result<Decision, Rejection> {
        let actor = context.acting()?;
        dialog.allow(Permission::Rename, actor)?;
        let title = (!self.title.is_empty()).then(|| self.title.clone());
        if dialog.title == title {
            return Ok(Decision::nothing());
        }
        Ok(Decision::done(vec![DialogEvent::Renamed { title, by: actor.operator.clone() }]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::operator::Role;
    use crate::domain::testing::*;
    use crate::error::Code;

    fn rename(title: &str) -> Rename {
        Rename { dialog: DIALOG, title: title.into() }
    }

    fn renamed(title: Option<&str>) -> DialogEvent {
        DialogEvent::Renamed { title: title.map(Into::into), by: operator("anna") }
    }

    #[test]
    fn owner_participant_and_supervisor_rename_also_when_it_is_closed() {
        for events in [answered_by("anna"), joined_by("bea", "anna"), finished_by("anna")] {
            let dialog =
                given(events).when(&rename("parcel"), &by("anna")).then([renamed(Some("parcel"))]).dialog();
            assert_eq!(dialog.title.as_deref(), Some("parcel"));
        }
        let supervisor = by("anna").role(Role::Supervisor);
        given(finished_by("bea")).when(&rename("parcel"), &supervisor).then([renamed(Some("parcel"))]);
    }

    #[test]
    fn the_same_title_again_is_nothing_new_and_an_empty_one_takes_it_away() {
        let mut events = answered_by("anna");
        given(events.clone()).when(&rename(""), &by("anna")).then([]);
        events.push(renamed(Some("parcel")));
        given(events.clone()).when(&rename("parcel"), &by("anna")).then([]);
        assert_eq!(given(events).when(&rename(""), &by("anna")).then([renamed(None)]).dialog().title, None);
    }

    #[test]
    fn others_may_not_rename() {
        for events in [waiting(), offered_to(["anna"]), answered_by("bea"), finished_by("bea")] {
            given(events).when(&rename("parcel"), &by("anna")).rejected(Code::NotParticipant);
        }
    }

    #[test]
    fn a_title_has_the_length_of_a_name() {
        assert_eq!(rename(&"x".repeat(256)).validate(), Ok(()));
        let rejection = rename(&"x".repeat(257)).validate().unwrap_err();
        assert_eq!((rejection.code, rejection.field.as_deref()), (Code::TooLarge, Some("title")));
    }
}
