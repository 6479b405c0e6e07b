//! What queries are answered with.

use hashbrown::HashSet;
use serde::Serialize;

use super::health::Health;
use super::shared::Names;
use crate::domain::dialog::Dialog;
use crate::domain::file::{File, FileHash};
use crate::domain::query::{GetDialog, History, ListRequests};
use crate::domain::view::{
    ChannelView, DialogView, EmployeeDialogView, Explanation, FileView, FoundDialog, HistoryPart,
    HistoryView, OperatorView, RequestView, SearchResult,
};
use crate::error::{Code, Rejection};
use crate::ids::{ChannelId, ClientId, DialogId, RequestId};
use crate::timestamp::Timestamp;

/// What a query is answered with.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Answer {
    /// A dialog.
    Dialog(DialogView),
    /// Several dialogs.
    Dialogs {
        /// Without their messages.
        dialogs: Vec<EmployeeDialogView>,
    },
    /// An operator.
    Operator(OperatorView),
    /// A channel.
    Channel(Box<ChannelView>),
    /// How the engine is.
    Health(Health),
    /// An uploaded file with its content.
    File(FileView),
    /// A request to the outside.
    Request(Box<RequestView>),
    /// A page of requests to the outside.
    Requests {
        /// In the order of their ids.
        requests: Vec<RequestView>,
        /// The last one, if there are more.
        next: Option<RequestId>,
    },
    /// A page of dialogs.
    Listed {
        /// Without their messages.
        dialogs: Vec<EmployeeDialogView>,
        /// After which dialog the next page begins; nothing at the end.
        next: Option<DialogId>,
    },
    /// What a search found.
    Results {
        /// The best first.
        results: Vec<SearchResult>,
    },
    /// A page of a client's history.
    History(HistoryView),
    /// Why a dialog was given out as it was.
    Explained(Explanation),
    /// Where the rest of the answer is to be found, off the dispatcher's thread.
    #[serde(skip)]
    Pending(Pending),
}

/// A part of an answer that whoever asked must fetch.
#[derive(Debug, Clone, PartialEq)]
pub enum Pending {
    /// Nothing: the barrier was passed.
    Nothing,
    /// The dialog is on disk only.
    OnDisk(DialogId),
    /// The dialog that is to be explained is on disk only.
    ExplainOnDisk(DialogId),
    /// The client's last dialog is on disk, if there is one.
    LastOf(ChannelId, ClientId),
    /// The client of this dialog, which is on disk only, has to be asked for.
    ClientOf(DialogId),
    /// The client's newest dialog gives this to a page of the history; those before are on disk.
    HistoryBefore(HistoryPart),
    /// The content of this file is on disk.
    Content(File, FileHash),
    /// The request's dialog is on disk only.
    RequestOnDisk(RequestId),
    /// Those requests that the index names, each to be asked for.
    Requests(ListRequests),
    /// These dialogs, each to be asked.
    Each(Vec<DialogId>),
    /// These fit, of the dialogs that have actors; others may lie on the disk.
    Found {
        /// The newest first.
        found: Vec<FoundDialog>,
        /// All that have actors.
        awake: HashSet<DialogId>,
    },
}

impl Answer {
    /// What a dialog gives to a page of its client's history.
    ///
    /// # Errors
    /// `dialog_internal`.
    pub fn history(dialog: &Dialog, query: &History, names: &Names) -> Result<Self, Rejection> {
        let part = HistoryPart::of(dialog, query, |operator| names.get(operator))?;
        Ok(Self::Pending(Pending::HistoryBefore(part)))
    }

    /// A dialog as a query wants to see it.
    ///
    /// # Errors
    /// `dialog_internal`.
    pub fn dialog(dialog: &Dialog, query: &GetDialog, names: &Names) -> Result<Self, Rejection> {
        DialogView::of(dialog, query, |operator| names.get(operator)).map(Self::Dialog)
    }

    /// A request of a dialog as it is at `now`.
    ///
    /// # Errors
    /// `request_not_found`.
    pub fn request(dialog: Option<&Dialog>, request: RequestId, now: Timestamp) -> Result<Self, Rejection> {
        let found = dialog.and_then(|dialog| Some((dialog, dialog.request(request)?)));
        let shown = found.map(|(dialog, request)| RequestView::of(request, dialog, now));
        shown.map(|view| Self::Request(Box::new(view))).ok_or_else(no_such_request)
    }
}

/// There is no such request to the outside.
pub fn no_such_request() -> Rejection {
    Rejection::new(Code::RequestNotFound, "there is no such request").at("request")
}
