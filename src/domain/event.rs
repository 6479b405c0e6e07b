//! What happened. Events are facts in the past tense; nothing else is written to the journal.
//!
//! Enums here are stored by position: append new variants and never reorder or remove one.

use serde::{Deserialize, Serialize};

use super::channel::ChannelSettings;
use super::dialog::{
    Client, CloseReason, FormAnswer, HostRequest, KeptRuling, Link, Message, PaymentStatus, Receipt,
    RequestKind, Visibility, Wishes,
};
use super::library::{Item, ItemId};
use super::operator::{OperatorSettings, Presence};
use crate::ids::{AppId, ChannelId, ClientId, DialogId, MessageId, OperatorId, RequestId};
use crate::timestamp::Timestamp;

/// What one command did, to one subject: the unit that is journaled whole or not at all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// When the command was admitted.
    pub at: Timestamp,
    /// What happened. May be empty: then it only keeps the clock or an idempotency key.
    pub events: Events,
}

/// The events of one change, by the kind of thing they happened to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Events {
    /// Nothing but the passing of time.
    Clock,
    /// Of a channel.
    Channel(ChannelId, Vec<ChannelEvent>),
    /// Of an operator.
    Operator(OperatorId, Vec<OperatorEvent>),
    /// Of a dialog.
    Dialog(DialogId, Vec<DialogEvent>),
    /// Of a thing of the library.
    Item(ItemId, Vec<ItemEvent>),
    /// Of an internal dialog: none of a client's business, nor of any queue's.
    Internal(DialogId, Vec<DialogEvent>),
}

impl Events {
    /// How many events there are; each takes one sequence number.
    pub fn len(&self) -> usize {
        match self {
            Self::Clock => 0,
            Self::Channel(_, events) => events.len(),
            Self::Operator(_, events) => events.len(),
            Self::Dialog(_, events) | Self::Internal(_, events) => events.len(),
            Self::Item(_, events) => events.len(),
        }
    }

    /// Whether nothing happened.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What happened to a channel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ChannelEvent {
    /// It was created or replaced.
    Put(Box<ChannelSettings>),
    /// Dialogs of its clients are kept for so long after they have closed; for ever, if nothing is said.
    RetentionPut {
        /// For how long.
        closed_after_ms: Option<u64>,
    },
}

/// What happened to a thing of the library.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ItemEvent {
    /// It was created or replaced.
    Put(Box<Item>),
}

/// What happened to an operator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum OperatorEvent {
    /// It was created or replaced.
    Put(Box<OperatorSettings>),
    /// It was dismissed.
    Removed,
    /// It came, went or stepped away.
    PresenceSet(Presence),
}

/// What happened to a dialog.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum DialogEvent {
    /// A client's first message opened it.
    Opened {
        /// The channel on which the client wrote, and whose queue it enters.
        channel: ChannelId,
        /// The client.
        client: ClientId,
        /// The client's name, if the connector gave one.
        client_name: Option<String>,
        /// The client's dialog before this one.
        previous: Option<DialogId>,
        /// What is true of it alone, beside the rules of its channel.
        wishes: Option<Box<Wishes>>,
    },
    /// It waits in its queue: nobody can take it now.
    Waiting {
        /// The channel of the queue.
        channel: ChannelId,
        /// Why nobody can.
        ruling: Option<KeptRuling>,
    },
    /// It was offered.
    Offered {
        /// To whom: one operator, or those added in mode `all`.
        operators: Vec<OperatorId>,
        /// When the offer ends by itself.
        deadline: Option<Timestamp>,
        /// Capacity units that the offer reserves.
        weight: u32,
        /// Why to them; nothing if somebody passed it on.
        ruling: Option<KeptRuling>,
    },
    /// The offer was taken back.
    OfferWithdrawn {
        /// From whom.
        operator: OperatorId,
    },
    /// The operator declined.
    OfferSkipped {
        /// Who.
        operator: OperatorId,
    },
    /// The operator did not answer in time.
    OfferExpired {
        /// Who.
        operator: OperatorId,
    },
    /// It has an owner.
    Answered {
        /// The owner.
        operator: OperatorId,
        /// Capacity units that it takes from the owner.
        weight: u32,
        /// Why the dispatcher assigned it to them; nothing if somebody answered or passed it on.
        ruling: Option<KeptRuling>,
    },
    /// It was passed on, or went back to its queue.
    Transferred {
        /// Who owned it.
        from: Option<OperatorId>,
        /// Where it went.
        to: Destination,
        /// Who did it; nobody if the engine did.
        by: Option<OperatorId>,
    },
    /// Somebody made it their own.
    Taken {
        /// The new owner.
        operator: OperatorId,
        /// The owner before.
        from: Option<OperatorId>,
        /// Capacity units that it takes from the new owner.
        weight: u32,
    },
    /// It was locked to its owner.
    Pinned {
        /// Who locked it.
        operator: OperatorId,
    },
    /// It was unlocked.
    Unpinned {
        /// Who unlocked it; its owner if the engine did.
        operator: OperatorId,
    },
    /// Something was written.
    MessageAdded(Box<Message>),
    /// It ended.
    Closed {
        /// Why.
        reason: CloseReason,
        /// Who ended it; nobody if the client or the engine did.
        by: Option<OperatorId>,
    },
    /// Somebody takes part in it.
    ParticipantJoined {
        /// Who.
        operator: OperatorId,
        /// Who brought them in; themselves if they came on their own.
        by: OperatorId,
    },
    /// Somebody no longer takes part in it.
    ParticipantLeft {
        /// Who.
        operator: OperatorId,
        /// Who ended it: themselves, a colleague, whoever closed the dialog; nobody if the engine did.
        by: Option<OperatorId>,
    },
    /// Employees call it otherwise.
    Renamed {
        /// The new title; none any more if there is none.
        title: Option<String>,
        /// Who renamed it.
        by: OperatorId,
    },
    /// From now on an operator writes for employees only, or no longer.
    HiddenModeSet {
        /// Who.
        operator: OperatorId,
        /// Whether for employees only.
        on: bool,
    },
    /// A message has another text.
    MessageEdited(Box<MessageEdit>),
    /// The text of a message was taken away.
    MessageDeleted {
        /// Which.
        message: MessageId,
        /// Who may know of it: whoever may read the message.
        visibility: Visibility,
        /// Who did it; nobody if the client did.
        by: Option<OperatorId>,
    },
    /// A message has got further on its way to the client.
    ReceiptUpdated {
        /// Which.
        message: MessageId,
        /// How far.
        state: Receipt,
    },
    /// The client said what they thought of it.
    Rated {
        /// From 1 to 5.
        score: u8,
        /// In the client's words.
        comment: Option<String>,
    },
    /// A supervisor said what they thought of it.
    Scored {
        /// From 1 to 5.
        rating: u8,
        /// In the supervisor's words.
        comment: Option<String>,
        /// Who.
        by: OperatorId,
    },
    /// A message speaks of an operator.
    OperatorMentioned {
        /// The message.
        message: MessageId,
        /// The operator.
        operator: OperatorId,
    },
    /// The client filled in a form.
    FormSubmitted {
        /// The message with the form.
        message: MessageId,
        /// The answers, in the order of the form.
        answers: Vec<(String, FormAnswer)>,
    },
    /// Something has become of a payment.
    PaymentUpdated {
        /// The message with the payment.
        message: MessageId,
        /// What.
        status: PaymentStatus,
    },
    /// An app was attached.
    AppAttached {
        /// The app.
        app: AppId,
        /// Who attached it.
        operator: OperatorId,
        /// The bot that takes part from now on.
        bot: Option<OperatorId>,
    },
    /// The host was asked to do something outside.
    RequestCreated(Box<HostRequest>),
    /// The host did it.
    RequestCompleted(Box<RequestCompleted>),
    /// The host could not do it.
    RequestFailed(Box<RequestFailed>),
    /// A message of the client's dialog before began it.
    OpenedByMove {
        /// The channel in whose hands it is.
        channel: ChannelId,
        /// The client.
        client: Box<Client>,
        /// The dialog from which the message came.
        previous: DialogId,
    },
    /// A message no longer stands in it but in a new dialog.
    MessageMoved {
        /// Which.
        message: MessageId,
        /// The new dialog.
        to: DialogId,
        /// Who moved it.
        by: OperatorId,
    },
    /// An employee opened it for employees: it is theirs from the start.
    OpenedInternally {
        /// Who.
        by: OperatorId,
    },
    /// What was written in it was erased.
    Erased,
    /// The same, and with it all that was ever written with its client.
    ClientErased {
        /// The channel on which the client wrote.
        channel: ChannelId,
        /// The client.
        client: ClientId,
    },
    /// It is so urgent from now on.
    PrioritySet {
        /// Larger is more urgent.
        priority: i32,
        /// Who said so.
        by: OperatorId,
    },
    /// A bot met the client and holds it.
    BotJoined {
        /// The bot.
        operator: OperatorId,
    },
    /// Nobody answered in time, and the queue that should have taken it over was full: it stays.
    OverflowFull {
        /// The channel of that queue.
        channel: ChannelId,
    },
}

/// A message has another text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageEdit {
    /// Which.
    pub message: MessageId,
    /// The new text.
    pub text: String,
    /// Who may know of it: whoever may read the message.
    pub visibility: Visibility,
    /// Who did it; nobody if the client did.
    pub by: Option<OperatorId>,
}

impl DialogEvent {
    /// The request to the outside that it is about, if it is about one.
    pub fn request(&self) -> Option<RequestId> {
        match self {
            Self::RequestCreated(request) => Some(request.id),
            Self::RequestCompleted(completed) => Some(completed.request),
            Self::RequestFailed(failed) => Some(failed.request),
            _ => None,
        }
    }
}

/// The host did what a request asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestCompleted {
    /// Which.
    pub request: RequestId,
    /// What was asked for.
    pub kind: RequestKind,
    /// The message that it was about.
    pub message: Option<MessageId>,
    /// What came of it.
    pub link: Link,
}

/// The host could not do what a request asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestFailed {
    /// Which.
    pub request: RequestId,
    /// What was asked for.
    pub kind: RequestKind,
    /// The message that it was about.
    pub message: Option<MessageId>,
    /// Why it could not be done.
    pub reason: String,
    /// When it is to be tried again; never, if it failed for good.
    pub retry_at: Option<Timestamp>,
}

/// Where a transfer goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Destination {
    /// To a colleague.
    Operator(OperatorId),
    /// To the queue of a channel.
    Channel(ChannelId),
}
