//! One number for all that is stored, so that two states are compared without reading them.
//!
//! The sum over all channels, operators and dialogs does not depend on their order, and a change of
//! one thing changes it by the difference of that thing's fingerprints.

use serde::Serializer;
use smallvec::SmallVec;
use xxhash_rust::xxh3::xxh3_64;

use crate::domain::library::ItemId;
use crate::ids::{ChannelId, DialogId, OperatorId};

/// What a fingerprint is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thing<'a> {
    /// A channel.
    Channel(&'a ChannelId),
    /// An operator.
    Operator(&'a OperatorId),
    /// A dialog.
    Dialog(DialogId),
    /// A thing of the library.
    Item(&'a ItemId),
}

/// The fingerprint of a thing whose encoded state is `state`. Sums of them wrap.
pub fn fingerprint(thing: Thing<'_>, state: &[u8]) -> u64 {
    let mut name = SmallVec::<[u8; 64]>::new();
    match thing {
        Thing::Channel(id) => {
            name.push(b'c');
            name.extend_from_slice(id.as_str().as_bytes());
        }
        Thing::Operator(id) => {
            name.push(b'o');
            name.extend_from_slice(id.as_str().as_bytes());
        }
        Thing::Dialog(id) => {
            name.push(b'd');
            name.extend_from_slice(&id.0.to_le_bytes());
        }
        Thing::Item(id) => {
            let (kind, id) = id.parts();
            [b"l", kind.as_bytes(), b"/", id.as_bytes()].iter().for_each(|part| name.extend_from_slice(part));
        }
    }
    name.extend_from_slice(&xxh3_64(state).to_le_bytes());
    xxh3_64(&name)
}

/// A sum of fingerprints as people and JSON get it: too large for JSON's numbers.
pub fn text(sum: u64) -> String {
    format!("{sum:016x}")
}

/// Serializes a sum of fingerprints as [`text`].
pub(super) fn as_text<S: Serializer>(sum: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&text(*sum))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{AppId, FormId};

    #[test]
    fn kind_id_and_state_all_count() {
        let (channel, operator) = (ChannelId::new("a").unwrap(), OperatorId::new("a").unwrap());
        let all = [
            fingerprint(Thing::Channel(&channel), b"x"),
            fingerprint(Thing::Operator(&operator), b"x"),
            fingerprint(Thing::Dialog(DialogId(1)), b"x"),
            fingerprint(Thing::Dialog(DialogId(2)), b"x"),
            fingerprint(Thing::Dialog(DialogId(2)), b"y"),
            fingerprint(Thing::Item(&ItemId::Form(FormId::new("a").unwrap())), b"x"),
            fingerprint(Thing::Item(&ItemId::App(AppId::new("a").unwrap())), b"x"),
        ];
        let distinct: std::collections::HashSet<_> = all.iter().collect();
        assert_eq!(distinct.len(), all.len());
    }
}
