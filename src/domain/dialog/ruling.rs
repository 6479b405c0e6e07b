//! What the dispatcher decided on a dialog, and why: kept with the dialog, so that it can be explained.
//!
//! How a decision is made is not known here.

mod considered;

use std::ops::Deref;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smallvec::SmallVec;

pub use self::considered::{Considered, PackedConsidered, Packing};
use crate::domain::few::few;
use crate::ids::{ChannelId, OperatorId};
use crate::timestamp::Timestamp;

/// One decision with what it followed from, as the event that carries it out keeps it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ruling {
    /// Its place among all by which a dialog was given to somebody; 0 if it was given to nobody.
    pub number: u64,
    /// The channel by whose rules.
    pub channel: ChannelId,
    /// The rule of its queue, with its version.
    pub rule: Rule,
    /// The preference by which it went past that rule.
    pub preferred: Option<Preference>,
    /// Whom it considered.
    pub considered: PackedConsidered,
}

impl Ruling {
    /// Who gets the dialog by this rule, told from what is kept here alone: of very many candidates of mode
    /// `all` those that are kept.
    pub fn winners(&self) -> impl Iterator<Item = OperatorId> {
        let most = match (self.preferred, self.rule) {
            (_, Rule::Manual1) => 0,
            (None, Rule::All1) => usize::MAX,
            _ => 1,
        };
        in_order(self.considered.unpack().candidates)
            .into_iter()
            .take(most)
            .map(|candidate| candidate.operator)
    }

    /// What decided between the first two of its candidates, if their score did not.
    pub fn tie_break(&self, candidates: Vec<Candidate>) -> Option<&'static str> {
        let in_order = in_order(candidates);
        let [first, second, ..] = in_order.as_slice() else { return None };
        let by_rank = self.rule == Rule::Strictly1;
        if matches!(self.rule, Rule::All1 | Rule::Manual1) || first.score != second.score {
            None
        } else if first.tie != second.tie {
            Some("evenly")
        } else if first.rank != second.rank {
            (!by_rank).then_some("rank")
        } else {
            Some("operator")
        }
    }
}

fn in_order(mut candidates: Vec<Candidate>) -> Vec<Candidate> {
    candidates.sort_by(|one, other| {
        let place = |candidate: &Candidate| (candidate.score, candidate.tie, candidate.rank);
        (place(one), &one.operator).cmp(&(place(other), &other.operator))
    });
    candidates
}

/// A ruling that its event and its dialog hold in common: it never changes.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptRuling(Arc<Ruling>);

impl From<Ruling> for KeptRuling {
    fn from(ruling: Ruling) -> Self {
        Self(Arc::new(ruling))
    }
}

impl Deref for KeptRuling {
    type Target = Ruling;

    fn deref(&self) -> &Ruling {
        &self.0
    }
}

impl Serialize for KeptRuling {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for KeptRuling {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ruling::deserialize(deserializer).map(Self::from)
    }
}

/// A rule for choosing among candidates. What one means never changes: a better one is a new variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Rule {
    /// Whose last touch is longest ago; then rank, then id.
    Evenly1,
    /// Lowest rank; then id.
    Strictly1,
    /// All candidates.
    All1,
    /// Who was given a dialog of this channel longest ago; then rank, then id.
    RoundRobin1,
    /// Fewest units; then whose last touch is longest ago; then rank, then id.
    LeastLoaded1,
    /// Smallest used share of capacity; then whose last touch is longest ago; then rank, then id.
    MostAvailable1,
    /// Nobody.
    Manual1,
}

/// Why somebody comes before a queue's own rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Preference {
    /// They owned the client's dialog before.
    LastOperator,
    /// The connector named them.
    Responsible,
}

impl Preference {
    /// Its name, with a version as that of a rule.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LastOperator => "last_operator/1",
            Self::Responsible => "responsible/1",
        }
    }
}

impl Rule {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Evenly1 => "evenly/1",
            Self::Strictly1 => "strictly/1",
            Self::All1 => "all/1",
            Self::RoundRobin1 => "round_robin/1",
            Self::LeastLoaded1 => "least_loaded/1",
            Self::MostAvailable1 => "most_available/1",
            Self::Manual1 => "manual/1",
        }
    }
}

/// Somebody who could have got the dialog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// Who.
    pub operator: OperatorId,
    /// Where the rule puts them; the smallest wins. By mode: units, the used share of capacity in 64 bits, the
    /// number of the ruling of the last turn, or in which order the candidates were touched (0: never).
    pub score: u64,
    /// Where the rule's tie-break puts them among equal scores: in which order they were touched.
    pub tie: u64,
    /// Their rank in the queue.
    pub rank: i64,
}

/// Somebody who could not get the dialog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filtered {
    /// Who.
    pub operator: OperatorId,
    /// Why not: the reason that ranks first.
    pub reason: Reason,
}

/// Why somebody cannot get a dialog, in the order in which it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reason {
    /// Not in the queue.
    NotMember,
    /// Dismissed.
    Removed,
    /// A program.
    Bot,
    /// Not online.
    Presence,
    /// No room.
    Capacity,
    /// A skill is missing, or its level is too low.
    Skill,
    /// Given as many dialogs as fairness allows.
    Fairness,
    /// Has had it in this round.
    Round,
    /// The channel is closed.
    Hours,
}

impl Reason {
    /// All, in their order. Kept decisions name them by their place.
    pub(super) const ALL: [Self; 9] = [
        Self::NotMember,
        Self::Removed,
        Self::Bot,
        Self::Presence,
        Self::Capacity,
        Self::Skill,
        Self::Fairness,
        Self::Round,
        Self::Hours,
    ];
}

/// A decision as a dialog remembers it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ruled {
    /// When.
    pub at: Timestamp,
    /// What it followed from.
    pub ruling: KeptRuling,
    /// Who got it.
    #[serde(deserialize_with = "few")]
    pub winners: SmallVec<[OperatorId; 1]>,
}
