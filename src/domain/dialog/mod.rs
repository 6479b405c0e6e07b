//! A dialog: one handling cycle of one client, from the first message to closing, or an internal one.
//!
//! The state and how events change it stand here and in `apply.rs`; each command has a file of
//! its own under `command/`, with its rules and its tests.

mod apply;
pub mod command;
mod contact;
mod content;
mod deadline;
mod erasure;
mod head;
mod host_request;
mod message;
pub mod order;
mod rating;
mod relation;
mod ruling;
mod status;
#[cfg(test)]
mod tests;
mod wishes;

use serde::{Deserialize, Serialize};

pub use contact::{Contact, ContactValue};
pub use content::{
    Card, Content, FormAnswer, Insert, Mention, MentionTarget, Payment, PaymentStatus, SentForm,
};
pub use deadline::{DialogTimer, Since};
pub use erasure::Traces;
pub use head::Head;
pub use host_request::{HostRequest, Link, RequestDetails, RequestKind, RequestState, RequestStatus};
pub use message::{Author, Message, Notice, Receipt, Revision, Visibility};
pub use rating::{Rating, Score};
pub use ruling::{
    Candidate, Considered, Filtered, KeptRuling, PackedConsidered, Packing, Preference, Reason, Rule, Ruled,
    Ruling,
};
pub use status::{CloseReason, Status};
pub use wishes::Wishes;

use super::statistics::Progress;
use crate::ids::{AppId, ChannelId, ClientId, DialogId, MessageId, OperatorId, RequestId};
use crate::timestamp::Timestamp;

/// A dialog as it is now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dialog {
    /// Its id.
    pub id: DialogId,
    /// The channel in whose queue or hands it is; none of an internal one.
    pub channel: Option<ChannelId>,
    /// Who wrote, and where; nobody in an internal one.
    pub client: Option<Client>,
    /// Where it stands.
    pub status: Status,
    /// Who answers; a closed dialog keeps its last owner.
    pub owner: Option<OperatorId>,
    /// Who may write besides the owner.
    pub participants: Vec<OperatorId>,
    /// Who took part once and left, as everybody does when it is closed.
    pub former_participants: Vec<OperatorId>,
    /// Locked to its owner.
    pub pinned: bool,
    /// Whether it waits and this has been said, since it last entered the queue or lost an offer.
    pub announced: bool,
    /// Who skipped it or let an offer expire in the present round.
    pub round: Vec<OperatorId>,
    /// Capacity units with which it was last offered or answered.
    pub weight: u32,
    /// The client's dialog before this one.
    pub previous: Option<DialogId>,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it last entered a queue.
    pub entered_at: Timestamp,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
    /// The employees' name for it.
    pub title: Option<String>,
    /// Whose next messages are for employees only unless they say otherwise.
    pub hidden_mode: Vec<OperatorId>,
    /// What the client thought of it.
    pub rating: Option<Rating>,
    /// What a supervisor thought of it.
    pub score: Option<Score>,
    /// All that was written, oldest first.
    pub messages: Vec<Message>,
    /// Apps that were attached, in order.
    pub apps: Vec<AppId>,
    /// All that the host was asked to do for it, oldest first.
    pub requests: Vec<HostRequest>,
    /// Who owned it before.
    pub former_owners: Vec<OperatorId>,
    /// The message that has moved from it to a new dialog.
    pub moved: Option<MovedMessage>,
    /// When what was written in it was erased.
    pub erased_at: Option<Timestamp>,
    /// What is true of it alone, beside the rules of its channel.
    pub wishes: Option<Box<Wishes>>,
    /// What the dispatcher decided on it and why, oldest first.
    pub rulings: Vec<Ruled>,
    /// When it first entered a queue and was first answered.
    pub progress: Progress,
    /// When somebody last made it their own.
    pub owned_at: Option<Timestamp>,
    /// Channels in which nobody answered in time, and what they do about that has been done.
    pub unanswered_in: Vec<ChannelId>,
}

/// A message that goes on in another dialog.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovedMessage {
    /// Which.
    pub message: MessageId,
    /// Where it stands now, unless it has moved again.
    pub to: DialogId,
}

/// Somebody outside, as one channel knows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// The channel on which they write; it stays when the dialog moves to another channel.
    pub channel: ChannelId,
    /// The connector's id for them.
    pub id: ClientId,
    /// Their name, if the connector gave one.
    pub name: Option<String>,
}

impl Client {
    /// The channel on which they write, and the connector's id for them.
    pub fn key(&self) -> (ChannelId, ClientId) {
        (self.channel.clone(), self.id.clone())
    }

    /// What people call them: their name, or the connector's id.
    pub fn shown(&self) -> &str {
        self.name.as_deref().unwrap_or(self.id.as_str())
    }
}

impl Dialog {
    /// Whether `operator` is the owner of this open dialog.
    pub fn is_owner(&self, operator: &OperatorId) -> bool {
        self.owner.as_ref() == Some(operator)
    }

    /// Whether an offer to `operator` stands.
    pub fn is_offered_to(&self, operator: &OperatorId) -> bool {
        self.offered_to().contains(operator)
    }

    /// Everybody to whom an offer stands.
    pub fn offered_to(&self) -> &[OperatorId] {
        match &self.status {
            Status::Offered { to, .. } => to,
            _ => &[],
        }
    }

    /// Whether employees are among themselves: no client, no queue, no capacity.
    pub fn is_internal(&self) -> bool {
        self.client.is_none()
    }

    /// Everybody who ever owned it, took part in it or wrote in it, the owner first.
    pub fn everybody(&self) -> Vec<OperatorId> {
        let writers = self.messages.iter().filter_map(|message| message.author.operator());
        let former = self.former_owners.iter().chain(&self.former_participants);
        let people = self.owner.iter().chain(&self.participants).chain(former).chain(writers);
        let mut everybody = Vec::new();
        for operator in people {
            if !everybody.contains(operator) {
                everybody.push(operator.clone());
            }
        }
        everybody
    }

    /// Whether the engine has written for this rule.
    pub fn has_notice(&self, notice: Notice) -> bool {
        self.messages.iter().any(|message| message.author == Author::System(notice))
    }

    /// Whether a bot holds it, and it is this operator.
    pub fn is_held_by(&self, operator: &OperatorId) -> bool {
        self.status == Status::Bot && self.is_owner(operator)
    }

    /// Whether it has ended.
    pub fn is_closed(&self) -> bool {
        matches!(self.status, Status::Closed { .. })
    }

    /// Whether `operator` may write in it as the owner or a participant.
    pub fn takes_part(&self, operator: &OperatorId) -> bool {
        self.is_owner(operator) || self.participants.contains(operator)
    }

    /// Who may read what `operator` writes next: what they say, else what their hidden mode says. Among
    /// themselves employees always write for employees only.
    pub fn visibility_for(&self, operator: &OperatorId, hidden: Option<bool>) -> Visibility {
        let hidden = hidden.unwrap_or_else(|| self.hidden_mode.contains(operator));
        if hidden || self.is_internal() { Visibility::Hidden } else { Visibility::Public }
    }

    /// The message of this id.
    pub fn message(&self, id: MessageId) -> Option<&Message> {
        let place = self.messages.binary_search_by_key(&id, |message| message.id).ok()?;
        self.messages.get(place)
    }

    /// The request with this id, if it was made here.
    pub fn request(&self, id: RequestId) -> Option<&HostRequest> {
        let place = self.requests.binary_search_by_key(&id, |request| request.id).ok()?;
        self.requests.get(place)
    }

    /// What came of its deals at the host.
    pub fn links(&self) -> impl Iterator<Item = &Link> {
        let deals = self.requests.iter().filter(|request| request.kind == RequestKind::Deal);
        deals.filter_map(HostRequest::link)
    }

    /// What came of the requests about one of its messages.
    pub fn links_of(&self, message: MessageId) -> impl Iterator<Item = &Link> {
        let about = self.requests.iter().filter(move |request| request.message == Some(message));
        about.filter_map(HostRequest::link)
    }

    /// The id that the next request to the outside gets.
    pub fn next_request(&self) -> RequestId {
        RequestId::of(self.id, self.requests.len() as u32 + 1)
    }

    /// The id that the next message gets.
    pub fn next_message(&self) -> MessageId {
        self.message_behind(0)
    }

    /// The id that a message gets behind `ahead` others that are about to be written.
    pub fn message_behind(&self, ahead: usize) -> MessageId {
        MessageId::of(self.id, (self.messages.len() + ahead) as u32 + 1)
    }
}
