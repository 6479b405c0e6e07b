//! What the router knows of a channel: its rules, its members and its dialogs without an owner.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use hashbrown::HashSet;

use super::clocks::{Door, Patience};
use super::policy::{self, Key, Policy};
use super::registry::OperatorIndex;
use super::score::Score;
use crate::domain::channel::{Accept, Channel, QueueMode};
use crate::domain::dialog::command::OfferRules;
use crate::ids::DialogId;

/// A channel's queue.
///
/// Members sit by rank and then by id. Those in `ready` may be available; one who is found not to
/// be is parked, and woken when it may have become available again. So every member is either in
/// `ready` or parked, and an operator's work costs its lines nothing until it matters there.
#[derive(Debug)]
pub(super) struct Line {
    pub rules: OfferRules,
    pub check_online: bool,
    pub max_waiting: Option<u32>,
    pub seats: Vec<Seat>,
    /// Members who may be available, by the mode's rule. A key here may be too small, never too large.
    pub ready: BTreeSet<(Key, u32)>,
    /// Waiting dialogs.
    pub waiting: BTreeSet<(Score, DialogId)>,
    /// Those of the waiting that are at rest, and so may be matched.
    pub resting: BTreeSet<(Score, DialogId)>,
    /// Dialogs to which offers stand.
    pub offered: HashSet<DialogId>,
    /// In mode `all`: dialogs that are also for those who become available, by the order in which
    /// they were offered.
    pub standing: BTreeMap<u64, DialogId>,
    /// The number that the next standing dialog gets.
    pub next_standing: u64,
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
    pub state: SeatState,
}

/// Where the member of a seat is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum SeatState {
    /// In `ready`, under this key.
    Ready(Key),
    /// Not available when last looked at. In mode `all`: what stands from this number on may be
    /// unknown to it.
    Parked(u64),
}

impl Line {
    /// A channel of which nothing is known but the name.
    pub(super) fn unknown() -> Self {
        let rules =
            OfferRules { mode: QueueMode::Evenly, accept: Accept::Answer, weight: 1, offer_timeout_ms: 0 };
        Self {
            rules,
            check_online: true,
            max_waiting: None,
            seats: Vec::new(),
            ready: BTreeSet::new(),
            waiting: BTreeSet::new(),
            resting: BTreeSet::new(),
            offered: HashSet::new(),
            standing: BTreeMap::new(),
            next_standing: 1,
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

    /// Takes over what does not need the members to be seated anew.
    pub(super) fn set_rules(&mut self, channel: &Channel) {
        let queue = &channel.settings.queue;
        self.rules = OfferRules {
            mode: queue.mode,
            accept: queue.accept,
            weight: channel.settings.weight,
            offer_timeout_ms: queue.offer_timeout_ms,
        };
        self.check_online = queue.check_online;
        self.max_waiting = channel.settings.max_waiting;
    }

    /// The first dialog that may be matched; none while the channel is closed.
    pub(super) fn head(&self) -> Option<(Score, DialogId)> {
        self.resting.first().copied().filter(|_| !self.door.is_closed())
    }

    /// The first member of `ready` behind `place`.
    pub(super) fn ready_after(&self, place: Option<(Key, u32)>) -> Option<(Key, u32)> {
        match place {
            None => self.ready.first().copied(),
            Some(place) => self.ready.range((Bound::Excluded(place), Bound::Unbounded)).next().copied(),
        }
    }

    /// Puts the member of a seat into `ready` under this key, wherever it was.
    pub(super) fn make_ready(&mut self, seat: u32, key: Key) {
        let state = std::mem::replace(&mut self.seats[seat as usize].state, SeatState::Ready(key));
        if let SeatState::Ready(old) = state {
            self.ready.remove(&(old, seat));
        }
        self.ready.insert((key, seat));
    }

    /// Parks the member of a seat; in mode `all` what stands from `since` on may be unknown to it.
    pub(super) fn park(&mut self, seat: u32, since: u64) {
        let state = &mut self.seats[seat as usize].state;
        match *state {
            SeatState::Ready(key) => {
                *state = SeatState::Parked(since);
                self.ready.remove(&(key, seat));
            }
            SeatState::Parked(before) => *state = SeatState::Parked(before.min(since)),
        }
    }

    /// The number under which one more dialog stands.
    pub(super) fn stand(&mut self, dialog: DialogId) -> u64 {
        let number = self.next_standing;
        self.next_standing += 1;
        self.standing.insert(number, dialog);
        number
    }
}
