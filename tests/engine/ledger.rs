//! Reads events as a notary would: who owns what, and how much of each operator is taken. Fails when
//! a dialog would have two owners or an operator more than it has room for.

use std::collections::HashMap;

use centrala::domain::event::DialogEvent;
use centrala::ids::{DialogId, OperatorId};
use centrala::storage::{OneEvent, Recorded};

/// What all events up to now make.
#[derive(Debug)]
pub struct Ledger {
    /// Units that every operator has.
    capacity: u64,
    /// Whether an offer reserves: in mode `all` it does not.
    offers_reserve: bool,
    seats: HashMap<DialogId, Seat>,
    taken: HashMap<OperatorId, u64>,
}

#[derive(Debug, Default)]
struct Seat {
    owner: Option<(OperatorId, u64)>,
    offers: Vec<(OperatorId, u64)>,
}

impl Ledger {
    /// Before the first event.
    pub fn new(capacity: u64, offers_reserve: bool) -> Self {
        Self { capacity, offers_reserve, seats: HashMap::new(), taken: HashMap::new() }
    }

    /// Takes all events in.
    pub fn read(&mut self, events: &[Recorded]) {
        for recorded in events {
            if let OneEvent::Dialog(dialog, event) = &recorded.event {
                self.take(*dialog, event);
            }
        }
    }

    /// The owner of a dialog that is answered.
    pub fn owner(&self, dialog: DialogId) -> Option<&OperatorId> {
        self.seats.get(&dialog)?.owner.as_ref().map(|(operator, _)| operator)
    }

    fn take(&mut self, id: DialogId, event: &DialogEvent) {
        let mut seat = self.seats.remove(&id).unwrap_or_default();
        self.count(&seat, false);
        match event {
            DialogEvent::Offered { operators, weight, .. } => {
                assert_eq!(seat.owner, None, "dialog {id} was offered although it has an owner");
                seat.offers.extend(operators.iter().map(|operator| (operator.clone(), u64::from(*weight))));
            }
            DialogEvent::OfferWithdrawn { operator }
            | DialogEvent::OfferSkipped { operator }
            | DialogEvent::OfferExpired { operator } => seat.offers.retain(|(other, _)| other != operator),
            DialogEvent::Answered { operator, weight, .. } => {
                assert_eq!(seat.owner, None, "dialog {id} was answered twice");
                seat = Seat::of(operator, *weight);
            }
            DialogEvent::Taken { operator, from, weight } => {
                let owner = seat.owner.as_ref().map(|(owner, _)| owner);
                assert_eq!(owner, from.as_ref(), "dialog {id} was taken from somebody else");
                seat = Seat::of(operator, *weight);
            }
            DialogEvent::Transferred { .. } | DialogEvent::Closed { .. } => seat = Seat::default(),
            _ => {}
        }
        self.count(&seat, true);
        self.seats.insert(id, seat);
    }

    fn count(&mut self, seat: &Seat, more: bool) {
        let offers = seat.offers.iter().filter(|_| self.offers_reserve);
        for (operator, weight) in seat.owner.iter().chain(offers) {
            let taken = self.taken.entry(operator.clone()).or_default();
            *taken = if more { *taken + weight } else { *taken - weight };
            assert!(*taken <= self.capacity, "{operator} has {taken} units of {}", self.capacity);
        }
    }
}

impl Seat {
    fn of(operator: &OperatorId, weight: u32) -> Self {
        Self { owner: Some((operator.clone(), u64::from(weight))), offers: Vec::new() }
    }
}
