//! The library: canned replies, forms and apps, from which operators choose while they write.
//!
//! Nothing here knows a dialog; what is sent from the library stands with the dialog's commands.

mod app;
mod canned_reply;
mod form;
mod save_canned;

use serde::{Deserialize, Serialize};

pub use app::{App, PutApp};
pub use canned_reply::{CannedReply, PutCannedReply};
pub use form::{Form, FormField, PutForm};
pub use save_canned::{SaveCanned, SavedMessage};

use super::event::ItemEvent;
use super::operator::Principal;
use crate::error::{Code, Rejection};
use crate::ids::{AppId, CannedId, FormId};

/// A thing of the library, by its kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Item {
    /// A text that operators send often.
    Canned(CannedReply),
    /// A form that operators send to clients.
    Form(Form),
    /// An app that an administrator has installed.
    App(App),
}

/// Which thing of the library. Things of different kinds may have the same id.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ItemId {
    /// A canned reply.
    Canned(CannedId),
    /// A form.
    Form(FormId),
    /// An app.
    App(AppId),
}

impl ItemId {
    /// The word for its kind, and the id as text.
    pub fn parts(&self) -> (&'static str, &str) {
        match self {
            Self::Canned(id) => ("canned", id.as_str()),
            Self::Form(id) => ("form", id.as_str()),
            Self::App(id) => ("app", id.as_str()),
        }
    }

    /// The rejection of who names it, if it is not there.
    pub fn not_found(&self) -> Rejection {
        match self {
            Self::Canned(_) => Rejection::new(Code::CannedNotFound, "there is no such canned reply"),
            Self::Form(_) => Rejection::new(Code::FormNotFound, "there is no such form"),
            Self::App(_) => Rejection::new(Code::AppNotFound, "there is no such app"),
        }
        .at(self.parts().0)
    }
}

impl Item {
    /// Its id.
    pub fn id(&self) -> ItemId {
        match self {
            Self::Canned(canned) => ItemId::Canned(canned.id.clone()),
            Self::Form(form) => ItemId::Form(form.id.clone()),
            Self::App(app) => ItemId::App(app.id.clone()),
        }
    }

    /// The item that its first event makes.
    pub fn from_event(event: &ItemEvent) -> Self {
        let ItemEvent::Put(item) = event;
        (**item).clone()
    }

    /// Takes an event in. Never fails: an event is a fact.
    pub fn apply(&mut self, event: &ItemEvent) {
        *self = Self::from_event(event);
    }
}

/// A command on a thing of the library.
#[derive(Debug, Clone)]
pub enum LibraryCommand {
    /// Creates or replaces a canned reply.
    PutCanned(PutCannedReply),
    /// Creates or replaces a form.
    PutForm(PutForm),
    /// Installs an app, or replaces it.
    PutApp(PutApp),
    /// Makes a canned reply of a message.
    Save(SavedMessage),
}

impl LibraryCommand {
    /// Which thing it is about.
    pub fn item(&self) -> ItemId {
        match self {
            Self::PutCanned(put) => ItemId::Canned(put.reply.id.clone()),
            Self::PutForm(put) => ItemId::Form(put.form.id.clone()),
            Self::PutApp(put) => ItemId::App(put.app.id.clone()),
            Self::Save(saved) => ItemId::Canned(saved.canned.clone()),
        }
    }

    /// What happens to the thing, whether it exists or not.
    ///
    /// # Errors
    /// `permission_denied` for set-up by who may not; those of [`SavedMessage::decide`].
    pub fn decide(
        &self,
        existing: Option<&Item>,
        principal: Option<&Principal>,
    ) -> Result<Vec<ItemEvent>, Rejection> {
        let put = |item| Principal::may_set_up(principal).map(|()| vec![ItemEvent::Put(Box::new(item))]);
        match self {
            Self::PutCanned(command) => put(Item::Canned(command.reply.clone())),
            Self::PutForm(command) => put(Item::Form(command.form.clone())),
            Self::PutApp(command) => put(Item::App(command.app.clone())),
            Self::Save(saved) => saved.decide(existing, principal),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::operator::Role;
    use crate::domain::testing::operator;

    fn commands() -> Vec<LibraryCommand> {
        let canned = serde_json::from_str(r#"{"canned":"x","text":"hi"}"#).unwrap();
        let form = serde_json::from_str(r#"{"form":"x","name":"X","fields":[]}"#).unwrap();
        let app = serde_json::from_str(r#"{"app":"x","name":"X"}"#).unwrap();
        vec![LibraryCommand::PutCanned(canned), LibraryCommand::PutForm(form), LibraryCommand::PutApp(app)]
    }

    #[test]
    fn only_the_host_and_admins_put_things_there() {
        for command in commands() {
            let by = |role| command.decide(None, Some(&Principal { operator: operator("anna"), role }));
            assert!(command.decide(None, None).is_ok() && by(Role::Admin).is_ok());
            for role in [Role::Operator, Role::Supervisor] {
                assert_eq!(by(role).unwrap_err().code, Code::PermissionDenied);
            }
        }
    }

    #[test]
    fn things_of_different_kinds_are_different_things() {
        for command in commands() {
            let events = command.decide(None, None).unwrap();
            assert_eq!(Item::from_event(&events[0]).id(), command.item());
        }
        let mut ids: Vec<_> = commands().iter().map(LibraryCommand::item).collect();
        ids.dedup();
        assert_eq!(ids.len(), 3);
    }
}
