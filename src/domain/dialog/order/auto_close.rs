//! Nothing has been written for long in a dialog that was answered: it closes by itself.

use crate::domain::dialog::command::{Context, Decision, DialogCommand, notices, steps};
use crate::domain::dialog::{CloseReason, Dialog, DialogTimer};
use crate::error::Rejection;

/// Nobody has written for as long as the channel waits, and the dialog is not pinned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AutoClose;

impl DialogCommand for AutoClose {
    fn decide(&self, dialog: &Dialog, context: &Context) -> Result<Decision, Rejection> {
        if context.desk.due(dialog, DialogTimer::Closing, context.now).is_none() {
            return Ok(Decision::nothing());
        }
        let closing = notices::closing(dialog, context).into_iter();
        Ok(Decision::done(closing.chain(steps::close(dialog, CloseReason::Expired, None)).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dialog::Status;
    use crate::domain::event::DialogEvent;
    use crate::domain::testing::*;

    fn after(ms: u64) -> Context {
        by_nobody().with_rules(|settings| settings.auto_close_ms = Some(ms))
    }

    #[test]
    fn it_expires_with_the_closing_text_and_keeps_its_owner() {
        let context = by_nobody().with_rules(|settings| {
            settings.auto_close_ms = Some(10_000);
            settings.closing = Some("Bye from {operator.name}".into());
        });
        let outcome = given(joined_by("anna", "bea")).when(&AutoClose, &context.named("Anna"));
        assert_eq!(outcome.added_message().text, "Bye from Anna");
        let closed = DialogEvent::Closed { reason: CloseReason::Expired, by: None };
        assert_eq!(outcome.events()[1..], [left("bea", None), closed]);
        let dialog = outcome.dialog();
        assert_eq!(dialog.status, Status::Closed { reason: CloseReason::Expired });
        assert!(dialog.is_owner(&operator("anna")));
    }

    #[test]
    fn before_the_time_and_elsewhere_it_stays() {
        given(answered_by("anna")).when(&AutoClose, &after(10_001)).then([]);
        given(answered_by("anna")).when(&AutoClose, &by_nobody()).then([]);
        for events in [pinned_by("anna"), waiting(), offered_to(["anna"]), held_by_bot("robo")] {
            given(events).when(&AutoClose, &after(1)).then([]);
        }
    }
}
