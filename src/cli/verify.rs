//! `centrala verify`: whether a closed data directory is whole.

use std::path::PathBuf;

use clap::Args;

use super::checking;
use super::failure::{Failure, print_json};

/// Check every byte of a closed data directory; exit code 0 only if it is whole.
#[derive(Debug, Args)]
pub(super) struct Verify {
    /// The data directory.
    #[arg(value_name = "DIR")]
    directory: PathBuf,
}

impl Verify {
    pub(super) fn execute(self) -> Result<(), Failure> {
        print_json(&checking::verify(&self.directory)?)
    }
}
