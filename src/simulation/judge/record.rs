//! The journal as it left the engine, and what of it a crash may take back.

use super::Model;
use crate::storage::{Crash, Durability, Recorded};

/// What was said of the journal when the engine went down.
#[derive(Debug, Clone, Copy)]
pub(in crate::simulation) struct Promise {
    /// What a reply means.
    pub level: Durability,
    /// How the engine went down.
    pub how: Crash,
}

/// Every event that ever left the engine and was not taken back.
#[derive(Debug, Default)]
pub(in crate::simulation) struct Record {
    pub events: Vec<Recorded>,
    pub model: Model,
    /// How many of them were handed to the operating system.
    pub written: usize,
    /// How many of them were in tables that were flushed.
    pub flushed: usize,
}

impl Record {
    /// The last event.
    pub fn last(&self) -> u64 {
        self.events.len() as u64
    }

    /// Takes in what comes next.
    ///
    /// # Panics
    /// If there is a hole or a repetition before it, or it is no possible step.
    pub fn take(&mut self, recorded: Recorded) {
        assert_eq!(recorded.seq, self.last() + 1, "events have a hole or come twice");
        self.model.take(&recorded);
        self.events.push(recorded);
    }

    /// Events that must be there after a crash, whatever else is.
    pub fn least_after(&self, Promise { level, how }: Promise) -> u64 {
        let kept = match (level, how) {
            (Durability::Sync, _) => self.events.len(),
            (Durability::Buffered | Durability::None, Crash::Kill) => self.written,
            (Durability::Buffered | Durability::None, Crash::PowerCut) => self.flushed,
        };
        kept as u64
    }

    /// The engine is up again and says that `last` is the last event; `kept` are those that can be read.
    ///
    /// # Panics
    /// If something is gone that was promised, or was changed.
    pub fn compare(&mut self, last: u64, kept: Vec<Recorded>, promise: Promise) {
        let least = self.least_after(promise);
        assert!(last >= least, "after {promise:?} only {last} of {least} events are there");
        for recorded in &kept {
            let before = self.events.get(recorded.seq as usize - 1);
            assert!(before.is_none_or(|before| before == recorded), "{before:?} became {recorded:?}");
        }
        if last < self.last() {
            self.events.truncate(last as usize);
            self.model = Model::default();
            self.events.iter().for_each(|recorded| self.model.take(recorded));
        }
        let known = self.last();
        kept.into_iter().filter(|recorded| recorded.seq > known).for_each(|recorded| self.take(recorded));
        assert_eq!(self.last(), last, "the last event");
        (self.written, self.flushed) = (self.events.len(), self.events.len());
    }
}
