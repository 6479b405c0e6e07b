//! `centrala inspect`: what a closed data directory holds.

use std::path::PathBuf;

use clap::Args;

use super::checking::Checking;
use super::failure::{Failure, print_json};
use crate::storage;

/// Show what a closed data directory holds, as one JSON object, then check it.
#[derive(Debug, Args)]
pub(super) struct Inspect {
    /// The data directory.
    #[arg(value_name = "DIR")]
    directory: PathBuf,
    #[command(flatten)]
    checking: Checking,
}

impl Inspect {
    pub(super) fn execute(self) -> Result<(), Failure> {
        print_json(&storage::inspect(&self.directory)?)?;
        self.checking.check(&self.directory)
    }
}
