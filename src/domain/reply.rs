//! What a command answers when it was done.

use serde::{Deserialize, Serialize};

use crate::ids::{DialogId, MessageId, RequestId};

/// The answer to a command that was done. Stored with idempotency keys: append only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Reply {
    /// Done, nothing more to say.
    Done,
    /// A client's message was taken in.
    Received(Received),
    /// A message was written.
    Written(Written),
    /// These dialogs were changed.
    Dialogs(Vec<DialogId>),
    /// The host was asked to do something outside.
    Requested(Requested),
    /// A dialog was opened.
    Opened(Opened),
}

/// A client's message was taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// The dialog in which it stands.
    pub dialog: DialogId,
    /// The message.
    pub message: MessageId,
    /// Whether this message opened the dialog.
    pub opened: bool,
    /// Whether it had been taken in before; then nothing changed.
    pub duplicate: bool,
}

/// A dialog was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// The dialog.
    pub dialog: DialogId,
}

/// A message was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// The message.
    pub message: MessageId,
}

/// The host was asked to do something outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requested {
    /// The request.
    pub request: RequestId,
}
