//! The facts of many dialogs at once, each with the places at which it is true. Reads no disk.

use std::cmp::Reverse;

use hashbrown::HashMap;
use smallvec::SmallVec;

use super::{FactHash, KEY_BYTES, Posting, place_of};
use crate::domain::dialog::Dialog;
use crate::domain::finding::{FactKind, facts};

/// So many facts find room without growing; room for more is given back.
const KEPT_FACTS: usize = 32 * 1024;

/// Most facts are of one dialog alone.
type Places = SmallVec<[u16; 4]>;

/// Facts and the blocks in which they are true. Its tables stay as large as they have been, for the next dialogs.
#[derive(Default)]
pub(in crate::storage) struct Gathered {
    facts: HashMap<(FactHash, u32), Places>,
    /// Words by a hash of the whole word. People use the same ones again and again, so their beginnings
    /// are made once for all the dialogs in which they stand.
    words: HashMap<(FactHash, u32), Word>,
}

struct Word {
    beginnings: SmallVec<[FactHash; 5]>,
    places: Places,
}

impl Gathered {
    /// Takes in all that is true of a dialog.
    pub fn add(&mut self, dialog: &Dialog) {
        let (block, place) = place_of(dialog.id);
        facts(dialog, &FactKind::ALL, &mut |kind, text| {
            let key = (FactHash::of(kind, text), block);
            let places = match kind.is_word() {
                true => &mut self.words.entry(key).or_insert_with(|| Word::new(kind, text)).places,
                false => self.facts.entry(key).or_default(),
            };
            // A fact that is shown again is shown of the same dialog.
            if places.last() != Some(&place) {
                places.push(place);
            }
        });
    }

    /// Takes what to add under each key, in the order of the keys, in which they are cheapest to write.
    pub fn take_sorted(&mut self) -> Vec<([u8; KEY_BYTES], Vec<u8>)> {
        let Self { facts, words } = self;
        for ((_, block), Word { beginnings, places }) in words.drain() {
            for beginning in beginnings {
                facts.entry((beginning, block)).or_default().extend_from_slice(&places);
            }
        }
        let mut sorted: Vec<((FactHash, u32), Places)> = facts.drain().collect();
        words.shrink_to(KEPT_FACTS);
        facts.shrink_to(KEPT_FACTS);
        // The order of the keys, by numbers.
        sorted.sort_unstable_by_key(|((fact, block), _)| (*fact, Reverse(*block)));
        let encoded = |places: Places| Posting::of(places.into_vec()).encode();
        sorted.into_iter().map(|((fact, block), places)| (fact.key(block), encoded(places))).collect()
    }
}

impl Word {
    fn new(kind: FactKind, word: &str) -> Self {
        Self { beginnings: FactHash::kept(kind, word).collect(), places: Places::new() }
    }
}
