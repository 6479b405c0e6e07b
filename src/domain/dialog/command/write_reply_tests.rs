//! What may be written, by whom, and what a reply may hold.

use super::*;
use crate::domain::dialog::command::SeenMessage;
use crate::domain::dialog::{Author, MentionTarget};
use crate::domain::event::DialogEvent;
use crate::domain::operator::Role;
use crate::domain::reply::{Reply, Written};
use crate::domain::testing::*;
use crate::error::Code;
use crate::ids::ClientId;

fn reply(hidden: Option<bool>) -> WriteReply {
    WriteReply { hidden, ..WriteReply::new(DIALOG, "good morning") }
}

fn mention(target: MentionTarget, label: &str) -> NewMention {
    NewMention { target, label: label.into() }
}

#[test]
fn the_owner_writes_a_message_that_the_client_may_read() {
    let outcome = given(answered_by("anna")).when(&reply(None), &by("anna"));
    let message = outcome.added_message();
    assert_eq!(message.author, Author::Operator(operator("anna")));
    assert_eq!((message.text.as_str(), message.at), ("good morning", NOW));
    assert_eq!((message.visibility, message.content), (Visibility::Public, None));
    outcome.replies(Reply::Written(Written { message: MessageId::of(DIALOG, 2) }));
}

#[test]
fn a_message_is_hidden_only_when_asked() {
    let visibility =
        |hidden| given(answered_by("anna")).when(&reply(hidden), &by("anna")).added_message().visibility;
    assert_eq!(visibility(Some(true)), Visibility::Hidden);
    assert_eq!(visibility(Some(false)), Visibility::Public);
}

#[test]
fn who_does_not_take_part_may_not_write() {
    given(answered_by("bea")).when(&reply(None), &by("anna")).rejected(Code::NotParticipant);
    given(offered_to(["anna"])).when(&reply(None), &by("anna")).rejected(Code::NotParticipant);
    given(finished_by("bea")).when(&reply(None), &by("anna")).rejected(Code::NotParticipant);
    given(finished_by("anna")).when(&reply(None), &by("anna")).rejected(Code::DialogClosed);
    let supervisor = by("anna").role(Role::Supervisor);
    assert_eq!(given(waiting()).when(&reply(None), &supervisor).events().len(), 1);
}

#[test]
fn a_text_that_is_too_long_is_refused() {
    let long = WriteReply { text: "x".repeat(10_001), ..reply(None) };
    assert_eq!(long.validate().unwrap_err().code, Code::TooLarge);
}

#[test]
fn a_reply_may_quote_a_message_of_its_dialog() {
    let first = MessageId::of(DIALOG, 1);
    let message = given(answered_by("anna")).when(&reply(None).quote(first), &by("anna")).added_message();
    assert_eq!(message.quote(), Some(first));
    let unknown = reply(None).quote(MessageId::of(DIALOG, 9));
    let field = given(answered_by("anna")).when(&unknown, &by("anna")).rejected(Code::MessageNotFound);
    assert_eq!(field.as_deref(), Some("quote"));
    // What is not found comes before permission.
    given(answered_by("bea")).when(&unknown, &by("anna")).rejected(Code::MessageNotFound);
}

#[test]
fn only_a_hidden_message_quotes_a_hidden_one() {
    let secret = given(answered_by("anna")).when(&reply(Some(true)), &by("anna")).all_events();
    let quoting = |hidden| reply(hidden).quote(MessageId::of(DIALOG, 2));
    let field = given(secret.clone()).when(&quoting(None), &by("anna")).rejected(Code::InvalidArgument);
    assert_eq!(field.as_deref(), Some("quote"));
    assert!(given(secret).when(&quoting(Some(true)), &by("anna")).added_message().quote().is_some());
}

#[test]
fn only_a_hidden_message_quotes_one_of_another_client() {
    let elsewhere = |client: &str, hidden| {
        let mut dialog = given(opened()).dialog();
        dialog.client.as_mut().unwrap().id = ClientId::new(client).unwrap();
        let seen = SeenMessage::of(&dialog, MessageId::of(DIALOG, 1)).unwrap();
        let context = by("anna").looked_up(Lookup::Message(Box::new(seen)));
        let quote = reply(hidden).quote(MessageId::of(DialogId(3), 1));
        given(answered_by("anna")).when(&quote, &context)
    };
    assert!(elsewhere("ala", None).added_message().quote().is_some());
    assert!(elsewhere("ola", Some(true)).added_message().quote().is_some());
    let field = elsewhere("ola", None).rejected(Code::InvalidArgument);
    assert_eq!(field.as_deref(), Some("quote"));
}

#[test]
fn whoever_is_mentioned_is_told_once() {
    let bea = MentionTarget::Operator(operator("bea"));
    let asking = WriteReply::new(DIALOG, "@Bea, see @B and #12 :smile:")
        .mention(mention(bea.clone(), "@Bea"))
        .mention(mention(bea, "@B"))
        .mention(mention(MentionTarget::Dialog(DialogId(12)), "#12 :smile:"));
    assert_eq!(asking.validate(), Ok(()));
    let outcome = given(answered_by("anna")).when(&asking, &by("anna"));
    let message = outcome.added_message();
    assert_eq!(message.text, "@Bea, see @B and #12 😄");
    assert_eq!(message.mentions()[2].label, "#12 😄");
    let told = DialogEvent::OperatorMentioned { message: message.id, operator: operator("bea") };
    assert_eq!(outcome.events()[1..], [told]);
}

#[test]
fn a_mention_stands_in_the_text() {
    let field = |label: &str| {
        let target = MentionTarget::Dialog(DialogId(12));
        let reply = WriteReply::new(DIALOG, "see #12").mention(mention(target, label));
        reply.validate().unwrap_err().field.unwrap().into_owned()
    };
    assert_eq!(field("#13"), "mentions[0].label");
    assert_eq!(field(""), "mentions[0].label");
}

#[test]
fn a_mention_is_read_by_its_kind() {
    let read = |mention: &str| serde_json::from_str::<NewMention>(mention);
    assert!(read(r#"{"kind":"operator","id":"bea","label":"@Bea"}"#).is_ok());
    assert!(read(r##"{"kind":"dialog","id":12,"label":"#12"}"##).is_ok());
    for wrong in [
        r#"{"kind":"operator","id":12,"label":"x"}"#,
        r#"{"kind":"dialog","id":"12","label":"x"}"#,
        r#"{"kind":"client","id":"ala","label":"x"}"#,
        r#"{"kind":"operator","id":"","label":"x"}"#,
        r#"{"kind":"operator","label":"x"}"#,
    ] {
        assert!(read(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn files_go_along_without_their_content() {
    let file = NewFile::upload("a.txt", "text/plain", b"hello".to_vec());
    let sending = reply(None).file(file.clone());
    let message = given(answered_by("anna")).when(&sending, &by("anna")).added_message();
    assert_eq!(message.files(), [file.to_file()]);
}
