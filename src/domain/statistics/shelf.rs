//! Things by name, where whatever is looked for twice in a row is found at once.

use std::hash::Hash;

use hashbrown::HashMap;

/// Things by name, in the order in which they came.
#[derive(Debug, Clone)]
pub(super) struct Shelf<K, T> {
    places: HashMap<K, usize>,
    things: Vec<(K, T)>,
    last: usize,
}

impl<K, T> Default for Shelf<K, T> {
    fn default() -> Self {
        Self { places: HashMap::new(), things: Vec::new(), last: 0 }
    }
}

impl<K: Clone + Eq + Hash, T: Default> Shelf<K, T> {
    /// The thing of this name, which is made if there is none.
    pub fn take(&mut self, key: &K) -> &mut T {
        if self.things.get(self.last).is_none_or(|(last, _)| last != key) {
            self.last = self.places.get(key).copied().unwrap_or_else(|| self.put(key.clone(), T::default()));
        }
        &mut self.things[self.last].1
    }

    /// Puts something in, or in the place of what has this name.
    pub fn put(&mut self, key: K, thing: T) -> usize {
        if let Some(place) = self.places.get(&key) {
            self.things[*place].1 = thing;
            return *place;
        }
        self.things.push((key.clone(), thing));
        self.places.insert(key, self.things.len() - 1);
        self.things.len() - 1
    }

    /// The thing of this name.
    pub fn get(&self, key: &K) -> Option<&T> {
        self.places.get(key).map(|place| &self.things[*place].1)
    }

    /// Everything.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &T)> {
        self.things.iter().map(|(key, thing)| (key, thing))
    }

    /// Everything, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&K, &mut T)> {
        self.things.iter_mut().map(|(key, thing)| (&*key, thing))
    }
}
