//! What the engine writes for the rules of channels, and what a queue does that is closed when a dialog
//! enters it. Who enters a queue, and when, is decided elsewhere.

use super::{Context, guard, steps};
use crate::domain::channel::Channel;
use crate::domain::dialog::{Author, Client, CloseReason, Dialog, Message, Notice, Visibility};
use crate::domain::event::DialogEvent;
use crate::domain::placeholder::{self, Names};
use crate::ids::{ChannelId, DialogId, MessageId};
use crate::limits;
use crate::timestamp::Timestamp;

/// The next message of a dialog, written for a rule, behind `ahead` others of the same command. A dialog
/// that is full goes without.
pub(in crate::domain::dialog) fn notice(
    dialog: &Dialog,
    ahead: usize,
    notice: Notice,
    text: &str,
    names: (&Channel, Option<&str>),
    now: Timestamp,
) -> Option<DialogEvent> {
    guard::space_behind(dialog, ahead).ok()?;
    let id = dialog.message_behind(ahead);
    let client = dialog.client.as_ref().map_or("", Client::shown);
    Some(written(id, notice, text, client, names, now))
}

/// A message for a rule, with its placeholders filled in. Where no operator is at hand, the channel's name
/// stands for the operator's.
pub(super) fn written(
    id: MessageId,
    notice: Notice,
    text: &str,
    client: &str,
    (channel, operator): (&Channel, Option<&str>),
    now: Timestamp,
) -> DialogEvent {
    let channel = channel.shown();
    let names = Names { client, operator: operator.unwrap_or(channel), channel };
    let mut text = placeholder::fill(text, names);
    // Names can make it longer than a text may be, and nobody is there to be told.
    if let Some((end, _)) = text.char_indices().nth(limits::TEXT_CHARS) {
        text.truncate(end);
    }
    let message = Message::new(id, Author::System(notice), Visibility::Public, text, now);
    DialogEvent::MessageAdded(Box::new(message))
}

/// Takes leave of the client, if the channel does.
pub(in crate::domain::dialog) fn closing(dialog: &Dialog, context: &Context) -> Option<DialogEvent> {
    let channel = context.desk.channel_of(dialog)?;
    let text = channel.settings.closing.as_deref()?;
    notice(dialog, 0, Notice::Closing, text, (channel, context.desk.operator_name.as_deref()), context.now)
}

/// What follows when the dialog enters the queue of a channel, behind `ahead` messages of the same command:
/// if it is closed, the client is told so once, and where the channel says so the dialog ends.
pub(in crate::domain::dialog) fn entered(
    dialog: &Dialog,
    to: &ChannelId,
    ahead: usize,
    context: &Context,
) -> Vec<DialogEvent> {
    let closed = context.desk.closed_queue.as_ref().filter(|channel| channel.id == *to);
    let Some(channel) = closed else { return Vec::new() };
    let off_hours = &channel.settings.off_hours;
    let reply = off_hours.reply.as_deref().filter(|_| !dialog.has_notice(Notice::OffHours));
    let told =
        reply.and_then(|text| notice(dialog, ahead, Notice::OffHours, text, (channel, None), context.now));
    let mut events: Vec<_> = told.into_iter().collect();
    if off_hours.close {
        events.extend(steps::leave(dialog, None));
        events.push(DialogEvent::Closed { reason: CloseReason::Rejected, by: None });
    }
    events
}

/// The same for a dialog that is just being opened with the client's message.
pub(super) fn opened_closed(id: DialogId, ahead: u32, client: &str, context: &Context) -> Vec<DialogEvent> {
    let Some(channel) = &context.desk.closed_queue else { return Vec::new() };
    let off_hours = &channel.settings.off_hours;
    let id = MessageId::of(id, ahead + 1);
    let written = |text: &String| written(id, Notice::OffHours, text, client, (channel, None), context.now);
    let mut events: Vec<_> = off_hours.reply.as_ref().map(written).into_iter().collect();
    if off_hours.close {
        events.push(DialogEvent::Closed { reason: CloseReason::Rejected, by: None });
    }
    events
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::testing::*;

    fn text(event: Option<DialogEvent>) -> String {
        match event {
            Some(DialogEvent::MessageAdded(message)) => message.text,
            other => panic!("no message: {other:?}"),
        }
    }

    #[test]
    fn placeholders_are_filled_in_and_the_channel_stands_for_an_operator_who_is_not_there() {
        let dialog = given(waiting()).dialog();
        let mut web = rules(|_| {});
        let say = |web: &Channel, operator| {
            let words = "{client.name}, {operator.name} of {channel.name}";
            text(notice(&dialog, 0, Notice::Welcome, words, (web, operator), NOW))
        };
        assert_eq!(say(&web, Some("Anna")), "ala, Anna of Web");
        assert_eq!(say(&web, None), "ala, Web of Web");
        web.settings.name = String::new();
        assert_eq!(say(&web, None), "ala, web of web");
    }

    #[test]
    fn a_text_is_never_longer_than_a_text_may_be() {
        let dialog = given(waiting()).dialog();
        let long = "{channel.name}".repeat(700);
        let web = rules(|settings| settings.name = "ż".repeat(256));
        let text = text(notice(&dialog, 0, Notice::Closing, &long, (&web, None), NOW));
        assert_eq!(text.chars().count(), limits::TEXT_CHARS);
    }
}
