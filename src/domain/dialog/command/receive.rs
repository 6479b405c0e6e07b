//! A client wrote: the message goes into the open dialog, or opens one.

use serde::Deserialize;

use super::lookup::Lookup;
use super::{Context, Decision, DialogCommand, Placement, guard, notices};
use crate::domain::channel::{SkillRequirement, skill};
use crate::domain::dialog::{Author, Content, Dialog, Message, Notice, Visibility, Wishes};
use crate::domain::event::DialogEvent;
use crate::domain::file::{self, NewFile};
use crate::domain::form;
use crate::domain::reply::{Received, Reply};
use crate::error::Rejection;
use crate::ids::{ChannelId, ClientId, DialogId, ExternalId, MessageId, OperatorId};

/// A client wrote. Sent by the connector, which may deliver twice.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receive {
    /// The channel on which the client wrote.
    pub channel: ChannelId,
    /// The connector's id for the client.
    pub client: ClientId,
    /// What was written.
    pub text: String,
    /// The connector's id for the message; the same one is stored once.
    pub external_id: Option<ExternalId>,
    /// The client's name, for people. Kept when the message opens a dialog.
    pub name: Option<String>,
    /// Files that go along.
    #[serde(default)]
    pub files: Vec<NewFile>,
    /// The connector's id for the message that this one answers. One that was never delivered is
    /// passed over: the client's words count for more than what they were said to.
    pub reply_to: Option<ExternalId>,
    /// Skills that the dialog requires beside those of the channel, or in their place. Counts when the
    /// message opens a dialog.
    #[serde(default)]
    pub skills: Vec<SkillRequirement>,
    /// How urgent the dialog is, if the message opens one; without it, as the channel says.
    pub priority: Option<i32>,
    /// Who answers for the client, if the message opens a dialog: offered it first where the channel
    /// prefers that.
    pub responsible: Option<OperatorId>,
}

impl Receive {
    /// A message without an id of the connector's own: it is never taken for a repetition.
    pub fn new(channel: ChannelId, client: ClientId, text: impl Into<String>) -> Self {
        let (text, files) = (text.into(), Vec::new());
        let (external_id, name, reply_to) = (None, None, None);
        let (skills, priority, responsible) = (Vec::new(), None, None);
        Self { channel, client, text, external_id, name, files, reply_to, skills, priority, responsible }
    }

    /// The same message with a file.
    #[must_use]
    pub fn file(mut self, file: NewFile) -> Self {
        self.files.push(file);
        self
    }

    /// The same message with the connector's id for it, so that it is stored once.
    #[must_use]
    pub fn external_id(mut self, external_id: ExternalId) -> Self {
        self.external_id = Some(external_id);
        self
    }

    /// Checks lengths.
    ///
    /// # Errors
    /// `too_large`, with the field.
    pub fn validate(&self) -> Result<(), Rejection> {
        form::text("text", &self.text)?;
        file::validate(&self.files)?;
        skill::validate("skills", &self.skills)?;
        self.name.as_deref().map_or(Ok(()), |name| form::name("name", name))
    }

    /// Opens dialog `id` with this message and puts it where the dispatcher says, in one step.
    pub fn open(
        &self,
        id: DialogId,
        previous: Option<DialogId>,
        placement: &Placement,
        context: &Context,
    ) -> Decision {
        let message = MessageId::of(id, 1);
        let opened = DialogEvent::Opened {
            channel: self.channel.clone(),
            client: self.client.clone(),
            client_name: self.name.clone(),
            previous,
            wishes: self.wishes(context.desk.last_operator.clone()).some(),
        };
        let mut events = vec![opened, self.added(message, self.earlier(context), context)];
        events.extend(self.welcome(id, context));
        if let Placement::Waiting = placement {
            events.extend(notices::opened_closed(id, events.len() as u32 - 1, self.shown(), context));
        }
        if !matches!(events.last(), Some(DialogEvent::Closed { .. })) {
            events.push(self.placed(placement, context));
        }
        let reply = Reply::Received(Received { dialog: id, message, opened: true, duplicate: false });
        Decision { events, reply }
    }

    fn placed(&self, placement: &Placement, context: &Context) -> DialogEvent {
        let rules = &context.desk.rules;
        match placement {
            Placement::Waiting => {
                DialogEvent::Waiting { channel: self.channel.clone(), ruling: context.desk.ruling.clone() }
            }
            Placement::Bot(operator) => DialogEvent::BotJoined { operator: operator.clone() },
            Placement::Offered(operators) => DialogEvent::Offered {
                operators: operators.clone(),
                deadline: context.desk.offer_deadline(context.now),
                weight: rules.weight,
                ruling: context.desk.ruling.clone(),
            },
            Placement::Assigned(operator) => DialogEvent::Answered {
                operator: operator.clone(),
                weight: rules.weight,
                ruling: context.desk.ruling.clone(),
            },
        }
    }

    /// What it says of who should get the dialog that it opens, and who had the one before.
    pub fn wishes(&self, last_operator: Option<OperatorId>) -> Wishes {
        Wishes {
            skills: self.skills.clone(),
            priority: self.priority,
            responsible: self.responsible.clone(),
            last_operator,
        }
    }

    /// What the channel greets its clients with, behind the message that opens the dialog.
    fn welcome(&self, id: DialogId, context: &Context) -> Option<DialogEvent> {
        let channel = context.desk.channel.as_deref()?;
        let text = channel.settings.welcome.as_deref()?;
        let names = (channel, context.desk.operator_name.as_deref());
        let id = MessageId::of(id, 2);
        Some(notices::written(id, Notice::Welcome, text, self.shown(), names, context.now))
    }

    /// What people call the client: their name, or the connector's id.
    fn shown(&self) -> &str {
        self.name.as_deref().unwrap_or(self.client.as_str())
    }

    /// The answer when `message` is stored in `dialog` already; nothing happens.
    pub fn duplicate(dialog: DialogId, message: MessageId) -> Decision {
        let reply = Reply::Received(Received { dialog, message, opened: false, duplicate: true });
        Decision { events: Vec::new(), reply }
    }

    /// The message itself. Clients' messages are never hidden.
    fn added(&self, id: MessageId, quote: Option<MessageId>, context: &Context) -> DialogEvent {
        let message = Message::new(id, Author::Client, Visibility::Public, self.text.clone(), context.now);
        let files = self.files.iter().map(NewFile::to_file).collect();
        let message = message.holding(Content { quote, files, ..Content::default() });
        DialogEvent::MessageAdded(Box::new(Message { external_id: self.external_id.clone(), ..message }))
    }

    /// The message that this one answers, in this dialog or an earlier one.
    fn answered(&self, dialog: &Dialog, context: &Context) -> Option<MessageId> {
        let reply_to = self.reply_to.as_ref()?;
        let mut newest_first = dialog.messages.iter().rev();
        let here = newest_first.find(|message| message.external_id.as_ref() == Some(reply_to));
        here.map(|message| message.id).or_else(|| self.earlier(context))
    }

    fn earlier(&self, context: &Context) -> Option<MessageId> {
        match context.desk.lookup {
            Lookup::Earlier(message) => Some(message),
            _ => None,
        }
    }

    /// Where this message is stored already: in this dialog, or in an earlier one.
    fn stored(&self, dialog: &Dialog, context: &Context) -> Option<(DialogId, MessageId)> {
        let external_id = self.external_id.as_ref()?;
        let mut newest_first = dialog.messages.iter().rev();
        let here = newest_first.find(|message| message.external_id.as_ref() == Some(external_id));
        here.map(|message| (dialog.id, message.id)).or(context.desk.duplicate_of)
    }
}

impl DialogCommand for Receive {
    fn decide(&self, dialog: &Dialog, context: &Context) -> Result<Decision, Rejection> {
        if let Some((dialog, message)) = self.stored(dialog, context) {
            return Ok(Self::duplicate(dialog, message));
        }
        guard::open(dialog)?;
        guard::space(dialog)?;
        let message = dialog.next_message();
        let received = Received { dialog: dialog.id, message, opened: false, duplicate: false };
        let added = self.added(message, self.answered(dialog, context), context);
        Ok(Decision { events: vec![added], reply: Reply::Received(received) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dialog::{CloseReason, Status};
    use crate::domain::testing::*;
    use crate::error::Code;

    fn hello(external_id: Option<&str>) -> Receive {
        let external_id = external_id.map(|id| ExternalId::new(id).unwrap());
        Receive { external_id, name: Some("Ala".into()), ..receive("hello") }
    }

    #[test]
    fn a_message_goes_into_the_open_dialog() {
        let outcome = given(answered_by("anna")).when(&hello(Some("x1")), &by_nobody());
        let message = outcome.added_message();
        assert_eq!((&message.author, message.visibility), (&Author::Client, Visibility::Public));
        assert_eq!((message.text.as_str(), message.at), ("hello", NOW));
        let id = MessageId::of(DIALOG, 2);
        let received = Received { dialog: DIALOG, message: id, opened: false, duplicate: false };
        outcome.replies(Reply::Received(received));
    }

    #[test]
    fn the_same_external_id_is_stored_once_also_in_a_closed_dialog() {
        let mut events = answered_by("anna");
        events.extend(given(events.clone()).when(&hello(Some("x1")), &by_nobody()).events());
        let again = Receive::duplicate(DIALOG, MessageId::of(DIALOG, 2)).reply;
        given(events.clone()).when(&hello(Some("x1")), &by_nobody()).then([]).replies(again.clone());
        events.push(DialogEvent::Closed { reason: CloseReason::Finished, by: None });
        given(events.clone()).when(&hello(Some("x1")), &by_nobody()).then([]).replies(again);
        given(events.clone()).when(&hello(Some("x2")), &by_nobody()).rejected(Code::DialogClosed);
        given(events).when(&hello(None), &by_nobody()).rejected(Code::DialogClosed);
    }

    #[test]
    fn a_message_of_an_earlier_dialog_is_a_duplicate_too() {
        let earlier = MessageId::of(DialogId(3), 9);
        let mut context = by_nobody();
        context.desk.duplicate_of = Some((DialogId(3), earlier));
        let reply = Receive::duplicate(DialogId(3), earlier).reply;
        given(waiting()).when(&hello(Some("x1")), &context).then([]).replies(reply);
    }

    #[test]
    fn opening_is_one_step_wherever_the_dialog_is_put() {
        let context = by_nobody();
        let anna = operator("anna");
        let deadline = context.desk.rules.deadline(NOW);
        let offered =
            DialogEvent::Offered { operators: vec![anna.clone()], deadline, weight: 10, ruling: None };
        let cases = [
            (Placement::Waiting, DialogEvent::Waiting { channel: channel("web"), ruling: None }),
            (Placement::Offered(vec![anna.clone()]), offered),
            (
                Placement::Assigned(anna.clone()),
                DialogEvent::Answered { operator: anna, weight: 10, ruling: None },
            ),
        ];
        for (placement, last) in cases {
            let decision = hello(None).open(DIALOG, Some(DialogId(2)), &placement, &context);
            assert_eq!(decision.events.last(), Some(&last));
            let dialog = given(decision.events).dialog();
            assert_eq!(dialog.previous, Some(DialogId(2)));
            assert_eq!(dialog.client.as_ref().unwrap().name.as_deref(), Some("Ala"));
            assert_eq!(dialog.messages.len(), 1);
            let received =
                Received { dialog: DIALOG, message: dialog.messages[0].id, opened: true, duplicate: false };
            assert_eq!(decision.reply, Reply::Received(received));
            assert_eq!(dialog.status == Status::Waiting, placement == Placement::Waiting);
        }
    }

    #[test]
    fn a_text_or_name_that_is_too_long_is_refused() {
        let long = Receive { text: "x".repeat(10_001), ..hello(None) };
        assert_eq!(long.validate().unwrap_err().field.as_deref(), Some("text"));
        let named = Receive { name: Some("x".repeat(257)), ..hello(None) };
        assert_eq!(named.validate().unwrap_err().code, Code::TooLarge);
        assert_eq!(hello(None).validate(), Ok(()));
    }

    #[test]
    fn a_message_brings_files_and_says_what_it_answers() {
        let file = NewFile::upload("a.txt", "text/plain", b"hello".to_vec());
        let mut events = answered_by("anna");
        events.extend(given(events.clone()).when(&hello(Some("x1")), &by_nobody()).events());
        let answer = |reply_to| Receive {
            reply_to: Some(ExternalId::new(reply_to).unwrap()),
            ..hello(Some("x2")).file(file.clone())
        };
        let message = given(events.clone()).when(&answer("x1"), &by_nobody()).added_message();
        assert_eq!(
            (message.quote(), message.files()),
            (Some(MessageId::of(DIALOG, 2)), &[file.to_file()][..])
        );
        let earlier = MessageId::of(DialogId(3), 1);
        let context = by_nobody().looked_up(Lookup::Earlier(earlier));
        assert_eq!(
            given(events.clone()).when(&answer("x0"), &context).added_message().quote(),
            Some(earlier)
        );
        assert_eq!(given(events).when(&answer("x0"), &by_nobody()).added_message().quote(), None);
        let decision = answer("x0").open(DIALOG, None, &Placement::Waiting, &context);
        assert_eq!(given(decision.events).dialog().messages[0].quote(), Some(earlier));
    }

    #[test]
    fn unknown_fields_are_refused() {
        let read = |text| serde_json::from_str::<Receive>(text);
        assert!(read(r#"{"channel":"web","client":"ala","text":"hi"}"#).is_ok());
        assert!(read(r#"{"channel":"web","client":"ala","text":"hi","hidden":true}"#).is_err());
        assert!(read(r#"{"channel":"web","client":"ala"}"#).is_err());
        let full = r#"{"channel":"web","client":"ala","text":"hi","priority":-3,"responsible":"anna",
            "skills":[{"skill":"french","level":2}]}"#;
        assert_eq!(read(full).unwrap().wishes(None).priority, Some(-3));
    }
}
