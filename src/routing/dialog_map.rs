//! Something for each of many dialogs, found by number. Knows nothing of what it holds.
//!
//! Numbers are given one after the other, and dialogs that are worked on at the same time have mostly begun at
//! about the same time. The places of those whose numbers are neighbours are kept side by side, so that all places
//! that are asked for are at hand in the processor's memory, however many other dialogs are open.

use std::cell::Cell;
use std::ops::Index;

use super::spread::{Hashed, Spread};
use crate::ids::DialogId;

/// Things by dialog. What is asked for twice in a row is looked up once: a command asks for its
/// dialog many times. However many there are, no operation moves more than a few.
#[derive(Debug)]
pub struct DialogMap<T> {
    pages: Spread<Page>,
    slots: Slots<T>,
    len: usize,
    /// The dialog that was found last, and its place.
    last: Cell<(DialogId, u32)>,
}

/// No dialog has this number.
const NOBODY: (DialogId, u32) = (DialogId(u64::MAX), NOWHERE);

impl<T> Default for DialogMap<T> {
    fn default() -> Self {
        Self { pages: Spread::default(), slots: Slots::default(), len: 0, last: Cell::new(NOBODY) }
    }
}

impl<T> DialogMap<T> {
    /// So short that it stands wherever something is asked for: most ask for what was found last.
    #[inline(always)]
    fn place(&self, dialog: DialogId) -> Option<u32> {
        let (last, place) = self.last.get();
        if last == dialog { Some(place) } else { self.search(dialog) }
    }

    #[inline(never)]
    fn search(&self, dialog: DialogId) -> Option<u32> {
        let number = Page::of(dialog);
        let page = self.pages.find(hash(number), |page| page.number == number)?;
        let place = page.places[Page::line(dialog)];
        if place == NOWHERE {
            return None;
        }
        self.last.set((dialog, place));
        Some(place)
    }

    /// What there is of a dialog.
    #[inline]
    pub fn get(&self, dialog: &DialogId) -> Option<&T> {
        let place = self.place(*dialog)?;
        self.slots.at(place).full().map(|(_, thing)| thing)
    }

    /// What there is of a dialog, to be changed.
    #[inline]
    pub fn get_mut(&mut self, dialog: &DialogId) -> Option<&mut T> {
        let place = self.place(*dialog)?;
        match self.slots.at_mut(place) {
            Slot::Full(_, thing) => Some(thing),
            Slot::Empty(_) => None,
        }
    }

    /// Whether there is anything of a dialog.
    pub fn contains_key(&self, dialog: &DialogId) -> bool {
        self.place(*dialog).is_some()
    }

    /// Puts something in the place of what was there.
    pub fn insert(&mut self, dialog: DialogId, thing: T) {
        let number = Page::of(dialog);
        let page =
            self.pages.find_or_insert(hash(number), |page| page.number == number, || Page::empty(number));
        let place = &mut page.places[Page::line(dialog)];
        if *place == NOWHERE {
            *place = self.slots.fill(dialog, thing);
            self.len += 1;
        } else {
            *self.slots.at_mut(*place) = Slot::Full(dialog, thing);
        }
        self.last.set((dialog, *place));
    }

    /// Makes room for so many more whose numbers are neighbours.
    pub fn reserve(&mut self, dialogs: usize) {
        self.pages.reserve(dialogs.div_ceil(PAGE));
    }

    /// Takes out what there is of a dialog.
    pub fn remove(&mut self, dialog: &DialogId) -> Option<T> {
        let number = Page::of(*dialog);
        let page = self.pages.find_mut(hash(number), |page| page.number == number)?;
        let place = std::mem::replace(&mut page.places[Page::line(*dialog)], NOWHERE);
        if page.is_empty() {
            self.pages.remove(hash(number), |page| page.number == number);
        }
        if place == NOWHERE {
            return None;
        }
        self.last.set(NOBODY);
        self.len -= 1;
        self.slots.empty(place)
    }

    /// How many dialogs there is something of.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is something of no dialog.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Everything, in no order that means anything.
    pub fn iter(&self) -> impl Iterator<Item = (&DialogId, &T)> {
        self.slots.chunks.iter().flatten().filter_map(Slot::full)
    }
}

impl<T> Index<&DialogId> for DialogMap<T> {
    type Output = T;

    fn index(&self, dialog: &DialogId) -> &T {
        self.get(dialog).expect("only known dialogs are looked up")
    }
}

/// Where dialogs are whose numbers are neighbours. One that is alone here takes as much as eight.
#[derive(Debug)]
struct Page {
    number: u64,
    places: [u32; PAGE],
}

/// Dialogs to a page.
const PAGE: usize = 8;

/// Where nothing is.
const NOWHERE: u32 = u32::MAX;

impl Page {
    fn empty(number: u64) -> Self {
        Self { number, places: [NOWHERE; PAGE] }
    }

    /// The number of a dialog's page.
    fn of(dialog: DialogId) -> u64 {
        dialog.0 / PAGE as u64
    }

    /// Where it stands on its page.
    fn line(dialog: DialogId) -> usize {
        (dialog.0 % PAGE as u64) as usize
    }

    fn is_empty(&self) -> bool {
        self.places == [NOWHERE; PAGE]
    }
}

impl Hashed for Page {
    fn hash(&self) -> u64 {
        hash(self.number)
    }
}

/// Nobody chooses these numbers: it is enough that neighbours, and those at like distances, are spread.
fn hash(page: u64) -> u64 {
    let product = u128::from(page) * 0x9e37_79b9_7f4a_7c15;
    (product >> 64) as u64 ^ product as u64
}

/// Room for things, in chunks that stay where they are. What was left last is used first.
#[derive(Debug)]
struct Slots<T> {
    chunks: Vec<Box<[Slot<T>]>>,
    /// The first empty one.
    empty: u32,
}

#[derive(Debug)]
enum Slot<T> {
    Full(DialogId, T),
    /// Nothing is here; the next place where nothing is.
    Empty(u32),
}

/// Slots to a chunk.
const CHUNK: u32 = 256;

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self { chunks: Vec::new(), empty: NOWHERE }
    }
}

impl<T> Slots<T> {
    #[inline]
    fn at(&self, place: u32) -> &Slot<T> {
        &self.chunks[(place / CHUNK) as usize][(place % CHUNK) as usize]
    }

    #[inline]
    fn at_mut(&mut self, place: u32) -> &mut Slot<T> {
        &mut self.chunks[(place / CHUNK) as usize][(place % CHUNK) as usize]
    }

    /// Puts something anywhere, and says where.
    fn fill(&mut self, dialog: DialogId, thing: T) -> u32 {
        if self.empty == NOWHERE {
            self.grow();
        }
        let place = self.empty;
        if let Slot::Empty(next) = std::mem::replace(self.at_mut(place), Slot::Full(dialog, thing)) {
            self.empty = next;
        }
        place
    }

    fn grow(&mut self) {
        let end = u32::try_from((self.chunks.len() + 1) * CHUNK as usize);
        let end = end.expect("fewer than four billion dialogs are open");
        let first = end - CHUNK;
        let after = |place: u32| if place + 1 == end { NOWHERE } else { place + 1 };
        self.chunks.push((first..end).map(|place| Slot::Empty(after(place))).collect());
        self.empty = first;
    }

    /// Takes out what is at a place.
    fn empty(&mut self, place: u32) -> Option<T> {
        let next = Slot::Empty(std::mem::replace(&mut self.empty, place));
        match std::mem::replace(self.at_mut(place), next) {
            Slot::Full(_, thing) => Some(thing),
            Slot::Empty(_) => None,
        }
    }
}

impl<T> Slot<T> {
    fn full(&self) -> Option<(&DialogId, &T)> {
        match self {
            Self::Full(dialog, thing) => Some((dialog, thing)),
            Self::Empty(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_like_any_other_map(steps in proptest::collection::vec((0..3, 1..30_u64), 0..200)) {
            let (mut map, mut model) = (DialogMap::default(), HashMap::new());
            for (number, (step, dialog)) in steps.into_iter().enumerate() {
                let dialog = DialogId(dialog);
                match step {
                    0 => drop((map.insert(dialog, number), model.insert(dialog, number))),
                    1 => prop_assert_eq!(map.remove(&dialog), model.remove(&dialog)),
                    _ => prop_assert_eq!(map.get_mut(&dialog).copied(), model.get(&dialog).copied()),
                }
                prop_assert_eq!(map.get(&dialog), model.get(&dialog));
                prop_assert_eq!(map.contains_key(&dialog), model.contains_key(&dialog));
                prop_assert_eq!((map.len(), map.is_empty()), (model.len(), model.is_empty()));
            }
            let mut all: Vec<_> = map.iter().collect();
            all.sort_unstable();
            let mut expected: Vec<_> = model.iter().collect();
            expected.sort_unstable();
            prop_assert_eq!(all, expected);
        }
    }
}
