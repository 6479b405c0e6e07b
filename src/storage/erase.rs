//! Making sure that what was erased is nowhere in the data directory any more, in no older form.
//!
//! An erased dialog has an image without anything that people wrote; with that image a *mark* is
//! written, in the same step. What the dialog was before may still stand in frames of the journal, in
//! older versions of its image, in contents of files, in the log of RocksDB and in the journal's end in
//! memory. [`Eraser::scrub`] redacts the frames, removes the contents that nobody names any more, has
//! RocksDB write everything anew that lies in the same files, waits until the old files are gone, and
//! only then takes the marks away. Killed on the way, it begins again at the next start.
//!
//! Nothing is decided here: which dialogs are erased, their events said before.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use super::codec::{self, RecordRef, Records};
use super::frame::{self, Frame, FrameKey, frame_key, place};
use super::image::{dialog_key, file_name_key};
use super::meta;
use super::rocks::{Changes, Disk, Safety, StoredKeys, Table};
use super::tail::{Group, Tail};
use crate::domain::dialog::Traces;
use crate::domain::event::Events;
use crate::domain::file::FileHash;
use crate::error::Error;
use crate::ids::{DialogId, MessageId};
use crate::timestamp::Timestamp;

/// Bytes of redacted frames that are written at once.
const FRAMES_PER_WRITE_BYTES: usize = 8 * 1024 * 1024;

const MARK_PREFIX: &[u8] = b"erasing/";
const MARK_END: &[u8] = b"erasing0";

/// What goes with a dialog that is being erased.
#[derive(Debug, Clone, PartialEq)]
pub struct ErasedDialog {
    /// When it was opened: nothing of it is older.
    pub opened_at: Timestamp,
    /// What led to its messages.
    pub traces: Traces,
}

/// What has to be looked for, as it is stored until it is gone.
#[derive(Debug, Serialize, Deserialize)]
struct Mark {
    opened_at: Timestamp,
    files: Vec<(FileHash, MessageId)>,
}

/// Writes down that a dialog is erased and may still be on the disk as it was.
pub(super) fn put(dialog: DialogId, erased: &ErasedDialog, changes: &mut Changes<'_>) {
    let mark = Mark { opened_at: erased.opened_at, files: erased.traces.files.clone() };
    changes.put(Table::Meta, &mark_key(dialog), &codec::encode(&mark));
}

fn mark_key(dialog: DialogId) -> Vec<u8> {
    [MARK_PREFIX, &dialog.0.to_be_bytes()].concat()
}

/// What must not happen at the same time.
#[derive(Debug, Default)]
pub(super) struct Exclusion {
    files: Mutex<()>,
    journal: Mutex<()>,
}

impl Exclusion {
    /// Whether a content is named must not change before that has been acted upon.
    pub fn files(&self) -> MutexGuard<'_, ()> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Files of the journal must not be dropped while it is redacted: what was redacted already could
    /// go, and its older form stay. Nothing if it is being redacted.
    pub fn try_journal(&self) -> Option<MutexGuard<'_, ()>> {
        self.journal.try_lock().ok()
    }

    fn journal(&self) -> MutexGuard<'_, ()> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Removes from the disk and from the journal's end in memory what was erased. Cheap to clone.
#[derive(Clone)]
pub struct Eraser {
    pub(super) disk: Arc<Disk>,
    pub(super) tail: Arc<Tail>,
    pub(super) exclusion: Arc<Exclusion>,
}

impl std::fmt::Debug for Eraser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Eraser").finish_non_exhaustive()
    }
}

impl Eraser {
    /// Whether something that was erased may still be on the disk.
    ///
    /// # Errors
    /// If the disk cannot be read, or holds something else.
    pub fn is_due(&self) -> Result<bool, Error> {
        self.marks().map(|marks| !marks.is_empty())
    }

    /// Removes everything that was erased and whose images are written. Blocks for as long as it takes.
    /// False if something is still being read by somebody after a long time: then it is to be tried
    /// again.
    ///
    /// # Errors
    /// If the disk cannot be read or written.
    pub fn scrub(&self) -> Result<bool, Error> {
        let marks = self.marks()?;
        let Some(since) = marks.values().map(|mark| mark.opened_at).min() else { return Ok(true) };
        let erased: HashSet<DialogId> = marks.keys().copied().collect();
        let _undisturbed = self.exclusion.journal();
        let mut touched = StoredKeys::default();
        self.redact_journal(&erased, since, &mut touched)?;
        self.tail.redacted();
        self.remove_files(&marks, &mut touched)?;
        for dialog in &erased {
            touched.add(Table::Dialogs, &dialog_key(*dialog, false));
            touched.add(Table::Dialogs, &dialog_key(*dialog, true));
        }
        let clean = self.disk.purge(&touched)?;
        if clean {
            self.disk.write(Safety::Memory, |changes| {
                erased.iter().for_each(|dialog| changes.delete(Table::Meta, &mark_key(*dialog)));
            })?;
        }
        Ok(clean)
    }

    fn marks(&self) -> Result<BTreeMap<DialogId, Mark>, Error> {
        let mut marks = BTreeMap::new();
        self.disk.scan(Table::Meta, MARK_PREFIX, Some(MARK_END), &mut |key, value| {
            let damaged = |reason: String| Error::Damaged { place: "meta erasing".into(), reason };
            let id = <[u8; 8]>::try_from(&key[MARK_PREFIX.len()..]);
            let id = id.map_err(|_| damaged("its key is not a dialog's".into()))?;
            let mark = codec::decode(value).map_err(|error| damaged(error.to_string()))?;
            marks.insert(DialogId(u64::from_be_bytes(id)), mark);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(marks)
    }

    /// Removes contents that no other message names.
    fn remove_files(&self, marks: &BTreeMap<DialogId, Mark>, touched: &mut StoredKeys) -> Result<(), Error> {
        let mut names: HashMap<FileHash, HashSet<MessageId>> = HashMap::new();
        for (hash, message) in marks.values().flat_map(|mark| &mark.files) {
            names.entry(*hash).or_default().insert(*message);
        }
        for (hash, messages) in names {
            let _undisturbed = self.exclusion.files();
            let erased: Vec<[u8; 40]> =
                messages.iter().map(|message| file_name_key(hash, *message)).collect();
            let named_elsewhere = self.is_named_by_others(hash, &erased)?;
            self.disk.write(Safety::Memory, |changes| {
                erased.iter().for_each(|name| changes.delete(Table::FileNames, name));
                if !named_elsewhere {
                    changes.delete(Table::Files, &hash.0);
                }
            })?;
            touched.add(Table::Files, &hash.0);
        }
        Ok(())
    }

    fn is_named_by_others(&self, hash: FileHash, erased: &[[u8; 40]]) -> Result<bool, Error> {
        let (from, to) = (file_name_key(hash, MessageId(0)), file_name_key(hash, MessageId(u64::MAX)));
        let mut named = false;
        self.disk.scan(Table::FileNames, &from, Some(&to), &mut |key, _| {
            named = !erased.iter().any(|name| name == key);
            Ok(if named { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
        Ok(named)
    }

    /// Redacts every frame that tells of an erased dialog, and removes those that nobody reads any more.
    fn redact_journal(
        &self,
        erased: &HashSet<DialogId>,
        since: Timestamp,
        touched: &mut StoredKeys,
    ) -> Result<(), Error> {
        let first = meta::first(&self.disk)?.key();
        let mut from = Some(self.first_frame(since)?);
        while let Some(begin) = from.take() {
            let (mut rewritten, mut unread, mut bytes) = (Vec::new(), Vec::new(), 0);
            self.disk.scan(Table::Journal, &begin, None, &mut |key, value| {
                let at = FrameKey::try_from(key).map_err(|_| not_a_frame(key))?;
                if bytes > FRAMES_PER_WRITE_BYTES {
                    from = Some(at);
                    return Ok(ControlFlow::Break(()));
                }
                if at < first {
                    touched.add(Table::Journal, key);
                    unread.push(at);
                } else if let Some(group) = redacted(&Frame::parse(key, value)?, erased)? {
                    touched.add(Table::Journal, key);
                    bytes += group.frame.len();
                    rewritten.push((at, group));
                }
                Ok(ControlFlow::Continue(()))
            })?;
            self.disk.write(Safety::Memory, |changes| {
                unread.iter().for_each(|key| changes.delete(Table::Journal, key));
                rewritten.iter().for_each(|(key, group)| changes.put(Table::Journal, key, &group.frame));
            })?;
            rewritten.into_iter().for_each(|(_, group)| self.tail.replace(group));
        }
        Ok(())
    }

    /// Where to begin: frames before this one hold nothing from `since` on.
    fn first_frame(&self, since: Timestamp) -> Result<FrameKey, Error> {
        let last = self.disk.last_up_to(Table::Journal, &frame_key(u64::MAX, u32::MAX))?;
        let Some((key, value)) = last else { return Ok(frame_key(0, 0)) };
        let (mut low, mut high) = (0, Frame::parse(&key, &value)?.at.seq);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.disk.last_up_to(Table::Journal, &frame_key(middle, u32::MAX))? {
                Some((key, value)) => {
                    let frame = Frame::parse(&key, &value)?;
                    match frame.clock < since {
                        true => low = middle + 1,
                        false => high = frame.at.seq,
                    }
                }
                None => low = middle + 1,
            }
        }
        Ok(frame_key(low, 0))
    }
}

fn not_a_frame(key: &[u8]) -> Error {
    Error::Damaged { place: place(key), reason: "it is not a frame's".into() }
}

/// The frame without what was written in erased dialogs; nothing if it does not tell of any.
fn redacted(frame: &Frame<'_>, erased: &HashSet<DialogId>) -> Result<Option<Group>, Error> {
    let (mut records, mut concerned) = (Vec::with_capacity(frame.records.len()), false);
    for record in Records::new(frame.records) {
        let mut record = record.map_err(|error| Error::Damaged {
            place: place(&frame.at.key()),
            reason: format!("a record cannot be read {error}"),
        })?;
        if let Events::Dialog(dialog, events) = &mut record.change.events
            && erased.contains(dialog)
        {
            concerned = true;
            events.iter_mut().for_each(|event| event.redact());
        }
        let key = record.key.as_ref().map(|(key, reply)| (key, reply));
        let standing = record.standing.as_ref();
        codec::append_record(&mut records, RecordRef { change: &record.change, key, standing });
    }
    let group =
        || Group { first_seq: frame.at.seq, events: frame.events, frame: frame::redacted(frame, &records) };
    Ok(concerned.then(group))
}
