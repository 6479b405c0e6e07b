//! Channels, operators and the things of the library alike: few, kept under their name, and all in memory.

use std::borrow::Cow;

use serde::de::DeserializeOwned;

use super::fingerprint::{Thing, fingerprint};
use super::image::item_key;
use crate::domain::channel::Channel;
use crate::domain::event::{ChannelEvent, ItemEvent, OperatorEvent};
use crate::domain::library::{Item, ItemId};
use crate::domain::operator::Operator;
use crate::ids::{ChannelId, OperatorId};

/// A channel, an operator or a thing of the library.
pub(super) trait Kept: DeserializeOwned {
    type Id: Ord + Clone;
    type Event;

    fn id(&self) -> Self::Id;
    /// Under which it is kept.
    fn key(&self) -> Cow<'_, str>;
    fn print(&self, state: &[u8]) -> u64;
    fn created_by(id: Self::Id, event: &Self::Event) -> Self;
    fn take_in(&mut self, event: &Self::Event);
}

impl Kept for Channel {
    type Id = ChannelId;
    type Event = ChannelEvent;

    fn id(&self) -> ChannelId {
        self.id.clone()
    }

    fn key(&self) -> Cow<'_, str> {
        self.id.as_str().into()
    }

    fn print(&self, state: &[u8]) -> u64 {
        fingerprint(Thing::Channel(&self.id), state)
    }

    fn created_by(id: ChannelId, event: &ChannelEvent) -> Self {
        Self::from_event(id, event)
    }

    fn take_in(&mut self, event: &ChannelEvent) {
        self.apply(event);
    }
}

impl Kept for Operator {
    type Id = OperatorId;
    type Event = OperatorEvent;

    fn id(&self) -> OperatorId {
        self.id.clone()
    }

    fn key(&self) -> Cow<'_, str> {
        self.id.as_str().into()
    }

    fn print(&self, state: &[u8]) -> u64 {
        fingerprint(Thing::Operator(&self.id), state)
    }

    fn created_by(id: OperatorId, event: &OperatorEvent) -> Self {
        Self::from_event(id, event)
    }

    fn take_in(&mut self, event: &OperatorEvent) {
        self.apply(event);
    }
}

impl Kept for Item {
    type Id = ItemId;
    type Event = ItemEvent;

    fn id(&self) -> ItemId {
        Self::id(self)
    }

    fn key(&self) -> Cow<'_, str> {
        item_key(&Self::id(self)).into()
    }

    fn print(&self, state: &[u8]) -> u64 {
        fingerprint(Thing::Item(&Self::id(self)), state)
    }

    fn created_by(_: ItemId, event: &ItemEvent) -> Self {
        Self::from_event(event)
    }

    fn take_in(&mut self, event: &ItemEvent) {
        self.apply(event);
    }
}
