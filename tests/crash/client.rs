//! One client with its dialogs, as they must be after what was sent: the expectation, made from the
//! documented meaning of the commands alone. Nothing of the engine may be used here.

use serde_json::{Value, json};

use crate::chance::Chance;

/// The channel on which all clients write. Every operator may answer there.
pub const CHANNEL: &str = "web";

/// Operators of that channel, with room for everything.
pub const OPERATORS: [&str; 4] = ["anna", "bea", "cleo", "dora"];

/// What a step does.
#[derive(Debug, Clone)]
enum Deed {
    Write,
    Answer(&'static str),
    Take(&'static str),
    Reply {
        operator: &'static str,
        hidden: bool,
    },
    Finish(&'static str),
    /// Asks for a task of the dialog's first message.
    Task(&'static str),
    /// Completes the request at this place of the dialog.
    Complete(usize),
}

/// A command that was sent, with what it was answered.
#[derive(Debug, Clone)]
pub struct Step {
    deed: Deed,
    text: String,
    request: Value,
    answer: Option<Value>,
}

impl Step {
    /// The request: sent again it must have no second effect.
    pub fn request(&self) -> Value {
        self.request.clone()
    }

    /// The step in one line, for whoever reads why a test failed.
    pub fn short(&self) -> String {
        let text = self.text.split(" x").next().unwrap_or_default();
        let answer = self.answer.as_ref().map_or("unanswered".to_owned(), Value::to_string);
        format!("  {text} {:?} {answer}\n", self.deed)
    }

    /// What it was answered the first time.
    pub fn answer(&self) -> Option<&Value> {
        self.answer.as_ref()
    }

    /// Whether it has an idempotency key, so that it is answered the same again.
    pub fn is_keyed(&self) -> bool {
        self.request.get("key").is_some()
    }
}

/// A dialog as it must be.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Dialog {
    /// Who answers.
    pub owner: Option<&'static str>,
    /// Whether it has ended.
    pub closed: bool,
    /// Author, whether it is hidden, and text.
    pub messages: Vec<(Option<&'static str>, bool, String)>,
    /// Title of each request to the outside, and the reference with which it was completed.
    pub requests: Vec<(String, Option<String>)>,
}

impl Dialog {
    /// The place of a request that is not completed yet.
    fn open_request(&self) -> Option<usize> {
        self.requests.iter().position(|(_, reference)| reference.is_none())
    }
}

/// A client and all that was sent for it.
#[derive(Debug, Clone)]
pub struct Client {
    /// The client's id.
    pub name: String,
    /// What was sent, in order. Those that were answered come first.
    pub steps: Vec<Step>,
    /// How many of them were answered.
    pub acknowledged: usize,
    /// How many of the others were refused, because the engine has stopped.
    refused: usize,
    /// As it is if everything that was sent was done.
    predicted: Vec<Dialog>,
    /// The ids of the dialogs, as far as known.
    pub dialogs: Vec<u64>,
    /// The longest text.
    text_chars: usize,
}

impl Client {
    /// One that has not written yet.
    pub fn new(name: String, text_chars: usize) -> Self {
        let (steps, predicted, dialogs) = (Vec::new(), Vec::new(), Vec::new());
        Self { name, steps, acknowledged: 0, refused: 0, predicted, dialogs, text_chars }
    }

    /// Whether enough has happened to it.
    pub fn is_old(&self) -> bool {
        self.predicted.len() >= 3 && self.predicted.iter().all(|dialog| dialog.closed)
    }

    /// The next step, unless that has to wait for the number of a dialog.
    pub fn next(&mut self, chance: &mut Chance) -> Option<&Step> {
        let deed = match self.predicted.last() {
            Some(dialog) if !dialog.closed => self.deed_in(&dialog.clone(), chance)?,
            // What was asked for is done outside whether the dialog is closed or not.
            Some(dialog) if chance.percent(50) && self.dialogs.len() == self.predicted.len() => {
                dialog.open_request().map_or(Deed::Write, Deed::Complete)
            }
            _ => Deed::Write,
        };
        let step = self.step(deed, chance);
        step.deed.clone().change(&mut self.predicted, &step.text);
        self.steps.push(step);
        self.steps.last()
    }

    fn deed_in(&self, dialog: &Dialog, chance: &mut Chance) -> Option<Deed> {
        if chance.percent(25) {
            return Some(Deed::Write);
        }
        if self.dialogs.len() < self.predicted.len() {
            return None;
        }
        let somebody = *chance.one_of(&OPERATORS);
        Some(match dialog.owner {
            None => Deed::Answer(somebody),
            Some(owner) if chance.percent(15) => Deed::Task(owner),
            Some(_) if chance.percent(20) && dialog.open_request().is_some() => {
                dialog.open_request().map(Deed::Complete)?
            }
            Some(owner) if somebody != owner && chance.percent(15) => Deed::Take(somebody),
            Some(owner) if chance.percent(25) => Deed::Finish(owner),
            Some(operator) => Deed::Reply { operator, hidden: chance.percent(20) },
        })
    }

    fn step(&self, deed: Deed, chance: &mut Chance) -> Step {
        let unique = format!("{}/{}", self.name, self.steps.len());
        let text = format!("{unique} {}", "x".repeat(chance.below(self.text_chars)));
        let dialog = self.dialogs.last();
        let in_dialog = |place: usize| dialog.map(|dialog| (dialog << 20) + place as u64 + 1);
        let mut request = match &deed {
            Deed::Write => json!({"do": "receive", "channel": CHANNEL, "client": self.name, "text": text}),
            Deed::Answer(operator) => json!({"do": "answer", "as": operator, "dialog": dialog}),
            Deed::Take(operator) => json!({"do": "take", "as": operator, "dialog": dialog}),
            Deed::Finish(operator) => json!({"do": "finish", "as": operator, "dialog": dialog}),
            Deed::Task(operator) => {
                json!({"do": "create_task", "as": operator, "message": in_dialog(0), "title": unique})
            }
            Deed::Complete(place) => {
                json!({"do": "complete_request", "request": in_dialog(*place), "reference": unique})
            }
            Deed::Reply { operator, hidden } => {
                json!({"do": "reply", "as": operator, "dialog": dialog, "text": text, "hidden": hidden})
            }
        };
        // A client's message may be protected by either name, or by both.
        let protection = if matches!(deed, Deed::Write) { chance.below(3) } else { 0 };
        if protection != 1 {
            request["key"] = json!(format!("key {unique}"));
        }
        if protection != 0 {
            request["external_id"] = json!(format!("external {unique}"));
        }
        let text = if matches!(deed, Deed::Task(_) | Deed::Complete(_)) { unique } else { text };
        Step { deed, text, request, answer: None }
    }

    /// The next step was refused because the engine has stopped: it is to be sent again.
    pub fn refuse(&mut self) {
        self.refused += 1;
    }

    /// The engine runs again: from now on all unanswered steps are.
    pub fn begin_again(&mut self) {
        self.refused = 0;
    }

    /// The next unanswered step was answered. What was refused before it had to wait for something, and
    /// so has not been done before it.
    pub fn acknowledge(&mut self, answer: Value) {
        self.steps[self.acknowledged..][..=self.refused].rotate_right(1);
        if let Some(dialog) = answer["dialog"].as_u64().filter(|dialog| !self.dialogs.contains(dialog)) {
            self.dialogs.push(dialog);
        }
        self.steps[self.acknowledged].answer = Some(answer);
        self.acknowledged += 1;
    }

    /// How it must be if of the unanswered steps the first `done` were done.
    pub fn after(&self, done: usize) -> Vec<Dialog> {
        let mut dialogs = Vec::new();
        for step in &self.steps[..self.acknowledged + done] {
            step.deed.change(&mut dialogs, &step.text);
        }
        dialogs
    }

    /// Steps without an answer.
    pub fn unanswered(&self) -> usize {
        self.steps.len() - self.acknowledged
    }

    /// The dialog, as its place in the list, and the text of a step that writes something.
    pub fn written(&self) -> Vec<(usize, &str, &Step)> {
        let (mut written, mut dialogs) = (Vec::new(), Vec::new());
        for step in &self.steps {
            step.deed.change(&mut dialogs, &step.text);
            if matches!(step.deed, Deed::Write | Deed::Reply { .. }) {
                written.push((dialogs.len() - 1, step.text.as_str(), step));
            }
        }
        written
    }
}

impl Deed {
    /// What it does to the dialogs of its client.
    fn change(&self, dialogs: &mut Vec<Dialog>, text: &str) {
        if matches!(self, Self::Write) && dialogs.last().is_none_or(|dialog| dialog.closed) {
            dialogs.push(Dialog::default());
        }
        let dialog = dialogs.last_mut().expect("whoever acts, acts in a dialog");
        match *self {
            Self::Write => dialog.messages.push((None, false, text.to_owned())),
            Self::Reply { operator, hidden } => {
                dialog.messages.push((Some(operator), hidden, text.to_owned()))
            }
            Self::Answer(operator) | Self::Take(operator) => dialog.owner = Some(operator),
            Self::Finish(_) => dialog.closed = true,
            Self::Task(_) => dialog.requests.push((text.to_owned(), None)),
            Self::Complete(place) => dialog.requests[place].1 = Some(text.to_owned()),
        }
    }
}
