//! A hash table in parts, so that it grows a little at a time: one that doubles moves everything at once, and with a
//! million things in it whoever needs it stands still for a tenth of a second.

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

/// How many parts there are. They have room for nothing until something is put there.
const PARTS: usize = 256;

/// The part is told by these bits of a hash; the tables themselves look at the lowest and the highest.
const PART_BITS: u32 = 40;

/// What lies in a [`Spread`].
pub trait Hashed {
    /// Which part of the table it lies in, and where there: any bit should be as likely to be set as not.
    fn hash(&self) -> u64;
}

/// A hash table in parts. Every operation takes O(1); none moves more than a part of all.
#[derive(Debug)]
pub struct Spread<T>(Box<[HashTable<T>]>);

impl<T> Default for Spread<T> {
    fn default() -> Self {
        Self((0..PARTS).map(|_| HashTable::new()).collect())
    }
}

impl<T: Hashed> Spread<T> {
    fn part(hash: u64) -> usize {
        (hash >> PART_BITS) as usize % PARTS
    }

    /// What is there under a hash, of all that have it the one that `is_it` knows.
    #[inline]
    pub fn find(&self, hash: u64, is_it: impl FnMut(&T) -> bool) -> Option<&T> {
        self.0[Self::part(hash)].find(hash, is_it)
    }

    /// The same, to be changed; not in what its hash depends on.
    #[inline]
    pub fn find_mut(&mut self, hash: u64, is_it: impl FnMut(&T) -> bool) -> Option<&mut T> {
        self.0[Self::part(hash)].find_mut(hash, is_it)
    }

    /// The same, or what is put there if there is none.
    #[inline]
    pub fn find_or_insert(
        &mut self,
        hash: u64,
        is_it: impl FnMut(&T) -> bool,
        new: impl FnOnce() -> T,
    ) -> &mut T {
        match self.0[Self::part(hash)].entry(hash, is_it, Hashed::hash) {
            Entry::Occupied(there) => there.into_mut(),
            Entry::Vacant(room) => room.insert(new()).into_mut(),
        }
    }

    /// Takes out what [`find`](Self::find) would find.
    pub fn remove(&mut self, hash: u64, is_it: impl FnMut(&T) -> bool) -> Option<T> {
        let there = self.0[Self::part(hash)].find_entry(hash, is_it).ok()?;
        Some(there.remove().0)
    }

    /// Takes out all that `is_it` knows, in no order. Takes O(n).
    pub fn take_out(&mut self, is_it: impl Fn(&T) -> bool) -> Vec<T> {
        let is_it = &is_it;
        self.0.iter_mut().flat_map(|part| part.extract_if(move |it| is_it(it))).collect()
    }

    /// Makes room for so many more, if they are spread as is to be expected.
    pub fn reserve(&mut self, things: usize) {
        let each = things.div_ceil(PARTS);
        // Hardly any part has as many more than the others as this is.
        let each = each + 4 * each.isqrt();
        self.0.iter_mut().for_each(|part| part.reserve(each, Hashed::hash));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Clone, Copy, PartialEq)]
    struct Thing(u64, usize);

    impl Hashed for Thing {
        fn hash(&self) -> u64 {
            // Some share a part, and some a hash.
            (self.0 % 5) << 39
        }
    }

    proptest! {
        #[test]
        fn it_is_like_any_other_map(steps in proptest::collection::vec((0..5, 0..12_u64), 0..200)) {
            let (mut spread, mut model) = (Spread::default(), BTreeMap::new());
            for (number, (step, key)) in steps.into_iter().enumerate() {
                let hash = Thing(key, 0).hash();
                let is_it = |thing: &Thing| thing.0 == key;
                match step {
                    0 => {
                        let there = *spread.find_or_insert(hash, is_it, || Thing(key, number));
                        prop_assert_eq!(there.1, *model.entry(key).or_insert(number));
                    }
                    1 => prop_assert_eq!(spread.remove(hash, is_it).map(|it| it.1), model.remove(&key)),
                    2 => prop_assert_eq!(spread.find_mut(hash, is_it).map(|it| it.1), model.get(&key).copied()),
                    3 => {
                        let mut out = spread.take_out(|thing| thing.0 > key);
                        out.sort_by_key(|thing| thing.0);
                        let beyond = model.split_off(&(key + 1)).into_iter();
                        let beyond: Vec<_> = beyond.map(|(key, number)| Thing(key, number)).collect();
                        prop_assert_eq!(out, beyond);
                    }
                    _ => spread.reserve(number),
                }
                prop_assert_eq!(spread.find(hash, is_it).map(|it| it.1), model.get(&key).copied());
            }
        }
    }

    #[test]
    fn parts_grow_by_themselves() {
        struct Number(u64);
        impl Hashed for Number {
            fn hash(&self) -> u64 {
                self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15)
            }
        }
        let mut spread = Spread::<Number>::default();
        let room = |spread: &Spread<Number>| spread.0.iter().map(HashTable::capacity).sum::<usize>();
        let (mut most, mut before) = (0, 0);
        for number in 0..100_000 {
            spread.find_or_insert(Number(number).hash(), |it| it.0 == number, || Number(number));
            let now = room(&spread);
            most = most.max(now - before);
            before = now;
        }
        assert!(before >= 100_000 && most <= before / 128, "{most} of {before} at once");
    }
}
