//! Applies the tail of the journal to the images under it.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;

use super::{RecoveredDialog, RecoveredThing, Recovery};
use crate::domain::channel::Channel;
use crate::domain::dialog::Dialog;
use crate::domain::event::{Change, DialogEvent, Events};
use crate::domain::library::{Item, ItemId};
use crate::domain::operator::Operator;
use crate::error::Error;
use crate::ids::{ChannelId, DialogId, OperatorId};
use crate::limits;
use crate::storage::fingerprint::{Thing, fingerprint};
use crate::storage::frame::place;
use crate::storage::heads;
use crate::storage::image::{StoredImage, decode_state, dialog_key};
use crate::storage::kept::Kept;
use crate::storage::rocks::{Disk, Table};
use crate::timestamp::Timestamp;

/// Why a change cannot be applied.
pub(in crate::storage) enum Failure {
    /// The image under it cannot be read.
    Disk(Error),
    /// There is no image under it, and it does not begin one.
    Orphan(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Disk(error)
    }
}

impl Failure {
    /// The same, which happened in the frame under `key`.
    pub fn in_frame(self, key: &[u8]) -> Error {
        match self {
            Self::Disk(error) => error,
            Self::Orphan(reason) => Error::Damaged { place: place(key), reason },
        }
    }
}

/// What is done about something damaged: an error ends the reading, nothing passes it over.
pub(in crate::storage) type Met<'a> = dyn FnMut(Error) -> Result<(), Error> + 'a;

/// All things as they are after the last event that was applied, and the dialogs that the tail has changed.
pub(in crate::storage) struct Folded {
    pub channels: Vec<RecoveredThing<Channel>>,
    pub operators: Vec<RecoveredThing<Operator>>,
    pub items: Vec<RecoveredThing<Item>>,
    pub dialogs: BTreeMap<DialogId, RecoveredDialog>,
}

/// A thing with the image that it has on the disk.
struct Slot<T> {
    as_of: u64,
    recovered: RecoveredThing<T>,
}

/// A dialog that the tail names; `None` while all of that is in its image.
struct DialogSlot {
    as_of: u64,
    dialog: Option<RecoveredDialog>,
}

/// The state that grows while the tail is read.
pub(in crate::storage) struct Fold<'a> {
    disk: &'a Disk,
    channels: BTreeMap<ChannelId, Slot<Channel>>,
    operators: BTreeMap<OperatorId, Slot<Operator>>,
    items: BTreeMap<ItemId, Slot<Item>>,
    dialogs: HashMap<DialogId, DialogSlot>,
}

impl<'a> Fold<'a> {
    pub fn new(disk: &'a Disk) -> Result<Self, Error> {
        Self::over(disk, &mut Err)
    }

    /// The same with a word in what happens to things that cannot be read.
    pub fn over(disk: &'a Disk, met: &mut Met<'_>) -> Result<Self, Error> {
        let channels = things(disk, Table::Channels, met)?;
        let operators = things(disk, Table::Operators, met)?;
        let items = things(disk, Table::Library, met)?;
        Ok(Self { disk, channels, operators, items, dialogs: HashMap::new() })
    }

    /// The id after the largest that the tail names.
    pub fn next_dialog(&self) -> u64 {
        self.dialogs.keys().map(|id| id.0 + 1).max().unwrap_or(1)
    }

    /// Applies a change whose last event is `seq`.
    pub fn apply(&mut self, change: Change, seq: u64) -> Result<(), Failure> {
        match change.events {
            Events::Clock => {}
            Events::Channel(id, events) => apply_to(&mut self.channels, id, &events, seq),
            Events::Operator(id, events) => apply_to(&mut self.operators, id, &events, seq),
            Events::Item(id, events) => apply_to(&mut self.items, id, &events, seq),
            Events::Dialog(id, events) | Events::Internal(id, events) => {
                return self.apply_to_dialog(id, &events, change.at, seq);
            }
        }
        Ok(())
    }

    fn apply_to_dialog(
        &mut self,
        id: DialogId,
        events: &[DialogEvent],
        at: Timestamp,
        seq: u64,
    ) -> Result<(), Failure> {
        let Some(first) = events.first() else { return Ok(()) };
        if !(1..=limits::DIALOGS).contains(&id.0) {
            return Err(Failure::Orphan(format!("no dialog has the number {id}")));
        }
        let known = self.dialogs.get(&id).is_some_and(|slot| seq <= slot.as_of || slot.dialog.is_some());
        if !known {
            let slot = load(self.disk, id, seq)?.map_or_else(|| open(id, first, at), Ok)?;
            self.dialogs.insert(id, slot);
        }
        let Some(slot) = self.dialogs.get_mut(&id).filter(|slot| seq > slot.as_of) else { return Ok(()) };
        let Some(recovered) = &mut slot.dialog else { return Ok(()) };
        for event in events {
            if event.erases() {
                recovered.erased = Some(recovered.dialog.traces());
            }
            recovered.dialog.apply(event, at);
        }
        Ok(())
    }

    /// Ends: nothing more is applied.
    pub fn finish(self) -> Folded {
        let changed = |(id, slot): (DialogId, DialogSlot)| slot.dialog.map(|dialog| (id, dialog));
        Folded {
            channels: self.channels.into_values().map(|slot| slot.recovered).collect(),
            operators: self.operators.into_values().map(|slot| slot.recovered).collect(),
            items: self.items.into_values().map(|slot| slot.recovered).collect(),
            dialogs: self.dialogs.into_iter().filter_map(changed).collect(),
        }
    }

    /// Hands everything over, by kind and id. There are images of so many open dialogs.
    pub fn report(mut self, open: u64, recovery: &mut dyn Recovery) -> Result<(), Error> {
        std::mem::take(&mut self.channels).into_values().for_each(|slot| recovery.channel(slot.recovered));
        std::mem::take(&mut self.operators).into_values().for_each(|slot| recovery.operator(slot.recovered));
        std::mem::take(&mut self.items).into_values().for_each(|slot| recovery.item(slot.recovered));
        self.report_dialogs(open, recovery)
    }

    /// Merges the open dialogs on the disk with those that the tail has changed.
    fn report_dialogs(self, open: u64, recovery: &mut dyn Recovery) -> Result<(), Error> {
        let changed =
            self.dialogs.into_iter().filter_map(|(id, slot)| slot.dialog.map(|dialog| (id, dialog)));
        let mut changed: Vec<(DialogId, RecoveredDialog)> = changed.collect();
        changed.sort_unstable_by_key(|(id, _)| *id);
        recovery.expect(heads::about(self.disk, open) + changed.len());
        let mut changed = changed.into_iter().peekable();
        heads::each(self.disk, open, &mut |head| {
            while let Some((_, dialog)) = changed.next_if(|(other, _)| *other < head.id) {
                recovery.dialog(dialog);
            }
            match changed.next_if(|(other, _)| *other == head.id) {
                Some((_, dialog)) => recovery.dialog(dialog),
                None => recovery.head(head),
            }
        })?;
        changed.for_each(|(_, dialog)| recovery.dialog(dialog));
        Ok(())
    }
}

fn things<T: Kept>(disk: &Disk, table: Table, met: &mut Met<'_>) -> Result<BTreeMap<T::Id, Slot<T>>, Error> {
    let mut things = BTreeMap::new();
    let read = disk.scan(table, &[], None, &mut |key, value| {
        match thing::<T>(table, key, value) {
            Ok(slot) => drop(things.insert(slot.recovered.thing.id(), slot)),
            Err(error) => met(error)?,
        }
        Ok(ControlFlow::Continue(()))
    });
    read.or_else(met)?;
    Ok(things)
}

fn thing<T: Kept>(table: Table, key: &[u8], value: &[u8]) -> Result<Slot<T>, Error> {
    let place = || format!("{} {}", table.name(), String::from_utf8_lossy(key));
    let image = StoredImage::parse(value, place)?;
    let thing: T = decode_state(image.state, place)?;
    let on_disk = Some(thing.print(image.state));
    Ok(Slot { as_of: image.as_of, recovered: RecoveredThing { thing, on_disk, clean: true } })
}

fn apply_to<T: Kept>(things: &mut BTreeMap<T::Id, Slot<T>>, id: T::Id, events: &[T::Event], seq: u64) {
    let Some((first, rest)) = events.split_first() else { return };
    match things.entry(id) {
        Entry::Vacant(vacant) => {
            let mut thing = T::created_by(vacant.key().clone(), first);
            rest.iter().for_each(|event| thing.take_in(event));
            let recovered = RecoveredThing { thing, on_disk: None, clean: false };
            vacant.insert(Slot { as_of: 0, recovered });
        }
        Entry::Occupied(mut occupied) if seq > occupied.get().as_of => {
            let recovered = &mut occupied.get_mut().recovered;
            events.iter().for_each(|event| recovered.thing.take_in(event));
            recovered.clean = false;
        }
        Entry::Occupied(_) => {}
    }
}

/// The dialog as its image has it, if there is one. One in which the event is already is left on the disk.
fn load(disk: &Disk, id: DialogId, seq: u64) -> Result<Option<DialogSlot>, Error> {
    let place = || format!("image of dialog {id}");
    for closed in [false, true] {
        let Some(value) = disk.get(Table::Dialogs, &dialog_key(id, closed))? else { continue };
        let image = StoredImage::parse(&value, place)?;
        let newer = (seq > image.as_of).then(|| stored_dialog(id, &image, !closed)).transpose()?;
        return Ok(Some(DialogSlot { as_of: image.as_of, dialog: newer }));
    }
    Ok(None)
}

fn open(id: DialogId, first: &DialogEvent, at: Timestamp) -> Result<DialogSlot, Failure> {
    let dialog = Dialog::from_event(id, first, at);
    let dialog =
        dialog.ok_or_else(|| Failure::Orphan(format!("dialog {id} changes, but was never opened")))?;
    let recovered = RecoveredDialog { dialog, on_disk: None, was_open_on_disk: false, erased: None };
    Ok(DialogSlot { as_of: 0, dialog: Some(recovered) })
}

fn stored_dialog(id: DialogId, image: &StoredImage<'_>, open: bool) -> Result<RecoveredDialog, Error> {
    let place = || format!("image of dialog {id}");
    let dialog: Dialog = decode_state(image.state, place)?;
    if dialog.id != id {
        return Err(Error::Damaged { place: place(), reason: format!("it is of dialog {}", dialog.id) });
    }
    let on_disk = Some(fingerprint(Thing::Dialog(id), image.state));
    Ok(RecoveredDialog { dialog, on_disk, was_open_on_disk: open, erased: None })
}
