//! What the host must do outside for a dialog, and how far that has come. Nothing is done here.
//!
//! ```text
//!             failed, with a time to retry
//!           ┌───────────────┐
//!           ▼               │
//!  created ─► open ─────────┤ failed for good
//!             │             ▼
//!             │ completed  failed
//!             ▼             │ completed, or failed once more
//!            done ◄─────────┘
//! ```
//!
//! A request that waits for its retry counts as failed until the time has come, then as open: that
//! follows from the state and the clock, no event says so.

use serde::{Deserialize, Serialize};

use super::Contact;
use crate::ids::{MessageId, OperatorId, RequestId};
use crate::timestamp::Timestamp;

/// Something that the host must do outside. It holds what people wrote: who erases a dialog's
/// texts has to erase its requests too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HostRequest {
    /// Its id, and the key under which the host does it once.
    pub id: RequestId,
    /// What is to be done.
    pub kind: RequestKind,
    /// The message that it is about; none for a deal.
    pub message: Option<MessageId>,
    /// The text of that message when the request was made.
    pub description: Option<String>,
    /// What was asked for besides.
    pub details: RequestDetails,
    /// The client's contacts, as whoever made it gave them.
    pub contact: Option<Contact>,
    /// Who made it.
    pub created_by: OperatorId,
    /// When.
    pub created_at: Timestamp,
    /// How far it has come.
    pub state: RequestState,
    /// How often the host has tried, with whatever outcome.
    pub attempts: u32,
    /// Why the last try failed.
    pub reason: Option<String>,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RequestKind {
    /// To save a deal and the client's contacts.
    Deal,
    /// To create a task.
    Task,
    /// To create a calendar event.
    CalendarEvent,
    /// To post to the feed.
    Post,
}

/// What may be said of a request; which of it matters is the host's business.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RequestDetails {
    /// A title for people.
    pub title: Option<String>,
    /// When it starts.
    pub starts: Option<Timestamp>,
    /// When it ends.
    pub ends: Option<Timestamp>,
    /// By when it must be done.
    pub due: Option<Timestamp>,
    /// Whose it is.
    pub assignee: Option<OperatorId>,
}

/// How far a request has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum RequestState {
    /// The host has it to do.
    Open,
    /// The host tried in vain, and has it to do again from this time on.
    Retry(Timestamp),
    /// The host gave up.
    Failed,
    /// The host did it.
    Done(Link),
}

/// How far a request has come, at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestStatus {
    /// The host has it to do now.
    Open,
    /// The host did it.
    Done,
    /// The host tried in vain: for good, or it waits for its retry.
    Failed,
}

/// A thing of the host that came of a dialog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The host's name for it.
    pub reference: String,
    /// Where it can be seen.
    pub url: Option<String>,
}

impl RequestState {
    /// What it is at `now`.
    pub fn status(&self, now: Timestamp) -> RequestStatus {
        match self {
            Self::Open => RequestStatus::Open,
            Self::Retry(at) if *at <= now => RequestStatus::Open,
            Self::Retry(_) | Self::Failed => RequestStatus::Failed,
            Self::Done(_) => RequestStatus::Done,
        }
    }
}

impl HostRequest {
    /// What came of it, once it is done; nothing any more when that was erased.
    pub fn link(&self) -> Option<&Link> {
        match &self.state {
            RequestState::Done(link) if !link.reference.is_empty() => Some(link),
            _ => None,
        }
    }

    pub(super) fn complete(&mut self, link: Link) {
        self.attempts += 1;
        self.state = RequestState::Done(link);
    }

    pub(super) fn fail(&mut self, reason: &str, retry_at: Option<Timestamp>) {
        self.attempts += 1;
        self.reason = Some(reason.to_owned());
        self.state = retry_at.map_or(RequestState::Failed, RequestState::Retry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retry_is_failed_until_its_time_and_open_from_then_on() {
        let state = RequestState::Retry(Timestamp::from_millis(100));
        assert_eq!(state.status(Timestamp::from_millis(99)), RequestStatus::Failed);
        assert_eq!(state.status(Timestamp::from_millis(100)), RequestStatus::Open);
    }

    #[test]
    fn a_request_that_failed_for_good_does_not_open_by_itself() {
        let far = Timestamp::from_millis(i64::MAX);
        assert_eq!(RequestState::Failed.status(far), RequestStatus::Failed);
    }
}
