//! What may be seen of things: pure projections, in the shapes of the line protocol.
//!
//! Whatever a client must not see is left out here and nowhere else.

mod channel;
mod content;
mod dialog;
mod explanation;
mod file;
mod found;
mod history;
mod message;
mod operator;
mod request;

use serde::{Deserialize, Serialize};

pub use channel::{ChannelView, QueueState};
pub use content::{Answers, ContentView, FileLine, FormLine, MentionView};
pub use dialog::{ClientDialogView, DialogView, EmployeeDialogView, Page};
pub use explanation::{CandidateView, Explanation, ReasonCount, RulingView};
pub use file::{FileView, uploaded};
pub use found::{FoundDialog, SearchResult};
pub use history::{HistoryPage, HistoryPart, HistoryView, MessageView};
pub use message::{ClientMessageView, EmployeeMessageView, RevisionView};
pub use operator::{OperatorView, Workload};
pub use request::RequestView;

pub use crate::domain::dialog::Link;

/// For whose eyes a dialog is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum View {
    /// Everything.
    #[default]
    Employee,
    /// What the client may see.
    Client,
}
