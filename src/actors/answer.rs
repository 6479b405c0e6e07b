//! What queries are answered with.

use serde::Serialize;

use super::health::Health;
use super::shared::Names;
use crate::domain::dialog::Dialog;
use crate::domain::file::{File, FileHash};
use crate::domain::query::{GetDialog, History};
use crate::domain::view::{
    ChannelView, DialogView, EmployeeDialogView, FileView, HistoryPart, HistoryView, OperatorView,
};
use crate::error::Rejection;
use crate::ids::{ChannelId, ClientId, DialogId};

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
    Channel(ChannelView),
    /// How the engine is.
    Health(Health),
    /// An uploaded file with its content.
    File(FileView),
    /// A page of a client's history.
    History(HistoryView),
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
    /// The client's last dialog is on disk, if there is one.
    LastOf(ChannelId, ClientId),
    /// The client of this dialog, which is on disk only, has to be asked for.
    ClientOf(DialogId),
    /// The client's newest dialog gives this to a page of the history; those before are on disk.
    HistoryBefore(HistoryPart),
    /// The content of this file is on disk.
    Content(File, FileHash),
    /// These dialogs, each to be asked.
    Each(Vec<DialogId>),
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
}
