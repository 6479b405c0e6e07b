//! The engine as a host sees it: a handle that is cheap to clone and safe to use from any thread,
//! on any executor and on none.

mod backup;
mod builder;
mod composer;
#[cfg(test)]
mod credits;
mod execution;
mod finding;
mod history;
mod host;
mod leases;
mod operator;
#[cfg(test)]
mod panics;
mod participation;
mod queries;
mod requests;
mod running;
mod settings;
mod statistics;
mod subscription;
mod transients;
mod virtual_time;

pub use builder::{Builder, ClockMode};
pub use execution::{Acknowledged, Execution};
pub use finding::DialogPage;
pub use leases::Lease;
pub use operator::AsOperator;
pub use queries::{Answered, Checkpoints};
pub use requests::RequestPage;
pub use settings::Settings;
pub use subscription::{Notifications, Subscription};
pub use transients::Transients;

pub use crate::actors::answer::Answer;
pub use crate::actors::health::Health;
pub use crate::actors::pilot::Advance;
pub use crate::actors::script::{Observation, Script, Step};
pub use crate::storage::{Durability, FeedError, Recorded};

use std::path::Path;
use std::sync::Arc;

use self::running::Running;
#[cfg(test)]
pub(crate) use self::running::stepped::Stepped;
use crate::error::Error;

/// A running engine. Clones are handles to the same one; the last to go closes it.
///
/// Every method may be called from any thread. Methods that change something take the command in
/// when they are *called*, in the order of the calls, and return an [`Execution`]: a future on
/// any executor, with [`Execution::wait`] for code that has none.
///
/// Commands on one dialog, and of one client, are done in the order of the calls. Between dialogs
/// only outcomes order them: what one command frees (a [`finish`](AsOperator::finish), say) can be
/// relied upon by another when its outcome is there.
///
/// Let the last handle go before the process ends; one in a `static` is never dropped, so [`close`](Self::close) it.
/// RocksDB's threads work until then, and a process that ends around them may end with a signal. Even so nothing
/// acknowledged is lost: the next opening reads the journal, as after a kill.
#[derive(Debug, Clone)]
pub struct Engine {
    running: Arc<Running>,
}

impl Engine {
    /// Prepares to open the data directory `path`, which is created if it is missing.
    pub fn builder(path: impl AsRef<Path>) -> Builder {
        Builder::new(path.as_ref())
    }

    /// Opens the data directory `path` with default settings. Blocks while it recovers.
    ///
    /// # Errors
    /// As [`Builder::open`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::builder(path).open()
    }

    /// Closes the engine: nothing more is admitted, what was admitted is brought to its end,
    /// everything is written to disk. Other handles answer [`Error::Closed`] from now on.
    ///
    /// # Errors
    /// [`Error::StorageFailed`] if not everything could be written; nothing acknowledged is lost.
    pub async fn close(self) -> Result<(), Error> {
        let (sender, closed) = tokio::sync::oneshot::channel();
        // The work is done on a thread of its own, so that no executor is held up.
        std::thread::spawn(move || sender.send(self.close_blocking()));
        closed.await.unwrap_or(Err(Error::Closed))
    }

    /// As [`close`](Self::close), for code without an executor. Blocks for as long as it takes,
    /// usually milliseconds.
    ///
    /// # Errors
    /// As [`close`](Self::close).
    pub fn close_blocking(self) -> Result<(), Error> {
        self.running.close()
    }
}
