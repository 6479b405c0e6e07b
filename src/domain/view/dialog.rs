//! A dialog, as employees and as its client see it.

use serde::Serialize;

use super::View;
use super::message::{ClientMessageView, EmployeeMessageView};
use crate::domain::dialog::command::internal;
use crate::domain::dialog::{CloseReason, Dialog, Link, Message, Score, Status};
use crate::domain::query::GetDialog;
use crate::error::Rejection;
use crate::ids::{AppId, ChannelId, ClientId, DialogId, MessageId, OperatorId};
use crate::timestamp::Timestamp;

/// Which messages of a dialog are shown; all by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Page {
    /// Those after this one.
    pub after: Option<MessageId>,
    /// How many at most.
    pub limit: Option<u32>,
    /// Whether what they were before is shown too, to employees.
    pub audit: bool,
}

impl Page {
    /// The page of what may be seen: hidden messages do not count against the limit.
    fn of<'a, T>(self, messages: &'a [Message], see: impl Fn(&'a Message) -> Option<T>) -> Vec<T> {
        let seen = |message: &&Message| self.after.is_some_and(|after| message.id <= after);
        let limit = self.limit.map_or(usize::MAX, |limit| limit as usize);
        messages.iter().skip_while(seen).filter_map(see).take(limit).collect()
    }
}

/// A dialog as somebody sees it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum DialogView {
    /// As employees do.
    Employee(Box<EmployeeDialogView>),
    /// As its client does.
    Client(Box<ClientDialogView>),
}

impl DialogView {
    /// What a query asks to see of `dialog`; `name_of` knows the operators' names.
    ///
    /// # Errors
    /// `dialog_internal`: there is no client who could see it.
    pub fn of(
        dialog: &Dialog,
        query: &GetDialog,
        name_of: impl Fn(&OperatorId) -> Option<String>,
    ) -> Result<Self, Rejection> {
        let page = Page { after: query.after, limit: query.limit, audit: query.audit };
        match query.view {
            View::Employee => Ok(Self::Employee(Box::new(EmployeeDialogView::of(dialog, page)))),
            View::Client => {
                let view = ClientDialogView::of(dialog, page, name_of).ok_or_else(internal)?;
                Ok(Self::Client(Box::new(view)))
            }
        }
    }
}

/// A dialog as employees see it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct EmployeeDialogView {
    /// Its id.
    pub dialog: DialogId,
    /// The channel in whose queue or hands it is; none of an internal one.
    pub channel: Option<ChannelId>,
    /// The client; nobody in an internal one.
    pub client: Option<ClientId>,
    /// Where it stands.
    pub status: &'static str,
    /// Why it ended.
    pub reason: Option<CloseReason>,
    /// Who answers; a closed dialog keeps its last owner.
    pub owner: Option<OperatorId>,
    /// To whom it is offered.
    pub offered_to: Vec<OperatorId>,
    /// Who may write besides the owner.
    pub participants: Vec<OperatorId>,
    /// Whether it is locked to its owner.
    pub pinned: bool,
    /// The employees' name for it.
    pub title: Option<String>,
    /// How urgent it is.
    pub priority: i32,
    /// The client's dialog before this one.
    pub previous: Option<DialogId>,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
    /// What the client thought of it, from 1 to 5.
    pub rating: Option<u8>,
    /// The client's words beside that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rating_comment: Option<String>,
    /// What a supervisor thought of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<Score>,
    /// Whose next messages are for employees only unless they say otherwise.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hidden_mode: Vec<OperatorId>,
    /// What came of it elsewhere.
    pub links: Vec<Link>,
    /// All that was written, or a page of it.
    pub messages: Vec<EmployeeMessageView>,
    /// Apps that were attached.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub apps: Vec<AppId>,
}

impl EmployeeDialogView {
    /// Whether it has ended.
    pub fn is_closed(&self) -> bool {
        self.closed_at.is_some()
    }

    /// All of `dialog`, with a page of its messages.
    pub fn of(dialog: &Dialog, page: Page) -> Self {
        let reason = match dialog.status {
            Status::Closed { reason } => Some(reason),
            _ => None,
        };
        Self {
            dialog: dialog.id,
            channel: dialog.channel.clone(),
            client: dialog.client.as_ref().map(|client| client.id.clone()),
            status: dialog.status.as_str(),
            reason,
            owner: dialog.owner.clone(),
            offered_to: dialog.offered_to().to_vec(),
            participants: dialog.participants.clone(),
            pinned: dialog.pinned,
            title: dialog.title.clone(),
            priority: dialog.wishes.as_ref().and_then(|wishes| wishes.priority).unwrap_or(0),
            previous: dialog.previous,
            opened_at: dialog.opened_at,
            closed_at: dialog.closed_at,
            rating: dialog.rating.as_ref().map(|rating| rating.score),
            rating_comment: dialog.rating.as_ref().and_then(|rating| rating.comment.clone()),
            score: dialog.score.clone(),
            hidden_mode: dialog.hidden_mode.clone(),
            links: dialog.links().cloned().collect(),
            messages: page
                .of(&dialog.messages, |message| Some(EmployeeMessageView::of(message, dialog, page.audit))),
            apps: dialog.apps.clone(),
        }
    }
}

/// A dialog as its client sees it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ClientDialogView {
    /// Its id.
    pub dialog: DialogId,
    /// The channel in whose queue or hands it is.
    pub channel: ChannelId,
    /// The client.
    pub client: ClientId,
    /// Where it stands.
    pub status: &'static str,
    /// What was written for the client to read, or a page of it.
    pub messages: Vec<ClientMessageView>,
}

impl ClientDialogView {
    /// What the client may see of `dialog`, if there is one; `name_of` knows the operators' names.
    pub fn of(dialog: &Dialog, page: Page, name_of: impl Fn(&OperatorId) -> Option<String>) -> Option<Self> {
        let see = |message| ClientMessageView::of(message, dialog.id, &name_of);
        Some(Self {
            dialog: dialog.id,
            channel: dialog.channel.clone()?,
            client: dialog.client.as_ref()?.id.clone(),
            status: dialog.status.as_str(),
            messages: page.of(&dialog.messages, see),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::domain::dialog::command::{CompleteRequest, SaveToCrm};
    use crate::domain::dialog::{Author, Visibility};
    use crate::domain::event::DialogEvent;
    use crate::domain::testing::*;
    use crate::ids::RequestId;

    fn name_of(operator: &OperatorId) -> Option<String> {
        (operator.as_str() == "anna").then(|| "Anna Nowak".to_owned())
    }

    /// An answered dialog with messages of the client (public), anna (public or hidden) in turn.
    fn dialog(hidden: &[bool]) -> Dialog {
        let mut dialog = given(answered_by("anna")).dialog();
        for hidden in hidden {
            let (visibility, text) =
                if *hidden { (Visibility::Hidden, "secret") } else { (Visibility::Public, "open") };
            let author = Author::Operator(operator("anna"));
            let id = dialog.next_message();
            dialog.messages.push(Message::new(id, author, visibility, text.into(), NOW));
        }
        dialog
    }

    fn shown(dialog: &Dialog, view: View, page: Page) -> Value {
        let Page { after, limit, audit } = page;
        let query = GetDialog { dialog: dialog.id, view, after, limit, audit };
        serde_json::to_value(DialogView::of(dialog, &query, name_of).unwrap()).unwrap()
    }

    #[test]
    fn employees_see_everything() {
        let first = MessageId::of(DIALOG, 1);
        let expected = json!({
            "dialog": 7, "channel": "web", "client": "ala", "status": "answered", "reason": null, "owner": "anna",
            "offered_to": [], "participants": [], "pinned": false, "title": null, "priority": 0, "previous": null,
            "opened_at": "1970-01-01T00:16:40.000Z", "closed_at": null, "rating": null, "links": [],
            "messages": [
                {"message": first, "dialog": 7, "author": "client", "visibility": "public", "text": "hello?",
                    "at": "1970-01-01T00:16:40.000Z"},
                {"message": first.0 + 1, "dialog": 7, "author": "operator", "operator": "anna",
                    "visibility": "hidden", "text": "secret", "at": "1970-01-01T00:16:50.000Z"},
            ],
        });
        assert_eq!(shown(&dialog(&[true]), View::Employee, Page::default()), expected);
    }

    #[test]
    fn the_client_sees_what_was_written_for_them_and_names_instead_of_ids() {
        let first = MessageId::of(DIALOG, 1);
        let expected = json!({
            "dialog": 7, "channel": "web", "client": "ala", "status": "answered",
            "messages": [
                {"message": first, "dialog": 7, "author": "client", "visibility": "public", "text": "hello?",
                    "at": "1970-01-01T00:16:40.000Z"},
                {"message": first.0 + 2, "dialog": 7, "author": "operator", "name": "Anna Nowak",
                    "visibility": "public", "text": "open", "at": "1970-01-01T00:16:50.000Z"},
            ],
        });
        assert_eq!(shown(&dialog(&[true, false]), View::Client, Page::default()), expected);
    }

    #[test]
    fn a_closed_dialog_shows_why_and_its_last_owner() {
        let view = EmployeeDialogView::of(&given(finished_by("anna")).dialog(), Page::default());
        assert_eq!((view.status, view.reason), ("closed", Some(CloseReason::Finished)));
        assert_eq!((view.owner, view.closed_at), (Some(operator("anna")), Some(BEFORE)));
    }

    #[test]
    fn employees_see_a_deleted_message_without_text_and_the_client_not_at_all() {
        let mut events = written_by("anna", Visibility::Public);
        events.push(deleted(2, Some("anna")));
        let dialog = given(events).dialog();
        let employees = shown(&dialog, View::Employee, Page::default());
        let entry = json!({"message": MessageId::of(DIALOG, 2), "dialog": 7, "author": "operator",
            "operator": "anna", "visibility": "public", "at": "1970-01-01T00:16:40.000Z", "deleted": true});
        assert_eq!(employees["messages"][1], entry);
        let clients = shown(&dialog, View::Client, Page::default());
        assert_eq!(clients["messages"].as_array().unwrap().len(), 1);
    }

    #[test]
    fn an_audit_shows_what_a_message_was_before_and_nothing_else_does() {
        let mut events = written_by("anna", Visibility::Public);
        events.extend([edited(2, "good morning", Some("anna")), edited(2, "hi", Some("sue"))]);
        let dialog = given(events).dialog();
        let at = "1970-01-01T00:16:40.000Z";
        let audited = shown(&dialog, View::Employee, Page { audit: true, ..Page::default() });
        assert_eq!(audited["messages"][1]["original"], "hello");
        let revisions = json!([
            {"text": "hello", "until": at, "by": "anna"}, {"text": "good morning", "until": at, "by": "sue"},
        ]);
        assert_eq!(audited["messages"][1]["revisions"], revisions);
        for view in [View::Employee, View::Client] {
            let view = shown(&dialog, view, Page::default());
            assert_eq!(
                (&view["messages"][1]["text"], &view["messages"][1]["edited_at"]),
                (&json!("hi"), &json!(at))
            );
            assert!(!view.to_string().contains("hello\"") && !view.to_string().contains("morning"));
        }
    }

    #[test]
    fn title_ratings_and_hidden_mode_are_for_employees() {
        let mut events = joined_by("anna", "bea");
        events.push(DialogEvent::Renamed { title: Some("parcel".into()), by: operator("anna") });
        events.push(DialogEvent::HiddenModeSet { operator: operator("bea"), on: true });
        let open = shown(&given(events.clone()).dialog(), View::Employee, Page::default());
        assert_eq!((&open["title"], &open["participants"]), (&json!("parcel"), &json!(["bea"])));
        assert_eq!(open["hidden_mode"], json!(["bea"]));
        events.push(finished_event("anna"));
        events.push(DialogEvent::Rated { score: 4, comment: Some("quick".into()) });
        events.push(DialogEvent::Scored { rating: 2, comment: None, by: operator("sue") });
        let dialog = given(events).dialog();
        let closed = shown(&dialog, View::Employee, Page::default());
        assert_eq!((&closed["rating"], &closed["rating_comment"]), (&json!(4), &json!("quick")));
        assert_eq!((&closed["score"]["rating"], &closed["score"]["by"]), (&json!(2), &json!("sue")));
        let client = shown(&dialog, View::Client, Page::default());
        let fields: Vec<_> = client.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(fields, ["channel", "client", "dialog", "messages", "status"]);
    }

    #[test]
    fn what_came_of_a_message_and_of_the_dialog_is_linked_for_employees_alone() {
        let complete = |place, reference: &str| CompleteRequest {
            request: RequestId::of(DIALOG, place),
            reference: reference.into(),
            url: None,
        };
        let save = SaveToCrm { dialog: DIALOG, title: None, contact: None };
        let both = given(with_task("anna")).when(&save, &by("anna")).all_events();
        let done = given(both).when(&complete(1, "T-1"), &by_nobody()).all_events();
        let dialog = given(done).when(&complete(2, "D-2"), &by_nobody()).dialog();
        let view = shown(&dialog, View::Employee, Page::default());
        assert_eq!(view["messages"][0]["links"], json!([{"reference": "T-1", "url": null}]));
        assert_eq!(view["links"], json!([{"reference": "D-2", "url": null}]));
        let client = shown(&dialog, View::Client, Page::default()).to_string();
        assert!(!client.contains("links") && !client.contains("T-1") && !client.contains("D-2"));
    }

    #[test]
    fn an_offered_dialog_shows_to_whom() {
        let view = EmployeeDialogView::of(&given(offered_to(["anna", "bea"])).dialog(), Page::default());
        assert_eq!((view.status, view.offered_to), ("offered", vec![operator("anna"), operator("bea")]));
    }

    proptest! {
        #[test]
        fn no_hidden_text_ever_shows_in_a_client_view(
            hidden in prop::collection::vec(any::<bool>(), 0..20),
            after in prop::option::of(0_u32..25),
            limit in prop::option::of(0_u32..25),
        ) {
            let after = after.map(|place| MessageId::of(DIALOG, place));
            let view = shown(&dialog(&hidden), View::Client, Page { after, limit, audit: true }).to_string();
            prop_assert!(!view.contains("secret"));
            prop_assert!(!view.contains("hidden"));
            prop_assert!(!view.contains("\"anna\""), "an operator's id is no client's business");
        }

        #[test]
        fn pages_in_a_row_show_every_message_once(
            hidden in prop::collection::vec(any::<bool>(), 0..20),
            limit in 1_u32..6,
            client in any::<bool>(),
        ) {
            let view = if client { View::Client } else { View::Employee };
            let ids = |page: Page| -> Vec<u64> {
                let shown = shown(&dialog(&hidden), view, page);
                shown["messages"].as_array().unwrap().iter().map(|message| message["message"].as_u64().unwrap()).collect()
            };
            let (mut paged, mut after) = (Vec::new(), None);
            loop {
                let page = ids(Page { after, limit: Some(limit), audit: false });
                let Some(last) = page.last() else { break };
                prop_assert!(page.len() <= limit as usize);
                after = Some(MessageId(*last));
                paged.extend(page);
            }
            prop_assert_eq!(paged, ids(Page::default()));
        }
    }
}
