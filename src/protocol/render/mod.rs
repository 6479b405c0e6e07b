//! Replies and events as lines of JSON, always in the same order of fields.
//!
//! Every function appends one whole line, its end included, to a buffer.

mod event;
#[cfg(test)]
mod secrets;
mod transient;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

pub use event::{audience, event};
pub use transient::transient;

use crate::domain::reply::Reply;
use crate::error::{Code, Error};
use crate::ids::DialogId;
use crate::timestamp::Timestamp;

/// `{"ref":…,"ok":{…}}`: it was done, or this is the answer.
pub fn ok(line: &mut Vec<u8>, reference: &Value, answer: &impl Serialize) {
    #[derive(Serialize)]
    struct Line<'a, T> {
        r#ref: &'a Value,
        ok: &'a T,
    }
    write(line, &Line { r#ref: reference, ok: answer });
}

/// `{"ref":…,"error":{…}}`: it was not done, and why.
pub fn error(line: &mut Vec<u8>, reference: &Value, error: &Error) {
    #[derive(Serialize)]
    struct Line<'a> {
        r#ref: &'a Value,
        error: Failure<'a>,
    }
    write(line, &Line { r#ref: reference, error: Failure::from(error) });
}

/// The answer to a command that was done, as the object that stands after `ok`.
#[derive(Debug, Clone, Copy)]
pub struct ReplyObject<'a>(pub &'a Reply);

impl Serialize for ReplyObject<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Reply::Done => Map::new().serialize(serializer),
            Reply::Received(received) => received.serialize(serializer),
            Reply::Written(written) => written.serialize(serializer),
            Reply::Opened(opened) => opened.serialize(serializer),
            Reply::Dialogs(dialogs) => {
                let entries: Vec<_> = dialogs.iter().map(|dialog| Entry { dialog: *dialog }).collect();
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("dialogs", &entries)?;
                map.end()
            }
            Reply::Requested(requested) => requested.serialize(serializer),
        }
    }
}

/// A dialog in a list of which only the ids are told.
#[derive(Serialize)]
struct Entry {
    dialog: DialogId,
}

/// Where the clock stands, as the object that stands after `ok`.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Now {
    /// The moment.
    pub now: Timestamp,
}

/// How much a backup holds, as the object that stands after `ok`.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Copied {
    /// Everything up to this event, at least.
    pub seq: u64,
}

/// What went wrong, as the object that stands after `error`.
#[derive(Debug, Serialize)]
struct Failure<'a> {
    code: Code,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u64>,
}

impl<'a> From<&'a Error> for Failure<'a> {
    fn from(error: &'a Error) -> Self {
        let code = error.code();
        match error.rejection() {
            Some(rejection) => Self {
                code,
                message: rejection.message.clone().into_owned(),
                field: rejection.field.as_deref(),
                retry_after_ms: rejection.retry_after_ms,
            },
            None => {
                let field = matches!(error, Error::Backup { .. }).then_some("to");
                Self { code, message: error.to_string(), field, retry_after_ms: None }
            }
        }
    }
}

pub(super) fn write(line: &mut Vec<u8>, value: &impl Serialize) {
    // Keys are text and the buffer grows as needed: nothing here can fail but by a bug.
    serde_json::to_writer(&mut *line, value).expect("replies and events are JSON");
    line.push(b'\n');
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::reply::{Received, Written};
    use crate::error::Rejection;
    use crate::ids::MessageId;

    fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut line = Vec::new();
        write(&mut line);
        String::from_utf8(line).unwrap()
    }

    #[test]
    fn a_reply_echoes_the_reference_and_holds_the_fields_of_the_command() {
        let message = MessageId::of(DialogId(1), 1);
        let received =
            Reply::Received(Received { dialog: DialogId(1), message, opened: true, duplicate: false });
        let cases = [
            (json!(null), Reply::Done, r#"{"ref":null,"ok":{}}"#),
            (json!("a\n"), Reply::Written(Written { message }), r#"{"ref":"a\n","ok":{"message":1048577}}"#),
            (json!(2), Reply::Dialogs(vec![DialogId(7)]), r#"{"ref":2,"ok":{"dialogs":[{"dialog":7}]}}"#),
            (
                json!(1.5),
                received,
                r#"{"ref":1.5,"ok":{"dialog":1,"message":1048577,"opened":true,"duplicate":false}}"#,
            ),
        ];
        for (reference, reply, expected) in cases {
            let line = text(|line| ok(line, &reference, &ReplyObject(&reply)));
            assert_eq!(line, format!("{expected}\n"));
        }
    }

    #[test]
    fn an_error_names_code_message_field_and_when_to_try_again() {
        let cases = [
            (
                Rejection::invalid("queue.mode", "no such mode").into(),
                r#"{"ref":7,"error":{"code":"invalid_argument","message":"no such mode","field":"queue.mode"}}"#,
            ),
            (
                Rejection::overloaded("full", 20).into(),
                r#"{"ref":7,"error":{"code":"overloaded","message":"full","retry_after_ms":20}}"#,
            ),
            (Error::Closed, r#"{"ref":7,"error":{"code":"closed","message":"the engine is closed"}}"#),
        ];
        for (failure, expected) in cases {
            assert_eq!(text(|line| error(line, &json!(7), &failure)), format!("{expected}\n"));
        }
    }
}
