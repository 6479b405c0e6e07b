//! A list that only grows, in pieces of one size: what stands in a full piece is never moved, and a copy shares all
//! of these, however many they are.
//!
//! Thousands of books that fill at the same pace would otherwise all ask for twice as much memory at the same
//! moment, or all be copied at once behind a checkpoint, and whoever waits for what is counted would wait for that.
//!
//! Stored, each thing tells how long after the one before it happened: half as many bytes where much happens, and
//! every book in which something did is written at every checkpoint.

use std::fmt;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, SerializeSeq, Serializer};

use crate::domain::few::one_by_one;

/// Things in a piece: half a kibibyte of what is kept here.
const PIECE: usize = 32;

/// What such a list is made of.
pub(super) trait Timed: Copy {
    /// The millisecond of the day.
    fn at_ms(&self) -> u32;

    /// The same thing at another one.
    fn moved_to(self, at_ms: u32) -> Self;
}

/// A list that only grows.
#[derive(Clone)]
pub(super) struct Pieces<T> {
    /// How many are full, and the last of them.
    count: usize,
    last: Option<Arc<Piece<T>>>,
    /// Never as long as a full one.
    open: Vec<T>,
}

/// A full piece behind those before it.
struct Piece<T> {
    things: Vec<T>,
    before: Option<Arc<Self>>,
}

impl<T> Default for Pieces<T> {
    fn default() -> Self {
        Self { count: 0, last: None, open: Vec::new() }
    }
}

impl<T> Pieces<T> {
    /// How many things there are.
    pub fn len(&self) -> usize {
        self.count * PIECE + self.open.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds one at the end.
    pub fn push(&mut self, thing: T) {
        self.open.push(thing);
        if self.open.len() == PIECE {
            let things = std::mem::replace(&mut self.open, Vec::with_capacity(PIECE));
            let before = self.last.take();
            self.last = Some(Arc::new(Piece { things, before }));
            self.count += 1;
        }
    }

    /// All of them, in the order in which they came.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        let mut full = Vec::with_capacity(self.count);
        let mut next = self.last.as_deref();
        while let Some(piece) = next {
            full.push(&piece.things);
            next = piece.before.as_deref();
        }
        full.into_iter().rev().flatten().chain(&self.open)
    }
}

/// One piece after the other: many are too many for calls within calls.
impl<T> Drop for Piece<T> {
    fn drop(&mut self) {
        let mut next = self.before.take();
        while let Some(piece) = next {
            next = Arc::into_inner(piece).and_then(|mut piece| piece.before.take());
        }
    }
}

impl<T: PartialEq> PartialEq for Pieces<T> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<T: Eq> Eq for Pieces<T> {}

impl<T: fmt::Debug> fmt::Debug for Pieces<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<T: Timed + Serialize> Serialize for Pieces<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (mut list, mut before) = (serializer.serialize_seq(Some(self.len()))?, 0);
        for thing in self.iter() {
            let at_ms = thing.at_ms();
            // Whatever the order, it comes back.
            list.serialize_element(&thing.moved_to(at_ms.wrapping_sub(before)))?;
            before = at_ms;
        }
        list.end()
    }
}

impl<'de, T: Timed + Deserialize<'de>> Deserialize<'de> for Pieces<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        one_by_one(deserializer).map(|Stored { pieces, .. }| pieces)
    }
}

/// A list as it is read.
struct Stored<T> {
    pieces: Pieces<T>,
    last_ms: u32,
}

impl<T> Default for Stored<T> {
    fn default() -> Self {
        Self { pieces: Pieces::default(), last_ms: 0 }
    }
}

impl<T: Timed> Extend<T> for Stored<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, things: I) {
        for thing in things {
            self.last_ms = self.last_ms.wrapping_add(thing.at_ms());
            self.pieces.push(thing.moved_to(self.last_ms));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Thing = (u32, i64);

    fn filled(things: impl IntoIterator<Item = Thing>) -> Pieces<Thing> {
        let mut pieces = Pieces::default();
        things.into_iter().for_each(|thing| pieces.push(thing));
        pieces
    }

    proptest! {
        #[test]
        fn it_is_the_list_of_what_was_added_and_comes_back_as_it_was(
            list in prop::collection::vec(any::<Thing>(), 0..300),
        ) {
            let pieces = filled(list.iter().copied());
            prop_assert_eq!((pieces.len(), pieces.is_empty()), (list.len(), list.is_empty()));
            prop_assert!(pieces.iter().eq(&list));
            let json = serde_json::to_string(&pieces).unwrap();
            prop_assert_eq!(serde_json::from_str::<Pieces<Thing>>(&json).unwrap(), pieces);
        }

        #[test]
        fn a_copy_stays_as_it_is(before in 0_u32..200, more in 1_u32..200) {
            let mut pieces = filled((0..before).map(|at_ms| (at_ms, 1)));
            let copy = pieces.clone();
            (0..more).for_each(|_| pieces.push((before, 1)));
            prop_assert!(copy.iter().copied().eq((0..before).map(|at_ms| (at_ms, 1))));
            prop_assert_eq!(pieces.len(), (before + more) as usize);
        }
    }

    #[test]
    fn what_is_stored_is_how_long_after_the_one_before_each_happened() {
        let json = serde_json::to_string(&filled([(5, 1), (5, -1), (86_399_999, 1)])).unwrap();
        assert_eq!(json, "[[5,1],[0,-1],[86399994,1]]");
    }

    #[test]
    fn a_very_long_one_is_dropped_like_any_other() {
        let pieces = filled((0..1_000_000).map(|at_ms| (at_ms, 1)));
        let copy = pieces.clone();
        drop(pieces);
        assert_eq!(copy.iter().count(), 1_000_000);
    }
}
