//! Asks the host to create a task of a message.

use serde::Deserialize;

use super::{Context, Decision, DialogCommand, FromMessage};
use crate::domain::dialog::{Dialog, RequestKind};
use crate::error::Rejection;

/// A task of this message.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct CreateTask(pub FromMessage);

impl DialogCommand for CreateTask {
    fn decide(&self, dialog: &Dialog, context: &Context) -> Result<Decision, Rejection> {
        self.0.decide(RequestKind::Task, dialog, context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dialog::{HostRequest, RequestDetails, RequestState};
    use crate::domain::event::DialogEvent;
    use crate::domain::operator::Role;
    use crate::domain::reply::{Reply, Requested};
    use crate::domain::testing::*;
    use crate::error::Code;
    use crate::ids::{MessageId, RequestId};
    use crate::timestamp::Timestamp;

    fn task() -> CreateTask {
        CreateTask(FromMessage {
            title: Some("call back".into()),
            due: Some(Timestamp::from_millis(2_000_000)),
            assignee: Some(operator("bea")),
            ..FromMessage::new(MessageId::of(DIALOG, 1))
        })
    }

    #[test]
    fn the_owner_makes_a_request_with_the_text_of_the_message() {
        let expected = HostRequest {
            id: RequestId::of(DIALOG, 1),
            kind: RequestKind::Task,
            message: Some(MessageId::of(DIALOG, 1)),
            description: Some("hello?".into()),
            details: RequestDetails {
                title: Some("call back".into()),
                due: Some(Timestamp::from_millis(2_000_000)),
                assignee: Some(operator("bea")),
                ..RequestDetails::default()
            },
            contact: None,
            created_by: operator("anna"),
            created_at: NOW,
            state: RequestState::Open,
            attempts: 0,
            reason: None,
        };
        let outcome = given(answered_by("anna")).when(&task(), &by("anna"));
        outcome
            .then([DialogEvent::RequestCreated(Box::new(expected))])
            .replies(Reply::Requested(Requested { request: RequestId::of(DIALOG, 1) }));
    }

    #[test]
    fn every_request_of_a_dialog_has_its_own_id() {
        let first = given(answered_by("anna")).when(&task(), &by("anna")).all_events();
        let second = given(first).when(&task(), &by("anna"));
        second.replies(Reply::Requested(Requested { request: RequestId::of(DIALOG, 2) }));
    }

    #[test]
    fn who_takes_part_may_also_when_the_dialog_is_closed() {
        given(answered_by("bea")).when(&task(), &by("anna")).rejected(Code::NotParticipant);
        given(waiting()).when(&task(), &by("anna")).rejected(Code::NotParticipant);
        let supervisor = by("anna").role(Role::Supervisor);
        assert_eq!(given(waiting()).when(&task(), &supervisor).events().len(), 1);
        assert_eq!(given(finished_by("anna")).when(&task(), &by("anna")).events().len(), 1);
    }

    #[test]
    fn what_was_deleted_asks_for_nothing_but_what_was_asked_for_before_stays() {
        let asked = given(with_task("anna")).dialog();
        let gone = [with_task("anna"), vec![deleted(1, None)]].concat();
        assert_eq!(given(gone.clone()).dialog().requests, asked.requests);
        given(gone.clone()).when(&task(), &by("anna")).rejected(Code::Conflict);
        given(gone).when(&task(), &by("bea")).rejected(Code::NotParticipant);
    }

    #[test]
    fn a_message_that_is_not_there_comes_before_permission() {
        let missing = CreateTask(FromMessage::new(MessageId::of(DIALOG, 2)));
        let outcome = given(answered_by("bea")).when(&missing, &by("anna"));
        assert_eq!(outcome.rejected(Code::MessageNotFound).as_deref(), Some("message"));
    }

    #[test]
    fn times_have_an_order_and_titles_a_length() {
        let FromMessage { message, .. } = task().0;
        let (early, late) = (Timestamp::from_millis(1), Timestamp::from_millis(2));
        let field = |request: FromMessage| request.validate().err().and_then(|rejection| rejection.field);
        let span =
            |starts, ends, due| FromMessage { starts: Some(starts), ends, due, ..FromMessage::new(message) };
        assert_eq!(field(span(early, Some(late), Some(early))), None);
        assert_eq!(field(span(late, Some(early), None)).as_deref(), Some("ends"));
        assert_eq!(field(span(late, None, Some(early))).as_deref(), Some("due"));
        let long = FromMessage { title: Some("x".repeat(257)), ..FromMessage::new(message) };
        assert_eq!(long.validate().unwrap_err().code, Code::TooLarge);
    }
}
