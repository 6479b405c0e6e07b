//! A named subscription: reads event by event and says what it has done with. It goes on where it stopped, also
//! after a crash, without hole and without repetition.

use super::judge::Record;
use crate::engine::{Stepped, Subscription};
use crate::ids::SubscriptionName;
use crate::storage::Crash;

pub(super) struct Screen {
    pub name: SubscriptionName,
    subscription: Option<Subscription>,
    /// The last event that was read.
    read: u64,
    /// What was said to be done with since the position was surely on the disk; that position comes first.
    said: Vec<u64>,
    /// Said while the disk failed: it may be there or not.
    perhaps: Option<u64>,
}

impl Screen {
    pub fn new() -> Self {
        let name = SubscriptionName::new("screen").expect("it is short");
        Self { name, subscription: None, read: 0, said: vec![0], perhaps: None }
    }

    /// Reads so many events.
    ///
    /// # Panics
    /// If they are not those that have left the engine, from the right one on.
    pub fn read(&mut self, amount: u64, record: &Record) -> u64 {
        let Some(subscription) = &mut self.subscription else { return self.read };
        let up_to = self.read + amount;
        let events =
            subscription.committed_up_to(up_to).unwrap_or_else(|error| panic!("the screen: {error}"));
        for recorded in events {
            assert_eq!(recorded.seq, self.read + 1, "what the screen reads next");
            assert_eq!(Some(&recorded), record.events.get(self.read as usize), "what the screen reads");
            self.read = recorded.seq;
        }
        self.read
    }

    /// Says that everything that was read is done with.
    pub fn acknowledge(&mut self, engine: &Stepped) -> Option<u64> {
        match engine.engine.acknowledge(&self.name, self.read) {
            Ok(()) => self.said.push(self.read),
            Err(_) => {
                assert!(engine.journal.has_failed(), "a position cannot be written");
                // Only the first one can have reached the disk.
                self.perhaps.get_or_insert(self.read);
                return None;
            }
        }
        Some(self.read)
    }

    /// Everything that was said is on the disk now.
    pub fn is_safe(&mut self) {
        self.said.drain(..self.said.len() - 1);
    }

    /// The engine went down.
    pub fn interrupt(&mut self) {
        self.subscription = None;
    }

    /// Goes on after a start.
    ///
    /// # Panics
    /// If the position is not one that it can be.
    pub fn resume(&mut self, engine: &Stepped, how: Crash) {
        let position = engine.position(&self.name).unwrap_or(0);
        let possible = match how {
            Crash::Kill => &self.said[self.said.len() - 1..],
            Crash::PowerCut => &self.said[..],
        };
        let known = possible.contains(&position) || self.perhaps == Some(position);
        assert!(known, "the screen stands at {position}; it said {:?}", self.said);
        self.subscription = match engine.engine.subscribe_as(&self.name) {
            Ok(subscription) => Some(subscription),
            Err(_) if engine.journal.has_failed() => None,
            Err(error) => panic!("the screen: {error}"),
        };
        (self.read, self.said, self.perhaps) = (position, vec![position], None);
    }
}
