//! One message, as employees and as the client see it.

use serde::Serialize;

use crate::domain::dialog::{Author, Dialog, Link, Message, Visibility};
use crate::ids::{DialogId, MessageId, OperatorId};
use crate::timestamp::Timestamp;

/// A message as employees see it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct EmployeeMessageView {
    /// Its id.
    pub message: MessageId,
    /// The dialog in which it stands.
    pub dialog: DialogId,
    /// `client`, `operator` or `system`.
    pub author: &'static str,
    /// The operator who wrote it, if one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<OperatorId>,
    /// Who may read it.
    pub visibility: Visibility,
    /// The text.
    pub text: String,
    /// When it was admitted.
    pub at: Timestamp,
    /// What came of the requests about it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
}

impl EmployeeMessageView {
    pub(super) fn of(message: &Message, dialog: &Dialog) -> Self {
        Self {
            message: message.id,
            dialog: dialog.id,
            author: author(message),
            operator: message.author.operator().cloned(),
            visibility: message.visibility,
            text: message.text.clone(),
            at: message.at,
            links: dialog.links_of(message.id).cloned().collect(),
        }
    }
}

/// A message as its client sees it. There is none of a hidden message.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ClientMessageView {
    /// Its id.
    pub message: MessageId,
    /// The dialog in which it stands.
    pub dialog: DialogId,
    /// `client`, `operator` or `system`.
    pub author: &'static str,
    /// The name of the operator who wrote it, if one did. The id is no client's business.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Always public.
    pub visibility: Visibility,
    /// The text.
    pub text: String,
    /// When it was admitted.
    pub at: Timestamp,
}

impl ClientMessageView {
    pub(super) fn of(
        message: &Message,
        dialog: DialogId,
        name_of: impl Fn(&OperatorId) -> Option<String>,
    ) -> Option<Self> {
        match message.visibility {
            Visibility::Hidden => None,
            Visibility::Public => Some(Self {
                message: message.id,
                dialog,
                author: author(message),
                name: message.author.operator().and_then(name_of),
                visibility: Visibility::Public,
                text: message.text.clone(),
                at: message.at,
            }),
        }
    }
}

fn author(message: &Message) -> &'static str {
    match message.author {
        Author::Client => "client",
        Author::Operator(_) => "operator",
        Author::System => "system",
    }
}
