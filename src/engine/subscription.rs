//! Events as they happen, from any retained one on, without hole or repetition.
//!
//! A subscription is a cursor over the journal, not a queue: a slow reader costs no memory. It
//! reads recent events from memory and older ones from disk. One that falls so far behind that
//! its events are trimmed gets [`SubscriptionError::Trimmed`] instead of a hole.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;

use super::Engine;
use crate::domain::event::DialogEvent;
use crate::error::Error;
use crate::ids::{OperatorId, SubscriptionName};
use crate::storage::{Feed, FeedError, OneEvent, Recorded};

/// The events of an engine, in order. A [`Stream`] that ends when the engine is closed and
/// everything has been read.
#[derive(Debug)]
pub struct Subscription {
    feed: Feed,
}

impl Engine {
    /// Events from number `from` on (the first one ever is 1); from the next one on with
    /// `durable_seq() + 1`.
    pub fn subscribe(&self, from: u64) -> Subscription {
        Subscription { feed: self.running.feeds.feed(from) }
    }

    /// Events after the last one that was acknowledged under `name`, also in an earlier run; under
    /// a new name, from the first one that is kept. The journal keeps what a named subscription
    /// has not acknowledged.
    ///
    /// # Errors
    /// [`Error::Damaged`] or [`Error::StorageFailed`] if its position cannot be read.
    pub fn subscribe_as(&self, name: &SubscriptionName) -> Result<Subscription, Error> {
        let feeds = &self.running.feeds;
        let done = feeds.position(name).unwrap_or_else(|| feeds.first_seq().saturating_sub(1));
        feeds.acknowledge(name, done)?;
        Ok(Subscription { feed: feeds.feed(done + 1) })
    }

    /// Everything up to event `seq` is done with, as far as the subscription `name` goes.
    ///
    /// # Errors
    /// [`Error::StorageFailed`] if the position cannot be written.
    pub fn acknowledge(&self, name: &SubscriptionName, seq: u64) -> Result<(), Error> {
        self.running.feeds.acknowledge(name, seq)
    }

    /// Forgets the subscription `name`: it holds the journal no more.
    ///
    /// # Errors
    /// [`Error::StorageFailed`] if that cannot be written.
    pub fn unsubscribe(&self, name: &SubscriptionName) -> Result<(), Error> {
        self.running.feeds.forget(name)
    }

    /// The last event that is as durable as the settings say.
    pub fn durable_seq(&self) -> u64 {
        self.running.feeds.durable_seq()
    }

    /// What an operator's screen has to know, from event `from` on: offers made to this operator,
    /// and how they end; dialogs that it owns or takes part in, and no longer; messages that mention it.
    pub fn notifications(&self, operator: OperatorId, from: u64) -> Notifications {
        Notifications { subscription: self.subscribe(from), operator }
    }
}

impl Subscription {
    /// Everything up to event `seq` that has not been read yet, without waiting.
    ///
    /// # Errors
    /// [`FeedError`].
    pub fn committed_up_to(&mut self, seq: u64) -> Result<Vec<Recorded>, FeedError> {
        std::iter::from_fn(|| self.feed.next_up_to(seq)).collect()
    }
}

impl Stream for Subscription {
    type Item = Result<Recorded, FeedError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.feed.poll_next(context)
    }
}

/// The events that concern one operator's screen.
#[derive(Debug)]
pub struct Notifications {
    subscription: Subscription,
    operator: OperatorId,
}

impl Stream for Notifications {
    type Item = Result<Recorded, FeedError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match self.subscription.feed.poll_next(context) {
                Poll::Ready(Some(Ok(recorded))) if !concerns(&recorded, &self.operator) => {}
                other => return other,
            }
        }
    }
}

fn concerns(recorded: &Recorded, me: &OperatorId) -> bool {
    let (OneEvent::Dialog(_, event) | OneEvent::Internal(_, event)) = &recorded.event else { return false };
    match event {
        DialogEvent::Offered { operators, .. } => operators.contains(me),
        DialogEvent::OfferWithdrawn { operator }
        | DialogEvent::OfferSkipped { operator }
        | DialogEvent::OfferExpired { operator }
        | DialogEvent::ParticipantJoined { operator, .. }
        | DialogEvent::ParticipantLeft { operator, .. }
        | DialogEvent::Answered { operator, .. }
        | DialogEvent::BotJoined { operator }
        | DialogEvent::OperatorMentioned { operator, .. } => operator == me,
        DialogEvent::Taken { operator, from, .. } => operator == me || from.as_ref() == Some(me),
        DialogEvent::Transferred { from, .. } => from.as_ref() == Some(me),
        _ => false,
    }
}
