//! The host could not do what a request asked for.

use serde::Deserialize;

use super::{Context, Decision, DialogCommand, guard};
use crate::domain::dialog::Dialog;
use crate::domain::event::{DialogEvent, RequestFailed};
use crate::domain::form;
use crate::error::{Code, Rejection};
use crate::ids::RequestId;

/// This request could not be done: not now, or not at all.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FailRequest {
    /// Which.
    pub request: RequestId,
    /// Why, for people.
    pub reason: String,
    /// How long to wait before it is tried again; without, it has failed for good.
    pub retry_after_ms: Option<u64>,
}

impl FailRequest {
    /// Checks lengths.
    ///
    /// # Errors
    /// `too_large` or `invalid_argument`, with the field.
    pub fn validate(&self) -> Result<(), Rejection> {
        form::text("reason", &self.reason)?;
        self.retry_after_ms.map_or(Ok(()), |ms| form::duration_ms("retry_after_ms", ms))
    }
}

impl DialogCommand for FailRequest {
    fn decide(&self, dialog: &Dialog, context: &Context) -> Result<Decision, Rejection> {
        let request = guard::request(dialog, self.request)?;
        guard::host(dialog, context)?;
        if request.link().is_some() {
            return Err(Rejection::new(Code::Conflict, "this request is done"));
        }
        Ok(Decision::done(vec![DialogEvent::RequestFailed(Box::new(RequestFailed {
            request: request.id,
            kind: request.kind,
            message: request.message,
            reason: self.reason.clone(),
            retry_at: self.retry_after_ms.map(|ms| context.now.plus_ms(ms)),
        }))]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dialog::RequestStatus;
    use crate::domain::dialog::command::CompleteRequest;
    use crate::domain::testing::*;

    fn fail(retry_after_ms: Option<u64>) -> FailRequest {
        FailRequest { request: RequestId::of(DIALOG, 1), reason: "the CRM is down".into(), retry_after_ms }
    }

    #[test]
    fn a_request_with_a_retry_opens_again_when_the_time_has_come() {
        let request =
            given(with_task("anna")).when(&fail(Some(60_000)), &by_nobody()).dialog().requests.remove(0);
        assert_eq!(request.state.status(NOW), RequestStatus::Failed);
        assert_eq!(request.state.status(NOW.plus_ms(60_000)), RequestStatus::Open);
        assert_eq!((request.attempts, request.reason.as_deref()), (1, Some("the CRM is down")));
    }

    #[test]
    fn a_request_that_failed_for_good_may_still_be_completed() {
        let failed = given(with_task("anna")).when(&fail(None), &by_nobody());
        assert_eq!(failed.dialog().requests[0].state.status(NOW.plus_ms(u64::MAX)), RequestStatus::Failed);
        let complete =
            CompleteRequest { request: RequestId::of(DIALOG, 1), reference: "T-7".into(), url: None };
        let done = given(failed.all_events()).when(&complete, &by_nobody()).dialog();
        assert_eq!((done.requests[0].state.status(NOW), done.requests[0].attempts), (RequestStatus::Done, 2));
    }

    #[test]
    fn every_attempt_counts() {
        let once = given(with_task("anna")).when(&fail(None), &by_nobody()).all_events();
        let twice = given(once).when(&fail(Some(0)), &by_nobody()).dialog();
        assert_eq!(twice.requests[0].attempts, 2);
        assert_eq!(twice.requests[0].state.status(NOW), RequestStatus::Open, "somebody has it tried again");
    }

    #[test]
    fn what_is_done_cannot_fail() {
        let complete =
            CompleteRequest { request: RequestId::of(DIALOG, 1), reference: "T-7".into(), url: None };
        let done = given(with_task("anna")).when(&complete, &by_nobody()).all_events();
        given(done).when(&fail(None), &by_nobody()).rejected(Code::Conflict);
    }

    #[test]
    fn only_the_host_and_admins_say_so() {
        given(with_task("anna")).when(&fail(None), &by("anna")).rejected(Code::PermissionDenied);
        given(answered_by("anna")).when(&fail(None), &by("anna")).rejected(Code::RequestNotFound);
    }

    #[test]
    fn reasons_and_waits_have_limits() {
        assert_eq!(fail(Some(1)).validate(), Ok(()));
        assert_eq!(fail(Some(u64::MAX)).validate().unwrap_err().field.as_deref(), Some("retry_after_ms"));
        let long = FailRequest { reason: "x".repeat(10_001), ..fail(None) };
        assert_eq!(long.validate().unwrap_err().code, Code::TooLarge);
    }
}
