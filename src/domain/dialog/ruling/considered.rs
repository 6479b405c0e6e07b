//! Whom the dispatcher considered for a dialog, packed into bytes as the decision is made: it is written with
//! every decision, twice, and read only when somebody asks why. Not a word of it is decided here.
//!
//! Packed, numbers are of variable length, seven bits to a byte, the low ones first; a text is its length and
//! its bytes, and a list how many there are and then one behind the other.

use serde::de::{Error as _, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smallvec::SmallVec;

use super::{Candidate, Filtered, Reason};
use crate::ids::OperatorId;

/// Whom a decision considered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Considered {
    /// Who could have got the dialog, the best first.
    pub candidates: Vec<Candidate>,
    /// Candidates beyond those.
    pub more_candidates: u32,
    /// Who could not, by rank.
    pub filtered: Vec<Filtered>,
    /// Those who could not beyond these, by reason.
    pub more_filtered: Vec<(Reason, u32)>,
}

impl Considered {
    /// The same in few bytes.
    pub fn pack(&self) -> PackedConsidered {
        let mut packing = Packing::new(self.candidates.len());
        self.candidates.iter().for_each(|it| packing.candidate(&it.operator, (it.score, it.tie), it.rank));
        let filtered = self.filtered.iter().map(|filtered| (&filtered.operator, filtered.reason));
        packing.finish(self.more_candidates, filtered, &self.more_filtered)
    }
}

/// [`Considered`], packed.
#[derive(Clone, PartialEq, Eq)]
pub struct PackedConsidered(Bytes);

/// Room for two or three in a small queue.
type Bytes = SmallVec<[u8; 64]>;

impl PackedConsidered {
    /// Whom the decision considered.
    pub fn unpack(&self) -> Considered {
        Unpacking(&self.0).considered().unwrap_or_default()
    }

    /// Whether anybody could have got the dialog.
    pub fn has_candidates(&self) -> bool {
        self.0.first().is_some_and(|count| *count > 0)
    }
}

impl std::fmt::Debug for PackedConsidered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.unpack().fmt(f)
    }
}

impl Serialize for PackedConsidered {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

/// Reads what was packed, and nothing else.
impl<'de> Deserialize<'de> for PackedConsidered {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Packed;

        impl Visitor<'_> for Packed {
            type Value = PackedConsidered;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("whom a decision considered, packed")
            }

            fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<PackedConsidered, E> {
                match Unpacking(bytes).considered() {
                    Some(_) => Ok(PackedConsidered(Bytes::from_slice(bytes))),
                    None => Err(E::custom("it is not known whom a decision considered")),
                }
            }
        }

        deserializer.deserialize_bytes(Packed).map_err(D::Error::custom)
    }
}

/// Packs one after the other.
#[derive(Debug)]
pub struct Packing(Vec<u8>);

/// Room for a candidate with an id of usual length, and for what follows them.
const USUAL_BYTES: usize = 40;

impl Packing {
    /// Begins; so many candidates follow.
    pub fn new(candidates: usize) -> Self {
        let mut packing = Self(Vec::with_capacity(USUAL_BYTES * (candidates + 1)));
        packing.number(candidates as u64);
        packing
    }

    /// The next candidate: where the rule and its tie-break put them, and their rank.
    pub fn candidate(&mut self, operator: &OperatorId, (score, tie): (u64, u64), rank: i64) {
        self.text(operator.as_str());
        self.number(score);
        self.number(tie);
        // The sign stands last, so that small ranks are short.
        self.number((rank << 1 ^ rank >> 63) as u64);
    }

    /// Ends with how many candidates there are beyond those, who could not get it, and how many more.
    pub fn finish<'a>(
        mut self,
        more_candidates: u32,
        filtered: impl ExactSizeIterator<Item = (&'a OperatorId, Reason)>,
        more_filtered: &[(Reason, u32)],
    ) -> PackedConsidered {
        self.number(more_candidates.into());
        self.number(filtered.len() as u64);
        for (operator, reason) in filtered {
            self.text(operator.as_str());
            self.0.push(reason as u8);
        }
        self.number(more_filtered.len() as u64);
        for (reason, count) in more_filtered {
            self.0.push(*reason as u8);
            self.number((*count).into());
        }
        PackedConsidered(Bytes::from_slice(&self.0))
    }

    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.extend_from_slice(text.as_bytes());
    }
}

/// What is still to be read. Nothing comes of bytes that were not packed so.
struct Unpacking<'a>(&'a [u8]);

impl Unpacking<'_> {
    fn considered(mut self) -> Option<Considered> {
        let candidates = self.list(|this| {
            let (operator, score, tie, rank) =
                (this.operator()?, this.number()?, this.number()?, this.number()?);
            let rank = (rank >> 1) as i64 ^ -((rank & 1) as i64);
            Some(Candidate { operator, score, tie, rank })
        })?;
        let more_candidates = self.number()?.try_into().ok()?;
        let filtered =
            self.list(|this| Some(Filtered { operator: this.operator()?, reason: this.reason()? }))?;
        let more_filtered = self.list(|this| Some((this.reason()?, this.number()?.try_into().ok()?)))?;
        let considered = Considered { candidates, more_candidates, filtered, more_filtered };
        self.0.is_empty().then_some(considered)
    }

    fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.number()?;
        // Every item takes a byte at least: a damaged length asks for no memory.
        (count <= self.0.len() as u64).then(|| (0..count).map(|_| item(self)).collect())?
    }

    fn operator(&mut self) -> Option<OperatorId> {
        let length = usize::try_from(self.number()?).ok()?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        OperatorId::new(str::from_utf8(text).ok()?).ok()
    }

    fn reason(&mut self) -> Option<Reason> {
        Reason::ALL.get(usize::from(self.byte()?)).copied()
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn operators() -> impl Strategy<Value = OperatorId> {
        ".{1,30}".prop_map(|text| OperatorId::new(text).unwrap())
    }

    fn reasons() -> impl Strategy<Value = Reason> {
        prop::sample::select(Reason::ALL.to_vec())
    }

    fn considered() -> impl Strategy<Value = Considered> {
        let candidates = (operators(), any::<u64>(), any::<u64>(), any::<i64>())
            .prop_map(|(operator, score, tie, rank)| Candidate { operator, score, tie, rank });
        let filtered = (operators(), reasons()).prop_map(|(operator, reason)| Filtered { operator, reason });
        let lists =
            (vec(candidates, 0..9), any::<u32>(), vec(filtered, 0..9), vec((reasons(), any::<u32>()), 0..9));
        lists.prop_map(|(candidates, more_candidates, filtered, more_filtered)| Considered {
            candidates,
            more_candidates,
            filtered,
            more_filtered,
        })
    }

    proptest! {
        #[test]
        fn what_is_packed_is_unpacked(considered in considered()) {
            let packed = considered.pack();
            prop_assert_eq!(packed.has_candidates(), !considered.candidates.is_empty());
            prop_assert_eq!(packed.unpack(), considered);
        }

        #[test]
        fn other_bytes_are_refused_or_read_to_their_end(bytes in vec(any::<u8>(), 0..60)) {
            let _ = Unpacking(&bytes).considered();
        }

        #[test]
        fn cut_short_it_is_refused(considered in considered(), cut in any::<prop::sample::Index>()) {
            let packed = considered.pack().0;
            prop_assert_eq!(Unpacking(&packed[..cut.index(packed.len())]).considered(), None);
        }
    }

    #[test]
    fn every_reason_is_packed_as_its_place() {
        assert!((0..).zip(Reason::ALL).all(|(place, reason)| reason as u8 == place));
    }
}
