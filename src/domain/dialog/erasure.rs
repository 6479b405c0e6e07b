//! What erasing takes away: of a dialog, of a message, and of the events that made them. What stays are
//! ids, times, counts and decisions. Nothing here decides whether something is erased.
//!
//! Redacting the events of a dialog and then applying them gives the same erased dialog as applying
//! them as they were: so a journal can be redacted without changing what it means.

use super::{Dialog, HostRequest, Link, Message, RequestState};
use crate::domain::event::DialogEvent;
use crate::domain::file::{FileHash, FilePlace};
use crate::ids::{ExternalId, MessageId};
use crate::timestamp::Timestamp;

/// What leads to a dialog's messages from outside of it, or lies outside of it, and goes with them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Traces {
    /// The connector's names for messages.
    pub external_ids: Vec<(ExternalId, MessageId)>,
    /// Uploaded contents that messages name.
    pub files: Vec<(FileHash, MessageId)>,
}

impl Dialog {
    /// Whether what was written in it has been erased.
    pub fn is_erased(&self) -> bool {
        self.erased_at.is_some()
    }

    /// What has to go with its messages.
    pub fn traces(&self) -> Traces {
        let mut traces = Traces::default();
        for message in &self.messages {
            traces.external_ids.extend(message.external_id.clone().map(|external| (external, message.id)));
            traces.files.extend(message.files().iter().filter_map(|file| match file.place {
                FilePlace::Stored(hash) => Some((hash, message.id)),
                FilePlace::Url(_) => None,
            }));
        }
        traces
    }

    /// Takes away all that people wrote.
    pub(super) fn erase(&mut self, at: Timestamp) {
        self.erased_at = Some(at);
        if let Some(client) = &mut self.client {
            client.name = None;
        }
        self.title = None;
        if let Some(rating) = &mut self.rating {
            rating.comment = None;
        }
        if let Some(score) = &mut self.score {
            score.comment = None;
        }
        self.messages.iter_mut().for_each(Message::erase);
        self.requests.iter_mut().for_each(HostRequest::erase);
    }
}

impl Message {
    /// Takes away all that was written; when, by whom and for whom stays.
    fn erase(&mut self) {
        self.text = String::new();
        self.external_id = None;
        self.deleted = true;
        self.revisions = Vec::new();
        self.content = None;
    }
}

impl HostRequest {
    /// Takes away all that was written. The host cannot do any more what has not been done yet.
    fn erase(&mut self) {
        self.redact();
        self.reason = None;
        match &mut self.state {
            RequestState::Open | RequestState::Retry(_) => self.state = RequestState::Failed,
            RequestState::Done(link) => link.redact(),
            RequestState::Failed => {}
        }
    }

    fn redact(&mut self) {
        self.description = None;
        self.details.title = None;
        self.contact = None;
    }
}

impl Link {
    fn redact(&mut self) {
        *self = Self { reference: String::new(), url: None };
    }
}

impl DialogEvent {
    /// Whether it begins the erased part of a dialog's life.
    pub fn erases(&self) -> bool {
        matches!(self, Self::Erased | Self::ClientErased { .. })
    }

    /// Whether it holds something that people wrote.
    pub fn is_personal(&self) -> bool {
        let mut redacted = self.clone();
        redacted.redact();
        redacted != *self
    }

    /// Takes away what people wrote; that it happened, when and by whom stays.
    pub fn redact(&mut self) {
        match self {
            Self::Opened { client_name, .. } => *client_name = None,
            Self::OpenedByMove { client, .. } => client.name = None,
            Self::MessageAdded(message) => message.erase(),
            Self::MessageEdited(edit) => edit.text = String::new(),
            Self::Renamed { title, .. } => *title = None,
            Self::Rated { comment, .. } | Self::Scored { comment, .. } => *comment = None,
            Self::FormSubmitted { answers, .. } => *answers = Vec::new(),
            Self::RequestCreated(request) => request.redact(),
            Self::RequestCompleted(completed) => completed.link.redact(),
            Self::RequestFailed(failed) => failed.reason = String::new(),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dialog::{Content, Rating};
    use crate::domain::file::{File, NewFile};
    use crate::domain::testing::*;

    const SECRET: &str = "Xsecret";

    /// A closed dialog in which everything that can be written says the same.
    fn full() -> Vec<DialogEvent> {
        let mut events = with_task("anna");
        for event in &mut events {
            match event {
                DialogEvent::Opened { client_name, .. } => *client_name = Some(SECRET.into()),
                DialogEvent::MessageAdded(message) => {
                    message.text = SECRET.into();
                    message.external_id = Some(ExternalId::new(SECRET).unwrap());
                    let file = NewFile::upload(SECRET, "text/plain", SECRET.into());
                    let content = Content { files: vec![file.to_file()], ..Content::default() };
                    message.content = Some(Box::new(content));
                }
                DialogEvent::RequestCreated(request) => request.description = Some(SECRET.into()),
                _ => {}
            }
        }
        events.push(edited(1, SECRET, None));
        events.push(DialogEvent::Renamed { title: Some(SECRET.into()), by: operator("anna") });
        events.push(finished_event("anna"));
        events.push(DialogEvent::Rated { score: 4, comment: Some(SECRET.into()) });
        events.push(DialogEvent::Scored { rating: 2, comment: Some(SECRET.into()), by: operator("sue") });
        events
    }

    fn erased(events: Vec<DialogEvent>) -> Dialog {
        given(events.into_iter().chain([DialogEvent::Erased]).collect::<Vec<_>>()).dialog()
    }

    #[test]
    fn nothing_that_was_written_is_left_and_what_happened_is() {
        let before = given(full()).dialog();
        assert!(format!("{before:?}").contains(SECRET));
        let dialog = erased(full());
        assert!(!format!("{dialog:?}").contains(SECRET), "{dialog:?}");
        assert!(dialog.is_erased() && dialog.messages.iter().all(|message| message.deleted));
        assert_eq!(dialog.messages.len(), before.messages.len());
        assert_eq!(dialog.rating, Some(Rating { score: 4, comment: None, at: BEFORE }));
        assert_eq!((dialog.owner, dialog.status), (before.owner, before.status));
        assert_eq!(dialog.requests[0].state, RequestState::Failed);
    }

    #[test]
    fn a_redacted_past_leads_to_the_same_erased_dialog() {
        let mut redacted = full();
        redacted.iter_mut().for_each(DialogEvent::redact);
        assert!(!format!("{redacted:?}").contains(SECRET), "{redacted:?}");
        assert!(redacted.iter().all(|event| !event.is_personal()));
        assert_eq!(erased(redacted), erased(full()));
    }

    #[test]
    fn what_goes_with_a_dialog_is_named_before() {
        let traces = given(full()).dialog().traces();
        assert_eq!(traces.external_ids, [(ExternalId::new(SECRET).unwrap(), MessageId::of(DIALOG, 1))]);
        let File { place, .. } = NewFile::upload("", "", SECRET.into()).to_file();
        assert_eq!(place, FilePlace::Stored(traces.files[0].0));
        assert_eq!(erased(full()).traces(), Traces::default());
    }
}
