//! What others may ask the router. Changes nothing.

use super::account::Account;
use super::line::Line;
use super::router::Router;
use super::score::Score;
use super::ticket::{Holder, Listed};
use crate::domain::channel::Prefer;
use crate::domain::dialog::command::OfferRules;
use crate::ids::{ChannelId, DialogId, OperatorId};
use crate::timestamp::Timestamp;

/// What is charged to an operator's capacity, in units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Load {
    /// Units that it has.
    pub capacity: u32,
    /// Units of the dialogs that it owns.
    pub held: u64,
    /// Units reserved by offers to it.
    pub offered: u64,
}

/// How many dialogs of a channel have no owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Those that are offered to nobody.
    pub waiting: usize,
    /// Those that are offered.
    pub offered: usize,
}

/// How many open dialogs there are, by where they stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Those that are offered to nobody.
    pub waiting: usize,
    /// Those that are offered.
    pub offered: usize,
    /// Those that have an owner.
    pub answered: usize,
}

impl Router {
    /// What is charged to the operator; nothing if it is unknown.
    pub fn load(&self, operator: &OperatorId) -> Load {
        self.operators.get(operator).map_or(Load::default(), |account| Load {
            capacity: account.capacity,
            held: account.held,
            offered: account.offered,
        })
    }

    /// Whether the operator is a member of the queue in which an open dialog is, or whose it was.
    pub fn is_member(&self, dialog: DialogId, operator: &OperatorId) -> bool {
        let line = self.tickets.get(&dialog).map(|ticket| ticket.line);
        let account = self.operators.get(operator);
        line.zip(account).is_some_and(|(line, account)| account.seat(line).is_some())
    }

    /// How the channel gives its dialogs out.
    pub fn rules(&self, channel: &ChannelId) -> Option<OfferRules> {
        self.lines.get(channel).map(|line| line.rules)
    }

    /// Whether the channel prefers who owned the client's dialog before.
    pub fn prefers_last_operator(&self, channel: &ChannelId) -> bool {
        self.lines.get(channel).is_some_and(|line| line.prefer == Prefer::LastOperator)
    }

    /// How an open dialog is given out: the rules of its channel, with the weight that
    /// [`Router::depart`] sets aside for it. A dialog keeps the weight with which it was offered or
    /// answered, unless the offer reserved nothing.
    ///
    /// What a command charges must be this weight, as it was when the command was told.
    pub fn rules_for(&self, dialog: DialogId) -> Option<OfferRules> {
        let ticket = self.tickets.get(&dialog)?;
        Some(OfferRules { weight: self.needed_by(ticket), ..self.lines[ticket.line].rules })
    }

    /// The channel in whose queue or hands an open dialog is.
    pub fn channel_of(&self, dialog: DialogId) -> Option<&ChannelId> {
        let line = self.tickets.get(&dialog)?.line;
        Some(self.lines.key(line))
    }

    /// Whether a dialog of the channel may be passed to the operator: a person who is there, or whose
    /// presence does not matter to the channel.
    pub fn reachable(&self, operator: &OperatorId, channel: &ChannelId) -> bool {
        match (self.operators.get(operator), self.lines.get(channel)) {
            (Some(account), Some(line)) => account.is_reachable(line),
            _ => false,
        }
    }

    /// Dialogs that are offered to the operator or wait in a queue of which it is a member, the first
    /// to be answered first.
    pub fn unanswered(&self, operator: &OperatorId) -> Vec<DialogId> {
        let Some(account) = self.operators.get(operator) else { return Vec::new() };
        let offers = account.offers.iter().map(|dialog| (self.tickets[dialog].score(), *dialog));
        let mut dialogs: Vec<(Score, DialogId)> = offers.collect();
        for (line, _) in &account.seats {
            dialogs.extend(self.lines[*line].waiting.iter().copied());
        }
        dialogs.sort_unstable();
        dialogs.into_iter().map(|(_, dialog)| dialog).collect()
    }

    /// The open dialogs that the operator owns, by id.
    pub fn owned_by(&self, operator: &OperatorId) -> Vec<DialogId> {
        let owned = |account: &Account| account.owned.iter().copied().collect();
        self.operators.get(operator).map_or_else(Vec::new, owned)
    }

    /// How many dialogs of the channel have no owner.
    pub fn counts(&self, channel: &ChannelId) -> Counts {
        let count = |line: &Line| Counts { waiting: line.waiting.len(), offered: line.offered.len() };
        self.lines.get(channel).map_or(Counts::default(), count)
    }

    /// Where a dialog stands in its channel's queue, from 1, by the order in which the queue gives, and which
    /// channel that is. Nothing if it does not wait.
    pub fn position(&self, dialog: DialogId) -> Option<(u64, &ChannelId)> {
        let ticket = self.tickets.get(&dialog)?;
        let Listed::Waiting(line, score, _) = ticket.listed() else { return None };
        Some((self.lines[line].waiting.place(&(score, dialog))?, self.lines.key(line)))
    }

    /// How many dialogs wait, of one channel or of all, and since when the one that entered its queue first.
    pub fn waiting(&self, channel: Option<&ChannelId>) -> (usize, Option<Timestamp>) {
        let all = channel.is_none().then(|| self.lines.iter().map(|(_, line)| line));
        let one = channel.and_then(|channel| self.lines.get(channel));
        let lines = all.into_iter().flatten().chain(one);
        lines.fold((0, None), |(count, oldest), line| {
            let first = oldest.into_iter().chain(line.waiting.oldest()).min();
            (count + line.waiting.len(), first)
        })
    }

    /// How many open dialogs there are, by where they stand; one that is just being opened counts as
    /// waiting, so that none is left out. Takes time with the number of dialogs.
    pub fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for ticket in self.tickets.iter().map(|(_, ticket)| ticket) {
            match ticket.holder {
                Holder::Nobody => totals.waiting += 1,
                Holder::Offered { .. } => totals.offered += 1,
                Holder::Owner(_) => totals.answered += 1,
                Holder::Bot(_) | Holder::Closed => {}
            }
        }
        totals
    }

    /// How many dialogs are open.
    pub fn open_dialogs(&self) -> usize {
        self.tickets.len()
    }

    /// How many trips are under way to one dialog.
    pub fn trips(&self, dialog: DialogId) -> usize {
        self.tickets.get(&dialog).map_or(0, |ticket| ticket.trips.len())
    }
}
