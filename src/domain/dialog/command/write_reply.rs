//! Writes a message, for the client or for employees only.

use serde::Deserialize;

use super::compose::{self, NewMention};
use super::lookup::Lookup;
use super::{Context, Decision, DialogCommand, no_such_message, steps};
use crate::domain::dialog::{Client, Content, Dialog, Message, Visibility};
use crate::domain::file::{self, NewFile};
use crate::domain::form;
use crate::error::Rejection;
use crate::ids::{DialogId, MessageId};

/// I write in this dialog. The line protocol calls it `reply`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WriteReply {
    /// Which.
    pub dialog: DialogId,
    /// What I write.
    pub text: String,
    /// Whether only employees may read it; by default the client may too, unless my hidden mode is on.
    pub hidden: Option<bool>,
    /// The message that it answers, of this dialog or another.
    pub quote: Option<MessageId>,
    /// Labels in the text that are links for employees.
    #[serde(default)]
    pub mentions: Vec<NewMention>,
    /// Files that go along.
    #[serde(default)]
    pub files: Vec<NewFile>,
}

impl WriteReply {
    /// A text and nothing else.
    pub fn new(dialog: DialogId, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { dialog, text, hidden: None, quote: None, mentions: Vec::new(), files: Vec::new() }
    }

    /// The same reply, for employees only or for the client as well.
    #[must_use]
    pub fn hidden(mut self, hidden: bool) -> Self {
        self.hidden = Some(hidden);
        self
    }

    /// The same reply, as an answer to a message.
    #[must_use]
    pub fn quote(mut self, message: MessageId) -> Self {
        self.quote = Some(message);
        self
    }

    /// The same reply with a mention.
    #[must_use]
    pub fn mention(mut self, mention: NewMention) -> Self {
        self.mentions.push(mention);
        self
    }

    /// The same reply with a file.
    #[must_use]
    pub fn file(mut self, file: NewFile) -> Self {
        self.files.push(file);
        self
    }

    /// Checks lengths, and that every mention stands in the text.
    ///
    /// # Errors
    /// `too_large` or `invalid_argument`, with the field.
    pub fn validate(&self) -> Result<(), Rejection> {
        form::text("text", &self.text)?;
        compose::validate_mentions(&self.text, &self.mentions)?;
        file::validate(&self.files)
    }

    /// The message that it answers and whose client wrote there, if it is to be found.
    fn quoted<'a>(
        &self,
        dialog: &'a Dialog,
        lookup: &'a Lookup,
    ) -> Result<Option<(&'a Message, Option<&'a Client>)>, Rejection> {
        let Some(quote) = self.quote else { return Ok(None) };
        match (dialog.message(quote), lookup) {
            (Some(message), _) => Ok(Some((message, dialog.client.as_ref()))),
            (None, Lookup::Message(seen)) => Ok(Some((&seen.message, seen.client.as_ref()))),
            _ => Err(no_such_message().at("quote")),
        }
    }

    fn content(&self) -> Content {
        Content {
            quote: self.quote,
            mentions: self.mentions.iter().map(NewMention::to_mention).collect(),
            files: self.files.iter().map(NewFile::to_file).collect(),
            insert: None,
        }
    }
}

impl DialogCommand for WriteReply {
    fn decide(&self, dialog: &Dialog, context: &Context) -> Result<Decision, Rejection> {
        let quoted = self.quoted(dialog, &context.desk.lookup)?;
        let operator = &compose::writer(dialog, context)?.operator;
        let visibility = dialog.visibility_for(operator, self.hidden);
        if let (Visibility::Public, Some((message, client))) = (visibility, quoted) {
            check_quote(message, client, dialog.client.as_ref())?;
        }
        let message = steps::operator_message(dialog, operator, visibility, &self.text, context.now);
        Ok(compose::added(message.holding(self.content())))
    }
}

/// What the client must not see, or is another's, is not for a public message to quote.
fn check_quote(message: &Message, of: Option<&Client>, client: Option<&Client>) -> Result<(), Rejection> {
    if message.is_hidden() {
        return Err(Rejection::invalid("quote", "a public message may not quote a hidden one"));
    }
    if of.map(Client::key) != client.map(Client::key) {
        return Err(Rejection::invalid("quote", "a public message may not quote one of another client"));
    }
    Ok(())
}

#[cfg(test)]
#[path = "write_reply_tests.rs"]
mod tests;
