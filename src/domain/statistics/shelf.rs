//! Things by name, where whatever is looked for twice in a row is found at once, and whatever was handed out
//! stays as it was then.

use std::hash::Hash;
use std::sync::Arc;

use hashbrown::HashMap;

/// Things by name, in the order in which they came. One that somebody still holds is copied before it changes.
#[derive(Debug, Clone)]
pub(super) struct Shelf<K, T> {
    places: HashMap<K, usize>,
    things: Vec<(K, Kept<T>)>,
    last: usize,
}

/// A thing on the shelf. Whether somebody else holds it is asked only if it was handed out: asking takes longer
/// than most changes.
#[derive(Debug, Clone)]
enum Kept<T> {
    Here(Box<T>),
    HandedOut(Arc<T>),
}

impl<T: Clone + Default> Kept<T> {
    fn new(thing: T) -> Self {
        Self::Here(Box::new(thing))
    }

    fn get(&self) -> &T {
        match self {
            Self::Here(thing) => thing,
            Self::HandedOut(thing) => thing,
        }
    }

    fn change(&mut self) -> &mut T {
        if let Self::HandedOut(thing) = self {
            *self = Self::new(Arc::unwrap_or_clone(std::mem::take(thing)));
        }
        match self {
            Self::Here(thing) => thing,
            Self::HandedOut(thing) => Arc::make_mut(thing),
        }
    }

    fn hand_out(&mut self) -> Arc<T> {
        let thing = match self {
            Self::Here(thing) => Arc::new(std::mem::take(&mut **thing)),
            Self::HandedOut(thing) => Arc::clone(thing),
        };
        *self = Self::HandedOut(Arc::clone(&thing));
        thing
    }
}

impl<K, T> Default for Shelf<K, T> {
    fn default() -> Self {
        Self { places: HashMap::new(), things: Vec::new(), last: 0 }
    }
}

impl<K: Clone + Eq + Hash, T: Clone + Default> Shelf<K, T> {
    /// The thing of this name, which is made if there is none.
    pub fn take(&mut self, key: &K) -> &mut T {
        if self.things.get(self.last).is_none_or(|(last, _)| last != key) {
            self.last = self.places.get(key).copied().unwrap_or_else(|| self.put(key.clone(), T::default()));
        }
        self.things[self.last].1.change()
    }

    /// Puts something in, or in the place of what has this name.
    pub fn put(&mut self, key: K, thing: T) -> usize {
        if let Some(place) = self.places.get(&key) {
            self.things[*place].1 = Kept::new(thing);
            return *place;
        }
        self.things.push((key.clone(), Kept::new(thing)));
        self.places.insert(key, self.things.len() - 1);
        self.things.len() - 1
    }

    /// The thing of this name.
    pub fn get(&self, key: &K) -> Option<&T> {
        self.places.get(key).map(|place| self.things[*place].1.get())
    }

    /// Everything.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &T)> {
        self.things.iter().map(|(key, thing)| (key, thing.get()))
    }

    /// Changes those of which `which` is true, and hands them out as they are then.
    pub fn hand_out(
        &mut self,
        which: impl Fn(&T) -> bool,
        mut change: impl FnMut(&mut T),
        mut take: impl FnMut(&K, Arc<T>),
    ) {
        for (key, thing) in self.things.iter_mut().filter(|(_, thing)| which(thing.get())) {
            change(thing.change());
            take(key, thing.hand_out());
        }
    }
}
