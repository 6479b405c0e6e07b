//! What a message holds besides its text: a quotation, mentions, files, a form, a payment, a card.

use std::fmt;

use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::domain::file::File;
use crate::domain::library::FormField;
use crate::ids::{DialogId, FormId, MessageId, OperatorId};

/// What a message holds besides its text. Most messages hold nothing.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Content {
    /// The message that it answers. A public one answers no hidden one.
    pub quote: Option<MessageId>,
    /// Who and what is mentioned in the text.
    pub mentions: Vec<Mention>,
    /// Its files.
    pub files: Vec<File>,
    /// What it asks of the client, or shows.
    pub insert: Option<Insert>,
}

impl Content {
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A label in a text that stands for somebody or something; a link for employees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mention {
    /// What is mentioned.
    pub target: MentionTarget,
    /// Its first occurrence in the text is the mention.
    pub label: String,
}

/// What may be mentioned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum MentionTarget {
    /// A colleague, who is told of it.
    Operator(OperatorId),
    /// Another dialog.
    Dialog(DialogId),
}

/// A thing in a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Insert {
    /// A form to fill in.
    Form(SentForm),
    /// An amount to pay.
    Payment(Payment),
    /// A card of the company.
    Card(Card),
}

/// A form as it was when it was sent, with what the client answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SentForm {
    /// Which.
    pub form: FormId,
    /// Its name.
    pub name: String,
    /// What it asks.
    pub fields: Vec<FormField>,
    /// The answers by the names of their fields, in the order of the form.
    pub answers: Option<Vec<(String, FormAnswer)>>,
}

/// What a client answered to one field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum FormAnswer {
    /// Words.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Decimal(f64),
    /// Yes or no.
    Flag(bool),
}

impl FormAnswer {
    /// Whether it says nothing, as an input that was left empty.
    pub fn is_blank(&self) -> bool {
        matches!(self, Self::Text(text) if text.trim().is_empty())
    }

    /// Shows it as the value that it is.
    pub(in crate::domain) fn show<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Integer(number) => serializer.serialize_i64(*number),
            Self::Decimal(number) => serializer.serialize_f64(*number),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
        }
    }

    /// Reads a text, a number, true or false; null is no answer.
    pub(in crate::domain) fn read<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Self>, D::Error> {
        deserializer.deserialize_any(AnswerVisitor)
    }
}

struct AnswerVisitor;

impl Visitor<'_> for AnswerVisitor {
    type Value = Option<FormAnswer>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a number, true or false")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(FormAnswer::Text(text.to_owned())))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Some(FormAnswer::Integer(number)))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        let integer = i64::try_from(number).map(FormAnswer::Integer);
        Ok(Some(integer.unwrap_or(FormAnswer::Decimal(number as f64))))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Some(FormAnswer::Decimal(number)))
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Self::Value, E> {
        Ok(Some(FormAnswer::Flag(flag)))
    }
}

/// An amount that the client is asked to pay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// In minor units of the currency.
    pub amount: u64,
    /// As in ISO 4217.
    pub currency: String,
    /// For what.
    pub description: String,
    /// Where to pay.
    pub url: String,
    /// What has become of it.
    pub status: PaymentStatus,
}

/// What has become of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// Nothing yet.
    Pending,
    /// It was paid: that is the end.
    Paid,
    /// It failed, and may be tried again.
    Failed,
    /// The time for it is over.
    Expired,
}

/// A card of the company: a title, some words and a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// What stands above.
    pub title: String,
    /// What stands below.
    pub text: String,
    /// Where it leads.
    pub url: String,
}
