//! What the router knows of an operator: whether it can take dialogs, and its capacity ledger.

use std::collections::{BTreeSet, VecDeque};

use hashbrown::HashMap;

use super::line::Line;
use super::pool::Requirement;
use super::registry::{LineIndex, PoolIndex, SkillIndex};
use super::score::Score;
use crate::domain::dialog::Reason;
use crate::domain::operator::{Fairness, Operator, Presence};
use crate::ids::{DialogId, OperatorId};
use crate::timestamp::Timestamp;

/// An operator and what is charged to its capacity.
#[derive(Debug)]
pub(super) struct Account {
    pub id: OperatorId,
    /// Whether it may be given dialogs at all: known, a person, not removed.
    pub employed: bool,
    pub human: bool,
    pub removed: bool,
    pub presence: Presence,
    pub capacity: u32,
    /// What it can do and how well, by skill.
    pub skills: Vec<(SkillIndex, u32)>,
    /// Units of the dialogs that it owns.
    pub held: u64,
    /// Units of the offers that stand.
    pub offered: u64,
    /// Units set aside for dialogs in transit.
    pub reserved: u64,
    /// Most units that may be charged: more than the capacity only where something other than a new
    /// dialog made it so, such as a lowered capacity.
    pub tolerated: u64,
    /// The number of the last touch; 0: never.
    pub touched: u64,
    pub fairness: Option<Fairness>,
    /// The last dialogs that it was given, as many as fairness may count: numbers of rulings, and when.
    pub given: VecDeque<(u64, Timestamp)>,
    /// Until when it is given nothing more, because fairness does not allow it.
    pub spent_until: Option<Timestamp>,
    pub offers: BTreeSet<DialogId>,
    pub owned: BTreeSet<DialogId>,
    /// Dialogs that it holds as a bot: they take nothing.
    pub hosted: BTreeSet<DialogId>,
    /// The lines of which it is a member and its place there, by line.
    pub seats: Vec<(LineIndex, u32)>,
    /// Its seats in pools where it is known to be unavailable.
    pub parked: BTreeSet<Parking>,
    /// Its places in pools where its score may have become better than the pool knows.
    pub raised: BTreeSet<Raised>,
    /// Waiting dialogs that prefer it, and for which that changes who is eligible, by pool.
    pub preferred: HashMap<PoolIndex, BTreeSet<(Score, DialogId)>>,
    /// Whether the router is about to look whether it can leave parked seats.
    pub woken: bool,
}

/// A parked seat, ordered by what the operator needs to leave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Parking {
    pub check_online: bool,
    pub weight: u32,
    pub pool: PoolIndex,
    pub seat: u32,
}

/// A place in a pool under a score that can become better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Raised {
    /// By shares of capacity, or by units.
    pub by_share: bool,
    pub score: u64,
    pub pool: PoolIndex,
    pub seat: u32,
}

impl Raised {
    /// Behind all others of its score.
    pub(super) fn behind(by_share: bool, score: u64) -> Self {
        Self { by_share, score, pool: PoolIndex::LAST, seat: u32::MAX }
    }
}

impl Account {
    pub(super) fn unknown(id: OperatorId, touched: u64) -> Self {
        Self {
            id,
            employed: false,
            human: false,
            removed: false,
            presence: Presence::Offline,
            capacity: 0,
            skills: Vec::new(),
            held: 0,
            offered: 0,
            reserved: 0,
            tolerated: 0,
            touched,
            fairness: None,
            given: VecDeque::new(),
            spent_until: None,
            offers: BTreeSet::new(),
            owned: BTreeSet::new(),
            hosted: BTreeSet::new(),
            seats: Vec::new(),
            parked: BTreeSet::new(),
            raised: BTreeSet::new(),
            preferred: HashMap::new(),
            woken: false,
        }
    }

    /// Takes settings, presence and removal over.
    pub(super) fn put(&mut self, operator: &Operator) {
        self.human = operator.is_human();
        self.removed = operator.removed;
        self.employed = self.human && !self.removed;
        self.presence = operator.presence;
        self.capacity = operator.settings.capacity;
        self.fairness = operator.settings.fairness;
        self.tolerate();
    }

    pub(super) fn charged(&self) -> u64 {
        self.held + self.offered + self.reserved
    }

    pub(super) fn free(&self) -> u64 {
        u64::from(self.capacity).saturating_sub(self.charged())
    }

    /// What is charged now is no fault, even if it is more than the capacity.
    pub(super) fn tolerate(&mut self) {
        self.tolerated = self.charged().max(u64::from(self.capacity));
    }

    /// What was charged beyond the capacity and is gone may not come back.
    pub(super) fn settle(&mut self) {
        self.tolerated = self.tolerated.min(self.charged()).max(u64::from(self.capacity));
    }

    /// Whether it may be given a dialog of this line now, if it has the skills.
    pub(super) fn is_available(&self, line: &Line) -> bool {
        self.employed && self.is_present(line) && self.has_room(line) && self.spent_until.is_none()
    }

    pub(super) fn is_present(&self, line: &Line) -> bool {
        !line.check_online || self.presence == Presence::Online
    }

    pub(super) fn has_room(&self, line: &Line) -> bool {
        self.free() >= u64::from(line.rules.weight)
    }

    /// Whether it can do what is required.
    pub(super) fn meets(&self, requirement: &Requirement) -> bool {
        let level = |skill: &SkillIndex| {
            let place = self.skills.binary_search_by_key(skill, |(skill, _)| *skill);
            place.map_or(0, |place| self.skills[place].1)
        };
        requirement.iter().all(|(skill, least)| level(skill) >= *least)
    }

    /// Why it cannot be given a dialog of this line, of which it is a member: what is asked first.
    pub(super) fn obstacle(&self, line: &Line, requirement: &Requirement) -> Option<Reason> {
        if self.removed {
            return Some(Reason::Removed);
        }
        if !self.employed {
            return Some(Reason::Bot);
        }
        let obstacles = [
            (self.is_present(line), Reason::Presence),
            (self.has_room(line), Reason::Capacity),
            (self.meets(requirement), Reason::Skill),
            (self.spent_until.is_none(), Reason::Fairness),
        ];
        obstacles.into_iter().find(|(met, _)| !met).map(|(_, reason)| reason)
    }

    /// Whether a dialog of this line may be offered to it by hand, and its offers may stand.
    pub(super) fn is_reachable(&self, line: &Line) -> bool {
        self.employed && (!line.check_online || self.presence != Presence::Offline)
    }

    /// Whether an offer of this line to it has to be taken back, if its presence matters.
    pub(super) fn loses_offers(&self, line: &Line, presence_matters: bool) -> bool {
        self.removed || (presence_matters && line.check_online && self.presence == Presence::Offline)
    }

    /// Its place in the line, if it is a member.
    pub(super) fn seat(&self, line: LineIndex) -> Option<u32> {
        let place = self.seats.binary_search_by_key(&line, |(line, _)| *line).ok()?;
        Some(self.seats[place].1)
    }

    pub(super) fn sit(&mut self, line: LineIndex, seat: u32) {
        let place = self.seats.partition_point(|(other, _)| *other < line);
        self.seats.insert(place, (line, seat));
    }

    pub(super) fn leave(&mut self, line: LineIndex) {
        self.seats.retain(|(other, _)| *other != line);
    }

    /// The parked seats that it need not keep: it has become available there.
    pub(super) fn unpark(&mut self) -> Vec<Parking> {
        if !self.employed || self.parked.is_empty() || self.spent_until.is_some() {
            return Vec::new();
        }
        let most = u32::try_from(self.free()).unwrap_or(u32::MAX);
        let mut left = Vec::new();
        for check_online in [false, true] {
            if check_online && self.presence != Presence::Online {
                continue;
            }
            let least = Parking { check_online, weight: 0, pool: PoolIndex::from(0), seat: 0 };
            let fits = |parking: &&Parking| parking.check_online == check_online && parking.weight <= most;
            left.extend(self.parked.range(least..).take_while(fits));
        }
        left.iter().for_each(|parking| {
            self.parked.remove(parking);
        });
        left
    }
}
