//! `centrala explain`: why the dispatcher gave a dialog out as it did, from a closed data directory.

use std::path::PathBuf;

use clap::Args;

use super::checking::Checking;
use super::failure::{Failure, print_json};
use super::progress;
use crate::domain::view::Explanation;
use crate::ids::DialogId;
use crate::storage;

/// Show every routing decision on a dialog of a closed data directory, as one JSON object.
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// The data directory.
    #[arg(value_name = "DIR")]
    directory: PathBuf,
    /// The dialog's id.
    #[arg(value_name = "DIALOG")]
    dialog: u64,
    #[command(flatten)]
    checking: Checking,
}

impl Explain {
    pub(super) fn execute(self) -> Result<(), Failure> {
        let bar = progress::bar(0, "events");
        let found = storage::stored_dialog(&self.directory, DialogId(self.dialog), &mut |done, total| {
            bar.set_length(total.max(done));
            bar.set_position(done);
        });
        bar.finish_and_clear();
        let Some(dialog) = found? else {
            let directory = self.directory.display();
            return Err(Failure::Failed(format!("there is no dialog {} in {directory}", self.dialog)));
        };
        print_json(&Explanation::of(&dialog))?;
        self.checking.check(&self.directory)
    }
}
