//! The heads of open dialogs: what has to be known of each of them after a start, beside its image and in step
//! with it. Which dialogs are open, and what they say, is known to the images; a head only says it sooner.
//!
//! A head is written in one step with the image of an open dialog, and deleted with that of the closed one, so a
//! dialog that opens and closes between two checkpoints never has one. It holds ids, times and numbers, never what
//! somebody wrote.

use std::ops::ControlFlow;
use std::panic::resume_unwind;
use std::thread;

use crossbeam_channel::{Sender, bounded};

use super::codec;
use super::image::DialogImage;
use super::pages::Pages;
use super::rocks::{Changes, Disk, Table};
use crate::domain::dialog::{Dialog, Head};
use crate::error::Error;
use crate::ids::DialogId;

/// Room for the head of a dialog whose ids are not very long.
const USUAL_BYTES: usize = 160;

/// Heads that are handed over at once.
const AT_ONCE: usize = 512;

/// How often so many may wait.
const AHEAD: usize = 8;

/// The encoded head of a dialog, for its image; nothing once it is closed.
pub fn encode_head(dialog: &Dialog) -> Option<Vec<u8>> {
    dialog.head().map(|head| {
        let mut bytes = Vec::with_capacity(USUAL_BYTES);
        codec::append(&mut bytes, &head);
        bytes
    })
}

pub(super) fn key(id: DialogId) -> [u8; 8] {
    id.0.to_be_bytes()
}

/// Brings the head of a dialog in step with its image.
pub(super) fn put(image: &DialogImage, changes: &mut Changes<'_>) {
    match &image.head {
        Some(head) => changes.put(Table::Heads, &key(image.id), head),
        None if image.was_open_on_disk => changes.delete(Table::Heads, &key(image.id)),
        None => {}
    }
}

/// How many dialogs room should be made for: so many as are said to be there, unless that is far from true.
pub(super) fn about(disk: &Disk, open: u64) -> usize {
    open.min(disk.entries_about(Table::Heads)) as usize
}

/// Shows the heads of all open dialogs that have an image, by id. There must be one for each image.
///
/// They are read in a thread of their own while those before them are taken in: both take about as long, and of
/// very many dialogs each takes a good part of a start.
pub(super) fn each(disk: &Disk, open: u64, visit: &mut dyn FnMut(Head)) -> Result<(), Error> {
    let (sender, read) = bounded::<Vec<Head>>(AHEAD);
    let mut seen = 0;
    thread::scope(|scope| {
        let reader = thread::Builder::new().name("centrala-heads".to_owned());
        let reader = reader.spawn_scoped(scope, move || read_all(disk, &sender));
        let reader =
            reader.map_err(|error| Error::StorageFailed { reason: format!("no thread: {error}") })?;
        for heads in read {
            seen += heads.len() as u64;
            heads.into_iter().for_each(&mut *visit);
        }
        reader.join().unwrap_or_else(|panic| resume_unwind(panic))
    })?;
    if seen != open {
        let reason = format!("there are {seen}, and images of {open} open dialogs");
        return Err(Error::Damaged { place: "heads of dialogs".to_owned(), reason });
    }
    Ok(())
}

fn read_all(disk: &Disk, sender: &Sender<Vec<Head>>) -> Result<(), Error> {
    let mut heads = Vec::with_capacity(AT_ONCE);
    disk.scan(Table::Heads, &[], None, &mut |key, value| {
        heads.push(decoded(key, value)?);
        if heads.len() < AT_ONCE {
            return Ok(ControlFlow::Continue(()));
        }
        // Nobody takes them in any more if that has panicked.
        let taken = sender.send(std::mem::replace(&mut heads, Vec::with_capacity(AT_ONCE)));
        Ok(if taken.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    let _ = sender.send(heads);
    Ok(())
}

fn decoded(key: &[u8], value: &[u8]) -> Result<Head, Error> {
    let number = <[u8; 8]>::try_from(key).map(u64::from_be_bytes);
    let number = number.map_err(|_| Error::Damaged {
        place: format!("head key {key:02x?}"),
        reason: "it is not a dialog's".to_owned(),
    })?;
    let head: Head = codec::decode(value).map_err(|error| damaged(number, error.to_string()))?;
    match head.id.0 == number {
        true => Ok(head),
        false => Err(damaged(number, format!("it is of dialog {}", head.id))),
    }
}

fn damaged(dialog: u64, reason: impl Into<String>) -> Error {
    Error::Damaged { place: format!("head of dialog {dialog}"), reason: reason.into() }
}

/// All heads, one after the other, to compare them with open dialogs that come by id.
pub(super) struct Heads<'a>(Pages<'a>);

impl<'a> Heads<'a> {
    pub fn new(disk: &'a Disk) -> Self {
        Self(Pages::new(disk, Table::Heads, &[], None))
    }

    /// The next one is that of this dialog, and says what the dialog says. Returns its bytes.
    pub fn compare(&mut self, dialog: &Dialog) -> Result<usize, Error> {
        let missing = || damaged(dialog.id.0, "it is missing");
        let (key, value) = self.0.next()?.ok_or_else(missing)?;
        let head = decoded(&key, &value)?;
        if head.id < dialog.id {
            return Err(superfluous(&head));
        }
        if head.id > dialog.id {
            return Err(missing());
        }
        if Some(&head) != dialog.head().as_ref() {
            return Err(damaged(dialog.id.0, "it says something else than the dialog"));
        }
        Ok(value.len())
    }

    /// There are no more.
    pub fn end(&mut self) -> Result<(), Error> {
        match self.0.next()? {
            Some((key, value)) => Err(superfluous(&decoded(&key, &value)?)),
            None => Ok(()),
        }
    }
}

fn superfluous(head: &Head) -> Error {
    damaged(head.id.0, "there is no image of an open dialog that it is of")
}
