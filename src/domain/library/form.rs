//! Creates or replaces a form.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::domain::form as shape;
use crate::error::{Code, Rejection};
use crate::ids::FormId;
use crate::limits;

/// A form that operators send to clients.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Form {
    /// Its id.
    pub id: FormId,
    /// For people.
    pub name: String,
    /// What it asks, in order.
    pub fields: Vec<FormField>,
}

/// One question of a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormField {
    /// Under which the answer comes back.
    pub name: String,
    /// For the client.
    pub label: String,
    /// Whether it must be answered.
    pub required: bool,
}

/// From now on the form is like this. What was sent before stays as it was.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "Line")]
pub struct PutForm {
    /// The form.
    pub form: Form,
}

/// `put_form` as it stands in the line protocol, with its defaults.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    form: FormId,
    #[serde(default)]
    name: String,
    #[serde(default)]
    fields: Vec<FieldLine>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FieldLine {
    name: String,
    label: Option<String>,
    #[serde(default)]
    required: bool,
}

impl From<Line> for PutForm {
    fn from(line: Line) -> Self {
        let Line { form, name, fields } = line;
        let field = |FieldLine { name, label, required }| FormField {
            label: label.unwrap_or_else(|| name.clone()),
            name,
            required,
        };
        Self { form: Form { id: form, name, fields: fields.into_iter().map(field).collect() } }
    }
}

impl PutForm {
    /// A form that asks nothing yet.
    pub fn new(form: FormId, name: impl Into<String>) -> Self {
        Self { form: Form { id: form, name: name.into(), fields: Vec::new() } }
    }

    /// The same form with one question more.
    #[must_use]
    pub fn field(mut self, name: impl Into<String>, label: impl Into<String>, required: bool) -> Self {
        self.form.fields.push(FormField { name: name.into(), label: label.into(), required });
        self
    }

    /// Checks lengths, and that every field has a name of its own.
    ///
    /// # Errors
    /// `invalid_argument` or `too_large`, with the field.
    pub fn validate(&self) -> Result<(), Rejection> {
        shape::name("name", &self.form.name)?;
        let fields = &self.form.fields;
        if fields.len() > limits::FORM_FIELDS {
            let message = format!("a form has at most {} fields", limits::FORM_FIELDS);
            return Err(Rejection::new(Code::TooLarge, message).at("fields"));
        }
        let mut seen = HashSet::with_capacity(fields.len());
        for (at, field) in fields.iter().enumerate() {
            shape::filled_name(format!("fields[{at}].name"), &field.name)?;
            shape::name(format!("fields[{at}].label"), &field.label)?;
            if !seen.insert(&field.name) {
                return Err(Rejection::invalid(format!("fields[{at}].name"), "two fields have this name"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put() -> PutForm {
        PutForm::new(FormId::new("order").unwrap(), "Order")
    }

    #[test]
    fn a_field_is_labelled_by_its_name_and_not_required_unless_said() {
        let line = r#"{"form":"order","name":"Order","fields":[{"name":"mail"},
            {"name":"size","label":"Your size","required":true}]}"#;
        let expected = put().field("mail", "mail", false).field("size", "Your size", true);
        assert_eq!(serde_json::from_str::<PutForm>(line).unwrap(), expected);
        assert_eq!(expected.validate(), Ok(()));
        assert!(serde_json::from_str::<PutForm>(r#"{"form":"order","fields":[{"label":"x"}]}"#).is_err());
    }

    #[test]
    fn every_field_has_a_name_of_its_own() {
        let field = |put: PutForm| put.validate().unwrap_err().field.unwrap();
        assert_eq!(field(put().field("a", "A", true).field("a", "B", false)), "fields[1].name");
        assert_eq!(field(put().field("", "A", true)), "fields[0].name");
        let many = (0..=limits::FORM_FIELDS).fold(put(), |put, at| put.field(at.to_string(), "", false));
        assert_eq!(many.validate().unwrap_err().code, Code::TooLarge);
    }
}
