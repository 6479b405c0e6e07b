//! Chance from a seed: the same seed gives the same choices. Knows nothing of the engine.

use std::hash::{BuildHasher, RandomState};

/// A stream of choices (SplitMix64).
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// The stream of `seed`.
    pub fn of(seed: u64) -> Self {
        Self(seed)
    }

    /// A seed that differs each time, unless `CENTRALA_SEED` names one. Printed, so that a failure
    /// can be looked at again.
    pub fn seed(test: &str) -> u64 {
        let named = std::env::var("CENTRALA_SEED").ok().and_then(|text| text.parse().ok());
        let seed = named.unwrap_or_else(|| RandomState::new().hash_one(test));
        println!("{test}: CENTRALA_SEED={seed}");
        seed
    }

    /// The next number.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which must not be 0.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// True `percent` times of a hundred.
    pub fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of these, which must not be empty.
    pub fn one_of<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len())]
    }

    /// Puts these into another order.
    pub fn shuffle<T>(&mut self, things: &mut [T]) {
        for last in (1..things.len()).rev() {
            things.swap(last, self.below(last + 1));
        }
    }
}
