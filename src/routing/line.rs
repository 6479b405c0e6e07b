//! What the router knows of a channel: its rules, its members and its dialogs without an owner.

use hashbrown::{HashMap, HashSet};

use super::clocks::{Door, Patience};
use super::policy::{self, Policy};
use super::pool::Requirement;
use super::ranked::RankedSet;
use super::registry::{OperatorIndex, PoolIndex};
use super::score::Score;
use crate::domain::channel::{
    Accept, Channel, ChannelSettings, Ignored, Prefer, QueueMode, SkillRequirement,
};
use crate::domain::dialog::command::OfferRules;
use crate::ids::DialogId;

/// A channel's queue.
///
/// Members sit by rank and then by id. Who of them can do what a dialog requires, and which dialogs may
/// be matched, stands in the line's pools: one for each requirement.
#[derive(Debug)]
pub(super) struct Line {
    pub rules: OfferRules,
    pub check_online: bool,
    pub skills: Vec<SkillRequirement>,
    pub priority: i32,
    pub ageing_ms_per_point: u64,
    pub max_waiting: Option<u32>,
    pub prefer: Prefer,
    pub prefer_ignores: Vec<Ignored>,
    pub seats: Vec<Seat>,
    /// Waiting dialogs, each with the time at which it entered the queue.
    pub waiting: RankedSet<(Score, DialogId)>,
    /// Dialogs to which offers stand.
    pub offered: HashSet<DialogId>,
    /// Its pools.
    pub pools: HashMap<Requirement, PoolIndex>,
    /// Dialogs that wait, are offered, or are being opened and may come to that.
    pub pooled: usize,
    /// In mode `round_robin`: the number of the ruling by which each operator was last given a dialog.
    pub given: HashMap<OperatorIndex, u64>,
    /// Dialogs on whose way here a place is held.
    pub entering: usize,
    /// When it is open.
    pub door: Door,
    /// How long it waits for what happens to its dialogs by themselves.
    pub patience: Patience,
}

/// A member's place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seat {
    pub operator: OperatorIndex,
    pub rank: i64,
}

impl Line {
    /// A channel of which nothing is known but the name.
    pub(super) fn unknown() -> Self {
        let settings = ChannelSettings::default();
        let rules = OfferRules { offer_timeout_ms: 0, ..OfferRules::of(&settings) };
        Self {
            rules,
            check_online: true,
            skills: Vec::new(),
            priority: 0,
            ageing_ms_per_point: settings.ageing_ms_per_point,
            max_waiting: None,
            prefer: Prefer::None,
            prefer_ignores: Vec::new(),
            seats: Vec::new(),
            waiting: RankedSet::default(),
            offered: HashSet::new(),
            pools: HashMap::new(),
            pooled: 0,
            given: HashMap::new(),
            entering: 0,
            door: Door::default(),
            patience: Patience::default(),
        }
    }

    pub(super) fn policy(&self) -> &'static dyn Policy {
        policy::of(self.rules.mode)
    }

    pub(super) fn offers_to_all(&self) -> bool {
        self.policy().offers_to_all()
    }

    /// Whether its dialogs are given to anybody now: not while the channel is closed.
    pub(super) fn gives(&self) -> bool {
        self.policy().gives() && !self.door.is_closed()
    }

    /// Whether who is given a dialog has answered it by that.
    pub(super) fn answers_itself(&self) -> bool {
        self.rules.accept == Accept::Auto
    }

    /// Whether as many dialogs as may be wait or are offered already, or are on their way here.
    pub(super) fn has_no_place(&self) -> bool {
        self.max_waiting.is_some_and(|most| self.pooled + self.entering >= most as usize)
    }

    /// Whether an operator's score is a share of its capacity.
    pub(super) fn is_by_share(&self) -> bool {
        self.rules.mode == QueueMode::MostAvailable
    }

    /// Whether this is not tested of who is preferred.
    pub(super) fn ignores(&self, what: Ignored) -> bool {
        self.prefer != Prefer::None && self.prefer_ignores.contains(&what)
    }

    /// Whether who is preferred may be given a dialog that no other member could be given.
    pub(super) fn widens(&self) -> bool {
        self.prefer != Prefer::None && !self.prefer_ignores.is_empty()
    }

    /// Takes over what does not need the members to be seated anew.
    pub(super) fn set_rules(&mut self, channel: &Channel) {
        let settings = &channel.settings;
        self.rules = OfferRules::of(settings);
        self.check_online = settings.queue.check_online;
        self.skills.clone_from(&settings.skills);
        self.priority = settings.priority;
        self.ageing_ms_per_point = settings.ageing_ms_per_point;
        self.max_waiting = settings.max_waiting;
        self.prefer = settings.prefer;
        self.prefer_ignores.clone_from(&settings.prefer_ignores);
    }

    /// Whether these settings leave every pool as it is, members apart.
    pub(super) fn keeps_pools(&self, settings: &ChannelSettings) -> bool {
        (self.rules.mode, self.rules.weight, self.check_online)
            == (settings.queue.mode, settings.weight, settings.queue.check_online)
            && self.skills == settings.skills
            && (self.prefer, &self.prefer_ignores) == (settings.prefer, &settings.prefer_ignores)
    }
}
