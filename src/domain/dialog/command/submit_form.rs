//! The client filled in a form: the answers come back into the dialog.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

use super::{Context, Decision, DialogCommand, guard};
use crate::domain::dialog::{Dialog, FormAnswer, SentForm};
use crate::domain::event::DialogEvent;
use crate::domain::form;
use crate::error::{Code, Rejection};
use crate::ids::MessageId;
use crate::limits;

/// The client filled in this form. May come after the dialog has ended: answers are not lost.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubmitForm {
    /// The message with the form.
    pub message: MessageId,
    /// The answers by the names of their fields.
    #[serde(deserialize_with = "answers")]
    pub answers: BTreeMap<String, FormAnswer>,
}

/// An answer, or null for none.
struct Given(Option<FormAnswer>);

impl<'de> Deserialize<'de> for Given {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        FormAnswer::read(deserializer).map(Self)
    }
}

fn answers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, FormAnswer>, D::Error> {
    let given = BTreeMap::<String, Given>::deserialize(deserializer)?;
    Ok(given.into_iter().filter_map(|(name, Given(answer))| Some((name, answer?))).collect())
}

impl SubmitForm {
    /// Checks lengths.
    ///
    /// # Errors
    /// `too_large`, with the field.
    pub fn validate(&self) -> Result<(), Rejection> {
        if self.answers.len() > limits::FORM_FIELDS {
            let message = format!("a form has at most {} fields", limits::FORM_FIELDS);
            return Err(Rejection::new(Code::TooLarge, message).at("answers"));
        }
        self.answers.iter().try_for_each(|(name, answer)| match answer {
            FormAnswer::Text(text) => form::text(field(name), text),
            _ => Ok(()),
        })
    }

    /// Bytes of text that it carries.
    pub fn bytes(&self) -> usize {
        let texts = self.answers.values().map(|answer| match answer {
            FormAnswer::Text(text) => text.len(),
            _ => 0,
        });
        texts.sum()
    }

    /// The answers in the order of the form.
    fn fitted(&self, sent: &SentForm) -> Result<Vec<(String, FormAnswer)>, Rejection> {
        let unknown = |name: &&String| sent.fields.iter().all(|field| field.name != **name);
        if let Some(name) = self.answers.keys().find(unknown) {
            return Err(Rejection::invalid(field(name), format!("the form has no field {name:?}")));
        }
        let mut fitted = Vec::with_capacity(self.answers.len());
        for asked in &sent.fields {
            match self.answers.get(&asked.name).filter(|answer| !answer.is_blank()) {
                Some(answer) => fitted.push((asked.name.clone(), answer.clone())),
                None if asked.required => {
                    let message = format!("the form asks for {:?}", asked.name);
                    return Err(Rejection::invalid(field(&asked.name), message));
                }
                None => {}
            }
        }
        Ok(fitted)
    }
}

fn field(name: &str) -> String {
    // What somebody sent comes back shortened.
    let shown: String = name.chars().take(limits::ID_CHARS).collect();
    format!("answers.{shown}")
}

impl DialogCommand for SubmitForm {
    fn decide(&self, dialog: &Dialog, _: &Context) -> Result<Decision, Rejection> {
        let message = guard::message(dialog, self.message)?;
        let sent = message.form().filter(|_| !message.is_hidden());
        let sent = sent.ok_or_else(|| Rejection::invalid("message", "the client was sent no form in it"))?;
        if sent.answers.is_some() {
            return Err(Rejection::new(Code::Conflict, "this form was filled in already"));
        }
        let answers = self.fitted(sent)?;
        Ok(Decision::done(vec![DialogEvent::FormSubmitted { message: self.message, answers }]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dialog::{Content, Insert};
    use crate::domain::library::PutForm;
    use crate::domain::testing::*;
    use crate::ids::FormId;

    fn with_form() -> Vec<DialogEvent> {
        let form = PutForm::new(FormId::new("order").unwrap(), "Order");
        let form = form.field("mail", "Mail", true).field("size", "Size", false).form;
        let sent = SentForm { form: form.id, name: form.name, fields: form.fields, answers: None };
        let content = Content { insert: Some(Insert::Form(sent)), ..Content::default() };
        [answered_by("anna"), vec![message_event(2, "anna", content)]].concat()
    }

    fn submit(answers: &str) -> SubmitForm {
        let message = MessageId::of(DIALOG, 2);
        serde_json::from_str(&format!(r#"{{"message":{message},"answers":{answers}}}"#)).unwrap()
    }

    #[test]
    fn answers_come_back_in_the_order_of_the_form() {
        let filled = submit(r#"{"size":42,"mail":"ala@example.com"}"#);
        let dialog = given(with_form()).when(&filled, &by_nobody()).dialog();
        let expected = vec![
            ("mail".to_owned(), FormAnswer::Text("ala@example.com".into())),
            ("size".to_owned(), FormAnswer::Integer(42)),
        ];
        assert_eq!(dialog.messages[1].form().unwrap().answers.as_ref(), Some(&expected));
    }

    #[test]
    fn a_required_field_must_be_answered_and_an_unknown_one_cannot_be() {
        let refused = |answers| {
            given(with_form()).when(&submit(answers), &by_nobody()).rejected(Code::InvalidArgument).unwrap()
        };
        for blank in ["{}", r#"{"mail":null}"#, r#"{"mail":" "}"#, r#"{"size":1}"#] {
            assert_eq!(refused(blank), "answers.mail");
        }
        assert_eq!(refused(r#"{"mail":"a","colour":"red"}"#), "answers.colour");
    }

    #[test]
    fn a_form_is_filled_in_once_also_after_the_dialog_has_ended() {
        let filled = submit(r#"{"mail":"a"}"#);
        let mut events = [with_form(), vec![finished_event("anna")]].concat();
        events.extend(given(events.clone()).when(&filled, &by_nobody()).events());
        given(events).when(&filled, &by_nobody()).rejected(Code::Conflict);
    }

    #[test]
    fn only_a_form_that_was_sent_can_be_filled_in() {
        let wrong = SubmitForm { message: MessageId::of(DIALOG, 1), ..submit("{}") };
        let field = given(with_form()).when(&wrong, &by_nobody()).rejected(Code::InvalidArgument);
        assert_eq!(field.as_deref(), Some("message"));
        let unknown = SubmitForm { message: MessageId::of(DIALOG, 9), ..submit("{}") };
        given(with_form()).when(&unknown, &by_nobody()).rejected(Code::MessageNotFound);
        let mut hidden = with_form();
        if let Some(DialogEvent::MessageAdded(message)) = hidden.last_mut() {
            message.visibility = crate::domain::dialog::Visibility::Hidden;
        }
        given(hidden).when(&submit(r#"{"mail":"a"}"#), &by_nobody()).rejected(Code::InvalidArgument);
    }

    #[test]
    fn an_answer_is_a_text_a_number_true_or_false() {
        let read = |answers: &str| {
            serde_json::from_str::<SubmitForm>(&format!(r#"{{"message":1,"answers":{answers}}}"#))
        };
        assert!(read(r#"{"a":"x","b":1,"c":-1.5,"d":true,"e":null}"#).is_ok_and(|it| it.answers.len() == 4));
        assert!(read(r#"{"a":[]}"#).is_err() && read(r#"{"a":{}}"#).is_err() && read("[]").is_err());
        let long = submit(&format!(r#"{{"a":"{}"}}"#, "x".repeat(10_001)));
        assert_eq!(long.validate().unwrap_err().field.as_deref(), Some("answers.a"));
    }
}
