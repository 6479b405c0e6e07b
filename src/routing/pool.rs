//! Who of a line's members can do what a dialog requires now, and the dialogs that require it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Bound, Index, IndexMut};

use smallvec::SmallVec;

use super::policy::Key;
use super::registry::{LineIndex, PoolIndex, SkillIndex};
use super::score::Score;
use crate::domain::dialog::Reason;
use crate::ids::DialogId;

/// The skills that are required and their levels, by skill; none of level 0.
pub(super) type Requirement = SmallVec<[(SkillIndex, u32); 2]>;

/// The members of a line who meet a requirement, and the dialogs of the line that have it now.
///
/// Members in `ready` may be available; one who is found not to be is parked, and woken when it may have
/// become available again. So every member is either in `ready`, or parked, or does not meet the
/// requirement, and an operator's work costs its pools nothing until it matters there.
#[derive(Debug)]
pub(super) struct Pool {
    pub line: LineIndex,
    pub requirement: Requirement,
    /// Where each member of the line is, by seat.
    pub states: Vec<SeatState>,
    /// Members who meet the requirement.
    pub size: usize,
    /// Members who may be available, by the mode's rule. A key here may be too small, never too large.
    pub ready: BTreeSet<(Key, u32)>,
    /// How many are parked, by what was found when they were.
    pub parked: [u32; REASONS],
    /// Waiting dialogs at rest, which may be matched.
    pub resting: BTreeSet<(Score, DialogId)>,
    /// Waiting dialogs, at rest or not.
    pub waiting: usize,
    /// In mode `all`: dialogs that are also for those who become available, by the order in which
    /// they were offered.
    pub standing: BTreeMap<u64, DialogId>,
    /// The number that the next standing dialog gets.
    pub next_standing: u64,
    /// Dialogs that belong here.
    pub users: usize,
    /// The line's rules have changed: it is an empty shell until its last dialog has gone elsewhere.
    pub stale: bool,
    /// With no dialogs: since when, by the order of such moments.
    idle_since: u64,
}

/// How many reasons there are.
const REASONS: usize = Reason::Hours as usize + 1;

/// Where the member of a seat is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum SeatState {
    /// It does not meet the requirement.
    Absent,
    /// In `ready`, under this key.
    Ready(Key),
    /// Not available when last looked at, for this reason. In mode `all`: what stands from this number
    /// on may be unknown to it.
    Parked(u64, Reason),
}

impl Pool {
    pub(super) fn new(line: LineIndex, requirement: Requirement) -> Self {
        Self {
            line,
            requirement,
            states: Vec::new(),
            size: 0,
            ready: BTreeSet::new(),
            parked: [0; REASONS],
            resting: BTreeSet::new(),
            waiting: 0,
            standing: BTreeMap::new(),
            next_standing: 1,
            users: 0,
            stale: false,
            idle_since: 0,
        }
    }

    /// Whether it may be given up when it has no dialogs: the pool of all members is kept.
    fn may_go(&self) -> bool {
        !self.requirement.is_empty()
    }

    /// The first dialog that may be matched.
    pub(super) fn head(&self) -> Option<(Score, DialogId)> {
        self.resting.first().copied()
    }

    /// The first member of `ready` behind `place`.
    pub(super) fn ready_after(&self, place: Option<(Key, u32)>) -> Option<(Key, u32)> {
        match place {
            None => self.ready.first().copied(),
            Some(place) => self.ready.range((Bound::Excluded(place), Bound::Unbounded)).next().copied(),
        }
    }

    /// Puts the member of a seat where it belongs, and takes it from where it was.
    pub(super) fn place(&mut self, seat: u32, state: SeatState) {
        let before = std::mem::replace(&mut self.states[seat as usize], state);
        match before {
            SeatState::Absent => {}
            SeatState::Ready(key) => {
                self.ready.remove(&(key, seat));
            }
            SeatState::Parked(_, reason) => self.parked[reason as usize] -= 1,
        }
        match state {
            SeatState::Absent => {}
            SeatState::Ready(key) => {
                self.ready.insert((key, seat));
            }
            SeatState::Parked(_, reason) => self.parked[reason as usize] += 1,
        }
        let is_member = |state: SeatState| usize::from(state != SeatState::Absent);
        self.size = self.size + is_member(state) - is_member(before);
    }

    /// How many are parked, by what was found when they were.
    pub(super) fn parked_by_reason(&self) -> impl Iterator<Item = (Reason, u32)> {
        const REASONS: [Reason; 5] =
            [Reason::Removed, Reason::Bot, Reason::Presence, Reason::Capacity, Reason::Fairness];
        REASONS.into_iter().map(|reason| (reason, self.parked[reason as usize]))
    }

    /// The number under which one more dialog stands.
    pub(super) fn stand(&mut self, dialog: DialogId) -> u64 {
        let number = self.next_standing;
        self.next_standing += 1;
        self.standing.insert(number, dialog);
        number
    }
}

/// All pools. Those without dialogs are kept, because to build one takes a look at every member of its
/// line; beyond a bound, the one that was idle longest is to go.
#[derive(Debug, Default)]
pub(super) struct Pools {
    pools: Vec<Pool>,
    free: Vec<PoolIndex>,
    /// Pools without dialogs.
    idle: BTreeSet<(u64, PoolIndex)>,
    /// Their seats.
    idle_seats: usize,
    moments: u64,
}

impl Pools {
    pub(super) fn add(&mut self, pool: Pool) -> PoolIndex {
        match self.free.pop() {
            Some(index) => {
                self[index] = pool;
                index
            }
            None => {
                self.pools.push(pool);
                PoolIndex::from(self.pools.len() - 1)
            }
        }
    }

    /// One more dialog belongs to the pool.
    pub(super) fn join(&mut self, index: PoolIndex) {
        let pool = &mut self.pools[usize::from(index)];
        pool.users += 1;
        if pool.users == 1 && pool.may_go() && self.idle.remove(&(pool.idle_since, index)) {
            self.idle_seats -= pool.states.len();
        }
    }

    /// One dialog less. What is an empty shell goes when nobody is left.
    pub(super) fn leave(&mut self, index: PoolIndex) {
        self[index].users -= 1;
        if self[index].users == 0 {
            self.idle_or_gone(index);
        }
    }

    /// A pool without dialogs waits for some, or is gone.
    pub(super) fn idle_or_gone(&mut self, index: PoolIndex) {
        self.moments += 1;
        let pool = &mut self.pools[usize::from(index)];
        if pool.stale {
            return self.free.push(index);
        }
        if !pool.may_go() {
            return;
        }
        pool.idle_since = self.moments;
        self.idle_seats += pool.states.len();
        self.idle.insert((pool.idle_since, index));
    }

    /// The pool that was idle longest, if there are too many.
    pub(super) fn superfluous(&self, most_seats: usize) -> Option<PoolIndex> {
        let first = self.idle.first().filter(|_| self.idle.len() > 1 && self.idle_seats > most_seats);
        first.map(|(_, index)| *index)
    }

    /// Empties a pool for good; one without dialogs is gone at once.
    pub(super) fn abandon(&mut self, index: PoolIndex) {
        let pool = &mut self.pools[usize::from(index)];
        if self.idle.remove(&(pool.idle_since, index)) {
            self.idle_seats -= pool.states.len();
        }
        let (users, waiting) = (pool.users, pool.waiting);
        *pool = Pool { users, waiting, stale: true, ..Pool::new(pool.line, Requirement::new()) };
        if users == 0 {
            self.free.push(index);
        }
    }

    /// Every pool that is in use or may be used again.
    pub(super) fn iter(&self) -> impl Iterator<Item = (PoolIndex, &Pool)> {
        let all = self.pools.iter().enumerate().map(|(place, pool)| (PoolIndex::from(place), pool));
        all.filter(|(_, pool)| !pool.stale)
    }
}

impl Index<PoolIndex> for Pools {
    type Output = Pool;

    fn index(&self, index: PoolIndex) -> &Pool {
        &self.pools[usize::from(index)]
    }
}

impl IndexMut<PoolIndex> for Pools {
    fn index_mut(&mut self, index: PoolIndex) -> &mut Pool {
        &mut self.pools[usize::from(index)]
    }
}
