//! Looks at every byte of a closed data directory and changes none.

use std::ops::ControlFlow;
use std::path::Path;

use serde::Serialize;

use super::codec;
use super::damage::Part;
use super::finding::{self, FactHash};
use super::fingerprint::{Thing, fingerprint};
use super::frame::Position;
use super::heads::Heads;
use super::image::{StoredImage, decode_state, dialog_of, dialog_range};
use super::kept::Kept;
use super::meta::{self, Totals};
use super::recovery::{self, RecoveredDialog, RecoveredThing, Recovery};
use super::requests::Indexed;
use super::rocks::{Disk, Table};
use super::{statistics, walk};
use crate::domain::channel::Channel;
use crate::domain::dialog::{Dialog, Head};
use crate::domain::event::Change;
use crate::domain::file::FileHash;
use crate::domain::library::Item;
use crate::domain::operator::Operator;
use crate::error::Error;

/// What was found in a whole data directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Verified {
    /// The format.
    pub format: u32,
    /// Frames of the journal that are kept.
    pub frames: u64,
    /// Those of them from which something was erased.
    pub frames_redacted: u64,
    /// Events in them.
    pub events: u64,
    /// The first event that is kept; one after the last if there is none.
    pub first_seq: u64,
    /// The last event.
    pub last_seq: u64,
    /// Open dialogs.
    pub dialogs_open: u64,
    /// Closed dialogs.
    pub dialogs_closed: u64,
    /// Operators, dismissed ones too.
    pub operators: u64,
    /// Channels.
    pub channels: u64,
    /// Things of the library.
    pub library: u64,
    /// Contents of uploaded files.
    pub files: u64,
    /// Bytes that were looked at.
    pub bytes: u64,
    /// The sum of the fingerprints of all things as they are after the last event.
    #[serde(serialize_with = "super::fingerprint::as_text")]
    pub state_hash: u64,
}

/// Reads all that is stored, checks every checksum, decodes every record and image, applies the
/// tail of the journal, and compares the fingerprints. `progress` is told entries done and, about,
/// to do.
///
/// # Errors
/// [`Error::Damaged`] says where the first damage is, what it means, and what can be saved; the others, why
/// nothing can be read.
pub fn verify(path: impl AsRef<Path>, progress: &mut dyn FnMut(u64, u64)) -> Result<Verified, Error> {
    let opened = Disk::open_read_only(path.as_ref());
    verify_disk(&opened.map_err(|error| Part::Directory.explain(error))?, progress)
}

/// The same for what a simulated disk holds.
///
/// # Errors
/// As [`verify`].
#[cfg(test)]
pub(crate) fn verify_simulated(disk: &super::rocks::SimulatedDisk) -> Result<Verified, Error> {
    verify_disk(&Disk::simulated(disk), &mut |_, _| {})
}

fn verify_disk(disk: &Disk, progress: &mut dyn FnMut(u64, u64)) -> Result<Verified, Error> {
    let format = meta::format(disk)?.unwrap_or(meta::FORMAT);
    let total = Table::ALL.into_iter().map(|table| disk.entries_about(table)).sum();
    let mut survey = Survey {
        disk,
        progress,
        done: 0,
        total,
        bytes: 0,
        fingerprint: 0,
        facts: 0,
        closed: 0,
        wrong_head: None,
        wrong_request: None,
    };
    let (first, journal) = survey.journal()?;
    let files = survey.tables()?;
    let totals = survey.totals()?;
    let mut census = Census { hash: totals.fingerprint, counts: [0; 5] };
    let resume =
        recovery::recover(disk, u32::MAX, &mut census).map_err(|error| Part::Needed.explain(error))?;
    let [channels, operators, dialogs_open, newly_closed, library] = census.counts;
    Ok(Verified {
        format,
        frames: journal.frames,
        frames_redacted: journal.redacted,
        events: journal.events,
        first_seq: first.seq,
        last_seq: resume.recovered.durable_seq,
        dialogs_open,
        dialogs_closed: survey.closed + newly_closed,
        operators,
        channels,
        library,
        files,
        bytes: survey.bytes,
        state_hash: census.hash,
    })
}

struct Survey<'a> {
    disk: &'a Disk,
    progress: &'a mut dyn FnMut(u64, u64),
    done: u64,
    total: u64,
    bytes: u64,
    fingerprint: u64,
    /// The sum over all facts of closed dialogs.
    facts: u64,
    closed: u64,
    /// What is wrong with the heads of open dialogs.
    wrong_head: Option<Error>,
    /// What is wrong with the index of requests.
    wrong_request: Option<String>,
}

#[derive(Default)]
struct JournalCounts {
    frames: u64,
    redacted: u64,
    events: u64,
}

impl Survey<'_> {
    /// Walks the whole chain of frames; it must lead through the last checkpoint.
    fn journal(&mut self) -> Result<(Position, JournalCounts), Error> {
        let (first, checkpoint) = self.ends().map_err(|error| Part::Needed.explain(error))?;
        let mut counts = JournalCounts::default();
        let (mut met, mut whole) = (checkpoint == first, first);
        let read = walk::frames(self.disk, first, &mut |frame| {
            counts.frames += 1;
            counts.redacted += u64::from(frame.redacted);
            counts.events += frame.events;
            self.count(frame.records.len());
            walk::records(frame, &mut |_, _| Ok(()))?;
            met |= frame.next == checkpoint;
            whole = frame.next;
            Ok(())
        });
        let part = || Part::Journal { whole_to: whole.last_seq(), needed: whole.key() >= checkpoint.key() };
        read.map_err(|error| part().explain(error))?;
        if !met {
            let reason = format!("it ends at event {}, before the last checkpoint", whole.last_seq());
            return Err(part().explain(Error::Damaged { place: "journal".into(), reason }));
        }
        Ok((first, counts))
    }

    /// Where the journal begins, and the first frame that recovery reads.
    fn ends(&self) -> Result<(Position, Position), Error> {
        Ok((meta::first(self.disk)?, meta::checkpoint(self.disk)?.frame))
    }

    /// Everything but the journal. Returns the number of files.
    fn tables(&mut self) -> Result<u64, Error> {
        let needed = |error| Part::Needed.explain(error);
        let derived = |error| Part::Derived.explain(error);
        self.things::<Channel>(Table::Channels).map_err(needed)?;
        self.things::<Operator>(Table::Operators).map_err(needed)?;
        self.things::<Item>(Table::Library).map_err(needed)?;
        self.dialogs(false).map_err(needed)?;
        self.wrong_head.take().map_or(Ok(()), |error| Err(Part::Head.explain(error)))?;
        self.dialogs(true).map_err(|error| Part::Closed.explain(error))?;
        self.requests().map_err(derived)?;
        let files = self.files().map_err(|error| Part::File.explain(error))?;
        self.index().map_err(derived)?;
        self.statistics().map_err(derived)?;
        for table in [Table::Keys, Table::Meta] {
            self.entries(table).map_err(needed)?;
        }
        for table in [Table::Clients, Table::ExternalIds, Table::Requests, Table::FileNames, Table::Closing] {
            self.entries(table).map_err(derived)?;
        }
        Ok(files)
    }

    /// The sum over all images is the one that was written with them.
    fn totals(&self) -> Result<Totals, Error> {
        let totals = meta::totals(self.disk, 1).map_err(|error| Part::Needed.explain(error))?;
        if totals.fingerprint == self.fingerprint {
            return Ok(totals);
        }
        let reason =
            format!("the sum over all is {:016x}, not {:016x}", self.fingerprint, totals.fingerprint);
        Err(Part::Totals.explain(Error::Damaged { place: "images".into(), reason }))
    }

    fn things<T: Kept>(&mut self, table: Table) -> Result<(), Error> {
        let disk = self.disk;
        disk.scan(table, &[], None, &mut |key, value| {
            let place = || format!("{} {}", table.name(), String::from_utf8_lossy(key));
            let image = StoredImage::parse(value, place)?;
            let thing: T = decode_state(image.state, place)?;
            if thing.key().as_bytes() != key {
                let reason = format!("it holds {}", thing.key());
                return Err(Error::Damaged { place: place(), reason });
            }
            self.add(thing.print(image.state), value.len());
            Ok(ControlFlow::Continue(()))
        })
    }

    /// The index says of closed dialogs what they say of themselves, no less and no more.
    fn index(&mut self) -> Result<(), Error> {
        let (disk, mut facts) = (self.disk, 0_u64);
        disk.scan(Table::Finding, &[], None, &mut |key, value| {
            let (fact, dialogs) = finding::entries(key, value)?;
            facts = dialogs.into_iter().fold(facts, |sum, dialog| sum.wrapping_add(fact.print(dialog)));
            self.count(value.len());
            Ok(ControlFlow::Continue(()))
        })?;
        if facts != self.facts {
            let reason = format!("the sum over all entries is {facts:016x}, not {:016x}", self.facts);
            return Err(Error::Damaged { place: "index of closed dialogs".into(), reason });
        }
        Ok(())
    }

    /// Pages of days that are over can be read; books are read with the rest of what recovery needs.
    fn statistics(&mut self) -> Result<(), Error> {
        let disk = self.disk;
        disk.scan(Table::Statistics, &[], None, &mut |key, value| {
            statistics::check_page(key, value)?;
            self.count(value.len());
            Ok(ControlFlow::Continue(()))
        })
    }

    /// Every content is the one that its hash says.
    fn files(&mut self) -> Result<u64, Error> {
        let (disk, mut files) = (self.disk, 0);
        disk.scan(Table::Files, &[], None, &mut |key, value| {
            let hash = FileHash::of(value);
            if key != hash.0 {
                let place = format!("file {key:02x?}");
                return Err(Error::Damaged { place, reason: format!("its content has the hash {hash}") });
            }
            files += 1;
            self.count(value.len());
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(files)
    }

    /// Reads a table for its checksums alone: what it says is looked at where it is used.
    fn entries(&mut self, table: Table) -> Result<(), Error> {
        let disk = self.disk;
        disk.scan(table, &[], None, &mut |_, value| {
            self.count(value.len());
            Ok(ControlFlow::Continue(()))
        })
    }

    fn dialogs(&mut self, closed: bool) -> Result<(), Error> {
        let (disk, (from, to)) = (self.disk, dialog_range(closed));
        let mut heads = Heads::new(disk);
        disk.scan(Table::Dialogs, &from, Some(&to), &mut |key, value| {
            let id = dialog_of(key)?;
            let place = || format!("image of dialog {id}");
            let image = StoredImage::parse(value, place)?;
            let dialog: Dialog = decode_state(image.state, place)?;
            if dialog.id != id || dialog.is_closed() != closed {
                let reason = format!("it holds dialog {}, {}", dialog.id, dialog.status.as_str());
                return Err(Error::Damaged { place: place(), reason });
            }
            self.wrong_request = self.wrong_request.take().or(self.unindexed(&dialog)?);
            self.closed += u64::from(closed);
            if closed {
                let facts = FactHash::all_of(&dialog).into_iter();
                self.facts = facts.fold(self.facts, |sum, fact| sum.wrapping_add(fact.print(id)));
            } else {
                self.head(heads.compare(&dialog));
            }
            self.add(fingerprint(Thing::Dialog(id), image.state), value.len());
            Ok(ControlFlow::Continue(()))
        })?;
        if !closed {
            self.wrong_head = self.wrong_head.take().or(heads.end().err());
        }
        Ok(())
    }

    /// What came of comparing the head of an open dialog. Behind a wrong one nothing is where it should be.
    fn head(&mut self, compared: Result<usize, Error>) {
        match compared {
            Ok(bytes) => self.count(bytes),
            Err(error) => self.wrong_head = self.wrong_head.take().or(Some(error)),
        }
    }

    /// The request of a dialog of which the index does not say what the dialog says.
    fn unindexed(&self, dialog: &Dialog) -> Result<Option<String>, Error> {
        for Indexed { request, standing, .. } in Indexed::all(dialog) {
            if !standing.is_on(self.disk, request)? {
                return Ok(Some(format!("it does not say that request {request} is {standing:?}")));
            }
        }
        Ok(None)
    }

    /// What came of looking at every dialog's requests.
    fn requests(&mut self) -> Result<(), Error> {
        let place = || "the index of requests".to_owned();
        self.wrong_request.take().map_or(Ok(()), |reason| Err(Error::Damaged { place: place(), reason }))
    }

    fn add(&mut self, fingerprint: u64, bytes: usize) {
        self.fingerprint = self.fingerprint.wrapping_add(fingerprint);
        self.count(bytes);
    }

    fn count(&mut self, bytes: usize) {
        self.done += 1;
        self.bytes += bytes as u64;
        (self.progress)(self.done, self.total.max(self.done));
    }
}

/// Takes the things back as an engine would, and counts them.
struct Census {
    hash: u64,
    /// Channels, operators, open dialogs, closed dialogs without an image as closed ones, and
    /// things of the library.
    counts: [u64; 5],
}

impl Census {
    fn replace(&mut self, on_disk: Option<u64>, now: u64) {
        self.hash = self.hash.wrapping_sub(on_disk.unwrap_or(0)).wrapping_add(now);
    }
}

impl Recovery for Census {
    fn memory(&mut self, _: &[u8]) {}

    fn change(&mut self, _: &Change) {}

    fn channel(&mut self, channel: RecoveredThing<Channel>) {
        self.counts[0] += 1;
        let state = codec::encode(&channel.thing);
        self.replace(channel.on_disk, channel.thing.print(&state));
    }

    fn operator(&mut self, operator: RecoveredThing<Operator>) {
        self.counts[1] += 1;
        let state = codec::encode(&operator.thing);
        self.replace(operator.on_disk, operator.thing.print(&state));
    }

    fn item(&mut self, item: RecoveredThing<Item>) {
        self.counts[4] += 1;
        let state = codec::encode(&item.thing);
        self.replace(item.on_disk, item.thing.print(&state));
    }

    fn expect(&mut self, _: usize) {}

    fn head(&mut self, _: Head) {
        self.counts[2] += 1;
    }

    fn dialog(&mut self, recovered: RecoveredDialog) {
        let RecoveredDialog { dialog, on_disk, was_open_on_disk, .. } = recovered;
        if !dialog.is_closed() {
            self.counts[2] += 1;
        } else if was_open_on_disk || on_disk.is_none() {
            self.counts[3] += 1;
        }
        self.replace(on_disk, fingerprint(Thing::Dialog(dialog.id), &codec::encode(&dialog)));
    }
}
