//! Where a dialog stands, and which steps there are.
//!
//! ```text
//!            opened
//!              │
//!              ▼        offered            answered
//!          ┌─waiting ─────────────► offered ────────┐
//!          │   ▲  │ ◄───────────────┘ ▲ │           │
//!          │   │  │  withdrawn,        │ │           │
//!          │   │  │  skipped, expired  │ │           │
//!          │   │  │     answered, taken│ │           ▼
//!          │   │  └────────────────────┼─┼──────► answered ◄─┐ taken
//!          │   └── transferred ────────┼─┼──────────┘ │ └────┘
//!          │       to a channel        └─┼── offered ─┘ (transferred to an operator)
//!          └──────────► closed ◄─────────┴────────────┘
//! ```
//!
//! A dialog that a bot meets opens in status `bot`. From there it is transferred into the queue or to an
//! operator, taken, or closed; it never comes back to the bot.

use serde::{Deserialize, Serialize};

use crate::ids::OperatorId;
use crate::timestamp::Timestamp;

/// Where a dialog stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Status {
    /// In a queue, offered to nobody.
    Waiting,
    /// Offered, until somebody answers or the offer ends.
    Offered {
        /// To whom; never empty.
        to: Vec<OperatorId>,
        /// When the offer ends by itself.
        deadline: Option<Timestamp>,
    },
    /// It has an owner.
    Answered,
    /// It has ended.
    Closed {
        /// Why.
        reason: CloseReason,
    },
    /// The bot that met the client holds it.
    Bot,
}

impl Status {
    /// The word of the line protocol.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Offered { .. } => "offered",
            Self::Answered => "answered",
            Self::Closed { .. } => "closed",
            Self::Bot => "bot",
        }
    }
}

/// Why a dialog ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CloseReason {
    /// An employee said so.
    Finished,
    /// It was no matter for this place.
    Spam,
    /// The client left before anybody answered.
    Abandoned,
    /// Nothing was written for long.
    Expired,
    /// It goes on in a new dialog.
    Moved,
    /// Nobody was there.
    Rejected,
}
