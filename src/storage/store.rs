//! An open data directory with all that was in it, before the journal's threads run.

use std::path::Path;
use std::sync::Arc;

use super::announced::Announced;
use super::backup::Copier;
use super::codec;
use super::erase::{Eraser, Exclusion};
use super::feed::Feeds;
use super::frame::Position;
use super::meta::{self, Totals};
use super::reader::Reader;
use super::recovery::{self, Recovered, Recovery, Resume};
use super::requests::RecentRequests;
use super::retention::Retained;
#[cfg(test)]
use super::rocks::SimulatedDisk;
use super::rocks::{Disk, Safety, Table};
use super::settings::StoreSettings;
use super::statistics::SharedStatistics;
use super::subscriptions::Subscriptions;
use super::tail::Tail;
use super::upgrade;
use crate::error::Error;
use crate::timestamp::Timestamp;

/// An open data directory. At most one engine has it.
pub struct Store {
    pub(super) disk: Arc<Disk>,
    pub(super) settings: StoreSettings,
    pub(super) tail: Arc<Tail>,
    pub(super) announced: Arc<Announced>,
    pub(super) recent_requests: Arc<RecentRequests>,
    pub(super) statistics: Arc<SharedStatistics>,
    pub(super) subscriptions: Arc<Subscriptions>,
    pub(super) exclusion: Arc<Exclusion>,
    pub(super) retained: Arc<Retained>,
    pub(super) position: Position,
    pub(super) totals: Totals,
    pub(super) tail_bytes: u64,
    recovered: Recovered,
}

impl Store {
    /// Opens the directory, makes it if need be, and hands back what is in it.
    ///
    /// # Errors
    /// [`Error::InUse`], [`Error::Unusable`], [`Error::Foreign`], [`Error::NewerFormat`], [`Error::Damaged`], or
    /// [`Error::InvalidSetting`].
    pub fn open(
        path: impl AsRef<Path>,
        settings: &StoreSettings,
        recovery: &mut impl Recovery,
    ) -> Result<Self, Error> {
        settings.check()?;
        Self::open_on(Disk::open(path.as_ref())?, settings, recovery)
    }

    /// What a process finds that starts on this simulated disk now.
    #[cfg(test)]
    pub(crate) fn open_simulated(
        disk: &SimulatedDisk,
        settings: &StoreSettings,
        recovery: &mut impl Recovery,
    ) -> Result<Self, Error> {
        settings.check()?;
        Self::open_on(Disk::simulated(disk), settings, recovery)
    }

    fn open_on(disk: Disk, settings: &StoreSettings, recovery: &mut impl Recovery) -> Result<Self, Error> {
        upgrade::upgrade(&disk, meta::format(&disk)?)?;
        let Resume { recovered, position, totals, tail_bytes, statistics } =
            recovery::recover(&disk, settings.key_window, recovery)?;
        disk.renew_mark()?;
        disk.begin_compacting()?;
        let totals = fit_ring(&disk, totals, settings.key_window)?;
        let first = meta::first(&disk)?;
        Ok(Self {
            tail: Arc::new(Tail::new(first.seq, recovered.durable_seq, settings.feed_bytes)),
            announced: Arc::default(),
            recent_requests: Arc::default(),
            exclusion: Arc::default(),
            retained: Arc::default(),
            statistics: Arc::new(SharedStatistics::new(statistics)),
            subscriptions: Arc::new(Subscriptions::read(&disk)?),
            disk: Arc::new(disk),
            settings: settings.clone(),
            position,
            totals,
            tail_bytes,
            recovered,
        })
    }

    /// What was found besides the things that were handed back.
    pub fn recovered(&self) -> &Recovered {
        &self.recovered
    }

    /// Looks things up in this directory.
    pub fn reader(&self) -> Reader {
        Reader {
            disk: Arc::clone(&self.disk),
            announced: Arc::clone(&self.announced),
            recent_requests: Arc::clone(&self.recent_requests),
            retained: Arc::clone(&self.retained),
            statistics: Arc::clone(&self.statistics),
        }
    }

    /// Follows this directory's journal.
    pub fn feeds(&self) -> Feeds {
        Feeds {
            tail: Arc::clone(&self.tail),
            disk: Arc::clone(&self.disk),
            subscriptions: Arc::clone(&self.subscriptions),
        }
    }

    /// Removes from this directory what was erased.
    pub fn eraser(&self) -> Eraser {
        Eraser {
            disk: Arc::clone(&self.disk),
            tail: Arc::clone(&self.tail),
            exclusion: Arc::clone(&self.exclusion),
        }
    }

    /// Copies this directory.
    pub fn copier(&self) -> Copier {
        Copier { disk: Arc::clone(&self.disk) }
    }

    pub(super) fn clock(&self) -> Timestamp {
        self.recovered.clock
    }
}

/// Lays the ring of keys out anew if the window has been changed since it was written.
fn fit_ring(disk: &Disk, totals: Totals, key_window: u32) -> Result<Totals, Error> {
    if totals.key_window == key_window {
        return Ok(totals);
    }
    let ring = recovery::ring(disk)?;
    let fitted = Totals { key_window, ..totals };
    let kept = ring.len().saturating_sub(key_window as usize);
    disk.write(Safety::Memory, |changes| {
        for (number, _, _) in &ring {
            changes.delete(Table::Keys, &totals.slot(*number));
        }
        for stored in &ring[kept..] {
            changes.put(Table::Keys, &fitted.slot(stored.0), &codec::encode(stored));
        }
        fitted.put(changes);
    })?;
    Ok(fitted)
}
