//! Channels and operators alike: few, kept under their name, and all in memory.

use serde::de::DeserializeOwned;

use super::fingerprint::Thing;
use crate::domain::channel::Channel;
use crate::domain::event::{ChannelEvent, OperatorEvent};
use crate::domain::operator::Operator;
use crate::ids::{ChannelId, OperatorId};

/// A channel or an operator.
pub(super) trait Kept: DeserializeOwned {
    type Id: Ord + Clone;
    type Event;

    fn id(&self) -> &Self::Id;
    fn name(&self) -> &str;
    fn thing(&self) -> Thing<'_>;
    fn created_by(id: Self::Id, event: &Self::Event) -> Self;
    fn take_in(&mut self, event: &Self::Event);
}

impl Kept for Channel {
    type Id = ChannelId;
    type Event = ChannelEvent;

    fn id(&self) -> &ChannelId {
        &self.id
    }

    fn name(&self) -> &str {
        self.id.as_str()
    }

    fn thing(&self) -> Thing<'_> {
        Thing::Channel(&self.id)
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

    fn id(&self) -> &OperatorId {
        &self.id
    }

    fn name(&self) -> &str {
        self.id.as_str()
    }

    fn thing(&self) -> Thing<'_> {
        Thing::Operator(&self.id)
    }

    fn created_by(id: OperatorId, event: &OperatorEvent) -> Self {
        Self::from_event(id, event)
    }

    fn take_in(&mut self, event: &OperatorEvent) {
        self.apply(event);
    }
}
