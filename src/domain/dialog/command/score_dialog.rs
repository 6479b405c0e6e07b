//! Takes in what a supervisor thinks of a dialog that is over. The last score counts.

use serde::Deserialize;

use super::{Context, Decision, DialogCommand, guard};
use crate::domain::dialog::{Dialog, rating};
use crate::domain::event::DialogEvent;
use crate::domain::permission::Permission;
use crate::error::Rejection;
use crate::ids::DialogId;

/// I, a supervisor, think so of the dialog.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScoreDialog {
    /// Which.
    pub dialog: DialogId,
    /// From 1 to 5.
    pub rating: u8,
    /// In the supervisor's words.
    pub comment: Option<String>,
}

impl ScoreDialog {
    /// Checks lengths and ranges.
    ///
    /// # Errors
    /// `invalid_argument` or `too_large`, with the field.
    pub fn validate(&self) -> Result<(), Rejection> {
        rating::validate("rating", self.rating, self.comment.as_deref())
    }
}

impl DialogCommand for ScoreDialog {
    fn decide(&self, dialog: &Dialog, context: &Context) -> Result<Decision, Rejection> {
        let actor = context.acting()?;
        dialog.allow(Permission::Score, actor)?;
        guard::closed(dialog)?;
        let (rating, comment, by) = (self.rating, self.comment.clone(), actor.operator.clone());
        Ok(Decision::done(vec![DialogEvent::Scored { rating, comment, by }]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::operator::Role;
    use crate::domain::testing::*;
    use crate::error::Code;

    fn score(rating: u8) -> ScoreDialog {
        ScoreDialog { dialog: DIALOG, rating, comment: None }
    }

    #[test]
    fn a_supervisor_scores_a_closed_dialog_and_may_think_again() {
        let supervisor = by("anna").role(Role::Supervisor);
        let scored = |rating| DialogEvent::Scored { rating, comment: None, by: operator("anna") };
        let outcome = given(finished_by("bea")).when(&score(2), &supervisor).then([scored(2)]);
        let again = given(outcome.all_events()).when(&score(3), &supervisor).then([scored(3)]);
        assert_eq!(again.dialog().score.map(|score| (score.rating, score.by)), Some((3, operator("anna"))));
    }

    #[test]
    fn others_may_not_and_an_open_dialog_has_no_score() {
        given(finished_by("anna")).when(&score(5), &by("anna")).rejected(Code::PermissionDenied);
        given(answered_by("anna")).when(&score(5), &by("anna")).rejected(Code::PermissionDenied);
        let supervisor = by("anna").role(Role::Supervisor);
        given(answered_by("bea")).when(&score(5), &supervisor).rejected(Code::DialogNotClosed);
    }

    #[test]
    fn marks_go_from_1_to_5() {
        assert_eq!(score(0).validate().unwrap_err().field.as_deref(), Some("rating"));
        assert_eq!(score(5).validate(), Ok(()));
    }
}
