//! Short lists as they are stored: read one by one, so that a damaged length asks for no memory.

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
    deserializer.deserialize_seq(OneByOne(PhantomData))
}

struct OneByOne<A>(PhantomData<A>);

impl<'de, A: Array<Item: Deserialize<'de>>> Visitor<'de> for OneByOne<A> {
    type Value = SmallVec<A>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut items: S) -> Result<SmallVec<A>, S::Error> {
        let mut list = SmallVec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(list)
    }
}
