//! Opens an internal dialog about a message: employees among themselves, the client never.

use serde::Deserialize;

use super::{Decision, SeenMessage};
use crate::domain::dialog::{Author, Content, Message, Visibility};
use crate::domain::event::DialogEvent;
use crate::domain::operator::Principal;
use crate::domain::permission::{Permission, Relation};
use crate::domain::reply::{Opened, Reply};
use crate::error::Rejection;
use crate::ids::{DialogId, MessageId, OperatorId};
use crate::timestamp::Timestamp;

/// I want to talk with my colleagues about this message. Everybody who took part in its dialog is in
/// the new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Discuss {
    /// Which.
    pub message: MessageId,
}

impl Discuss {
    /// Opens dialog `id` about the message as it was seen in its own dialog, with those for whom
    /// `works_here` says yes.
    ///
    /// # Errors
    /// Whoever has nothing to do with the dialog of the message is no participant of it.
    pub fn open(
        &self,
        id: DialogId,
        seen: &SeenMessage,
        me: &Principal,
        works_here: impl Fn(&OperatorId) -> bool,
        now: Timestamp,
    ) -> Result<Decision, Rejection> {
        Permission::Discuss.check(me.role, |relation| seen.relates(&me.operator, relation))?;
        let me = &me.operator;
        let mut events = vec![DialogEvent::OpenedInternally { by: me.clone() }];
        let colleagues = seen.everybody.iter().filter(|operator| *operator != me && works_here(operator));
        events.extend(
            colleagues.map(|operator| DialogEvent::ParticipantJoined {
                operator: operator.clone(),
                by: me.clone(),
            }),
        );
        events.push(DialogEvent::MessageAdded(Box::new(self.quotation(id, me, now))));
        Ok(Decision { events, reply: Reply::Opened(Opened { dialog: id }) })
    }

    /// The first message says nothing of its own.
    fn quotation(&self, id: DialogId, me: &OperatorId, now: Timestamp) -> Message {
        let (id, author) = (MessageId::of(id, 1), Author::Operator(me.clone()));
        let content = Content { quote: Some(self.message), ..Content::default() };
        Message::new(id, author, Visibility::Hidden, String::new(), now).holding(content)
    }
}

impl SeenMessage {
    /// How an operator stands to the dialog of the message.
    fn relates(&self, operator: &OperatorId, relation: Relation) -> bool {
        match relation {
            Relation::Owner => self.owner.as_ref() == Some(operator),
            Relation::Participant => self.participants.contains(operator),
            Relation::Other => true,
            Relation::Offered | Relation::Waiting | Relation::Own => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dialog::{Dialog, Status};
    use crate::domain::operator::Role;
    use crate::domain::testing::*;
    use crate::error::Code;

    const NEW: DialogId = DialogId(9);
    const DISCUSS: Discuss = Discuss { message: MessageId(7 << 20 | 1) };

    fn discuss(events: Vec<DialogEvent>, me: &str, role: Role) -> Result<Decision, Rejection> {
        let seen = SeenMessage::of(&given(events).dialog(), DISCUSS.message).unwrap();
        let me = Principal { operator: operator(me), role };
        DISCUSS.open(NEW, &seen, &me, |operator| operator.as_str() != "gone", NOW)
    }

    fn dialog(decision: &Decision) -> Dialog {
        let mut dialog = Dialog::from_event(NEW, &decision.events[0], NOW).unwrap();
        decision.events.iter().for_each(|event| dialog.apply(event, NOW));
        dialog
    }

    #[test]
    fn it_is_answered_and_mine_without_a_client_and_begins_with_the_quotation() {
        let decision = discuss(answered_by("anna"), "anna", Role::Operator).unwrap();
        assert_eq!(decision.reply, Reply::Opened(Opened { dialog: NEW }));
        let dialog = dialog(&decision);
        assert!(dialog.is_internal() && dialog.is_owner(&operator("anna")));
        assert_eq!((&dialog.status, dialog.weight, &dialog.channel), (&Status::Answered, 0, &None));
        assert_eq!(dialog.messages[0].quote(), Some(DISCUSS.message));
        assert!(dialog.messages[0].is_hidden() && dialog.participants.is_empty());
    }

    #[test]
    fn everybody_who_took_part_is_in_it_whether_they_still_do_or_not() {
        let mut events = written_by("anna", Visibility::Public);
        events.extend([joined("bea", "bea"), left("bea", None), joined("cleo", "anna")]);
        events.extend([joined("gone", "anna"), taken_event("dora", "anna")]);
        let dialog = dialog(&discuss(events, "cleo", Role::Operator).unwrap());
        assert!(dialog.is_owner(&operator("cleo")));
        assert_eq!(dialog.participants, ["dora", "anna", "bea"].map(operator));
    }

    #[test]
    fn who_has_nothing_to_do_with_the_dialog_may_not_but_a_supervisor_may() {
        let refused = discuss(answered_by("anna"), "bea", Role::Operator).unwrap_err();
        assert_eq!(refused.code, Code::NotParticipant);
        let dialog = dialog(&discuss(answered_by("anna"), "sue", Role::Supervisor).unwrap());
        assert_eq!((dialog.owner, dialog.participants), (Some(operator("sue")), vec![operator("anna")]));
        assert!(discuss(finished_by("anna"), "anna", Role::Operator).is_ok(), "also when it is over");
    }
}
