//! The facts of many dialogs at once, each with the places at which it is true. Reads no disk.

use std::cmp::Reverse;

use hashbrown::HashMap;
use smallvec::SmallVec;

use super::posting::{Places, append_set};
use super::{FactHash, Key, place_of};
use crate::domain::dialog::Dialog;
use crate::domain::finding::{FactKind, facts};

/// So many facts find room without growing; room for more is given back.
const KEPT_FACTS: usize = 64 * 1024;

/// Something by a fact and the block in which it is true. Facts are hashes already, but of words that clients choose:
/// they are hashed once more with a secret.
type ByFact<T> = HashMap<(FactHash, u32), T>;

/// Facts and the blocks in which they are true. Its tables stay as large as they have been, for the next dialogs.
#[derive(Default)]
pub(in crate::storage) struct Gathered {
    facts: ByFact<Places>,
    /// Words by kind and a hash of the whole word. People use the same ones again and again, so their beginnings
    /// are made once for all the dialogs in which they stand. A short word of a text and one of a name can have the
    /// same hash, if they differ as their kinds do.
    words: HashMap<(FactKind, FactHash, u32), Word>,
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
            let fact = FactHash::of(kind, text);
            let places = match kind.is_word() {
                true => {
                    let word = self.words.entry((kind, fact, block));
                    &mut word.or_insert_with(|| Word::new(kind, text)).places
                }
                false => self.facts.entry((fact, block)).or_default(),
            };
            // A fact that is shown again is shown of the same dialog.
            if places.last() != Some(&place) {
                places.push(place);
            }
        });
    }

    /// Takes what to add under each key, in the order of the keys, in which they are cheapest to write.
    pub fn take_sorted(&mut self) -> Additions {
        let Self { facts, words } = self;
        for ((_, _, block), Word { beginnings, places }) in words.drain() {
            for beginning in beginnings {
                facts.entry((beginning, block)).or_default().extend_from_slice(&places);
            }
        }
        let mut sorted: Vec<((FactHash, u32), Places)> = facts.drain().collect();
        words.shrink_to(KEPT_FACTS);
        facts.shrink_to(KEPT_FACTS);
        // The order of the keys, by numbers.
        sorted.sort_unstable_by_key(|((fact, block), _)| (*fact, Reverse(*block)));
        let mut additions = Additions { keys: Vec::with_capacity(sorted.len()), sets: Vec::new() };
        for ((fact, block), places) in sorted {
            append_set(places, &mut additions.sets);
            additions.keys.push((fact.key(block), additions.sets.len()));
        }
        additions
    }
}

/// Sets to add under keys. All sets stand one behind the other, because most are very small.
#[derive(Default)]
pub(in crate::storage) struct Additions {
    /// Each key with where its set ends.
    keys: Vec<(Key, usize)>,
    sets: Vec<u8>,
}

impl Additions {
    /// Each key with its set as it is stored.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, &[u8])> {
        let mut begin = 0;
        self.keys.iter().map(move |(key, end)| {
            let set = &self.sets[begin..*end];
            begin = *end;
            (key, set)
        })
    }

    /// How many keys there are.
    #[cfg(feature = "counting")]
    pub fn len(&self) -> usize {
        self.keys.len()
    }
}

impl Word {
    fn new(kind: FactKind, word: &str) -> Self {
        Self { beginnings: FactHash::kept(kind, word).collect(), places: Places::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dialog::{Author, Message, Visibility};
    use crate::ids::MessageId;
    use crate::storage::finding::entries;
    use crate::storage::testing::closed_dialog;

    /// The facts of dialogs, by dialog.
    fn gathered(dialogs: &[Dialog]) -> Vec<(u64, FactHash)> {
        let mut facts = Gathered::default();
        dialogs.iter().for_each(|dialog| facts.add(dialog));
        let mut all = Vec::new();
        for (key, set) in facts.take_sorted().iter() {
            let (fact, dialogs) = entries(key, set).unwrap();
            all.extend(dialogs.into_iter().map(|dialog| (dialog.0, fact)));
        }
        all.sort_unstable();
        all
    }

    /// A word of a name and one of a text that have the same hash.
    fn alike() -> (String, String) {
        let words = || (100..200).map(|number| number.to_string());
        let pairs = words().flat_map(|name| words().map(move |text| (name.clone(), text)));
        let hash = |(name, text): &(String, String)| {
            FactHash::of(FactKind::NameWord, name) == FactHash::of(FactKind::Word, text)
        };
        pairs.into_iter().find(hash).unwrap()
    }

    #[test]
    fn words_of_texts_and_of_names_with_one_hash_keep_their_own_beginnings() {
        let (name, text) = alike();
        let [mut one, mut other] = [closed_dialog(1, 7), closed_dialog(2, 7)];
        (one.title, other.title) = (Some(name), None);
        let at = other.opened_at;
        other.messages =
            vec![Message::new(MessageId::of(other.id, 1), Author::Client, Visibility::Public, text, at)];
        let mut apart: Vec<_> =
            [&one, &other].into_iter().flat_map(|dialog| gathered(std::slice::from_ref(dialog))).collect();
        apart.sort_unstable();
        assert_eq!(gathered(&[one.clone(), other.clone()]), apart);
        assert_eq!(gathered(&[other, one]), apart);
    }
}
