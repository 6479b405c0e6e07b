//! What can go wrong, in two families: a [`Rejection`] (the business says no, nothing changed) and
//! an [`Error`] (the host must do something; the text says what). A bug is an assertion.

use std::any::Any;
use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident => $text:literal,)*) => {
        /// The stable codes of rejections. New ones may be added, none is renamed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[non_exhaustive]
        #[serde(rename_all = "snake_case")]
        pub enum Code { $($(#[$doc])* $variant,)* }

        impl Code {
            /// Every code, in the order of the documentation.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)*];

            /// The code as it stands in the line protocol.
            pub const fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $text,)* }
            }
        }
    };
}

codes! {
    /// The line is not JSON.
    InvalidJson => "invalid_json",
    /// There is no such command.
    UnknownCommand => "unknown_command",
    /// A field is wrong, missing or unknown; the rejection names it.
    InvalidArgument => "invalid_argument",
    /// No such channel.
    ChannelNotFound => "channel_not_found",
    /// No such operator, or a removed one.
    OperatorNotFound => "operator_not_found",
    /// No such client.
    ClientNotFound => "client_not_found",
    /// No such dialog.
    DialogNotFound => "dialog_not_found",
    /// No such message.
    MessageNotFound => "message_not_found",
    /// No such form.
    FormNotFound => "form_not_found",
    /// No such canned reply, or one of somebody else or of another channel.
    CannedNotFound => "canned_not_found",
    /// No such app.
    AppNotFound => "app_not_found",
    /// No such request to the outside.
    RequestNotFound => "request_not_found",
    /// The operator's role does not allow it.
    PermissionDenied => "permission_denied",
    /// Only the owner (or a supervisor) may.
    NotOwner => "not_owner",
    /// Only the owner and participants (or a supervisor) may.
    NotParticipant => "not_participant",
    /// The dialog is not offered to this operator.
    NotOffered => "not_offered",
    /// Somebody else was first.
    AlreadyAnswered => "already_answered",
    /// The dialog is closed.
    DialogClosed => "dialog_closed",
    /// The dialog has not ended yet.
    DialogNotClosed => "dialog_not_closed",
    /// The dialog is locked by its owner.
    DialogPinned => "dialog_pinned",
    /// The dialog is the employees' own: it has no client and no queue.
    DialogInternal => "dialog_internal",
    /// The id is taken.
    AlreadyExists => "already_exists",
    /// The operator has no room for it.
    OperatorAtCapacity => "operator_at_capacity",
    /// The operator is not there.
    OperatorUnavailable => "operator_unavailable",
    /// As many dialogs wait in the channel's queue as may.
    QueueFull => "queue_full",
    /// The client has rated the dialog already.
    AlreadyRated => "already_rated",
    /// Something else was done already, or the state does not allow it.
    Conflict => "conflict",
    /// A text, name or line is longer than its limit.
    TooLarge => "too_large",
    /// Too much is under way; try again after `retry_after_ms`.
    Overloaded => "overloaded",
    /// The disk failed; the engine has stopped and must be opened again.
    StorageFailed => "storage_failed",
    /// The engine is closed.
    Closed => "closed",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The business says no. Nothing was changed by the command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
#[non_exhaustive]
pub struct Rejection {
    /// The stable code.
    pub code: Code,
    /// What was wrong, for people.
    pub message: Cow<'static, str>,
    /// The field that was wrong, missing or unknown.
    pub field: Option<Cow<'static, str>>,
    /// With [`Code::Overloaded`]: when to try again, in milliseconds.
    pub retry_after_ms: Option<u64>,
}

impl Rejection {
    /// A rejection with a sentence for people.
    pub fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into(), field: None, retry_after_ms: None }
    }

    /// `invalid_argument` for a field.
    pub fn invalid(field: impl Into<Cow<'static, str>>, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Code::InvalidArgument, message).at(field)
    }

    /// The same rejection, naming the field that caused it.
    #[must_use]
    pub fn at(mut self, field: impl Into<Cow<'static, str>>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// `overloaded`, with the time after which to try again.
    pub fn overloaded(message: impl Into<Cow<'static, str>>, retry_after_ms: u64) -> Self {
        Self { retry_after_ms: Some(retry_after_ms), ..Self::new(Code::Overloaded, message) }
    }
}

/// Why the engine could not be opened, or no longer answers. The text says what to do.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The command was rejected; nothing changed.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The data directory belongs to another running engine.
    #[error(
        "the data directory {path} is in use by another engine: close that one first, or choose another directory"
    )]
    InUse {
        /// The data directory.
        path: String,
    },
    /// The data directory cannot be created, read or written.
    #[error(
        "the data directory {path} cannot be used: {reason}; check that it exists and that this user may write to it"
    )]
    Unusable {
        /// The data directory.
        path: String,
        /// What the operating system said.
        reason: String,
    },
    /// The directory holds something, and it is not data of an engine.
    #[error(
        "the directory {path} is not a data directory, it holds something else ({found}): name a new or an empty one"
    )]
    Foreign {
        /// The directory.
        path: String,
        /// What was found in it, for one.
        found: String,
    },
    /// The data were written by a newer version.
    #[error(
        "the data directory {path} has format {found}, this version reads up to {supported}: use a newer centrala"
    )]
    NewerFormat {
        /// The data directory.
        path: String,
        /// The format found.
        found: u32,
        /// The newest format that this version reads.
        supported: u32,
    },
    /// Something stored is not what was written.
    #[error(
        "the data are damaged at {place}: {reason}; restore a backup, or save what is whole with `centrala export --skip-damage`"
    )]
    Damaged {
        /// Where: a key, a frame, a file.
        place: String,
        /// What is wrong there.
        reason: String,
    },
    /// No backup was made. The data directory is as it was, and an engine on it goes on.
    #[error("no backup can be made at {path}: {reason}")]
    Backup {
        /// Where it was to go.
        path: String,
        /// What is wrong with that place.
        reason: String,
    },
    /// Writing failed, or its outcome is unknown, or a bug made something panic. The engine has stopped; nothing
    /// acknowledged is lost. What was under way may have been done or not: its key tells, when it is sent again.
    #[error(
        "storage failed and the engine has stopped: {reason}; mend the cause, then open the engine again"
    )]
    StorageFailed {
        /// What failed.
        reason: String,
    },
    /// The system has no thread left.
    #[error("the system gives no thread: {reason}; end some, or allow more")]
    NoThread {
        /// What the operating system said.
        reason: String,
    },
    /// The engine has been closed.
    #[error("the engine is closed")]
    Closed,
    /// A setting is out of its range.
    #[error("the setting {setting} is wrong: {reason}")]
    InvalidSetting {
        /// The setting's name.
        setting: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}

impl Error {
    /// The stable code of the line protocol for this error.
    pub fn code(&self) -> Code {
        match self {
            Self::Rejected(rejection) => rejection.code,
            Self::Closed => Code::Closed,
            Self::Backup { .. } => Code::InvalidArgument,
            _ => Code::StorageFailed,
        }
    }

    /// What stops the engine when something of it has panicked: a bug.
    pub(crate) fn of_panic(what: &str, panic: &(dyn Any + Send)) -> Self {
        let text = panic.downcast_ref::<&str>().copied();
        let text =
            text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message");
        Self::StorageFailed { reason: format!("{what} panicked, which is a bug: {text}") }
    }

    /// What is answered to what was under way when the engine stopped.
    pub(crate) fn lost() -> Self {
        Self::StorageFailed { reason: "it stopped before the outcome of this was known".to_owned() }
    }

    /// The rejection, if the business said no.
    pub fn rejection(&self) -> Option<&Rejection> {
        match self {
            Self::Rejected(rejection) => Some(rejection),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_code_is_the_name_that_serde_gives_it() {
        for code in Code::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
        }
    }
}
