//! The positions of named subscriptions. They outlive the engine and hold the trim.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use super::meta;
use super::rocks::Disk;
use crate::error::Error;
use crate::ids::SubscriptionName;

/// The last event that each named subscription has acknowledged.
#[derive(Debug)]
pub(super) struct Subscriptions {
    positions: Mutex<BTreeMap<SubscriptionName, u64>>,
}

impl Subscriptions {
    pub fn read(disk: &Disk) -> Result<Self, Error> {
        let positions = meta::subscriptions(disk)?.into_iter().collect();
        Ok(Self { positions: Mutex::new(positions) })
    }

    pub fn position(&self, name: &SubscriptionName) -> Option<u64> {
        self.positions().get(name).copied()
    }

    /// The smallest position: no event after it may be trimmed.
    pub fn slowest(&self) -> Option<u64> {
        self.positions().values().min().copied()
    }

    /// A position only moves forward: an acknowledgement that comes late changes nothing.
    pub fn acknowledge(&self, disk: &Disk, name: &SubscriptionName, seq: u64) -> Result<(), Error> {
        let mut positions = self.positions();
        if positions.get(name).is_some_and(|position| *position >= seq) {
            return Ok(());
        }
        meta::write_subscription(disk, name, Some(seq))?;
        positions.insert(name.clone(), seq);
        Ok(())
    }

    pub fn forget(&self, disk: &Disk, name: &SubscriptionName) -> Result<(), Error> {
        let mut positions = self.positions();
        if positions.contains_key(name) {
            meta::write_subscription(disk, name, None)?;
            positions.remove(name);
        }
        Ok(())
    }

    fn positions(&self) -> MutexGuard<'_, BTreeMap<SubscriptionName, u64>> {
        self.positions.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
