//! Idempotency keys: the same key again gives the first reply.

use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::caller::{Delivery, Outcome};
use crate::domain::reply::Reply;
use crate::error::Error;
use crate::ids::IdempotencyKey;
use crate::routing::{Hashed, Spread};

/// The keys of the last commands, and of those under way.
#[derive(Debug)]
pub struct KeyTable {
    window: usize,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    entries: Entries,
    /// Finished keys, oldest first: those beyond the window are forgotten.
    order: VecDeque<IdempotencyKey>,
}

/// What is known of each key. However many there are, no command waits until all are moved.
#[derive(Debug, Default)]
struct Entries {
    known: Spread<Known>,
    /// Keys are chosen outside: nobody there should know which of them share a place.
    seed: RandomState,
}

#[derive(Debug)]
struct Known {
    hash: u64,
    key: IdempotencyKey,
    entry: Entry,
}

#[derive(Debug)]
enum Entry {
    UnderWay(Vec<oneshot::Sender<Result<Delivery, Error>>>),
    Done(Delivery),
}

/// What a key means when a command comes with it.
#[derive(Debug)]
pub enum Claim {
    /// It is new: do the command, and finish the key with its outcome.
    Fresh,
    /// The first command is still under way: its outcome comes here.
    UnderWay(oneshot::Receiver<Result<Delivery, Error>>),
    /// It was done: this is the first reply.
    Done(Delivery),
}

impl KeyTable {
    /// Keeps the last `window` keys, beginning with those that are on disk.
    pub fn new(window: usize, recovered: Vec<(IdempotencyKey, Reply)>) -> Self {
        let table = Self { window: window.max(1), inner: Mutex::default() };
        for (key, reply) in recovered {
            table.lock().remember(key, Delivery { seq: 0, outcome: Outcome::Done(reply) }, table.window);
        }
        table
    }

    /// Claims a key for a command.
    pub fn claim(&self, key: &IdempotencyKey) -> Claim {
        let mut inner = self.lock();
        match inner.entries.get_mut(key) {
            None => {
                inner.entries.insert(key.clone(), Entry::UnderWay(Vec::new()));
                Claim::Fresh
            }
            Some(Entry::UnderWay(waiting)) => {
                let (sender, receiver) = oneshot::channel();
                waiting.push(sender);
                Claim::UnderWay(receiver)
            }
            Some(Entry::Done(delivery)) => Claim::Done(delivery.clone()),
        }
    }

    /// The command of a fresh key has its outcome. Only what was done is kept.
    pub fn finish(&self, key: &IdempotencyKey, result: &Result<Delivery, Error>) {
        let mut inner = self.lock();
        let Some(Entry::UnderWay(waiting)) = inner.entries.remove(key) else { return };
        if let Ok(delivery) = result {
            inner.remember(key.clone(), delivery.clone(), self.window);
        }
        drop(inner);
        for sender in waiting {
            let _ = sender.send(result.clone());
        }
    }

    /// No command that is under way will have an outcome: whoever waits for one is told why.
    pub fn fail(&self, error: &Error) {
        let mut inner = self.lock();
        let under_way = inner.entries.known.take_out(|known| matches!(known.entry, Entry::UnderWay(_)));
        drop(inner);
        for known in under_way {
            if let Entry::UnderWay(waiting) = known.entry {
                waiting.into_iter().for_each(|sender| drop(sender.send(Err(error.clone()))));
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn remember(&mut self, key: IdempotencyKey, delivery: Delivery, window: usize) {
        while self.order.len() >= window {
            if let Some(oldest) = self.order.pop_front() {
                self.entries.remove(&oldest);
            }
        }
        self.order.push_back(key.clone());
        self.entries.insert(key, Entry::Done(delivery));
    }
}

impl Hashed for Known {
    fn hash(&self) -> u64 {
        self.hash
    }
}

impl Entries {
    fn get_mut(&mut self, key: &IdempotencyKey) -> Option<&mut Entry> {
        let hash = self.seed.hash_one(key);
        self.known.find_mut(hash, |known| known.key == *key).map(|known| &mut known.entry)
    }

    fn insert(&mut self, key: IdempotencyKey, entry: Entry) {
        match self.get_mut(&key) {
            Some(there) => *there = entry,
            None => {
                let hash = self.seed.hash_one(&key);
                self.known.find_or_insert(hash, |_| false, || Known { hash, key, entry });
            }
        }
    }

    fn remove(&mut self, key: &IdempotencyKey) -> Option<Entry> {
        let hash = self.seed.hash_one(key);
        self.known.remove(hash, |known| known.key == *key).map(|known| known.entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Code, Rejection};

    fn key(name: &str) -> IdempotencyKey {
        IdempotencyKey::new(name).unwrap()
    }

    fn done() -> Result<Delivery, Error> {
        Ok(Delivery { seq: 1, outcome: Outcome::Done(Reply::Done) })
    }

    #[test]
    fn the_same_key_again_waits_for_and_then_gets_the_first_reply() {
        let table = KeyTable::new(10, Vec::new());
        assert!(matches!(table.claim(&key("a")), Claim::Fresh));
        let Claim::UnderWay(mut waiting) = table.claim(&key("a")) else { panic!("it is under way") };
        table.finish(&key("a"), &done());
        assert!(waiting.try_recv().unwrap().is_ok());
        assert!(matches!(table.claim(&key("a")), Claim::Done(_)));
    }

    #[test]
    fn a_rejected_command_may_be_sent_again_with_its_key() {
        let table = KeyTable::new(10, Vec::new());
        table.claim(&key("a"));
        table.finish(&key("a"), &Err(Rejection::new(Code::NotOwner, "no").into()));
        assert!(matches!(table.claim(&key("a")), Claim::Fresh));
    }

    #[test]
    fn who_waits_for_a_command_that_will_have_no_outcome_is_told() {
        let table = KeyTable::new(10, vec![(key("b"), Reply::Done)]);
        table.claim(&key("a"));
        let Claim::UnderWay(mut waiting) = table.claim(&key("a")) else { panic!("it is under way") };
        table.fail(&Error::lost());
        assert!(matches!(waiting.try_recv().unwrap(), Err(Error::StorageFailed { .. })));
        assert!(matches!(table.claim(&key("b")), Claim::Done(_)));
    }

    #[test]
    fn the_oldest_key_is_forgotten_when_the_window_is_full() {
        let table = KeyTable::new(2, vec![(key("a"), Reply::Done), (key("b"), Reply::Done)]);
        table.claim(&key("c"));
        table.finish(&key("c"), &done());
        assert!(matches!(table.claim(&key("a")), Claim::Fresh));
        assert!(matches!(table.claim(&key("b")), Claim::Done(_)));
        assert!(matches!(table.claim(&key("c")), Claim::Done(_)));
    }
}
