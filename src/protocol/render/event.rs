//! Events as lines of JSON: the kind, the fields that PROTOCOL names for it, and who may see it.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::write;
use crate::domain::dialog::{Author, Message, RequestKind, Visibility};
use crate::domain::event::{ChannelEvent, Destination, DialogEvent, OperatorEvent};
use crate::domain::library::ItemId;
use crate::engine::Recorded;
use crate::ids::{ChannelId, DialogId, MessageId, OperatorId, RequestId};
use crate::storage::OneEvent;

/// `{"event":{"seq":…,"at":…,"kind":…,…,"audience":…}}`.
pub fn event(line: &mut Vec<u8>, recorded: &Recorded) {
    #[derive(Serialize)]
    struct Line<'a> {
        event: Body<'a>,
    }
    write(line, &Line { event: Body(recorded) });
}

/// Who may learn of an event: `all` if a connector may pass it on to the client.
///
/// What concerns no client at all (channels, operators, the library, internal dialogs) is for employees, and so are
/// hidden messages, mentions, apps, title, hidden mode, score and requests to the outside; everything else that
/// happens to a client's dialog concerns the client.
pub fn audience(event: &OneEvent) -> &'static str {
    match event {
        OneEvent::Channel(..) | OneEvent::Operator(..) | OneEvent::Item(..) | OneEvent::Internal(..) => {
            "employees"
        }
        OneEvent::Dialog(_, event) if is_for_employees(event) => "employees",
        OneEvent::Dialog(..) => "all",
    }
}

fn is_for_employees(event: &DialogEvent) -> bool {
    match event {
        DialogEvent::MessageAdded(message) => message.visibility == Visibility::Hidden,
        DialogEvent::MessageEdited(edit) => edit.visibility == Visibility::Hidden,
        DialogEvent::MessageDeleted { visibility, .. } => *visibility == Visibility::Hidden,
        DialogEvent::Renamed { .. }
        | DialogEvent::HiddenModeSet { .. }
        | DialogEvent::Scored { .. }
        | DialogEvent::PrioritySet { .. }
        | DialogEvent::OperatorMentioned { .. }
        | DialogEvent::AppAttached { .. }
        | DialogEvent::OverflowFull { .. } => true,
        event => event.request().is_some(),
    }
}

struct Body<'a>(&'a Recorded);

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("seq", &self.0.seq)?;
        map.serialize_entry("at", &self.0.at)?;
        match &self.0.event {
            OneEvent::Channel(channel, event) => of_channel(&mut map, channel, event)?,
            OneEvent::Operator(operator, event) => of_operator(&mut map, operator, event)?,
            OneEvent::Dialog(dialog, event) | OneEvent::Internal(dialog, event) => {
                of_dialog(&mut map, *dialog, event)?;
            }
            OneEvent::Item(item, _) => of_item(&mut map, item)?,
        }
        map.serialize_entry("audience", audience(&self.0.event))?;
        map.end()
    }
}

fn of_channel<M: SerializeMap>(
    map: &mut M,
    channel: &ChannelId,
    event: &ChannelEvent,
) -> Result<(), M::Error> {
    match event {
        ChannelEvent::Put(_) => {
            map.serialize_entry("kind", "channel_put")?;
            map.serialize_entry("channel", channel)
        }
        ChannelEvent::RetentionPut { closed_after_ms } => {
            map.serialize_entry("kind", "retention_put")?;
            map.serialize_entry("channel", channel)?;
            map.serialize_entry("closed_after_ms", closed_after_ms)
        }
    }
}

fn of_item<M: SerializeMap>(map: &mut M, item: &ItemId) -> Result<(), M::Error> {
    let (kind, id) = item.parts();
    map.serialize_entry("kind", &format_args!("{kind}_put"))?;
    map.serialize_entry(kind, id)
}

fn of_operator<M: SerializeMap>(
    map: &mut M,
    operator: &OperatorId,
    event: &OperatorEvent,
) -> Result<(), M::Error> {
    map.serialize_entry(
        "kind",
        match event {
            OperatorEvent::Put(_) => "operator_put",
            OperatorEvent::Removed => "operator_removed",
            OperatorEvent::PresenceSet(_) => "presence_set",
        },
    )?;
    map.serialize_entry("operator", operator)?;
    match event {
        OperatorEvent::PresenceSet(presence) => map.serialize_entry("presence", presence),
        OperatorEvent::Put(_) | OperatorEvent::Removed => Ok(()),
    }
}

fn of_dialog<M: SerializeMap>(map: &mut M, dialog: DialogId, event: &DialogEvent) -> Result<(), M::Error> {
    map.serialize_entry("kind", dialog_kind(event))?;
    map.serialize_entry("dialog", &dialog)?;
    match event {
        DialogEvent::Opened { channel, client, client_name: _, previous, wishes: _ } => {
            map.serialize_entry("channel", channel)?;
            map.serialize_entry("client", client)?;
            map.serialize_entry("previous", previous)
        }
        DialogEvent::OpenedByMove { channel: _, client, previous } => {
            map.serialize_entry("channel", &client.channel)?;
            map.serialize_entry("client", &client.id)?;
            map.serialize_entry("previous", previous)
        }
        DialogEvent::PrioritySet { priority, by } => {
            map.serialize_entry("priority", priority)?;
            map.serialize_entry("by", by)
        }
        DialogEvent::OpenedInternally { by } => {
            map.serialize_entry("channel", &None::<ChannelId>)?;
            map.serialize_entry("client", &None::<ChannelId>)?;
            map.serialize_entry("previous", &None::<DialogId>)?;
            map.serialize_entry("by", by)
        }
        DialogEvent::Waiting { channel, ruling: _ } | DialogEvent::OverflowFull { channel } => {
            map.serialize_entry("channel", channel)
        }
        DialogEvent::Offered { operators, deadline, weight: _, ruling: _ } => {
            map.serialize_entry("operators", operators)?;
            map.serialize_entry("deadline", deadline)
        }
        DialogEvent::OfferWithdrawn { operator }
        | DialogEvent::OfferSkipped { operator }
        | DialogEvent::OfferExpired { operator }
        | DialogEvent::Answered { operator, weight: _, ruling: _ }
        | DialogEvent::Pinned { operator }
        | DialogEvent::Unpinned { operator }
        | DialogEvent::BotJoined { operator } => map.serialize_entry("operator", operator),
        DialogEvent::Transferred { from, to, by } => {
            map.serialize_entry("from", from)?;
            match to {
                Destination::Operator(operator) => map.serialize_entry("to_operator", operator)?,
                Destination::Channel(channel) => map.serialize_entry("to_channel", channel)?,
            }
            map.serialize_entry("by", by)
        }
        DialogEvent::Taken { operator, from, weight: _ } => {
            map.serialize_entry("operator", operator)?;
            map.serialize_entry("from", from)
        }
        DialogEvent::MessageAdded(message) => of_message(map, message),
        DialogEvent::Closed { reason, by } => {
            map.serialize_entry("reason", reason)?;
            map.serialize_entry("by", by)
        }
        _ => of_content(map, event),
    }
}

/// The fields of what changes neither who has a dialog nor where it stands. Texts stay out, as of
/// messages.
fn of_content<M: SerializeMap>(map: &mut M, event: &DialogEvent) -> Result<(), M::Error> {
    match event {
        DialogEvent::ParticipantJoined { operator, by } => {
            map.serialize_entry("operator", operator)?;
            map.serialize_entry("by", by)
        }
        DialogEvent::ParticipantLeft { operator, by } => {
            map.serialize_entry("operator", operator)?;
            map.serialize_entry("by", by)
        }
        DialogEvent::Renamed { title, by } => {
            map.serialize_entry("title", title)?;
            map.serialize_entry("by", by)
        }
        DialogEvent::HiddenModeSet { operator, on } => {
            map.serialize_entry("operator", operator)?;
            map.serialize_entry("on", on)
        }
        DialogEvent::MessageEdited(edit) => {
            map.serialize_entry("message", &edit.message)?;
            map.serialize_entry("by", &edit.by)
        }
        DialogEvent::MessageDeleted { message, visibility: _, by } => {
            map.serialize_entry("message", message)?;
            map.serialize_entry("by", by)
        }
        DialogEvent::MessageMoved { message, to, by } => {
            map.serialize_entry("message", message)?;
            map.serialize_entry("to_dialog", to)?;
            map.serialize_entry("by", by)
        }
        DialogEvent::ReceiptUpdated { message, state } => {
            map.serialize_entry("message", message)?;
            map.serialize_entry("state", state)
        }
        DialogEvent::Rated { score, comment: _ } => map.serialize_entry("score", score),
        DialogEvent::Scored { rating, comment: _, by } => {
            map.serialize_entry("rating", rating)?;
            map.serialize_entry("by", by)
        }
        DialogEvent::OperatorMentioned { message, operator } => {
            map.serialize_entry("message", message)?;
            map.serialize_entry("operator", operator)
        }
        DialogEvent::FormSubmitted { message, answers: _ } => map.serialize_entry("message", message),
        DialogEvent::PaymentUpdated { message, status } => {
            map.serialize_entry("message", message)?;
            map.serialize_entry("status", status)
        }
        DialogEvent::AppAttached { app, operator, bot } => {
            map.serialize_entry("app", app)?;
            map.serialize_entry("operator", operator)?;
            map.serialize_entry("bot", bot)
        }
        DialogEvent::ClientErased { channel, client } => {
            map.serialize_entry("channel", channel)?;
            map.serialize_entry("client", client)
        }
        DialogEvent::RequestCreated(it) => of_request(map, it.id, it.kind, it.message),
        DialogEvent::RequestCompleted(it) => of_request(map, it.request, it.kind, it.message),
        DialogEvent::RequestFailed(it) => of_request(map, it.request, it.kind, it.message),
        _ => Ok(()),
    }
}

fn dialog_kind(event: &DialogEvent) -> &'static str {
    match event {
        DialogEvent::Opened { .. }
        | DialogEvent::OpenedByMove { .. }
        | DialogEvent::OpenedInternally { .. } => "dialog_opened",
        DialogEvent::PrioritySet { .. } => "priority_set",
        DialogEvent::MessageMoved { .. } => "message_moved",
        DialogEvent::BotJoined { .. } => "bot_joined",
        DialogEvent::OverflowFull { .. } => "overflow_full",
        DialogEvent::Waiting { .. } => "dialog_waiting",
        DialogEvent::Offered { .. } => "dialog_offered",
        DialogEvent::OfferWithdrawn { .. } => "offer_withdrawn",
        DialogEvent::OfferSkipped { .. } => "offer_skipped",
        DialogEvent::OfferExpired { .. } => "offer_expired",
        DialogEvent::Answered { .. } => "dialog_answered",
        DialogEvent::Transferred { .. } => "dialog_transferred",
        DialogEvent::Taken { .. } => "dialog_taken",
        DialogEvent::Pinned { .. } => "dialog_pinned",
        DialogEvent::Unpinned { .. } => "dialog_unpinned",
        DialogEvent::MessageAdded(_) => "message_added",
        DialogEvent::Closed { .. } => "dialog_closed",
        DialogEvent::ParticipantJoined { .. } => "participant_joined",
        DialogEvent::ParticipantLeft { .. } => "participant_left",
        DialogEvent::Renamed { .. } => "dialog_renamed",
        DialogEvent::HiddenModeSet { .. } => "hidden_mode_set",
        DialogEvent::MessageEdited(_) => "message_edited",
        DialogEvent::MessageDeleted { .. } => "message_deleted",
        DialogEvent::ReceiptUpdated { .. } => "receipt_updated",
        DialogEvent::Rated { .. } => "dialog_rated",
        DialogEvent::Scored { .. } => "dialog_scored",
        DialogEvent::OperatorMentioned { .. } => "operator_mentioned",
        DialogEvent::FormSubmitted { .. } => "form_submitted",
        DialogEvent::PaymentUpdated { .. } => "payment_updated",
        DialogEvent::AppAttached { .. } => "app_attached",
        DialogEvent::RequestCreated(_) => "request_created",
        DialogEvent::RequestCompleted(_) => "request_completed",
        DialogEvent::RequestFailed(_) => "request_failed",
        DialogEvent::Erased => "dialog_erased",
        DialogEvent::ClientErased { .. } => "client_erased",
    }
}

/// The text stays out: who may read it asks for the dialog.
fn of_message<M: SerializeMap>(map: &mut M, message: &Message) -> Result<(), M::Error> {
    map.serialize_entry("message", &message.id)?;
    map.serialize_entry(
        "author",
        match message.author {
            Author::Client => "client",
            Author::Operator(_) => "operator",
            Author::System(_) => "system",
        },
    )?;
    map.serialize_entry("visibility", &message.visibility)
}

fn of_request<M: SerializeMap>(
    map: &mut M,
    request: RequestId,
    kind: RequestKind,
    message: Option<MessageId>,
) -> Result<(), M::Error> {
    map.serialize_entry("request", &request)?;
    map.serialize_entry("kind_of_request", &kind)?;
    map.serialize_entry("message", &message)
}
