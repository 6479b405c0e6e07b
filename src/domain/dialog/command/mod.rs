//! The commands on a dialog, one per file: who may, when, and which events it makes.
//!
//! A command here may not look at anything but the dialog and its [`Context`].

mod accept_and_finish;
mod answer;
mod attach_app;
mod client_delete;
mod client_edit;
mod client_leave;
mod client_typing;
mod complete_request;
mod compose;
mod create_event;
mod create_task;
mod delete_message;
mod discuss;
mod edit_message;
mod erase_client;
mod fail_request;
mod finish;
mod from_message;
mod guard;
mod invite;
mod join;
mod leave;
mod lookup;
mod move_to_new;
pub(super) mod notices;
mod pin;
mod pin_all;
mod post_to_feed;
mod rate;
mod receive;
mod record_receipt;
mod remove_participant;
mod rename;
mod save_to_crm;
mod score_dialog;
mod send_canned;
mod send_card;
mod send_form;
mod send_payment;
mod set_hidden_mode;
mod set_priority;
mod skip;
mod spam;
pub(super) mod steps;
mod submit_form;
mod take;
#[cfg(test)]
mod tests;
mod transfer;
mod typing;
mod unpin;
mod unpin_all;
mod update_payment;
mod write_reply;

pub use accept_and_finish::AcceptAndFinish;
pub use answer::Answer;
pub use attach_app::AttachApp;
pub use client_delete::ClientDelete;
pub use client_edit::ClientEdit;
pub use client_leave::ClientLeave;
pub use client_typing::ClientTyping;
pub use complete_request::CompleteRequest;
pub use compose::NewMention;
pub use create_event::CreateEvent;
pub use create_task::CreateTask;
pub use delete_message::DeleteMessage;
pub use discuss::Discuss;
pub use edit_message::EditMessage;
pub use erase_client::{Erase, EraseClient};
pub use fail_request::FailRequest;
pub use finish::Finish;
pub use from_message::FromMessage;
pub use guard::{internal, no_such_message, queue_full};
pub use invite::Invite;
pub use join::Join;
pub use leave::Leave;
pub use lookup::{CannedAtHand, Lookup, SeenMessage};
pub use move_to_new::{Move, MoveToNew};
pub use pin::Pin;
pub use pin_all::PinAll;
pub use post_to_feed::PostToFeed;
pub use rate::Rate;
pub use receive::Receive;
pub use record_receipt::RecordReceipt;
pub use remove_participant::RemoveParticipant;
pub use rename::Rename;
pub use save_to_crm::SaveToCrm;
pub use score_dialog::ScoreDialog;
pub use send_canned::SendCanned;
pub use send_card::SendCard;
pub use send_form::SendForm;
pub use send_payment::SendPayment;
pub use set_hidden_mode::SetHiddenMode;
pub use set_priority::SetPriority;
pub use skip::Skip;
pub use spam::Spam;
pub(super) use steps::to_queue;
pub use submit_form::SubmitForm;
pub use take::Take;
pub use transfer::Transfer;
pub use typing::Typing;
pub use unpin::Unpin;
pub use unpin_all::UnpinAll;
pub use update_payment::UpdatePayment;
pub use write_reply::WriteReply;

use std::sync::Arc;

use super::{Dialog, DialogTimer, KeptRuling};
use crate::domain::channel::{Accept, Channel, ChannelSettings, QueueMode};
use crate::domain::event::DialogEvent;
use crate::domain::operator::Role;
use crate::domain::reply::Reply;
use crate::error::Rejection;
use crate::ids::{DialogId, MessageId, OperatorId};
use crate::timestamp::Timestamp;

/// What a command needs to know besides the dialog.
#[derive(Debug, Clone)]
pub struct Context {
    /// The time of the command.
    pub now: Timestamp,
    /// The operator who acts; nobody for the connector and the engine itself.
    pub actor: Option<Actor>,
    /// What the dispatcher knows.
    pub desk: Desk,
}

impl Context {
    /// The operator who acts, where somebody has to.
    ///
    /// # Errors
    /// `invalid_argument` for `as`, if nobody does.
    pub fn acting(&self) -> Result<&Actor, Rejection> {
        self.actor.as_ref().ok_or_else(|| Rejection::invalid("as", "only an operator may do that: say who"))
    }
}

/// The operator who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// Who.
    pub operator: OperatorId,
    /// What they may do.
    pub role: Role,
    /// Whether they are a member of the queue of the dialog's channel.
    pub member: bool,
}

/// What the dispatcher knows when it passes a command on, and the dialog does not.
#[derive(Debug, Clone, PartialEq)]
pub struct Desk {
    /// The rules of the channel whose queue the dialog is in.
    pub rules: OfferRules,
    /// Whether capacity is reserved for the operator who would get the dialog by this command.
    pub room: bool,
    /// Whether the target of a transfer is there.
    pub reachable: bool,
    /// Where the client's message is stored already: in an earlier dialog.
    pub duplicate_of: Option<(DialogId, MessageId)>,
    /// Whether the channel of the dialog asks for a rating.
    pub rating: bool,
    /// What was looked up elsewhere for this command.
    pub lookup: Lookup,
    /// The channel of the dialog, if it says or does anything by itself.
    pub channel: Option<Arc<Channel>>,
    /// The channel whose queue the dialog would enter by this command, if it is closed now.
    pub closed_queue: Option<Arc<Channel>>,
    /// The name of the dialog's owner, or else of who acts.
    pub operator_name: Option<String>,
    /// Why the dispatcher decided as it did.
    pub ruling: Option<KeptRuling>,
    /// Who owned the client's dialog before.
    pub last_operator: Option<OperatorId>,
    /// Whether the queue to which the dialog would go takes one more.
    pub queue_full: bool,
}

impl Desk {
    /// When an offer that the dispatcher makes at `now` ends by itself: whom a dialog prefers has it alone
    /// first, and so not without end.
    pub fn offer_deadline(&self, now: Timestamp) -> Option<Timestamp> {
        match self.ruling.as_ref().is_some_and(|ruling| ruling.preferred.is_some()) {
            true => self.rules.deadline_alone(now),
            false => self.rules.deadline(now),
        }
    }

    /// A desk with these rules, and nothing in the way.
    pub fn new(rules: OfferRules) -> Self {
        Self {
            rules,
            room: true,
            reachable: true,
            duplicate_of: None,
            rating: false,
            lookup: Lookup::Nothing,
            channel: None,
            closed_queue: None,
            operator_name: None,
            ruling: None,
            last_operator: None,
            queue_full: false,
        }
    }

    /// The channel of this dialog, if it says or does anything by itself. The dialog may have gone on
    /// to another since the dispatcher looked.
    pub(super) fn channel_of(&self, dialog: &Dialog) -> Option<&Channel> {
        self.channel.as_deref().filter(|channel| dialog.channel.as_ref() == Some(&channel.id))
    }

    /// The channel of this dialog, if by its rules this happens to the dialog now.
    pub(super) fn due(&self, dialog: &Dialog, timer: DialogTimer, now: Timestamp) -> Option<&Channel> {
        let channel = self.channel_of(dialog)?;
        let deadline = dialog.deadline(timer, &channel.settings)?;
        (deadline <= now).then_some(channel)
    }

    /// Whether the dialog ends when it enters the queue that it would enter.
    pub fn ends_at_the_door(&self) -> bool {
        self.closed_queue.as_ref().is_some_and(|channel| channel.settings.off_hours.close)
    }
}

/// How a channel gives its dialogs out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfferRules {
    /// Who among the eligible.
    pub mode: QueueMode,
    /// Whether an operator has to answer.
    pub accept: Accept,
    /// Capacity units of one dialog.
    pub weight: u32,
    /// How long an offer stands; 0: without end.
    pub offer_timeout_ms: u64,
}

impl OfferRules {
    /// Those of a channel.
    pub fn of(settings: &ChannelSettings) -> Self {
        let ChannelSettings { queue, weight, .. } = settings;
        Self {
            mode: queue.mode,
            accept: queue.accept,
            weight: *weight,
            offer_timeout_ms: queue.offer_timeout_ms,
        }
    }

    /// When an offer made at `now` by the rule of the queue ends by itself.
    pub fn deadline(&self, now: Timestamp) -> Option<Timestamp> {
        (self.mode != QueueMode::All).then(|| self.deadline_alone(now)).flatten()
    }

    /// When an offer to one operator alone ends by itself, whatever the rule of the queue.
    pub fn deadline_alone(&self, now: Timestamp) -> Option<Timestamp> {
        (self.offer_timeout_ms > 0).then(|| now.plus_ms(self.offer_timeout_ms))
    }
}

/// What a command does when it is allowed: events to keep and an answer to give.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// What happened, in order; may be nothing.
    pub events: Vec<DialogEvent>,
    /// What to tell who asked.
    pub reply: Reply,
}

impl Decision {
    /// These events and no more to say.
    pub fn done(events: Vec<DialogEvent>) -> Self {
        Self { events, reply: Reply::Done }
    }

    /// It was so already.
    pub fn nothing() -> Self {
        Self::done(Vec::new())
    }
}

/// A command on a dialog.
pub trait DialogCommand {
    /// Whether it may be done, and what happens then. Changes nothing.
    ///
    /// # Errors
    /// The [`Rejection`] that ranks first: permission, then status, then capacity.
    fn decide(&self, dialog: &Dialog, context: &Context) -> Result<Decision, Rejection>;
}

/// Where the dispatcher puts a dialog that is just being opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Placement {
    /// Nobody eligible can take it now.
    Waiting,
    /// Offered to these; more than one only in mode `all`. Never empty.
    Offered(Vec<OperatorId>),
    /// Given to this operator, who has answered by the rule `accept: auto`.
    Assigned(OperatorId),
    /// Held by this bot, in no queue yet.
    Bot(OperatorId),
}
