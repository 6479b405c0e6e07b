//! Finding dialogs that have no actor: closed ones by the index, open ones one by one.

use std::ops::ControlFlow;

use hashbrown::HashSet;

use super::{FactHash, Posting, dialog_at, parse, parse_key, place_of};
use crate::domain::dialog::Dialog;
use crate::domain::finding::Filter;
use crate::error::Error;
use crate::ids::DialogId;
use crate::limits;
use crate::storage::image::{DialogImage, StoredImage, decode_state, dialog_key, dialog_of, dialog_range};
use crate::storage::reader::Reader;
use crate::storage::rocks::{Disk, Table};
use crate::timestamp::Timestamp;

/// Behind every dialog.
const END: DialogId = DialogId(limits::DIALOGS + 1);

/// Numbers among which open dialogs are looked for at first: some more than stand on a page, of which each is read.
const FIRST_IDS: u64 = 256;

/// Numbers among which they are looked for at last, when few fit.
const MOST_IDS: u64 = 16_384;

impl Reader {
    /// Closed dialogs that fit, the newest first: those before `before`, at most `limit`. Dialogs are
    /// numbered in the order in which they were opened, which is how a time is found.
    ///
    /// # Errors
    /// If the disk cannot be read, or holds something else.
    pub fn closed_dialogs(
        &self,
        filter: &Filter,
        before: Option<DialogId>,
        limit: usize,
    ) -> Result<Vec<Dialog>, Error> {
        // What is announced is looked at first: whatever is not there any more is on the disk.
        let mut announced = self.announced.before(before).into_iter().peekable();
        let before = before.unwrap_or(END).min(END);
        let end = filter.until.map_or(Ok(before), |until| first_opened_at(&self.disk, until, before))?;
        let mut candidates = Candidates::new(&self.disk, filter, end);
        let mut candidate = candidates.next()?;
        let mut found = Vec::new();
        while found.len() < limit {
            let recent = announced.peek().map(|image| image.id);
            let Some(id) = recent.max(candidate) else { break };
            let image = announced.next_if(|image| image.id == id);
            if candidate == Some(id) {
                candidate = candidates.next()?;
            }
            let Some(dialog) = self.closed_dialog(id, image.as_deref())? else { continue };
            if filter.since.is_some_and(|since| dialog.opened_at < since) {
                break;
            }
            if filter.fits(&dialog) {
                found.push(dialog);
            }
        }
        Ok(found)
    }

    /// Open dialogs that fit and are on the disk alone, the newest first: `awake` have actors, which
    /// answer for them.
    ///
    /// # Errors
    /// If the disk cannot be read, or holds something else.
    pub fn sleeping_dialogs(
        &self,
        filter: &Filter,
        before: Option<DialogId>,
        awake: &HashSet<DialogId>,
        limit: usize,
    ) -> Result<Vec<Dialog>, Error> {
        let announced = self.announced.before(before);
        let closed: HashSet<DialogId> = announced.iter().map(|image| image.id).collect();
        let (mut found, mut ids) = (Vec::new(), FIRST_IDS);
        let mut end = before.unwrap_or(END);
        while found.len() < limit
            && let Some(last) = self.last_open(end)?
        {
            let first = DialogId((last.0 + 1).saturating_sub(ids));
            let mut fitting = Vec::new();
            let (from, to) = (dialog_key(first, false), dialog_key(end, false));
            self.disk.scan_near(Table::Dialogs, &from, &to, &mut |key, value| {
                let id = dialog_of(key)?;
                if !awake.contains(&id) && !closed.contains(&id) {
                    fitting.push(decoded(id, value)?);
                    fitting.pop_if(|dialog| !filter.fits(dialog));
                }
                Ok(ControlFlow::Continue(()))
            })?;
            found.extend(fitting.into_iter().rev());
            (end, ids) = (first, (ids * 2).min(MOST_IDS));
        }
        found.truncate(limit);
        Ok(found)
    }

    /// The newest open dialog on the disk before `end`.
    fn last_open(&self, end: DialogId) -> Result<Option<DialogId>, Error> {
        let Some(newest) = end.0.checked_sub(1) else { return Ok(None) };
        let found = self.disk.last_up_to(Table::Dialogs, &dialog_key(DialogId(newest), false))?;
        let (first_open, _) = dialog_range(false);
        let open = found.filter(|(key, _)| key.starts_with(&first_open));
        open.map(|(key, _)| dialog_of(&key)).transpose()
    }

    fn closed_dialog(&self, id: DialogId, image: Option<&DialogImage>) -> Result<Option<Dialog>, Error> {
        if let Some(image) = image {
            return Ok(image.closed.as_deref().cloned());
        }
        let value = self.disk.get(Table::Dialogs, &dialog_key(id, true))?;
        value.map(|value| decoded(id, &value)).transpose()
    }
}

fn decoded(id: DialogId, value: &[u8]) -> Result<Dialog, Error> {
    let place = || format!("image of dialog {id}");
    decode_state(StoredImage::parse(value, place)?.state, place)
}

/// The first number from which on all closed dialogs up to `end` were opened at `moment` or later.
fn first_opened_at(disk: &Disk, moment: Timestamp, end: DialogId) -> Result<DialogId, Error> {
    let (mut low, mut high) = (0, end.0);
    while low < high {
        let middle = low + (high - low) / 2;
        let entry = disk.first_from(
            Table::Dialogs,
            &dialog_key(DialogId(middle), true),
            &dialog_key(DialogId(high), true),
        )?;
        match entry {
            Some((key, value)) => {
                let id = dialog_of(&key)?;
                match decoded(id, &value)?.opened_at < moment {
                    true => low = id.0 + 1,
                    false => high = middle,
                }
            }
            None => high = middle,
        }
    }
    Ok(DialogId(low))
}

/// Dialogs that may fit, the newest first.
struct Candidates<'a> {
    disk: &'a Disk,
    facts: Vec<FactHash>,
    /// Only those before this one are still to come.
    end: DialogId,
    /// What is still to come of the block of `end`, rising.
    block: Vec<u16>,
    exhausted: bool,
}

impl<'a> Candidates<'a> {
    fn new(disk: &'a Disk, filter: &Filter, end: DialogId) -> Self {
        let facts = filter.facts.iter().map(|(kind, text)| FactHash::leading_to(*kind, text)).collect();
        Self { disk, facts, end, block: Vec::new(), exhausted: !filter.wants_closed() }
    }

    fn next(&mut self) -> Result<Option<DialogId>, Error> {
        if self.facts.is_empty() {
            return self.last_before();
        }
        while self.block.is_empty() && !self.exhausted {
            self.load()?;
        }
        let (block, _) = place_of(self.end);
        Ok(self.block.pop().map(|place| dialog_at(block, place)))
    }

    /// Any closed dialog.
    fn last_before(&mut self) -> Result<Option<DialogId>, Error> {
        if self.exhausted || self.end.0 == 0 {
            return Ok(None);
        }
        let key = dialog_key(DialogId(self.end.0 - 1), true);
        let entry = self.disk.last_up_to(Table::Dialogs, &key)?;
        // The keys of open dialogs never stand between those of closed ones.
        let found = entry.filter(|(found, _)| found[0] == key[0]).map(|(found, _)| dialog_of(&found));
        let found = found.transpose()?;
        self.exhausted = found.is_none();
        self.end = found.unwrap_or(self.end);
        Ok(found)
    }

    /// The dialogs of the next block in which every fact is true of any.
    fn load(&mut self) -> Result<(), Error> {
        let Some(last) = self.end.0.checked_sub(1).map(DialogId) else {
            self.exhausted = true;
            return Ok(());
        };
        let (wanted, last_place) = place_of(last);
        let Some((block, mut posting)) = self.common(wanted)? else {
            self.exhausted = true;
            return Ok(());
        };
        if block == wanted {
            posting.intersect(&Posting::of((0..=last_place).collect()));
        }
        self.block = posting.places();
        // The block is the one that ends here: its first place is where the next one is looked for.
        self.end = dialog_at(block, 0);
        if self.end.0 == 0 {
            self.exhausted = true;
        }
        Ok(())
    }

    /// The newest block up to `block` in which all facts have dialogs, and those that they share.
    fn common(&self, mut block: u32) -> Result<Option<(u32, Posting)>, Error> {
        'blocks: loop {
            let mut common: Option<Posting> = None;
            for fact in &self.facts {
                let entry = self.disk.first_from(Table::Finding, &fact.key(block), &fact.end())?;
                let Some((key, value)) = entry else { return Ok(None) };
                let (_, found) = parse_key(&key)?;
                if found < block && common.is_some() {
                    block = found;
                    continue 'blocks;
                }
                block = found;
                let posting = parse(&key, &value)?;
                match &mut common {
                    Some(common) => common.intersect(&posting),
                    None => common = Some(posting),
                }
            }
            match common {
                Some(common) if !common.is_empty() => return Ok(Some((block, common))),
                _ if block == 0 => return Ok(None),
                _ => block -= 1,
            }
        }
    }
}

impl FactHash {
    /// The end of the keys of a fact.
    fn end(self) -> [u8; super::KEY_BYTES + 1] {
        let mut end = [0; super::KEY_BYTES + 1];
        end[..super::KEY_BYTES].copy_from_slice(&self.key(0));
        end
    }
}
