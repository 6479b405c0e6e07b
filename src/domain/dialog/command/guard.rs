//! What several commands ask before they do anything: status first, then room.
//!
//! Who may stands in `domain/permission.rs`; the rejections here rank after it.

use super::{Actor, Context, Desk};
use crate::domain::dialog::{Dialog, HostRequest, Message, Status};
use crate::domain::permission::Permission;
use crate::error::{Code, Rejection};
use crate::ids::{ExternalId, MessageId, RequestId};
use crate::limits;

/// The dialog has not ended.
pub(super) fn open(dialog: &Dialog) -> Result<(), Rejection> {
    if dialog.is_closed() { Err(Rejection::new(Code::DialogClosed, "this dialog is closed")) } else { Ok(()) }
}

/// The dialog is a client's, and no internal one.
pub(super) fn with_client(dialog: &Dialog) -> Result<(), Rejection> {
    if dialog.is_internal() { Err(internal()) } else { Ok(()) }
}

/// The rejection of what only a client's dialog has.
pub fn internal() -> Rejection {
    Rejection::new(Code::DialogInternal, "this dialog is internal: it has no client and no queue")
}

/// The dialog has ended.
pub(super) fn closed(dialog: &Dialog) -> Result<(), Rejection> {
    if dialog.is_closed() {
        Ok(())
    } else {
        Err(Rejection::new(Code::DialogNotClosed, "this dialog is not closed yet"))
    }
}

/// The dialog has not ended and has no owner yet.
pub(super) fn unanswered(dialog: &Dialog) -> Result<(), Rejection> {
    open(dialog)?;
    match dialog.status {
        Status::Answered => Err(Rejection::new(Code::AlreadyAnswered, "somebody has answered this dialog")),
        _ => Ok(()),
    }
}

/// The dialog has an owner who works on it.
pub(super) fn answered(dialog: &Dialog) -> Result<(), Rejection> {
    open(dialog)?;
    match dialog.status {
        Status::Answered => Ok(()),
        _ => Err(Rejection::new(Code::Conflict, "nobody has answered this dialog yet")),
    }
}

/// The message with this id.
pub(super) fn message(dialog: &Dialog, id: MessageId) -> Result<&Message, Rejection> {
    dialog.message(id).ok_or_else(no_such_message)
}

/// The rejection of who names a message that is not there.
pub fn no_such_message() -> Rejection {
    Rejection::new(Code::MessageNotFound, "there is no such message").at("message")
}

/// The dialog can hold one message more.
pub(super) fn space(dialog: &Dialog) -> Result<(), Rejection> {
    space_behind(dialog, 0)
}

/// The dialog can hold one message more, behind `ahead` others.
pub(super) fn space_behind(dialog: &Dialog, ahead: usize) -> Result<(), Rejection> {
    space_after(dialog.messages.len() + ahead)
}

fn space_after(messages: usize) -> Result<(), Rejection> {
    if messages < limits::MESSAGES_PER_DIALOG {
        return Ok(());
    }
    Err(Rejection::new(
        Code::Conflict,
        "this dialog is full: finish it, and the client's next message opens a new one",
    ))
}

/// The message still says something.
pub(super) fn not_deleted(message: &Message) -> Result<(), Rejection> {
    if message.deleted { Err(Rejection::new(Code::Conflict, "this message was deleted")) } else { Ok(()) }
}

/// The client's message that the connector calls so is in the dialog.
pub(super) fn external<'a>(dialog: &'a Dialog, id: &ExternalId) -> Result<&'a Message, Rejection> {
    let missing = || Rejection::new(Code::MessageNotFound, "there is no such message").at("external_id");
    let mut newest_first = dialog.messages.iter().rev();
    newest_first.find(|message| message.external_id.as_ref() == Some(id)).ok_or_else(missing)
}

/// The operator who would get the dialog can hold it.
pub(super) fn room(desk: &Desk) -> Result<(), Rejection> {
    if desk.room {
        return Ok(());
    }
    Err(Rejection::new(Code::OperatorAtCapacity, "the operator has no room for this dialog"))
}

/// The request to the outside with this id.
pub(super) fn request(dialog: &Dialog, id: RequestId) -> Result<&HostRequest, Rejection> {
    dialog.request(id).ok_or_else(no_such_request)
}

/// The rejection of a request that is not there.
fn no_such_request() -> Rejection {
    Rejection::new(Code::RequestNotFound, "there is no such request").at("request")
}

/// What happens outside is told by the host itself, or by an admin.
pub(super) fn host(dialog: &Dialog, context: &Context) -> Result<(), Rejection> {
    context.actor.as_ref().map_or(Ok(()), |actor| dialog.allow(Permission::Outside, actor))
}

/// The acting operator, who may answer the dialog, capacity apart.
pub(super) fn answerable<'a>(dialog: &Dialog, context: &'a Context) -> Result<&'a Actor, Rejection> {
    let actor = context.acting()?;
    dialog.allow(Permission::Answer, actor)?;
    unanswered(dialog)?;
    let open_to_members = match dialog.status {
        Status::Waiting => true,
        Status::Offered { .. } => context.desk.rules.mode.is_open_to_members(),
        _ => false,
    };
    if dialog.is_offered_to(&actor.operator) || (actor.member && open_to_members) {
        return Ok(actor);
    }
    Err(not_offered())
}

/// The rejection of a dialog for which a queue has no place.
pub fn queue_full() -> Rejection {
    Rejection::new(Code::QueueFull, "as many dialogs wait in this queue as may")
}

/// The rejection of who has no offer.
pub(super) fn not_offered() -> Rejection {
    Rejection::new(Code::NotOffered, "this dialog is not offered to you")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::testing::*;

    #[test]
    fn a_dialog_is_full_with_as_many_messages_as_its_ids_can_count() {
        assert_eq!(space_after(limits::MESSAGES_PER_DIALOG - 1), Ok(()));
        assert_eq!(space_after(limits::MESSAGES_PER_DIALOG).unwrap_err().code, Code::Conflict);
    }

    #[test]
    fn nobody_cannot_answer() {
        let rejection = answerable(&given(waiting()).dialog(), &by_nobody()).unwrap_err();
        assert_eq!((rejection.code, rejection.field.as_deref()), (Code::InvalidArgument, Some("as")));
    }
}
