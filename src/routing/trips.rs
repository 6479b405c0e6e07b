//! What is told to dialogs and comes back: reservations on the way out, facts on the way in.

use super::fact::Fact;
use super::registry::OperatorIndex;
use super::router::Router;
use super::ticket::{Holder, Listed, Missing, Reservation, Ticket, Trip};
use crate::domain::channel::Accept;
use crate::domain::dialog::command::Placement;
use crate::ids::{ChannelId, DialogId, OperatorId};
use crate::timestamp::Timestamp;

impl Router {
    /// Chooses for a dialog that is just being opened, reserves, and counts the opening as a trip.
    ///
    /// To be called when [`Router::next`] has no more to say; then nobody who waits is passed over.
    pub fn place_new(&mut self, dialog: DialogId, channel: &ChannelId, now: Timestamp) -> Placement {
        let index = self.intern_line(channel);
        self.tickets.insert(dialog, Ticket::new(index, now));
        self.rouse();
        let line = &self.lines[index];
        let accept = line.rules.accept;
        // Whoever waits has found nobody eligible, or waits only for what is being taken back.
        let passes = line.waiting.is_empty() && !line.door.is_closed();
        let chosen = if passes { self.choose(dialog) } else { Vec::new() };
        self.wind(dialog);
        self.send_out(dialog, &chosen);
        let mut operators: Vec<OperatorId> =
            chosen.iter().map(|operator| self.operators[*operator].id.clone()).collect();
        match (operators.len(), accept) {
            (0, _) => Placement::Waiting,
            (1, Accept::Auto) => Placement::Assigned(operators.remove(0)),
            _ => Placement::Offered(operators),
        }
    }

    /// A dialog is just being opened that a bot will hold: it is in no queue yet.
    pub fn place_with_bot(&mut self, dialog: DialogId, channel: &ChannelId, now: Timestamp) {
        let line = self.intern_line(channel);
        self.tickets.insert(dialog, Ticket::new(line, now));
        self.start_trip(dialog, None, false);
    }

    /// A dialog was opened elsewhere, with an owner from the start: what was set aside for them when the
    /// command was told is charged now.
    pub fn adopt(&mut self, dialog: DialogId, channel: &ChannelId, facts: &[Fact], now: Timestamp) {
        let line = self.intern_line(channel);
        self.tickets.insert(dialog, Ticket::new(line, now));
        self.arrive(dialog, facts);
    }

    /// A command is being told to the dialog: one more trip is under way.
    ///
    /// Sets units aside for the operator who would get the dialog by the command, unless it owns it, an
    /// offer to it has reserved them or an earlier command has, and says whether there is room. Nobody: there is.
    pub fn depart(&mut self, dialog: DialogId, reserve: Option<&OperatorId>) -> bool {
        let operator = reserve.map(|operator| self.intern_operator(operator));
        let Some(ticket) = self.tickets.get(&dialog) else { return operator.is_none() };
        let (room, reservation) = match operator {
            None => (true, None),
            Some(operator) => {
                let units = self.needed_by(ticket);
                let charged = !self.is_charged(ticket, operator, units);
                let room = !charged || self.operators[operator].free() >= u64::from(units);
                (room, room.then_some(Reservation { operator, units, charged }))
            }
        };
        self.start_trip(dialog, reservation, false);
        room
    }

    /// A trip is back, with what happened. Trips of one dialog come back in the order in which they
    /// set out.
    pub fn arrive(&mut self, dialog: DialogId, facts: &[Fact]) {
        if !self.tickets.contains_key(&dialog) {
            return;
        }
        for fact in facts {
            self.apply(dialog, fact);
        }
        let ticket = self.ticket_mut(dialog);
        if !ticket.trips.is_empty() {
            let trip = ticket.trips.remove(0);
            self.mending -= usize::from(trip.mends);
            self.release(trip);
        }
        self.cover(dialog);
        self.list(dialog);
        self.rest(dialog);
    }

    /// Counts an offer of the router's own as a trip, and puts the chosen behind all others, so that
    /// the next choice knows of this one.
    pub(super) fn send_out(&mut self, dialog: DialogId, chosen: &[OperatorIndex]) {
        let line = &self.lines[self.tickets[&dialog].line];
        let weight = line.rules.weight;
        let reservation = match *chosen {
            [operator] if !line.offers_to_all() => {
                Some(Reservation { operator, units: weight, charged: true })
            }
            _ => None,
        };
        chosen.iter().for_each(|operator| self.touch(*operator));
        self.start_trip(dialog, reservation, false);
    }

    /// Sets units aside and keeps the dialog from being matched until the trip is back.
    pub(super) fn start_trip(&mut self, dialog: DialogId, reservation: Option<Reservation>, mends: bool) {
        if let Some(Reservation { operator, units, charged: true }) = reservation {
            self.operators[operator].reserved += u64::from(units);
        }
        self.mending += usize::from(mends);
        let ticket = self.ticket_mut(dialog);
        let was_at_rest = ticket.is_at_rest();
        ticket.trips.push(Trip { reservation, mends, entering: None });
        if was_at_rest && ticket.is_waiting() {
            let place = (ticket.score(), dialog);
            let index = ticket.line;
            self.unannounced.remove(&place);
            // Whoever is behind it may be matched meanwhile.
            if self.lines[index].resting.remove(&place) {
                self.call(index);
            }
        }
    }

    fn release(&mut self, trip: Trip) {
        if let Some(line) = trip.entering {
            self.lines[line].entering -= 1;
        }
        if let Some(Reservation { operator, units, charged: true }) = trip.reservation {
            self.operators[operator].reserved -= u64::from(units);
            self.wake(operator);
        }
    }

    /// Charges reservations of trips still under way that were needless when they set out: what was
    /// charged to their operator for this dialog then is no longer.
    pub(super) fn cover(&mut self, dialog: DialogId) {
        for place in 0..self.tickets[&dialog].trips.len() {
            let ticket = &self.tickets[&dialog];
            let Some(reservation) = ticket.trips[place].reservation else { continue };
            let Reservation { operator, units, charged } = reservation;
            if !charged && !self.is_charged(ticket, operator, units) {
                self.operators[operator].reserved += u64::from(units);
                let charged = Reservation { operator, units, charged: true };
                self.ticket_mut(dialog).trips[place].reservation = Some(charged);
            }
        }
    }

    /// Whether this dialog is charged to the operator already: by its offer, its ownership, or an
    /// earlier trip. An operator gets a dialog once, however often it asks for it.
    fn is_charged(&self, ticket: &Ticket, operator: OperatorIndex, units: u32) -> bool {
        let by_offer = ticket.is_offered_to(operator) && !self.lines[ticket.line].offers_to_all();
        let mut reservations = ticket.trips.iter().filter_map(|trip| trip.reservation);
        by_offer
            || ticket.holder == Holder::Owner(operator)
            || reservations.any(|other| other.charged && other.operator == operator && other.units >= units)
    }

    /// Puts a dialog into the sets of its line where it belongs now.
    pub(super) fn list(&mut self, dialog: DialogId) {
        let alone = self.alone.contains(&dialog);
        let ticket = self.tickets.get_mut(&dialog).expect("only known dialogs are listed");
        let listed = match ticket.holder {
            Holder::Nobody => Listed::Waiting(ticket.line, ticket.score()),
            Holder::Offered { .. } => Listed::Offered(ticket.line),
            Holder::Owner(_) | Holder::Bot(_) | Holder::Closed => Listed::Nowhere,
        };
        let before = std::mem::replace(&mut ticket.listed, listed);
        if before != listed {
            self.relist(dialog, before, listed);
        }
        let stands = matches!(listed, Listed::Offered(line) if !alone && self.lines[line].offers_to_all());
        self.stand(dialog, stands);
    }

    /// Counts the dialog among those that stand for all, or no longer.
    fn stand(&mut self, dialog: DialogId, stands: bool) {
        let ticket = self.tickets.get_mut(&dialog).expect("only known dialogs stand");
        let now = stands.then_some(ticket.line);
        if now == ticket.standing.map(|(line, _)| line) {
            return;
        }
        ticket.missing = Missing::none();
        if let Some((line, number)) = ticket.standing.take() {
            self.lines[line].standing.remove(&number);
        }
        if let Some(line) = now {
            ticket.standing = Some((line, self.lines[line].stand(dialog)));
            ticket.missing = Missing::Everybody;
        }
    }

    fn relist(&mut self, dialog: DialogId, before: Listed, now: Listed) {
        match before {
            Listed::Nowhere => {}
            Listed::Waiting(line, score) => {
                self.lines[line].waiting.remove(&(score, dialog));
            }
            Listed::Offered(line) => {
                self.lines[line].offered.remove(&dialog);
            }
        }
        match now {
            Listed::Nowhere => {}
            Listed::Waiting(line, score) => {
                self.lines[line].waiting.insert((score, dialog));
            }
            Listed::Offered(line) => {
                self.lines[line].offered.insert(dialog);
            }
        }
    }

    /// If nothing more is under way to the dialog, it may be matched, or is forgotten once closed.
    pub(super) fn rest(&mut self, dialog: DialogId) {
        let Some(ticket) = self.tickets.get(&dialog) else { return };
        if !ticket.is_at_rest() {
            return;
        }
        let (score, index) = (ticket.score(), ticket.line);
        match ticket.holder {
            Holder::Nobody => {
                let announced = ticket.announced;
                self.lines[index].resting.insert((score, dialog));
                self.call(index);
                if !announced {
                    self.unannounced.insert((score, dialog));
                }
            }
            Holder::Offered { .. } => {
                if !ticket.missing.is_none() {
                    self.demand.insert((score, dialog, index));
                }
            }
            Holder::Owner(_) | Holder::Bot(_) => {}
            Holder::Closed => {
                self.tickets.remove(&dialog);
            }
        }
    }
}
