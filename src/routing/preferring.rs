//! Who is preferred for a dialog, and whether that counts now. Who comes next if it does not is not known
//! here.
//!
//! A preferred operator of whom all is tested is one of the eligible anyway, and is only put first. One of
//! whom something is not tested may be eligible for a dialog for which nobody else is; the dialogs for
//! which that can be are listed with the operator, so that they are matched the moment it is.

use super::registry::OperatorIndex;
use super::router::Router;
use super::ticket::Ticket;
use crate::domain::channel::{Ignored, Prefer};
use crate::domain::dialog::{Preference, Reason};
use crate::ids::DialogId;

impl Router {
    /// Who is preferred for a dialog, whether eligible or not.
    pub(super) fn preferred(&self, ticket: &Ticket) -> Option<(OperatorIndex, Preference)> {
        let wishes = ticket.wishes.as_deref()?;
        match self.lines[ticket.line].prefer {
            Prefer::Responsible => Some((wishes.responsible?, Preference::Responsible)),
            Prefer::LastOperator if wishes.home == ticket.line => {
                Some((wishes.last_operator?, Preference::LastOperator))
            }
            Prefer::LastOperator | Prefer::None => None,
        }
    }

    /// Why the preferred operator cannot be given the dialog now, the round apart.
    pub(super) fn preferred_obstacle(&self, ticket: &Ticket, operator: OperatorIndex) -> Option<Reason> {
        let (account, line) = (&self.operators[operator], &self.lines[ticket.line]);
        let meets = ticket.pool.is_none_or(|pool| account.meets(&self.pools[pool].requirement));
        let is_member = || account.seat(ticket.line).is_some();
        let obstacles = [
            (line.ignores(Ignored::Membership) || is_member(), Reason::NotMember),
            (!account.removed, Reason::Removed),
            (account.employed, Reason::Bot),
            (line.ignores(Ignored::Presence) || account.is_present(line), Reason::Presence),
            (line.ignores(Ignored::Capacity) || account.has_room(line), Reason::Capacity),
            (meets, Reason::Skill),
            (account.spent_until.is_none(), Reason::Fairness),
        ];
        obstacles.into_iter().find(|(met, _)| !met).map(|(_, reason)| reason)
    }

    /// Whom a dialog is offered to before the queue's own rule is asked; in the present round, or whatever
    /// the round.
    pub(super) fn preferred_now(
        &self,
        ticket: &Ticket,
        any_round: bool,
    ) -> Option<(OperatorIndex, Preference)> {
        let (operator, preference) = self.preferred(ticket)?;
        let is_free = any_round || !ticket.has_had(operator);
        (is_free && self.preferred_obstacle(ticket, operator).is_none()).then_some((operator, preference))
    }

    /// Whether an offer of this dialog to the operator ends when it goes offline.
    pub(super) fn presence_matters(&self, ticket: &Ticket, operator: OperatorIndex) -> bool {
        !self.lines[ticket.line].ignores(Ignored::Presence)
            || self.preferred(ticket).is_none_or(|(preferred, _)| preferred != operator)
    }

    /// Lists a dialog at rest with the operator that it prefers, where that widens who is eligible.
    pub(super) fn list_preferred(&mut self, dialog: DialogId) {
        let ticket = &self.tickets[&dialog];
        let line = &self.lines[ticket.line];
        if !line.widens() || !line.gives() {
            return;
        }
        let (Some((operator, _)), Some(pool)) = (self.preferred(ticket), ticket.pool) else { return };
        let place = (ticket.score(), dialog);
        let is_eligible = self.preferred_obstacle(ticket, operator).is_none();
        self.operators[operator].preferred.entry(pool).or_default().insert(place);
        if is_eligible {
            self.demand.insert((place.0, place.1, pool));
        }
    }

    /// Takes a dialog from the list of the operator that it prefers.
    pub(super) fn unlist_preferred(&mut self, dialog: DialogId) {
        let ticket = &self.tickets[&dialog];
        if !self.lines[ticket.line].widens() {
            return;
        }
        let (Some((operator, _)), Some(pool)) = (self.preferred(ticket), ticket.pool) else { return };
        let place = (ticket.score(), dialog);
        let lists = &mut self.operators[operator].preferred;
        let Some(list) = lists.get_mut(&pool) else { return };
        list.remove(&place);
        let next = list.first().copied();
        if list.is_empty() {
            lists.remove(&pool);
        }
        // The next one may be for this operator just as well.
        if let Some((score, next)) = next {
            self.demand.insert((score, next, pool));
        }
    }

    /// Lets the dialogs that prefer an operator be matched, if it may be given them.
    pub(super) fn call_preferred(&mut self, operator: OperatorIndex) {
        let lists = &self.operators[operator].preferred;
        let heads = lists.iter().filter_map(|(pool, list)| Some((list.first()?, *pool)));
        let heads: Vec<_> = heads.map(|((score, dialog), pool)| (*score, *dialog, pool)).collect();
        self.demand.extend(heads);
    }
}
