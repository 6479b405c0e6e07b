//! Sends a link to pay, whose status the connector tells later.

use serde::Deserialize;

use super::{Context, Decision, DialogCommand, compose};
use crate::domain::dialog::{Content, Dialog, Insert, Payment, PaymentStatus};
use crate::domain::form;
use crate::error::Rejection;
use crate::ids::DialogId;
use crate::limits;

/// I ask the client to pay.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SendPayment {
    /// In which dialog.
    pub dialog: DialogId,
    /// In minor units of the currency.
    pub amount: u64,
    /// As in ISO 4217.
    pub currency: String,
    /// For what.
    pub description: String,
    /// Where to pay.
    pub url: String,
}

impl SendPayment {
    /// Checks lengths and ranges.
    ///
    /// # Errors
    /// `too_large` or `invalid_argument`, with the field.
    pub fn validate(&self) -> Result<(), Rejection> {
        if !(1..=limits::PAYMENT_AMOUNT).contains(&self.amount) {
            let message = format!("an amount goes from 1 to {} minor units", limits::PAYMENT_AMOUNT);
            return Err(Rejection::invalid("amount", message));
        }
        form::currency("currency", &self.currency)?;
        form::text("description", &self.description)?;
        form::url("url", &self.url)
    }
}

impl DialogCommand for SendPayment {
    fn decide(&self, dialog: &Dialog, context: &Context) -> Result<Decision, Rejection> {
        let payment = Payment {
            amount: self.amount,
            currency: self.currency.clone(),
            description: self.description.clone(),
            url: self.url.clone(),
            status: PaymentStatus::Pending,
        };
        let content = Content { insert: Some(Insert::Payment(payment)), ..Content::default() };
        compose::write(dialog, context, &self.description, content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::testing::*;
    use crate::error::Code;

    fn send() -> SendPayment {
        let (currency, description) = ("EUR".into(), "one box".into());
        SendPayment {
            dialog: DIALOG,
            amount: 1999,
            currency,
            description,
            url: "https://pay.example/1".into(),
        }
    }

    #[test]
    fn a_payment_is_pending_when_it_is_sent() {
        let message = given(answered_by("anna")).when(&send(), &by("anna")).added_message();
        let payment = message.payment().unwrap();
        assert_eq!((payment.amount, payment.status), (1999, PaymentStatus::Pending));
        assert_eq!(message.text, "one box");
        given(answered_by("bea")).when(&send(), &by("anna")).rejected(Code::NotParticipant);
        given(finished_by("anna")).when(&send(), &by("anna")).rejected(Code::DialogClosed);
    }

    #[test]
    fn amount_currency_and_link_are_checked() {
        let field = |send: SendPayment| send.validate().unwrap_err().field.unwrap();
        assert_eq!(send().validate(), Ok(()));
        assert_eq!(field(SendPayment { amount: 0, ..send() }), "amount");
        assert_eq!(field(SendPayment { amount: u64::MAX, ..send() }), "amount");
        assert_eq!(field(SendPayment { currency: "euro".into(), ..send() }), "currency");
        assert_eq!(field(SendPayment { url: String::new(), ..send() }), "url");
    }
}
