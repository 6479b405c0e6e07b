//! Who may change the set-up: the host itself, and admins.

use super::Role;
use crate::error::{Code, Rejection};
use crate::ids::OperatorId;

/// The operator on whose behalf a set-up command is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// Who.
    pub operator: OperatorId,
    /// What they may do.
    pub role: Role,
}

impl Principal {
    /// Whether the set-up may be changed; nobody stands for the host itself.
    ///
    /// # Errors
    /// `permission_denied`.
    pub fn may_set_up(principal: Option<&Self>) -> Result<(), Rejection> {
        match principal {
            None | Some(Self { role: Role::Admin, .. }) => Ok(()),
            Some(_) => Err(Rejection::new(Code::PermissionDenied, "only an admin may change the set-up")),
        }
    }
}
