//! `centrala verify`: whether a closed data directory is whole.

use std::path::PathBuf;

use clap::Args;

use super::failure::{Failure, print_json};
use super::progress;
use crate::storage;

/// Check every byte of a closed data directory; exit code 0 only if it is whole.
#[derive(Debug, Args)]
pub(super) struct Verify {
    /// The data directory.
    #[arg(value_name = "DIR")]
    directory: PathBuf,
}

impl Verify {
    pub(super) fn execute(self) -> Result<(), Failure> {
        let bar = progress::bar(0, "records");
        let verified = storage::verify(&self.directory, &mut |done, total| {
            bar.set_length(total);
            bar.set_position(done);
        });
        bar.finish_and_clear();
        print_json(&verified?)
    }
}
