//! Says whether an operator is there.

use serde::Deserialize;

use super::{Operator, Presence, Principal};
use crate::domain::event::OperatorEvent;
use crate::domain::permission::Permission;
use crate::error::Rejection;
use crate::ids::OperatorId;

/// The operator comes, goes or steps away.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetPresence {
    /// Who.
    pub operator: OperatorId,
    /// Whether they are there.
    pub presence: Presence,
}

impl SetPresence {
    /// What happens to the operator; nothing if it was so already.
    ///
    /// # Errors
    /// `operator_not_found` if there is none or it was removed; `invalid_argument` for a bot;
    /// `permission_denied`, unless the host itself, an admin or the operator sends it.
    pub fn decide(
        &self,
        existing: Option<&Operator>,
        principal: Option<&Principal>,
    ) -> Result<Vec<OperatorEvent>, Rejection> {
        let operator = Operator::employed(existing)?;
        if !operator.is_human() {
            return Err(Rejection::invalid("operator", "a bot has no presence"));
        }
        Principal::may(principal, Permission::SetPresence, Some(&self.operator))?;
        let changed = operator.presence != self.presence;
        Ok(changed.then_some(OperatorEvent::PresenceSet(self.presence)).into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::operator::{OperatorKind, OperatorSettings, Role};
    use crate::domain::testing::operator;
    use crate::error::Code;

    const ONLINE: OperatorEvent = OperatorEvent::PresenceSet(Presence::Online);

    fn anna(kind: OperatorKind) -> Operator {
        let settings = OperatorSettings { kind, ..Default::default() };
        Operator::from_event(operator("anna"), &OperatorEvent::Put(Box::new(settings)))
    }

    fn online() -> SetPresence {
        SetPresence { operator: operator("anna"), presence: Presence::Online }
    }

    fn by(name: &str, role: Role) -> Option<Principal> {
        Some(Principal { operator: operator(name), role })
    }

    #[test]
    fn the_host_an_admin_and_the_operator_may_say_so() {
        let anna = anna(OperatorKind::Human);
        for principal in [None, by("anna", Role::Operator), by("bea", Role::Admin)] {
            assert_eq!(online().decide(Some(&anna), principal.as_ref()), Ok(vec![ONLINE]));
        }
        let denied = online().decide(Some(&anna), by("bea", Role::Supervisor).as_ref()).unwrap_err();
        assert_eq!(denied.code, Code::PermissionDenied);
    }

    #[test]
    fn the_same_presence_again_is_no_event() {
        let mut anna = anna(OperatorKind::Human);
        anna.apply(&ONLINE);
        assert_eq!(online().decide(Some(&anna), None), Ok(vec![]));
    }

    #[test]
    fn a_bot_has_no_presence() {
        let rejection = online().decide(Some(&anna(OperatorKind::Bot)), None).unwrap_err();
        assert_eq!((rejection.code, rejection.field.as_deref()), (Code::InvalidArgument, Some("operator")));
    }

    #[test]
    fn an_unknown_or_removed_operator_is_not_found() {
        let mut anna = anna(OperatorKind::Human);
        anna.apply(&OperatorEvent::Removed);
        assert_eq!(online().decide(Some(&anna), None).unwrap_err().code, Code::OperatorNotFound);
        assert_eq!(online().decide(None, None).unwrap_err().code, Code::OperatorNotFound);
    }
}
