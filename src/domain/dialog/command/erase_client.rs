//! Erases a client: everything that was ever written with them, by whomever.
//!
//! The command names a client; each of their dialogs is told by an order of its own, the newest one
//! last. Where their bytes are on the disk is no concern of this module.

use serde::Deserialize;

use super::{Context, Decision, DialogCommand, steps};
use crate::domain::dialog::{CloseReason, Dialog};
use crate::domain::event::DialogEvent;
use crate::domain::operator::Principal;
use crate::domain::permission::Permission;
use crate::error::{Code, Rejection};
use crate::ids::{ChannelId, ClientId};

/// Nothing that this client wrote, or that was written to them, may be left anywhere.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EraseClient {
    /// The channel on which the client wrote.
    pub channel: ChannelId,
    /// The client.
    pub client: ClientId,
}

impl EraseClient {
    /// Whether the client may be erased; nobody stands for the host itself. That there is such a client
    /// is checked by who knows them.
    ///
    /// # Errors
    /// `permission_denied`.
    pub fn allow(&self, principal: Option<&Principal>) -> Result<(), Rejection> {
        Principal::may(principal, Permission::Erase, None)
    }
}

/// This dialog is to be erased. One that is open closes first; one that is erased stays as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erase {
    /// With the client's newest dialog: with it all of the client is gone.
    pub client: Option<EraseClient>,
}

impl DialogCommand for Erase {
    fn decide(&self, dialog: &Dialog, _: &Context) -> Result<Decision, Rejection> {
        if dialog.is_erased() {
            return Ok(Decision::nothing());
        }
        let mut events = match dialog.is_closed() {
            true => Vec::new(),
            false => steps::close(dialog, CloseReason::Finished, None),
        };
        events.push(match self.client.clone() {
            Some(EraseClient { channel, client }) => DialogEvent::ClientErased { channel, client },
            None => DialogEvent::Erased,
        });
        Ok(Decision::done(events))
    }
}

impl Decision {
    /// Refuses what would write something where everything has been erased.
    pub(in crate::domain::dialog) fn unless_written_in(self, dialog: &Dialog) -> Result<Self, Rejection> {
        let writes =
            |event: &DialogEvent| event.is_personal() || matches!(event, DialogEvent::RequestCreated(_));
        match dialog.is_erased() && self.events.iter().any(writes) {
            true => {
                Err(Rejection::new(Code::DialogClosed, "what was written in this dialog has been erased"))
            }
            false => Ok(self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dialog::command::{Rate, Rename, SaveToCrm, ScoreDialog};
    use crate::domain::dialog::order::DialogOrder;
    use crate::domain::operator::Role;
    use crate::domain::testing::*;
    use crate::error::Code;

    const ERASE: Erase = Erase { client: None };

    fn erased() -> Vec<DialogEvent> {
        let mut events = finished_by("anna");
        events.push(DialogEvent::Erased);
        events
    }

    #[test]
    fn a_closed_dialog_is_erased_once() {
        given(finished_by("anna")).when(&ERASE, &by_nobody()).then([DialogEvent::Erased]);
        given(erased()).when(&ERASE, &by_nobody()).then([]);
    }

    #[test]
    fn an_open_dialog_closes_as_finished_first() {
        let closed = || DialogEvent::Closed { reason: CloseReason::Finished, by: None };
        given(pinned_by("anna")).when(&ERASE, &by_nobody()).then([closed(), DialogEvent::Erased]);
        let whole = EraseClient { channel: channel("web"), client: ClientId::new("ala").unwrap() };
        let EraseClient { channel, client } = whole.clone();
        given(offered_to(["anna"])).when(&Erase { client: Some(whole) }, &by_nobody()).then([
            withdrawn("anna"),
            closed(),
            DialogEvent::ClientErased { channel, client },
        ]);
    }

    #[test]
    fn the_host_and_admins_erase_clients() {
        let erase = EraseClient { channel: channel("web"), client: ClientId::new("ala").unwrap() };
        assert_eq!(erase.allow(None), Ok(()));
        let allowed = |role| erase.allow(Some(&Principal { operator: operator("anna"), role }));
        assert_eq!(allowed(Role::Admin), Ok(()));
        assert_eq!(allowed(Role::Supervisor).unwrap_err().code, Code::PermissionDenied);
    }

    #[test]
    fn nothing_is_written_any_more_in_an_erased_dialog() {
        let sue = || by("sue").role(Role::Supervisor);
        let rename = DialogOrder::from(Rename { dialog: DIALOG, title: "again".into() });
        given(erased()).when(&rename, &sue()).rejected(Code::DialogClosed);
        given(erased()).when(&rename, &by("bea")).rejected(Code::NotParticipant);
        let save = DialogOrder::from(SaveToCrm { dialog: DIALOG, title: None, contact: None });
        given(erased()).when(&save, &sue()).rejected(Code::DialogClosed);
        let score = |comment: Option<&str>| {
            let comment = comment.map(str::to_owned);
            DialogOrder::from(ScoreDialog { dialog: DIALOG, rating: 3, comment })
        };
        given(erased()).when(&score(Some("slow")), &sue()).rejected(Code::DialogClosed);
        let scored = DialogEvent::Scored { rating: 3, comment: None, by: operator("sue") };
        given(erased()).when(&score(None), &sue()).then([scored]);
        let rate = DialogOrder::from(Rate { dialog: DIALOG, score: 5, comment: Some("good".into()) });
        let mut asked = by_nobody();
        asked.desk.rating = true;
        given(erased()).when(&rate, &asked).rejected(Code::DialogClosed);
    }
}
