//! A client left: a dialog that nobody answered ends.

use serde::Deserialize;

use super::{Context, Decision, DialogCommand, steps};
use crate::domain::dialog::{CloseReason, Dialog, Status};
use crate::error::Rejection;
use crate::ids::{ChannelId, ClientId};

/// A client left. Sent by the connector.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientLeave {
    /// The channel on which the client wrote.
    pub channel: ChannelId,
    /// The connector's id for the client.
    pub client: ClientId,
}

impl DialogCommand for ClientLeave {
    fn decide(&self, dialog: &Dialog, _: &Context) -> Result<Decision, Rejection> {
        Ok(match dialog.status {
            Status::Waiting | Status::Offered { .. } | Status::Bot => {
                Decision::done(steps::close(dialog, CloseReason::Abandoned, None))
            }
            Status::Answered | Status::Closed { .. } => Decision::nothing(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::DialogEvent;
    use crate::domain::testing::*;

    fn leave() -> ClientLeave {
        ClientLeave { channel: channel("web"), client: ClientId::new("ala").unwrap() }
    }

    #[test]
    fn a_dialog_that_nobody_answered_is_abandoned() {
        let closed = DialogEvent::Closed { reason: CloseReason::Abandoned, by: None };
        given(waiting()).when(&leave(), &by_nobody()).then([closed.clone()]);
        given(held_by_bot("robo")).when(&leave(), &by_nobody()).then([closed.clone()]);
        let events = [withdrawn("anna"), withdrawn("bea"), closed];
        given(offered_to(["anna", "bea"])).when(&leave(), &by_nobody()).then(events);
    }

    #[test]
    fn an_answered_or_closed_dialog_stays_as_it_is() {
        given(answered_by("anna")).when(&leave(), &by_nobody()).then([]);
        given(finished_by("anna")).when(&leave(), &by_nobody()).then([]);
    }
}
