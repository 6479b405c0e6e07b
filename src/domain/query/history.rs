//! The question for everything that was written with a client, in all their dialogs.

use serde::Deserialize;

use crate::domain::view::View;
use crate::error::Rejection;
use crate::ids::{ChannelId, ClientId, DialogId, MessageId};
use crate::limits;

/// All messages of all dialogs of a client, the oldest first, page by page.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Line")]
pub struct History {
    /// Whose.
    pub of: HistoryOf,
    /// For whose eyes.
    pub view: View,
    /// The last message seen: those after it are wanted.
    pub after: Option<MessageId>,
    /// How many messages at most.
    pub limit: Option<u32>,
}

/// Whose history is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HistoryOf {
    /// Of a client.
    Client {
        /// The channel on which the client wrote.
        channel: ChannelId,
        /// The connector's id for the client.
        client: ClientId,
    },
    /// Of the client of this dialog.
    Dialog(DialogId),
}

/// The question as it stands in the line protocol: with a client or a dialog.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    channel: Option<ChannelId>,
    client: Option<ClientId>,
    dialog: Option<DialogId>,
    #[serde(default)]
    view: View,
    after: Option<MessageId>,
    limit: Option<u32>,
}

impl TryFrom<Line> for History {
    type Error = &'static str;

    fn try_from(line: Line) -> Result<Self, &'static str> {
        let Line { channel, client, dialog, view, after, limit } = line;
        let of = match (channel, client, dialog) {
            (Some(channel), Some(client), None) => HistoryOf::Client { channel, client },
            (None, None, Some(dialog)) => HistoryOf::Dialog(dialog),
            (None, None, None) => return Err("missing field `channel`, or `dialog` instead"),
            (Some(_), None, None) => return Err("missing field `client`"),
            (None, Some(_), None) => return Err("missing field `channel`"),
            (_, _, Some(_)) => return Err("unknown field `dialog` beside a client"),
        };
        Ok(Self { of, view, after, limit })
    }
}

impl History {
    /// The first page of a client's history, as employees see it.
    pub fn of_client(channel: ChannelId, client: ClientId) -> Self {
        Self { of: HistoryOf::Client { channel, client }, view: View::Employee, after: None, limit: None }
    }

    /// The same, of the client of a dialog.
    pub fn of_dialog(dialog: DialogId) -> Self {
        Self { of: HistoryOf::Dialog(dialog), view: View::Employee, after: None, limit: None }
    }

    /// The same, for these eyes.
    #[must_use]
    pub fn view(mut self, view: View) -> Self {
        self.view = view;
        self
    }

    /// The same, but what comes after a message.
    #[must_use]
    pub fn after(mut self, message: MessageId) -> Self {
        self.after = Some(message);
        self
    }

    /// The same, but no more than this.
    #[must_use]
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Checks that something is wanted.
    ///
    /// # Errors
    /// `invalid_argument`, with the field.
    pub fn validate(&self) -> Result<(), Rejection> {
        match self.limit {
            Some(0) => Err(Rejection::invalid("limit", "a page has at least one message")),
            _ => Ok(()),
        }
    }

    /// How many messages a page has at most.
    pub fn page(&self) -> usize {
        self.limit.map_or(limits::HISTORY_PAGE, |limit| limits::HISTORY_PAGE.min(limit as usize))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::testing::channel;

    #[test]
    fn a_line_names_a_client_or_a_dialog() {
        let read = |text| serde_json::from_str::<History>(text).map_err(|error| error.to_string());
        let of_ala = History::of_client(channel("web"), ClientId::new("ala").unwrap());
        assert_eq!(read(r#"{"channel":"web","client":"ala"}"#), Ok(of_ala.clone()));
        let page = of_ala.view(View::Client).after(MessageId(3)).limit(2);
        assert_eq!(read(r#"{"channel":"web","client":"ala","view":"client","after":3,"limit":2}"#), Ok(page));
        assert_eq!(read(r#"{"dialog":7}"#), Ok(History::of_dialog(DialogId(7))));
        for (line, field) in [
            ("{}", "missing field `channel`"),
            (r#"{"channel":"web"}"#, "missing field `client`"),
            (r#"{"client":"ala"}"#, "missing field `channel`"),
            (r#"{"channel":"web","client":"ala","dialog":7}"#, "unknown field `dialog`"),
            (r#"{"dialog":7,"text":"x"}"#, "unknown field `text`"),
        ] {
            assert!(read(line).unwrap_err().contains(field), "{line}");
        }
    }

    #[test]
    fn a_page_is_neither_empty_nor_endless() {
        let history = History::of_dialog(DialogId(7));
        assert_eq!(history.page(), limits::HISTORY_PAGE);
        assert_eq!(history.clone().limit(u32::MAX).page(), limits::HISTORY_PAGE);
        assert_eq!((history.clone().limit(2).page(), history.clone().limit(2).validate()), (2, Ok(())));
        assert_eq!(history.limit(0).validate().unwrap_err().field.as_deref(), Some("limit"));
    }
}
