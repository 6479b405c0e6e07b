//! What happened, as one hash, and the last of it in words.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use xxhash_rust::xxh3::Xxh3;

/// Steps kept in words.
const WORDS: usize = 40;

/// A trace. Clones are the same one, so that it outlives a panic.
#[derive(Clone, Default)]
pub(super) struct Trace(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    hash: Xxh3,
    last: VecDeque<String>,
}

impl Trace {
    /// Something happened.
    pub fn add(&self, text: String) {
        let mut inner = self.inner();
        inner.hash.update(text.as_bytes());
        inner.hash.update(b"\n");
        if inner.last.len() == WORDS {
            inner.last.pop_front();
        }
        inner.last.push_back(text);
    }

    /// The hash of everything.
    pub fn hash(&self) -> u64 {
        self.inner().hash.digest()
    }

    /// The last of it.
    pub fn last_steps(&self) -> String {
        self.inner().last.iter().fold(String::new(), |text, step| text + step + "\n")
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
