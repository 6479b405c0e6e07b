//! What must survive a restart and cannot be read off the open dialogs. Encoding is not done here.

use std::collections::BTreeSet;

use hashbrown::HashMap;
use serde::{Deserialize, Serialize, Serializer};

use super::fact::Fact;
use super::fairness::remembered;
use super::registry::OperatorIndex;
use super::router::Router;
use crate::domain::dialog::{Rule, Ruling};
use crate::domain::event::{Change, DialogEvent, Events, OperatorEvent};
use crate::domain::operator::Fairness;
use crate::ids::{ChannelId, DialogId, OperatorId};
use crate::timestamp::Timestamp;

/// The order in which operators were last touched, which dialogs are for one alone, whose turn it is in each
/// channel, and how many dialogs operators were given lately.
///
/// It is kept up to date by folding in every change. Folding the same changes in order once more
/// changes nothing, so a copy that is older or newer than the journal's first change is mended by
/// the journal.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(from = "Stored")]
pub struct Memory {
    touched: HashMap<OperatorId, u64>,
    touches: u64,
    alone: BTreeSet<DialogId>,
    /// The number of the last ruling that gave a dialog to somebody.
    rulings: u64,
    /// In mode `round_robin`: the ruling that last gave an operator a dialog of a channel.
    turns: HashMap<(ChannelId, OperatorId), u64>,
    windows: HashMap<OperatorId, Window>,
}

/// What an operator was given, as far as fairness may count it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Window {
    pub fairness: Option<Fairness>,
    /// The numbers of the rulings, and when.
    pub given: Vec<(u64, Timestamp)>,
}

impl Window {
    /// Whether there is nothing to keep.
    fn is_empty(&self) -> bool {
        self.fairness.is_none() && self.given.is_empty()
    }
}

/// How a memory is read.
#[derive(Deserialize)]
struct Stored {
    touched: Vec<OperatorId>,
    alone: Vec<DialogId>,
    rulings: u64,
    turns: Vec<((ChannelId, OperatorId), u64)>,
    windows: Vec<(OperatorId, Window)>,
}

/// The same as it is written: the same memory always gives the same bytes.
#[derive(Serialize)]
struct Sorted<'a> {
    touched: Vec<OperatorId>,
    alone: &'a BTreeSet<DialogId>,
    rulings: u64,
    turns: Vec<(&'a (ChannelId, OperatorId), &'a u64)>,
    windows: Vec<(&'a OperatorId, &'a Window)>,
}

impl Memory {
    /// One that knows nothing but how many rulings there were.
    #[cfg(test)]
    pub(crate) fn of_rulings(rulings: u64) -> Self {
        Self { rulings, ..Self::default() }
    }

    /// Takes a change in.
    pub fn fold(&mut self, change: &Change) {
        match &change.events {
            Events::Dialog(dialog, events) => {
                Fact::all(events, change.at).for_each(|fact| self.fold_fact(*dialog, &fact));
                events.iter().for_each(|event| self.fold_event(event, change.at));
            }
            Events::Operator(operator, events) => {
                events.iter().for_each(|event| self.fold_operator(operator, event));
            }
            _ => {}
        }
    }

    fn fold_fact(&mut self, dialog: DialogId, fact: &Fact) {
        fact.touched().iter().for_each(|operator| self.touch(operator.clone()));
        match fact {
            Fact::Transferred { channel: None, .. } | Fact::Offered { alone: true, .. } => {
                self.alone.insert(dialog);
            }
            Fact::Transferred { .. } | Fact::OfferEnded { .. } | Fact::Owned { .. } | Fact::Closed => {
                self.alone.remove(&dialog);
            }
            Fact::Announced
            | Fact::Offered { .. }
            | Fact::Wrote { .. }
            | Fact::Prioritised { .. }
            | Fact::BotHolds { .. }
            | Fact::Unpinned
            | Fact::Unanswered
            | Fact::NotYet { .. } => {}
        }
    }

    fn fold_event(&mut self, event: &DialogEvent, at: Timestamp) {
        match event {
            DialogEvent::Offered { operators, ruling: Some(ruling), .. } => {
                self.fold_ruling(ruling, operators, at);
            }
            DialogEvent::Answered { operator, ruling: Some(ruling), .. } => {
                self.fold_ruling(ruling, std::slice::from_ref(operator), at);
            }
            _ => {}
        }
    }

    /// The dispatcher has given a dialog to these.
    fn fold_ruling(&mut self, ruling: &Ruling, operators: &[OperatorId], at: Timestamp) {
        self.rulings = self.rulings.max(ruling.number);
        for operator in operators {
            if ruling.rule == Rule::RoundRobin1 {
                self.turns.insert((ruling.channel.clone(), operator.clone()), ruling.number);
            }
            let Window { fairness, given } = self.windows.entry(operator.clone()).or_default();
            // What is known of later ones comes again.
            given.retain(|(number, _)| *number < ruling.number);
            given.push((ruling.number, at));
            given.drain(..given.len().saturating_sub(remembered(*fairness)));
        }
    }

    fn fold_operator(&mut self, operator: &OperatorId, event: &OperatorEvent) {
        let OperatorEvent::Put(settings) = event else { return };
        if settings.fairness.is_some() || self.windows.contains_key(operator) {
            self.windows.entry(operator.clone()).or_default().fairness = settings.fairness;
        }
        if self.windows.get(operator).is_some_and(Window::is_empty) {
            self.windows.remove(operator);
        }
    }

    /// The operators that were ever touched, the longest ago first.
    pub fn touched(&self) -> Vec<OperatorId> {
        let mut order: Vec<_> = self.touched.iter().collect();
        order.sort_unstable_by_key(|(_, when)| **when);
        order.into_iter().map(|(operator, _)| operator.clone()).collect()
    }

    /// The dialogs that are for one operator alone, who has not answered yet.
    pub fn alone(&self) -> &BTreeSet<DialogId> {
        &self.alone
    }

    pub(super) fn rulings(&self) -> u64 {
        self.rulings
    }

    /// In mode `round_robin`: who was last given a dialog of which channel by which ruling.
    pub(super) fn turns(&self) -> impl Iterator<Item = (&ChannelId, &OperatorId, u64)> {
        self.turns.iter().map(|((channel, operator), number)| (channel, operator, *number))
    }

    pub(super) fn windows(&self) -> impl Iterator<Item = (&OperatorId, &Window)> {
        self.windows.iter()
    }

    fn touch(&mut self, operator: OperatorId) {
        self.touches += 1;
        self.touched.insert(operator, self.touches);
    }
}

impl Router {
    /// What has to be kept so that a later router goes on in the same way.
    pub fn memory(&self) -> Memory {
        let mut touched: Vec<_> =
            self.operators.iter().map(|(_, account)| account).filter(|account| account.touched > 0).collect();
        touched.sort_unstable_by_key(|account| account.touched);
        let mut memory = Memory {
            alone: self.alone.iter().copied().collect(),
            rulings: self.rulings,
            ..Memory::default()
        };
        touched.into_iter().for_each(|account| memory.touch(account.id.clone()));
        for (index, line) in self.lines.iter() {
            let channel = self.lines.key(index);
            let turn = |(operator, number): (&OperatorIndex, &u64)| {
                ((channel.clone(), self.operators[*operator].id.clone()), *number)
            };
            memory.turns.extend(line.given.iter().map(turn));
        }
        let windows = self.operators.iter().map(|(_, account)| {
            let given = account.given.iter().copied().collect();
            (account.id.clone(), Window { fairness: account.fairness, given })
        });
        memory.windows.extend(windows.filter(|(_, window)| !window.is_empty()));
        memory
    }
}

impl PartialEq for Memory {
    fn eq(&self, other: &Self) -> bool {
        self.alone == other.alone
            && self.touched() == other.touched()
            && (self.rulings, &self.turns, &self.windows) == (other.rulings, &other.turns, &other.windows)
    }
}

impl From<Stored> for Memory {
    fn from(stored: Stored) -> Self {
        let mut memory = Self {
            alone: stored.alone.into_iter().collect(),
            rulings: stored.rulings,
            turns: stored.turns.into_iter().collect(),
            windows: stored.windows.into_iter().collect(),
            ..Self::default()
        };
        stored.touched.into_iter().for_each(|operator| memory.touch(operator));
        memory
    }
}

impl Serialize for Memory {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut turns: Vec<_> = self.turns.iter().collect();
        turns.sort_unstable();
        let mut windows: Vec<_> = self.windows.iter().collect();
        windows.sort_unstable_by_key(|(operator, _)| *operator);
        let sorted =
            Sorted { touched: self.touched(), alone: &self.alone, rulings: self.rulings, turns, windows };
        sorted.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dialog::Considered;
    use crate::domain::event::Destination;

    fn operator(name: &str) -> OperatorId {
        OperatorId::new(name).unwrap()
    }

    fn change(dialog: u64, event: DialogEvent) -> Change {
        Change { at: Timestamp::from_millis(0), events: Events::Dialog(DialogId(dialog), vec![event]) }
    }

    fn changes() -> Vec<Change> {
        let answered = |name| DialogEvent::Answered { operator: operator(name), weight: 1, ruling: None };
        let passed = DialogEvent::Transferred {
            from: Some(operator("anna")),
            to: Destination::Operator(operator("cyd")),
            by: Some(operator("anna")),
        };
        let offered = |names: &[&str], ruling| DialogEvent::Offered {
            operators: names.iter().map(|name| operator(name)).collect(),
            deadline: None,
            weight: 1,
            ruling,
        };
        let ruling = Ruling {
            number: 1,
            channel: ChannelId::new("web").unwrap(),
            rule: Rule::Evenly1,
            preferred: None,
            considered: Considered::default().pack(),
        };
        vec![
            change(1, answered("anna")),
            change(2, offered(&["ben", "anna"], Some(ruling.into()))),
            change(1, passed.clone()),
            change(1, offered(&["cyd"], None)),
            change(3, passed),
            change(3, answered("ben")),
        ]
    }

    #[test]
    fn operators_stand_in_the_order_of_their_last_touch() {
        let mut memory = Memory::default();
        changes().iter().for_each(|change| memory.fold(change));
        assert_eq!(memory.touched(), [operator("anna"), operator("ben")], "cyd was given nothing");
        assert_eq!(memory.alone().iter().copied().collect::<Vec<_>>(), [DialogId(1)]);
    }

    #[test]
    fn folding_the_same_changes_again_changes_nothing() {
        let mut memory = Memory::default();
        changes().iter().for_each(|change| memory.fold(change));
        let mut again = memory.clone();
        changes().iter().for_each(|change| again.fold(change));
        assert_eq!(again, memory);
    }

    #[test]
    fn what_is_written_is_read_back() {
        let mut memory = Memory::default();
        changes().iter().for_each(|change| memory.fold(change));
        let text = serde_json::to_string(&memory).unwrap();
        assert_eq!(serde_json::from_str::<Memory>(&text).unwrap(), memory);
    }
}
