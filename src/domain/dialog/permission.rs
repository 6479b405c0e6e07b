//! Who may do what with a dialog. Supervisors may do what its owner may, admins what supervisors may.
//!
//! Only persons and roles count here; what the status allows stands with each command.

use super::command::Actor;
use super::{Dialog, Status};
use crate::domain::operator::Role;
use crate::error::{Code, Rejection};

impl Actor {
    /// Whether they may do with any dialog what its owner may.
    pub fn is_supervisor(&self) -> bool {
        self.role >= Role::Supervisor
    }
}

impl Dialog {
    /// The owner's rights: finish, pin, unpin.
    pub(super) fn allow_owner(&self, actor: &Actor) -> Result<(), Rejection> {
        allow(actor.is_supervisor() || self.is_owner(&actor.operator), Code::NotOwner)
    }

    /// The rights of everybody who writes in it: reply.
    pub(super) fn allow_participant(&self, actor: &Actor) -> Result<(), Rejection> {
        let takes_part = self.is_owner(&actor.operator) || self.participants.contains(&actor.operator);
        allow(actor.is_supervisor() || takes_part, Code::NotParticipant)
    }

    /// The rights of everybody at whose desk it lies: transfer, spam.
    pub(super) fn allow_handler(&self, actor: &Actor) -> Result<(), Rejection> {
        let waits_for_them = actor.member && self.status == Status::Waiting;
        let at_desk = self.is_owner(&actor.operator) || self.is_offered_to(&actor.operator) || waits_for_them;
        allow(actor.is_supervisor() || at_desk, Code::NotOwner)
    }
}

fn allow(allowed: bool, code: Code) -> Result<(), Rejection> {
    if allowed {
        return Ok(());
    }
    Err(Rejection::new(
        code,
        match code {
            Code::NotParticipant => "only its owner, a participant or a supervisor may write in this dialog",
            _ => "this dialog is another's: only its owner or a supervisor may do that",
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::testing::*;

    fn actor(name: &str, role: Role, member: bool) -> Actor {
        Actor { operator: operator(name), role, member }
    }

    #[test]
    fn supervisors_and_admins_may_do_what_owners_may() {
        let dialog = given(answered_by("anna")).dialog();
        for (role, allowed) in [(Role::Operator, false), (Role::Supervisor, true), (Role::Admin, true)] {
            let other = actor("bea", role, true);
            assert_eq!(dialog.allow_owner(&other).is_ok(), allowed);
            assert_eq!(dialog.allow_participant(&other).is_ok(), allowed);
            assert_eq!(dialog.allow_handler(&other).is_ok(), allowed);
        }
        assert_eq!(dialog.allow_owner(&actor("anna", Role::Operator, false)), Ok(()));
    }

    #[test]
    fn participants_may_write_and_no_more() {
        let mut dialog = given(answered_by("anna")).dialog();
        dialog.participants.push(operator("bea"));
        let bea = actor("bea", Role::Operator, false);
        assert_eq!(dialog.allow_participant(&bea), Ok(()));
        assert_eq!(dialog.allow_owner(&bea).unwrap_err().code, Code::NotOwner);
        assert_eq!(dialog.allow_handler(&bea).unwrap_err().code, Code::NotOwner);
    }

    #[test]
    fn a_waiting_dialog_is_every_members_an_offered_one_only_theirs_who_have_the_offer() {
        let (member, stranger) = (actor("anna", Role::Operator, true), actor("bea", Role::Operator, false));
        assert_eq!(given(waiting()).dialog().allow_handler(&member), Ok(()));
        assert!(given(waiting()).dialog().allow_handler(&stranger).is_err());
        assert!(given(offered_to(["cleo"])).dialog().allow_handler(&member).is_err());
        assert_eq!(given(offered_to(["bea"])).dialog().allow_handler(&stranger), Ok(()));
    }
}
