//! What must survive a restart and cannot be read off the open dialogs. Encoding is not done here.

use std::collections::BTreeSet;

use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

use super::fact::Fact;
use crate::domain::event::{Change, Events};
use crate::ids::{DialogId, OperatorId};

/// The order in which operators were last touched, and which dialogs were passed to one alone.
///
/// It is kept up to date by folding in every change. Folding the same changes in order once more
/// changes nothing, so a copy that is older or newer than the journal's first change is mended by
/// the journal.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(from = "Stored", into = "Stored")]
pub struct Memory {
    touched: HashMap<OperatorId, u64>,
    touches: u64,
    alone: BTreeSet<DialogId>,
}

/// How a memory is written: the same memory always gives the same bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Stored {
    touched: Vec<OperatorId>,
    alone: Vec<DialogId>,
}

impl Memory {
    /// The memory of these operators, touched in this order, and of dialogs passed to one alone.
    pub(super) fn new(touched: Vec<OperatorId>, alone: BTreeSet<DialogId>) -> Self {
        let mut memory = Self { alone, ..Self::default() };
        touched.into_iter().for_each(|operator| memory.touch(operator));
        memory
    }

    /// Takes a change in.
    pub fn fold(&mut self, change: &Change) {
        let Events::Dialog(dialog, events) = &change.events else { return };
        for fact in events.iter().filter_map(|event| Fact::of(event, change.at)) {
            fact.touched().iter().for_each(|operator| self.touch(operator.clone()));
            match fact {
                Fact::Transferred { channel: None, .. } => {
                    self.alone.insert(*dialog);
                }
                Fact::Transferred { .. } | Fact::OfferEnded { .. } | Fact::Owned { .. } | Fact::Closed => {
                    self.alone.remove(dialog);
                }
                Fact::Announced
                | Fact::Offered { .. }
                | Fact::Wrote { .. }
                | Fact::BotHolds { .. }
                | Fact::Unpinned
                | Fact::NotYet { .. } => {}
            }
        }
    }

    /// The operators that were ever touched, the longest ago first.
    pub fn touched(&self) -> Vec<OperatorId> {
        let mut order: Vec<_> = self.touched.iter().collect();
        order.sort_unstable_by_key(|(_, when)| **when);
        order.into_iter().map(|(operator, _)| operator.clone()).collect()
    }

    /// The dialogs that were passed to one operator alone, who has not answered yet.
    pub fn alone(&self) -> &BTreeSet<DialogId> {
        &self.alone
    }

    fn touch(&mut self, operator: OperatorId) {
        self.touches += 1;
        self.touched.insert(operator, self.touches);
    }
}

impl PartialEq for Memory {
    fn eq(&self, other: &Self) -> bool {
        self.alone == other.alone && self.touched() == other.touched()
    }
}

impl From<Stored> for Memory {
    fn from(stored: Stored) -> Self {
        Self::new(stored.touched, stored.alone.into_iter().collect())
    }
}

impl From<Memory> for Stored {
    fn from(memory: Memory) -> Self {
        Self { touched: memory.touched(), alone: memory.alone.into_iter().collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::{Destination, DialogEvent};
    use crate::timestamp::Timestamp;

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
        let offered = |names: &[&str]| DialogEvent::Offered {
            operators: names.iter().map(|name| operator(name)).collect(),
            deadline: None,
            weight: 1,
            ruling: None,
        };
        vec![
            change(1, answered("anna")),
            change(2, offered(&["ben", "anna"])),
            change(1, passed.clone()),
            change(1, offered(&["cyd"])),
            change(3, passed),
            change(3, answered("ben")),
        ]
    }

    #[test]
    fn operators_stand_in_the_order_of_their_last_touch() {
        let mut memory = Memory::default();
        changes().iter().for_each(|change| memory.fold(change));
        assert_eq!(memory.touched(), [operator("anna"), operator("cyd"), operator("ben")]);
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
