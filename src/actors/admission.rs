//! How much may be under way at once. What is over the bounds is refused, never queued.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::error::Rejection;

/// Counts commands and bytes that were admitted and not yet released. On cache lines of its own:
/// hosts and the journal count here at the same time.
#[derive(Debug)]
#[repr(align(128))]
pub struct Admission {
    commands: AtomicUsize,
    bytes: AtomicUsize,
    max_commands: usize,
    max_bytes: usize,
}

impl Admission {
    /// Nothing under way, and these bounds.
    pub fn new(max_commands: usize, max_bytes: usize) -> Self {
        Self { commands: AtomicUsize::new(0), bytes: AtomicUsize::new(0), max_commands, max_bytes }
    }

    /// Takes room for one command of `bytes`.
    ///
    /// # Errors
    /// `overloaded` if either bound would be passed.
    pub fn take(&self, bytes: usize) -> Result<(), Rejection> {
        let commands = self.commands.fetch_add(1, Ordering::Relaxed) + 1;
        // Most commands bring no bytes, and whoever counts waits for all others that do.
        let total = match bytes {
            0 => self.bytes.load(Ordering::Relaxed),
            bytes => self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes,
        };
        // One command is always let in, so that none is too large for an idle engine.
        if commands > self.max_commands || (total > self.max_bytes && commands > 1) {
            self.give_back(1, bytes);
            return Err(Rejection::overloaded("too many commands are under way", RETRY_AFTER_MS));
        }
        Ok(())
    }

    /// Gives the room of so many commands back.
    pub fn give_back(&self, commands: usize, bytes: usize) {
        self.commands.fetch_sub(commands, Ordering::Relaxed);
        if bytes > 0 {
            self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        }
    }

    /// Commands under way, and their bytes.
    #[cfg(test)]
    pub fn under_way(&self) -> (usize, usize) {
        (self.commands(), self.bytes.load(Ordering::Relaxed))
    }

    /// Commands under way.
    pub fn commands(&self) -> usize {
        self.commands.load(Ordering::Relaxed)
    }
}

/// A few group commits: by then a full house has room again.
const RETRY_AFTER_MS: u64 = 10;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    #[test]
    fn what_is_over_a_bound_is_refused_and_takes_nothing() {
        let admission = Admission::new(2, 100);
        admission.take(60).unwrap();
        let refused = admission.take(60).unwrap_err();
        assert_eq!((refused.code, refused.retry_after_ms), (Code::Overloaded, Some(RETRY_AFTER_MS)));
        admission.take(40).unwrap();
        assert!(admission.take(0).is_err());
        admission.give_back(1, 60);
        admission.take(60).unwrap();
    }

    #[test]
    fn one_command_of_any_size_is_let_in() {
        assert!(Admission::new(2, 100).take(1000).is_ok());
    }
}
