//! Takes in how far a message has got on its way to the client.

use serde::Deserialize;

use super::{Context, Decision, DialogCommand, guard};
use crate::domain::dialog::{Dialog, Receipt, Visibility};
use crate::domain::event::DialogEvent;
use crate::error::Rejection;
use crate::ids::MessageId;

/// This message has got so far. Sent by the connector; the line protocol calls it `receipt`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordReceipt {
    /// Which: a public one that an operator wrote.
    pub message: MessageId,
    /// How far. What is no news, such as `sent` after `read`, changes nothing.
    pub state: Receipt,
}

impl DialogCommand for RecordReceipt {
    fn decide(&self, dialog: &Dialog, _: &Context) -> Result<Decision, Rejection> {
        let message = guard::message(dialog, self.message)?;
        if message.visibility != Visibility::Public || message.author.operator().is_none() {
            let sentence = "only what an operator wrote to the client is on its way to somebody";
            return Err(Rejection::invalid("message", sentence));
        }
        if !self.state.follows(message.receipt) {
            return Ok(Decision::nothing());
        }
        let (message, state) = (self.message, self.state);
        Ok(Decision::done(vec![DialogEvent::ReceiptUpdated { message, state }]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::testing::*;
    use crate::error::Code;

    use Receipt::{Delivered, Failed, Read, Sent};

    fn receipt(place: u32, state: Receipt) -> RecordReceipt {
        RecordReceipt { message: MessageId::of(DIALOG, place), state }
    }

    /// What a message comes to when the connector says all this.
    fn after(states: &[Receipt]) -> Option<Receipt> {
        let mut events = written_by("anna", Visibility::Public);
        for state in states {
            events.extend(given(events.clone()).when(&receipt(2, *state), &by_nobody()).events());
        }
        given(events).dialog().messages[1].receipt
    }

    #[test]
    fn a_message_goes_on_and_never_back() {
        assert_eq!(after(&[Sent, Delivered, Read]), Some(Read));
        assert_eq!(after(&[Read, Sent, Delivered]), Some(Read));
        assert_eq!(after(&[Delivered]), Some(Delivered));
        assert_eq!(after(&[Delivered, Delivered, Sent]), Some(Delivered));
    }

    #[test]
    fn what_has_failed_stays_failed_and_what_was_delivered_has_not_failed() {
        assert_eq!(after(&[Failed, Sent]), Some(Failed));
        assert_eq!(after(&[Sent, Failed, Delivered, Read]), Some(Failed));
        assert_eq!(after(&[Delivered, Failed]), Some(Delivered));
        assert_eq!(after(&[Read, Failed]), Some(Read));
    }

    #[test]
    fn the_same_again_is_no_event_and_a_closed_dialog_takes_news_in() {
        let mut events = written_by("anna", Visibility::Public);
        events.push(finished_event("anna"));
        let sent = DialogEvent::ReceiptUpdated { message: MessageId::of(DIALOG, 2), state: Sent };
        given(events.clone()).when(&receipt(2, Sent), &by_nobody()).then([sent.clone()]);
        events.push(sent);
        given(events).when(&receipt(2, Sent), &by_nobody()).then([]);
    }

    #[test]
    fn only_what_an_operator_wrote_to_the_client_is_on_its_way() {
        let hidden = given(written_by("anna", Visibility::Hidden)).when(&receipt(2, Read), &by_nobody());
        assert_eq!(hidden.rejected(Code::InvalidArgument), Some("message".into()));
        let clients = given(answered_by("anna")).when(&receipt(1, Read), &by_nobody());
        assert_eq!(clients.rejected(Code::InvalidArgument), Some("message".into()));
        given(answered_by("anna")).when(&receipt(2, Read), &by_nobody()).rejected(Code::MessageNotFound);
    }
}
