//! Moves a client's message to a new dialog: this one closes, and the new one begins with it.
//!
//! The message goes with its id and with all that has become of it: it stands in the new dialog from
//! then on, and in this one no longer. This one remembers where it went, so that whoever names the
//! message is led there. Both dialogs change in one step, or neither does.

use serde::Deserialize;

use super::{Actor, Context, guard, steps};
use crate::domain::dialog::{Author, Client, CloseReason, Dialog, Message};
use crate::domain::event::DialogEvent;
use crate::domain::permission::Permission;
use crate::error::{Code, Rejection};
use crate::ids::{ChannelId, DialogId, MessageId};

/// This message is another matter, and mine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MoveToNew {
    /// Which: the client's, of an open dialog.
    pub message: MessageId,
}

/// What happens to both dialogs.
#[derive(Debug, Clone, PartialEq)]
pub struct Move {
    /// To the dialog that closes.
    pub here: Vec<DialogEvent>,
    /// To the dialog that opens.
    pub there: Vec<DialogEvent>,
}

impl MoveToNew {
    /// Whether the message may be moved out of `dialog` into a new one, and what happens then.
    ///
    /// # Errors
    /// The [`Rejection`] that ranks first: not found, permission, the wrong message, status, capacity.
    pub fn decide(&self, dialog: &Dialog, to: DialogId, context: &Context) -> Result<Move, Rejection> {
        let actor = context.acting()?;
        let message = guard::message(dialog, self.message)?;
        dialog.allow(Permission::MoveToNew, actor)?;
        let (Author::Client, Some(channel), Some(client)) =
            (&message.author, &dialog.channel, &dialog.client)
        else {
            return Err(Rejection::invalid("message", "only a client's message can be moved"));
        };
        guard::open(dialog)?;
        if message.deleted {
            return Err(Rejection::new(Code::Conflict, "this message was deleted"));
        }
        guard::room(&context.desk)?;
        let there = begun(dialog, channel, client, message, actor, context);
        Ok(Move { here: ended(dialog, message, to, actor), there })
    }
}

fn ended(dialog: &Dialog, message: &Message, to: DialogId, actor: &Actor) -> Vec<DialogEvent> {
    let by = &actor.operator;
    let mut events = vec![DialogEvent::MessageMoved { message: message.id, to, by: by.clone() }];
    events.extend(steps::close(dialog, CloseReason::Moved, Some(by)));
    events
}

fn begun(
    dialog: &Dialog,
    channel: &ChannelId,
    client: &Client,
    message: &Message,
    actor: &Actor,
    context: &Context,
) -> Vec<DialogEvent> {
    let (channel, client) = (channel.clone(), Box::new(client.clone()));
    vec![
        DialogEvent::OpenedByMove { channel, client, previous: dialog.id },
        DialogEvent::MessageAdded(Box::new(message.clone())),
        steps::answered(&actor.operator, context),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dialog::{MovedMessage, Status, Visibility};
    use crate::domain::event::Destination;
    use crate::domain::operator::Role;
    use crate::domain::testing::*;

    const NEW: DialogId = DialogId(9);

    fn moving(place: u32) -> MoveToNew {
        MoveToNew { message: MessageId::of(DIALOG, place) }
    }

    fn decide(events: Vec<DialogEvent>, place: u32, context: &Context) -> Result<Move, Rejection> {
        moving(place).decide(&given(events).dialog(), NEW, context)
    }

    #[track_caller]
    fn refused(events: Vec<DialogEvent>, place: u32, context: &Context) -> Code {
        decide(events, place, context).unwrap_err().code
    }

    #[test]
    fn the_message_leaves_the_dialog_that_closes_and_begins_the_new_one() {
        let moved = decide(joined_by("anna", "bea"), 1, &by("anna").weight(7)).unwrap();
        let mut here = given(joined_by("anna", "bea")).dialog();
        let message = here.messages[0].clone();
        moved.here.iter().for_each(|event| here.apply(event, NOW));
        assert_eq!(here.status, Status::Closed { reason: CloseReason::Moved });
        assert_eq!(here.moved, Some(MovedMessage { message: message.id, to: NEW }));
        assert!(here.messages.is_empty() && here.participants.is_empty());
        assert_eq!(moved.here[1], left("bea", Some("anna")));

        let mut there = Dialog::from_event(NEW, &moved.there[0], NOW).unwrap();
        moved.there.iter().for_each(|event| there.apply(event, NOW));
        assert_eq!((there.status.clone(), there.weight), (Status::Answered, 7));
        assert!(there.is_owner(&operator("anna")));
        assert_eq!((&there.client, there.previous), (&here.client, Some(DIALOG)));
        assert_eq!(there.message(message.id), Some(&message), "with its id and all that it holds");
        assert_eq!(there.next_message(), MessageId::of(NEW, 2));
    }

    #[test]
    fn it_stays_in_the_channel_in_which_the_dialog_is() {
        let mut events = answered_by("anna");
        let (from, to) = (Some(operator("anna")), Destination::Channel(channel("shop")));
        events.push(DialogEvent::Transferred { from, to, by: None });
        events.push(answered_event("anna", 10));
        let moved = decide(events, 1, &by("anna")).unwrap();
        let there = Dialog::from_event(NEW, &moved.there[0], NOW).unwrap();
        assert_eq!((there.channel, there.client.unwrap().channel), (Some(channel("shop")), channel("web")));
    }

    #[test]
    fn a_supervisor_may_move_what_nobody_has_answered() {
        let supervisor = by("sue").role(Role::Supervisor);
        let moved = decide(offered_to(["anna"]), 1, &supervisor).unwrap();
        assert_eq!(moved.here[1], withdrawn("anna"));
        assert_eq!(moved.there[2], answered_event("sue", 10));
        assert_eq!(refused(offered_to(["anna"]), 1, &by("anna")), Code::NotOwner);
    }

    #[test]
    fn only_a_clients_message_can_be_moved() {
        let rejection = decide(written_by("anna", Visibility::Public), 2, &by("anna")).unwrap_err();
        assert_eq!((rejection.code, rejection.field.as_deref()), (Code::InvalidArgument, Some("message")));
        let mut events = answered_by("anna");
        events.push(deleted(1, None));
        assert_eq!(refused(events, 1, &by("anna")), Code::Conflict);
    }

    #[test]
    fn rejections_rank_not_found_permission_message_status_capacity() {
        let full = by("anna").full();
        assert_eq!(refused(finished_by("bea"), 9, &full), Code::MessageNotFound);
        assert_eq!(refused(finished_by("bea"), 1, &full), Code::NotOwner);
        assert_eq!(refused(finished_by("anna"), 1, &full), Code::DialogClosed);
        assert_eq!(refused(answered_by("anna"), 1, &full), Code::OperatorAtCapacity);
    }
}
