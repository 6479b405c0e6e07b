//! An operator is no longer there: the offer is taken back and does not count as had.

use crate::domain::dialog::Dialog;
use crate::domain::dialog::command::{Context, Decision, DialogCommand};
use crate::domain::event::DialogEvent;
use crate::error::Rejection;
use crate::ids::OperatorId;

/// The offer to this operator ends.
#[derive(Debug, Clone, PartialEq)]
pub struct WithdrawOffer {
    /// From whom.
    pub operator: OperatorId,
}

impl DialogCommand for WithdrawOffer {
    fn decide(&self, dialog: &Dialog, _: &Context) -> Result<Decision, Rejection> {
        if !dialog.is_offered_to(&self.operator) {
            return Ok(Decision::nothing());
        }
        Ok(Decision::done(vec![DialogEvent::OfferWithdrawn { operator: self.operator.clone() }]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::testing::*;

    #[test]
    fn a_withdrawn_offer_does_not_change_the_round() {
        let order = WithdrawOffer { operator: operator("anna") };
        let dialog =
            given(offered_to(["anna"])).when(&order, &by_nobody()).then([withdrawn("anna")]).dialog();
        assert!(dialog.round.is_empty());
    }

    #[test]
    fn without_an_offer_nothing_is_withdrawn() {
        let order = WithdrawOffer { operator: operator("anna") };
        for events in [waiting(), offered_to(["bea"]), answered_by("anna"), finished_by("anna")] {
            given(events).when(&order, &by_nobody()).then([]);
        }
    }
}
