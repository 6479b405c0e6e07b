//! Who takes part in which open dialogs, or owns an internal one, so that one who is dismissed leaves
//! them all. Owners of clients' dialogs are known to the router.
//!
//! Derived from the dialogs, as everything in the dispatcher; nothing is decided here.

use std::collections::BTreeSet;

use hashbrown::HashMap;

use super::Dispatcher;
use super::commands::Asking;
use crate::actors::caller::Caller;
use crate::domain::dialog::Head;
use crate::domain::dialog::order::Dismiss;
use crate::domain::operator::Operator;
use crate::ids::{DialogId, OperatorId};
use crate::timestamp::Timestamp;

/// Participants and their dialogs.
#[derive(Debug, Default)]
pub struct Company(HashMap<OperatorId, BTreeSet<DialogId>>);

impl Company {
    /// Takes an open dialog in that recovery found.
    pub fn restore(&mut self, head: &Head) {
        for operator in head.keeper().into_iter().chain(&head.participants) {
            self.set(head.id, operator.clone(), true);
        }
    }

    fn set(&mut self, dialog: DialogId, operator: OperatorId, takes_part: bool) {
        if takes_part {
            self.0.entry(operator).or_default().insert(dialog);
        } else if let Some(dialogs) = self.0.get_mut(&operator) {
            dialogs.remove(&dialog);
            if dialogs.is_empty() {
                self.0.remove(&operator);
            }
        }
    }
}

impl Dispatcher {
    /// Somebody takes part in a dialog, or no longer.
    pub(super) fn company_changed(
        &mut self,
        dialog: DialogId,
        operator: OperatorId,
        takes_part: bool,
        now: Timestamp,
    ) {
        // One who was dismissed while the command was under way leaves again.
        if takes_part && self.entry(&operator).is_none() {
            self.order(dialog, Dismiss { operator: operator.clone() }, None, engines_own(now));
        }
        self.company.set(dialog, operator, takes_part);
    }

    /// Whoever no longer works here takes part in nothing.
    pub(super) fn dismiss(&mut self, operator: &Operator, now: Timestamp) {
        if !operator.removed {
            return;
        }
        for dialog in self.company.0.get(&operator.id).cloned().unwrap_or_default() {
            self.order(dialog, Dismiss { operator: operator.id.clone() }, None, engines_own(now));
        }
    }
}

fn engines_own(now: Timestamp) -> Asking {
    Asking { acting: None, caller: Caller::nobody(), now }
}
