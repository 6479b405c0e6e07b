//! Subscriptions: cursors over the journal. Nothing is queued for anybody: a slow subscriber reads
//! from the disk what the others got from memory.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::codec::{Record, Records};
use super::frame::{self, Frame, frame_key, place};
use super::rocks::{Disk, Table};
use super::subscriptions::Subscriptions;
use super::tail::{Group, Place, Tail};
use crate::domain::event::{Change, ChannelEvent, DialogEvent, Events, ItemEvent, OperatorEvent};
use crate::domain::library::ItemId;
use crate::error::Error;
use crate::ids::{ChannelId, DialogId, OperatorId, SubscriptionName};
use crate::timestamp::Timestamp;

/// One event with its place in the journal.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// Its number; each is one more than the one before.
    pub seq: u64,
    /// When it happened.
    pub at: Timestamp,
    /// What happened, and to what.
    pub event: OneEvent,
}

/// What happened, and to what.
#[derive(Debug, Clone, PartialEq)]
pub enum OneEvent {
    /// Of a channel.
    Channel(ChannelId, ChannelEvent),
    /// Of an operator.
    Operator(OperatorId, OperatorEvent),
    /// Of a dialog.
    Dialog(DialogId, DialogEvent),
    /// Of a thing of the library.
    Item(ItemId, ItemEvent),
    /// Of an internal dialog.
    Internal(DialogId, DialogEvent),
}

/// Why a feed cannot go on.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum FeedError {
    /// The events wanted are no longer kept.
    #[error("events before {first_available} are no longer kept: begin there, or use a named subscription")]
    Trimmed {
        /// The first event that is.
        first_available: u64,
    },
    /// The journal cannot be read.
    #[error(transparent)]
    Storage(#[from] Error),
}

impl fmt::Debug for Feeds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feeds").finish_non_exhaustive()
    }
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feed").field("next", &self.next).finish_non_exhaustive()
    }
}

/// Where feeds come from. Cheap to clone.
#[derive(Clone)]
pub struct Feeds {
    pub(super) tail: Arc<Tail>,
    pub(super) disk: Arc<Disk>,
    pub(super) subscriptions: Arc<Subscriptions>,
}

impl Feeds {
    /// Every event from `from_seq` on, those that are still to come included.
    pub fn feed(&self, from_seq: u64) -> Feed {
        Feed {
            tail: Arc::clone(&self.tail),
            disk: Arc::clone(&self.disk),
            next: from_seq.max(1),
            cursor: None,
            ready: VecDeque::new(),
            ended: false,
            redactions: self.tail.redactions(),
        }
    }

    /// The last committed event.
    pub fn durable_seq(&self) -> u64 {
        self.tail.durable_seq()
    }

    /// The first event that is still kept.
    pub fn first_seq(&self) -> u64 {
        self.tail.first_seq()
    }

    /// The last event that the named subscription has acknowledged; `None` if there is no such name.
    pub fn position(&self, name: &SubscriptionName) -> Option<u64> {
        self.subscriptions.position(name)
    }

    /// Keeps for `name` all events after `seq`. The first time, this makes the subscription.
    ///
    /// # Errors
    /// If the position cannot be written.
    pub fn acknowledge(&self, name: &SubscriptionName, seq: u64) -> Result<(), Error> {
        self.subscriptions.acknowledge(&self.disk, name, seq)
    }

    /// Ends a named subscription: nothing is kept for it any more.
    ///
    /// # Errors
    /// If that cannot be written.
    pub fn forget(&self, name: &SubscriptionName) -> Result<(), Error> {
        self.subscriptions.forget(&self.disk, name)
    }
}

/// A cursor over the journal.
pub struct Feed {
    tail: Arc<Tail>,
    disk: Arc<Disk>,
    next: u64,
    cursor: Option<Cursor>,
    ready: VecDeque<Recorded>,
    ended: bool,
    /// How often the journal had been redacted when the cursor was placed.
    redactions: u64,
}

struct Cursor {
    group: Arc<Group>,
    offset: usize,
    /// The last event before `offset`.
    seq: u64,
}

impl Feed {
    /// The event that comes next.
    pub fn next_seq(&self) -> u64 {
        self.next
    }

    /// The next event as soon as it is committed; nothing after the engine has been closed and all
    /// events were taken, or after an error.
    pub fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Recorded, FeedError>>> {
        match self.advance(Some(context.waker())) {
            Ok(true) => Poll::Ready(self.take().map(Ok)),
            Ok(false) if self.ended => Poll::Ready(None),
            Ok(false) => Poll::Pending,
            Err(error) => Poll::Ready(Some(Err(error))),
        }
    }

    /// The next event if it is committed and not after `seq`. Never waits.
    pub fn next_up_to(&mut self, seq: u64) -> Option<Result<Recorded, FeedError>> {
        if self.next > seq {
            return None;
        }
        match self.advance(None) {
            Ok(true) => self.take().map(Ok),
            Ok(false) => None,
            Err(error) => Some(Err(error)),
        }
    }

    fn take(&mut self) -> Option<Recorded> {
        let recorded = self.ready.pop_front()?;
        self.next = recorded.seq + 1;
        Some(recorded)
    }

    /// Whether an event is ready. If not, the feed has ended or the waker will be called.
    fn advance(&mut self, waker: Option<&Waker>) -> Result<bool, FeedError> {
        self.forget_if_redacted();
        while self.ready.is_empty() && !self.ended {
            let advanced = match &mut self.cursor {
                Some(cursor) => cursor.read(self.next, &mut self.ready).map_err(FeedError::from),
                None => match self.tail.find(self.next, waker) {
                    Place::Recent(group) => Ok(self.cursor.insert(Cursor::new(group)).seq < self.next),
                    Place::Older => {
                        self.older().map(|group| self.cursor.insert(Cursor::new(group)).seq < self.next)
                    }
                    Place::Future => return Ok(false),
                    Place::End => Ok(false),
                },
            };
            match (advanced, self.cursor.is_some()) {
                (Ok(true), _) => {}
                (Ok(false), true) => self.cursor = None,
                (Ok(false), false) => self.ended = true,
                (Err(error), _) => {
                    self.ended = true;
                    return Err(error);
                }
            }
        }
        Ok(!self.ready.is_empty())
    }

    /// What was read and not yet taken may have been erased since: it is read again.
    fn forget_if_redacted(&mut self) {
        let redactions = self.tail.redactions();
        if redactions != self.redactions {
            self.redactions = redactions;
            self.cursor = None;
            self.ready.clear();
        }
    }

    /// The group of the next event, from the disk.
    fn older(&self) -> Result<Arc<Group>, FeedError> {
        let found = self.disk.last_up_to(Table::Journal, &frame_key(self.next, u32::MAX))?;
        // Asked after reading: what is trimmed is named before it is removed.
        let first_available = self.tail.first_seq();
        if self.next < first_available {
            return Err(FeedError::Trimmed { first_available });
        }
        let missing = || Error::Damaged {
            place: place(&frame_key(self.next, 0)),
            reason: format!("no frame holds event {}", self.next),
        };
        let (key, bytes) = found.ok_or_else(missing)?;
        let frame = Frame::parse(&key, &bytes)?;
        if frame.next.seq <= self.next {
            return Err(missing().into());
        }
        Ok(Arc::new(Group { first_seq: frame.at.seq, events: frame.events, frame: bytes }))
    }
}

impl Cursor {
    fn new(group: Arc<Group>) -> Self {
        let seq = group.first_seq - 1;
        Self { group, offset: 0, seq }
    }

    /// Reads one record; its events from `from` on become ready. False at the end of the group.
    fn read(&mut self, from: u64, ready: &mut VecDeque<Recorded>) -> Result<bool, Error> {
        let mut records = Records::at(frame::records(&self.group.frame), self.offset);
        let Some(record) = records.next() else { return Ok(false) };
        let Record { change, .. } = record.map_err(|error| Error::Damaged {
            place: format!("journal frame of event {}", self.group.first_seq),
            reason: format!("a record cannot be read {error}"),
        })?;
        self.offset = records.offset();
        let before = self.seq;
        self.seq += change.events.len() as u64;
        each_event(change, before, &mut |recorded| {
            if recorded.seq >= from {
                ready.push_back(recorded);
            }
        });
        Ok(true)
    }
}

/// Shows the events of a change one by one; the first follows the event `before`.
pub(super) fn each_event(change: Change, before: u64, visit: &mut dyn FnMut(Recorded)) {
    let (at, mut seq) = (change.at, before);
    let mut add = |event: OneEvent| {
        seq += 1;
        visit(Recorded { seq, at, event });
    };
    match change.events {
        Events::Clock => {}
        Events::Channel(id, events) => {
            events.into_iter().for_each(|event| add(OneEvent::Channel(id.clone(), event)));
        }
        Events::Operator(id, events) => {
            events.into_iter().for_each(|event| add(OneEvent::Operator(id.clone(), event)));
        }
        Events::Dialog(id, events) => {
            events.into_iter().for_each(|event| add(OneEvent::Dialog(id, event)));
        }
        Events::Internal(id, events) => {
            events.into_iter().for_each(|event| add(OneEvent::Internal(id, event)));
        }
        Events::Item(id, events) => {
            events.into_iter().for_each(|event| add(OneEvent::Item(id.clone(), event)));
        }
    }
}
