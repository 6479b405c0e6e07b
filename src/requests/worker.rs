//! Takes requests, has them handled, a few at a time, and writes the outcomes back. Runs on any
//! executor, and on none.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::handler::{Outcome, RequestHandler, backoff_ms};
use super::signal::{Signal, Stopper, Ticker};
use crate::domain::dialog::command::{CompleteRequest, FailRequest};
use crate::engine::{Engine, Lease};
use crate::error::{Code, Error};
use crate::ids::RequestId;
use crate::timestamp::Timestamp;

/// How a worker works. Plain data; every field has a default.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WorkerSettings {
    /// Requests that are handled at the same time, at most. Default 8.
    pub concurrency: usize,
    /// How long a handler has for one request before it is given out again, on the engine's clock.
    /// Default one minute.
    pub lease_ms: u64,
    /// How often the worker looks for retries that have fallen due and leases that have run out.
    /// New requests it sees at once. Default a quarter of a second.
    pub poll_ms: u64,
}

impl Default for WorkerSettings {
    fn default() -> Self {
        Self { concurrency: 8, lease_ms: 60_000, poll_ms: 250 }
    }
}

/// Has the requests of an engine done by a handler. Several may work for one engine: a request is
/// leased to one of them at a time.
pub struct Worker<H> {
    engine: Engine,
    handler: Arc<H>,
    settings: WorkerSettings,
    signal: Arc<Signal>,
    /// How often requests had changed when it last looked.
    seen: u64,
    attempts: Vec<Attempt>,
}

/// A request that is being handled.
struct Attempt {
    request: RequestId,
    until: Timestamp,
    work: Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>,
}

impl<H> fmt::Debug for Worker<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl<H: RequestHandler> Worker<H> {
    /// A worker with default settings. It does nothing until it runs.
    pub fn new(engine: Engine, handler: H) -> Self {
        let (handler, settings) = (Arc::new(handler), WorkerSettings::default());
        Self { engine, handler, settings, signal: Arc::default(), seen: 0, attempts: Vec::new() }
    }

    /// The same with other settings.
    #[must_use]
    pub fn settings(mut self, settings: WorkerSettings) -> Self {
        self.settings = settings;
        self
    }

    /// What stops it.
    pub fn stopper(&self) -> Stopper {
        Stopper(Arc::clone(&self.signal))
    }

    /// Works until it is stopped or the engine is closed; then what has begun is brought to its end.
    /// If this future is dropped, what has begun is given out again.
    ///
    /// # Errors
    /// [`Error::StorageFailed`] if the engine has stopped, [`Error::NoThread`] if it cannot begin.
    pub async fn run(mut self) -> Result<(), Error> {
        let every = Duration::from_millis(self.settings.poll_ms.max(1));
        let _ticker = Ticker::start(Arc::clone(&self.signal), every)?;
        match self.work().await {
            Err(Error::Closed) => Ok(()),
            outcome => outcome,
        }
    }

    /// As [`run`](Self::run), for code without an executor: blocks this thread.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_blocking(self) -> Result<(), Error> {
        pollster::block_on(self.run())
    }

    async fn work(&mut self) -> Result<(), Error> {
        loop {
            self.give_up_late_ones().await?;
            if !self.signal.is_stopped() {
                self.take().await?;
            } else if self.attempts.is_empty() {
                return Ok(());
            }
            poll_fn(|context| self.poll(context)).await?;
        }
    }

    /// Leases as many requests as may be handled besides those under way.
    async fn take(&mut self) -> Result<(), Error> {
        let free = self.settings.concurrency.max(1) - self.attempts.len();
        let leases = match self.engine.lease_requests(free, self.settings.lease_ms).await {
            // Others have more urgent work for the engine: it is asked again at the next tick.
            Err(error) if error.code() == Code::Overloaded => return Ok(()),
            leases => leases?,
        };
        for lease in leases {
            let (engine, handler) = (self.engine.clone(), Arc::clone(&self.handler));
            let (request, until) = (lease.request.request, lease.until());
            let work = Box::pin(attempt(engine, handler, lease));
            self.attempts.push(Attempt { request, until, work });
        }
        Ok(())
    }

    /// Drops what has taken too long; that counts as an attempt, and it is given out again.
    async fn give_up_late_ones(&mut self) -> Result<(), Error> {
        let now = self.engine.now();
        let late = self.attempts.extract_if(.., |attempt| attempt.until <= now);
        for request in late.map(|attempt| attempt.request).collect::<Vec<_>>() {
            let reason = "it was not done before its lease ran out".to_owned();
            let fail = FailRequest { request, reason, retry_after_ms: Some(0) };
            accepted(request, self.engine.fail_request(fail).await)?;
        }
        Ok(())
    }

    /// Goes on with what is under way; ready when there is something to see to.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let mut ready = self.signal.take(context.waker());
        ready |= self.engine.poll_requests(&mut self.seen, context).is_ready();
        let mut place = 0;
        while let Some(attempt) = self.attempts.get_mut(place) {
            match attempt.work.as_mut().poll(context) {
                Poll::Pending => place += 1,
                Poll::Ready(outcome) => {
                    self.attempts.swap_remove(place);
                    outcome?;
                    ready = true;
                }
            }
        }
        if ready { Poll::Ready(Ok(())) } else { Poll::Pending }
    }
}

/// Handles one request and writes the outcome, while the lease is held.
async fn attempt<H: RequestHandler>(engine: Engine, handler: Arc<H>, lease: Lease) -> Result<(), Error> {
    let request = lease.request.request;
    let fail = |reason, retry_after_ms| FailRequest { request, reason, retry_after_ms };
    let written = match handler.handle(&lease.request).await {
        Outcome::Completed { reference, url } => {
            engine.complete_request(CompleteRequest { request, reference, url }).await
        }
        Outcome::Retry { reason, after_ms } => {
            let wait = after_ms.unwrap_or_else(|| backoff_ms(lease.request.attempts));
            engine.fail_request(fail(reason, Some(wait))).await
        }
        Outcome::Failed { reason } => engine.fail_request(fail(reason, None)).await,
    };
    accepted(request, written)
}

/// An outcome that the engine rejects stops nothing: the request is given out again, or was done
/// by somebody else.
fn accepted(request: RequestId, written: Result<(), Error>) -> Result<(), Error> {
    match written {
        Err(Error::Rejected(rejection)) => {
            tracing::warn!(%request, %rejection, "the outcome of a request was not accepted");
            Ok(())
        }
        written => written,
    }
}
