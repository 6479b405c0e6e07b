//! The state that an engine would have in memory, kept beside the journal to compare with.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use crate::domain::channel::Channel;
use crate::domain::dialog::Dialog;
use crate::domain::event::{Change, Events};
use crate::domain::library::{Item, ItemId};
use crate::domain::operator::Operator;
use crate::ids::{ChannelId, DialogId, OperatorId};
use crate::routing::Memory;
use crate::storage::testing::{Collected, Reply};
use crate::storage::*;

/// A thing and the fingerprint of its last image.
#[derive(Debug, Clone, PartialEq)]
pub struct Known<T> {
    pub thing: T,
    on_disk: Option<u64>,
    open_on_disk: bool,
    dirty: bool,
}

#[derive(Debug, Default, Clone)]
pub struct World {
    pub channels: BTreeMap<ChannelId, Known<Channel>>,
    pub operators: BTreeMap<OperatorId, Known<Operator>>,
    pub items: BTreeMap<ItemId, Known<Item>>,
    pub dialogs: BTreeMap<DialogId, Known<Dialog>>,
    /// Closed dialogs that were archived: only their fingerprints are remembered.
    pub archived: BTreeMap<DialogId, u64>,
    pub seq: u64,
    /// Whether the images of closed dialogs are those of their end.
    pub ending: bool,
}

impl World {
    /// Applies a change and adds it to the batch.
    pub fn record(&mut self, change: &Change, batch: &mut Batch<Reply>) {
        batch.record(change, None);
        self.seq += change.events.len() as u64;
        match &change.events {
            Events::Clock => {}
            Events::Channel(id, events) => {
                let new = || known(Channel::from_event(id.clone(), &events[0]));
                let known = self.channels.entry(id.clone()).or_insert_with(new);
                events.iter().for_each(|event| known.thing.apply(event));
                known.dirty = true;
            }
            Events::Operator(id, events) => {
                let new = || known(Operator::from_event(id.clone(), &events[0]));
                let known = self.operators.entry(id.clone()).or_insert_with(new);
                events.iter().for_each(|event| known.thing.apply(event));
                known.dirty = true;
            }
            Events::Item(id, events) => {
                let known =
                    self.items.entry(id.clone()).or_insert_with(|| known(Item::from_event(&events[0])));
                events.iter().for_each(|event| known.thing.apply(event));
                known.dirty = true;
            }
            Events::Dialog(id, events) | Events::Internal(id, events) => {
                let new = || known(Dialog::from_event(*id, &events[0], change.at).unwrap());
                let known = self.dialogs.entry(*id).or_insert_with(new);
                events.iter().for_each(|event| known.thing.apply(event, change.at));
                known.dirty = true;
            }
        }
    }

    /// Adds the image of a dialog to the batch. A closed one is then only on the disk.
    pub fn image(&mut self, id: DialogId, batch: &mut Batch<Reply>) -> Option<Arc<DialogImage>> {
        let known = self.dialogs.get_mut(&id)?;
        let packed = Packed::of(&known.thing);
        let now = packed.fingerprint;
        let dialog = &known.thing;
        let closed = dialog.is_closed().then(|| Arc::new(dialog.clone()));
        let is_closed = closed.is_some();
        let image = Arc::new(DialogImage {
            id,
            open: (!is_closed).then_some(packed.state),
            fingerprint: OnceLock::from(now),
            fingerprint_before: known.on_disk.unwrap_or(0),
            requests: Indexed::all(dialog),
            head: encode_head(dialog),
            closed,
            was_open_on_disk: known.open_on_disk,
            was_closed_on_disk: known.on_disk.is_some() && !known.open_on_disk,
            ends: is_closed && self.ending,
            erased: None,
        });
        batch.image(Image::Dialog(Arc::clone(&image)));
        (known.on_disk, known.open_on_disk, known.dirty) = (Some(now), !is_closed, false);
        if is_closed {
            self.dialogs.remove(&id);
            self.archived.insert(id, now);
        }
        Some(image)
    }

    /// Adds a whole checkpoint to the batch.
    pub fn checkpoint(&mut self, batch: &mut Batch<Reply>) {
        batch.image(Image::CheckpointBegin);
        for (id, known) in self.channels.iter_mut().filter(|(_, known)| known.dirty) {
            let state = encode(&known.thing);
            let fingerprint_delta = known.imaged(fingerprint(Thing::Channel(id), &state));
            batch.image(Image::Channel { id: id.clone(), state, fingerprint_delta });
        }
        for (id, known) in self.operators.iter_mut().filter(|(_, known)| known.dirty) {
            let state = encode(&known.thing);
            let fingerprint_delta = known.imaged(fingerprint(Thing::Operator(id), &state));
            batch.image(Image::Operator { id: id.clone(), state, fingerprint_delta });
        }
        for (id, known) in self.items.iter_mut().filter(|(_, known)| known.dirty) {
            let state = encode(&known.thing);
            let fingerprint_delta = known.imaged(fingerprint(Thing::Item(id), &state));
            batch.image(Image::Item { id: id.clone(), state, fingerprint_delta });
        }
        let dirty: Vec<DialogId> =
            self.dialogs.iter().filter(|(_, known)| known.dirty).map(|(id, _)| *id).collect();
        dirty.into_iter().for_each(|id| drop(self.image(id, batch)));
        batch.image(Image::Memory(Box::new(Memory::of_rulings(self.seq))));
        batch.image(Image::CheckpointEnd);
    }

    /// The state as recovery hands it back.
    pub fn recovered(found: Collected, archived: &BTreeMap<DialogId, u64>, seq: u64) -> Self {
        let mut world = Self { archived: archived.clone(), seq, ..Self::default() };
        for RecoveredThing { thing, on_disk, clean } in found.channels {
            world
                .channels
                .insert(thing.id.clone(), Known { thing, on_disk, open_on_disk: false, dirty: !clean });
        }
        for RecoveredThing { thing, on_disk, clean } in found.operators {
            world
                .operators
                .insert(thing.id.clone(), Known { thing, on_disk, open_on_disk: false, dirty: !clean });
        }
        for RecoveredThing { thing, on_disk, clean } in found.items {
            world.items.insert(thing.id(), Known { thing, on_disk, open_on_disk: false, dirty: !clean });
        }
        let sleeping: BTreeSet<DialogId> = found.heads.iter().map(|head| head.id).collect();
        for RecoveredDialog { dialog, on_disk, was_open_on_disk, erased: _ } in found.dialogs {
            world.archived.remove(&dialog.id);
            let dirty = !sleeping.contains(&dialog.id);
            let known = Known { thing: dialog, on_disk, open_on_disk: was_open_on_disk, dirty };
            world.dialogs.insert(known.thing.id, known);
        }
        world
    }

    /// The fingerprint of everything, wherever it is.
    pub fn state_hash(&self) -> u64 {
        let channels =
            self.channels.iter().map(|(id, known)| fingerprint(Thing::Channel(id), &encode(&known.thing)));
        let operators =
            self.operators.iter().map(|(id, known)| fingerprint(Thing::Operator(id), &encode(&known.thing)));
        let dialogs =
            self.dialogs.iter().map(|(id, known)| fingerprint(Thing::Dialog(*id), &encode(&known.thing)));
        let items = self.items.iter().map(|(id, known)| fingerprint(Thing::Item(id), &encode(&known.thing)));
        let all =
            channels.chain(operators).chain(items).chain(dialogs).chain(self.archived.values().copied());
        all.fold(0, u64::wrapping_add)
    }

    /// The things of the library, to compare.
    pub fn library(&self) -> Vec<&Item> {
        self.items.values().map(|known| &known.thing).collect()
    }

    /// The things themselves, to compare.
    pub fn things(&self) -> (Vec<&Channel>, Vec<&Operator>, Vec<&Dialog>) {
        (
            self.channels.values().map(|known| &known.thing).collect(),
            self.operators.values().map(|known| &known.thing).collect(),
            self.dialogs.values().map(|known| &known.thing).collect(),
        )
    }
}

impl<T> Known<T> {
    fn imaged(&mut self, now: u64) -> u64 {
        let delta = now.wrapping_sub(self.on_disk.unwrap_or(0));
        (self.on_disk, self.dirty) = (Some(now), false);
        delta
    }
}

fn known<T>(thing: T) -> Known<T> {
    Known { thing, on_disk: None, open_on_disk: false, dirty: true }
}
