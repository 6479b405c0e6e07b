//! The bot's time is over: the dialog goes into the queue of its channel.

use crate::domain::dialog::command::{Context, Decision, DialogCommand, to_queue};
use crate::domain::dialog::{Dialog, DialogTimer};
use crate::error::Rejection;

/// The bot that holds the dialog hands it over, if it has held it as long as it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HandOff;

impl DialogCommand for HandOff {
    fn decide(&self, dialog: &Dialog, context: &Context) -> Result<Decision, Rejection> {
        Ok(match context.desk.due(dialog, DialogTimer::HandOff, context.now) {
            Some(channel) => Decision::done(to_queue(dialog, &channel.id, None, context)),
            None => Decision::nothing(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::channel::ChannelSettings;
    use crate::domain::dialog::Status;
    use crate::domain::event::{Destination, DialogEvent};
    use crate::domain::testing::*;

    fn after(ms: u64) -> impl Fn(&mut ChannelSettings) {
        move |settings| {
            let bot = format!(r#"{{"operator":"robo","hand_off_after_ms":{ms}}}"#);
            settings.bot = Some(serde_json::from_str(&bot).unwrap());
        }
    }

    #[test]
    fn the_dialog_enters_the_queue_when_the_time_has_come() {
        let to = Destination::Channel(channel("web"));
        let transferred = DialogEvent::Transferred { from: Some(operator("robo")), to, by: None };
        let context = by_nobody().with_rules(after(10_000));
        let dialog = given(held_by_bot("robo")).when(&HandOff, &context).then([transferred]).dialog();
        assert_eq!((dialog.status, dialog.owner, dialog.entered_at), (Status::Waiting, None, NOW));
        assert_eq!((dialog.progress.entered_at, dialog.unanswered_in), (Some(NOW), vec![]));
    }

    #[test]
    fn before_its_time_and_without_a_bot_nothing_happens() {
        given(held_by_bot("robo")).when(&HandOff, &by_nobody().with_rules(after(10_001))).then([]);
        given(held_by_bot("robo")).when(&HandOff, &by_nobody()).then([]);
        for events in [waiting(), offered_to(["anna"]), answered_by("anna"), finished_by("anna")] {
            given(events).when(&HandOff, &by_nobody().with_rules(after(1))).then([]);
        }
    }

    #[test]
    fn a_closed_queue_says_so_and_may_end_it() {
        let context = by_nobody().with_rules(after(1)).into_closed("web", Some("closed"), true);
        let outcome = given(held_by_bot("robo")).when(&HandOff, &context);
        assert_eq!(outcome.added_message().text, "closed");
        assert!(outcome.dialog().is_closed());
    }
}
