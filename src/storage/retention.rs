//! Which closed dialogs are to be erased when: for channels that say how long they keep dialogs, and for
//! no others, the table `closing` has an entry for each closed dialog that is not erased, by the channel on
//! which its client wrote and the time at which it closed.
//!
//! The archive thread writes entries beside images. When a channel begins to keep dialogs for a time only,
//! those that had closed before are entered once, and a mark in `meta` says so. Nothing is decided here.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

use super::image::channel_prefix;
use super::reader::Reader;
use super::rocks::{Changes, Safety, Table};
use crate::domain::dialog::Dialog;
use crate::domain::finding::Filter;
use crate::domain::query::StatusFilter;
use crate::error::Error;
use crate::ids::{ChannelId, DialogId};
use crate::timestamp::Timestamp;

/// Dialogs that are entered at once when a channel begins.
const DIALOGS_PER_WRITE: usize = 512;

const MARK_PREFIX: &[u8] = b"retention/";
const MARK_END: &[u8] = b"retention0";

/// The channels that keep dialogs for a time only.
#[derive(Debug, Default)]
pub(super) struct Retained {
    any: AtomicBool,
    channels: RwLock<HashSet<ChannelId>>,
}

impl Retained {
    fn set(&self, channel: &ChannelId, is_retained: bool) {
        let mut channels = self.channels.write().unwrap_or_else(PoisonError::into_inner);
        match is_retained {
            true => channels.insert(channel.clone()),
            false => channels.remove(channel),
        };
        self.any.store(!channels.is_empty(), Ordering::Release);
    }

    /// Puts the entry of a closed dialog, if its channel wants one.
    pub fn put(&self, closing: &Closing, changes: &mut Changes<'_>) {
        if self.any.load(Ordering::Acquire)
            && self.channels.read().unwrap_or_else(PoisonError::into_inner).contains(&closing.channel)
        {
            changes.put(Table::Closing, &closing.key(), &[]);
        }
    }
}

/// When and where a client's dialog closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Closing {
    pub channel: ChannelId,
    pub at: Timestamp,
    pub dialog: DialogId,
}

impl Closing {
    /// Of a closed dialog of a client.
    pub fn of(dialog: &Dialog) -> Option<Self> {
        let channel = dialog.client.as_ref()?.channel.clone();
        Some(Self { channel, at: dialog.closed_at?, dialog: dialog.id })
    }

    pub fn key(&self) -> Vec<u8> {
        let mut key = channel_prefix(&self.channel);
        // Moments before 1970 are not accepted anywhere.
        key.extend_from_slice(&self.at.as_millis().to_be_bytes());
        key.extend_from_slice(&self.dialog.0.to_be_bytes());
        key
    }
}

fn parse(prefix: &[u8], key: &[u8]) -> Result<(Timestamp, DialogId), Error> {
    let damaged =
        || Error::Damaged { place: format!("closing key {key:02x?}"), reason: "it is not a dialog's".into() };
    let (at, dialog) = key[prefix.len()..].split_first_chunk().ok_or_else(damaged)?;
    let dialog = <[u8; 8]>::try_from(dialog).map_err(|_| damaged())?;
    Ok((Timestamp::from_millis(i64::from_be_bytes(*at)), DialogId(u64::from_be_bytes(dialog))))
}

fn mark_key(channel: &ChannelId) -> Vec<u8> {
    [MARK_PREFIX, channel.as_str().as_bytes()].concat()
}

impl Reader {
    /// From now on dialogs of this channel that close are entered, or no longer.
    pub fn set_retained(&self, channel: &ChannelId, is_retained: bool) {
        self.retained.set(channel, is_retained);
    }

    /// Says of every channel for which all closed dialogs had been entered whether that is still so:
    /// called at the start, with all channels that keep dialogs for a time only.
    ///
    /// # Errors
    /// If the disk cannot be read or written.
    pub fn keep_retained(&self, channels: &HashSet<ChannelId>) -> Result<(), Error> {
        let kept: HashSet<Vec<u8>> = channels.iter().map(mark_key).collect();
        let mut gone = Vec::new();
        self.disk.scan(Table::Meta, MARK_PREFIX, Some(MARK_END), &mut |key, _| {
            gone.extend((!kept.contains(key)).then(|| key.to_vec()));
            Ok(ControlFlow::Continue(()))
        })?;
        if gone.is_empty() {
            return Ok(());
        }
        self.disk
            .write(Safety::Memory, |changes| gone.iter().for_each(|key| changes.delete(Table::Meta, key)))
    }

    /// Whether all dialogs of the channel that have closed are entered.
    ///
    /// # Errors
    /// If the disk cannot be read.
    pub fn is_entered(&self, channel: &ChannelId) -> Result<bool, Error> {
        Ok(self.disk.get(Table::Meta, &mark_key(channel))?.is_some())
    }

    /// Forgets that all were entered, as the channel keeps dialogs for ever now.
    ///
    /// # Errors
    /// If the disk cannot be written.
    pub fn forget_entered(&self, channel: &ChannelId) -> Result<(), Error> {
        self.disk.write(Safety::Memory, |changes| changes.delete(Table::Meta, &mark_key(channel)))
    }

    /// Enters all dialogs of the channel that have closed and whose images are written.
    ///
    /// # Errors
    /// If the disk cannot be read or written, or holds something else.
    pub fn enter_closed(&self, channel: &ChannelId) -> Result<(), Error> {
        let closed = Filter { status: Some(StatusFilter::Closed), ..Filter::default() };
        let mut before = None;
        loop {
            let page = self.closed_dialogs(&closed, before, DIALOGS_PER_WRITE)?;
            let kept = page.iter().filter(|dialog| !dialog.is_erased()).filter_map(Closing::of);
            let entries: Vec<Closing> = kept.filter(|closing| closing.channel == *channel).collect();
            self.disk.write(Safety::Memory, |changes| {
                entries.iter().for_each(|closing| changes.put(Table::Closing, &closing.key(), &[]));
            })?;
            match page.last() {
                Some(last) => before = Some(last.id),
                None => break,
            }
        }
        // Behind all entries in memory, so no flush can take it without them.
        self.disk.write(Safety::Memory, |changes| changes.put(Table::Meta, &mark_key(channel), &[]))
    }

    /// When the first of the entered dialogs of a channel closed.
    ///
    /// # Errors
    /// If the disk cannot be read, or holds something else.
    pub fn first_closed(&self, channel: &ChannelId) -> Result<Option<Timestamp>, Error> {
        let first = self.closed_until(channel, Timestamp::from_millis(i64::MAX), 1)?;
        Ok(first.first().map(|(at, _)| *at))
    }

    /// The first of the entered dialogs of a channel that had closed at `until`, at most `limit`.
    ///
    /// # Errors
    /// If the disk cannot be read, or holds something else.
    pub fn closed_until(
        &self,
        channel: &ChannelId,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<(Timestamp, DialogId)>, Error> {
        let (prefix, mut found) = (channel_prefix(channel), Vec::new());
        let end = [prefix.as_slice(), &[0xff; 17]].concat();
        self.disk.scan_near(Table::Closing, &prefix, &end, &mut |key, _| {
            let (at, dialog) = parse(&prefix, key)?;
            if at > until || found.len() == limit {
                return Ok(ControlFlow::Break(()));
            }
            found.push((at, dialog));
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(found)
    }
}
