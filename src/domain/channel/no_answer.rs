//! What happens to a dialog that nobody answers for long: as it is written, not when.

use serde::{Deserialize, Serialize};

use crate::domain::form;
use crate::error::Rejection;
use crate::ids::ChannelId;

/// What happens when a dialog has not been answered so long after it was opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoAnswer {
    /// How long.
    pub after_ms: u64,
    /// What the client is told then.
    #[serde(default)]
    pub reply: Option<String>,
    /// Into whose queue the dialog goes then.
    #[serde(default)]
    pub overflow_channel: Option<ChannelId>,
}

impl NoAnswer {
    pub(super) fn validate(&self, channel: &ChannelId) -> Result<(), Rejection> {
        form::time_span_ms("no_answer.after_ms", self.after_ms)?;
        if let Some(reply) = &self.reply {
            form::filled_text("no_answer.reply", reply)?;
        }
        match &self.overflow_channel {
            Some(overflow) if overflow == channel => {
                Err(Rejection::invalid("no_answer.overflow_channel", "a channel cannot overflow into itself"))
            }
            _ => Ok(()),
        }
    }
}
