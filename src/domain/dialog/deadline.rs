//! When something happens to a dialog by itself: moments that follow from what it is and from the rules of
//! its channel, and from nothing else. That they have come is said by whoever has a clock.

use serde::{Deserialize, Serialize};

use super::{Author, Dialog, Status};
use crate::domain::channel::{ChannelSettings, NoAnswer};
use crate::timestamp::Timestamp;

/// What may happen to a dialog by itself. (That an offer ends stands in the offer.)
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DialogTimer {
    /// The bot that holds it hands it over.
    HandOff,
    /// Nobody has answered for long.
    NoAnswer,
    /// The client has waited for an answer for too long.
    Abandonment,
    /// Nothing has been written for long.
    Closing,
}

impl DialogTimer {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::HandOff, Self::NoAnswer, Self::Abandonment, Self::Closing];

    /// How long the channel waits for it, if it has such a rule.
    pub fn after_ms(self, settings: &ChannelSettings) -> Option<u64> {
        match self {
            Self::HandOff => settings.bot.as_ref().and_then(|bot| bot.hand_off_after_ms),
            Self::NoAnswer => settings.no_answer.as_ref().filter(|rule| acts(rule)).map(|rule| rule.after_ms),
            Self::Abandonment => settings.abandon_ms,
            Self::Closing => settings.auto_close_ms,
        }
    }
}

/// Whether anything happens by this rule.
fn acts(rule: &NoAnswer) -> bool {
    rule.reply.is_some() || rule.overflow_channel.is_some()
}

/// From when on what may happen to a dialog by itself counts, as it stands; nothing where it does not happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Since {
    /// A bot holds it: its opening.
    held: Option<Timestamp>,
    /// Nobody has answered, while it is in a queue and its channel has done nothing about it: its opening, and
    /// when it first entered a queue.
    unanswered: Option<(Timestamp, Timestamp)>,
    /// The client has heard of nobody: what they wrote last, else its opening.
    abandoned: Option<Timestamp>,
    /// Nothing was written or answered, and it may close by itself.
    silent: Option<Timestamp>,
}

impl Since {
    /// When this happens, if its channel waits so long for it; never, if it does not.
    pub fn deadline(&self, timer: DialogTimer, after_ms: u64) -> Option<Timestamp> {
        let since = match timer {
            DialogTimer::HandOff => self.held,
            DialogTimer::NoAnswer => self.unanswered.map(|(opened_at, queued_at)| {
                // What has passed in the hands of a bot counts anew from the entry into the queue.
                let passed_before = opened_at.plus_ms(after_ms) <= queued_at;
                if passed_before { queued_at } else { opened_at }
            }),
            DialogTimer::Abandonment => self.abandoned,
            DialogTimer::Closing => self.silent,
        };
        since.map(|since| since.plus_ms(after_ms))
    }
}

impl Dialog {
    /// When this happens, as everything is now; never, if it does not.
    pub fn deadline(&self, timer: DialogTimer, settings: &ChannelSettings) -> Option<Timestamp> {
        self.since().deadline(timer, timer.after_ms(settings)?)
    }

    /// From when on what may happen to it by itself counts.
    pub fn since(&self) -> Since {
        Since {
            held: (self.status == Status::Bot).then_some(self.opened_at),
            unanswered: self.queued_at().map(|queued_at| (self.opened_at, queued_at)),
            abandoned: self.abandoned_since(),
            silent: self.silent_since(),
        }
    }

    /// When it first entered a queue, while it is in one where nobody has answered and nothing was done about
    /// that.
    fn queued_at(&self) -> Option<Timestamp> {
        let in_queue = matches!(self.status, Status::Waiting | Status::Offered { .. });
        let done = self.channel.as_ref().is_none_or(|channel| self.unanswered_in.contains(channel));
        self.progress.entered_at.filter(|_| in_queue && !done && self.owned_at.is_none())
    }

    /// Since when the client has heard of nobody.
    fn abandoned_since(&self) -> Option<Timestamp> {
        let open = matches!(self.status, Status::Waiting | Status::Offered { .. } | Status::Bot);
        if !open || self.owned_at.is_some() {
            return None;
        }
        let mut newest_first = self.messages.iter().rev();
        let last = newest_first.find(|message| message.author == Author::Client);
        Some(last.map_or(self.opened_at, |message| message.at))
    }

    /// Since when nothing was written or answered, if it may close by itself.
    fn silent_since(&self) -> Option<Timestamp> {
        if self.status != Status::Answered || self.pinned {
            return None;
        }
        self.messages.last().map(|message| message.at).max(self.owned_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::channel::ChannelBot;
    use crate::domain::dialog::{Message, Visibility};
    use crate::domain::event::{Destination, DialogEvent};
    use crate::domain::testing::*;

    const LATER: Timestamp = Timestamp::from_millis(1_030_000);

    fn settings() -> ChannelSettings {
        let bot = r#"{"operator":"robo","hand_off_after_ms":5000}"#;
        ChannelSettings {
            no_answer: Some(NoAnswer {
                after_ms: 60_000,
                reply: Some("wait".into()),
                overflow_channel: None,
            }),
            abandon_ms: Some(90_000),
            auto_close_ms: Some(120_000),
            bot: Some(serde_json::from_str::<ChannelBot>(bot).unwrap()),
            ..ChannelSettings::default()
        }
    }

    /// All deadlines of a dialog, in milliseconds since it was opened; each event one second later.
    fn deadlines(events: &[DialogEvent]) -> [Option<i64>; 4] {
        let mut dialog = Dialog::from_event(DIALOG, &events[0], BEFORE).unwrap();
        for (seconds, event) in (0..).zip(&events[1..]) {
            dialog.apply(event, BEFORE.plus_ms(seconds * 1000));
        }
        DialogTimer::ALL.map(|timer| {
            let deadline = dialog.deadline(timer, &settings());
            deadline.map(|deadline| deadline.as_millis() - BEFORE.as_millis())
        })
    }

    fn message(author: Author, at: Timestamp) -> DialogEvent {
        let id = crate::ids::MessageId::of(DIALOG, 2);
        let message = Message::new(id, author, Visibility::Public, "hello".into(), at);
        DialogEvent::MessageAdded(Box::new(message))
    }

    fn to_queue(from: Option<&str>) -> DialogEvent {
        let to = Destination::Channel(channel("web"));
        DialogEvent::Transferred { from: from.map(operator), to, by: from.map(operator) }
    }

    #[test]
    fn before_an_answer_the_client_waits_and_after_it_only_silence_counts() {
        assert_eq!(deadlines(&waiting()), [None, Some(60_000), Some(90_000), None]);
        assert_eq!(deadlines(&offered_to(["anna"])), [None, Some(60_000), Some(90_000), None]);
        assert_eq!(deadlines(&answered_by("anna")), [None, None, None, Some(121_000)]);
        assert_eq!(deadlines(&finished_by("anna")), [None; 4]);
    }

    #[test]
    fn a_clients_message_makes_its_wait_new_and_any_message_ends_silence() {
        let mut events = waiting();
        events.push(message(Author::Client, LATER));
        assert_eq!(deadlines(&events), [None, Some(60_000), Some(120_000), None]);
        let mut events = answered_by("anna");
        events.push(message(Author::Operator(operator("anna")), LATER));
        assert_eq!(deadlines(&events), [None, None, None, Some(150_000)]);
    }

    #[test]
    fn a_pinned_dialog_does_not_close_by_itself() {
        let mut events = pinned_by("anna");
        assert_eq!(deadlines(&events), [None; 4]);
        events.push(DialogEvent::Unpinned { operator: operator("anna") });
        assert_eq!(deadlines(&events), [None, None, None, Some(121_000)]);
    }

    #[test]
    fn after_a_first_answer_nobody_is_late_any_more() {
        let mut events = answered_by("anna");
        events.push(to_queue(Some("anna")));
        assert_eq!(deadlines(&events), [None; 4]);
    }

    #[test]
    fn a_bot_hands_over_and_what_passed_in_its_hands_counts_anew() {
        let mut events = held_by_bot("robo");
        assert_eq!(deadlines(&events), [Some(5000), None, Some(90_000), None]);
        events.push(to_queue(Some("robo")));
        assert_eq!(deadlines(&events), [None, Some(60_000), Some(90_000), None], "from its opening");
        let mut dialog = given(held_by_bot("robo")).dialog();
        dialog.apply(&to_queue(Some("robo")), BEFORE.plus_ms(70_000));
        let anew = dialog.deadline(DialogTimer::NoAnswer, &settings());
        assert_eq!(anew, Some(BEFORE.plus_ms(130_000)), "from the entry");
    }

    #[test]
    fn a_rule_of_no_answer_is_done_once_in_a_channel() {
        let mut events = waiting();
        events.push(DialogEvent::OverflowFull { channel: channel("shop") });
        assert_eq!(deadlines(&events)[1], None);
        let to = Destination::Channel(channel("shop"));
        events.push(DialogEvent::Transferred { from: None, to, by: None });
        assert_eq!(deadlines(&events)[1], Some(60_000), "another channel has its own, from the opening");
        events.push(DialogEvent::Transferred {
            from: None,
            to: Destination::Channel(channel("web")),
            by: None,
        });
        assert_eq!(deadlines(&events)[1], None, "and not twice");
    }

    #[test]
    fn without_a_rule_nothing_happens() {
        let none = ChannelSettings::default();
        for events in [waiting(), answered_by("anna"), held_by_bot("robo")] {
            let dialog = given(events).dialog();
            assert!(DialogTimer::ALL.iter().all(|timer| dialog.deadline(*timer, &none).is_none()));
        }
        let mut empty = settings();
        empty.no_answer.as_mut().unwrap().reply = None;
        assert_eq!(DialogTimer::NoAnswer.after_ms(&empty), None, "a rule that does nothing is none");
    }
}
