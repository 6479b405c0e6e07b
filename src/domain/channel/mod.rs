//! A channel: the line on which clients write, with its queue of operators and its rules.

mod bot;
mod hours;
mod no_answer;
mod preference;
mod put_channel;
mod put_retention;
mod shape;
pub(in crate::domain) mod skill;

use serde::{Deserialize, Serialize};

pub use bot::{BotJoin, ChannelBot, OnLeave};
pub use hours::{Day, Hours, Interval, OffHours, TimeOfDay, Week};
pub use no_answer::NoAnswer;
pub use preference::{Ignored, Prefer};
pub use put_channel::PutChannel;
pub use put_retention::PutRetention;
pub use skill::{Relaxation, SkillRequirement};

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

    /// What people call it: its name, or its id if it was given none.
    pub fn shown(&self) -> &str {
        if self.settings.name.is_empty() { self.id.as_str() } else { &self.settings.name }
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
    /// What an operator must be able to do to be given a dialog.
    pub skills: Vec<SkillRequirement>,
    /// How urgent dialogs are that have no priority of their own; larger is more urgent.
    pub priority: i32,
    /// How much waiting makes up for one point of priority.
    pub ageing_ms_per_point: u64,
    /// How many dialogs may wait or be offered at once; without it, as many as come.
    pub max_waiting: Option<u32>,
    /// When it is open; without it, always.
    pub hours: Option<Hours>,
    /// What happens while it is closed.
    pub off_hours: OffHours,
    /// What happens when nobody answers.
    pub no_answer: Option<NoAnswer>,
    /// What a client is told when a dialog opens.
    pub welcome: Option<String>,
    /// What a client is told when a dialog is finished.
    pub closing: Option<String>,
    /// How long nothing is written in an answered dialog until it closes; without it, it does not.
    pub auto_close_ms: Option<u64>,
    /// How long a client waits for an answer until the dialog closes; without it, it does not.
    pub abandon_ms: Option<u64>,
    /// Who is offered a dialog first.
    pub prefer: Prefer,
    /// What is not tested of who is preferred.
    pub prefer_ignores: Vec<Ignored>,
    /// The bot that meets the clients.
    pub bot: Option<ChannelBot>,
}

impl Default for ChannelSettings {
    fn default() -> Self {
        Self {
            name: String::new(),
            queue: Queue::default(),
            weight: Self::DEFAULT_WEIGHT,
            rating: false,
            skills: Vec::new(),
            priority: 0,
            ageing_ms_per_point: Self::DEFAULT_AGEING_MS_PER_POINT,
            max_waiting: None,
            hours: None,
            off_hours: OffHours::default(),
            no_answer: None,
            welcome: None,
            closing: None,
            auto_close_ms: None,
            abandon_ms: None,
            prefer: Prefer::default(),
            prefer_ignores: Vec::new(),
            bot: None,
        }
    }
}

impl ChannelSettings {
    /// Units of capacity that a dialog takes unless the host says otherwise.
    pub const DEFAULT_WEIGHT: u32 = 1;

    /// How much waiting makes up for one point of priority unless the host says otherwise.
    pub const DEFAULT_AGEING_MS_PER_POINT: u64 = 60_000;

    /// Whether this is not tested of who is preferred.
    pub fn ignores(&self, what: Ignored) -> bool {
        self.prefer_ignores.contains(&what)
    }
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
    /// Who was given a dialog of this channel longest ago.
    RoundRobin,
    /// Who has the fewest units to do.
    LeastLoaded,
    /// Who has the greatest free share of its capacity.
    MostAvailable,
    /// Nobody: members choose for themselves.
    Manual,
}

impl QueueMode {
    /// Whether every member may answer a dialog, whoever it is offered to.
    pub fn is_open_to_members(self) -> bool {
        matches!(self, Self::All | Self::Manual)
    }

    /// The word of the line protocol.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Evenly => "evenly",
            Self::Strictly => "strictly",
            Self::All => "all",
            Self::RoundRobin => "round_robin",
            Self::LeastLoaded => "least_loaded",
            Self::MostAvailable => "most_available",
            Self::Manual => "manual",
        }
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
