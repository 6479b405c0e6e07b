//! Who is asked first, before a queue's own rule: as it is written, not who that is.

use serde::{Deserialize, Serialize};

/// Who is offered a dialog first, if eligible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Prefer {
    /// Nobody in particular.
    #[default]
    None,
    /// Who owned the client's dialog before, in this channel.
    LastOperator,
    /// Whom the connector named with the client's message.
    Responsible,
}

/// What is not tested of the preferred operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Ignored {
    /// Whether it has room.
    Capacity,
    /// Whether it is online.
    Presence,
    /// Whether it is a member of the queue.
    Membership,
}
