//! What there is to count of a change. Nothing is kept here.

use super::standing::Standing;
use crate::domain::channel::ChannelSettings;
use crate::domain::dialog::CloseReason;
use crate::domain::event::{Change, ChannelEvent, Destination, DialogEvent, Events, OperatorEvent};
use crate::domain::operator::{OperatorKind, Presence};
use crate::ids::{ChannelId, OperatorId};
use crate::timestamp::Timestamp;

/// Something to count, and when it happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// When.
    pub at: Timestamp,
    /// What.
    pub counted: Counted,
}

/// Something to count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Counted {
    /// A dialog entered a queue by opening.
    Offered(ChannelId),
    /// A dialog has this owner from now on.
    Owned {
        /// In which channel.
        channel: ChannelId,
        /// The owner.
        operator: OperatorId,
        /// Capacity units.
        weight: u32,
        /// If this was the first answer, how long the client had waited.
        first_wait_ms: Option<u64>,
        /// Whether it had no owner just before.
        from_queue: bool,
    },
    /// A dialog no longer has this owner.
    Released {
        /// Who owned it.
        operator: OperatorId,
        /// Capacity units.
        weight: u32,
    },
    /// A dialog was closed.
    Closed {
        /// In which channel.
        channel: ChannelId,
        /// Who owned it, and the capacity units.
        held: Option<(OperatorId, u32)>,
        /// As what it counts.
        ending: Ending,
    },
    /// An operator is not what it was.
    Operator(OperatorId, OperatorChange),
    /// A channel has these members.
    Members(ChannelId, Vec<OperatorId>),
}

/// As what a dialog that was closed counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Nobody had answered it, and the client left or was turned away.
    Abandoned,
    /// It was over, so long after its first answer.
    Handled(u64),
    /// As nothing: spam, moved, or ended by an employee without an answer.
    Nothing,
}

/// What changed of an operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperatorChange {
    /// It has so many units; a bot has none.
    Capacity(u32),
    /// It is online, or no longer.
    Online(bool),
    /// It was dismissed.
    Removed,
}

impl Tally {
    /// Tells what there is to count of a change. `standing` is how its dialog stood before; without it a change
    /// of a dialog that was open before counts for nothing.
    pub fn of(change: &Change, standing: Option<&Standing>, mut tell: impl FnMut(Self)) {
        let at = change.at;
        let mut tell = |counted| tell(Self { at, counted });
        match &change.events {
            Events::Dialog(_, events) => of_dialog(events, standing, &mut tell),
            Events::Operator(operator, events) => {
                for event in events {
                    of_operator(event, |change| tell(Counted::Operator(operator.clone(), change)));
                }
            }
            Events::Channel(channel, events) => {
                for event in events {
                    if let ChannelEvent::Put(settings) = event {
                        tell(Counted::Members(channel.clone(), members(settings)));
                    }
                }
            }
            Events::Clock | Events::Item(..) | Events::Internal(..) => {}
        }
    }
}

fn members(settings: &ChannelSettings) -> Vec<OperatorId> {
    let mut members: Vec<_> = settings.queue.members.iter().map(|member| member.operator.clone()).collect();
    members.sort_unstable();
    members
}

fn of_operator(event: &OperatorEvent, mut tell: impl FnMut(OperatorChange)) {
    match event {
        OperatorEvent::Put(settings) => tell(OperatorChange::Capacity(match settings.kind {
            OperatorKind::Human => settings.capacity,
            OperatorKind::Bot => 0,
        })),
        OperatorEvent::Removed => tell(OperatorChange::Removed),
        OperatorEvent::PresenceSet(presence) => tell(OperatorChange::Online(*presence == Presence::Online)),
    }
}

/// How a dialog stands while its events are gone through.
struct Course<'a> {
    /// Whether a bot meets the client: then it does not enter its queue yet.
    met_by_bot: bool,
    channel: Option<&'a ChannelId>,
    apart: bool,
    waited_ms: Option<u64>,
    handled_ms: Option<u64>,
    held: Option<(&'a OperatorId, u32)>,
}

fn of_dialog(events: &[DialogEvent], standing: Option<&Standing>, tell: &mut impl FnMut(Counted)) {
    let mut course = Course {
        met_by_bot: events.iter().any(|event| matches!(event, DialogEvent::BotJoined { .. })),
        channel: standing.map(|standing| &standing.channel),
        apart: standing.is_some_and(|standing| standing.apart),
        waited_ms: standing.and_then(|standing| standing.waited_ms),
        handled_ms: standing.and_then(|standing| standing.handled_ms),
        held: standing.and_then(|standing| standing.held.as_ref()).map(|(who, units)| (who, *units)),
    };
    events.iter().for_each(|event| course.follow(event, tell));
}

impl<'a> Course<'a> {
    fn follow(&mut self, event: &'a DialogEvent, tell: &mut impl FnMut(Counted)) {
        match event {
            DialogEvent::Opened { channel, .. } => {
                self.channel = Some(channel);
                if !self.met_by_bot {
                    self.enter(tell);
                }
            }
            DialogEvent::OpenedByMove { channel, .. } => {
                self.channel = Some(channel);
                self.apart = true;
            }
            DialogEvent::Answered { operator, weight, .. } | DialogEvent::Taken { operator, weight, .. } => {
                self.own(operator, *weight, tell);
            }
            DialogEvent::Transferred { to, .. } => {
                self.release(tell);
                if let (Destination::Channel(channel), Some(_)) = (to, self.channel) {
                    self.channel = Some(channel);
                }
                self.enter(tell);
            }
            DialogEvent::Closed { reason, .. } => self.close(*reason, tell),
            _ => {}
        }
    }

    /// Into a queue: the first time counts. That is at the opening, or for a dialog that a bot held first,
    /// when it is passed on.
    fn enter(&mut self, tell: &mut impl FnMut(Counted)) {
        if let (Some(channel), None, false) = (self.channel, self.waited_ms, self.apart) {
            self.waited_ms = Some(0);
            tell(Counted::Offered(channel.clone()));
        }
    }

    fn own(&mut self, operator: &'a OperatorId, weight: u32, tell: &mut impl FnMut(Counted)) {
        let Some(channel) = self.channel else { return };
        let from_queue = self.held.is_none();
        self.release(tell);
        let is_first = self.handled_ms.is_none() && !self.apart;
        tell(Counted::Owned {
            channel: channel.clone(),
            operator: operator.clone(),
            weight,
            first_wait_ms: is_first.then(|| self.waited_ms.unwrap_or(0)),
            from_queue: from_queue && !self.apart,
        });
        self.handled_ms.get_or_insert(0);
        self.held = Some((operator, weight));
    }

    fn release(&mut self, tell: &mut impl FnMut(Counted)) {
        if let Some((operator, weight)) = self.held.take() {
            tell(Counted::Released { operator: operator.clone(), weight });
        }
    }

    fn close(&mut self, reason: CloseReason, tell: &mut impl FnMut(Counted)) {
        let Some(channel) = self.channel else { return };
        let ending = match (self.handled_ms, reason) {
            _ if self.apart => Ending::Nothing,
            (_, CloseReason::Spam | CloseReason::Moved) => Ending::Nothing,
            (Some(handled_ms), _) => Ending::Handled(handled_ms),
            (None, CloseReason::Abandoned | CloseReason::Rejected) => Ending::Abandoned,
            (None, CloseReason::Finished | CloseReason::Expired) => Ending::Nothing,
        };
        let held = self.held.take().map(|(operator, weight)| (operator.clone(), weight));
        if held.is_some() || ending != Ending::Nothing {
            tell(Counted::Closed { channel: channel.clone(), held, ending });
        }
    }
}
