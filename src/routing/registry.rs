//! Ids of the host become small numbers, so that sets of them are small and quick. None of them is stored as 0, so
//! that one which may be missing takes no more room.

use std::cell::Cell;
use std::hash::Hash;
use std::marker::PhantomData;
use std::num::NonZeroU32;
use std::ops::{Index, IndexMut};

use hashbrown::HashMap;

macro_rules! indexes {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(super) struct $name(NonZeroU32);

        impl From<usize> for $name {
            fn from(place: usize) -> Self {
                let number = u32::try_from(place + 1).ok().and_then(NonZeroU32::new);
                Self(number.expect("fewer than four billion"))
            }
        }

        impl From<$name> for usize {
            fn from(index: $name) -> usize {
                index.0.get() as usize - 1
            }
        }
    )*};
}

indexes! {
    /// The number of an operator, in the order in which the router heard of them.
    OperatorIndex;
    /// The number of a channel's line.
    LineIndex;
    /// The number of a pool of a line; that of one that is gone is given to another.
    PoolIndex;
    /// The number of a skill.
    SkillIndex;
}

impl PoolIndex {
    /// Behind all others.
    pub(super) const LAST: Self = Self(NonZeroU32::MAX);
}

/// Things by the number that they got when they were first named. Nothing is ever removed.
#[derive(Debug)]
pub(super) struct Registry<K, I, T> {
    numbers: HashMap<K, u32>,
    keys: Vec<K>,
    things: Vec<T>,
    /// The number that was found last: whoever was named once is often named again at once.
    last: Cell<usize>,
    index: PhantomData<I>,
}

impl<K: Clone + Eq + Hash, I: From<usize> + Into<usize>, T> Registry<K, I, T> {
    pub(super) fn new() -> Self {
        Self {
            numbers: HashMap::new(),
            keys: Vec::new(),
            things: Vec::new(),
            last: Cell::new(0),
            index: PhantomData,
        }
    }

    /// The number of what is named so, which is made if nobody named it before.
    pub(super) fn intern(&mut self, key: &K, make: impl FnOnce() -> T) -> I {
        if let Some(index) = self.find(key) {
            return index;
        }
        self.numbers.insert(key.clone(), self.things.len() as u32);
        self.keys.push(key.clone());
        self.things.push(make());
        I::from(self.things.len() - 1)
    }

    pub(super) fn find(&self, key: &K) -> Option<I> {
        let last = self.last.get();
        if self.keys.get(last) == Some(key) {
            return Some(I::from(last));
        }
        let number = *self.numbers.get(key)? as usize;
        self.last.set(number);
        Some(I::from(number))
    }

    pub(super) fn get(&self, key: &K) -> Option<&T> {
        self.find(key).map(|index| &self.things[index.into()])
    }

    /// The name of what has this number.
    pub(super) fn key(&self, index: I) -> &K {
        &self.keys[index.into()]
    }

    /// Everything, in the order of the numbers.
    pub(super) fn iter(&self) -> impl Iterator<Item = (I, &T)> {
        self.things.iter().enumerate().map(|(place, thing)| (I::from(place), thing))
    }
}

impl<K, I: Into<usize>, T> Index<I> for Registry<K, I, T> {
    type Output = T;
    fn index(&self, index: I) -> &T {
        &self.things[index.into()]
    }
}

impl<K, I: Into<usize>, T> IndexMut<I> for Registry<K, I, T> {
    fn index_mut(&mut self, index: I) -> &mut T {
        &mut self.things[index.into()]
    }
}
