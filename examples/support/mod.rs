//! What the two web examples share: HTTP's words for the engine's errors, a team to work with, and a
//! check from outside. Nothing here knows a web framework.

use std::error::Error as StdError;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use centrala::domain::channel::PutChannel;
use centrala::domain::operator::{Presence, PutOperator};
use centrala::engine::Engine;
use centrala::error::{Code, Error, Rejection};
use centrala::ids::{ChannelId, OperatorId};
use serde_json::{Value, json};

/// The header that names the operator. A real host takes the operator from its session instead.
pub const OPERATOR_HEADER: &str = "x-operator";

/// An error that may cross threads.
pub type AnyError = Box<dyn StdError + Send + Sync>;

/// The port to listen on: `$PORT`, or any that is free.
pub fn port() -> Result<u16, AnyError> {
    match std::env::var("PORT") {
        Ok(port) => Ok(port.parse().map_err(|_| format!("PORT={port} is not a port"))?),
        Err(_) => Ok(0),
    }
}

/// Whether to go on serving instead of checking oneself.
pub fn serves() -> bool {
    std::env::args().any(|argument| argument == "--serve")
}

/// One channel, and two operators who are there.
pub async fn set_up(engine: &Engine) -> Result<(), AnyError> {
    let team = [OperatorId::new("anna")?, OperatorId::new("bert")?];
    for operator in &team {
        engine.put_operator(PutOperator::new(operator.clone())).await?;
        engine.set_presence(operator.clone(), Presence::Online).await?;
    }
    engine.put_channel(PutChannel::new(ChannelId::new("web")?).members(team)).await?;
    Ok(())
}

/// The status of HTTP that comes closest to an error of the engine.
pub fn status(error: &Error) -> u16 {
    match error.code() {
        Code::InvalidArgument => 400,
        Code::PermissionDenied | Code::NotOwner | Code::NotParticipant => 403,
        Code::ChannelNotFound
        | Code::OperatorNotFound
        | Code::ClientNotFound
        | Code::DialogNotFound
        | Code::MessageNotFound
        | Code::RequestNotFound => 404,
        Code::TooLarge => 413,
        // The client may try again: later, or when the engine was opened again.
        Code::Overloaded | Code::StorageFailed | Code::Closed => 503,
        _ => 409,
    }
}

/// The same error in full, as the line protocol writes it.
pub fn body(error: &Error) -> Value {
    match error.rejection() {
        Some(Rejection { code, message, field, .. }) => {
            json!({ "error": { "code": code, "message": message, "field": field } })
        }
        None => json!({ "error": { "code": error.code(), "message": error.to_string() } }),
    }
}

/// Plays a client and two operators over the loopback, and prints what comes back.
///
/// Blocks: call it from a thread that may.
pub fn check_from_outside(address: SocketAddr) -> Result<(), AnyError> {
    let call = |method, path: &str, operator, body, expected| {
        let (status, answer) = call(address, method, path, operator, &body)?;
        println!("{method} {path} as {}: {status} {answer}", operator.unwrap_or("a client"));
        if status == expected { Ok(answer) } else { Err(AnyError::from(format!("{expected} was expected"))) }
    };
    let messages = "/channels/web/clients/client-7/messages";
    let hello = json!({ "text": "Hello!", "external_id": "m1" });
    let received = call("POST", messages, None, hello.clone(), 200)?;
    let again = call("POST", messages, None, hello, 200)?;
    if again["duplicate"] != true || again["dialog"] != received["dialog"] {
        return Err("the same message twice was stored twice".into());
    }
    let dialog = format!("/dialogs/{}", received["dialog"]);
    let step = |name| format!("{dialog}/{name}");
    let waiting = call("GET", "/unanswered", Some("anna"), Value::Null, 200)?;
    if waiting["dialogs"].as_array().map(Vec::len) != Some(1) {
        return Err("the dialog is not offered to anna".into());
    }
    call("POST", &step("answer"), Some("bert"), Value::Null, 409)?;
    call("POST", &step("answer"), Some("nobody"), Value::Null, 404)?;
    call("POST", &step("answer"), Some("anna"), Value::Null, 200)?;
    call("POST", &step("messages"), Some("bert"), json!({ "text": "Me too!" }), 403)?;
    call("POST", &step("messages"), Some("anna"), json!({ "text": "How can I help?" }), 200)?;
    call("POST", &step("finish"), Some("anna"), Value::Null, 200)?;
    let shown = call("GET", &dialog, Some("anna"), Value::Null, 200)?;
    if shown["status"] != "closed" || shown["messages"].as_array().map(Vec::len) != Some(2) {
        return Err("the dialog is not as it was left".into());
    }
    call("GET", "/dialogs/999", Some("anna"), Value::Null, 404)?;
    Ok(())
}

/// One call over a connection of its own, just good enough for the answers of these examples.
fn call(
    address: SocketAddr,
    method: &str,
    path: &str,
    operator: Option<&str>,
    body: &Value,
) -> io::Result<(u16, Value)> {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let operator = operator.map_or(String::new(), |operator| format!("{OPERATOR_HEADER}: {operator}\r\n"));
    let length = body.len();
    let mut stream = TcpStream::connect(address)?;
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{operator}\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let unreadable = || io::Error::new(io::ErrorKind::InvalidData, format!("no answer of HTTP: {answer}"));
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(unreadable)?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(unreadable)?;
    Ok((status, serde_json::from_str(body).unwrap_or_else(|_| Value::String(body.to_owned()))))
}
