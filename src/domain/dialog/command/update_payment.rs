//! The connector tells what has become of a payment.

use serde::Deserialize;

use super::{Context, Decision, DialogCommand, guard};
use crate::domain::dialog::{Dialog, PaymentStatus};
use crate::domain::event::DialogEvent;
use crate::error::{Code, Rejection};
use crate::ids::MessageId;

/// This has become of the payment. May come after the dialog has ended: people pay when they like.
/// The line protocol calls it `payment_status`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpdatePayment {
    /// The message with the payment.
    pub message: MessageId,
    /// What has become of it.
    pub status: PaymentStatus,
}

impl UpdatePayment {
    /// Checks that there is some news.
    ///
    /// # Errors
    /// `invalid_argument`, with the field.
    pub fn validate(&self) -> Result<(), Rejection> {
        match self.status {
            PaymentStatus::Pending => Err(Rejection::invalid("status", "it is paid, failed or expired")),
            _ => Ok(()),
        }
    }
}

impl DialogCommand for UpdatePayment {
    fn decide(&self, dialog: &Dialog, _: &Context) -> Result<Decision, Rejection> {
        let message = guard::message(dialog, self.message)?;
        let payment = message.payment().filter(|_| !message.is_hidden());
        let payment =
            payment.ok_or_else(|| Rejection::invalid("message", "the client was sent no payment in it"))?;
        if payment.status == PaymentStatus::Paid {
            return Err(Rejection::new(Code::Conflict, "it was paid already"));
        }
        if payment.status == self.status {
            return Ok(Decision::nothing());
        }
        let (message, status) = (self.message, self.status);
        Ok(Decision::done(vec![DialogEvent::PaymentUpdated { message, status }]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dialog::{Content, Insert, Payment};
    use crate::domain::testing::*;

    fn with_payment() -> Vec<DialogEvent> {
        let payment = Payment {
            amount: 100,
            currency: "EUR".into(),
            description: "one box".into(),
            url: "https://pay.example".into(),
            status: PaymentStatus::Pending,
        };
        let content = Content { insert: Some(Insert::Payment(payment)), ..Content::default() };
        [answered_by("anna"), vec![message_event(2, "anna", content)], vec![finished_event("anna")]].concat()
    }

    fn update(status: PaymentStatus) -> UpdatePayment {
        UpdatePayment { message: MessageId::of(DIALOG, 2), status }
    }

    #[test]
    fn a_payment_that_failed_or_expired_may_still_be_paid_and_then_nothing_more() {
        let mut events = with_payment();
        for status in [PaymentStatus::Failed, PaymentStatus::Expired, PaymentStatus::Paid] {
            let made = given(events.clone()).when(&update(status), &by_nobody()).events();
            assert_eq!(made, [DialogEvent::PaymentUpdated { message: MessageId::of(DIALOG, 2), status }]);
            events.extend(made);
            assert_eq!(given(events.clone()).dialog().messages[1].payment().unwrap().status, status);
        }
        for status in [PaymentStatus::Failed, PaymentStatus::Paid] {
            given(events.clone()).when(&update(status), &by_nobody()).rejected(Code::Conflict);
        }
    }

    #[test]
    fn the_same_status_again_is_no_news() {
        let mut events = with_payment();
        events.extend(given(events.clone()).when(&update(PaymentStatus::Failed), &by_nobody()).events());
        given(events).when(&update(PaymentStatus::Failed), &by_nobody()).then([]);
        assert!(update(PaymentStatus::Pending).validate().is_err());
    }

    #[test]
    fn only_a_payment_that_was_sent_has_a_status() {
        let wrong = UpdatePayment { message: MessageId::of(DIALOG, 1), status: PaymentStatus::Paid };
        let field = given(with_payment()).when(&wrong, &by_nobody()).rejected(Code::InvalidArgument);
        assert_eq!(field.as_deref(), Some("message"));
        let unknown = UpdatePayment { message: MessageId::of(DIALOG, 9), status: PaymentStatus::Paid };
        given(with_payment()).when(&unknown, &by_nobody()).rejected(Code::MessageNotFound);
    }
}
