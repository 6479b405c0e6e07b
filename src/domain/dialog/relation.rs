//! How an operator stands to a dialog and to its messages.
//!
//! What that allows stands in the one table of [`Permission`]; nothing is decided here.

use super::command::Actor;
use super::{Dialog, Message, Status};
use crate::domain::permission::{Permission, Relation};
use crate::error::Rejection;

impl Dialog {
    /// Whether the actor may do this with the dialog.
    pub(super) fn allow(&self, permission: Permission, actor: &Actor) -> Result<(), Rejection> {
        permission.check(actor.role, |relation| self.relates(actor, relation))
    }

    /// Whether the actor may change this message of the dialog.
    pub(super) fn allow_change(&self, message: &Message, actor: &Actor) -> Result<(), Rejection> {
        let author = message.author.operator();
        let permission = if author.is_some() { Permission::Amend } else { Permission::AmendOthers };
        permission.check(actor.role, |relation| match relation {
            Relation::Own => author == Some(&actor.operator),
            relation => self.relates(actor, relation),
        })
    }

    fn relates(&self, actor: &Actor, relation: Relation) -> bool {
        match relation {
            Relation::Owner => self.is_owner(&actor.operator),
            Relation::Participant => self.participants.contains(&actor.operator),
            Relation::Offered => self.is_offered_to(&actor.operator),
            Relation::Waiting => actor.member && self.status == Status::Waiting,
            Relation::Own => false,
            Relation::Other => true,
        }
    }
}
