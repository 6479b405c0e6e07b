//! A panic is a bug. It must not take acknowledged work with it, nor let work go on as if nothing
//! had happened: the engine stops, and says so.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use super::shared::Shared;
use crate::error::Error;

/// Runs a handler.
///
/// # Errors
/// Why the engine has to stop, if the handler panicked.
pub fn guarded(handler: impl FnOnce()) -> Result<(), Error> {
    catch_unwind(AssertUnwindSafe(handler)).map_err(|panic| Error::of_panic("an actor", &*panic))
}

/// Runs a task of an arbiter to its end. If it panics, the engine stops.
pub async fn guarded_task(shared: Arc<Shared>, task: impl Future<Output = ()>) {
    let mut task = pin!(task);
    poll_fn(|context| {
        let mut polled = Poll::Ready(());
        shared.check(guarded(|| polled = task.as_mut().poll(context)));
        polled
    })
    .await;
}
