//! Looks everything up the slow way and compares. For tests: it costs a scan over all there is.

use std::collections::BTreeSet;

use super::clocks::timer_of;
use super::line::{Line, SeatState};
use super::registry::{LineIndex, OperatorIndex};
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
        let trips = self.tickets.iter().flat_map(|(_, ticket)| &ticket.trips);
        let mends = trips.filter(|trip| trip.mends).count();
        assert_eq!(self.mending, mends, "trips that take something back");
    }

    /// Asserts what holds when nothing is in transit and nothing follows: the matching is complete.
    ///
    /// # Panics
    /// If something does not hold: a bug.
    pub fn check_settled(&self) {
        self.check();
        assert!(self.mends.is_empty() && self.unannounced.is_empty(), "something is left to do");
        for (dialog, ticket) in self.tickets.iter() {
            assert!(ticket.is_at_rest(), "dialog {dialog} is in transit");
            let line = &self.lines[ticket.line];
            match &ticket.holder {
                Holder::Nobody => {
                    assert!(ticket.announced, "dialog {dialog} waits and nobody said so");
                    let eligible = self.available(line);
                    assert!(eligible.is_empty(), "dialog {dialog} waits for {eligible:?}, who could have it");
                }
                Holder::Offered { to, .. } => {
                    for operator in to.as_slice() {
                        assert!(!self.operators[*operator].loses_offers(line), "an offer stands to who left");
                    }
                    if line.offers_to_all() && !self.alone.contains(dialog) {
                        let lacks = |operator: &OperatorIndex| {
                            !to.contains(*operator) && !ticket.round.contains(*operator)
                        };
                        assert!(!self.available(line).iter().any(lacks), "dialog {dialog} is not for all");
                    }
                }
                Holder::Owner(owner) | Holder::Bot(owner) => {
                    assert!(!self.operators[*owner].removed, "the owner was removed");
                }
                Holder::Closed => panic!("dialog {dialog} is closed and not forgotten"),
            }
        }
    }

    /// Who could be given a dialog of this line now.
    fn available(&self, line: &Line) -> Vec<OperatorIndex> {
        let members = line.seats.iter().map(|seat| seat.operator).filter(|_| !line.door.is_closed());
        members.filter(|operator| self.operators[*operator].is_available(line)).collect()
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
            let Some(deadline) = ticket.deadline() else { continue };
            let expiring = ticket.trips.iter().any(|trip| trip.mends);
            assert!(
                expiring || self.timers.contains(deadline, TimerKind::Offer, Subject::Dialog(*dialog)),
                "dialog {dialog} has no timer"
            );
        }
        for (deadline, kind, subject) in self.timers.iter() {
            let Subject::Dialog(dialog) = subject else { continue };
            let ticket = &self.tickets[dialog];
            let of_offer = *kind == TimerKind::Offer && ticket.deadline() == Some(*deadline);
            let of_clock = timer_of(*kind).and_then(|timer| ticket.clocks.as_ref()?[timer as usize]);
            assert!(of_offer || of_clock == Some(*deadline), "a timer of dialog {dialog} is left over");
        }
        let clocks = self.tickets.iter().filter_map(|(_, ticket)| ticket.clocks.as_ref());
        let standing = clocks.map(|clocks| clocks.iter().flatten().count()).sum::<usize>();
        let offers = self.tickets.iter().filter(|(_, ticket)| ticket.deadline().is_some()).count();
        let of_dialogs = self.timers.iter().filter(|(_, _, subject)| matches!(subject, Subject::Dialog(_)));
        assert!(of_dialogs.count() <= standing + offers, "every timer is somebody's");
    }

    fn check_lines(&self) {
        for (index, line) in self.lines.iter() {
            let of_line = |ticket: &&(&DialogId, &Ticket)| ticket.1.line == index;
            let tickets: Vec<(&DialogId, &Ticket)> = self.tickets.iter().collect();
            let waiting = |ticket: &Ticket| matches!(ticket.listed, Listed::Waiting(..));
            let places = |only_at_rest: bool| -> BTreeSet<_> {
                let listed = tickets.iter().filter(of_line).filter(|(_, ticket)| waiting(ticket));
                listed
                    .filter(|(_, ticket)| ticket.is_at_rest() || !only_at_rest)
                    .map(|(dialog, ticket)| (ticket.score(), **dialog))
                    .collect()
            };
            let trips = tickets.iter().flat_map(|(_, ticket)| &ticket.trips);
            let entering = trips.filter(|trip| trip.entering == Some(index)).count();
            assert_eq!(line.entering, entering, "places that are held");
            assert_eq!(line.waiting, places(false), "who waits");
            assert_eq!(line.resting, places(true), "who waits at rest");
            for (dialog, ticket) in tickets.iter().filter(of_line) {
                let offered = matches!(ticket.holder, Holder::Offered { .. });
                assert_eq!(line.offered.contains(*dialog), offered, "whether dialog {dialog} is offered");
                let stands = line.offers_to_all() && offered && !self.alone.contains(*dialog);
                assert!(!stands || ticket.standing.is_some(), "dialog {dialog} stands for all");
            }
            let ready = line.seats.iter().filter(|seat| matches!(seat.state, SeatState::Ready(_)));
            assert_eq!(ready.count(), line.ready.len(), "who is ready");
            self.check_seats(index, line);
            let called =
                self.demand.iter().any(|entry| entry.2 == index && Some((entry.0, entry.1)) <= line.head());
            let nobody = line.head().is_none() || line.ready.is_empty();
            assert!(nobody || called, "the first dialog of a line is not looked at");
        }
    }

    fn check_seats(&self, index: LineIndex, line: &Line) {
        for (place, seat) in line.seats.iter().enumerate() {
            let account = &self.operators[seat.operator];
            assert_eq!(account.seat(index), Some(place as u32), "the seat of {}", account.id);
            let parked = account.parked.iter().any(|parking| parking.line == index);
            match seat.state {
                SeatState::Ready(key) => {
                    assert!(!parked && line.ready.contains(&(key, place as u32)), "{} is ready", account.id);
                    assert!(key <= line.policy().key(&account.standing()), "a key may only grow");
                }
                SeatState::Parked(_) => {
                    assert!(parked, "{} is parked", account.id);
                    assert!(account.woken || !account.is_available(line), "{} sleeps", account.id);
                }
            }
        }
    }
}
