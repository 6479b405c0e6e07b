//! Damage in sentences: where it is, what it means, and what can be saved. Nothing is mended here.

use std::collections::{BTreeSet, VecDeque};

use crate::error::Error;

/// What was met while a directory was read.
#[derive(Debug)]
pub(super) struct Damages {
    pass_over: bool,
    known: BTreeSet<String>,
    untold: VecDeque<(String, String)>,
}

impl Damages {
    /// Nothing yet. Damage ends the reading unless it is to be passed over.
    pub fn new(pass_over: bool) -> Self {
        Self { pass_over, known: BTreeSet::new(), untold: VecDeque::new() }
    }

    /// Something cannot be read.
    ///
    /// # Errors
    /// The same error, if it ends the reading.
    pub fn meet(&mut self, error: Error) -> Result<(), Error> {
        let (place, reason) = match error {
            Error::Damaged { place, reason } if self.pass_over => (place, reason),
            // What the operating system cannot read is as good as damaged.
            Error::StorageFailed { reason } if self.pass_over => ("the disk".to_owned(), reason),
            Error::Unusable { path, reason } if self.pass_over => (path, reason),
            error => return Err(error),
        };
        if self.known.insert(format!("{place}: {reason}")) {
            self.untold.push_back((place, reason));
        }
        Ok(())
    }

    /// The next one that nobody was told of: place and reason.
    pub fn next(&mut self) -> Option<(String, String)> {
        self.untold.pop_front()
    }

    /// How many there were.
    pub fn count(&self) -> u64 {
        self.known.len() as u64
    }
}

/// A part of a data directory: what damage in it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// The directory as a whole.
    Directory,
    /// The journal, whole up to this event; whether recovery has to read what is damaged.
    Journal { whole_to: u64, needed: bool },
    /// An image of a channel, an operator, a thing of the library, or an open dialog.
    Needed,
    /// The head of an open dialog.
    Head,
    /// An image of a closed dialog.
    Closed,
    /// A content of a file.
    File,
    /// What only leads to something, or counts it.
    Derived,
    /// What is true of everything together.
    Totals,
}

impl Part {
    /// The same error with what it means and what can be saved.
    pub fn explain(self, error: Error) -> Error {
        match error {
            Error::Damaged { place, reason } => {
                Error::Damaged { place, reason: format!("{reason}; {}", self.sentence()) }
            }
            error => error,
        }
    }

    fn sentence(self) -> String {
        match self {
            Self::Directory => "an engine cannot open it like this, but what it holds besides can be saved \
                                unless nothing leads to it any more"
                .to_owned(),
            Self::Journal { whole_to, needed: true } => format!(
                "the journal is whole up to event {whole_to}, an engine cannot start without what follows, and \
                 everything up to that event can be saved"
            ),
            Self::Journal { whole_to, needed: false } => format!(
                "the journal is whole up to event {whole_to}, dialogs and settings do not need what is damaged, \
                 and an engine starts, but who reads old events stops there"
            ),
            Self::Needed => "an engine cannot start without it, everything else can be saved".to_owned(),
            Self::Head => {
                "an engine cannot start with it like this, but the dialog itself is whole, and everything \
                           can be saved"
                    .to_owned()
            }
            Self::Closed => "only this closed dialog is lost, everything else can be saved".to_owned(),
            Self::File => "only this content is lost, everything else can be saved".to_owned(),
            Self::Derived => {
                "what it leads to or counts is whole, but lists, searches or figures would be wrong"
                    .to_owned()
            }
            Self::Totals => {
                "something is missing, or is there that should not be, and it cannot be said what; \
                             everything that is there can be saved"
                    .to_owned()
            }
        }
    }
}
