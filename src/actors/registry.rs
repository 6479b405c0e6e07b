//! The registry: it owns the channels and their rules.

use std::sync::Arc;

use actix::{Actor, Context as ActorContext, Handler, Message};
use hashbrown::HashMap;

use super::answer::Answer;
use super::caller::{Caller, Outcome};
use super::guard::guarded;
use super::note::Note;
use super::shard::{OpenOutbox, Shard};
use crate::domain::channel::{Channel, PutChannel};
use crate::domain::event::{Change, Events};
use crate::domain::operator::Principal;
use crate::domain::reply::Reply;
use crate::domain::view::{ChannelView, QueueState};
use crate::error::{Code, Rejection};
use crate::ids::ChannelId;
use crate::storage::{Image, RecoveredThing, Thing, encode, fingerprint};
use crate::timestamp::Timestamp;

/// What the registry can be told.
#[derive(Debug)]
pub enum ToRegistry {
    /// Create or replace a channel.
    Put {
        /// The command.
        put: Box<PutChannel>,
        /// Who does it.
        acting: Option<Principal>,
        /// When.
        now: Timestamp,
        /// Who waits.
        caller: Caller,
    },
    /// Show a channel, with what its queue holds.
    Show(ChannelId, QueueState, Caller),
}

impl Message for ToRegistry {
    type Result = ();
}

/// The actor that owns the channels.
#[derive(Debug)]
pub struct Registry {
    channels: HashMap<ChannelId, Channel>,
    shard: Arc<Shard>,
}

impl Actor for Registry {
    type Context = ActorContext<Self>;
}

impl Registry {
    /// With the channels that recovery found. Images that were lost are sent again.
    pub fn new(recovered: Vec<RecoveredThing<Channel>>, shard: Arc<Shard>) -> Self {
        let mut channels = HashMap::new();
        for RecoveredThing { thing, on_disk, clean } in recovered {
            if !clean {
                snapshot(&thing, on_disk.unwrap_or(0), &shard, &mut shard.open());
            }
            channels.insert(thing.id.clone(), thing);
        }
        Self { channels, shard }
    }

    /// How many channels there are.
    pub fn count(&self) -> usize {
        self.channels.len()
    }

    fn put(&mut self, put: &PutChannel, acting: Option<Principal>, now: Timestamp, caller: Caller) {
        let shard = Arc::clone(&self.shard);
        let mut outbox = shard.open();
        let events = match put.decide(acting.as_ref()) {
            Ok(events) => events,
            Err(rejection) => {
                outbox.release(caller, Err(rejection));
                return outbox.note(Note::Nothing);
            }
        };
        let before = self.channels.get(&put.channel).map_or(0, print_of);
        for event in &events {
            match self.channels.get_mut(&put.channel) {
                Some(channel) => channel.apply(event),
                None => {
                    self.channels
                        .insert(put.channel.clone(), Channel::from_event(put.channel.clone(), event));
                }
            }
        }
        let change = Change { at: now, events: Events::Channel(put.channel.clone(), events) };
        outbox.done(&change, Reply::Done, caller);
        if let Some(channel) = self.channels.get(&put.channel) {
            snapshot(channel, before, &shard, &mut outbox);
            outbox.note(Note::Channel(Box::new(channel.clone())));
        }
    }

    fn show(&self, channel: &ChannelId, counts: QueueState, caller: Caller) {
        let outcome = match self.channels.get(channel) {
            Some(channel) => {
                Ok(Outcome::Answered(Box::new(Answer::Channel(ChannelView::of(channel, counts)))))
            }
            None => Err(Rejection::new(Code::ChannelNotFound, "there is no such channel").at("channel")),
        };
        let mut outbox = self.shard.open();
        outbox.release(caller, outcome);
        outbox.note(Note::Nothing);
    }
}

/// Channels change seldom, so each change goes to disk with its event.
fn snapshot(channel: &Channel, before: u64, shard: &Shard, outbox: &mut OpenOutbox<'_>) {
    let delta = print_of(channel).wrapping_sub(before);
    shard.shared.fingerprint.add(delta);
    outbox.image(Image::Channel { id: channel.id.clone(), state: encode(channel), fingerprint_delta: delta });
}

fn print_of(channel: &Channel) -> u64 {
    fingerprint(Thing::Channel(&channel.id), &encode(channel))
}

impl Handler<ToRegistry> for Registry {
    type Result = ();

    fn handle(&mut self, message: ToRegistry, _: &mut Self::Context) {
        let handled = guarded(|| match message {
            ToRegistry::Put { put, acting, now, caller } => self.put(&put, acting, now, caller),
            ToRegistry::Show(channel, counts, caller) => self.show(&channel, counts, caller),
        });
        let shared = &self.shard.shared;
        shared.check(handled);
        shared.activity.end(1);
    }
}
