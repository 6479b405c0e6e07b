//! Identifiers: the names that hosts choose and the numbers that the engine gives.
//!
//! Nothing here knows what the identified things are.

use std::fmt;

use compact_str::CompactString;
use serde::{Deserialize, Deserializer, Serialize};

use crate::limits;

/// Why a text cannot be an identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id has 1 to {max} characters, this one has {0}", max = limits::ID_CHARS)]
pub struct InvalidId(pub usize);

fn checked(text: &str) -> Result<CompactString, InvalidId> {
    // Bytes bound characters from above, so the usual short id is never counted twice.
    let chars = if text.len() <= limits::ID_CHARS { text.len() } else { text.chars().count() };
    if chars == 0 || chars > limits::ID_CHARS {
        return Err(InvalidId(chars));
    }
    Ok(CompactString::from(text))
}

macro_rules! host_ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        ///
        /// Chosen by the host: 1 to 128 characters. Up to 24 bytes are stored in place.
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
        pub struct $name(CompactString);

        impl $name {
            /// Checks the length and takes the text as it is; ids are case-sensitive.
            ///
            /// # Errors
            /// [`InvalidId`] if the text is empty or longer than 128 characters.
            pub fn new(text: impl AsRef<str>) -> Result<Self, InvalidId> {
                checked(text.as_ref()).map(Self)
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(self.as_str(), f)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl TryFrom<&str> for $name {
            type Error = InvalidId;
            fn try_from(text: &str) -> Result<Self, InvalidId> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                Self::new(text)
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::new(text)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = CompactString::deserialize(deserializer)?;
                checked(&text).map(Self).map_err(serde::de::Error::custom)
            }
        }
    )*};
}

host_ids! {
    /// A channel: a line on which clients write.
    ChannelId;
    /// An operator: an employee or a bot.
    OperatorId;
    /// A client as the connector of its channel names it.
    ClientId;
    /// A message as the connector names it, unique for one client in one channel.
    ExternalId;
    /// The name under which a command may be sent again without being done again.
    IdempotencyKey;
    /// The name of a durable subscription.
    SubscriptionName;
    /// A canned reply: a text that operators send often.
    CannedId;
    /// A form that operators send to clients.
    FormId;
    /// An app that an administrator has installed.
    AppId;
    /// A skill that operators have and dialogs require.
    SkillId;
}

/// A dialog: given by the engine, rising from 1, never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DialogId(pub u64);

impl fmt::Display for DialogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A message: given by the engine, never reused.
///
/// The dialog in which it was written is part of the number, so that a dialog names its
/// messages without asking anyone and a message leads to its dialog without an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MessageId(pub u64);

/// Low bits of the id of a message or a request: its place in the dialog. See
/// [`limits::MESSAGES_PER_DIALOG`].
const MESSAGE_BITS: u32 = 20;

impl MessageId {
    /// The message at `place` (from 1) of `dialog`.
    pub fn of(dialog: DialogId, place: u32) -> Self {
        debug_assert!(place as usize <= limits::MESSAGES_PER_DIALOG);
        Self(dialog.0 << MESSAGE_BITS | u64::from(place))
    }

    /// The dialog in which it was written.
    pub fn dialog(self) -> DialogId {
        DialogId(self.0 >> MESSAGE_BITS)
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A request to the outside: given by the engine, never reused. Like a message it carries the
/// number of the dialog in which it was made, so that it leads there without an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RequestId(pub u64);

impl RequestId {
    /// The request at `place` (from 1) of `dialog`.
    pub fn of(dialog: DialogId, place: u32) -> Self {
        debug_assert!(place as usize <= limits::REQUESTS_PER_DIALOG);
        Self(dialog.0 << MESSAGE_BITS | u64::from(place))
    }

    /// The dialog in which it was made.
    pub fn dialog(self) -> DialogId {
        DialogId(self.0 >> MESSAGE_BITS)
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_1_to_128_characters() {
        assert_eq!(ChannelId::new(""), Err(InvalidId(0)));
        assert!(ChannelId::new("ż".repeat(128)).is_ok());
        assert_eq!(ChannelId::new("ż".repeat(129)), Err(InvalidId(129)));
        assert!(serde_json::from_str::<OperatorId>("\"\"").is_err());
    }

    #[test]
    fn a_message_leads_to_its_dialog() {
        let message = MessageId::of(DialogId(7), 3);
        assert_eq!(message.dialog(), DialogId(7));
        assert_ne!(message, MessageId::of(DialogId(7), 4));
    }

    #[test]
    fn a_request_leads_to_its_dialog() {
        let last = RequestId::of(DialogId(7), limits::REQUESTS_PER_DIALOG as u32);
        assert_eq!(last.dialog(), DialogId(7));
        assert!(last < RequestId::of(DialogId(8), 1));
    }

    #[test]
    fn ids_fit_the_integers_of_json() {
        let last = MessageId::of(DialogId(limits::DIALOGS), limits::MESSAGES_PER_DIALOG as u32);
        assert!(last.0 < 1 << 53);
    }
}
