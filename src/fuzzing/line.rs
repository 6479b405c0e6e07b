//! Arbitrary bytes as one line of the protocol. No engine runs.

use crate::engine::Advance;
use crate::limits;
use crate::protocol::{Action, Parsed, Refused, parse};

/// What a refusal may say at most: whoever sends nonsense does not get it back whole.
const MESSAGE_BYTES: usize = 4 * 1024;

/// Reads one line. It is refused with a short sentence, or asks for something whose form can be checked.
///
/// # Panics
/// If neither is so.
pub fn line(bytes: &[u8]) {
    match parse(bytes) {
        Ok(Parsed { reference, action }) => {
            assert!(!reference.is_array() && !reference.is_object(), "a reference is a scalar");
            form(action);
        }
        Err(Refused { rejection, .. }) => {
            assert!(rejection.message.len() <= MESSAGE_BYTES, "{} bytes of message", rejection.message.len());
            let field = rejection.field.as_ref().map_or(0, |field| field.len());
            assert!(field <= MESSAGE_BYTES, "{field} bytes of a field's name");
        }
    }
}

fn form(action: Action) {
    match action {
        Action::Command(request) => {
            let admitted = request.validate().is_ok();
            let bytes = request.command.bytes();
            assert!(!admitted || bytes <= limits::LINE_BYTES, "{bytes} bytes of one line");
        }
        Action::Query(query, _) => drop(query),
        Action::Advance(Advance::ByMs(ms)) => assert!(ms <= limits::DURATION_MS),
        Action::Advance(Advance::To(_)) | Action::Backup(_) => {}
    }
}
