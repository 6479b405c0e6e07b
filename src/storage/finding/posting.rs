//! A set of places in a block of 65,536: a sorted list while it is small, a bit for each place when it
//! is not. Nothing here knows what stands at the places.

use smallvec::SmallVec;

/// Bytes of a set with a bit for each place. A list always has fewer.
const BITS_BYTES: usize = 8192;

/// More places than these are put in order sooner by a bit for each than by comparing them.
const SORTED: usize = 256;

/// Places of a fact. Most facts are of one dialog alone.
pub(super) type Places = SmallVec<[u16; 4]>;

/// Appends the stored form of the set of these places, in any order.
pub(super) fn append_set(mut places: Places, bytes: &mut Vec<u8>) {
    match places.len() < SORTED {
        true => {
            places.sort_unstable();
            places.dedup();
            append_list(&places, bytes);
        }
        false => Posting::of(places.into_vec()).append_to(bytes),
    }
}

fn append_list(places: &[u16], bytes: &mut Vec<u8>) {
    bytes.extend(places.iter().flat_map(|place| place.to_be_bytes()));
}

/// A set of places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::storage) enum Posting {
    /// The places, rising.
    List(Vec<u16>),
    /// A bit for each place.
    Bits(Box<[u64; 1024]>),
}

impl Posting {
    /// The set of these places, in any order.
    pub fn of(mut places: Vec<u16>) -> Self {
        if places.len() < SORTED {
            places.sort_unstable();
            places.dedup();
            return Self::List(places);
        }
        // As they are where dialogs come in the order of their numbers.
        if places.len() * 2 < BITS_BYTES && places.is_sorted_by(|one, other| one < other) {
            return Self::List(places);
        }
        let mut bits = Box::new([0; 1024]);
        places.into_iter().for_each(|place| set(&mut bits, place));
        Self::Bits(bits).smallest()
    }

    /// The same set in its smaller form.
    fn smallest(self) -> Self {
        if self.len() * 2 < BITS_BYTES { Self::List(self.places()) } else { self }
    }

    /// Reads a stored set; nothing if it is none.
    pub fn parse(value: &[u8]) -> Option<Self> {
        if value.len() == BITS_BYTES {
            let mut bits = Box::new([0; 1024]);
            add_bits(&mut bits, value);
            return Some(Self::Bits(bits));
        }
        let list: Vec<u16> = places_in(value).collect();
        let sorted = list.is_sorted_by(|one, other| one < other);
        (value.len().is_multiple_of(2) && value.len() < BITS_BYTES && sorted).then_some(Self::List(list))
    }

    /// As it is stored.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.append_to(&mut bytes);
        bytes
    }

    fn append_to(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::List(places) => append_list(places, bytes),
            Self::Bits(bits) => bytes.extend(bits.iter().flat_map(|word| word.to_le_bytes())),
        }
    }

    /// The places, rising.
    pub fn places(&self) -> Vec<u16> {
        match self {
            Self::List(places) => places.clone(),
            Self::Bits(bits) => {
                bits.iter().zip((0..).step_by(64)).flat_map(|(word, first)| places_of(*word, first)).collect()
            }
        }
    }

    /// Keeps what `other` has too.
    pub fn intersect(&mut self, other: &Self) {
        match (&mut *self, other) {
            (Self::List(places), other) => places.retain(|place| other.contains(*place)),
            (Self::Bits(_), Self::List(places)) => {
                let mut places = places.clone();
                places.retain(|place| self.contains(*place));
                *self = Self::List(places);
            }
            (Self::Bits(bits), Self::Bits(other)) => {
                bits.iter_mut().zip(other.iter()).for_each(|(word, other)| *word &= other);
            }
        }
    }

    /// Takes out these places.
    pub fn remove(&self, places: &[u16]) -> Self {
        let mut left = self.places();
        left.retain(|place| !places.contains(place));
        Self::of(left)
    }

    pub fn contains(&self, place: u16) -> bool {
        match self {
            Self::List(places) => places.binary_search(&place).is_ok(),
            Self::Bits(bits) => has(bits, place),
        }
    }

    pub fn is_empty(&self) -> bool {
        match self {
            Self::List(places) => places.is_empty(),
            Self::Bits(bits) => bits.iter().all(|word| *word == 0),
        }
    }
}

/// The stored form of the union of stored sets.
pub(in crate::storage) fn union(sets: &[&[u8]]) -> Vec<u8> {
    if sets.iter().map(|set| set.len()).sum::<usize>() < BITS_BYTES {
        return Posting::of(sets.iter().flat_map(|set| places_in(set)).collect()).encode();
    }
    let mut bits = Box::new([0; 1024]);
    for value in sets {
        match value.len() {
            BITS_BYTES => add_bits(&mut bits, value),
            _ => places_in(value).for_each(|place| set(&mut bits, place)),
        }
    }
    Posting::Bits(bits).smallest().encode()
}

impl Posting {
    fn len(&self) -> usize {
        match self {
            Self::List(places) => places.len(),
            Self::Bits(bits) => bits.iter().map(|word| word.count_ones() as usize).sum(),
        }
    }
}

fn places_in(value: &[u8]) -> impl Iterator<Item = u16> {
    value.as_chunks().0.iter().map(|place| u16::from_be_bytes(*place))
}

/// The places of the bits of one word, the first of which is `first`.
fn places_of(mut word: u64, first: u16) -> impl Iterator<Item = u16> {
    std::iter::from_fn(move || {
        let bit = word.trailing_zeros() as u16;
        (word != 0).then(|| {
            word &= word - 1;
            first + bit
        })
    })
}

fn add_bits(bits: &mut [u64; 1024], value: &[u8]) {
    let words = value.as_chunks().0.iter().map(|word| u64::from_le_bytes(*word));
    bits.iter_mut().zip(words).for_each(|(word, more)| *word |= more);
}

fn set(bits: &mut [u64; 1024], place: u16) {
    bits[usize::from(place / 64)] |= 1 << (place % 64);
}

fn has(bits: &[u64; 1024], place: u16) -> bool {
    bits[usize::from(place / 64)] & 1 << (place % 64) != 0
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// Few places, or so many that they need bits.
    fn places() -> impl Strategy<Value = Vec<u16>> {
        prop_oneof![
            prop::collection::vec(any::<u16>(), 0..20),
            (any::<u16>(), 4000_u16..5000).prop_map(|(from, count)| {
                (0..count).map(|step| from.wrapping_add(step.wrapping_mul(7))).collect()
            }),
        ]
    }

    fn set_of(places: &[u16]) -> BTreeSet<u16> {
        places.iter().copied().collect()
    }

    proptest! {
        #[test]
        fn a_set_comes_back_as_it_was(places in places()) {
            let posting = Posting::of(places.clone());
            let mut appended = vec![7];
            append_set(places.clone().into(), &mut appended);
            prop_assert_eq!(&appended[1..], posting.encode());
            prop_assert_eq!(Posting::parse(&posting.encode()), Some(posting.clone()));
            prop_assert_eq!(posting.places(), set_of(&places).into_iter().collect::<Vec<_>>());
        }

        #[test]
        fn unions_and_intersections_are_those_of_sets(all in prop::collection::vec(places(), 1..4)) {
            let stored: Vec<Vec<u8>> = all.iter().map(|places| Posting::of(places.clone()).encode()).collect();
            let united = Posting::parse(&union(&stored.iter().map(Vec::as_slice).collect::<Vec<_>>())).unwrap();
            let expected: BTreeSet<u16> = all.iter().flatten().copied().collect();
            prop_assert_eq!(&united, &Posting::of(expected.into_iter().collect()));
            let mut common = united;
            let mut expected = set_of(&all[0]);
            for places in &all {
                common.intersect(&Posting::of(places.clone()));
                expected.retain(|place| places.contains(place));
            }
            prop_assert_eq!(common.is_empty(), expected.is_empty());
            prop_assert_eq!(common.places(), expected.into_iter().collect::<Vec<_>>());
        }

        #[test]
        fn what_is_removed_is_gone(places in places(), gone in prop::collection::vec(any::<u16>(), 0..5)) {
            let mut expected = set_of(&places);
            expected.retain(|place| !gone.contains(place));
            prop_assert_eq!(Posting::of(places).remove(&gone), Posting::of(expected.into_iter().collect()));
        }
    }

    #[test]
    fn what_is_no_set_is_refused() {
        for value in [&[1_u8][..], &[0, 2, 0, 1], &[0, 1, 0, 1], &[0; BITS_BYTES + 2]] {
            assert_eq!(Posting::parse(value), None);
        }
    }
}
