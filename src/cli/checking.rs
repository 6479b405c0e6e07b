//! What tools for a closed directory do besides their job: they say whether all of it is whole.

use std::path::Path;

use clap::Args;

use super::failure::Failure;
use super::progress;
use crate::storage::{self, Verified};

/// Whether everything is checked.
#[derive(Debug, Args)]
pub(super) struct Checking {
    /// Do not check the rest of the directory afterwards: the exit code is then only about what was read.
    #[arg(long)]
    quick: bool,
}

impl Checking {
    /// Fails if anything in the directory is damaged, unless that is not asked for.
    pub(super) fn check(&self, directory: &Path) -> Result<(), Failure> {
        if self.quick { Ok(()) } else { verify(directory).map(drop) }
    }
}

/// Checks everything, behind a bar.
pub(super) fn verify(directory: &Path) -> Result<Verified, Failure> {
    let bar = progress::bar(0, "records");
    let verified = storage::verify(directory, &mut |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    Ok(verified?)
}
