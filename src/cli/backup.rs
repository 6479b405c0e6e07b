//! `centrala backup`: a copy of a closed data directory, read again from end to end.

use std::path::PathBuf;

use clap::Args;

use super::failure::{Failure, print_json};
use super::progress;
use crate::storage;

/// Copy a closed data directory to a new one, and check the copy; exit code 0 only if it is whole.
#[derive(Debug, Args)]
pub(super) struct Backup {
    /// The data directory.
    #[arg(value_name = "DIR")]
    directory: PathBuf,
    /// The new directory; an engine opens it like any other.
    #[arg(value_name = "TO")]
    to: PathBuf,
}

impl Backup {
    pub(super) fn execute(self) -> Result<(), Failure> {
        let bar = progress::bar(0, "records");
        let copied = storage::backup(&self.directory, &self.to, &mut |done, total| {
            bar.set_length(total);
            bar.set_position(done);
        });
        bar.finish_and_clear();
        print_json(&copied?)
    }
}
