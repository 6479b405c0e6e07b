//! One message of a dialog.

use serde::{Deserialize, Serialize};

use super::content::{Card, Content, Insert, Mention, Payment, SentForm};
use crate::domain::file::File;
use crate::ids::{ExternalId, MessageId, OperatorId};
use crate::timestamp::Timestamp;

/// One message of a dialog.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// Who wrote it.
    pub author: Author,
    /// Who may read it.
    pub visibility: Visibility,
    /// The text; empty once it was deleted.
    pub text: String,
    /// When it was admitted.
    pub at: Timestamp,
    /// The connector's own name for it.
    pub external_id: Option<ExternalId>,
    /// How far it has got on its way to the client, if a connector said so.
    pub receipt: Option<Receipt>,
    /// When its text was last changed.
    pub edited_at: Option<Timestamp>,
    /// Whether its text was taken away.
    pub deleted: bool,
    /// The texts that it had before, the first one first.
    pub revisions: Vec<Revision>,
    /// What it holds besides its text; nothing for most, so it is kept apart.
    pub content: Option<Box<Content>>,
}

impl Message {
    /// A message as it is written: neither changed nor on its way yet.
    pub fn new(id: MessageId, author: Author, visibility: Visibility, text: String, at: Timestamp) -> Self {
        Self {
            id,
            author,
            visibility,
            text,
            at,
            external_id: None,
            receipt: None,
            edited_at: None,
            deleted: false,
            revisions: Vec::new(),
            content: None,
        }
    }

    /// Puts another text in the place of the present one, which is kept.
    pub(super) fn revise(&mut self, text: String, by: Option<&OperatorId>, at: Timestamp) {
        let text = std::mem::replace(&mut self.text, text);
        self.revisions.push(Revision { text, until: at, by: by.cloned() });
    }

    /// The same message with what else it holds.
    #[must_use]
    pub fn holding(mut self, content: Content) -> Self {
        self.content = (!content.is_empty()).then(|| Box::new(content));
        self
    }

    /// Whether only employees may read it.
    pub fn is_hidden(&self) -> bool {
        self.visibility == Visibility::Hidden
    }

    /// The message that it answers.
    pub fn quote(&self) -> Option<MessageId> {
        self.content.as_ref().and_then(|content| content.quote)
    }

    /// Who and what is mentioned in it.
    pub fn mentions(&self) -> &[Mention] {
        self.content.as_ref().map_or(&[], |content| &content.mentions)
    }

    /// Its files.
    pub fn files(&self) -> &[File] {
        self.content.as_ref().map_or(&[], |content| &content.files)
    }

    /// The form that it asks the client to fill in.
    pub fn form(&self) -> Option<&SentForm> {
        match self.insert() {
            Some(Insert::Form(form)) => Some(form),
            _ => None,
        }
    }

    /// The payment that it asks for.
    pub fn payment(&self) -> Option<&Payment> {
        match self.insert() {
            Some(Insert::Payment(payment)) => Some(payment),
            _ => None,
        }
    }

    /// The card that it shows.
    pub fn card(&self) -> Option<&Card> {
        match self.insert() {
            Some(Insert::Card(card)) => Some(card),
            _ => None,
        }
    }

    fn insert(&self) -> Option<&Insert> {
        self.content.as_ref().and_then(|content| content.insert.as_ref())
    }

    /// The thing in it, to be changed by an event.
    pub(super) fn insert_mut(&mut self) -> Option<&mut Insert> {
        self.content.as_mut().and_then(|content| content.insert.as_mut())
    }
}

/// A text that a message had before, kept for supervisors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    /// The text.
    pub text: String,
    /// When another one, or none, took its place.
    pub until: Timestamp,
    /// Who did that; nobody if the client did.
    pub by: Option<OperatorId>,
}

/// How far a message has got on its way to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Receipt {
    /// The connector has handed it over.
    Sent,
    /// It is on the client's device.
    Delivered,
    /// The client has seen it.
    Read,
    /// It cannot be delivered.
    Failed,
}

impl Receipt {
    /// Whether this is news after `before`. Connectors tell late and twice: a message goes on from
    /// sent to delivered to read, fails only while it is not delivered, and stays failed.
    pub fn follows(self, before: Option<Self>) -> bool {
        match (before, self) {
            (None, _) | (Some(Self::Sent), Self::Delivered | Self::Read | Self::Failed) => true,
            (Some(Self::Delivered), next) => next == Self::Read,
            (Some(Self::Sent | Self::Read | Self::Failed), _) => false,
        }
    }
}

/// Who wrote a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Author {
    /// The client of the dialog.
    Client,
    /// An employee or a bot.
    Operator(OperatorId),
    /// The engine, for a channel's rule.
    System(Notice),
}

impl Author {
    /// The operator who wrote it, if one did.
    pub fn operator(&self) -> Option<&OperatorId> {
        match self {
            Self::Operator(operator) => Some(operator),
            Self::Client | Self::System(_) => None,
        }
    }
}

/// The rule of a channel that made the engine write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Notice {
    /// Greets whoever opens a dialog.
    Welcome,
    /// Says that the channel is closed; once in a dialog.
    OffHours,
    /// Says that nobody has answered yet; once in a dialog.
    NoAnswer,
    /// Takes leave of the client.
    Closing,
}

/// Who may read a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// The client and employees.
    Public,
    /// Employees only.
    Hidden,
}
