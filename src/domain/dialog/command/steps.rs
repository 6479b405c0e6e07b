//! Events that several commands make on their way.
//!
//! Nothing here decides whether a command is allowed.

use std::borrow::Cow;

use super::{Context, Decision, notices};
use crate::domain::dialog::{
    Author, CloseReason, Contact, Dialog, HostRequest, Message, RequestDetails, RequestKind, RequestState,
    Visibility,
};
use crate::domain::emoji::with_emoji;
use crate::domain::event::{Destination, DialogEvent, MessageEdit};
use crate::domain::reply::{Reply, Requested};
use crate::error::{Code, Rejection};
use crate::ids::{ChannelId, OperatorId};
use crate::limits;
use crate::timestamp::Timestamp;

/// Gives the dialog to an operator who answers it, with the weight that the desk set aside.
pub(super) fn answered(operator: &OperatorId, context: &Context) -> DialogEvent {
    let weight = context.desk.rules.weight;
    DialogEvent::Answered { operator: operator.clone(), weight, ruling: None }
}

/// Takes back every standing offer.
pub(in crate::domain::dialog) fn withdraw_offers(dialog: &Dialog) -> impl Iterator<Item = DialogEvent> {
    dialog.offered_to().iter().map(|operator| DialogEvent::OfferWithdrawn { operator: operator.clone() })
}

/// Unlocks the dialog if it is locked.
pub(super) fn unpin(dialog: &Dialog, by: &OperatorId) -> Option<DialogEvent> {
    dialog.pinned.then(|| DialogEvent::Unpinned { operator: by.clone() })
}

/// Ends the dialog, every standing offer, and participation.
pub(in crate::domain::dialog) fn close(
    dialog: &Dialog,
    reason: CloseReason,
    by: Option<&OperatorId>,
) -> Vec<DialogEvent> {
    let closed = DialogEvent::Closed { reason, by: by.cloned() };
    withdraw_offers(dialog).chain(leave(dialog, by)).chain([closed]).collect()
}

/// A dialog that somebody holds goes into the queue of a channel.
pub(in crate::domain::dialog) fn to_queue(
    dialog: &Dialog,
    channel: &ChannelId,
    by: Option<&OperatorId>,
    context: &Context,
) -> Vec<DialogEvent> {
    let (from, to) = (dialog.owner.clone(), Destination::Channel(channel.clone()));
    let mut events = vec![DialogEvent::Transferred { from, to, by: by.cloned() }];
    events.extend(notices::entered(dialog, channel, 0, context));
    events
}

/// An operator takes part from now on, unless they do already.
pub(super) fn bring_in(dialog: &Dialog, operator: &OperatorId, by: &OperatorId) -> Decision {
    if dialog.takes_part(operator) {
        return Decision::nothing();
    }
    Decision::done(vec![DialogEvent::ParticipantJoined { operator: operator.clone(), by: by.clone() }])
}

/// An operator no longer takes part, unless they do not anyway.
pub(super) fn let_go(dialog: &Dialog, operator: &OperatorId, by: Option<&OperatorId>) -> Decision {
    if !dialog.participants.contains(operator) {
        return Decision::nothing();
    }
    Decision::done(vec![DialogEvent::ParticipantLeft { operator: operator.clone(), by: by.cloned() }])
}

/// All participants leave.
pub(super) fn leave<'a>(
    dialog: &'a Dialog,
    by: Option<&'a OperatorId>,
) -> impl Iterator<Item = DialogEvent> + 'a {
    dialog
        .participants
        .iter()
        .map(move |operator| DialogEvent::ParticipantLeft { operator: operator.clone(), by: by.cloned() })
}

/// Another text for a message; nothing if it is the same.
pub(super) fn edit(message: &Message, text: &str, by: Option<&OperatorId>) -> Result<Decision, Rejection> {
    if message.deleted {
        return Err(Rejection::new(Code::Conflict, "this message was deleted"));
    }
    // As when it was written: short codes are for operators alone.
    let text = by.map_or(Cow::Borrowed(text), |_| with_emoji(text));
    if message.text == text {
        return Ok(Decision::nothing());
    }
    let (id, visibility, by) = (message.id, message.visibility, by.cloned());
    let edit = MessageEdit { message: id, text: text.into_owned(), visibility, by };
    Ok(Decision::done(vec![DialogEvent::MessageEdited(Box::new(edit))]))
}

/// No text any more for a message; nothing if it has none already.
pub(super) fn delete(message: &Message, by: Option<&OperatorId>) -> Decision {
    if message.deleted {
        return Decision::nothing();
    }
    let (message, visibility, by) = (message.id, message.visibility, by.cloned());
    Decision::done(vec![DialogEvent::MessageDeleted { message, visibility, by }])
}

/// The next message of the dialog, written by an operator; short codes in it become emoji.
pub(super) fn operator_message(
    dialog: &Dialog,
    operator: &OperatorId,
    visibility: Visibility,
    text: &str,
    at: Timestamp,
) -> Message {
    let author = Author::Operator(operator.clone());
    Message::new(dialog.next_message(), author, visibility, with_emoji(text).into_owned(), at)
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
