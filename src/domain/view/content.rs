//! What messages hold besides their text, in the shapes of the line protocol.
//!
//! Both views show this alike, mentions apart: those are for employees.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::domain::dialog::{Card, FormAnswer, MentionTarget, Message, Payment, SentForm};
use crate::domain::file::{File, FilePlace};
use crate::domain::library::FormField;
use crate::ids::{FormId, MessageId};

/// What a message holds besides its text; whatever it does not hold is left out.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[non_exhaustive]
pub struct ContentView {
    /// The message that it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote: Option<MessageId>,
    /// Its files.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileLine>,
    /// The form in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub form: Option<FormLine>,
    /// What the client answered to the form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answers: Option<Answers>,
    /// The payment in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment: Option<Payment>,
    /// The card in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card: Option<Card>,
}

impl ContentView {
    pub(super) fn of(message: &Message) -> Self {
        if message.content.is_none() {
            return Self::default();
        }
        Self {
            quote: message.quote(),
            files: message.files().iter().map(FileLine::of).collect(),
            form: message.form().map(FormLine::of),
            answers: message.form().and_then(|form| form.answers.clone()).map(Answers),
            payment: message.payment().cloned(),
            card: message.card().cloned(),
        }
    }
}

/// A file of a message: where its content is, not the content itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FileLine {
    /// What it is called.
    pub name: String,
    /// What it is.
    pub media_type: String,
    /// Bytes of its content.
    pub size: u64,
    /// Where it is on the host's drive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Of its content, if it was uploaded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
}

impl FileLine {
    pub(super) fn of(file: &File) -> Self {
        let (url, hash) = match &file.place {
            FilePlace::Url(url) => (Some(url.clone()), None),
            FilePlace::Stored(hash) => (None, Some(hash.to_string())),
        };
        Self { name: file.name.clone(), media_type: file.media_type.clone(), size: file.size, url, hash }
    }
}

/// A form in a message, as it was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FormLine {
    /// Which.
    pub form: FormId,
    /// Its name.
    pub name: String,
    /// What it asks.
    pub fields: Vec<FormField>,
}

impl FormLine {
    fn of(sent: &SentForm) -> Self {
        Self { form: sent.form.clone(), name: sent.name.clone(), fields: sent.fields.clone() }
    }
}

/// Answers by the names of their fields, shown as one object.
#[derive(Debug, Clone, PartialEq)]
pub struct Answers(pub Vec<(String, FormAnswer)>);

impl Serialize for Answers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Shown<'a>(&'a FormAnswer);
        impl Serialize for Shown<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.0.show(serializer)
            }
        }
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        self.0.iter().try_for_each(|(name, answer)| map.serialize_entry(name, &Shown(answer)))?;
        map.end()
    }
}

/// A mention, as employees see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MentionView {
    target: MentionTarget,
    label: String,
}

impl Serialize for MentionView {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(4))?;
        let link = match &self.target {
            MentionTarget::Operator(operator) => {
                map.serialize_entry("kind", "operator")?;
                map.serialize_entry("id", operator)?;
                format!("centrala:operator/{operator}")
            }
            MentionTarget::Dialog(dialog) => {
                map.serialize_entry("kind", "dialog")?;
                map.serialize_entry("id", dialog)?;
                dialog.link()
            }
        };
        map.serialize_entry("label", &self.label)?;
        map.serialize_entry("link", &link)?;
        map.end()
    }
}

pub(super) fn mentions(message: &Message) -> Vec<MentionView> {
    let mentions = message.mentions().iter();
    mentions
        .map(|mention| MentionView { target: mention.target.clone(), label: mention.label.clone() })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::dialog::{Author, Content, Insert, Mention, PaymentStatus, Visibility};
    use crate::domain::file::NewFile;
    use crate::domain::testing::*;
    use crate::ids::DialogId;

    fn message(content: Content) -> Message {
        let author = Author::Operator(operator("anna"));
        Message::new(MessageId(1), author, Visibility::Public, "ask @Bea".into(), NOW).holding(content)
    }

    fn shown(content: Content) -> serde_json::Value {
        serde_json::to_value(ContentView::of(&message(content))).unwrap()
    }

    #[test]
    fn whatever_a_message_does_not_hold_is_left_out() {
        assert_eq!(shown(Content::default()), json!({}));
    }

    #[test]
    fn a_file_shows_where_its_content_is() {
        let upload = NewFile::upload("a.txt", "text/plain", b"hello".to_vec()).to_file();
        let reference = NewFile::reference("b.png", "image/png", 7, "drive:1").to_file();
        let hash = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
        let expected = json!({"quote": 5, "files": [
            {"name": "a.txt", "media_type": "text/plain", "size": 5, "hash": hash},
            {"name": "b.png", "media_type": "image/png", "size": 7, "url": "drive:1"},
        ]});
        let files = vec![upload, reference];
        assert_eq!(shown(Content { files, quote: Some(MessageId(5)), ..Content::default() }), expected);
    }

    #[test]
    fn a_form_shows_what_it_asks_and_what_was_answered() {
        let fields = vec![FormField { name: "mail".into(), label: "Mail".into(), required: true }];
        let answers =
            Some(vec![("mail".into(), FormAnswer::Text("a@b".into())), ("n".into(), FormAnswer::Integer(2))]);
        let form = SentForm { form: FormId::new("order").unwrap(), name: "Order".into(), fields, answers };
        let expected = json!({
            "form": {"form": "order", "name": "Order",
                "fields": [{"name": "mail", "label": "Mail", "required": true}]},
            "answers": {"mail": "a@b", "n": 2},
        });
        assert_eq!(shown(Content { insert: Some(Insert::Form(form)), ..Content::default() }), expected);
    }

    #[test]
    fn a_payment_shows_its_status() {
        let payment = Payment {
            amount: 100,
            currency: "EUR".into(),
            description: "box".into(),
            url: "pay:1".into(),
            status: PaymentStatus::Paid,
        };
        let expected = json!({"payment":
            {"amount": 100, "currency": "EUR", "description": "box", "url": "pay:1", "status": "paid"}});
        assert_eq!(shown(Content { insert: Some(Insert::Payment(payment)), ..Content::default() }), expected);
    }

    #[test]
    fn a_mention_is_a_link() {
        let bea = Mention { target: MentionTarget::Operator(operator("bea")), label: "@Bea".into() };
        let dialog = Mention { target: MentionTarget::Dialog(DialogId(9)), label: "ask".into() };
        let message = message(Content { mentions: vec![bea, dialog], ..Content::default() });
        let expected = json!([
            {"kind": "operator", "id": "bea", "label": "@Bea", "link": "centrala:operator/bea"},
            {"kind": "dialog", "id": 9, "label": "ask", "link": "centrala:dialog/9"},
        ]);
        assert_eq!(serde_json::to_value(mentions(&message)).unwrap(), expected);
        assert_eq!(serde_json::to_value(ContentView::of(&message)).unwrap(), json!({}));
    }
}
