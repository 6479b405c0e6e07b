//! What was thought of a dialog when it was over: the client's rating and a supervisor's score.

use serde::{Deserialize, Serialize};

use crate::domain::form;
use crate::error::Rejection;
use crate::ids::OperatorId;
use crate::timestamp::Timestamp;

/// What the client thought of a dialog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rating {
    /// From 1 to 5.
    pub score: u8,
    /// In the client's words.
    pub comment: Option<String>,
    /// When it was given.
    pub at: Timestamp,
}

/// What a supervisor thought of a dialog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Score {
    /// From 1 to 5.
    pub rating: u8,
    /// In the supervisor's words.
    pub comment: Option<String>,
    /// Who gave it.
    pub by: OperatorId,
    /// When it was given.
    pub at: Timestamp,
}

/// Checks the form of a mark and the words beside it.
pub(super) fn validate(field: &'static str, mark: u8, comment: Option<&str>) -> Result<(), Rejection> {
    if !(1..=5).contains(&mark) {
        return Err(Rejection::invalid(field, "a mark goes from 1 to 5"));
    }
    comment.map_or(Ok(()), |comment| form::text("comment", comment))
}
