//! What the dispatcher looked up elsewhere before it passed a command on.

use crate::domain::dialog::{Client, Dialog, Message};
use crate::domain::library::{App, CannedReply, Form};
use crate::ids::{MessageId, OperatorId};

/// What was looked up. Most commands need nothing.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Lookup {
    /// Nothing, or it was not found.
    #[default]
    Nothing,
    /// A message of another dialog.
    Message(Box<SeenMessage>),
    /// Where the message that a client answers stands, in an earlier dialog.
    Earlier(MessageId),
    /// A canned reply.
    Canned(Box<CannedAtHand>),
    /// A form.
    Form(Box<Form>),
    /// An app; without its bot, if that is no longer there.
    App(Box<App>),
}

/// A message as it stands in its dialog.
#[derive(Debug, Clone, PartialEq)]
pub struct SeenMessage {
    /// Who wrote in that dialog; nobody in an internal one.
    pub client: Option<Client>,
    /// Who owns that dialog.
    pub owner: Option<OperatorId>,
    /// Who else takes part in it.
    pub participants: Vec<OperatorId>,
    /// Everybody who ever owned it, took part in it or wrote in it.
    pub everybody: Vec<OperatorId>,
    /// The message.
    pub message: Message,
}

impl SeenMessage {
    /// The message of `dialog` with this id.
    pub fn of(dialog: &Dialog, message: MessageId) -> Option<Self> {
        let message = dialog.message(message)?.clone();
        let (client, owner) = (dialog.client.clone(), dialog.owner.clone());
        let (participants, everybody) = (dialog.participants.clone(), dialog.everybody());
        Some(Self { client, owner, participants, everybody, message })
    }
}

/// A canned reply with the names of who sends it, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CannedAtHand {
    /// The reply.
    pub reply: CannedReply,
    /// The name of the operator who sends it.
    pub operator_name: String,
    /// The name of the channel whose queue the dialog is in.
    pub channel_name: String,
}
