//! What is told to dialogs and comes back: reservations on the way out, facts on the way in.

use super::choosing::Chosen;
use super::fact::Fact;
use super::registry::{LineIndex, OperatorIndex};
use super::router::Router;
use super::score::Score;
use super::ticket::{Holder, Listed, Missing, Reservation, Ticket, TicketWishes, Trip};
use crate::domain::channel::{Accept, Ignored};
use crate::domain::dialog::Wishes;
use crate::domain::dialog::command::Placement;
use crate::ids::{ChannelId, DialogId, OperatorId};
use crate::timestamp::Timestamp;

impl Router {
    /// Chooses for a dialog that is just being opened, reserves, and counts the opening as a trip.
    ///
    /// To be called when [`Router::next`] has no more to say; then nobody who waits is passed over.
    pub fn place_new(
        &mut self,
        dialog: DialogId,
        channel: &ChannelId,
        wishes: Option<&Wishes>,
        now: Timestamp,
    ) -> Placement {
        self.now = now;
        let index = self.intern_line(channel);
        let mut ticket = Ticket::new(index, now);
        ticket.wishes = wishes.map(|wishes| self.intern_wishes(wishes, index));
        self.tickets.insert(dialog, ticket);
        self.rouse();
        self.enter_pool(dialog);
        let accept = self.lines[index].rules.accept;
        let chosen = self.choose_for_new(dialog);
        if chosen.is_empty() {
            self.rule_on_waiting(dialog);
        }
        self.wind(dialog, now);
        self.send_out(dialog, &chosen);
        let mut operators: Vec<OperatorId> =
            chosen.iter().map(|operator| self.operators[*operator].id.clone()).collect();
        match (operators.len(), accept) {
            (0, _) => Placement::Waiting,
            (1, Accept::Auto) => {
                self.leave_pool(dialog);
                Placement::Assigned(operators.remove(0))
            }
            _ => Placement::Offered(operators),
        }
    }

    /// A dialog is just being opened that a bot will hold: it is in no queue yet.
    pub fn place_with_bot(
        &mut self,
        dialog: DialogId,
        channel: &ChannelId,
        wishes: Option<&Wishes>,
        now: Timestamp,
    ) {
        let line = self.intern_line(channel);
        let mut ticket = Ticket::new(line, now);
        ticket.wishes = wishes.map(|wishes| self.intern_wishes(wishes, line));
        self.tickets.insert(dialog, ticket);
        self.ruling = None;
        self.start_trip(dialog, None, false);
    }

    /// Takes back a dialog that was placed and is not opened after all.
    pub fn forget_new(&mut self, dialog: DialogId) {
        self.stop_clocks(dialog);
        self.leave_pool(dialog);
        self.tickets.remove(&dialog);
    }

    /// Whoever waits in the pool has found nobody eligible, or waits only for what is being taken back: a
    /// new dialog does not overtake them, except to whom it prefers.
    fn choose_for_new(&mut self, dialog: DialogId) -> Chosen {
        let ticket = &self.tickets[&dialog];
        let first = ticket.pool.is_none_or(|pool| self.pools[pool].waiting == 0);
        if first || self.lines[ticket.line].widens() && self.preferred_now(ticket, true).is_some() {
            self.choose(dialog)
        } else {
            Chosen::new()
        }
    }

    pub(super) fn intern_wishes(&mut self, wishes: &Wishes, home: LineIndex) -> Box<TicketWishes> {
        let mut intern =
            |operator: &Option<OperatorId>| operator.as_ref().map(|operator| self.intern_operator(operator));
        let (responsible, last_operator) = (intern(&wishes.responsible), intern(&wishes.last_operator));
        Box::new(TicketWishes { wishes: wishes.clone(), home, responsible, last_operator })
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
            if trip.mends && !ticket.trips.iter().any(|trip| trip.mends) {
                self.mending.remove(&dialog);
            }
            self.release(trip);
        }
        self.cover(dialog);
        self.list(dialog);
        self.rest(dialog);
    }

    /// Counts an offer of the router's own as a trip, and puts the chosen behind all others, so that
    /// the next choice knows of this one.
    pub(super) fn send_out(&mut self, dialog: DialogId, chosen: &[OperatorIndex]) {
        let index = self.tickets[&dialog].line;
        let line = &self.lines[index];
        let weight = line.rules.weight;
        let reservation = match *chosen {
            [operator] if !line.offers_to_all() => {
                Some(Reservation { operator, units: weight, charged: true })
            }
            _ => None,
        };
        if !chosen.is_empty() {
            self.number_ruling(index, chosen);
        }
        chosen.iter().for_each(|operator| self.touch(*operator));
        self.start_trip(dialog, reservation, false);
        // Whose capacity is not tested may have more than that.
        if let (Some(Reservation { operator, .. }), true) =
            (reservation, self.lines[index].ignores(Ignored::Capacity))
        {
            self.operators[operator].tolerate();
        }
    }

    /// Sets units aside and keeps the dialog from being matched until the trip is back.
    pub(super) fn start_trip(&mut self, dialog: DialogId, reservation: Option<Reservation>, mends: bool) {
        if let Some(Reservation { operator, units, charged: true }) = reservation {
            self.operators[operator].reserved += u64::from(units);
        }
        if mends {
            self.mending.insert(dialog);
        }
        let ticket = self.ticket_mut(dialog);
        let was_at_rest = ticket.is_at_rest();
        ticket.trips.push(Trip { reservation, mends, entering: None });
        if was_at_rest && ticket.is_waiting() {
            self.lift(dialog);
        }
    }

    /// Takes a dialog out of the sets of those at rest.
    pub(super) fn lift(&mut self, dialog: DialogId) {
        let ticket = &self.tickets[&dialog];
        let place = (ticket.score(), dialog);
        let Some(pool) = ticket.pool.filter(|_| ticket.is_waiting()) else { return };
        self.unannounced.remove(&place);
        if self.pools[pool].resting.remove(&place) {
            self.unlist_preferred(dialog);
            // Whoever is behind it may be matched meanwhile.
            self.call(pool);
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
        self.settle_pool(dialog);
        let alone = self.alone.contains(&dialog);
        let ticket = &self.tickets[&dialog];
        let line = &self.lines[ticket.line];
        let priority = ticket.priority().unwrap_or(line.priority);
        let score = Score::of(ticket.entered_at, priority, line.ageing_ms_per_point);
        let listed = match (&ticket.holder, ticket.pool) {
            (Holder::Nobody, Some(pool)) => Listed::Waiting(ticket.line, score, pool),
            (Holder::Offered { .. }, _) => Listed::Offered(ticket.line),
            _ => Listed::Nowhere,
        };
        self.ticket_mut(dialog).score = score;
        self.relist(dialog, listed);
        let stands = matches!(listed, Listed::Offered(line) if !alone && self.lines[line].offers_to_all());
        self.stand(dialog, stands);
    }

    /// Brings a dialog into the pool where it belongs, or out of the one where it does not.
    fn settle_pool(&mut self, dialog: DialogId) {
        let ticket = &self.tickets[&dialog];
        let belongs = ticket.is_unanswered();
        if ticket.pool.is_some_and(|pool| !belongs || self.pools[pool].stale) {
            self.leave_pool(dialog);
        }
        if belongs && self.tickets[&dialog].pool.is_none() {
            self.enter_pool(dialog);
        }
    }

    /// Counts the dialog among those that stand for all, or no longer.
    fn stand(&mut self, dialog: DialogId, stands: bool) {
        let ticket = self.tickets.get_mut(&dialog).expect("only known dialogs stand");
        let now = ticket.pool.filter(|_| stands);
        if now == ticket.standing().map(|(pool, _)| pool) {
            return;
        }
        if let Some((pool, number)) = ticket.sit() {
            self.pools[pool].standing.remove(&number);
        }
        if let Some(pool) = now {
            ticket.stand(pool, self.pools[pool].stand(dialog), Missing::Everybody);
        }
    }

    pub(super) fn relist(&mut self, dialog: DialogId, now: Listed) {
        let before = self.ticket_mut(dialog).relist(now);
        if before == now {
            return;
        }
        match before {
            Listed::Nowhere => {}
            Listed::Waiting(line, score, pool) => {
                self.lines[line].waiting.remove(&(score, dialog));
                self.pools[pool].waiting -= 1;
            }
            Listed::Offered(line) => {
                self.lines[line].offered.remove(&dialog);
            }
        }
        match now {
            Listed::Nowhere => {}
            Listed::Waiting(line, score, pool) => {
                let entered_at = self.tickets[&dialog].entered_at;
                self.lines[line].waiting.insert((score, dialog), entered_at);
                self.pools[pool].waiting += 1;
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
        let score = ticket.score();
        match (&ticket.holder, ticket.pool) {
            (Holder::Nobody, Some(pool)) => {
                let announced = ticket.announced;
                self.pools[pool].resting.insert((score, dialog));
                self.call(pool);
                self.list_preferred(dialog);
                if !announced {
                    self.unannounced.insert((score, dialog));
                }
            }
            (Holder::Offered { .. }, Some(pool)) => {
                if ticket.misses_somebody() {
                    self.demand.insert((score, dialog, pool));
                }
            }
            (Holder::Owner(_) | Holder::Bot(_) | Holder::Nobody | Holder::Offered { .. }, _) => {}
            (Holder::Closed, _) => {
                self.tickets.remove(&dialog);
            }
        }
    }
}
