//! Asks the host to create a calendar event with a message in its description.

use serde::Deserialize;

use super::{Context, Decision, DialogCommand, FromMessage};
use crate::domain::dialog::{Dialog, RequestKind};
use crate::error::Rejection;

/// A calendar event of this message.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct CreateEvent(pub FromMessage);

impl DialogCommand for CreateEvent {
    fn decide(&self, dialog: &Dialog, context: &Context) -> Result<Decision, Rejection> {
        self.0.decide(RequestKind::CalendarEvent, dialog, context)
    }
}
