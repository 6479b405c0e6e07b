//! Events that several commands make on their way.
//!
//! Nothing here decides whether a command is allowed.

use super::{Context, Decision};
use crate::domain::dialog::{
    Author, CloseReason, Contact, Dialog, HostRequest, Message, RequestDetails, RequestKind, RequestState,
    Visibility,
};
use crate::domain::event::DialogEvent;
use crate::domain::reply::{Reply, Requested};
use crate::error::{Code, Rejection};
use crate::ids::{ExternalId, MessageId, OperatorId};
use crate::limits;
use crate::timestamp::Timestamp;

/// Gives the dialog to an operator who answers it, with the weight that the desk set aside.
pub(super) fn answered(operator: &OperatorId, context: &Context) -> DialogEvent {
    DialogEvent::Answered { operator: operator.clone(), weight: context.desk.rules.weight }
}

/// Takes back every standing offer.
pub(super) fn withdraw_offers(dialog: &Dialog) -> impl Iterator<Item = DialogEvent> {
    dialog.offered_to().iter().map(|operator| DialogEvent::OfferWithdrawn { operator: operator.clone() })
}

/// Unlocks the dialog if it is locked.
pub(super) fn unpin(dialog: &Dialog, by: &OperatorId) -> Option<DialogEvent> {
    dialog.pinned.then(|| DialogEvent::Unpinned { operator: by.clone() })
}

/// Ends the dialog and every standing offer.
pub(super) fn close(dialog: &Dialog, reason: CloseReason, by: Option<&OperatorId>) -> Vec<DialogEvent> {
    withdraw_offers(dialog).chain([DialogEvent::Closed { reason, by: by.cloned() }]).collect()
}

/// The next message of the dialog, written by an operator.
pub(super) fn operator_message(
    dialog: &Dialog,
    operator: &OperatorId,
    visibility: Visibility,
    text: &str,
    at: Timestamp,
) -> Message {
    let author = Author::Operator(operator.clone());
    Message { id: dialog.next_message(), author, visibility, text: text.to_owned(), at, external_id: None }
}

/// A message of the client; they are never hidden.
pub(super) fn client_message(
    id: MessageId,
    text: &str,
    at: Timestamp,
    external_id: Option<&ExternalId>,
) -> Message {
    let (author, visibility) = (Author::Client, Visibility::Public);
    Message { id, author, visibility, text: text.to_owned(), at, external_id: external_id.cloned() }
}

/// A request to the outside that is about to be made.
pub(super) struct NewRequest<'a> {
    pub kind: RequestKind,
    pub about: Option<&'a Message>,
    pub details: RequestDetails,
    pub contact: Option<Contact>,
    pub created_by: &'a OperatorId,
}

impl NewRequest<'_> {
    /// Makes it, if the dialog can hold one more.
    pub fn create(self, dialog: &Dialog, now: Timestamp) -> Result<Decision, Rejection> {
        if dialog.requests.len() >= limits::REQUESTS_PER_DIALOG {
            return Err(Rejection::new(Code::Conflict, "this dialog holds as many requests as it can"));
        }
        let request = HostRequest {
            id: dialog.next_request(),
            kind: self.kind,
            message: self.about.map(|message| message.id),
            description: self.about.map(|message| message.text.clone()),
            details: self.details,
            contact: self.contact,
            created_by: self.created_by.clone(),
            created_at: now,
            state: RequestState::Open,
            attempts: 0,
            reason: None,
        };
        let reply = Reply::Requested(Requested { request: request.id });
        Ok(Decision { events: vec![DialogEvent::RequestCreated(Box::new(request))], reply })
    }
}
