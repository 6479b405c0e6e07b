//! Who may change the set-up: the host itself, and admins.

use super::Role;
use crate::domain::permission::{Permission, Relation};
use crate::error::Rejection;
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
        Self::may(principal, Permission::SetUp, None)
    }

    /// The same for one line of the table; `own` is whom it is about, where that may be enough.
    pub(in crate::domain) fn may(
        principal: Option<&Self>,
        permission: Permission,
        own: Option<&OperatorId>,
    ) -> Result<(), Rejection> {
        let Some(Self { operator, role }) = principal else { return Ok(()) };
        permission.check(*role, |relation| match relation {
            Relation::Own => own == Some(operator),
            relation => relation == Relation::Other,
        })
    }
}
