//! The time for an answer is over.

use crate::domain::dialog::command::{Context, Decision, DialogCommand};
use crate::domain::dialog::{Dialog, Status};
use crate::domain::event::DialogEvent;
use crate::error::Rejection;
use crate::ids::OperatorId;
use crate::timestamp::Timestamp;

/// The offer with this deadline ends. A later offer of the same dialog has another deadline and stands.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpireOffer {
    /// The deadline that has passed.
    pub deadline: Timestamp,
}

impl DialogCommand for ExpireOffer {
    fn decide(&self, dialog: &Dialog, _: &Context) -> Result<Decision, Rejection> {
        let Status::Offered { to, deadline } = &dialog.status else { return Ok(Decision::nothing()) };
        if *deadline != Some(self.deadline) {
            return Ok(Decision::nothing());
        }
        let expired = |operator: &OperatorId| DialogEvent::OfferExpired { operator: operator.clone() };
        Ok(Decision::done(to.iter().map(expired).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::testing::*;

    #[test]
    fn the_offer_ends_and_the_operator_counts_as_having_had_it() {
        let expired = DialogEvent::OfferExpired { operator: operator("anna") };
        let outcome = given(offered_to(["anna"])).when(&ExpireOffer { deadline: OFFER_ENDS }, &by_nobody());
        let dialog = outcome.then([expired]).dialog();
        assert_eq!((dialog.status, dialog.round), (Status::Waiting, vec![operator("anna")]));
    }

    #[test]
    fn another_deadline_ends_nothing() {
        let order = ExpireOffer { deadline: OFFER_ENDS.plus_ms(1) };
        given(offered_to(["anna"])).when(&order, &by_nobody()).then([]);
    }

    #[test]
    fn an_answer_in_time_stands() {
        let order = ExpireOffer { deadline: OFFER_ENDS };
        for events in [waiting(), answered_by("anna"), finished_by("anna")] {
            given(events).when(&order, &by_nobody()).then([]);
        }
    }
}
