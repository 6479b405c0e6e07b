//! Asks the host to post a message to the feed, as a quotation.

use serde::Deserialize;

use super::{Context, Decision, DialogCommand, FromMessage};
use crate::domain::dialog::{Dialog, RequestKind};
use crate::error::Rejection;

/// A post of this message.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct PostToFeed(pub FromMessage);

impl DialogCommand for PostToFeed {
    fn decide(&self, dialog: &Dialog, context: &Context) -> Result<Decision, Rejection> {
        self.0.decide(RequestKind::Post, dialog, context)
    }
}
