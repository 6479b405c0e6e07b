//! Arbitrary frames and images, folded by recovery.
#![no_main]

use std::cell::RefCell;

use centrala::fuzzing::{Recoveries, scratch_root};
use tempfile::TempDir;

thread_local! {
    static SCRATCH: (TempDir, RefCell<Recoveries>) =
        (tempfile::tempdir_in(scratch_root()).expect("a directory can be made"), RefCell::default());
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    SCRATCH.with(|(root, recoveries)| drop(recoveries.borrow_mut().recover(bytes, root.path())));
});
