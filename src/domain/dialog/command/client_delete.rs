//! A client took one of their messages back.

use serde::Deserialize;

use super::{Context, Decision, DialogCommand, guard, steps};
use crate::domain::dialog::Dialog;
use crate::error::Rejection;
use crate::ids::{ChannelId, ClientId, ExternalId};

/// A client deleted what they wrote. Sent by the connector.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientDelete {
    /// The channel on which the client wrote.
    pub channel: ChannelId,
    /// The connector's id for the client.
    pub client: ClientId,
    /// The connector's id for the message.
    pub external_id: ExternalId,
}

impl DialogCommand for ClientDelete {
    fn decide(&self, dialog: &Dialog, _: &Context) -> Result<Decision, Rejection> {
        Ok(steps::delete(guard::external(dialog, &self.external_id)?, None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::testing::*;
    use crate::error::Code;

    fn delete(external: &str) -> ClientDelete {
        let (client, external_id) = (ClientId::new("ala").unwrap(), ExternalId::new(external).unwrap());
        ClientDelete { channel: channel("web"), client, external_id }
    }

    #[test]
    fn the_text_is_taken_away_once() {
        let mut events = received_as("x1");
        given(events.clone()).when(&delete("x1"), &by_nobody()).then([deleted(2, None)]);
        events.push(deleted(2, None));
        given(events).when(&delete("x1"), &by_nobody()).then([]);
        given(received_as("x1")).when(&delete("x2"), &by_nobody()).rejected(Code::MessageNotFound);
    }

    #[test]
    fn a_repeated_delivery_does_not_bring_it_back() {
        let mut events = received_as("x1");
        events.push(deleted(2, None));
        let again = super::super::Receive::new(channel("web"), ClientId::new("ala").unwrap(), "hello");
        given(events).when(&again.external_id(ExternalId::new("x1").unwrap()), &by_nobody()).then([]);
    }
}
