//! Nobody has answered for long: the client is told so, and another queue takes over.

use crate::domain::channel::Channel;
use crate::domain::dialog::command::{Context, Decision, DialogCommand, notices, steps};
use crate::domain::dialog::{Dialog, DialogTimer, Notice};
use crate::domain::event::{Destination, DialogEvent};
use crate::error::Rejection;
use crate::ids::ChannelId;

/// The time for a first answer is over, as the rules of the dialog's channel have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoAnswer {
    /// Whether the queue that would take over has no place.
    pub overflow_full: bool,
}

impl NoAnswer {
    fn overflow(&self, dialog: &Dialog, to: &ChannelId, ahead: usize, context: &Context) -> Vec<DialogEvent> {
        if self.overflow_full {
            return vec![DialogEvent::OverflowFull { channel: to.clone() }];
        }
        let mut events: Vec<_> = steps::withdraw_offers(dialog).collect();
        let destination = Destination::Channel(to.clone());
        events.push(DialogEvent::Transferred { from: None, to: destination, by: None });
        events.extend(notices::entered(dialog, to, ahead, context));
        events
    }
}

/// What the client is told, unless it was told before.
fn reply(dialog: &Dialog, channel: &Channel, context: &Context) -> Option<DialogEvent> {
    let text = channel.settings.no_answer.as_ref()?.reply.as_deref()?;
    let unsaid = !dialog.has_notice(Notice::NoAnswer);
    unsaid.then(|| notices::notice(dialog, 0, Notice::NoAnswer, text, (channel, None), context.now)).flatten()
}

impl DialogCommand for NoAnswer {
    fn decide(&self, dialog: &Dialog, context: &Context) -> Result<Decision, Rejection> {
        let Some(channel) = context.desk.due(dialog, DialogTimer::NoAnswer, context.now) else {
            return Ok(Decision::nothing());
        };
        let mut events: Vec<_> = reply(dialog, channel, context).into_iter().collect();
        let rule = channel.settings.no_answer.as_ref();
        if let Some(to) = rule.and_then(|rule| rule.overflow_channel.as_ref()) {
            events.extend(self.overflow(dialog, to, events.len(), context));
        }
        Ok(Decision::done(events))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::channel::NoAnswer as Rule;
    use crate::domain::dialog::{Author, Status, Visibility};
    use crate::domain::testing::*;

    const ROOM: NoAnswer = NoAnswer { overflow_full: false };
    const FULL: NoAnswer = NoAnswer { overflow_full: true };

    fn late(reply: Option<&str>, overflow: Option<&str>) -> Context {
        by_nobody().with_rules(|settings| {
            let (reply, overflow_channel) = (reply.map(str::to_owned), overflow.map(channel));
            settings.no_answer = Some(Rule { after_ms: 10_000, reply, overflow_channel });
        })
    }

    fn transferred(to: &str) -> DialogEvent {
        DialogEvent::Transferred { from: None, to: Destination::Channel(channel(to)), by: None }
    }

    #[test]
    fn the_client_is_told_and_the_overflow_takes_over_as_by_a_transfer_of_the_system() {
        let outcome = given(offered_to(["anna"])).when(&ROOM, &late(Some("we are busy"), Some("shop")));
        let message = outcome.added_message();
        assert_eq!(
            (message.author, message.visibility),
            (Author::System(Notice::NoAnswer), Visibility::Public)
        );
        assert_eq!(message.text, "we are busy");
        assert_eq!(outcome.events()[1..], [withdrawn("anna"), transferred("shop")]);
        let dialog = outcome.dialog();
        assert_eq!((dialog.channel, dialog.status), (Some(channel("shop")), Status::Waiting));
        assert_eq!((dialog.entered_at, dialog.unanswered_in), (NOW, vec![channel("web")]));
    }

    #[test]
    fn the_reply_comes_once_in_a_dialog_and_the_overflow_once_in_a_channel() {
        let told = given(waiting()).when(&ROOM, &late(Some("busy"), None)).all_events();
        given(told.clone()).when(&ROOM, &late(Some("busy"), None)).then([]);
        given(told).when(&ROOM, &late(Some("busy"), Some("shop"))).then([]);
        let moved = given(waiting()).when(&ROOM, &late(Some("busy"), Some("shop"))).all_events();
        let context = late(Some("busy again"), Some("help")).in_channel("shop");
        let moved = given(moved).when(&ROOM, &context).then([transferred("help")]).all_events();
        given(moved).when(&ROOM, &late(None, Some("web")).in_channel("help")).then([transferred("web")]);
    }

    #[test]
    fn with_a_full_overflow_the_dialog_stays_for_good() {
        let full = DialogEvent::OverflowFull { channel: channel("shop") };
        let events = given(waiting()).when(&FULL, &late(None, Some("shop"))).then([full]).all_events();
        given(events).when(&ROOM, &late(None, Some("shop"))).then([]);
    }

    #[test]
    fn before_the_time_and_after_an_answer_nothing_happens() {
        let early = by_nobody().with_rules(|settings| {
            settings.no_answer =
                Some(Rule { after_ms: 10_001, reply: Some("busy".into()), overflow_channel: None });
        });
        given(waiting()).when(&ROOM, &early).then([]);
        let mut returned = answered_by("anna");
        let to = Destination::Channel(channel("web"));
        returned.push(DialogEvent::Transferred { from: Some(operator("anna")), to, by: None });
        for events in [answered_by("anna"), returned, held_by_bot("robo"), finished_by("anna")] {
            given(events).when(&ROOM, &late(Some("busy"), Some("shop"))).then([]);
        }
        given(waiting()).when(&ROOM, &late(Some("busy"), None).in_channel("shop")).then([]);
    }

    #[test]
    fn an_overflow_that_is_closed_says_so_behind_the_reply() {
        let context = late(Some("busy"), Some("shop")).into_closed("shop", Some("closed"), true);
        let outcome = given(waiting()).when(&ROOM, &context);
        let dialog = outcome.dialog();
        let texts: Vec<_> = dialog.messages.iter().map(|message| message.text.as_str()).collect();
        assert_eq!(texts, ["hello?", "busy", "closed"]);
        assert!(dialog.messages.is_sorted_by_key(|message| message.id) && dialog.is_closed());
    }
}
