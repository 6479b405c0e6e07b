//! A client gave one of their messages another text.

use serde::Deserialize;

use super::{Context, Decision, DialogCommand, guard, steps};
use crate::domain::dialog::Dialog;
use crate::domain::form;
use crate::error::Rejection;
use crate::ids::{ChannelId, ClientId, ExternalId};

/// A client changed what they wrote. Sent by the connector.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientEdit {
    /// The channel on which the client wrote.
    pub channel: ChannelId,
    /// The connector's id for the client.
    pub client: ClientId,
    /// The connector's id for the message.
    pub external_id: ExternalId,
    /// Its new text.
    pub text: String,
}

impl ClientEdit {
    /// Checks lengths.
    ///
    /// # Errors
    /// `too_large`, with the field.
    pub fn validate(&self) -> Result<(), Rejection> {
        form::text("text", &self.text)
    }
}

impl DialogCommand for ClientEdit {
    fn decide(&self, dialog: &Dialog, _: &Context) -> Result<Decision, Rejection> {
        steps::edit(guard::external(dialog, &self.external_id)?, &self.text, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::testing::*;
    use crate::error::Code;

    fn edit(external: &str, text: &str) -> ClientEdit {
        let (client, external_id) = (ClientId::new("ala").unwrap(), ExternalId::new(external).unwrap());
        ClientEdit { channel: channel("web"), client, external_id, text: text.into() }
    }

    #[test]
    fn the_message_that_the_connector_names_gets_another_text_also_in_a_closed_dialog() {
        let mut events = received_as("x1");
        given(events.clone()).when(&edit("x1", "new"), &by_nobody()).then([edited(2, "new", None)]);
        events.push(finished_event("anna"));
        let dialog = given(events).when(&edit("x1", "new"), &by_nobody()).dialog();
        assert_eq!((dialog.messages[1].text.as_str(), dialog.messages[1].edited_at), ("new", Some(NOW)));
    }

    #[test]
    fn a_repetition_is_nothing_new_and_what_is_deleted_stays_deleted() {
        let mut events = received_as("x1");
        given(events.clone()).when(&edit("x1", "hello"), &by_nobody()).then([]);
        events.push(deleted(2, None));
        given(events).when(&edit("x1", "new"), &by_nobody()).rejected(Code::Conflict);
    }

    #[test]
    fn a_message_that_is_not_there_cannot_be_edited() {
        let outcome = given(received_as("x1")).when(&edit("x2", "new"), &by_nobody());
        assert_eq!(outcome.rejected(Code::MessageNotFound), Some("external_id".into()));
        assert_eq!(edit("x1", &"x".repeat(10_001)).validate().unwrap_err().code, Code::TooLarge);
    }
}
