//! Events that several commands make on their way.
//!
//! Nothing here decides whether a command is allowed.

use super::Context;
use crate::domain::dialog::{Author, CloseReason, Dialog, Message, Visibility};
use crate::domain::emoji::with_emoji;
use crate::domain::event::DialogEvent;
use crate::ids::OperatorId;
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

/// Who may read what an operator writes next: `hidden` is what they say of this message.
pub(super) fn visibility(_: &Dialog, _: &OperatorId, hidden: Option<bool>) -> Visibility {
    if hidden.unwrap_or(false) { Visibility::Hidden } else { Visibility::Public }
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
