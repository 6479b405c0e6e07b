//! What the router has to know of an event of a dialog. No event is decided here.

use smallvec::SmallVec;

use crate::domain::dialog::{Author, DialogTimer, Notice};
use crate::domain::event::{Destination, DialogEvent};
use crate::ids::{ChannelId, OperatorId};
use crate::timestamp::Timestamp;

/// The part of a [`DialogEvent`] that changes who holds, waits for or may get a dialog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// It has been said that it waits.
    Announced,
    /// It was offered.
    Offered {
        /// To whom: all those who were added.
        operators: SmallVec<[OperatorId; 1]>,
        /// When the offer ends by itself.
        deadline: Option<Timestamp>,
        /// Capacity units of the offer.
        weight: u32,
        /// Whether it is for one alone because the dialog prefers them, also in mode `all`.
        alone: bool,
        /// Whether the dispatcher decided so, and no colleague who passed it on.
        given: bool,
    },
    /// The offer to one operator ended without an answer.
    OfferEnded {
        /// Whose.
        operator: OperatorId,
        /// Whether the operator has had it: skipped it or let it expire.
        declined: bool,
    },
    /// It has this owner.
    Owned {
        /// The owner.
        operator: OperatorId,
        /// Capacity units that it takes from the owner.
        weight: u32,
        /// Since when.
        at: Timestamp,
        /// Whether the owner answered it, by hand or by rule, and did not take it from another.
        answered: bool,
    },
    /// A bot holds it: it is in no queue yet.
    BotHolds {
        /// The bot.
        operator: OperatorId,
    },
    /// It is locked to its owner no longer.
    Unpinned,
    /// What was thought to be due is not: it will be then, as everything is now.
    NotYet {
        /// What.
        timer: DialogTimer,
        /// When.
        at: Timestamp,
    },
    /// Nobody owns it and no offer stands: it was passed on.
    Transferred {
        /// The channel into whose queue it went; `None` if it went to one operator alone.
        channel: Option<ChannelId>,
        /// When that was; its place in the queue counts from here.
        entered_at: Timestamp,
        /// Whether that is what the channel where it was does when nobody answers in time.
        overflows: bool,
    },
    /// Nobody answered in time, and its channel has done what it does about that.
    Unanswered,
    /// It is so urgent from now on.
    Prioritised {
        /// Larger is more urgent.
        priority: i32,
    },
    /// An operator wrote in it.
    Wrote {
        /// Who.
        operator: OperatorId,
    },
    /// It ended.
    Closed,
}

impl Fact {
    /// The facts in what was decided at once. A comment on the way to somebody else is no reply.
    pub fn all(events: &[DialogEvent], at: Timestamp) -> impl Iterator<Item = Self> {
        let next = events.iter().skip(1).map(Some).chain([None]);
        let is_passed_on = |next| matches!(next, Some(&DialogEvent::Transferred { .. }));
        events.iter().zip(next).filter_map(move |(event, next)| {
            Self::of(event, at).filter(|fact| !matches!(fact, Self::Wrote { .. }) || !is_passed_on(next))
        })
    }

    /// The fact in an event that happened at `at`, if it holds one.
    fn of(event: &DialogEvent, at: Timestamp) -> Option<Self> {
        Some(match event {
            DialogEvent::Waiting { .. } => Self::Announced,
            DialogEvent::Offered { operators, deadline, weight, ruling } => Self::Offered {
                operators: operators.iter().cloned().collect(),
                deadline: *deadline,
                weight: *weight,
                alone: ruling.as_ref().is_some_and(|ruling| ruling.preferred.is_some()),
                given: ruling.is_some(),
            },
            DialogEvent::PrioritySet { priority, .. } => Self::Prioritised { priority: *priority },
            DialogEvent::OfferWithdrawn { operator } => {
                Self::OfferEnded { operator: operator.clone(), declined: false }
            }
            DialogEvent::OfferSkipped { operator } | DialogEvent::OfferExpired { operator } => {
                Self::OfferEnded { operator: operator.clone(), declined: true }
            }
            DialogEvent::Answered { operator, weight, .. } => {
                Self::Owned { operator: operator.clone(), weight: *weight, at, answered: true }
            }
            DialogEvent::Taken { operator, weight, .. } => {
                Self::Owned { operator: operator.clone(), weight: *weight, at, answered: false }
            }
            DialogEvent::Transferred { from, to, by } => {
                let channel = match to {
                    Destination::Channel(channel) => Some(channel.clone()),
                    Destination::Operator(_) => None,
                };
                // Nobody owned it and nobody passed it on.
                Self::Transferred { channel, entered_at: at, overflows: from.is_none() && by.is_none() }
            }
            DialogEvent::MessageAdded(message) => match &message.author {
                Author::Operator(operator) => Self::Wrote { operator: operator.clone() },
                Author::System(Notice::NoAnswer) => Self::Unanswered,
                _ => return None,
            },
            DialogEvent::Closed { .. } => Self::Closed,
            DialogEvent::BotJoined { operator } => Self::BotHolds { operator: operator.clone() },
            DialogEvent::Unpinned { .. } => Self::Unpinned,
            DialogEvent::OverflowFull { .. } => Self::Unanswered,
            DialogEvent::Opened { .. }
            | DialogEvent::Pinned { .. }
            | DialogEvent::ParticipantJoined { .. }
            | DialogEvent::ParticipantLeft { .. }
            | DialogEvent::Renamed { .. }
            | DialogEvent::HiddenModeSet { .. }
            | DialogEvent::MessageEdited(_)
            | DialogEvent::MessageDeleted { .. }
            | DialogEvent::ReceiptUpdated { .. }
            | DialogEvent::Rated { .. }
            | DialogEvent::Scored { .. }
            | DialogEvent::OperatorMentioned { .. }
            | DialogEvent::FormSubmitted { .. }
            | DialogEvent::PaymentUpdated { .. }
            | DialogEvent::OpenedInternally { .. }
            | DialogEvent::OpenedByMove { .. }
            | DialogEvent::MessageMoved { .. }
            | DialogEvent::AppAttached { .. }
            | DialogEvent::RequestCreated(_)
            | DialogEvent::RequestCompleted(_)
            | DialogEvent::RequestFailed(_)
            | DialogEvent::Erased
            | DialogEvent::ClientErased { .. } => return None,
        })
    }

    /// Those whom this fact makes the last to be touched, in order: who is given a dialog by the
    /// dispatcher, answers or writes. What colleagues pass on or take does not count.
    pub(super) fn touched(&self) -> &[OperatorId] {
        match self {
            Self::Offered { operators, given: true, .. } => operators,
            Self::Owned { operator, answered: true, .. } | Self::Wrote { operator } => {
                std::slice::from_ref(operator)
            }
            _ => &[],
        }
    }
}
