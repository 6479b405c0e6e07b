//! The registry: it owns the channels with their rules, and the library.

use std::sync::Arc;

use actix::{Actor, Context as ActorContext, Handler, Message};
use hashbrown::HashMap;

use super::answer::Answer;
use super::caller::{Caller, Outcome};
use super::errand::Errand;
use super::guard::guarded;
use super::note::Note;
use super::shard::{OpenOutbox, Shard};
use crate::domain::channel::{Channel, PutChannel, PutRetention};
use crate::domain::dialog::command::{CannedAtHand, Lookup};
use crate::domain::event::{Change, ChannelEvent, Events};
use crate::domain::library::{Item, ItemId, LibraryCommand};
use crate::domain::operator::Principal;
use crate::domain::reply::Reply;
use crate::domain::view::{ChannelView, QueueState};
use crate::error::{Code, Rejection};
use crate::ids::{ChannelId, OperatorId};
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
    /// Say how long a channel keeps dialogs.
    Retention {
        /// The command.
        put: PutRetention,
        /// Who does it.
        acting: Option<Principal>,
        /// When.
        now: Timestamp,
        /// Who waits.
        caller: Caller,
    },
    /// Change the library.
    Library {
        /// The command.
        command: Box<LibraryCommand>,
        /// Who does it.
        acting: Option<Principal>,
        /// When.
        now: Timestamp,
        /// Who waits.
        caller: Caller,
    },
    /// Look something up in the library for a command on a dialog of this channel.
    Find(ItemId, Option<ChannelId>, Box<Errand>),
    /// Show a channel, with what its queue holds.
    Show(ChannelId, QueueState, Caller),
}

impl Message for ToRegistry {
    type Result = ();
}

/// The actor that owns the channels and the library.
#[derive(Debug)]
pub struct Registry {
    channels: HashMap<ChannelId, Channel>,
    library: HashMap<ItemId, Item>,
    shard: Arc<Shard>,
}

impl Actor for Registry {
    type Context = ActorContext<Self>;
}

impl Registry {
    /// With the channels and the library that recovery found. Images that were lost are sent again.
    pub fn new(
        recovered: Vec<RecoveredThing<Channel>>,
        items: Vec<RecoveredThing<Item>>,
        shard: Arc<Shard>,
    ) -> Self {
        let mut channels = HashMap::new();
        for RecoveredThing { thing, on_disk, clean } in recovered {
            if !clean {
                snapshot(&thing, on_disk.unwrap_or(0), &shard, &mut shard.open());
            }
            shard.shared.directory.put_channel(&thing);
            shard.shared.names.put_priority(&thing.id, thing.settings.priority);
            channels.insert(thing.id.clone(), thing);
        }
        let mut library = HashMap::new();
        for RecoveredThing { thing, on_disk, clean } in items {
            if !clean {
                file(&thing, on_disk.unwrap_or(0), &shard, &mut shard.open());
            }
            shard.shared.directory.put_item(&thing);
            library.insert(thing.id(), thing);
        }
        Self { channels, library, shard }
    }

    /// How many channels there are.
    pub fn count(&self) -> usize {
        self.channels.len()
    }

    /// Takes in what was decided of a channel.
    fn change_channel(
        &mut self,
        id: &ChannelId,
        decided: Result<Vec<ChannelEvent>, Rejection>,
        now: Timestamp,
        caller: Caller,
    ) {
        let shard = Arc::clone(&self.shard);
        let mut outbox = shard.open();
        let events = match decided {
            Ok(events) => events,
            Err(rejection) => {
                outbox.release(caller, Err(rejection));
                return outbox.note(Note::Nothing);
            }
        };
        let before = self.channels.get(id).map_or(0, print_of);
        for event in &events {
            match self.channels.get_mut(id) {
                Some(channel) => channel.apply(event),
                None => {
                    self.channels.insert(id.clone(), Channel::from_event(id.clone(), event));
                }
            }
        }
        let change = Change { at: now, events: Events::Channel(id.clone(), events) };
        outbox.done(&change, Reply::Done, caller);
        #[cfg(test)]
        shard.shared.reader.pass(crate::storage::testing::Trap::Registry);
        if let Some(channel) = self.channels.get(id) {
            snapshot(channel, before, &shard, &mut outbox);
            outbox.note(Note::Channel(Box::new(channel.clone())));
        }
    }

    fn change_library(
        &mut self,
        command: &LibraryCommand,
        acting: Option<&Principal>,
        now: Timestamp,
        caller: Caller,
    ) {
        let shard = Arc::clone(&self.shard);
        let mut outbox = shard.open();
        let id = command.item();
        let existing = self.library.get(&id);
        let before = existing.map_or(0, print_of_item);
        match command.decide(existing, acting) {
            Ok(events) => {
                for event in &events {
                    let item = self.library.entry(id.clone()).or_insert_with(|| Item::from_event(event));
                    item.apply(event);
                }
                outbox.done(
                    &Change { at: now, events: Events::Item(id.clone(), events) },
                    Reply::Done,
                    caller,
                );
                if let Some(item) = self.library.get(&id) {
                    file(item, before, &shard, &mut outbox);
                }
            }
            Err(rejection) => outbox.release(caller, Err(rejection)),
        }
        outbox.note(Note::Nothing);
    }

    fn find(&self, id: &ItemId, channel: Option<&ChannelId>, errand: Box<Errand>) {
        let lookup = match self.library.get(id).cloned() {
            Some(Item::Canned(reply)) => {
                let operator = errand.acting.as_ref().map(|acting| &acting.operator);
                let operator_name = operator.map_or(String::new(), |operator| self.name_of(operator));
                let channel_name = channel.map_or(String::new(), |channel| self.name_of_channel(channel));
                Lookup::Canned(Box::new(CannedAtHand { reply, operator_name, channel_name }))
            }
            Some(Item::Form(form)) => Lookup::Form(Box::new(form)),
            Some(Item::App(app)) => Lookup::App(Box::new(app)),
            None => Lookup::Nothing,
        };
        self.shard.open().note(Note::Found(errand, lookup));
    }

    /// The name of an operator; its id if it was given none.
    fn name_of(&self, operator: &OperatorId) -> String {
        let name = self.shard.shared.names.get(operator).filter(|name| !name.is_empty());
        name.unwrap_or_else(|| operator.to_string())
    }

    fn name_of_channel(&self, channel: &ChannelId) -> String {
        let name = self.channels.get(channel).map(|channel| channel.settings.name.clone());
        name.filter(|name| !name.is_empty()).unwrap_or_else(|| channel.to_string())
    }

    fn show(&self, channel: &ChannelId, counts: QueueState, caller: Caller) {
        let outcome = match self.channels.get(channel) {
            Some(channel) => {
                Ok(Outcome::Answered(Box::new(Answer::Channel(Box::new(ChannelView::of(channel, counts))))))
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
    shard.shared.directory.put_channel(channel);
    shard.shared.names.put_priority(&channel.id, channel.settings.priority);
    shard.shared.fingerprint.add(delta);
    outbox.image(Image::Channel { id: channel.id.clone(), state: encode(channel), fingerprint_delta: delta });
}

/// The library changes seldom too.
fn file(item: &Item, before: u64, shard: &Shard, outbox: &mut OpenOutbox<'_>) {
    let delta = print_of_item(item).wrapping_sub(before);
    shard.shared.directory.put_item(item);
    shard.shared.fingerprint.add(delta);
    outbox.image(Image::Item { id: item.id(), state: encode(item), fingerprint_delta: delta });
}

fn print_of_item(item: &Item) -> u64 {
    fingerprint(Thing::Item(&item.id()), &encode(item))
}

fn print_of(channel: &Channel) -> u64 {
    fingerprint(Thing::Channel(&channel.id), &encode(channel))
}

impl Handler<ToRegistry> for Registry {
    type Result = ();

    fn handle(&mut self, message: ToRegistry, _: &mut Self::Context) {
        let handled = guarded(|| match message {
            ToRegistry::Put { put, acting, now, caller } => {
                self.change_channel(&put.channel, put.decide(acting.as_ref()), now, caller);
            }
            ToRegistry::Retention { put, acting, now, caller } => {
                self.change_channel(&put.channel, put.decide(acting.as_ref()), now, caller);
            }
            ToRegistry::Library { command, acting, now, caller } => {
                self.change_library(&command, acting.as_ref(), now, caller);
            }
            ToRegistry::Find(item, channel, errand) => self.find(&item, channel.as_ref(), errand),
            ToRegistry::Show(channel, counts, caller) => self.show(&channel, counts, caller),
        });
        let shared = &self.shard.shared;
        shared.check(handled);
        shared.activity.end(1);
    }
}
