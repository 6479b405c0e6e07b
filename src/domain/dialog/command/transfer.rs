//! Passes a dialog on, to a colleague or to a channel's queue, before or after an answer.

use serde::Deserialize;

use super::{Actor, Context, Decision, DialogCommand, guard, notices, steps};
use crate::domain::channel::Accept;
use crate::domain::dialog::{Dialog, Status, Visibility};
use crate::domain::event::{Destination, DialogEvent};
use crate::domain::form;
use crate::domain::permission::Permission;
use crate::error::{Code, Rejection};
use crate::ids::{ChannelId, DialogId, OperatorId};

/// I pass this dialog on. All history goes along.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "Line")]
pub struct Transfer {
    /// Which.
    pub dialog: DialogId,
    /// Where it goes.
    pub to: Destination,
    /// A word to colleagues; becomes a hidden message.
    pub comment: Option<String>,
}

/// A transfer as it stands in the line protocol: with exactly one of two targets.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    dialog: DialogId,
    to_operator: Option<OperatorId>,
    to_channel: Option<ChannelId>,
    comment: Option<String>,
}

impl TryFrom<Line> for Transfer {
    type Error = &'static str;

    fn try_from(line: Line) -> Result<Self, &'static str> {
        let to = match (line.to_operator, line.to_channel) {
            (Some(operator), None) => Destination::Operator(operator),
            (None, Some(channel)) => Destination::Channel(channel),
            (None, None) => return Err("missing field `to_operator`, or `to_channel` instead"),
            (Some(_), Some(_)) => return Err("unknown field `to_channel` beside `to_operator`"),
        };
        Ok(Self { dialog: line.dialog, to, comment: line.comment })
    }
}

impl Transfer {
    /// Checks lengths.
    ///
    /// # Errors
    /// `too_large`, with the field.
    pub fn validate(&self) -> Result<(), Rejection> {
        self.comment.as_deref().map_or(Ok(()), |comment| form::text("comment", comment))
    }

    /// The dialog would not move.
    fn check_target(&self, dialog: &Dialog) -> Result<(), Rejection> {
        match &self.to {
            Destination::Operator(operator) if dialog.is_owner(operator) => {
                Err(Rejection::invalid("to_operator", "the dialog is this operator's already"))
            }
            Destination::Channel(channel)
                if dialog.status == Status::Waiting && dialog.channel.as_ref() == Some(channel) =>
            {
                Err(Rejection::invalid("to_channel", "the dialog waits in this channel already"))
            }
            _ => Ok(()),
        }
    }

    /// A colleague has to be there and have room, and so does a queue.
    fn check_room(&self, context: &Context) -> Result<(), Rejection> {
        match &self.to {
            Destination::Channel(_) if context.desk.queue_full && !context.desk.ends_at_the_door() => {
                Err(guard::queue_full())
            }
            Destination::Channel(_) => Ok(()),
            Destination::Operator(_) if context.desk.reachable => guard::room(&context.desk),
            Destination::Operator(_) => {
                Err(Rejection::new(Code::OperatorUnavailable, "the operator is not online"))
            }
        }
    }

    fn events(&self, dialog: &Dialog, actor: &Actor, context: &Context) -> Vec<DialogEvent> {
        let by = &actor.operator;
        let mut events: Vec<_> = steps::unpin(dialog, by).into_iter().collect();
        events.extend(steps::withdraw_offers(dialog));
        if let Some(comment) = &self.comment {
            let message = steps::operator_message(dialog, by, Visibility::Hidden, comment, context.now);
            events.push(DialogEvent::MessageAdded(Box::new(message)));
        }
        let from = dialog.owner.clone();
        events.push(DialogEvent::Transferred { from, to: self.to.clone(), by: Some(by.clone()) });
        match &self.to {
            Destination::Operator(target) => events.push(given_to(target, context)),
            Destination::Channel(channel) => {
                let ahead = usize::from(self.comment.is_some());
                events.extend(notices::entered(dialog, channel, ahead, context));
            }
        }
        events
    }
}

/// The colleague gets it as from a queue: offered, or answered at once where the channel says so.
fn given_to(target: &OperatorId, context: &Context) -> DialogEvent {
    let rules = &context.desk.rules;
    match rules.accept {
        Accept::Auto => steps::answered(target, context),
        Accept::Answer => DialogEvent::Offered {
            operators: vec![target.clone()],
            deadline: rules.deadline_alone(context.now),
            weight: rules.weight,
            ruling: None,
        },
    }
}

impl DialogCommand for Transfer {
    fn decide(&self, dialog: &Dialog, context: &Context) -> Result<Decision, Rejection> {
        let actor = context.acting()?;
        if self.to == Destination::Operator(actor.operator.clone()) {
            return Err(Rejection::invalid(
                "to_operator",
                "a transfer to oneself: take or answer it instead",
            ));
        }
        dialog.allow(Permission::Transfer, actor)?;
        if let Destination::Channel(_) = self.to {
            guard::with_client(dialog)?;
        }
        guard::open(dialog)?;
        self.check_target(dialog)?;
        if self.comment.is_some() {
            guard::space(dialog)?;
        }
        self.check_room(context)?;
        Ok(Decision::done(self.events(dialog, actor, context)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dialog::CloseReason;
    use crate::domain::dialog::command::Skip;
    use crate::domain::operator::Role;
    use crate::domain::testing::*;

    fn to_operator(target: &str) -> Transfer {
        Transfer { dialog: DIALOG, to: Destination::Operator(operator(target)), comment: None }
    }

    fn to_channel(target: &str) -> Transfer {
        Transfer { dialog: DIALOG, to: Destination::Channel(channel(target)), comment: None }
    }

    fn transferred(from: Option<&str>, transfer: &Transfer) -> DialogEvent {
        let (from, by) = (from.map(operator), Some(operator("anna")));
        DialogEvent::Transferred { from, to: transfer.to.clone(), by }
    }

    #[test]
    fn a_colleague_is_offered_the_dialog_and_nobody_else() {
        let transfer = to_operator("cleo");
        let offered = offered_event(["cleo"], Some(NOW.plus_ms(60_000)));
        let outcome = given(offered_to(["anna", "bea"])).when(&transfer, &by("anna"));
        let events = [withdrawn("anna"), withdrawn("bea"), transferred(None, &transfer), offered];
        let dialog = outcome.then(events).dialog();
        assert_eq!(dialog.offered_to(), [operator("cleo")]);
        assert_eq!(dialog.entered_at, NOW);
    }

    #[test]
    fn the_comment_comes_first_and_is_hidden() {
        let transfer = Transfer { comment: Some("speaks Polish".into()), ..to_operator("cleo") };
        let outcome = given(answered_by("anna")).when(&transfer, &by("anna"));
        let message = outcome.added_message();
        assert_eq!((message.text.as_str(), message.visibility), ("speaks Polish", Visibility::Hidden));
        let dialog = outcome.dialog();
        assert_eq!(dialog.owner, None);
        assert!(dialog.participants.is_empty(), "the former owner is no participant");
    }

    #[test]
    fn accept_auto_makes_it_the_colleagues_at_once() {
        let transfer = to_operator("cleo");
        let outcome = given(answered_by("anna")).when(&transfer, &by("anna").auto());
        outcome.then([transferred(Some("anna"), &transfer), answered_event("cleo", 10)]);
    }

    #[test]
    fn a_pinned_dialog_is_unpinned_on_the_way() {
        let transfer = to_channel("shop");
        let unpinned = DialogEvent::Unpinned { operator: operator("anna") };
        let outcome = given(pinned_by("anna")).when(&transfer, &by("anna"));
        let dialog = outcome.then([unpinned, transferred(Some("anna"), &transfer)]).dialog();
        assert_eq!((dialog.channel, dialog.client.unwrap().channel), (Some(channel("shop")), channel("web")));
        assert_eq!((dialog.status, dialog.pinned), (Status::Waiting, false));
    }

    #[test]
    fn a_bot_passes_on_what_it_holds_to_whomever() {
        for transfer in [to_operator("cleo"), to_channel("web"), to_channel("shop")] {
            let (from, to) = (Some(operator("robo")), transfer.to.clone());
            let transferred = DialogEvent::Transferred { from, to, by: Some(operator("robo")) };
            let outcome = given(held_by_bot("robo")).when(&transfer, &by("robo"));
            assert_eq!(outcome.events()[0], transferred);
            assert_eq!(outcome.dialog().owner, None);
            given(held_by_bot("robo")).when(&transfer, &by("anna")).rejected(Code::NotOwner);
        }
    }

    #[test]
    fn a_closed_channel_tells_the_client_once_and_may_reject_the_dialog() {
        let transfer = Transfer { comment: Some("for the night".into()), ..to_channel("shop") };
        let closed = by("anna").into_closed("shop", Some("closed"), false);
        let first = given(joined_by("anna", "bea")).when(&transfer, &closed);
        let texts: Vec<_> = first.dialog().messages.iter().map(|message| message.text.clone()).collect();
        assert_eq!(texts, ["hello?", "for the night", "closed"]);
        assert_eq!(first.dialog().status, Status::Waiting);
        let again = given(first.all_events())
            .when(&to_channel("web"), &by("anna").into_closed("web", Some("no"), true));
        let rejected = DialogEvent::Closed { reason: CloseReason::Rejected, by: None };
        let to_web = transferred(None, &to_channel("web"));
        assert_eq!(again.events(), [to_web, left("bea", None), rejected], "it was said before");
    }

    #[test]
    fn a_colleague_who_skips_counts_as_having_had_it() {
        let events = given(answered_by("anna")).when(&to_operator("cleo"), &by("anna")).all_events();
        let dialog = given(events).when(&Skip { dialog: DIALOG }, &by("cleo")).dialog();
        assert_eq!(dialog.status, Status::Waiting);
        assert_eq!(dialog.round, [operator("cleo")]);
    }

    #[test]
    fn to_where_it_is_already_is_no_transfer() {
        let field = |events: Vec<DialogEvent>, transfer: &Transfer, by: &Context| {
            given(events).when(transfer, by).rejected(Code::InvalidArgument)
        };
        let supervisor = by("anna").role(Role::Supervisor);
        assert_eq!(field(finished_by("bea"), &to_operator("anna"), &by("anna")), Some("to_operator".into()));
        assert_eq!(field(answered_by("bea"), &to_operator("bea"), &supervisor), Some("to_operator".into()));
        assert_eq!(field(waiting(), &to_channel("web"), &by("anna")), Some("to_channel".into()));
        given(offered_to(["anna"])).when(&to_channel("web"), &by("anna")).dialog();
        given(answered_by("anna")).when(&to_channel("web"), &by("anna")).dialog();
    }

    #[test]
    fn rejections_rank_permission_status_capacity() {
        let transfer = to_operator("cleo");
        given(finished_by("bea")).when(&transfer, &by("anna").full()).rejected(Code::NotOwner);
        given(finished_by("anna")).when(&transfer, &by("anna").full()).rejected(Code::DialogClosed);
        let away = by("anna").full().unreachable();
        given(answered_by("anna")).when(&transfer, &away).rejected(Code::OperatorUnavailable);
        given(answered_by("anna")).when(&transfer, &by("anna").full()).rejected(Code::OperatorAtCapacity);
    }

    #[test]
    fn a_line_names_exactly_one_target() {
        let read = |text| serde_json::from_str::<Transfer>(text).map_err(|error| error.to_string());
        assert_eq!(read(r#"{"dialog":7,"to_operator":"cleo"}"#), Ok(to_operator("cleo")));
        assert_eq!(read(r#"{"dialog":7,"to_channel":"shop"}"#), Ok(to_channel("shop")));
        assert!(read(r#"{"dialog":7}"#).unwrap_err().contains("missing field `to_operator`"));
        let both = read(r#"{"dialog":7,"to_operator":"cleo","to_channel":"shop"}"#);
        assert!(both.unwrap_err().contains("unknown field `to_channel`"));
        assert!(read(r#"{"dialog":7,"to":"cleo"}"#).is_err());
    }
}
