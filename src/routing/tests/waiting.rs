//! How many dialogs the queues of the small world may hold, counted from the dialogs alone.

use std::collections::BTreeMap;

use super::world::{Action, Opening, Order, World};
use crate::domain::channel::Accept;
use crate::domain::dialog::command::Placement;
use crate::domain::dialog::{Dialog, DialogTimer, Status};
use crate::ids::{ChannelId, DialogId};
use crate::routing::Directive;

/// Whether the dialog waits in this queue or is offered by it.
pub(super) fn is_in_queue(dialog: &Dialog, channel: &ChannelId) -> bool {
    let unanswered = matches!(dialog.status, Status::Waiting | Status::Offered { .. });
    unanswered && dialog.channel.as_ref() == Some(channel)
}

impl Order {
    /// The queue into which it brings a dialog that was not there, if a place was asked for.
    fn enters(&self) -> Option<&ChannelId> {
        match self {
            Self::Open(Opening { channel, placement, ends: false, .. }) => {
                matches!(placement, Placement::Waiting | Placement::Offered(_)).then_some(channel)
            }
            Self::Do(Action::Move(channel), told) if !told.full && !told.ends => Some(channel),
            Self::TimeOut { timer: DialogTimer::NoAnswer, desk, overflow_full: false } => {
                desk.channel.as_ref()?.settings.no_answer.as_ref()?.overflow_channel.as_ref()
            }
            _ => None,
        }
    }

    /// Whether it may bring a dialog into a queue without being asked for a place.
    pub(super) fn is_unbounded(&self) -> bool {
        match self {
            Self::Do(Action::Pass(_), _) => true,
            Self::Direct(directive, ..) => matches!(directive, Directive::ReturnToQueue { .. }),
            Self::TimeOut { timer, .. } => *timer == DialogTimer::HandOff,
            _ => false,
        }
    }
}

impl World {
    /// Dialogs that wait or are offered in this queue, or are on their way there.
    pub(super) fn taken(&self, channel: &ChannelId) -> usize {
        let is_there =
            |dialog: &DialogId| self.dialogs.get(dialog).is_some_and(|dialog| is_in_queue(dialog, channel));
        let coming = self.orders.iter().filter(|(dialog, orders)| {
            !is_there(dialog) && orders.iter().any(|order| order.enters() == Some(channel))
        });
        self.dialogs.keys().filter(|dialog| is_there(dialog)).count() + coming.count()
    }

    fn counts(&self) -> BTreeMap<ChannelId, usize> {
        self.channels.keys().map(|channel| (channel.clone(), self.taken(channel))).collect()
    }

    /// What has just come into a queue was not bounded: a dialog passed from hand to hand, returned by who left,
    /// or there before the bound was.
    pub(super) fn tolerate_waiting(&mut self) {
        for (channel, taken) in self.counts() {
            let tolerated = self.tolerated.entry(channel).or_default();
            *tolerated = taken.max(*tolerated);
        }
    }

    /// No queue holds more than its bound, except what it had to take. Where answers are automatic, a dialog may
    /// come in that will not stay.
    pub(super) fn check_waiting(&mut self) {
        for (channel, taken) in self.counts() {
            if self.channels[&channel].settings.queue.accept == Accept::Answer {
                self.check_bound(&channel, taken);
            }
        }
    }

    /// The same when nothing more follows: whatever came in was given to somebody, or had a place.
    pub(super) fn check_waiting_settled(&mut self) {
        for (channel, taken) in self.counts() {
            self.check_bound(&channel, taken);
        }
    }

    fn check_bound(&mut self, channel: &ChannelId, taken: usize) {
        let tolerated = self.tolerated.entry(channel.clone()).or_default();
        if let Some(most) = self.channels[channel].settings.max_waiting {
            let most = (most as usize).max(*tolerated);
            assert!(taken <= most, "{taken} dialogs wait in {channel}, where {most} may");
        }
        *tolerated = taken.min(*tolerated);
    }
}
