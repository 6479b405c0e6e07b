//! The dispatcher found operators for a dialog.

use crate::domain::channel::{Accept, QueueMode};
use crate::domain::dialog::command::{Context, Decision, DialogCommand};
use crate::domain::dialog::{Dialog, Status};
use crate::domain::event::DialogEvent;
use crate::error::Rejection;
use crate::ids::OperatorId;

/// These operators can take this dialog now. A dialog that no longer waits stays as it is; only in
/// mode `all` a standing offer grows.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    /// Who; more than one only in mode `all`.
    pub operators: Vec<OperatorId>,
}

impl Offer {
    fn decide_waiting(&self, context: &Context) -> Decision {
        let rules = &context.desk.rules;
        let Some(first) = self.operators.first() else { return Decision::nothing() };
        let event = match rules.accept {
            Accept::Auto => DialogEvent::Answered {
                operator: first.clone(),
                weight: rules.weight,
                ruling: context.desk.ruling.clone(),
            },
            Accept::Answer => DialogEvent::Offered {
                operators: self.operators.clone(),
                deadline: context.desk.offer_deadline(context.now),
                weight: rules.weight,
                ruling: context.desk.ruling.clone(),
            },
        };
        Decision::done(vec![event])
    }

    fn decide_offered(&self, dialog: &Dialog, context: &Context) -> Decision {
        let has_it = |operator: &&OperatorId| dialog.is_offered_to(operator);
        let operators: Vec<_> = self.operators.iter().filter(|operator| !has_it(operator)).cloned().collect();
        if operators.is_empty() {
            return Decision::nothing();
        }
        let deadline = context.desk.rules.deadline(context.now);
        Decision::done(vec![DialogEvent::Offered {
            operators,
            deadline,
            weight: dialog.weight,
            ruling: context.desk.ruling.clone(),
        }])
    }
}

impl DialogCommand for Offer {
    fn decide(&self, dialog: &Dialog, context: &Context) -> Result<Decision, Rejection> {
        let grows = context.desk.rules.mode == QueueMode::All;
        Ok(match dialog.status {
            Status::Waiting => self.decide_waiting(context),
            Status::Offered { .. } if grows => self.decide_offered(dialog, context),
            _ => Decision::nothing(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::testing::*;

    fn offer<const N: usize>(names: [&str; N]) -> Offer {
        Offer { operators: names.map(operator).into() }
    }

    #[test]
    fn a_waiting_dialog_is_offered_until_a_deadline() {
        let offered = offered_event(["anna"], Some(NOW.plus_ms(60_000)));
        given(waiting()).when(&offer(["anna"]), &by_nobody()).then([offered]);
        given(waiting()).when(&offer([]), &by_nobody()).then([]);
    }

    #[test]
    fn an_offer_without_time_limit_has_no_deadline() {
        let mut context = by_nobody();
        context.desk.rules.offer_timeout_ms = 0;
        given(waiting()).when(&offer(["anna"]), &context).then([offered_event(["anna"], None)]);
    }

    #[test]
    fn accept_auto_makes_it_the_operators_at_once() {
        given(waiting()).when(&offer(["anna"]), &by_nobody().auto()).then([answered_event("anna", 10)]);
    }

    #[test]
    fn in_mode_all_a_standing_offer_grows_by_those_who_do_not_have_it() {
        let all = by_nobody().mode(QueueMode::All);
        let outcome = given(offered_to(["anna"])).when(&offer(["anna", "bea"]), &all);
        let dialog = outcome.then([offered_event(["bea"], None)]).dialog();
        assert_eq!(dialog.offered_to(), [operator("anna"), operator("bea")]);
        given(offered_to(["anna"])).when(&offer(["anna"]), &all).then([]);
    }

    #[test]
    fn an_offer_that_comes_too_late_does_nothing() {
        for events in [offered_to(["bea"]), answered_by("bea"), finished_by("bea")] {
            given(events).when(&offer(["anna"]), &by_nobody()).then([]);
        }
    }
}
