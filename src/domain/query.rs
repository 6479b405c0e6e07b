//! Everything that may be asked; nothing changes by it.

mod history;

use serde::Deserialize;

pub use self::history::{History, HistoryOf};
use super::operator::Principal;
use super::permission::Permission;
use super::view::View;
use crate::error::Rejection;
use crate::ids::{ChannelId, ClientId, DialogId, MessageId, OperatorId};

/// A question.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Query {
    /// A dialog with its messages.
    GetDialog(GetDialog),
    /// A client's open dialog, or the last one.
    FindDialog(FindDialog),
    /// What waits for me.
    Unanswered(Unanswered),
    /// An operator's settings and live state.
    GetOperator(GetOperator),
    /// A channel's settings and live state.
    GetChannel(GetChannel),
    /// How the engine is.
    Health(Health),
    /// The content of an uploaded file.
    GetFile(GetFile),
    /// Everything that was written with a client.
    History(History),
}

macro_rules! queries {
    ($($query:ident,)*) => {$(
        impl From<$query> for Query {
            fn from(query: $query) -> Self {
                Self::$query(query)
            }
        }
    )*};
}

impl Query {
    /// Checks what excludes each other.
    ///
    /// # Errors
    /// `invalid_argument`, with the field.
    pub fn validate(&self) -> Result<(), Rejection> {
        match self {
            Self::GetDialog(GetDialog { view: View::Client, audit: true, .. }) => {
                Err(Rejection::invalid("audit", "the client's view never shows what was edited or deleted"))
            }
            Self::History(history) => history.validate(),
            _ => Ok(()),
        }
    }
}

queries! { GetDialog, FindDialog, Unanswered, GetOperator, GetChannel, Health, GetFile, History, }

/// A dialog with its messages, a page of them if wanted.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GetDialog {
    /// Which.
    pub dialog: DialogId,
    /// For whose eyes.
    #[serde(default)]
    pub view: View,
    /// The last message seen: those after it are wanted.
    pub after: Option<MessageId>,
    /// How many messages at most.
    pub limit: Option<u32>,
    /// Whether what was edited and deleted is wanted too: for supervisors.
    #[serde(default)]
    pub audit: bool,
}

impl GetDialog {
    /// Whether the operator who asks may see what it asks for; nobody stands for the host itself.
    ///
    /// # Errors
    /// `permission_denied`.
    pub fn allow(&self, principal: Option<&Principal>) -> Result<(), Rejection> {
        if self.audit { Principal::may(principal, Permission::Audit, None) } else { Ok(()) }
    }

    /// All of a dialog, as employees see it.
    pub fn whole(dialog: DialogId) -> Self {
        Self { dialog, view: View::Employee, after: None, limit: None, audit: false }
    }

    /// A dialog without its messages, as employees see it.
    pub fn summary(dialog: DialogId) -> Self {
        Self { limit: Some(0), ..Self::whole(dialog) }
    }
}

/// A client's open dialog, or the last one.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FindDialog {
    /// The channel on which the client wrote.
    pub channel: ChannelId,
    /// The connector's id for the client.
    pub client: ClientId,
}

/// Dialogs that are offered to the asking operator or wait in a queue that they are in.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unanswered {
    /// How many at most.
    pub limit: Option<u32>,
}

impl Unanswered {
    /// How many dialogs are shown unless the query says otherwise.
    pub const DEFAULT_LIMIT: u32 = 200;
}

/// An operator's settings and live state.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GetOperator {
    /// Who.
    pub operator: OperatorId,
}

/// A channel's settings and live state.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GetChannel {
    /// Which.
    pub channel: ChannelId,
}

/// The content of an uploaded file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GetFile {
    /// The message that holds it.
    pub message: MessageId,
    /// Its place among the files of the message, from 0.
    pub index: u32,
}

/// How the engine is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Health {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dialog_is_shown_whole_and_to_employees_unless_asked_otherwise() {
        let read = |text| serde_json::from_str::<GetDialog>(text);
        let whole = GetDialog::whole(DialogId(7));
        assert_eq!(read(r#"{"dialog":7}"#).unwrap(), whole);
        let page = read(r#"{"dialog":7,"view":"client","after":3,"limit":2}"#).unwrap();
        assert_eq!(
            page,
            GetDialog { view: View::Client, after: Some(MessageId(3)), limit: Some(2), ..whole }
        );
        assert!(read(r#"{"dialog":7,"view":"everybody"}"#).is_err());
    }

    #[test]
    fn the_client_audits_nothing() {
        let audit = GetDialog { audit: true, ..GetDialog::whole(DialogId(7)) };
        assert_eq!(Query::from(audit.clone()).validate(), Ok(()));
        let rejection = Query::from(GetDialog { view: View::Client, ..audit }).validate().unwrap_err();
        assert_eq!(rejection.field.as_deref(), Some("audit"));
    }

    #[test]
    fn unknown_fields_are_refused() {
        assert!(serde_json::from_str::<Health>("{}").is_ok());
        assert!(serde_json::from_str::<Health>(r#"{"deep":true}"#).is_err());
        assert!(serde_json::from_str::<Unanswered>(r#"{"operator":"anna"}"#).is_err());
    }
}
