//! Dialogs that have been closed for longer than their channel keeps them: when the next ones fall due,
//! and that the thread that erases sees to them (`actors/eraser.rs`).
//!
//! Derived from the channels and the index of closed dialogs. Nothing here is durable.

use std::collections::BTreeMap;

use super::Dispatcher;
use super::clients::no_such_channel;
use super::commands::Asking;
use crate::actors::eraser::{Job, Sweep, Swept};
use crate::actors::registry::ToRegistry;
use crate::domain::channel::{Channel, PutRetention};
use crate::error::Error;
use crate::ids::ChannelId;
use crate::timestamp::Timestamp;

/// The channels that keep dialogs for a time only.
#[derive(Debug, Default)]
pub struct Retention {
    channels: BTreeMap<ChannelId, Kept>,
    /// Whether the thread is at it: until it is back, nothing more falls due.
    sweeping: bool,
}

/// What is known of one channel.
#[derive(Debug)]
struct Kept {
    for_ms: u64,
    /// When the first of its dialogs that are not erased closed; nothing if there is none, or it is not
    /// known yet.
    first: Option<Timestamp>,
}

impl Kept {
    fn deadline(&self) -> Option<Timestamp> {
        self.first.map(|first| first.plus_ms(self.for_ms))
    }

    fn closed(&mut self, at: Timestamp) {
        self.first = Some(self.first.map_or(at, |first| first.min(at)));
    }
}

impl Retention {
    /// When the next dialog falls due.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        let deadlines = self.channels.values().filter_map(Kept::deadline);
        if self.sweeping { None } else { deadlines.min() }
    }

    /// A dialog of a client of this channel has closed.
    pub fn closed(&mut self, channel: &ChannelId, at: Timestamp) {
        if let Some(kept) = self.channels.get_mut(channel) {
            kept.closed(at);
        }
    }
}

impl Dispatcher {
    /// Somebody says how long a channel keeps dialogs.
    pub(super) fn put_retention(&mut self, put: PutRetention, asking: Asking) {
        let Asking { acting, caller, now } = asking;
        if self.router.rules(&put.channel).is_none() {
            return self.reject(caller, no_such_channel("channel"));
        }
        self.shared.activity.begin();
        self.setting_up += 1;
        self.registry.do_send(ToRegistry::Retention { put, acting, now, caller });
    }

    /// A channel is now like this.
    pub(super) fn retention_changed(&mut self, channel: &Channel, now: Timestamp) {
        let known = self.retention.channels.get(&channel.id).map(|kept| kept.for_ms);
        if known == channel.closed_after_ms {
            return;
        }
        self.shared.reader.set_retained(&channel.id, channel.closed_after_ms.is_some());
        match (channel.closed_after_ms, self.retention.channels.get_mut(&channel.id)) {
            (Some(for_ms), Some(kept)) => kept.for_ms = for_ms,
            (Some(for_ms), None) => {
                self.retention.channels.insert(channel.id.clone(), Kept { for_ms, first: None });
                self.leave_to_eraser(Job::Enter(channel.id.clone()));
            }
            (None, _) => {
                self.retention.channels.remove(&channel.id);
                self.leave_to_eraser(Job::Forget(channel.id.clone()));
            }
        }
        self.sweep(now);
    }

    /// Takes up what recovery found. What it has closed and not written is told by `closed`.
    pub(super) fn restore_retention(&mut self, channels: &[Channel]) -> Result<(), Error> {
        let reader = self.shared.reader.clone();
        let retained = channels.iter().filter(|channel| channel.closed_after_ms.is_some());
        reader.keep_retained(&retained.map(|channel| channel.id.clone()).collect())?;
        for channel in channels {
            let Some(for_ms) = channel.closed_after_ms else { continue };
            reader.set_retained(&channel.id, true);
            let first = reader.first_closed(&channel.id)?;
            self.retention.channels.insert(channel.id.clone(), Kept { for_ms, first });
            if !reader.is_entered(&channel.id)? {
                self.leave_to_eraser(Job::Enter(channel.id.clone()));
            }
        }
        Ok(())
    }

    /// Leaves to the thread what has fallen due.
    pub(super) fn sweep(&mut self, now: Timestamp) {
        if self.retention.next_deadline().is_none_or(|deadline| deadline > now) {
            return;
        }
        let mut due = Vec::new();
        for (channel, kept) in &mut self.retention.channels {
            if kept.deadline().is_some_and(|deadline| deadline <= now) {
                // What closes meanwhile is noticed as the first again.
                kept.first = None;
                due.push(Sweep { channel: channel.clone(), until: now.minus_ms(kept.for_ms) });
            }
        }
        self.retention.sweeping = true;
        self.leave_to_eraser(Job::Sweep(due));
    }

    /// The thread is back.
    pub(super) fn swept(&mut self, swept: Swept) {
        let Swept { firsts, sweep } = swept;
        for (channel, first) in firsts {
            if let (Some(kept), Some(first)) = (self.retention.channels.get_mut(&channel), first) {
                kept.closed(first);
            }
        }
        self.retention.sweeping &= !sweep;
        // An engine that has failed would come back without end.
        if self.shared.failure.get().is_none() {
            self.sweep(self.now());
        }
        self.shared.activity.end(1);
    }
}
