//! A narrow door for tests of the domain: `given(events).when(command, context).then(events)`.
//!
//! Dialog 7 of client `ala` in channel `web`; operators are known by their names.

use std::sync::Arc;

use super::channel::{Accept, Channel, ChannelSettings, OffHours, QueueMode};
use super::dialog::command::{
    Actor, Context, CreateTask, Decision, Desk, DialogCommand, FromMessage, Lookup, OfferRules, Receive,
    SaveToCrm,
};
use super::dialog::{Author, CloseReason, Content, Dialog, Message, Visibility};
use super::event::{DialogEvent, MessageEdit};
use super::operator::Role;
use super::reply::Reply;
use crate::error::{Code, Rejection};
use crate::ids::{ChannelId, ClientId, DialogId, ExternalId, MessageId, OperatorId};
use crate::timestamp::Timestamp;

/// The dialog of all tests.
pub const DIALOG: DialogId = DialogId(7);
/// When everything given happened.
pub const BEFORE: Timestamp = Timestamp::from_millis(1_000_000);
/// When the command comes.
pub const NOW: Timestamp = Timestamp::from_millis(1_010_000);
/// When the offers given end.
pub const OFFER_ENDS: Timestamp = Timestamp::from_millis(1_060_000);

pub fn operator(name: &str) -> OperatorId {
    OperatorId::new(name).unwrap()
}

pub fn channel(name: &str) -> ChannelId {
    ChannelId::new(name).unwrap()
}

pub fn receive(text: &str) -> Receive {
    let client = ClientId::new("ala").unwrap();
    Receive::new(channel("web"), client, text)
}

// What happened before.

pub fn opened() -> Vec<DialogEvent> {
    let client = ClientId::new("ala").unwrap();
    let (id, text) = (MessageId::of(DIALOG, 1), "hello?".to_owned());
    let message = Message::new(id, Author::Client, Visibility::Public, text, BEFORE);
    vec![
        DialogEvent::Opened {
            channel: channel("web"),
            client,
            client_name: None,
            previous: None,
            wishes: None,
        },
        DialogEvent::MessageAdded(Box::new(message)),
    ]
}

pub fn waiting() -> Vec<DialogEvent> {
    with(opened(), DialogEvent::Waiting { channel: channel("web"), ruling: None })
}

pub fn offered_to<const N: usize>(names: [&str; N]) -> Vec<DialogEvent> {
    with(opened(), offered_event(names, Some(OFFER_ENDS)))
}

/// A bot met the client, and nobody else has had it.
pub fn held_by_bot(name: &str) -> Vec<DialogEvent> {
    with(opened(), DialogEvent::BotJoined { operator: operator(name) })
}

pub fn answered_by(name: &str) -> Vec<DialogEvent> {
    with(opened(), answered_event(name, 10))
}

pub fn pinned_by(name: &str) -> Vec<DialogEvent> {
    with(answered_by(name), DialogEvent::Pinned { operator: operator(name) })
}

/// Answered, with a task of the client's message.
pub fn with_task(name: &str) -> Vec<DialogEvent> {
    let task = CreateTask(FromMessage::new(MessageId::of(DIALOG, 1)));
    given(answered_by(name)).when(&task, &by(name)).all_events()
}

/// Answered, and to be saved to the CRM.
pub fn with_deal(name: &str) -> Vec<DialogEvent> {
    let save = SaveToCrm { dialog: DIALOG, title: None, contact: None };
    given(answered_by(name)).when(&save, &by(name)).all_events()
}

pub fn finished_by(name: &str) -> Vec<DialogEvent> {
    with(answered_by(name), finished_event(name))
}

/// `owner` has answered, and `participant` has joined.
pub fn joined_by(owner: &str, participant: &str) -> Vec<DialogEvent> {
    with(answered_by(owner), joined(participant, participant))
}

/// `name` has answered and written "hello": message 2.
pub fn written_by(name: &str, visibility: Visibility) -> Vec<DialogEvent> {
    let author = Author::Operator(operator(name));
    let message = Message::new(MessageId::of(DIALOG, 2), author, visibility, "hello".into(), BEFORE);
    with(answered_by(name), DialogEvent::MessageAdded(Box::new(message)))
}

/// `anna` has answered, and the client has written "hello", which the connector calls so: message 2.
pub fn received_as(external: &str) -> Vec<DialogEvent> {
    let id = MessageId::of(DIALOG, 2);
    let message = Message::new(id, Author::Client, Visibility::Public, "hello".into(), BEFORE);
    let external_id = Some(ExternalId::new(external).unwrap());
    with(answered_by("anna"), DialogEvent::MessageAdded(Box::new(Message { external_id, ..message })))
}

fn with(mut events: Vec<DialogEvent>, event: DialogEvent) -> Vec<DialogEvent> {
    events.push(event);
    events
}

// Events that are often expected.

pub fn offered_event<const N: usize>(names: [&str; N], deadline: Option<Timestamp>) -> DialogEvent {
    DialogEvent::Offered { operators: names.map(operator).into(), deadline, weight: 10, ruling: None }
}

pub fn answered_event(name: &str, weight: u32) -> DialogEvent {
    DialogEvent::Answered { operator: operator(name), weight, ruling: None }
}

/// A public message of an operator at `place`, with something in it.
pub fn message_event(place: u32, author: &str, content: Content) -> DialogEvent {
    let (id, author) = (MessageId::of(DIALOG, place), Author::Operator(operator(author)));
    let message = Message::new(id, author, Visibility::Public, "look".into(), BEFORE);
    DialogEvent::MessageAdded(Box::new(message.holding(content)))
}

pub fn withdrawn(name: &str) -> DialogEvent {
    DialogEvent::OfferWithdrawn { operator: operator(name) }
}

pub fn joined(name: &str, by: &str) -> DialogEvent {
    DialogEvent::ParticipantJoined { operator: operator(name), by: operator(by) }
}

pub fn left(name: &str, by: Option<&str>) -> DialogEvent {
    DialogEvent::ParticipantLeft { operator: operator(name), by: by.map(operator) }
}

pub fn taken_event(name: &str, from: &str) -> DialogEvent {
    DialogEvent::Taken { operator: operator(name), from: Some(operator(from)), weight: 10 }
}

/// A public message has another text.
pub fn edited(place: u32, text: &str, by: Option<&str>) -> DialogEvent {
    let (message, by) = (MessageId::of(DIALOG, place), by.map(operator));
    let edit = MessageEdit { message, text: text.into(), visibility: Visibility::Public, by };
    DialogEvent::MessageEdited(Box::new(edit))
}

/// The text of a public message was taken away.
pub fn deleted(place: u32, by: Option<&str>) -> DialogEvent {
    let (message, by) = (MessageId::of(DIALOG, place), by.map(operator));
    DialogEvent::MessageDeleted { message, visibility: Visibility::Public, by }
}

pub fn finished_event(name: &str) -> DialogEvent {
    DialogEvent::Closed { reason: CloseReason::Finished, by: Some(operator(name)) }
}

/// The channel, with these rules.
pub fn rules(change: impl FnOnce(&mut ChannelSettings)) -> Channel {
    let mut settings = ChannelSettings { name: "Web".into(), ..ChannelSettings::default() };
    change(&mut settings);
    Channel { id: channel("web"), settings, closed_after_ms: None }
}

// Who acts, and what the dispatcher says of it.

/// The connector, or the engine itself.
pub fn by_nobody() -> Context {
    let rules =
        OfferRules { mode: QueueMode::Evenly, accept: Accept::Answer, weight: 10, offer_timeout_ms: 60_000 };
    let desk = Desk::new(rules);
    Context { now: NOW, actor: None, desk }
}

/// A plain operator, member of the queue, with room.
pub fn by(name: &str) -> Context {
    let actor = Actor { operator: operator(name), role: Role::Operator, member: true };
    Context { actor: Some(actor), ..by_nobody() }
}

impl Context {
    pub(crate) fn role(mut self, role: Role) -> Self {
        self.actor.as_mut().unwrap().role = role;
        self
    }

    /// The actor is no member of the queue.
    pub(crate) fn stranger(mut self) -> Self {
        self.actor.as_mut().unwrap().member = false;
        self
    }

    /// The channel has these rules.
    pub(crate) fn with_rules(mut self, change: impl FnOnce(&mut ChannelSettings)) -> Self {
        self.desk.channel = Some(Arc::new(rules(change)));
        self
    }

    /// The same rules, but of this channel.
    pub(crate) fn in_channel(mut self, name: &str) -> Self {
        let settings = self.desk.channel.unwrap().settings.clone();
        self.desk.channel = Some(Arc::new(Channel { id: channel(name), settings, closed_after_ms: None }));
        self
    }

    /// The queue of this channel is closed, and does this with what enters it.
    pub(crate) fn into_closed(mut self, name: &str, reply: Option<&str>, close: bool) -> Self {
        let off_hours = OffHours { reply: reply.map(str::to_owned), close };
        let Channel { settings, .. } = rules(|settings| settings.off_hours = off_hours);
        self.desk.closed_queue =
            Some(Arc::new(Channel { id: channel(name), settings, closed_after_ms: None }));
        self
    }

    /// The operator who matters is called so.
    pub(crate) fn named(mut self, name: &str) -> Self {
        self.desk.operator_name = Some(name.to_owned());
        self
    }

    pub(crate) fn full(mut self) -> Self {
        self.desk.room = false;
        self
    }

    pub(crate) fn unreachable(mut self) -> Self {
        self.desk.reachable = false;
        self
    }

    pub(crate) fn mode(mut self, mode: QueueMode) -> Self {
        self.desk.rules.mode = mode;
        self
    }

    pub(crate) fn auto(mut self) -> Self {
        self.desk.rules.accept = Accept::Auto;
        self
    }

    pub(crate) fn looked_up(mut self, lookup: Lookup) -> Self {
        self.desk.lookup = lookup;
        self
    }

    pub(crate) fn weight(mut self, weight: u32) -> Self {
        self.desk.rules.weight = weight;
        self
    }
}

// The door.

pub struct Given(Vec<DialogEvent>);

pub fn given(events: Vec<DialogEvent>) -> Given {
    Given(events)
}

impl Given {
    pub fn dialog(&self) -> Dialog {
        let mut dialog = Dialog::from_event(DIALOG, &self.0[0], BEFORE).unwrap();
        self.0.iter().for_each(|event| dialog.apply(event, BEFORE));
        dialog
    }

    pub fn when(self, command: &impl DialogCommand, context: &Context) -> Outcome {
        let decided = command.decide(&self.dialog(), context);
        Outcome { given: self, decided }
    }
}

pub struct Outcome {
    given: Given,
    pub decided: Result<Decision, Rejection>,
}

impl Outcome {
    #[track_caller]
    fn decision(&self) -> &Decision {
        self.decided.as_ref().expect("the command should be allowed")
    }

    #[track_caller]
    pub fn then<const N: usize>(self, expected: [DialogEvent; N]) -> Self {
        assert_eq!(self.decision().events, expected);
        self
    }

    /// Gives the field that the rejection names.
    #[track_caller]
    pub fn rejected(self, code: Code) -> Option<String> {
        let rejection = self.decided.expect_err("the command should be rejected");
        assert_eq!(rejection.code, code);
        rejection.field.map(String::from)
    }

    #[track_caller]
    pub fn replies(self, reply: Reply) {
        assert_eq!(self.decision().reply, reply);
    }

    /// The events of the command.
    #[track_caller]
    pub fn events(&self) -> Vec<DialogEvent> {
        self.decision().events.clone()
    }

    /// The events given and those of the command.
    #[track_caller]
    pub fn all_events(&self) -> Vec<DialogEvent> {
        [self.given.0.clone(), self.events()].concat()
    }

    /// The message that the command added.
    #[track_caller]
    pub fn added_message(&self) -> Message {
        let added = |event: &DialogEvent| match event {
            DialogEvent::MessageAdded(message) => Some((**message).clone()),
            _ => None,
        };
        self.decision().events.iter().find_map(added).expect("a message should be added")
    }

    /// The dialog after the command.
    #[track_caller]
    pub fn dialog(&self) -> Dialog {
        let mut dialog = self.given.dialog();
        self.decision().events.iter().for_each(|event| dialog.apply(event, NOW));
        dialog
    }
}
