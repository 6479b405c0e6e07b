//! A line becomes a request, or the reply that says what is wrong with it.

use std::path::PathBuf;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::registry::{self, Envelope, Sender};
use super::{fields, strict};
use crate::domain::query::Query;
use crate::domain::request::Request;
use crate::engine::Advance;
use crate::error::{Code, Rejection};
use crate::ids::OperatorId;
use crate::limits;
use crate::timestamp::Timestamp;

/// What a line asks for, and the reference under which to answer.
#[derive(Debug)]
pub struct Parsed {
    /// The `ref` of the line, null if it has none.
    pub reference: Value,
    /// What it asks for.
    pub action: Action,
}

/// What a line may ask for.
#[derive(Debug)]
#[non_exhaustive]
pub enum Action {
    /// To change something.
    Command(Request),
    /// To see something; the operator who asks, if one does.
    Query(Query, Option<OperatorId>),
    /// To move the virtual clock.
    Advance(Advance),
    /// To copy the data directory to this place.
    Backup(PathBuf),
}

/// A line that asks for nothing that can be done, and the reference under which to say so.
#[derive(Debug, PartialEq)]
pub struct Refused {
    /// The `ref` of the line, null if it has none or it cannot be read.
    pub reference: Value,
    /// What is wrong.
    pub rejection: Rejection,
}

/// Reads one line of the protocol.
///
/// # Errors
/// [`Refused`] with `invalid_json`, `unknown_command`, `too_large` or `invalid_argument`.
pub fn parse(line: &[u8]) -> Result<Parsed, Refused> {
    let refused = |reference: &Value, rejection| Refused { reference: reference.clone(), rejection };
    if line.len() > limits::LINE_BYTES {
        return Err(too_long());
    }
    let (value, repeated) = strict::value(line).map_err(|error| refused(&Value::Null, no_json(&error)))?;
    let Value::Object(mut map) = value else {
        let rejection = Rejection::new(Code::InvalidArgument, "a request is a JSON object");
        return Err(refused(&Value::Null, rejection));
    };
    let (reference, scalar) = match map.remove("ref").unwrap_or_default() {
        Value::Array(_) | Value::Object(_) => (Value::Null, false),
        reference => (reference, true),
    };
    match action(map, repeated, scalar) {
        Ok(action) => Ok(Parsed { reference, action }),
        Err(rejection) => Err(refused(&reference, rejection)),
    }
}

/// The answer to a line that is longer than [`limits::LINE_BYTES`].
pub(super) fn too_long() -> Refused {
    let message = format!("a line has at most {} bytes", limits::LINE_BYTES);
    Refused { reference: Value::Null, rejection: Rejection::new(Code::TooLarge, message) }
}

fn no_json(error: &serde_json::Error) -> Rejection {
    Rejection::new(Code::InvalidJson, fields::clip(format!("the line is not JSON: {error}")))
}

fn action(mut map: Map<String, Value>, repeated: Option<String>, scalar: bool) -> Result<Action, Rejection> {
    let entry = match map.remove("do") {
        Some(Value::String(name)) => registry::find(&name).ok_or_else(|| unknown(&name))?,
        Some(_) => return Err(Rejection::new(Code::UnknownCommand, "`do` is the name of a command").at("do")),
        None => return Err(Rejection::new(Code::UnknownCommand, "`do` is missing").at("do")),
    };
    if let Some(path) = repeated {
        return Err(Rejection::invalid(fields::clip(path), "the field stands twice"));
    }
    if !scalar {
        return Err(Rejection::invalid("ref", "a reference is a string, a number, true, false or null"));
    }
    let envelope = Envelope { actor: taken(&mut map, "as")?, key: taken(&mut map, "key")? };
    match (entry.sender, &envelope.actor) {
        (Sender::Operator, None) => {
            Err(Rejection::invalid("as", format!("{} is sent as an operator", entry.name)))
        }
        (Sender::Connector, Some(_)) => {
            Err(Rejection::invalid("as", format!("{} is not sent as an operator", entry.name)))
        }
        _ => (entry.read)(Value::Object(map), envelope),
    }
}

fn unknown(name: &str) -> Rejection {
    Rejection::new(Code::UnknownCommand, fields::clip(format!("there is no command {name:?}"))).at("do")
}

/// One of the fields that every request may have.
fn taken<T: DeserializeOwned>(
    map: &mut Map<String, Value>,
    name: &'static str,
) -> Result<Option<T>, Rejection> {
    let Some(value) = map.remove(name) else { return Ok(None) };
    serde_json::from_value(value).map_err(|error| fields::invalid(name.to_owned(), &error.to_string()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AdvanceFields {
    ms: Option<u64>,
    to: Option<Timestamp>,
}

/// How far to move the clock: by `ms`, or `to` a moment.
pub(super) fn advance(value: Value) -> Result<Advance, Rejection> {
    match fields::read(value)? {
        AdvanceFields { ms: Some(ms), to: None } if ms <= limits::DURATION_MS => Ok(Advance::ByMs(ms)),
        AdvanceFields { ms: Some(_), to: None } => {
            Err(Rejection::invalid("ms", format!("at most {} ms at a time", limits::DURATION_MS)))
        }
        AdvanceFields { ms: None, to: Some(to) } => Ok(Advance::To(to)),
        AdvanceFields { ms: Some(_), to: Some(_) } => {
            Err(Rejection::invalid("to", "either `ms` or `to`, not both"))
        }
        AdvanceFields { ms: None, to: None } => {
            Err(Rejection::invalid("ms", "either `ms` or `to` is needed"))
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BackupFields {
    to: String,
}

/// Where a backup goes `to`.
pub(super) fn backup(value: Value) -> Result<PathBuf, Rejection> {
    fields::read(value).map(|BackupFields { to }| to.into())
}

#[cfg(test)]
mod tests;
