//! What a host implements to do requests, and what it says came of them.

use std::sync::Arc;

use crate::domain::view::RequestView;

/// Does what requests ask for, wherever that is done.
///
/// May be called several times for one request: after a crash, when a lease ran out, when the
/// outcome could not be written. Use [`RequestView::request`] as the key under which the outside does
/// it once. A call whose lease runs out is dropped where it waits.
pub trait RequestHandler: Send + Sync + 'static {
    /// Does it, or says why not.
    fn handle(&self, request: &RequestView) -> impl Future<Output = Outcome> + Send;
}

impl<H: RequestHandler> RequestHandler for Arc<H> {
    fn handle(&self, request: &RequestView) -> impl Future<Output = Outcome> + Send {
        (**self).handle(request)
    }
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// It is done.
    Completed {
        /// The host's name for what came of it.
        reference: String,
        /// Where that can be seen.
        url: Option<String>,
    },
    /// It could not be done now.
    Retry {
        /// Why, for people.
        reason: String,
        /// How long to wait before it is tried again; by default a second, and twice as long after
        /// each attempt, up to an hour.
        after_ms: Option<u64>,
    },
    /// It cannot be done.
    Failed {
        /// Why, for people.
        reason: String,
    },
}

impl Outcome {
    /// It is done, and the host calls it so.
    pub fn completed(reference: impl Into<String>) -> Self {
        Self::Completed { reference: reference.into(), url: None }
    }

    /// It could not be done now; it is tried again later, and later each time.
    pub fn retry(reason: impl Into<String>) -> Self {
        Self::Retry { reason: reason.into(), after_ms: None }
    }

    /// It cannot be done.
    pub fn failed(reason: impl Into<String>) -> Self {
        Self::Failed { reason: reason.into() }
    }
}

/// The wait before the next attempt, after so many.
pub(super) fn backoff_ms(attempts: u32) -> u64 {
    const FIRST_MS: u64 = 1000;
    const LONGEST_MS: u64 = 3_600_000;
    FIRST_MS.saturating_mul(2_u64.saturating_pow(attempts)).min(LONGEST_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_an_hour() {
        assert_eq!(
            [0, 1, 2, 11, 12, u32::MAX].map(backoff_ms),
            [1000, 2000, 4000, 2_048_000, 3_600_000, 3_600_000]
        );
    }
}
