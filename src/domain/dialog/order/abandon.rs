//! The client has waited for an answer for too long: it is gone.

use crate::domain::dialog::command::{Context, Decision, DialogCommand, steps};
use crate::domain::dialog::{CloseReason, Dialog, DialogTimer};
use crate::error::Rejection;

/// Nobody has answered, and the client has written nothing for as long as the channel waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Abandon;

impl DialogCommand for Abandon {
    fn decide(&self, dialog: &Dialog, context: &Context) -> Result<Decision, Rejection> {
        Ok(match context.desk.due(dialog, DialogTimer::Abandonment, context.now) {
            Some(_) => Decision::done(steps::close(dialog, CloseReason::Abandoned, None)),
            None => Decision::nothing(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::DialogEvent;
    use crate::domain::testing::*;

    fn after(ms: u64) -> Context {
        by_nobody().with_rules(|settings| settings.abandon_ms = Some(ms))
    }

    #[test]
    fn what_nobody_answered_ends_whoever_has_it() {
        let closed = DialogEvent::Closed { reason: CloseReason::Abandoned, by: None };
        given(waiting()).when(&Abandon, &after(10_000)).then([closed.clone()]);
        given(held_by_bot("robo")).when(&Abandon, &after(10_000)).then([closed.clone()]);
        given(offered_to(["anna"])).when(&Abandon, &after(10_000)).then([withdrawn("anna"), closed]);
    }

    #[test]
    fn before_the_time_and_after_an_answer_it_stays() {
        given(waiting()).when(&Abandon, &after(10_001)).then([]);
        given(waiting()).when(&Abandon, &by_nobody()).then([]);
        for events in [answered_by("anna"), finished_by("anna")] {
            given(events).when(&Abandon, &after(1)).then([]);
        }
        let again = given(waiting()).when(&receive("still here"), &by_nobody()).all_events();
        given(again).when(&Abandon, &after(10_000)).then([]);
    }
}
