//! Whatever happens to a dialog, nothing for employees shows in what a client gets to see.
//!
//! Everything secret carries a mark of its own, and the marks are looked for in the client's view
//! and in every event that a connector may pass on.

use proptest::prelude::*;

use super::event;
use crate::domain::dialog::command::*;
use crate::domain::dialog::{Dialog, MentionTarget, Message};
use crate::domain::event::{Destination, DialogEvent, ItemEvent};
use crate::domain::file::NewFile;
use crate::domain::library::*;
use crate::domain::operator::{Principal, Role};
use crate::domain::testing::*;
use crate::domain::view::{ClientDialogView, EmployeeDialogView, Page};
use crate::engine::Recorded;
use crate::ids::{AppId, CannedId, DialogId, FormId, MessageId, OperatorId};
use crate::storage::OneEvent;

/// What nobody but employees may see a byte of.
const SECRET: &str = "Xsecret";
/// Whom nobody but employees may know: mentioned, and never doing anything.
const MENTIONED: &str = "Xmentioned";

/// One thing that somebody does, or the dispatcher on the way.
#[derive(Debug, Clone)]
enum Step {
    Reply { hidden: Option<bool>, quote: Option<u32>, mentioned: bool, file: bool },
    Foreign { hidden: Option<bool>, secret: bool },
    Transfer { comment: bool },
    Save { message: u32 },
    Canned,
    Form,
    Payment,
    Attach,
    Submit { message: u32 },
    Paid { message: u32 },
    Client { file: bool },
    Edit { message: u32 },
    Delete { message: u32 },
    Rename,
    HiddenMode { on: bool },
    Score,
    Answer,
    Finish,
}

fn step() -> impl Strategy<Value = Step> {
    let hidden = || prop::option::of(any::<bool>());
    let message = || 0..12_u32;
    prop_oneof![
        8 => (hidden(), prop::option::of(message()), any::<bool>(), any::<bool>())
            .prop_map(|(hidden, quote, mentioned, file)| Step::Reply { hidden, quote, mentioned, file }),
        2 => (hidden(), any::<bool>()).prop_map(|(hidden, secret)| Step::Foreign { hidden, secret }),
        2 => any::<bool>().prop_map(|comment| Step::Transfer { comment }),
        3 => message().prop_map(|message| Step::Save { message }),
        3 => Just(Step::Canned),
        1 => Just(Step::Form),
        1 => Just(Step::Payment),
        1 => Just(Step::Attach),
        2 => message().prop_map(|message| Step::Submit { message }),
        2 => message().prop_map(|message| Step::Paid { message }),
        2 => any::<bool>().prop_map(|file| Step::Client { file }),
        2 => message().prop_map(|message| Step::Edit { message }),
        1 => message().prop_map(|message| Step::Delete { message }),
        1 => Just(Step::Rename),
        2 => any::<bool>().prop_map(|on| Step::HiddenMode { on }),
        1 => Just(Step::Score),
        3 => Just(Step::Answer),
        1 => prop::bool::weighted(0.2).prop_map(|ends| if ends { Step::Finish } else { Step::Answer }),
    ]
}

/// A dialog, the events so far, and the canned reply that was saved last.
struct World {
    dialog: Dialog,
    events: Vec<OneEvent>,
    saved: Option<CannedReply>,
}

impl World {
    fn new() -> Self {
        let given_events = answered_by("anna");
        let dialog = given(given_events.clone()).dialog();
        let events = given_events.into_iter().map(|event| OneEvent::Dialog(DIALOG, event)).collect();
        Self { dialog, events, saved: None }
    }

    fn happens(&mut self, command: &impl DialogCommand, context: &Context) {
        let Ok(decision) = command.decide(&self.dialog, context) else { return };
        for event in decision.events {
            self.dialog.apply(&event, NOW);
            self.events.push(OneEvent::Dialog(DIALOG, event));
        }
    }

    fn take(&mut self, step: &Step) {
        let anna = || by("anna").role(Role::Supervisor);
        match step.clone() {
            Step::Reply { hidden, quote, mentioned, file } => {
                self.happens(&reply(hidden, quote, mentioned, file), &anna())
            }
            Step::Foreign { hidden, secret } => {
                let context = anna().looked_up(Lookup::Message(Box::new(foreign(secret))));
                self.happens(
                    &WriteReply {
                        quote: Some(foreign(secret).message.id),
                        ..reply(hidden, None, false, false)
                    },
                    &context,
                );
            }
            Step::Transfer { comment } => {
                let comment = comment.then(|| SECRET.to_owned());
                let to = Destination::Channel(channel("shop"));
                self.happens(&Transfer { dialog: DIALOG, to, comment }, &anna());
            }
            Step::Save { message } => self.save(MessageId::of(DIALOG, message)),
            Step::Canned => self.send_saved(&anna()),
            Step::Form => {
                let form = PutForm::new(FormId::new("f").unwrap(), "Form").field("a", "A", false).form;
                let context = anna().looked_up(Lookup::Form(Box::new(form)));
                self.happens(&SendForm { dialog: DIALOG, form: FormId::new("f").unwrap() }, &context);
            }
            Step::Payment => self.happens(&payment(), &anna()),
            Step::Attach => {
                let mut app = PutApp::new(AppId::new(SECRET).unwrap(), SECRET).app;
                app.bot = Some(operator("robo"));
                let app = Lookup::App(Box::new(app));
                self.happens(
                    &AttachApp { dialog: DIALOG, app: AppId::new(SECRET).unwrap() },
                    &anna().looked_up(app),
                );
            }
            Step::Submit { message } => {
                let message = MessageId::of(DIALOG, message);
                self.happens(&SubmitForm { message, answers: Default::default() }, &by_nobody());
            }
            Step::Paid { message } => {
                let (message, status) =
                    (MessageId::of(DIALOG, message), crate::domain::dialog::PaymentStatus::Paid);
                self.happens(&UpdatePayment { message, status }, &by_nobody());
            }
            Step::Client { file } => {
                let file = file.then(|| NewFile::upload("f", "text/plain", b"open".to_vec()));
                self.happens(&Receive { files: file.into_iter().collect(), ..receive("open") }, &by_nobody());
            }
            Step::Edit { message } => self.edit(MessageId::of(DIALOG, message), &anna()),
            Step::Delete { message } => {
                self.happens(&DeleteMessage { message: MessageId::of(DIALOG, message) }, &anna());
            }
            Step::Rename => self.happens(&Rename { dialog: DIALOG, title: SECRET.into() }, &anna()),
            Step::HiddenMode { on } => self.happens(&SetHiddenMode { dialog: DIALOG, on }, &anna()),
            Step::Score => {
                let comment = Some(SECRET.to_owned());
                self.happens(&ScoreDialog { dialog: DIALOG, rating: 2, comment }, &anna());
            }
            Step::Answer => self.happens(&Answer { dialog: DIALOG }, &anna()),
            Step::Finish => self.happens(&Finish { dialog: DIALOG }, &anna()),
        }
    }

    /// What is hidden stays so under another text.
    fn edit(&mut self, message: MessageId, anna: &Context) {
        let hidden = self.dialog.message(message).is_some_and(Message::is_hidden);
        let text = if hidden { SECRET } else { "open again" }.to_owned();
        self.happens(&EditMessage { message, text }, anna);
    }

    fn save(&mut self, message: MessageId) {
        let canned = CannedId::new("saved").unwrap();
        let Some(seen) = SeenMessage::of(&self.dialog, message) else { return };
        let save = SaveCanned { message, canned }.of(&seen.message);
        let me = Principal { operator: operator("anna"), role: Role::Operator };
        let Ok(events) = save.decide(None, Some(&me)) else { return };
        for event in events {
            let ItemEvent::Put(item) = &event;
            if let Item::Canned(reply) = &**item {
                self.saved = Some(reply.clone());
            }
            self.events.push(OneEvent::Item(Item::from_event(&event).id(), event));
        }
    }

    fn send_saved(&mut self, anna: &Context) {
        let Some(reply) = self.saved.clone() else { return };
        let at_hand = CannedAtHand { reply, operator_name: "Anna".into(), channel_name: "Web".into() };
        let context = anna.clone().looked_up(Lookup::Canned(Box::new(at_hand)));
        self.happens(&SendCanned { dialog: DIALOG, canned: CannedId::new("saved").unwrap() }, &context);
    }

    /// All that the client and its connector may get to see.
    fn shown(&self) -> String {
        let name = |_: &OperatorId| Some("Anna".to_owned());
        let view = ClientDialogView::of(&self.dialog, Page::default(), name);
        let mut shown = serde_json::to_string(&view).unwrap();
        for (seq, one) in self.events.iter().enumerate() {
            if super::audience(one) == "all" {
                let mut line = Vec::new();
                event(&mut line, &Recorded { seq: seq as u64, at: NOW, event: one.clone() });
                shown.push_str(&String::from_utf8(line).unwrap());
            }
        }
        shown
    }
}

/// A reply; what is hidden in it is marked.
fn reply(hidden: Option<bool>, quote: Option<u32>, mentioned: bool, file: bool) -> WriteReply {
    let text = if hidden == Some(true) { format!("{SECRET} label") } else { "open label".to_owned() };
    let name = if hidden == Some(true) { SECRET } else { "open" };
    let mut reply = WriteReply { hidden, ..WriteReply::new(DIALOG, text) };
    reply.quote = quote.map(|place| MessageId::of(DIALOG, place));
    if mentioned {
        let targets =
            [MentionTarget::Operator(operator(MENTIONED)), MentionTarget::Dialog(DialogId(987_654_321))];
        for target in targets {
            reply = reply.mention(NewMention { target, label: "label".into() });
        }
    }
    if file { reply.file(NewFile::upload(name, "text/plain", name.into())) } else { reply }
}

/// A message of another client.
fn foreign(secret: bool) -> SeenMessage {
    let mut dialog = given(opened()).dialog();
    dialog.client.as_mut().unwrap().id = crate::ids::ClientId::new("ola").unwrap();
    let id = MessageId::of(DialogId(987_654_321), 1);
    let visibility = dialog.messages[0].visibility;
    let text = if secret { SECRET } else { "open" }.to_owned();
    let message = Message::new(id, crate::domain::dialog::Author::Client, visibility, text, NOW);
    SeenMessage { message, ..SeenMessage::of(&dialog, dialog.messages[0].id).unwrap() }
}

fn payment() -> SendPayment {
    let (currency, description) = ("EUR".into(), "open".into());
    SendPayment { dialog: DIALOG, amount: 1, currency, description, url: "pay:1".into() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn nothing_for_employees_shows_to_the_client(steps in prop::collection::vec(step(), 0..40)) {
        let mut world = World::new();
        for step in &steps {
            world.take(step);
            let shown = world.shown();
            for secret in [SECRET, MENTIONED, "987654321", "mentions", "centrala:", "links", "hidden"] {
                prop_assert!(!shown.contains(secret), "{secret} in {shown}");
            }
            for message in world.dialog.messages.iter().filter(|message| message.is_hidden()) {
                let id = message.id.to_string();
                prop_assert!(!shown.contains(&id), "hidden message {id} in {shown}");
            }
        }
    }
}

#[test]
fn the_marks_are_there_to_be_found() {
    let mut world = World::new();
    let everything = [
        Step::Reply { hidden: Some(true), quote: Some(1), mentioned: true, file: true },
        Step::Attach,
        Step::Transfer { comment: true },
    ];
    everything.iter().for_each(|step| world.take(step));
    let view = EmployeeDialogView::of(&world.dialog, Page::default());
    let seen = serde_json::to_string(&view).unwrap();
    for secret in [SECRET, MENTIONED, "987654321", "centrala:operator/", "\"hidden\""] {
        assert!(seen.contains(secret), "{secret} in {seen}");
    }
    let told = |event: &OneEvent| matches!(event, OneEvent::Dialog(_, DialogEvent::OperatorMentioned { .. }));
    assert!(world.events.iter().any(told));
}
