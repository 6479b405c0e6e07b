//! A panic is a bug. It must not take acknowledged work with it, nor let work go on as if nothing
//! had happened: the engine stops, and says so.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::Error;

/// Runs a handler.
///
/// # Errors
/// Why the engine has to stop, if the handler panicked.
pub fn guarded(handler: impl FnOnce()) -> Result<(), Error> {
    catch_unwind(AssertUnwindSafe(handler)).map_err(|panic| {
        let text = panic
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "no message".to_owned());
        Error::StorageFailed { reason: format!("an actor panicked, which is a bug: {text}") }
    })
}
