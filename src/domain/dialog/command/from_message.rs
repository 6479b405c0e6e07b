//! What the requests that are made of a message have in common: tasks, calendar events, posts.
//!
//! Which kind it is, is said by the command of that name.

use serde::Deserialize;

use super::{Context, Decision, guard, steps};
use crate::domain::dialog::{Dialog, RequestDetails, RequestKind};
use crate::domain::form;
use crate::domain::permission::Permission;
use crate::error::Rejection;
use crate::ids::{MessageId, OperatorId};
use crate::timestamp::Timestamp;

/// A request about a message, with whatever is to be said of it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FromMessage {
    /// The message; its text becomes the description.
    pub message: MessageId,
    /// A title for people.
    pub title: Option<String>,
    /// When it starts.
    pub starts: Option<Timestamp>,
    /// When it ends; not before it starts.
    pub ends: Option<Timestamp>,
    /// By when it must be done; not before it starts.
    pub due: Option<Timestamp>,
    /// Whose it is.
    pub assignee: Option<OperatorId>,
}

impl FromMessage {
    /// A request about this message, and nothing more to say.
    pub fn new(message: MessageId) -> Self {
        Self { message, title: None, starts: None, ends: None, due: None, assignee: None }
    }

    /// Checks lengths, and the order of times.
    ///
    /// # Errors
    /// `too_large` or `invalid_argument`, with the field.
    pub fn validate(&self) -> Result<(), Rejection> {
        if let Some(title) = &self.title {
            form::name("title", title)?;
        }
        for (field, time) in [("ends", self.ends), ("due", self.due)] {
            if time.zip(self.starts).is_some_and(|(time, starts)| time < starts) {
                return Err(Rejection::invalid(field, "that is before it starts"));
            }
        }
        Ok(())
    }

    pub(super) fn decide(
        &self,
        kind: RequestKind,
        dialog: &Dialog,
        context: &Context,
    ) -> Result<Decision, Rejection> {
        let message = guard::message(dialog, self.message)?;
        let actor = context.acting()?;
        dialog.allow(Permission::Request, actor)?;
        guard::not_deleted(message)?;
        let request = steps::NewRequest {
            kind,
            about: Some(message),
            details: self.details(),
            contact: None,
            created_by: &actor.operator,
        };
        request.create(dialog, context.now)
    }

    fn details(&self) -> RequestDetails {
        let Self { title, starts, ends, due, assignee, .. } = self.clone();
        RequestDetails { title, starts, ends, due, assignee }
    }
}
