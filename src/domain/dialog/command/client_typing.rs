//! A client is writing. Nothing of it is kept: it leaves as a [`Transient`] and is gone.

use serde::Deserialize;

use super::{Context, Decision, DialogCommand};
use crate::domain::dialog::Dialog;
use crate::domain::transient::{Transient, TransientKind};
use crate::error::Rejection;
use crate::ids::{ChannelId, ClientId};

/// A client is writing. Sent by the connector.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientTyping {
    /// The channel on which the client writes.
    pub channel: ChannelId,
    /// The connector's id for the client.
    pub client: ClientId,
}

impl ClientTyping {
    /// What employees learn of it: nothing if there is no open dialog.
    pub fn transient(&self, dialog: &Dialog, context: &Context) -> Option<Transient> {
        let (channel, client) = (self.channel.clone(), self.client.clone());
        let kind = TransientKind::ClientTyping { channel, client };
        (!dialog.is_closed()).then_some(Transient { at: context.now, dialog: dialog.id, kind })
    }
}

impl DialogCommand for ClientTyping {
    fn decide(&self, _: &Dialog, _: &Context) -> Result<Decision, Rejection> {
        Ok(Decision::nothing())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::testing::*;

    #[test]
    fn it_is_told_of_an_open_dialog_and_kept_of_none() {
        let typing = ClientTyping { channel: channel("web"), client: ClientId::new("ala").unwrap() };
        given(answered_by("anna")).when(&typing, &by_nobody()).then([]);
        let transient = typing.transient(&given(waiting()).dialog(), &by_nobody()).unwrap();
        assert_eq!((transient.at, transient.dialog), (NOW, DIALOG));
        assert_eq!(typing.transient(&given(finished_by("anna")).dialog(), &by_nobody()), None);
    }
}
