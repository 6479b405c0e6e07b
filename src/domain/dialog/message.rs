//! One message of a dialog.

use serde::{Deserialize, Serialize};

use crate::ids::{ExternalId, MessageId, OperatorId};
use crate::timestamp::Timestamp;

/// One message of a dialog.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// Who wrote it.
    pub author: Author,
    /// Who may read it.
    pub visibility: Visibility,
    /// The text.
    pub text: String,
    /// When it was admitted.
    pub at: Timestamp,
    /// The connector's own name for it.
    pub external_id: Option<ExternalId>,
}

/// Who wrote a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Author {
    /// The client of the dialog.
    Client,
    /// An employee or a bot.
    Operator(OperatorId),
    /// The engine, for a channel's rule.
    System,
}

impl Author {
    /// The operator who wrote it, if one did.
    pub fn operator(&self) -> Option<&OperatorId> {
        match self {
            Self::Operator(operator) => Some(operator),
            Self::Client | Self::System => None,
        }
    }
}

/// Who may read a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// The client and employees.
    Public,
    /// Employees only.
    Hidden,
}
