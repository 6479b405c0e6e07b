//! Creates or replaces a canned reply.

use serde::{Deserialize, Serialize};

use crate::domain::form;
use crate::error::Rejection;
use crate::ids::{CannedId, ChannelId, OperatorId};

/// A text that operators send often, with placeholders for names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CannedReply {
    /// Its id.
    pub id: CannedId,
    /// What is sent, when the placeholders are filled in.
    pub text: String,
    /// Who alone may use it; everybody if nobody is named.
    pub owner: Option<OperatorId>,
    /// Where alone it may be used; everywhere if no channel is named.
    pub channel: Option<ChannelId>,
}

impl CannedReply {
    /// Whether this operator may send it in a dialog of this channel, or of none.
    pub fn is_for(&self, operator: &OperatorId, channel: Option<&ChannelId>) -> bool {
        self.owner.as_ref().is_none_or(|owner| owner == operator)
            && self.channel.as_ref().is_none_or(|only| Some(only) == channel)
    }
}

/// From now on the canned reply is like this.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "Line")]
pub struct PutCannedReply {
    /// The reply.
    pub reply: CannedReply,
}

/// `put_canned_reply` as it stands in the line protocol.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    canned: CannedId,
    text: String,
    owner: Option<OperatorId>,
    channel: Option<ChannelId>,
}

impl From<Line> for PutCannedReply {
    fn from(line: Line) -> Self {
        let Line { canned, text, owner, channel } = line;
        Self { reply: CannedReply { id: canned, text, owner, channel } }
    }
}

impl PutCannedReply {
    /// A reply that everybody may use everywhere.
    pub fn new(canned: CannedId, text: impl Into<String>) -> Self {
        Self { reply: CannedReply { id: canned, text: text.into(), owner: None, channel: None } }
    }

    /// Checks lengths.
    ///
    /// # Errors
    /// `invalid_argument` or `too_large`, with the field.
    pub fn validate(&self) -> Result<(), Rejection> {
        form::filled_text("text", &self.reply.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::testing::{channel, operator};

    #[test]
    fn a_reply_may_be_kept_to_one_operator_or_one_channel() {
        let mut reply = PutCannedReply::new(CannedId::new("hi").unwrap(), "Hello").reply;
        let (anna, web) = (operator("anna"), channel("web"));
        assert!(reply.is_for(&anna, Some(&web)));
        reply.owner = Some(anna.clone());
        assert!(reply.is_for(&anna, Some(&web)) && !reply.is_for(&operator("bea"), Some(&web)));
        reply.channel = Some(channel("shop"));
        assert!(!reply.is_for(&anna, Some(&web)) && reply.is_for(&anna, Some(&channel("shop"))));
    }

    #[test]
    fn a_reply_says_something() {
        let put = PutCannedReply::new(CannedId::new("hi").unwrap(), "");
        assert_eq!(put.validate().unwrap_err().field.as_deref(), Some("text"));
    }
}
