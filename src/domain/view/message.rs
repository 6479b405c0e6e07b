//! One message, as employees and as the client see it.

use serde::Serialize;

use super::content::{ContentView, MentionView, mentions};
use crate::domain::dialog::{Author, Dialog, Link, Message, Receipt, Revision, Visibility};
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
    /// The text; none of a deleted one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// When it was admitted.
    pub at: Timestamp,
    /// How far it has got on its way to the client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt: Option<Receipt>,
    /// When its text was last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edited_at: Option<Timestamp>,
    /// Whether its text was taken away.
    #[serde(skip_serializing_if = "is_false")]
    pub deleted: bool,
    /// What stood there first, if it is no longer what stands there; for supervisors who ask for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub original: Option<String>,
    /// Every text that stood there before; for supervisors who ask for it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub revisions: Vec<RevisionView>,
    /// What it holds besides its text.
    #[serde(flatten)]
    pub content: ContentView,
    /// Labels in the text that are links.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<MentionView>,
    /// What came of the requests about it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
}

/// A text that stood in a message before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RevisionView {
    /// The text.
    pub text: String,
    /// When another one, or none, took its place.
    pub until: Timestamp,
    /// Who did that; nobody if the client did.
    pub by: Option<OperatorId>,
}

impl From<&Revision> for RevisionView {
    fn from(revision: &Revision) -> Self {
        let Revision { text, until, by } = revision.clone();
        Self { text, until, by }
    }
}

/// Serde asks by reference.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_false(flag: &bool) -> bool {
    !flag
}

impl EmployeeMessageView {
    /// The message, with what it was before if an `audit` wants to see that.
    pub(super) fn of(message: &Message, dialog: &Dialog, audit: bool) -> Self {
        let revisions = if audit { message.revisions.as_slice() } else { &[] };
        let shown = audit || !message.deleted;
        Self {
            message: message.id,
            dialog: dialog.id,
            author: author(message),
            operator: message.author.operator().cloned(),
            visibility: message.visibility,
            text: (!message.deleted).then(|| message.text.clone()),
            at: message.at,
            receipt: message.receipt,
            edited_at: message.edited_at,
            deleted: message.deleted,
            original: revisions.first().map(|revision| revision.text.clone()),
            revisions: revisions.iter().map(RevisionView::from).collect(),
            // Of what was deleted, nothing is left to see but for supervisors who ask for it.
            content: if shown { ContentView::of(message) } else { ContentView::default() },
            mentions: if shown { mentions(message) } else { Vec::new() },
            links: dialog.links_of(message.id).cloned().collect(),
        }
    }
}

/// A message as its client sees it. There is none of a hidden or deleted message.
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
    /// How far it has got on its way to the client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt: Option<Receipt>,
    /// When its text was last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edited_at: Option<Timestamp>,
    /// What it holds besides its text.
    #[serde(flatten)]
    pub content: ContentView,
}

impl ClientMessageView {
    pub(super) fn of(
        message: &Message,
        dialog: DialogId,
        name_of: impl Fn(&OperatorId) -> Option<String>,
    ) -> Option<Self> {
        match message.visibility {
            Visibility::Hidden => None,
            Visibility::Public if message.deleted => None,
            Visibility::Public => Some(Self {
                message: message.id,
                dialog,
                author: author(message),
                name: message.author.operator().and_then(name_of),
                visibility: Visibility::Public,
                text: message.text.clone(),
                at: message.at,
                receipt: message.receipt,
                edited_at: message.edited_at,
                content: ContentView::of(message),
            }),
        }
    }
}

fn author(message: &Message) -> &'static str {
    match message.author {
        Author::Client => "client",
        Author::Operator(_) => "operator",
        Author::System(_) => "system",
    }
}
