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
    /// The text.
    pub text: String,
    /// When it was admitted.
    pub at: Timestamp,
    /// The connector's own name for it.
    pub external_id: Option<ExternalId>,
    /// What it holds besides its text; nothing for most, so it is kept apart.
    pub content: Option<Box<Content>>,
}

impl Message {
    /// A message that holds a text and nothing else.
    pub fn new(id: MessageId, author: Author, visibility: Visibility, text: String, at: Timestamp) -> Self {
        Self { id, author, visibility, text, at, external_id: None, content: None }
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

/// Who wrote a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Author {
    /// The client of the dialog.
    Client,
    /// An employee or a bot.
    Operator(OperatorId),
    /// The engine, for a channel's rule.
    System,
}

impl Author {
    /// The operator who wrote it, if one did.
    pub fn operator(&self) -> Option<&OperatorId> {
        match self {
            Self::Operator(operator) => Some(operator),
            Self::Client | Self::System => None,
        }
    }
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
