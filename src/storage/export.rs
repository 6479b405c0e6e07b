//! Everything that a closed data directory holds, thing by thing, in bounded memory and without an engine.
//!
//! Things are shown as they are after the last event: images, with the tail of the journal applied to them
//! as at a start. What they look like to people is not known here.

mod exporter;
mod images;

use std::path::Path;

use self::exporter::Exporter;
use self::images::dialog_in;
use super::feed::Recorded;
use super::frame::{Frame, frame_key};
use super::image::dialog_key;
use super::recovery::fold::Fold;
use super::rocks::{Disk, Table};
use super::{meta, walk};
use crate::domain::channel::Channel;
use crate::domain::dialog::Dialog;
use crate::domain::event::Events;
use crate::domain::file::{FileBytes, FileHash};
use crate::domain::library::Item;
use crate::domain::operator::Operator;
use crate::error::Error;
use crate::ids::{DialogId, SubscriptionName};
use crate::timestamp::Timestamp;

/// One thing of a data directory, in the order in which they are shown.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Exported {
    /// What there is; the first of all.
    Contents(Contents),
    /// A channel; by id.
    Channel(Box<Channel>),
    /// An operator, dismissed ones too; by id.
    Operator(Box<Operator>),
    /// A thing of the library; by kind and id.
    Item(Box<Item>),
    /// A named subscription, with the last event that it has acknowledged.
    Subscription(SubscriptionName, u64),
    /// A dialog, open or closed; by id.
    Dialog(Box<Dialog>),
    /// The content of an uploaded file; by hash.
    File(FileHash, FileBytes),
    /// An event that the journal still holds; in their order.
    Event(Box<Recorded>),
    /// Something that cannot be read, where it was met.
    Damage {
        /// Where.
        place: String,
        /// What is wrong there.
        reason: String,
    },
}

/// What a data directory says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Contents {
    /// The format of the data.
    pub format: u32,
    /// The first event that is kept.
    pub first_seq: u64,
    /// The last event after which things are shown.
    pub last_seq: u64,
    /// The latest time in the journal up to there.
    pub clock: Timestamp,
}

/// What an export came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exports {
    /// How many places were met that cannot be read.
    pub damages: u64,
    /// The sum of the fingerprints of all things that were shown: that of the engine if nothing is damaged.
    pub state_hash: u64,
}

/// Shows everything in the closed directory `path` to `visit`, changes nothing there, and keeps few things in
/// memory at once: those that changed since the last checkpoint. With `skip_damage` what cannot be read is
/// told and passed over: then things are shown as of the last event before the first damage in the journal.
/// `progress` is told entries done and, about, to do.
///
/// # Errors
/// Those of `visit`; [`Error::Damaged`] unless damage is passed over; why nothing can be read.
pub fn export<E: From<Error>>(
    path: impl AsRef<Path>,
    skip_damage: bool,
    progress: &mut dyn FnMut(u64, u64),
    visit: &mut dyn FnMut(Exported) -> Result<(), E>,
) -> Result<Exports, E> {
    let (disk, damage) = match skip_damage {
        true => Disk::open_damaged(path.as_ref())?,
        false => (Disk::open_read_only(path.as_ref())?, None),
    };
    Exporter::new(&disk, skip_damage, progress, visit).everything(damage)
}

/// The dialog `id` of a closed directory as it is after the last event, if there is one. Reads the end of
/// the journal, and changes nothing. `progress` is told events read and to read.
///
/// # Errors
/// Why it cannot be read.
pub fn stored_dialog(
    path: impl AsRef<Path>,
    id: DialogId,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Option<Dialog>, Error> {
    let disk = Disk::open_read_only(path.as_ref())?;
    meta::format(&disk)?;
    let checkpoint = meta::checkpoint(&disk)?;
    let last = disk.last_up_to(Table::Journal, &frame_key(u64::MAX, u32::MAX))?;
    let last = last.map(|(key, value)| Frame::parse(&key, &value).map(|frame| frame.next.last_seq()));
    let to_read = last.transpose()?.unwrap_or(0).saturating_sub(checkpoint.seq);
    let mut fold = Fold::new(&disk)?;
    walk::frames(&disk, checkpoint.frame, &mut |frame| {
        progress(frame.next.last_seq().saturating_sub(checkpoint.seq), to_read);
        walk::records(frame, &mut |record, seq| match record.change.events {
            Events::Dialog(other, _) | Events::Internal(other, _) if other == id => {
                fold.apply(record.change, seq).map_err(|failure| failure.in_frame(&frame.at.key()))
            }
            _ => Ok(()),
        })
    })?;
    if let Some(recovered) = fold.finish().dialogs.remove(&id) {
        return Ok(Some(recovered.dialog));
    }
    for closed in [true, false] {
        if let Some(value) = disk.get(Table::Dialogs, &dialog_key(id, closed))? {
            return dialog_in(id, &value).map(|(dialog, _)| Some(dialog));
        }
    }
    Ok(None)
}
