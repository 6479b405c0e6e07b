//! Attaches an installed app to a dialog; its bot, if it has one, then takes part in it.

use serde::Deserialize;

use super::lookup::Lookup;
use super::{Context, Decision, DialogCommand, guard};
use crate::domain::dialog::Dialog;
use crate::domain::event::DialogEvent;
use crate::domain::library::ItemId;
use crate::domain::permission::Permission;
use crate::error::{Code, Rejection};
use crate::ids::{AppId, DialogId};
use crate::limits;

/// I want to use this app here.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttachApp {
    /// In which dialog.
    pub dialog: DialogId,
    /// Which app.
    pub app: AppId,
}

impl DialogCommand for AttachApp {
    fn decide(&self, dialog: &Dialog, context: &Context) -> Result<Decision, Rejection> {
        let Lookup::App(app) = &context.desk.lookup else {
            return Err(ItemId::App(self.app.clone()).not_found());
        };
        let actor = context.acting()?;
        dialog.allow(Permission::Write, actor)?;
        guard::open(dialog)?;
        if dialog.apps.contains(&self.app) {
            return Ok(Decision::nothing());
        }
        if dialog.apps.len() >= limits::DIALOG_APPS {
            return Err(Rejection::new(Code::Conflict, "this dialog has all the apps it can have"));
        }
        let (bot, by) = (app.bot.clone(), actor.operator.clone());
        let comes = bot.clone().filter(|bot| !dialog.takes_part(bot));
        let attached = DialogEvent::AppAttached { app: self.app.clone(), operator: by.clone(), bot };
        let joined = comes.map(|operator| DialogEvent::ParticipantJoined { operator, by });
        Ok(Decision::done([attached].into_iter().chain(joined).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::library::PutApp;
    use crate::domain::testing::*;

    fn attach() -> AttachApp {
        AttachApp { dialog: DIALOG, app: AppId::new("stock").unwrap() }
    }

    fn anna() -> Context {
        let mut app = PutApp::new(AppId::new("stock").unwrap(), "Stock").app;
        app.bot = Some(operator("robo"));
        by("anna").looked_up(Lookup::App(Box::new(app)))
    }

    #[test]
    fn an_app_is_attached_once_and_its_bot_takes_part() {
        let outcome = given(answered_by("anna")).when(&attach(), &anna());
        let dialog = outcome.dialog();
        assert_eq!((dialog.apps, dialog.participants), (vec![attach().app], vec![operator("robo")]));
        given(outcome.all_events()).when(&attach(), &anna()).then([]);
    }

    #[test]
    fn only_an_installed_app_by_who_writes_in_an_open_dialog() {
        given(answered_by("anna")).when(&attach(), &by("anna")).rejected(Code::AppNotFound);
        given(answered_by("bea")).when(&attach(), &anna()).rejected(Code::NotParticipant);
        given(finished_by("anna")).when(&attach(), &anna()).rejected(Code::DialogClosed);
    }
}
