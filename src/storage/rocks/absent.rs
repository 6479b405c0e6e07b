//! Which keys a table surely does not have, told from memory.
//!
//! Of everybody who writes it is asked which dialog they had before, and mostly they had none. RocksDB asks a filter
//! for each table in memory and each file then, which takes a tenth of what the dispatcher does for a dialog. This
//! is one filter for all of them: it begins empty, takes every key that is written, and once all those have been
//! read that were there before, it can be believed.
//!
//! A key sets four bits of one word, so that asking takes one look at memory. With 16 bits for each key three of a
//! hundred strangers are taken for somebody who is known: these are looked for on the disk, as everybody is who is.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use xxhash_rust::xxh3::xxh3_64;

use super::Table;

/// Keys of the first level; each level has room for twice as many as the one before.
const FIRST_KEYS: usize = 1 << 20;

/// Levels, which take 62 MiB together. With more than 31 million keys nothing is told any more.
const LEVELS: usize = 5;

/// Keys to a word of 64 bits.
const KEYS_PER_WORD: usize = 4;

/// The keys of one table, as a Bloom filter that grows.
#[derive(Debug, Default)]
pub(in crate::storage) struct Absent {
    levels: [OnceLock<Level>; LEVELS],
    /// How many keys have set bits.
    keys: AtomicUsize,
    /// Whether every key that the table had at first has been added.
    complete: AtomicBool,
    /// Whether a key found no room.
    full: AtomicBool,
}

impl Absent {
    /// Whether it is told of this table.
    pub fn tells_of(table: Table) -> bool {
        table == Table::Clients
    }

    /// A key of a table is about to be written.
    pub fn hear_of(&self, table: Table, key: &[u8]) {
        if Self::tells_of(table) {
            self.add(key);
        }
    }

    /// A key is about to be written, or was there.
    pub fn add(&self, key: &[u8]) {
        let print = Print::of(key);
        if self.may_have(print) {
            return;
        }
        let number = level_of(self.keys.fetch_add(1, Ordering::Relaxed));
        match self.levels.get(number) {
            Some(level) => level.get_or_init(|| Level::new(number)).add(print),
            None => self.full.store(true, Ordering::Relaxed),
        }
    }

    /// All keys that were there have been added.
    pub fn complete(&self) {
        self.complete.store(true, Ordering::Release);
    }

    /// Whether it tells nothing any more.
    pub fn is_full(&self) -> bool {
        self.full.load(Ordering::Relaxed)
    }

    /// Whether the table has no such key.
    pub fn is_absent(&self, key: &[u8]) -> bool {
        self.complete.load(Ordering::Acquire) && !self.is_full() && !self.may_have(Print::of(key))
    }

    fn may_have(&self, print: Print) -> bool {
        self.levels.iter().filter_map(OnceLock::get).any(|level| level.may_have(print))
    }
}

/// The level of a key that comes after so many others.
fn level_of(before: usize) -> usize {
    (before / FIRST_KEYS + 1).ilog2() as usize
}

/// Room for some keys.
#[derive(Debug)]
struct Level(Box<[AtomicU64]>);

impl Level {
    fn new(number: usize) -> Self {
        let words = (FIRST_KEYS << number) / KEYS_PER_WORD;
        Self((0..words).map(|_| AtomicU64::new(0)).collect())
    }

    fn add(&self, print: Print) {
        self.word(print).fetch_or(print.bits(), Ordering::Relaxed);
    }

    fn may_have(&self, print: Print) -> bool {
        self.word(print).load(Ordering::Relaxed) & print.bits() == print.bits()
    }

    /// The lengths of levels are powers of two.
    fn word(&self, print: Print) -> &AtomicU64 {
        &self.0[(print.0 >> 32) as usize & (self.0.len() - 1)]
    }
}

/// A hash of a key: its upper half leads to a word, its lower half to bits of it.
#[derive(Debug, Clone, Copy)]
struct Print(u64);

impl Print {
    fn of(key: &[u8]) -> Self {
        Self(xxh3_64(key))
    }

    fn bits(self) -> u64 {
        [0, 6, 12, 18].into_iter().fold(0, |bits, from| bits | 1 << (self.0 >> from & 63))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: usize) -> Vec<u8> {
        format!("site/client-{number}").into_bytes()
    }

    #[test]
    fn nothing_is_absent_before_all_was_added() {
        let absent = Absent::default();
        absent.add(&key(1));
        assert!(!absent.is_absent(&key(1)) && !absent.is_absent(&key(2)));
        absent.complete();
        assert!(!absent.is_absent(&key(1)) && absent.is_absent(&key(2)));
    }

    #[test]
    fn of_many_keys_none_is_absent_and_most_others_are() {
        const KEYS: usize = FIRST_KEYS + FIRST_KEYS / 2;
        let absent = Absent::default();
        absent.complete();
        (0..KEYS).for_each(|number| absent.add(&key(number)));
        // Some were taken for known when they came, and set no bits.
        assert!((KEYS * 97 / 100..=KEYS).contains(&absent.keys.load(Ordering::Relaxed)));
        assert!((0..KEYS).all(|number| !absent.is_absent(&key(number))));
        let absent_ones = (KEYS..KEYS + 10_000).filter(|number| absent.is_absent(&key(*number))).count();
        assert!(absent_ones > 9400, "{absent_ones}");
    }

    #[test]
    fn what_is_full_tells_nothing() {
        let absent = Absent::default();
        absent.complete();
        absent.keys.store((FIRST_KEYS << LEVELS) - FIRST_KEYS - 1, Ordering::Relaxed);
        absent.add(&key(1));
        assert!(absent.is_absent(&key(3)) && !absent.is_absent(&key(1)));
        absent.add(&key(2));
        assert!(!absent.is_absent(&key(2)) && !absent.is_absent(&key(3)));
    }

    #[test]
    fn levels_follow_each_other() {
        let levels = [0, FIRST_KEYS - 1, FIRST_KEYS, 3 * FIRST_KEYS - 1, 3 * FIRST_KEYS, 7 * FIRST_KEYS];
        assert_eq!(levels.map(level_of), [0, 0, 1, 1, 2, 3]);
    }
}
