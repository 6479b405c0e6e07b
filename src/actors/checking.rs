//! For fuzzing alone: whether everything is looked up the slow way whenever somebody waits for it to be settled.

use std::sync::atomic::{AtomicBool, Ordering};

static WANTED: AtomicBool = AtomicBool::new(false);

/// From now on, in every engine of this process.
pub fn want() {
    WANTED.store(true, Ordering::Relaxed);
}

/// Whether it is.
pub fn is_wanted() -> bool {
    WANTED.load(Ordering::Relaxed)
}
