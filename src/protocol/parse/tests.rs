//! Lines that are requests and lines that are not. Nothing here runs a request.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::domain::command::Command;

fn refusal(line: &str) -> (Code, Option<String>, Value) {
    let refused = parse(line.as_bytes()).expect_err(line);
    (refused.rejection.code, refused.rejection.field.map(|field| field.into_owned()), refused.reference)
}

#[track_caller]
fn assert_refused(line: &str, code: Code, field: Option<&str>) {
    let (found, path, _) = refusal(line);
    assert_eq!((found, path.as_deref()), (code, field), "{line}");
}

#[test]
fn a_command_is_read_with_who_sends_it_its_key_and_its_reference() {
    let parsed = parse(br#"{"do":"answer","as":"ann","key":"k-1","ref":17,"dialog":4}"#).unwrap();
    assert_eq!(parsed.reference, json!(17));
    let Action::Command(request) = parsed.action else { panic!("{parsed:?}") };
    assert_eq!(request.actor.unwrap().as_str(), "ann");
    assert_eq!(request.key.unwrap().as_str(), "k-1");
    let Command::Answer(answer) = request.command else { panic!("{:?}", request.command) };
    assert_eq!(answer.dialog.0, 4);
}

#[test]
fn a_null_is_a_missing_common_field() {
    let parsed = parse(br#"{"do":"health","as":null,"key":null,"ref":null}"#).unwrap();
    assert_eq!(parsed.reference, Value::Null);
    assert!(matches!(parsed.action, Action::Query(_, None)));
}

#[test]
fn what_is_no_json_is_called_so() {
    for line in ["", " ", "hello", "{", "{\"do\":\"health\"} {}", "{\"do\":\"health\",}", "{'do':'health'}"] {
        assert_refused(line, Code::InvalidJson, None);
    }
    assert_eq!(parse(b"{\"do\":\"\xff\"}").unwrap_err().rejection.code, Code::InvalidJson);
}

#[test]
fn what_is_no_object_is_an_invalid_argument() {
    for line in ["1", "null", "\"do\"", "[]", "[{\"do\":\"health\"}]"] {
        assert_refused(line, Code::InvalidArgument, None);
    }
}

#[test]
fn what_names_no_command_is_an_unknown_command() {
    for line in [
        "{}",
        r#"{"do":"dance"}"#,
        r#"{"do":5}"#,
        r#"{"do":null}"#,
        r#"{"do":"Answer"}"#,
        r#"{"Do":"answer"}"#,
    ] {
        assert_refused(line, Code::UnknownCommand, Some("do"));
    }
}

#[test]
fn the_reference_comes_back_whatever_else_is_wrong() {
    for line in [
        r#"{"do":"dance","ref":"r"}"#,
        r#"{"ref":"r"}"#,
        r#"{"do":"answer","ref":"r"}"#,
        r#"{"do":"answer","as":"a","ref":"r","dialog":"x"}"#,
        r#"{"do":"health","ref":"r","more":1}"#,
        r#"{"do":"health","ref":"q","ref":"r"}"#,
    ] {
        assert_eq!(refusal(line).2, json!("r"), "{line}");
    }
    assert_eq!(
        refusal(r#"{"do":"health","ref":[1]}"#),
        (Code::InvalidArgument, Some("ref".into()), Value::Null)
    );
}

#[test]
fn a_field_that_is_wrong_missing_unknown_or_repeated_is_named() {
    let cases = [
        (r#"{"do":"answer","as":"a"}"#, "dialog"),
        (r#"{"do":"answer","as":"a","dialog":"1"}"#, "dialog"),
        (r#"{"do":"answer","as":"a","dialog":-1}"#, "dialog"),
        (r#"{"do":"answer","as":"a","dialog":1.0}"#, "dialog"),
        (r#"{"do":"answer","as":"a","dialog":1,"more":true}"#, "more"),
        (r#"{"do":"answer","as":"a","dialog":1,"dialog":2}"#, "dialog"),
        (r#"{"do":"answer","as":"","dialog":1}"#, "as"),
        (r#"{"do":"answer","as":7,"dialog":1}"#, "as"),
        (r#"{"do":"answer","as":"a","key":"","dialog":1}"#, "key"),
        (r#"{"do":"answer","as":"a","key":{},"dialog":1}"#, "key"),
        (r#"{"do":"receive","channel":"","client":"x","text":"t"}"#, "channel"),
        (r#"{"do":"receive","channel":"c","client":"x"}"#, "text"),
        (
            r#"{"do":"put_channel","channel":"c","name":"n","queue":{"mode":"odd","members":[]}}"#,
            "queue.mode",
        ),
        (r#"{"do":"put_channel","channel":"c","name":"n","queue":{"members":[],"sort":1}}"#, "queue.sort"),
        (r#"{"do":"put_operator","operator":"o","name":"n","role":"boss"}"#, "role"),
        (r#"{"do":"set_presence","operator":"o","presence":"asleep"}"#, "presence"),
        (r#"{"do":"reply","as":"a","dialog":1,"text":"t","hidden":"yes"}"#, "hidden"),
    ];
    for (line, field) in cases {
        assert_refused(line, Code::InvalidArgument, Some(field));
    }
    let long = "x".repeat(129);
    assert_refused(
        &format!(r#"{{"do":"answer","as":"{long}","dialog":1}}"#),
        Code::InvalidArgument,
        Some("as"),
    );
}

#[test]
fn an_operators_command_needs_an_operator_and_a_connectors_command_has_none() {
    for line in [r#"{"do":"finish","dialog":1}"#, r#"{"do":"unanswered"}"#] {
        assert_refused(line, Code::InvalidArgument, Some("as"));
    }
    for line in [
        r#"{"do":"receive","as":"a","channel":"c","client":"x","text":"t"}"#,
        r#"{"do":"client_leave","as":"a","channel":"c","client":"x"}"#,
        r#"{"do":"advance","as":"a","ms":1}"#,
    ] {
        assert_refused(line, Code::InvalidArgument, Some("as"));
    }
}

#[test]
fn the_clock_moves_by_a_duration_or_to_a_moment() {
    let step = |line: &str| match parse(line.as_bytes()).unwrap().action {
        Action::Advance(step) => step,
        other => panic!("{other:?}"),
    };
    assert!(matches!(step(r#"{"do":"advance","ms":5}"#), Advance::ByMs(5)));
    assert!(matches!(step(r#"{"do":"advance","to":"2026-01-01T00:00:00Z"}"#), Advance::To(_)));
    for (line, field) in [
        (r#"{"do":"advance"}"#, "ms"),
        (r#"{"do":"advance","ms":-1}"#, "ms"),
        (r#"{"do":"advance","ms":99999999999999999}"#, "ms"),
        (r#"{"do":"advance","to":"tomorrow"}"#, "to"),
        (r#"{"do":"advance","ms":1,"to":"2026-01-01T00:00:00Z"}"#, "to"),
        (r#"{"do":"advance","days":1}"#, "days"),
    ] {
        assert_refused(line, Code::InvalidArgument, Some(field));
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&bytes);
    }
}
