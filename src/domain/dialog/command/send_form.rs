//! Sends a form, which the client may fill in once.

use serde::Deserialize;

use super::lookup::Lookup;
use super::{Context, Decision, DialogCommand, compose};
use crate::domain::dialog::{Content, Dialog, Insert, SentForm};
use crate::domain::library::ItemId;
use crate::error::Rejection;
use crate::ids::{DialogId, FormId};

/// I send this form.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SendForm {
    /// In which dialog.
    pub dialog: DialogId,
    /// Which form.
    pub form: FormId,
}

impl DialogCommand for SendForm {
    fn decide(&self, dialog: &Dialog, context: &Context) -> Result<Decision, Rejection> {
        let Lookup::Form(form) = &context.desk.lookup else {
            return Err(ItemId::Form(self.form.clone()).not_found());
        };
        let (name, fields) = (form.name.clone(), form.fields.clone());
        let sent = SentForm { form: form.id.clone(), name, fields, answers: None };
        let content = Content { insert: Some(Insert::Form(sent)), ..Content::default() };
        compose::write(dialog, context, &form.name, content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::library::PutForm;
    use crate::domain::testing::*;
    use crate::error::Code;

    #[test]
    fn a_form_is_sent_as_it_is_now() {
        let id = FormId::new("order").unwrap();
        let form = PutForm::new(id.clone(), "Order").field("mail", "Your mail", true).form;
        let send = SendForm { dialog: DIALOG, form: id };
        let anna = by("anna").looked_up(Lookup::Form(Box::new(form.clone())));
        let message = given(answered_by("anna")).when(&send, &anna).added_message();
        let sent = message.form().unwrap();
        assert_eq!((&sent.form, &sent.fields, &sent.answers), (&form.id, &form.fields, &None));
        assert_eq!(message.text, "Order");
        given(answered_by("anna")).when(&send, &by("anna")).rejected(Code::FormNotFound);
        given(answered_by("bea")).when(&send, &anna).rejected(Code::NotParticipant);
        given(finished_by("anna")).when(&send, &anna).rejected(Code::DialogClosed);
    }
}
