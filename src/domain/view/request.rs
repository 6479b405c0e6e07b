//! A request to the outside, as the host and employees see it.

use serde::Serialize;

use crate::domain::dialog::{Contact, Dialog, HostRequest, RequestKind, RequestState, RequestStatus};
use crate::ids::{ChannelId, ClientId, DialogId, MessageId, OperatorId, RequestId};
use crate::timestamp::Timestamp;

/// A request with all that the host needs to do it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RequestView {
    /// Its id: the same each time the request is shown, so that what is done twice is stored once.
    pub request: RequestId,
    /// What is to be done.
    pub kind_of_request: RequestKind,
    /// How far it has come.
    pub status: RequestStatus,
    /// The dialog in which it was made.
    pub dialog: DialogId,
    /// The message that it is about; none for a deal.
    pub message: Option<MessageId>,
    /// A title for people.
    pub title: Option<String>,
    /// The text of the message when the request was made.
    pub description: Option<String>,
    /// When it starts.
    pub starts: Option<Timestamp>,
    /// When it ends.
    pub ends: Option<Timestamp>,
    /// By when it must be done.
    pub due: Option<Timestamp>,
    /// Whose it is.
    pub assignee: Option<OperatorId>,
    /// The client's contacts, as they were given.
    pub contact: Option<Contact>,
    /// The host's name for what came of it.
    pub reference: Option<String>,
    /// Where that can be seen.
    pub url: Option<String>,
    /// How often the host has tried, with whatever outcome.
    pub attempts: u32,
    /// Why the last try failed.
    pub reason: Option<String>,
    /// From when on it is to be tried again.
    pub retry_at: Option<Timestamp>,
    /// Who made it.
    pub created_by: OperatorId,
    /// When.
    pub created_at: Timestamp,
    /// The channel of the client; none of an internal dialog.
    pub channel: Option<ChannelId>,
    /// The client of the dialog, unless it is internal.
    pub client: Option<ClientId>,
    /// The client's name, if the connector gave one.
    pub client_name: Option<String>,
}

impl RequestView {
    /// All of a request of `dialog`, as it is at `now`.
    pub fn of(request: &HostRequest, dialog: &Dialog, now: Timestamp) -> Self {
        let (link, details) = (request.link().cloned(), request.details.clone());
        let (reference, url) = link.map_or((None, None), |link| (Some(link.reference), link.url));
        let retry_at = match request.state {
            RequestState::Retry(at) => Some(at),
            _ => None,
        };
        let client = dialog.client.as_ref();
        Self {
            request: request.id,
            kind_of_request: request.kind,
            status: request.state.status(now),
            dialog: dialog.id,
            message: request.message,
            title: details.title,
            description: request.description.clone(),
            starts: details.starts,
            ends: details.ends,
            due: details.due,
            assignee: details.assignee,
            contact: request.contact.clone(),
            reference,
            url,
            attempts: request.attempts,
            reason: request.reason.clone(),
            retry_at,
            created_by: request.created_by.clone(),
            created_at: request.created_at,
            channel: client.map(|client| client.channel.clone()),
            client: client.map(|client| client.id.clone()),
            client_name: client.and_then(|client| client.name.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::testing::*;

    #[test]
    fn a_request_shows_what_was_asked_for_and_where_it_stands() {
        let dialog = given(with_task("anna")).dialog();
        let first = MessageId::of(DIALOG, 1);
        let expected = json!({
            "request": 7_340_033, "kind_of_request": "task", "status": "open", "dialog": 7, "message": first,
            "title": null, "description": "hello?", "starts": null, "ends": null, "due": null,
            "assignee": null, "contact": null, "reference": null, "url": null, "attempts": 0,
            "reason": null, "retry_at": null, "created_by": "anna", "created_at": "1970-01-01T00:16:50.000Z",
            "channel": "web", "client": "ala", "client_name": null,
        });
        let view = RequestView::of(&dialog.requests[0], &dialog, NOW);
        assert_eq!(serde_json::to_value(view).unwrap(), expected);
    }
}
