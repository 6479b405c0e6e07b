//! The host did what a request asked for.

use serde::Deserialize;

use super::{Context, Decision, DialogCommand, guard};
use crate::domain::dialog::{Dialog, Link};
use crate::domain::event::{DialogEvent, RequestCompleted};
use crate::domain::form;
use crate::error::{Code, Rejection};
use crate::ids::RequestId;

/// This request is done. Once more with the same reference changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CompleteRequest {
    /// Which.
    pub request: RequestId,
    /// The host's name for what came of it.
    pub reference: String,
    /// Where that can be seen.
    pub url: Option<String>,
}

impl CompleteRequest {
    /// Checks lengths.
    ///
    /// # Errors
    /// `too_large` or `invalid_argument`, with the field.
    pub fn validate(&self) -> Result<(), Rejection> {
        if self.reference.is_empty() {
            return Err(Rejection::invalid("reference", "without a reference nobody finds it again"));
        }
        form::name("reference", &self.reference)?;
        self.url.as_deref().map_or(Ok(()), |url| form::url("url", url))
    }
}

impl DialogCommand for CompleteRequest {
    fn decide(&self, dialog: &Dialog, context: &Context) -> Result<Decision, Rejection> {
        let request = guard::request(dialog, self.request)?;
        guard::host(dialog, context)?;
        match request.link() {
            Some(link) if link.reference == self.reference => Ok(Decision::nothing()),
            Some(link) => {
                let message = format!("this request was completed with the reference {}", link.reference);
                Err(Rejection::new(Code::Conflict, message))
            }
            None => Ok(Decision::done(vec![DialogEvent::RequestCompleted(Box::new(RequestCompleted {
                request: request.id,
                kind: request.kind,
                message: request.message,
                link: Link { reference: self.reference.clone(), url: self.url.clone() },
            }))])),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dialog::RequestStatus;
    use crate::domain::operator::Role;
    use crate::domain::reply::Reply;
    use crate::domain::testing::*;

    fn complete(reference: &str) -> CompleteRequest {
        let url = Some("https://crm.example/7".to_owned());
        CompleteRequest { request: RequestId::of(DIALOG, 1), reference: reference.into(), url }
    }

    #[test]
    fn a_completed_request_is_done_and_linked() {
        let outcome = given(with_task("anna")).when(&complete("T-7"), &by_nobody());
        let dialog = outcome.dialog();
        let request = &dialog.requests[0];
        assert_eq!((request.state.status(NOW), request.attempts), (RequestStatus::Done, 1));
        assert_eq!(request.link().map(|link| link.reference.as_str()), Some("T-7"));
        assert_eq!(dialog.links().count(), 0, "only deals are links of the dialog");
        assert_eq!(dialog.links_of(request.message.unwrap()).count(), 1);
        outcome.replies(Reply::Done);
    }

    #[test]
    fn a_completed_deal_is_a_link_of_its_dialog() {
        let dialog = given(with_deal("anna")).when(&complete("D-7"), &by_nobody()).dialog();
        let url = Some("https://crm.example/7".to_owned());
        assert_eq!(dialog.links().collect::<Vec<_>>(), [&Link { reference: "D-7".into(), url }]);
    }

    #[test]
    fn the_same_reference_again_changes_nothing_and_another_is_refused() {
        let done = given(with_task("anna")).when(&complete("T-7"), &by_nobody()).all_events();
        given(done.clone()).when(&complete("T-7"), &by_nobody()).then([]).replies(Reply::Done);
        given(done).when(&complete("T-8"), &by_nobody()).rejected(Code::Conflict);
    }

    #[test]
    fn the_host_and_admins_complete_also_in_a_closed_dialog() {
        given(with_task("anna")).when(&complete("T-7"), &by("anna")).rejected(Code::PermissionDenied);
        let supervisor = by("anna").role(Role::Supervisor);
        given(with_task("anna")).when(&complete("T-7"), &supervisor).rejected(Code::PermissionDenied);
        let admin = by("anna").role(Role::Admin);
        assert_eq!(given(with_task("anna")).when(&complete("T-7"), &admin).events().len(), 1);
        let closed = [with_task("anna"), vec![finished_event("anna")]].concat();
        assert_eq!(given(closed).when(&complete("T-7"), &by_nobody()).events().len(), 1);
    }

    #[test]
    fn a_request_that_is_not_there_comes_first() {
        let outcome = given(answered_by("anna")).when(&complete("T-7"), &by("anna"));
        assert_eq!(outcome.rejected(Code::RequestNotFound).as_deref(), Some("request"));
    }

    #[test]
    fn a_reference_is_neither_empty_nor_long() {
        let field = |complete: CompleteRequest| complete.validate().err().and_then(|error| error.field);
        assert_eq!(field(complete("T-7")), None);
        assert_eq!(field(complete("")).as_deref(), Some("reference"));
        assert_eq!(field(complete(&"x".repeat(257))).as_deref(), Some("reference"));
        let long = CompleteRequest { url: Some("x".repeat(2049)), ..complete("T-7") };
        assert_eq!(field(long).as_deref(), Some("url"));
    }
}
