//! Looks everything up the slow way and compares. For tests: it costs a scan over all there is.

use std::collections::BTreeSet;

use super::account::{Account, Raised};
use super::clocks::timer_of;
use super::pool::{Pool, SeatState};
use super::registry::{OperatorIndex, PoolIndex};
use super::router::Router;
use super::ticket::{Holder, Listed, Ticket};
use super::timers::{Subject, TimerKind};
use crate::ids::DialogId;

impl Router {
    /// Asserts what holds at every moment: the ledger is the sum over all dialogs, nobody is charged
    /// with more than allowed, and every index says what the tickets say.
    ///
    /// # Panics
    /// If something does not hold: a bug.
    pub fn check(&self) {
        self.check_ledger();
        self.check_timers();
        self.check_lines();
        self.pools.iter().for_each(|(index, pool)| self.check_pool(index, pool));
        let mends = |ticket: &Ticket| ticket.trips.iter().any(|trip| trip.mends);
        let mending = self.tickets.iter().filter(|(_, ticket)| mends(ticket)).map(|(dialog, _)| *dialog);
        assert_eq!(self.mending, mending.collect(), "trips that take something back");
    }

    /// Asserts what holds when nothing is in transit and nothing follows: the matching is complete.
    ///
    /// # Panics
    /// If something does not hold: a bug.
    pub fn check_settled(&self) {
        self.check();
        // What waits is not said to before all that falls due at this instant is done.
        let is_due = self.has_due(self.now);
        let is_said = self.unannounced.is_empty() || is_due;
        assert!(self.mends.is_empty() && is_said, "something is left to do");
        for (dialog, ticket) in self.tickets.iter() {
            assert!(ticket.is_at_rest(), "dialog {dialog} is in transit");
            match &ticket.holder {
                Holder::Nobody => {
                    assert!(ticket.announced || is_due, "dialog {dialog} waits and nobody said so");
                    let eligible = self.eligible(ticket);
                    assert!(eligible.is_empty(), "dialog {dialog} waits for {eligible:?}, who could have it");
                }
                Holder::Offered { .. } => self.check_offered(*dialog, ticket),
                Holder::Owner(owner) | Holder::Bot(owner) => {
                    assert!(!self.operators[*owner].removed, "the owner was removed");
                }
                Holder::Closed => panic!("dialog {dialog} is closed and not forgotten"),
            }
        }
    }

    fn check_offered(&self, dialog: DialogId, ticket: &Ticket) {
        let line = &self.lines[ticket.line];
        for operator in ticket.offered_to() {
            let presence_matters = self.presence_matters(ticket, *operator);
            let loses = self.operators[*operator].loses_offers(line, presence_matters);
            assert!(!loses, "an offer stands to who left");
        }
        if line.offers_to_all() && line.gives() && !self.alone.contains(&dialog) {
            let lacks =
                |operator: &OperatorIndex| !ticket.is_offered_to(*operator) && !ticket.has_had(*operator);
            assert!(!self.members(ticket).iter().any(lacks), "dialog {dialog} is not for all");
        }
    }

    /// Everybody who could be given a waiting dialog.
    fn eligible(&self, ticket: &Ticket) -> Vec<OperatorIndex> {
        if !self.lines[ticket.line].gives() {
            return Vec::new();
        }
        let preferred = self.preferred_now(ticket, true).map(|(operator, _)| operator);
        self.members(ticket).into_iter().chain(preferred).collect()
    }

    /// The members who are available and can do what is required.
    fn members(&self, ticket: &Ticket) -> Vec<OperatorIndex> {
        let line = &self.lines[ticket.line];
        let requirement = &self.pools[ticket.pool.expect("what is unanswered is in a pool")].requirement;
        let is_eligible = |operator: &OperatorIndex| {
            let account = &self.operators[*operator];
            account.is_available(line) && account.meets(requirement)
        };
        line.seats.iter().map(|seat| seat.operator).filter(is_eligible).collect()
    }

    fn check_ledger(&self) {
        for (index, account) in self.operators.iter() {
            let (mut held, mut offered, mut reserved) = (0, 0, 0);
            let (mut owned, mut offers, mut hosted) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
            for (dialog, ticket) in self.tickets.iter() {
                if ticket.holder == Holder::Owner(index) {
                    held += u64::from(ticket.weight);
                    owned.insert(*dialog);
                }
                if ticket.holder == Holder::Bot(index) {
                    hosted.insert(*dialog);
                }
                if ticket.is_offered_to(index) {
                    offered += u64::from(self.reserved_by_offer(ticket));
                    offers.insert(*dialog);
                }
                let trips = ticket.trips.iter().filter_map(|trip| trip.reservation);
                let own = trips.filter(|reservation| reservation.operator == index && reservation.charged);
                reserved += own.map(|reservation| u64::from(reservation.units)).sum::<u64>();
            }
            let charged = (account.held, account.offered, account.reserved);
            assert_eq!(charged, (held, offered, reserved), "the ledger of {}", account.id);
            assert_eq!((&account.owned, &account.offers), (&owned, &offers), "the dialogs of {}", account.id);
            assert_eq!(account.hosted, hosted, "what {} holds as a bot", account.id);
            let most = account.tolerated.max(u64::from(account.capacity));
            assert!(account.charged() <= most, "{} has more than its capacity", account.id);
        }
    }

    fn check_timers(&self) {
        for (dialog, ticket) in self.tickets.iter() {
            let subject = Subject::Dialog(*dialog);
            if let Some(deadline) = ticket.deadline() {
                let expiring = ticket.trips.iter().any(|trip| trip.mends);
                let timer = self.timers.contains(deadline, TimerKind::Offer, subject);
                assert!(expiring || timer, "dialog {dialog} has no timer");
            }
            if let Some(at) = ticket.relaxes_at {
                let timer = self.timers.contains(at, TimerKind::Eligibility, subject);
                assert!(timer, "dialog {dialog} is not relaxed in time");
            }
        }
        for (at, kind, subject) in self.timers.iter() {
            match (kind, subject) {
                (TimerKind::Eligibility, Subject::Dialog(dialog)) => {
                    let relaxes_at = self.tickets[dialog].relaxes_at;
                    assert_eq!(relaxes_at, Some(*at), "a relaxation of dialog {dialog} is left over");
                }
                (TimerKind::Eligibility, Subject::Operator(operator)) => {
                    let until = self.operators[*operator].spent_until;
                    assert_eq!(until, Some(*at), "a timer of an operator is left over");
                }
                (kind, Subject::Dialog(dialog)) => {
                    let ticket = &self.tickets[dialog];
                    let of_offer = *kind == TimerKind::Offer && ticket.deadline() == Some(*at);
                    let of_clock = timer_of(*kind).and_then(|timer| ticket.clocks.as_ref()?[timer as usize]);
                    assert!(of_offer || of_clock == Some(*at), "a timer of dialog {dialog} is left over");
                }
                _ => {}
            }
        }
    }

    fn check_lines(&self) {
        for (index, line) in self.lines.iter() {
            let of_line: Vec<(&DialogId, &Ticket)> =
                self.tickets.iter().filter(|(_, ticket)| ticket.line == index).collect();
            let waiting = of_line.iter().filter(|(_, ticket)| matches!(ticket.listed(), Listed::Waiting(..)));
            let waiting: BTreeSet<_> = waiting.map(|(dialog, ticket)| (ticket.score(), **dialog)).collect();
            assert!(line.waiting.iter().eq(&waiting), "who waits");
            let pooled = of_line.iter().filter(|(_, ticket)| ticket.pool.is_some()).count();
            assert_eq!(line.pooled, pooled, "who is in a pool");
            let trips = self.tickets.iter().flat_map(|(_, ticket)| &ticket.trips);
            let entering = trips.filter(|trip| trip.entering == Some(index)).count();
            assert_eq!(line.entering, entering, "places that are held");
            for (dialog, ticket) in of_line {
                let offered = matches!(ticket.holder, Holder::Offered { .. });
                assert_eq!(line.offered.contains(dialog), offered, "whether dialog {dialog} is offered");
                let stands = line.offers_to_all() && offered && !self.alone.contains(dialog);
                assert!(!stands || ticket.standing().is_some(), "dialog {dialog} stands for all");
            }
            for (place, seat) in (0..).zip(&line.seats) {
                let account = &self.operators[seat.operator];
                assert_eq!(account.seat(index), Some(place), "the seat of {}", account.id);
            }
            for (requirement, pool) in &line.pools {
                let pool = &self.pools[*pool];
                assert!((pool.line, &pool.requirement) == (index, requirement) && !pool.stale, "a lost pool");
            }
        }
    }

    fn check_pool(&self, index: PoolIndex, pool: &Pool) {
        let of_pool = || self.tickets.iter().filter(|(_, ticket)| ticket.pool == Some(index));
        assert_eq!(pool.users, of_pool().count(), "who belongs to a pool");
        let waiting = || of_pool().filter(|(_, ticket)| matches!(ticket.listed(), Listed::Waiting(..)));
        assert_eq!(pool.waiting, waiting().count(), "how many wait");
        let at_rest = waiting().filter(|(_, ticket)| ticket.is_at_rest());
        let resting: BTreeSet<_> = at_rest.map(|(dialog, ticket)| (ticket.score(), *dialog)).collect();
        assert_eq!(pool.resting, resting, "who waits at rest");
        for (place, state) in (0..).zip(&pool.states) {
            self.check_seat(index, pool, place, *state);
        }
        let ready = pool.states.iter().filter(|state| matches!(state, SeatState::Ready(_))).count();
        assert_eq!(ready, pool.ready.len(), "who is ready");
        let parked = pool.states.iter().filter(|state| matches!(state, SeatState::Parked(..))).count();
        assert_eq!(parked as u32, pool.parked.iter().sum::<u32>(), "who is parked");
        assert_eq!(pool.size, ready + parked, "who meets the requirement");
        let called =
            self.demand.iter().any(|entry| entry.2 == index && Some((entry.0, entry.1)) <= pool.head());
        let nobody = pool.head().is_none() || pool.ready.is_empty() || !self.lines[pool.line].gives();
        assert!(nobody || called, "the first dialog of a pool is not looked at");
    }

    fn check_seat(&self, index: PoolIndex, pool: &Pool, seat: u32, state: SeatState) {
        let line = &self.lines[pool.line];
        let operator = line.seats[seat as usize].operator;
        let account: &Account = &self.operators[operator];
        let parked = account.parked.iter().any(|parking| (parking.pool, parking.seat) == (index, seat));
        let meets = account.meets(&pool.requirement);
        match state {
            SeatState::Absent => assert!(!parked && !meets, "{} is left out", account.id),
            SeatState::Ready(key) => {
                assert!(!parked && pool.ready.contains(&(key, seat)) && meets, "{} is ready", account.id);
                let is_right = account.woken || key <= self.key_of(index, operator);
                assert!(is_right, "a key may only grow");
                let by_share = line.is_by_share();
                let raised = Raised { by_share, score: key.0, pool: index, seat };
                let noted = !line.policy().improves() || key.0 == 0 || account.raised.contains(&raised);
                assert!(noted, "{} can improve", account.id);
            }
            SeatState::Parked(..) => {
                assert!(parked && meets, "{} is parked", account.id);
                assert!(account.woken || !account.is_available(line), "{} sleeps", account.id);
            }
        }
    }
}
