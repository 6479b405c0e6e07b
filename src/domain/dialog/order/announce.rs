//! The dispatcher found nobody: it is said, once, that the dialog waits.

use crate::domain::dialog::command::{Context, Decision, DialogCommand};
use crate::domain::dialog::{Dialog, Status};
use crate::domain::event::DialogEvent;
use crate::error::Rejection;

/// Nobody can take this dialog now.
#[derive(Debug, Clone, PartialEq)]
pub struct Announce;

impl DialogCommand for Announce {
    fn decide(&self, dialog: &Dialog, context: &Context) -> Result<Decision, Rejection> {
        let unsaid = dialog.status == Status::Waiting && !dialog.announced;
        Ok(match &dialog.channel {
            Some(channel) if unsaid => Decision::done(vec![DialogEvent::Waiting {
                channel: channel.clone(),
                ruling: context.desk.ruling.clone(),
            }]),
            _ => Decision::nothing(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::testing::*;

    #[test]
    fn it_is_said_once_that_a_dialog_waits() {
        given(opened())
            .when(&Announce, &by_nobody())
            .then([DialogEvent::Waiting { channel: channel("web"), ruling: None }]);
        given(waiting()).when(&Announce, &by_nobody()).then([]);
    }

    #[test]
    fn it_is_said_again_after_an_offer_has_ended() {
        let mut events = offered_to(["anna"]);
        given(events.clone()).when(&Announce, &by_nobody()).then([]);
        events.push(withdrawn("anna"));
        given(events)
            .when(&Announce, &by_nobody())
            .then([DialogEvent::Waiting { channel: channel("web"), ruling: None }]);
    }

    #[test]
    fn nothing_is_said_of_a_dialog_that_does_not_wait() {
        given(answered_by("anna")).when(&Announce, &by_nobody()).then([]);
        given(finished_by("anna")).when(&Announce, &by_nobody()).then([]);
    }
}
