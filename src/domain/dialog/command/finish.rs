//! Closes a dialog: participants leave, capacity is free. A bot's finishing may also mean that its part is
//! done and a person's begins.

use serde::Deserialize;

use super::{Context, Decision, DialogCommand, guard, notices, steps};
use crate::domain::channel::OnLeave;
use crate::domain::dialog::{CloseReason, Dialog};
use crate::domain::permission::Permission;
use crate::error::Rejection;
use crate::ids::DialogId;

/// This dialog is done.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finish {
    /// Which.
    pub dialog: DialogId,
}

impl DialogCommand for Finish {
    fn decide(&self, dialog: &Dialog, context: &Context) -> Result<Decision, Rejection> {
        let actor = context.acting()?;
        dialog.allow(Permission::Finish, actor)?;
        guard::open(dialog)?;
        let by = Some(&actor.operator);
        if let Some(channel) = dialog.channel.as_ref().filter(|_| dialog.is_held_by(&actor.operator))
            && on_leave(dialog, context) == OnLeave::Queue
        {
            return Ok(Decision::done(steps::to_queue(dialog, channel, by, context)));
        }
        let closing = notices::closing(dialog, context).into_iter();
        Ok(Decision::done(closing.chain(steps::close(dialog, CloseReason::Finished, by)).collect()))
    }
}

/// What becomes of a dialog that a bot finishes.
fn on_leave(dialog: &Dialog, context: &Context) -> OnLeave {
    let bot = context.desk.channel_of(dialog).and_then(|channel| channel.settings.bot.as_ref());
    bot.map_or_else(OnLeave::default, |bot| bot.on_leave)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dialog::{Author, Notice, Status};
    use crate::domain::event::{Destination, DialogEvent};
    use crate::domain::operator::Role;
    use crate::domain::testing::*;
    use crate::error::Code;

    const FINISH: Finish = Finish { dialog: DIALOG };

    #[test]
    fn the_owner_finishes_and_the_closed_dialog_remembers_them() {
        let outcome = given(pinned_by("anna")).when(&FINISH, &by("anna"));
        let dialog = outcome.then([finished_event("anna")]).dialog();
        assert_eq!(dialog.status, Status::Closed { reason: CloseReason::Finished });
        assert_eq!(dialog.owner, Some(operator("anna")));
        assert!(!dialog.pinned && dialog.participants.is_empty());
    }

    #[test]
    fn a_supervisor_finishes_anybodys_also_before_an_answer() {
        let supervisor = by("anna").role(Role::Supervisor);
        given(answered_by("bea")).when(&FINISH, &supervisor).then([finished_event("anna")]);
        given(offered_to(["bea", "cleo"])).when(&FINISH, &supervisor).then([
            withdrawn("bea"),
            withdrawn("cleo"),
            finished_event("anna"),
        ]);
    }

    #[test]
    fn the_closing_text_comes_first() {
        let context = by("anna").with_rules(|settings| settings.closing = Some("Bye, {client.name}".into()));
        let outcome = given(answered_by("anna")).when(&FINISH, &context);
        let message = outcome.added_message();
        assert_eq!((message.text.as_str(), message.author), ("Bye, ala", Author::System(Notice::Closing)));
        assert_eq!(outcome.events()[1..], [finished_event("anna")]);
    }

    #[test]
    fn what_a_bots_finishing_does_is_its_channels_choice() {
        let bot = |on_leave: &str| {
            let bot = format!(r#"{{"operator":"robo","on_leave":"{on_leave}"}}"#);
            by("robo").with_rules(|settings| settings.bot = Some(serde_json::from_str(&bot).unwrap()))
        };
        let to = Destination::Channel(channel("web"));
        let (from, by_bot) = (Some(operator("robo")), Some(operator("robo")));
        let transferred = DialogEvent::Transferred { from, to, by: by_bot };
        given(held_by_bot("robo")).when(&FINISH, &bot("queue")).then([transferred.clone()]);
        given(held_by_bot("robo")).when(&FINISH, &by("robo")).then([transferred]);
        given(held_by_bot("robo")).when(&FINISH, &bot("close")).then([finished_event("robo")]);
        let supervisor = by("anna").role(Role::Supervisor);
        given(held_by_bot("robo")).when(&FINISH, &supervisor).then([finished_event("anna")]);
        given(held_by_bot("robo")).when(&FINISH, &by("anna")).rejected(Code::NotOwner);
    }

    #[test]
    fn others_may_not_finish() {
        for events in [waiting(), offered_to(["anna"]), answered_by("bea"), finished_by("bea")] {
            given(events).when(&FINISH, &by("anna")).rejected(Code::NotOwner);
        }
        given(finished_by("anna")).when(&FINISH, &by("anna")).rejected(Code::DialogClosed);
    }
}
