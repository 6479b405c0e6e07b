//! Settings: plain data, with defaults that suit a contact centre of any size.

use crate::error::Error;
use crate::storage::{Durability, StoreSettings};

/// How an engine runs. Plain data; every field has a default.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// What a reply means. Default: synced to disk.
    pub durability: Durability,
    /// Threads for dialogs and operators besides the dispatcher's; 0 (the default): they share
    /// that one, which is fastest on two cores and the only way on a virtual clock. At most 64.
    pub arbiters: usize,
    /// Commands that may be under way at once; more are answered `overloaded`. Default 65,536.
    pub max_in_flight: usize,
    /// Bytes of text that may be under way at once. Default 256 MiB.
    pub max_in_flight_bytes: usize,
    /// Bytes of journal after which everything changed is brought to disk, so that recovery has
    /// little to read. Default 64 MiB.
    pub checkpoint_bytes: u64,
    /// Events that stay readable for subscriptions, at least. Default 1,000,000.
    pub retain_events: u64,
    /// Commands whose idempotency keys are remembered, at least, also after a restart.
    /// Default 100,000.
    pub idempotency_window: u32,
    /// Open dialogs that stay in memory although they are on the disk as they are. Those beyond sleep until
    /// something is told to them, which costs a look at the disk. What changed since the last checkpoint stays
    /// in memory besides, and a checkpoint begins when that is twice as many. Default 16,384.
    pub awake_dialogs: usize,
}

impl Default for Settings {
    fn default() -> Self {
        let store = StoreSettings::default();
        Self {
            durability: store.durability,
            arbiters: 0,
            max_in_flight: 65_536,
            max_in_flight_bytes: 256 * 1024 * 1024,
            checkpoint_bytes: store.checkpoint_bytes,
            retain_events: store.retain_events,
            idempotency_window: store.key_window,
            awake_dialogs: 16_384,
        }
    }
}

impl Settings {
    /// The same settings with another durability.
    #[must_use]
    pub fn durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    pub(super) fn store(&self) -> StoreSettings {
        StoreSettings {
            durability: self.durability,
            checkpoint_bytes: self.checkpoint_bytes,
            retain_events: self.retain_events,
            key_window: self.idempotency_window,
            ..StoreSettings::default()
        }
    }

    pub(super) fn check(&self, virtual_clock: bool) -> Result<(), Error> {
        let wrong = |setting, reason: &str| Err(Error::InvalidSetting { setting, reason: reason.to_owned() });
        if self.arbiters > 64 {
            return wrong("arbiters", "at most 64");
        }
        if virtual_clock && self.arbiters > 0 {
            return wrong(
                "arbiters",
                "a virtual clock needs 0, so that the same input gives the same output",
            );
        }
        if self.max_in_flight == 0 {
            return wrong("max_in_flight", "at least 1");
        }
        if self.checkpoint_bytes < 64 * 1024 {
            return wrong("checkpoint_bytes", "at least 65536");
        }
        if self.idempotency_window == 0 {
            return wrong("idempotency_window", "at least 1");
        }
        Ok(())
    }
}
