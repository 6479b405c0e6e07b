//! Something for each of many dialogs, found by number. Knows nothing of what it holds.

use std::cell::Cell;
use std::ops::Index;

use hashbrown::HashMap;

use crate::ids::DialogId;

/// Things by dialog. What is asked for twice in a row is looked up once: a command asks for its
/// dialog many times.
#[derive(Debug)]
pub struct DialogMap<T> {
    places: HashMap<DialogId, u32>,
    slots: Vec<Option<(DialogId, T)>>,
    free: Vec<u32>,
    /// The dialog that was found last, and its place.
    last: Cell<(DialogId, u32)>,
}

/// No dialog has this number.
const NOBODY: (DialogId, u32) = (DialogId(u64::MAX), u32::MAX);

impl<T> Default for DialogMap<T> {
    fn default() -> Self {
        Self { places: HashMap::new(), slots: Vec::new(), free: Vec::new(), last: Cell::new(NOBODY) }
    }
}

impl<T> DialogMap<T> {
    #[inline]
    fn place(&self, dialog: DialogId) -> Option<usize> {
        let (last, place) = self.last.get();
        if last == dialog {
            return Some(place as usize);
        }
        let place = *self.places.get(&dialog)?;
        self.last.set((dialog, place));
        Some(place as usize)
    }

    /// What there is of a dialog.
    #[inline]
    pub fn get(&self, dialog: &DialogId) -> Option<&T> {
        let place = self.place(*dialog)?;
        self.slots[place].as_ref().map(|(_, thing)| thing)
    }

    /// What there is of a dialog, to be changed.
    #[inline]
    pub fn get_mut(&mut self, dialog: &DialogId) -> Option<&mut T> {
        let place = self.place(*dialog)?;
        self.slots[place].as_mut().map(|(_, thing)| thing)
    }

    /// Whether there is anything of a dialog.
    pub fn contains_key(&self, dialog: &DialogId) -> bool {
        self.place(*dialog).is_some()
    }

    /// Puts something in the place of what was there.
    pub fn insert(&mut self, dialog: DialogId, thing: T) {
        let slot = Some((dialog, thing));
        let place = match (self.place(dialog), self.free.pop()) {
            (Some(place), free) => {
                self.free.extend(free);
                place as u32
            }
            (None, Some(place)) => place,
            (None, None) => {
                self.slots.push(None);
                u32::try_from(self.slots.len() - 1).expect("fewer than four billion dialogs are open")
            }
        };
        self.slots[place as usize] = slot;
        self.places.insert(dialog, place);
        self.last.set((dialog, place));
    }

    /// Makes room for so many more.
    pub fn reserve(&mut self, dialogs: usize) {
        self.places.reserve(dialogs);
        self.slots.reserve(dialogs);
    }

    /// Takes out what there is of a dialog.
    pub fn remove(&mut self, dialog: &DialogId) -> Option<T> {
        let place = self.places.remove(dialog)?;
        self.last.set(NOBODY);
        self.free.push(place);
        self.slots[place as usize].take().map(|(_, thing)| thing)
    }

    /// How many dialogs there is something of.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there is something of no dialog.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Everything, in no order that means anything.
    pub fn iter(&self) -> impl Iterator<Item = (&DialogId, &T)> {
        self.slots.iter().flatten().map(|(dialog, thing)| (dialog, thing))
    }
}

impl<T> Index<&DialogId> for DialogMap<T> {
    type Output = T;

    fn index(&self, dialog: &DialogId) -> &T {
        self.get(dialog).expect("only known dialogs are looked up")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_like_any_other_map(steps in proptest::collection::vec((0..3, 1..6_u64), 0..200)) {
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
