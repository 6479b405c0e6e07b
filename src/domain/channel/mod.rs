//! A channel: the line on which clients write, with its queue of operators and its rules.

mod put_channel;
mod put_retention;
mod shape;

use serde::{Deserialize, Serialize};

pub use put_channel::PutChannel;
pub use put_retention::PutRetention;

use super::event::ChannelEvent;
use crate::ids::{ChannelId, OperatorId};

/// A channel as it is now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Channel {
    /// Its id.
    pub id: ChannelId,
    /// Its rules.
    pub settings: ChannelSettings,
    /// For how long dialogs of its clients are kept after they have closed; for ever, if nothing is said.
    pub closed_after_ms: Option<u64>,
}

impl Channel {
    /// The channel that its first event makes.
    pub fn from_event(id: ChannelId, event: &ChannelEvent) -> Self {
        let mut channel = Self { id, settings: ChannelSettings::default(), closed_after_ms: None };
        channel.apply(event);
        channel
    }

    /// Takes an event in. Never fails: an event is a fact.
    pub fn apply(&mut self, event: &ChannelEvent) {
        match event {
            ChannelEvent::Put(settings) => self.settings = (**settings).clone(),
            ChannelEvent::RetentionPut { closed_after_ms } => self.closed_after_ms = *closed_after_ms,
        }
    }
}

/// The rules of a channel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChannelSettings {
    /// For people.
    pub name: String,
    /// Who gets its dialogs, and how.
    pub queue: Queue,
    /// Capacity units that one dialog takes from its operator.
    pub weight: u32,
    /// Whether clients are asked what they thought of a dialog that is over.
    pub rating: bool,
}

impl Default for ChannelSettings {
    fn default() -> Self {
        Self { name: String::new(), queue: Queue::default(), weight: Self::DEFAULT_WEIGHT, rating: false }
    }
}

impl ChannelSettings {
    /// Units of capacity that a dialog takes unless the host says otherwise.
    pub const DEFAULT_WEIGHT: u32 = 1;
}

/// The queue of a channel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Queue {
    /// Who among the eligible gets a dialog.
    pub mode: QueueMode,
    /// The operators, by rank and then by id.
    pub members: Vec<Member>,
    /// Whether an operator has to answer.
    pub accept: Accept,
    /// How long an offer stands; 0: without end.
    pub offer_timeout_ms: u64,
    /// Whether only operators that are online get dialogs.
    pub check_online: bool,
}

impl Queue {
    /// How long an offer stands unless the host says otherwise.
    pub const DEFAULT_OFFER_TIMEOUT_MS: u64 = 60_000;
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            mode: QueueMode::default(),
            members: Vec::new(),
            accept: Accept::default(),
            offer_timeout_ms: Self::DEFAULT_OFFER_TIMEOUT_MS,
            check_online: true,
        }
    }
}

/// An operator's place in a queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Who.
    pub operator: OperatorId,
    /// Smaller is earlier.
    pub rank: i64,
}

/// Who among the eligible operators gets a dialog.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum QueueMode {
    /// Who has had nothing to do for longest.
    #[default]
    Evenly,
    /// The lowest rank.
    Strictly,
    /// Everybody at once; the first answer wins.
    All,
}

impl QueueMode {
    /// Whether every member may answer a dialog, whoever it is offered to.
    pub fn is_open_to_members(self) -> bool {
        self == Self::All
    }
}

/// Whether an operator has to answer what it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Accept {
    /// It is offered, and the operator must answer.
    #[default]
    Answer,
    /// It is answered as soon as it is given.
    Auto,
}
