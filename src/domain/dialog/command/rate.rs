//! Takes in what the client thought of a dialog that is over.

use serde::Deserialize;

use super::{Context, Decision, DialogCommand, guard};
use crate::domain::dialog::{CloseReason, Dialog, Status, rating};
use crate::domain::event::DialogEvent;
use crate::error::{Code, Rejection};
use crate::ids::DialogId;

/// The client thinks so of the dialog. Sent by the connector, once, where the channel asks for it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// Which.
    pub dialog: DialogId,
    /// From 1 to 5.
    pub score: u8,
    /// In the client's words.
    pub comment: Option<String>,
}

impl Rate {
    /// Checks lengths and ranges.
    ///
    /// # Errors
    /// `invalid_argument` or `too_large`, with the field.
    pub fn validate(&self) -> Result<(), Rejection> {
        rating::validate("score", self.score, self.comment.as_deref())
    }
}

impl DialogCommand for Rate {
    fn decide(&self, dialog: &Dialog, context: &Context) -> Result<Decision, Rejection> {
        let spam = dialog.status == Status::Closed { reason: CloseReason::Spam };
        if spam || !context.desk.rating {
            return Err(Rejection::new(
                Code::PermissionDenied,
                "nobody has asked for a rating of this dialog",
            ));
        }
        guard::closed(dialog)?;
        if dialog.rating.is_some() {
            return Err(Rejection::new(Code::AlreadyRated, "this dialog has been rated"));
        }
        let (score, comment) = (self.score, self.comment.clone());
        Ok(Decision::done(vec![DialogEvent::Rated { score, comment }]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dialog::Rating;
    use crate::domain::testing::*;

    fn rate(score: u8) -> Rate {
        Rate { dialog: DIALOG, score, comment: Some("quick".into()) }
    }

    fn asked() -> Context {
        let mut context = by_nobody();
        context.desk.rating = true;
        context
    }

    fn rated() -> DialogEvent {
        DialogEvent::Rated { score: 4, comment: Some("quick".into()) }
    }

    #[test]
    fn a_client_rates_a_closed_dialog_once() {
        let outcome = given(finished_by("anna")).when(&rate(4), &asked()).then([rated()]);
        let rating = Rating { score: 4, comment: Some("quick".into()), at: NOW };
        assert_eq!(outcome.dialog().rating, Some(rating));
        let events = outcome.all_events();
        given(events).when(&rate(5), &asked()).rejected(Code::AlreadyRated);
    }

    #[test]
    fn an_open_dialog_is_not_rated() {
        given(answered_by("anna")).when(&rate(4), &asked()).rejected(Code::DialogNotClosed);
    }

    #[test]
    fn where_nobody_asks_or_it_was_spam_there_is_no_rating() {
        given(finished_by("anna")).when(&rate(4), &by_nobody()).rejected(Code::PermissionDenied);
        given(answered_by("anna")).when(&rate(4), &by_nobody()).rejected(Code::PermissionDenied);
        let mut events = answered_by("anna");
        events.push(DialogEvent::Closed { reason: CloseReason::Spam, by: Some(operator("anna")) });
        given(events).when(&rate(4), &asked()).rejected(Code::PermissionDenied);
    }

    #[test]
    fn marks_go_from_1_to_5_and_comments_have_the_length_of_a_text() {
        let field = |rate: Rate| rate.validate().unwrap_err().field;
        assert_eq!((rate(1).validate(), rate(5).validate()), (Ok(()), Ok(())));
        assert_eq!(field(rate(0)).as_deref(), Some("score"));
        assert_eq!(field(rate(6)).as_deref(), Some("score"));
        let long = Rate { comment: Some("x".repeat(10_001)), ..rate(4) };
        assert_eq!(field(long).as_deref(), Some("comment"));
    }
}
