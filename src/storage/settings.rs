//! What a host may set about the disk. Plain data: nothing is opened here.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// What a reply promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Durability {
    /// The change is synced to the disk.
    #[default]
    Sync,
    /// The change is handed to the operating system: it outlives the process, not a power cut.
    Buffered,
    /// The change is applied in memory; the disk follows.
    None,
}

impl Durability {
    /// The word of the command line and of settings.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sync => "sync",
            Self::Buffered => "buffered",
            Self::None => "none",
        }
    }
}

impl fmt::Display for Durability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Durability {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let known = [Self::Sync, Self::Buffered, Self::None];
        known.into_iter().find(|level| level.as_str() == text).ok_or_else(|| Error::InvalidSetting {
            setting: "durability",
            reason: format!("{text:?} is not one of sync, buffered, none"),
        })
    }
}

/// How the data directory is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StoreSettings {
    /// What a reply promises.
    pub durability: Durability,
    /// Bytes of journal after which a checkpoint is due. More means less writing and a longer start
    /// after a kill.
    pub checkpoint_bytes: u64,
    /// Events kept for subscribers behind the last checkpoint.
    pub retain_events: u64,
    /// Idempotency keys that are remembered; an older one is taken for new.
    pub key_window: u32,
    /// Bytes of recent events that subscribers are served from memory.
    pub feed_bytes: usize,
}

impl Default for StoreSettings {
    fn default() -> Self {
        Self {
            durability: Durability::default(),
            checkpoint_bytes: 64 * 1024 * 1024,
            retain_events: 1_000_000,
            key_window: 100_000,
            feed_bytes: 16 * 1024 * 1024,
        }
    }
}

impl StoreSettings {
    /// Whether every setting is in its range.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] names the first that is not.
    pub fn check(&self) -> Result<(), Error> {
        let positive = |setting, value: u64| {
            let wrong = || Error::InvalidSetting { setting, reason: "must be at least 1".into() };
            if value == 0 { Err(wrong()) } else { Ok(()) }
        };
        positive("checkpoint_bytes", self.checkpoint_bytes)?;
        positive("key_window", u64::from(self.key_window))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_of_durability_is_read_as_it_is_shown() {
        for level in [Durability::Sync, Durability::Buffered, Durability::None] {
            assert_eq!(level.to_string().parse::<Durability>().unwrap(), level);
            assert_eq!(serde_json::to_value(level).unwrap(), level.as_str());
        }
        assert!("fsync".parse::<Durability>().is_err());
    }

    #[test]
    fn a_window_of_no_keys_is_refused() {
        let settings = StoreSettings { key_window: 0, ..StoreSettings::default() };
        assert!(matches!(settings.check(), Err(Error::InvalidSetting { setting: "key_window", .. })));
    }
}
