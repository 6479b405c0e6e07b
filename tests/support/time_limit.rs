//! A limit for tests that wait: what never happens is a failure, not a test that never ends.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

/// Long enough for the slowest machine.
const LIMIT: Duration = Duration::from_secs(120);

/// Runs a test on a thread of its own; fails if it does not end.
pub fn in_time(test: impl FnOnce() + Send + 'static) {
    let (ended, end) = mpsc::channel();
    // Named like the test, so that what fails there can be told from what fails in an engine.
    let name = thread::current().name().unwrap_or_default().to_owned();
    let running = thread::Builder::new().name(name).spawn(move || {
        test();
        let _ = ended.send(());
    });
    let running = running.expect("a thread can be started");
    match end.recv_timeout(LIMIT) {
        Err(RecvTimeoutError::Timeout) => panic!("the test still waits after {LIMIT:?}"),
        Ok(()) | Err(RecvTimeoutError::Disconnected) => {
            if let Err(panic) = running.join() {
                std::panic::resume_unwind(panic);
            }
        }
    }
}
