//! Small sets of operators as sorted lists: mostly none or one, in mode `all` many.

use smallvec::SmallVec;

use super::registry::OperatorIndex;

/// A set of operators.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct OperatorSet(SmallVec<[OperatorIndex; 2]>);

impl OperatorSet {
    pub(super) fn contains(&self, operator: OperatorIndex) -> bool {
        self.0.binary_search(&operator).is_ok()
    }

    /// Whether it was not in before.
    pub(super) fn insert(&mut self, operator: OperatorIndex) -> bool {
        let place = self.0.binary_search(&operator);
        if let Err(place) = place {
            self.0.insert(place, operator);
        }
        place.is_err()
    }

    /// Whether it was in.
    pub(super) fn remove(&mut self, operator: OperatorIndex) -> bool {
        let place = self.0.binary_search(&operator);
        if let Ok(place) = place {
            self.0.remove(place);
        }
        place.is_ok()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn as_slice(&self) -> &[OperatorIndex] {
        &self.0
    }
}
