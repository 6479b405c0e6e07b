//! What an operator says of a client, for the host's CRM. Which fields there are is the host's
//! business; those that vCard knows are named in `requests::formats`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::{Code, Rejection};
use crate::limits;

/// A client's contacts: fields by name, each with one text or several.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Contact(BTreeMap<String, ContactValue>);

/// One text, or several of the same field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContactValue {
    /// One.
    One(String),
    /// Any number.
    Many(Vec<String>),
}

impl Contact {
    /// The texts of a field, in the order in which they were given.
    pub fn get(&self, field: &str) -> &[String] {
        match self.0.get(field) {
            Some(ContactValue::One(text)) => std::slice::from_ref(text),
            Some(ContactValue::Many(texts)) => texts,
            None => &[],
        }
    }

    /// The names of all fields, in the order of their names.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The same contact with one more field.
    #[must_use]
    pub fn with(mut self, field: impl Into<String>, text: impl Into<String>) -> Self {
        self.0.insert(field.into(), ContactValue::One(text.into()));
        self
    }

    /// Checks how many fields there are, and how long.
    ///
    /// # Errors
    /// `too_large`, with the field.
    pub fn validate(&self) -> Result<(), Rejection> {
        let too_large =
            |message: String, field: String| Err(Rejection::new(Code::TooLarge, message).at(field));
        let fields = limits::CONTACT_FIELDS;
        if self.0.len() > fields {
            return too_large(format!("a contact has at most {fields} fields"), "contact".into());
        }
        for field in self.0.keys() {
            let texts = self.get(field);
            if texts.len() > fields {
                return too_large(format!("at most {fields} texts in a field"), format!("contact.{field}"));
            }
            if texts.iter().chain([field]).any(|text| text.chars().count() > limits::CONTACT_CHARS) {
                let shown: String = field.chars().take(limits::NAME_CHARS).collect();
                let message = format!("at most {} characters", limits::CONTACT_CHARS);
                return too_large(message, format!("contact.{shown}"));
            }
        }
        Ok(())
    }

    /// Bytes of text that it carries.
    pub fn bytes(&self) -> usize {
        self.0.keys().map(|field| field.len() + self.get(field).iter().map(String::len).sum::<usize>()).sum()
    }
}

/// Whether a value is one text or several is kept: it is shown as it was given.
#[derive(Serialize, Deserialize)]
enum Stored {
    One(String),
    Many(Vec<String>),
}

#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "a field of a contact is a text, or a list of texts")]
enum Shown {
    One(String),
    Many(Vec<String>),
}

impl Serialize for ContactValue {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let value = self.clone();
        match (serializer.is_human_readable(), value) {
            (true, Self::One(text)) => Shown::One(text).serialize(serializer),
            (true, Self::Many(texts)) => Shown::Many(texts).serialize(serializer),
            (false, Self::One(text)) => Stored::One(text).serialize(serializer),
            (false, Self::Many(texts)) => Stored::Many(texts).serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for ContactValue {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            return Shown::deserialize(deserializer).map(|shown| match shown {
                Shown::One(text) => Self::One(text),
                Shown::Many(texts) => Self::Many(texts),
            });
        }
        Stored::deserialize(deserializer).map(|stored| match stored {
            Stored::One(text) => Self::One(text),
            Stored::Many(texts) => Self::Many(texts),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_shown_as_it_was_given() {
        let text = r#"{"email":["a@example.org","b@example.org"],"name":"Ala"}"#;
        let contact: Contact = serde_json::from_str(text).unwrap();
        assert_eq!(contact.get("email"), ["a@example.org", "b@example.org"]);
        assert_eq!((contact.get("name"), contact.get("phone").len()), (&["Ala".to_owned()][..], 0));
        assert_eq!(serde_json::to_string(&contact).unwrap(), text);
        assert!(serde_json::from_str::<Contact>(r#"{"name":1}"#).is_err());
        assert!(serde_json::from_str::<Contact>(r#"["name"]"#).is_err());
    }

    #[test]
    fn a_contact_has_a_size() {
        assert_eq!(Contact::default().with("name", "Ala").validate(), Ok(()));
        let long = Contact::default().with("note", "x".repeat(1001)).validate().unwrap_err();
        assert_eq!((long.code, long.field.as_deref()), (Code::TooLarge, Some("contact.note")));
        let many = (0..65).fold(Contact::default(), |contact, number| contact.with(number.to_string(), ""));
        assert_eq!(many.validate().unwrap_err().field.as_deref(), Some("contact"));
    }
}
