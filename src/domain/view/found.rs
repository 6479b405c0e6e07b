//! What lists and searches show of what they found.

use serde::Serialize;

use super::{EmployeeDialogView, Page};
use crate::domain::dialog::Dialog;
use crate::domain::finding;
use crate::ids::{CannedId, ChannelId, DialogId, FormId, OperatorId};

/// A dialog that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundDialog {
    /// Without its messages.
    pub view: EmployeeDialogView,
    /// What people call it.
    pub name: String,
}

impl FoundDialog {
    /// What is shown of `dialog`.
    pub fn of(dialog: &Dialog) -> Self {
        let page = Page { limit: Some(0), ..Page::default() };
        Self { view: EmployeeDialogView::of(dialog, page), name: finding::name(dialog).to_owned() }
    }
}

/// Something that a search found, with what people call it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum SearchResult {
    /// An operator.
    Operator {
        /// Its id.
        operator: OperatorId,
        /// Its name.
        name: String,
    },
    /// A channel.
    Channel {
        /// Its id.
        channel: ChannelId,
        /// Its name.
        name: String,
    },
    /// A form.
    Form {
        /// Its id.
        form: FormId,
        /// Its name.
        name: String,
    },
    /// A canned reply.
    Canned {
        /// Its id.
        canned: CannedId,
        /// Its id again: it has no other name.
        name: String,
        /// What is sent.
        text: String,
    },
    /// A dialog.
    Dialog {
        /// Its id.
        dialog: DialogId,
        /// Its title, else the client's name, else the client's id.
        name: String,
    },
}
