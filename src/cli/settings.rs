//! Arguments that several commands share.

use crate::engine::{Durability, Settings};
use crate::error::Error;

/// What a reply promises.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct DurabilityArgument {
    /// What a reply promises: the change is on disk (sync), with the operating system (buffered), or
    /// in memory (none).
    #[arg(long, value_name = "LEVEL", default_value_t = Durability::Sync, value_parser = level)]
    durability: Durability,
}

impl DurabilityArgument {
    /// Settings with this durability.
    pub(super) fn settings(&self) -> Settings {
        Settings::default().durability(self.durability)
    }

    /// The level.
    pub(super) fn level(&self) -> Durability {
        self.durability
    }
}

fn level(text: &str) -> Result<Durability, String> {
    text.parse().map_err(|_: Error| "one of sync, buffered, none".to_owned())
}
