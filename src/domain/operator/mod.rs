//! An operator: an employee or a bot, with its presence and capacity.

mod permission;
mod put_operator;
mod remove_operator;
mod set_presence;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use permission::Principal;
pub use put_operator::PutOperator;
pub use remove_operator::RemoveOperator;
pub use set_presence::SetPresence;

use super::event::OperatorEvent;
use crate::error::{Code, Rejection};
use crate::ids::{OperatorId, SkillId};

/// An operator as it is now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Operator {
    /// Its id.
    pub id: OperatorId,
    /// What the host said of it.
    pub settings: OperatorSettings,
    /// Whether it is there.
    pub presence: Presence,
    /// Whether it was dismissed. The name stays known for old dialogs.
    pub removed: bool,
}

impl Operator {
    /// The operator that its first event makes.
    pub fn from_event(id: OperatorId, event: &OperatorEvent) -> Self {
        let settings = match event {
            OperatorEvent::Put(settings) => (**settings).clone(),
            _ => OperatorSettings::default(),
        };
        let mut operator = Self { id, settings, presence: Presence::Offline, removed: false };
        operator.apply(event);
        operator
    }

    /// Takes an event in. Never fails: an event is a fact.
    pub fn apply(&mut self, event: &OperatorEvent) {
        match event {
            OperatorEvent::Put(settings) => {
                self.settings = (**settings).clone();
                self.removed = false;
            }
            OperatorEvent::Removed => {
                self.removed = true;
                self.presence = Presence::Offline;
            }
            OperatorEvent::PresenceSet(presence) => self.presence = *presence,
        }
    }

    /// The operator, if there is one that was not removed.
    ///
    /// # Errors
    /// `operator_not_found`.
    pub fn employed(existing: Option<&Self>) -> Result<&Self, Rejection> {
        let not_found = || Rejection::new(Code::OperatorNotFound, "there is no such operator");
        existing.filter(|operator| !operator.removed).ok_or_else(not_found)
    }

    /// Whether it is a person who can be given dialogs.
    pub fn is_human(&self) -> bool {
        self.settings.kind == OperatorKind::Human
    }
}

/// What the host says of an operator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OperatorSettings {
    /// For people, clients included.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// A person or a program.
    pub kind: OperatorKind,
    /// How much it can handle at once, in units; a dialog takes its channel's weight.
    pub capacity: u32,
    /// What it can do, and how well.
    pub skills: BTreeMap<SkillId, u32>,
    /// How many dialogs it is given at most in some time.
    pub fairness: Option<Fairness>,
}

/// At most so many dialogs are given in any stretch of time that is so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fairness {
    /// How many.
    pub dialogs: u32,
    /// How long.
    pub window_ms: u64,
}

impl OperatorSettings {
    /// Units of capacity that an operator has unless the host says otherwise.
    pub const DEFAULT_CAPACITY: u32 = 1000;
}

impl Default for OperatorSettings {
    fn default() -> Self {
        Self {
            name: String::new(),
            role: Role::Operator,
            kind: OperatorKind::Human,
            capacity: Self::DEFAULT_CAPACITY,
            skills: BTreeMap::new(),
            fairness: None,
        }
    }
}

/// What an operator may do; each role may do what the one before may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Handles dialogs.
    #[default]
    Operator,
    /// May do with any dialog what its owner may.
    Supervisor,
    /// May also change the set-up.
    Admin,
}

/// A person or a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperatorKind {
    /// An employee.
    #[default]
    Human,
    /// A program: without capacity and presence, never given dialogs by a queue.
    Bot,
}

/// Whether an operator is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// Ready for dialogs.
    Online,
    /// Here, but given nothing new.
    Away,
    /// Not here: offers are withdrawn, answered dialogs stay.
    #[default]
    Offline,
}
