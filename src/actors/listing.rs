//! Dialogs that fit a filter, gathered from the actors of those that have one; answered by whoever is
//! last.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use hashbrown::HashSet;

use super::answer::{Answer, Pending};
use super::caller::{Caller, Outcome};
use super::shard::OpenOutbox;
use crate::domain::dialog::Dialog;
use crate::domain::finding::Filter;
use crate::domain::view::FoundDialog;
use crate::ids::DialogId;

/// Which dialogs are wanted.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// What must be true of them.
    pub filter: Filter,
    /// Only those before this one.
    pub before: Option<DialogId>,
    /// How many at most.
    pub limit: usize,
}

/// A listing under way.
#[derive(Debug)]
pub struct Listing {
    wanted: Wanted,
    gathered: Mutex<Gathered>,
}

#[derive(Debug)]
struct Gathered {
    /// Who waits, until they are answered.
    caller: Option<Caller>,
    outstanding: usize,
    found: BTreeMap<DialogId, FoundDialog>,
    awake: HashSet<DialogId>,
}

impl Listing {
    /// A listing for which the actors of `awake` are asked.
    pub fn new(wanted: Wanted, awake: HashSet<DialogId>, caller: Caller) -> Self {
        let outstanding = awake.len();
        let gathered = Gathered { caller: Some(caller), outstanding, found: BTreeMap::new(), awake };
        Self { wanted, gathered: Mutex::new(gathered) }
    }

    /// One dialog was asked. The last one answers.
    pub fn add(&self, dialog: Option<&Dialog>, outbox: &mut OpenOutbox<'_>) {
        let fitting = dialog.filter(|dialog| self.wanted.filter.fits(dialog));
        let mut gathered = self.gathered.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(dialog) = fitting {
            let full = gathered.found.len() >= self.wanted.limit;
            if !full || gathered.found.first_key_value().is_some_and(|(oldest, _)| dialog.id > *oldest) {
                gathered.found.insert(dialog.id, FoundDialog::of(dialog));
            }
            if gathered.found.len() > self.wanted.limit {
                gathered.found.pop_first();
            }
        }
        gathered.outstanding -= 1;
        if gathered.outstanding == 0 {
            gathered.answer(outbox);
        }
    }

    /// Answers at once, if nobody was asked.
    pub fn answer(&self, outbox: &mut OpenOutbox<'_>) {
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner).answer(outbox);
    }
}

impl Gathered {
    fn answer(&mut self, outbox: &mut OpenOutbox<'_>) {
        let Some(caller) = self.caller.take() else { return };
        let found = std::mem::take(&mut self.found).into_values().rev().collect();
        let pending = Pending::Found { found, awake: std::mem::take(&mut self.awake) };
        outbox.release(caller, Ok(Outcome::Answered(Box::new(Answer::Pending(pending)))));
    }
}
