//! Transient events as lines of JSON: like events, without a number.

use serde::Serialize;

use super::write;
use crate::domain::transient::{Transient, TransientKind};
use crate::ids::{ChannelId, ClientId, DialogId, OperatorId};
use crate::timestamp::Timestamp;

#[derive(Serialize)]
struct Body<'a> {
    at: Timestamp,
    kind: &'static str,
    dialog: DialogId,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<&'a ChannelId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<&'a ClientId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    operator: Option<&'a OperatorId>,
    audience: &'static str,
}

/// `{"event":{"at":…,"kind":…,"dialog":…,…,"audience":…}}`. The client need not be told that they are
/// writing, nor that an operator is in hidden mode.
pub fn transient(line: &mut Vec<u8>, transient: &Transient) {
    #[derive(Serialize)]
    struct Line<'a> {
        event: Body<'a>,
    }
    let Transient { at, dialog, kind } = transient;
    let (at, dialog) = (*at, *dialog);
    let nothing = Body { at, kind: "", dialog, channel: None, client: None, operator: None, audience: "" };
    let event = match kind {
        TransientKind::ClientTyping { channel, client } => Body {
            kind: "client_typing",
            channel: Some(channel),
            client: Some(client),
            audience: "employees",
            ..nothing
        },
        TransientKind::OperatorTyping { operator, hidden } => Body {
            kind: "operator_typing",
            operator: Some(operator),
            audience: if *hidden { "employees" } else { "all" },
            ..nothing
        },
    };
    write(line, &Line { event });
}
