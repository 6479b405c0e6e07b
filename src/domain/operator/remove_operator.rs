//! Dismisses an operator. Its dialogs go back to their queues, each by an order of its own.

use serde::Deserialize;

use super::{Operator, Principal};
use crate::domain::event::OperatorEvent;
use crate::error::Rejection;
use crate::ids::OperatorId;

/// The operator no longer works here. Its name stays known for old dialogs.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoveOperator {
    /// Who.
    pub operator: OperatorId,
}

impl RemoveOperator {
    /// What happens to the operator.
    ///
    /// # Errors
    /// `operator_not_found` if there is none or it was removed; `permission_denied`, unless the
    /// host itself or an admin sends it.
    pub fn decide(
        &self,
        existing: Option<&Operator>,
        principal: Option<&Principal>,
    ) -> Result<Vec<OperatorEvent>, Rejection> {
        Operator::employed(existing)?;
        Principal::may_set_up(principal)?;
        Ok(vec![OperatorEvent::Removed])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::operator::{Presence, Role};
    use crate::domain::testing::operator;
    use crate::error::Code;

    fn anna() -> Operator {
        Operator::from_event(operator("anna"), &OperatorEvent::Put(Box::default()))
    }

    #[test]
    fn a_removed_operator_is_offline_and_not_found_again() {
        let remove = RemoveOperator { operator: operator("anna") };
        let mut anna = anna();
        anna.apply(&OperatorEvent::PresenceSet(Presence::Online));
        assert_eq!(remove.decide(Some(&anna), None), Ok(vec![OperatorEvent::Removed]));
        anna.apply(&OperatorEvent::Removed);
        assert_eq!(anna.presence, Presence::Offline);
        assert_eq!(remove.decide(Some(&anna), None).unwrap_err().code, Code::OperatorNotFound);
        assert_eq!(remove.decide(None, None).unwrap_err().code, Code::OperatorNotFound);
    }

    #[test]
    fn what_is_not_found_ranks_before_permission() {
        let remove = RemoveOperator { operator: operator("anna") };
        let bea = Principal { operator: operator("bea"), role: Role::Operator };
        assert_eq!(remove.decide(None, Some(&bea)).unwrap_err().code, Code::OperatorNotFound);
        assert_eq!(remove.decide(Some(&anna()), Some(&bea)).unwrap_err().code, Code::PermissionDenied);
    }
}
