//! Everything that may be asked; nothing changes by it.

mod history;
mod list_dialogs;
mod search;

use serde::Deserialize;

pub use self::history::{History, HistoryOf};
pub use self::list_dialogs::{ListDialogs, StatusFilter};
pub use self::search::{Entry, Fit, Search, SearchKind};
use super::dialog::RequestStatus;
use super::operator::Principal;
use super::permission::Permission;
use super::view::View;
use crate::error::Rejection;
use crate::ids::{ChannelId, ClientId, DialogId, MessageId, OperatorId, RequestId};
use crate::limits;

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
    /// Requests to the outside.
    ListRequests(ListRequests),
    /// One request to the outside.
    GetRequest(GetRequest),
    /// Dialogs by what is true of them.
    ListDialogs(ListDialogs),
    /// Something to choose, by name.
    Search(Search),
    /// Everything that was written with a client.
    History(History),
    /// Why a dialog was given out as it was.
    Explain(Explain),
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
    /// Checks what excludes each other, and ranges.
    ///
    /// # Errors
    /// `invalid_argument`, with the field.
    pub fn validate(&self) -> Result<(), Rejection> {
        match self {
            Self::GetDialog(GetDialog { view: View::Client, audit: true, .. }) => {
                Err(Rejection::invalid("audit", "the client's view never shows what was edited or deleted"))
            }
            Self::ListRequests(list) => list.validate(),
            Self::ListDialogs(list) => list.validate(),
            Self::Search(search) => search.validate(),
            Self::History(history) => history.validate(),
            _ => Ok(()),
        }
    }
}

queries! {
    GetDialog, FindDialog, History, ListDialogs, Search, Unanswered, GetOperator, GetChannel, Health,
    ListRequests, GetRequest, GetFile, Explain,
}

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

/// Why a dialog was given out as it was.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Explain {
    /// Which.
    pub dialog: DialogId,
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

/// Requests to the outside, in the order of their ids.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListRequests {
    /// Those of this status; all, if there is none.
    pub status: Option<RequestStatus>,
    /// The last request seen: those after it are wanted.
    pub after: Option<RequestId>,
    /// How many at most; a page holds no more than [`limits::REQUESTS_PER_PAGE`].
    pub limit: Option<u32>,
}

impl ListRequests {
    fn validate(&self) -> Result<(), Rejection> {
        match self.limit {
            Some(0) => Err(Rejection::invalid("limit", "a page holds at least one request")),
            _ => Ok(()),
        }
    }

    /// How many requests a page holds.
    pub fn page(&self) -> usize {
        self.limit.unwrap_or(limits::REQUESTS_PER_PAGE).min(limits::REQUESTS_PER_PAGE) as usize
    }
}

/// One request to the outside.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GetRequest {
    /// Which.
    pub request: RequestId,
}

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
    fn a_page_of_requests_has_a_size() {
        let list = |limit| ListRequests { limit, ..ListRequests::default() };
        assert_eq!([None, Some(7), Some(1000)].map(|limit| list(limit).page()), [200, 7, 200]);
        assert_eq!(Query::from(list(Some(0))).validate().unwrap_err().field.as_deref(), Some("limit"));
        assert_eq!(Query::from(list(Some(1))).validate(), Ok(()));
    }

    #[test]
    fn unknown_fields_are_refused() {
        assert!(serde_json::from_str::<Health>("{}").is_ok());
        assert!(serde_json::from_str::<Health>(r#"{"deep":true}"#).is_err());
        assert!(serde_json::from_str::<Unanswered>(r#"{"operator":"anna"}"#).is_err());
    }
}
