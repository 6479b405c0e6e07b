//! Lists as they are stored: read one by one, so that a damaged length asks for no memory.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};
use smallvec::{Array, SmallVec};

/// Reads a short list. What smallvec does by itself makes room for as many things as the list says that it has.
pub(super) fn few<'de, A, D>(deserializer: D) -> Result<SmallVec<A>, D::Error>
where
    A: Array<Item: Deserialize<'de>>,
    D: Deserializer<'de>,
{
    one_by_one(deserializer)
}

/// Reads a list of any kind.
pub(super) fn one_by_one<'de, T, L, D>(deserializer: D) -> Result<L, D::Error>
where
    T: Deserialize<'de>,
    L: Default + Extend<T>,
    D: Deserializer<'de>,
{
    deserializer.deserialize_seq(OneByOne(PhantomData))
}

struct OneByOne<T, L>(PhantomData<(T, L)>);

impl<'de, T: Deserialize<'de>, L: Default + Extend<T>> Visitor<'de> for OneByOne<T, L> {
    type Value = L;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut items: S) -> Result<L, S::Error> {
        let mut list = L::default();
        while let Some(item) = items.next_element()? {
            list.extend([item]);
        }
        Ok(list)
    }
}
