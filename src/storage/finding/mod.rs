//! The index by which closed dialogs are found: for each fact, the dialogs of which it is true.
//!
//! A key is a hash of the fact and the number of a *block* of 65,536 dialogs, the newest block first;
//! its value is the set of those dialogs of the block of which the fact is true (`posting.rs`). So a
//! fact of a million dialogs has sixteen entries, several facts are asked for at once by intersecting
//! sets, and a batch of images adds to each set once, however many of them share the fact.
//!
//! Every entry follows from an image: they are written together and go together (`write.rs`). What is
//! read here is a candidate until its image was looked at (`lookup.rs`), so two facts of one hash only
//! cost time. Nothing here knows actors.

mod gathered;
mod lookup;
mod posting;
#[cfg(test)]
mod tests;
mod write;

use hashbrown::HashSet;
use xxhash_rust::xxh3::xxh3_64_with_seed;

pub(super) use gathered::Gathered;
pub(super) use posting::{Posting, union};
pub(super) use write::IndexChanges;

use crate::domain::dialog::Dialog;
use crate::domain::finding::{FactKind, facts};
use crate::domain::fold;
use crate::error::Error;
use crate::ids::DialogId;

/// Bytes of a key: the hash of a fact, and the number of a block from the end.
const KEY_BYTES: usize = 11;

type Key = [u8; KEY_BYTES];

/// The largest number of a block: dialogs have at most 33 bits.
const LAST_BLOCK: u32 = (1 << 24) - 1;

/// A fact as the index knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct FactHash(u64);

impl FactHash {
    fn of(kind: FactKind, text: &str) -> Self {
        Self(xxh3_64_with_seed(text.as_bytes(), kind as u64))
    }

    /// The fact that leads to this one: not every beginning of a word is kept.
    pub fn leading_to(kind: FactKind, text: &str) -> Self {
        Self::of(kind, if kind.is_word() { fold::kept(text) } else { text })
    }

    /// The facts that are kept of a word.
    fn kept(kind: FactKind, word: &str) -> impl Iterator<Item = Self> {
        fold::kept_beginnings(word).map(move |beginning| Self::of(kind, beginning))
    }

    /// Every fact of a dialog that is kept, once.
    pub fn all_of(dialog: &Dialog) -> HashSet<Self> {
        let mut all = HashSet::new();
        facts(dialog, &FactKind::ALL, &mut |kind, text| match kind.is_word() {
            true => all.extend(Self::kept(kind, text)),
            false => _ = all.insert(Self::of(kind, text)),
        });
        all
    }

    /// A number for it being true of a dialog.
    pub fn print(self, dialog: DialogId) -> u64 {
        xxh3_64_with_seed(&dialog.0.to_be_bytes(), self.0)
    }

    /// The key of the dialogs of a block of which it is true.
    pub fn key(self, block: u32) -> Key {
        let mut key = [0; KEY_BYTES];
        key[..8].copy_from_slice(&self.0.to_be_bytes());
        key[8..].copy_from_slice(&(LAST_BLOCK - block).to_be_bytes()[1..]);
        key
    }
}

/// The block of a dialog, and its place there.
fn place_of(dialog: DialogId) -> (u32, u16) {
    ((dialog.0 >> 16) as u32, dialog.0 as u16)
}

/// The dialog at a place of a block.
fn dialog_at(block: u32, place: u16) -> DialogId {
    DialogId(u64::from(block) << 16 | u64::from(place))
}

/// How many entries dialogs that were closed have in the index.
#[cfg(feature = "counting")]
pub(super) fn count_entries<'a>(dialogs: impl Iterator<Item = &'a Dialog>) -> usize {
    let mut gathered = gathered::Gathered::default();
    dialogs.for_each(|dialog| gathered.add(dialog));
    gathered.take_sorted().len()
}

/// The fact and the block of a key.
pub(super) fn parse_key(key: &[u8]) -> Result<(FactHash, u32), Error> {
    let damaged =
        || Error::Damaged { place: format!("index key {key:02x?}"), reason: "it is not a fact's".into() };
    let (hash, block) = key.split_first_chunk().ok_or_else(damaged)?;
    let [one, two, three] = *<&[u8; 3]>::try_from(block).map_err(|_| damaged())?;
    let from_the_end = u32::from_be_bytes([0, one, two, three]);
    Ok((FactHash(u64::from_be_bytes(*hash)), LAST_BLOCK - from_the_end))
}

/// The set of dialogs under a key.
pub(super) fn parse(key: &[u8], value: &[u8]) -> Result<Posting, Error> {
    Posting::parse(value).ok_or_else(|| Error::Damaged {
        place: format!("index entry {key:02x?}"),
        reason: "it is not a set of dialogs".into(),
    })
}

/// The dialogs under a key, with the fact that is true of them.
pub(super) fn entries(key: &[u8], value: &[u8]) -> Result<(FactHash, Vec<DialogId>), Error> {
    let (fact, block) = parse_key(key)?;
    let places = parse(key, value)?.places();
    Ok((fact, places.into_iter().map(|place| dialog_at(block, place)).collect()))
}
