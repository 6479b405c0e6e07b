//! The bot that meets a channel's clients: as it is written, not what it does.

use serde::{Deserialize, Serialize};

use crate::domain::form;
use crate::error::Rejection;
use crate::ids::OperatorId;

/// A bot that holds a channel's dialogs before any person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelBot {
    /// Who: an operator that is a program.
    pub operator: OperatorId,
    /// Which dialogs it holds.
    #[serde(default)]
    pub join: BotJoin,
    /// When it hands a dialog to the queue by itself.
    #[serde(default)]
    pub hand_off_after_ms: Option<u64>,
    /// What its finishing does.
    #[serde(default)]
    pub on_leave: OnLeave,
}

/// Which dialogs a bot holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BotJoin {
    /// A client's first dialog in the channel.
    #[default]
    First,
    /// All.
    Always,
}

/// What becomes of a dialog that a bot finishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnLeave {
    /// It goes into the queue.
    #[default]
    Queue,
    /// It is closed.
    Close,
}

impl ChannelBot {
    pub(super) fn validate(&self) -> Result<(), Rejection> {
        let after_ms = self.hand_off_after_ms;
        after_ms.map_or(Ok(()), |ms| form::time_span_ms("bot.hand_off_after_ms", ms))
    }
}
