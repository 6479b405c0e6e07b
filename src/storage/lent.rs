//! Lists that are filled by one thread and emptied by another, and go back then, to be filled again. Memory that one
//! takes and the other frees would go to the system and come from it again, page by page.

use std::mem;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Lists that are kept for those who want one: more are rarely under way.
const KEPT: usize = 16;

/// Bytes of a list that is not kept: nobody wants one that large again soon.
const LARGE: usize = 1024 * 1024;

/// A list that goes back, empty, to where it came from.
#[derive(Debug)]
pub(super) struct Lent<T> {
    list: Vec<T>,
    home: Home<T>,
}

/// Where lists of one origin wait: the last one that came back is the first to go, while it is at hand.
type Home<T> = Arc<Mutex<Vec<Vec<T>>>>;

impl<T> Default for Lent<T> {
    fn default() -> Self {
        Self { list: Vec::new(), home: Home::default() }
    }
}

impl<T> Lent<T> {
    /// An empty list of the same origin: one that has come back, or a new one with room for as much as this one holds.
    pub fn successor(&self) -> Self {
        let list = waiting(&self.home).pop();
        Self { list: list.unwrap_or_else(|| Vec::with_capacity(self.len())), home: Arc::clone(&self.home) }
    }
}

fn waiting<T>(home: &Home<T>) -> MutexGuard<'_, Vec<Vec<T>>> {
    home.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<T> Deref for Lent<T> {
    type Target = Vec<T>;

    fn deref(&self) -> &Vec<T> {
        &self.list
    }
}

impl<T> DerefMut for Lent<T> {
    fn deref_mut(&mut self) -> &mut Vec<T> {
        &mut self.list
    }
}

impl<T> Drop for Lent<T> {
    fn drop(&mut self) {
        let mut list = mem::take(&mut self.list);
        list.clear();
        let mut waiting = waiting(&self.home);
        if waiting.len() < KEPT && (1..LARGE).contains(&(list.capacity() * size_of::<T>())) {
            waiting.push(list);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_goes_back_empty_and_is_lent_again() {
        let mut first = Lent::default();
        first.extend([1, 2, 3]);
        let second = first.successor();
        assert!(second.is_empty() && second.capacity() >= 3);
        let place = first.as_ptr();
        drop(first);
        let third = second.successor();
        assert_eq!((third.as_ptr(), third.len()), (place, 0));
        assert_eq!(second.successor().capacity(), 0, "only one was waiting");
    }

    #[test]
    fn not_more_are_kept_than_are_wanted() {
        let first = Lent::<u8>::default();
        let lists: Vec<_> = (0..2 * KEPT).map(|_| first.successor()).collect();
        for mut list in lists {
            list.push(7);
        }
        assert_eq!(waiting(&first.home).len(), KEPT);
    }

    #[test]
    fn neither_an_unused_list_nor_a_large_one_is_kept() {
        let first = Lent::<u64>::default();
        first.successor().reserve(LARGE / size_of::<u64>());
        drop(first.successor());
        assert_eq!(waiting(&first.home).len(), 0);
    }
}
