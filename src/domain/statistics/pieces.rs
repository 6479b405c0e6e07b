//! A list that only grows, in pieces of one size: what stands in a full piece is never moved, and a copy shares these.
//!
//! Thousands of books that fill at the same pace would otherwise all ask for twice as much memory at the same
//! moment, and whoever waits for what is counted would wait for that.

use std::sync::Arc;

use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, SerializeSeq, Serializer};

use crate::domain::few::one_by_one;

/// Things in a piece: a kibibyte of what is kept here.
const PIECE: usize = 64;

/// A list that only grows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pieces<T> {
    full: Vec<Arc<Vec<T>>>,
    /// Never as long as a full one.
    open: Vec<T>,
}

impl<T> Default for Pieces<T> {
    fn default() -> Self {
        Self { full: Vec::new(), open: Vec::new() }
    }
}

impl<T> Pieces<T> {
    /// How many things there are.
    pub fn len(&self) -> usize {
        self.full.len() * PIECE + self.open.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.full.is_empty() && self.open.is_empty()
    }

    /// Adds one at the end.
    pub fn push(&mut self, thing: T) {
        self.open.push(thing);
        if self.open.len() == PIECE {
            let full = std::mem::replace(&mut self.open, Vec::with_capacity(PIECE));
            self.full.push(Arc::new(full));
        }
    }

    /// All of them, in the order in which they came.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.full.iter().flat_map(|piece| piece.iter()).chain(&self.open)
    }
}

impl<T> Extend<T> for Pieces<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, things: I) {
        things.into_iter().for_each(|thing| self.push(thing));
    }
}

impl<T: Serialize> Serialize for Pieces<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.len()))?;
        self.iter().try_for_each(|thing| list.serialize_element(thing))?;
        list.end()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Pieces<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        one_by_one(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_the_list_of_what_was_added_and_stored_like_one(list in prop::collection::vec(any::<u64>(), 0..300)) {
            let mut pieces = Pieces::default();
            pieces.extend(list.iter().copied());
            prop_assert_eq!((pieces.len(), pieces.is_empty()), (list.len(), list.is_empty()));
            prop_assert!(pieces.iter().eq(&list));
            let json = serde_json::to_string(&pieces).unwrap();
            prop_assert_eq!(&json, &serde_json::to_string(&list).unwrap());
            prop_assert_eq!(serde_json::from_str::<Pieces<u64>>(&json).unwrap(), pieces);
        }

        #[test]
        fn a_copy_stays_as_it_is(before in 0_usize..200, more in 1_usize..200) {
            let mut pieces = Pieces::default();
            (0..before).for_each(|thing| pieces.push(thing));
            let copy = pieces.clone();
            (0..more).for_each(|_| pieces.push(before));
            prop_assert!(copy.iter().copied().eq(0..before));
            prop_assert_eq!(pieces.len(), before + more);
        }
    }
}
