//! Shows one kind of thing after the other, and says what cannot be read.

use std::collections::BTreeMap;

use super::images::{Images, dialog_in};
use super::{Contents, Exported, Exports};
use crate::domain::dialog::Dialog;
use crate::domain::file::{FileBytes, FileHash};
use crate::error::Error;
use crate::ids::DialogId;
use crate::storage::codec;
use crate::storage::damage::Damages;
use crate::storage::feed::each_event;
use crate::storage::fingerprint::{Thing, fingerprint};
use crate::storage::frame::{Frame, Position, frame_key};
use crate::storage::kept::Kept;
use crate::storage::meta::{self, Checkpoint};
use crate::storage::pages::Pages;
use crate::storage::recovery::fold::{Fold, Folded};
use crate::storage::recovery::{RecoveredDialog, RecoveredThing};
use crate::storage::rocks::{Disk, Table};
use crate::storage::walk;
use crate::timestamp::Timestamp;

/// Tables of which every entry is shown.
const SHOWN: [Table; 6] =
    [Table::Journal, Table::Dialogs, Table::Channels, Table::Operators, Table::Library, Table::Files];

/// What is under way.
pub(super) struct Exporter<'a, E> {
    disk: &'a Disk,
    damages: Damages,
    progress: &'a mut dyn FnMut(u64, u64),
    visit: &'a mut dyn FnMut(Exported) -> Result<(), E>,
    done: u64,
    total: u64,
    /// The sum over all that was shown.
    hash: u64,
    /// The sum over all images that were read.
    images: u64,
}

impl<'a, E: From<Error>> Exporter<'a, E> {
    /// Nothing was shown yet.
    pub fn new(
        disk: &'a Disk,
        skip_damage: bool,
        progress: &'a mut dyn FnMut(u64, u64),
        visit: &'a mut dyn FnMut(Exported) -> Result<(), E>,
    ) -> Self {
        let (damages, total) = (Damages::new(skip_damage), SHOWN.map(|table| disk.entries_about(table)));
        let total = total.into_iter().sum();
        Self { disk, damages, progress, visit, done: 0, total, hash: 0, images: 0 }
    }

    /// Shows everything, and first what is wrong with the directory as a whole.
    pub fn everything(&mut self, damage: Option<Error>) -> Result<Exports, E> {
        damage.map_or(Ok(()), |error| self.meet(error))?;
        let format = meta::format(self.disk)?.unwrap_or(meta::FORMAT);
        let first = self.or(meta::first(self.disk), Position::START)?;
        let checkpoint = self.or(meta::checkpoint(self.disk), Checkpoint::NONE)?;
        let known = self.damages.count();
        let (folded, last_seq, clock) = self.fold(&checkpoint)?;
        // Where the journal could not be read to its end, that has been said.
        if self.damages.count() == known {
            self.disk.check_mark(last_seq).or_else(|error| self.meet(error))?;
        }
        self.tell()?;
        let contents = Contents { format, first_seq: first.seq, last_seq, clock };
        (self.visit)(Exported::Contents(contents))?;
        let Folded { channels, operators, items, mut dialogs } = folded;
        self.things(channels, |channel| Exported::Channel(Box::new(channel)))?;
        self.things(operators, |operator| Exported::Operator(Box::new(operator)))?;
        self.things(items, |item| Exported::Item(Box::new(item)))?;
        for (name, seq) in self.or(meta::subscriptions(self.disk), Vec::new())? {
            (self.visit)(Exported::Subscription(name, seq))?;
        }
        self.dialogs(&mut dialogs)?;
        self.totals()?;
        self.files()?;
        self.events(first)?;
        Ok(Exports { damages: self.damages.count(), state_hash: self.hash })
    }

    /// Applies the tail of the journal, up to the first damage in it.
    fn fold(&mut self, checkpoint: &Checkpoint) -> Result<(Folded, u64, Timestamp), Error> {
        let (damages, disk) = (&mut self.damages, self.disk);
        let mut fold = Fold::over(disk, &mut |error| damages.meet(error))?;
        let (mut last_seq, mut clock) = (checkpoint.seq, checkpoint.clock);
        let read = walk::frames(disk, checkpoint.frame, &mut |frame| {
            walk::records(frame, &mut |record, seq| {
                let applied = fold.apply(record.change, seq);
                applied.or_else(|failure| damages.meet(failure.in_frame(&frame.at.key())))
            })?;
            (last_seq, clock) = (frame.next.last_seq(), clock.max(frame.clock));
            Ok(())
        });
        read.map(drop).or_else(|error| damages.meet(error))?;
        Ok((fold.finish(), last_seq, clock))
    }

    fn things<T: Kept + serde::Serialize>(
        &mut self,
        things: Vec<RecoveredThing<T>>,
        exported: impl Fn(T) -> Exported,
    ) -> Result<(), E> {
        for RecoveredThing { thing, on_disk, .. } in things {
            self.images = self.images.wrapping_add(on_disk.unwrap_or(0));
            self.hash = self.hash.wrapping_add(thing.print(&codec::encode(&thing)));
            self.show(exported(thing))?;
        }
        Ok(())
    }

    /// Open and closed images and what the tail made of some, by id.
    fn dialogs(&mut self, changed: &mut BTreeMap<DialogId, RecoveredDialog>) -> Result<(), E> {
        let mut sources = [false, true].map(|closed| Images::new(self.disk, closed));
        loop {
            let mut next = changed.keys().next().copied();
            for source in &mut sources {
                if let Some(id) = self.peek(source)? {
                    next = Some(next.map_or(id, |next| next.min(id)));
                }
            }
            let Some(id) = next else { return Ok(()) };
            let recovered = changed.remove(&id);
            if let Some(RecoveredDialog { dialog, on_disk, .. }) = &recovered {
                self.images = self.images.wrapping_add(on_disk.unwrap_or(0));
                self.dialog(dialog.clone(), fingerprint(Thing::Dialog(id), &codec::encode(dialog)))?;
            }
            for source in &mut sources {
                let Some(value) = source.take(id)? else { continue };
                if recovered.is_some() {
                    continue;
                }
                match dialog_in(id, &value) {
                    Ok((dialog, print)) => {
                        self.images = self.images.wrapping_add(print);
                        self.dialog(dialog, print)?;
                    }
                    Err(error) => self.meet(error)?,
                }
            }
        }
    }

    fn peek(&mut self, source: &mut Images<'_>) -> Result<Option<DialogId>, E> {
        loop {
            match source.peek() {
                Ok(id) => return Ok(id),
                Err(error) => {
                    self.meet(error)?;
                    source.pass_over();
                }
            }
        }
    }

    fn dialog(&mut self, dialog: Dialog, print: u64) -> Result<(), E> {
        self.hash = self.hash.wrapping_add(print);
        self.show(Exported::Dialog(Box::new(dialog)))
    }

    /// An image that is missing altogether is noticed by the sum over all of them.
    fn totals(&mut self) -> Result<(), E> {
        let images = self.images;
        let totals = self.or(meta::totals(self.disk, 1).map(|totals| totals.fingerprint), images)?;
        if totals != images && self.damages.count() == 0 {
            let reason = format!("the sum over all is {images:016x}, not {totals:016x}");
            self.meet(Error::Damaged { place: "images".into(), reason })?;
        }
        Ok(())
    }

    fn files(&mut self) -> Result<(), E> {
        let mut files = Pages::new(self.disk, Table::Files, &[], None);
        let mut last = 0;
        loop {
            match files.next() {
                Ok(Some((key, value))) => {
                    last = key.first_chunk().map_or(last, |first| u64::from_be_bytes(*first));
                    match hash_of(&key, &value) {
                        Ok(hash) => self.show(Exported::File(hash, FileBytes::from(value)))?,
                        Err(error) => self.meet(error)?,
                    }
                }
                Ok(None) => return Ok(()),
                Err(error) => {
                    self.meet(error)?;
                    // By their first bytes hashes are numbers.
                    files.pass_over(last, |first| first.to_be_bytes().to_vec());
                }
            }
        }
    }

    /// All events that can be read, from the first that is kept.
    fn events(&mut self, first: Position) -> Result<(), E> {
        let mut frames = Pages::new(self.disk, Table::Journal, &first.key(), None);
        let (mut expected, mut last_seq) = (Some(first), first.last_seq());
        loop {
            match frames.next() {
                Ok(Some((key, value))) => match self.frame(&key, &value, expected)? {
                    Some(next) => (expected, last_seq) = (Some(next), next.last_seq()),
                    None => expected = None,
                },
                Ok(None) => return Ok(()),
                Err(error) => {
                    self.meet(error)?;
                    frames.pass_over(last_seq, |seq| frame_key(seq, 0).to_vec());
                    expected = None;
                }
            }
        }
    }

    /// The events of a frame; tells where the next one belongs, unless nothing can be read in this one.
    fn frame(&mut self, key: &[u8], value: &[u8], expected: Option<Position>) -> Result<Option<Position>, E> {
        let frame = match Frame::parse(key, value) {
            Ok(frame) => frame,
            Err(error) => return self.meet(error).map(|()| None),
        };
        if let Some(expected) = expected
            && let Err(error) = walk::follows(&frame, &expected)
        {
            self.meet(error)?;
        }
        let (mut events, mut before) = (Vec::new(), frame.at.last_seq());
        let read = walk::records(&frame, &mut |record, seq| {
            each_event(record.change, before, &mut |recorded| events.push(recorded));
            before = seq;
            Ok(())
        });
        for event in events {
            (self.visit)(Exported::Event(Box::new(event)))?;
        }
        self.count();
        match read {
            Ok(()) => Ok(Some(frame.next)),
            Err(error) => self.meet(error).map(|()| Some(frame.next)),
        }
    }

    fn show(&mut self, exported: Exported) -> Result<(), E> {
        self.count();
        (self.visit)(exported)
    }

    fn count(&mut self) {
        self.done += 1;
        (self.progress)(self.done, self.total.max(self.done));
    }

    fn or<T>(&mut self, read: Result<T, Error>, instead: T) -> Result<T, E> {
        match read {
            Ok(value) => Ok(value),
            Err(error) => self.meet(error).map(|()| instead),
        }
    }

    fn meet(&mut self, error: Error) -> Result<(), E> {
        self.damages.meet(error)?;
        self.tell()
    }

    /// Shows what was met and not yet told of.
    fn tell(&mut self) -> Result<(), E> {
        while let Some((place, reason)) = self.damages.next() {
            (self.visit)(Exported::Damage { place, reason })?;
        }
        Ok(())
    }
}

fn hash_of(key: &[u8], content: &[u8]) -> Result<FileHash, Error> {
    let hash = FileHash::of(content);
    if key == hash.0 {
        return Ok(hash);
    }
    let place = format!("file {}", key.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    Err(Error::Damaged { place, reason: format!("its content has the hash {hash}") })
}
