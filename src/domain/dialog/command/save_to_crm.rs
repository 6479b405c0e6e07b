//! Asks the host to save a deal and the client's contacts, once for each dialog.

use serde::Deserialize;

use super::{Context, Decision, DialogCommand, guard, steps};
use crate::domain::dialog::{Contact, Dialog, RequestDetails, RequestKind};
use crate::domain::form;
use crate::domain::permission::Permission;
use crate::domain::reply::{Reply, Requested};
use crate::error::Rejection;
use crate::ids::DialogId;

/// A deal of this dialog, and what I know of the client. Again: the request there is already.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SaveToCrm {
    /// Which.
    pub dialog: DialogId,
    /// A title for people.
    pub title: Option<String>,
    /// The client's contacts.
    pub contact: Option<Contact>,
}

impl SaveToCrm {
    /// Checks lengths.
    ///
    /// # Errors
    /// `too_large`, with the field.
    pub fn validate(&self) -> Result<(), Rejection> {
        if let Some(title) = &self.title {
            form::name("title", title)?;
        }
        self.contact.as_ref().map_or(Ok(()), Contact::validate)
    }
}

impl DialogCommand for SaveToCrm {
    fn decide(&self, dialog: &Dialog, context: &Context) -> Result<Decision, Rejection> {
        let actor = context.acting()?;
        dialog.allow(Permission::Request, actor)?;
        guard::with_client(dialog)?;
        if let Some(deal) = dialog.requests.iter().find(|request| request.kind == RequestKind::Deal) {
            let reply = Reply::Requested(Requested { request: deal.id });
            return Ok(Decision { events: Vec::new(), reply });
        }
        let request = steps::NewRequest {
            kind: RequestKind::Deal,
            about: None,
            details: RequestDetails { title: self.title.clone(), ..RequestDetails::default() },
            contact: self.contact.clone(),
            created_by: &actor.operator,
        };
        request.create(dialog, context.now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::operator::Role;
    use crate::domain::testing::*;
    use crate::error::Code;
    use crate::ids::RequestId;

    fn save(title: &str) -> SaveToCrm {
        let contact = Some(Contact::default().with("name", "Ala"));
        SaveToCrm { dialog: DIALOG, title: Some(title.into()), contact }
    }

    #[test]
    fn a_dialog_has_one_deal() {
        let expected = Reply::Requested(Requested { request: RequestId::of(DIALOG, 1) });
        let first = given(answered_by("anna")).when(&save("bicycle"), &by("anna"));
        let deal = &first.dialog().requests[0];
        assert_eq!((deal.kind, deal.message, &deal.description), (RequestKind::Deal, None, &None));
        assert_eq!(deal.contact, save("").contact);
        let again = given(first.all_events()).when(&save("tricycle"), &by("anna"));
        assert_eq!(again.dialog().requests, first.dialog().requests);
        again.then([]).replies(expected);
    }

    #[test]
    fn who_takes_part_may_also_when_the_dialog_is_closed() {
        given(answered_by("bea")).when(&save("bicycle"), &by("anna")).rejected(Code::NotParticipant);
        let supervisor = by("anna").role(Role::Supervisor);
        assert_eq!(given(waiting()).when(&save("bicycle"), &supervisor).events().len(), 1);
        assert_eq!(given(finished_by("anna")).when(&save("bicycle"), &by("anna")).events().len(), 1);
    }

    #[test]
    fn what_is_too_long_is_refused() {
        assert_eq!(save("bicycle").validate(), Ok(()));
        assert_eq!(save(&"x".repeat(257)).validate().unwrap_err().field.as_deref(), Some("title"));
        let contact = Some(Contact::default().with("note", "x".repeat(2000)));
        let long = SaveToCrm { contact, ..save("bicycle") };
        assert_eq!(long.validate().unwrap_err().field.as_deref(), Some("contact.note"));
    }
}
