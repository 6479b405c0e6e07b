//! Sends a card of the company: a title, some words and a link.

use serde::Deserialize;

use super::{Context, Decision, DialogCommand, compose};
use crate::domain::dialog::{Card, Content, Dialog, Insert};
use crate::domain::emoji::with_emoji;
use crate::domain::form;
use crate::error::Rejection;
use crate::ids::DialogId;

/// I send this card.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SendCard {
    /// In which dialog.
    pub dialog: DialogId,
    /// What stands above.
    pub title: String,
    /// What stands below.
    pub text: String,
    /// Where it leads.
    pub url: String,
}

impl SendCard {
    /// Checks lengths.
    ///
    /// # Errors
    /// `too_large` or `invalid_argument`, with the field.
    pub fn validate(&self) -> Result<(), Rejection> {
        form::filled_name("title", &self.title)?;
        form::text("text", &self.text)?;
        form::url("url", &self.url)
    }
}

impl DialogCommand for SendCard {
    fn decide(&self, dialog: &Dialog, context: &Context) -> Result<Decision, Rejection> {
        let (title, text) = (with_emoji(&self.title), with_emoji(&self.text));
        let card = Card { title: title.into_owned(), text: text.into_owned(), url: self.url.clone() };
        let content = Content { insert: Some(Insert::Card(card)), ..Content::default() };
        compose::write(dialog, context, &self.text, content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::testing::*;
    use crate::error::Code;

    fn send() -> SendCard {
        let (title, text) = ("Zola & Sons :tada:".into(), "Open all day".into());
        SendCard { dialog: DIALOG, title, text, url: "https://zola.example".into() }
    }

    #[test]
    fn a_card_is_a_message() {
        let message = given(answered_by("anna")).when(&send(), &by("anna")).added_message();
        assert_eq!(message.card().unwrap().title, "Zola & Sons 🎉");
        assert_eq!(message.text, "Open all day");
        given(answered_by("bea")).when(&send(), &by("anna")).rejected(Code::NotParticipant);
        given(finished_by("anna")).when(&send(), &by("anna")).rejected(Code::DialogClosed);
    }

    #[test]
    fn a_card_has_a_title_and_a_link() {
        let field = |send: SendCard| send.validate().unwrap_err().field.unwrap();
        assert_eq!(field(SendCard { title: String::new(), ..send() }), "title");
        assert_eq!(field(SendCard { url: "no link".into(), ..send() }), "url");
    }
}
