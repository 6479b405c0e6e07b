//! What happens and is gone: events without a number, which are never stored.
//!
//! Nothing may depend on one: whoever is slow, or comes later, never hears of it.

use crate::ids::{ChannelId, ClientId, DialogId, OperatorId};
use crate::timestamp::Timestamp;

/// Something that happened in a dialog and leaves no trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transient {
    /// When.
    pub at: Timestamp,
    /// Where.
    pub dialog: DialogId,
    /// What.
    pub kind: TransientKind,
}

/// What may happen and leave no trace.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransientKind {
    /// The client is writing.
    ClientTyping {
        /// The channel on which the client writes.
        channel: ChannelId,
        /// Who.
        client: ClientId,
    },
    /// An operator is writing.
    OperatorTyping {
        /// Who.
        operator: OperatorId,
        /// Whether for employees only: then the client learns nothing of it.
        hidden: bool,
    },
}
