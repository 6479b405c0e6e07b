//! How queues are now, for who asks for figures. Nothing is counted here: whoever asks sums that up.

use super::Dispatcher;
use super::clients::no_such_channel;
use super::commands::no_such_operator;
use super::live::no_such_dialog;
use crate::actors::answer::{Counting, Pending};
use crate::actors::caller::Caller;
use crate::domain::query::Stats;
use crate::ids::DialogId;

impl Dispatcher {
    pub(super) fn stats(&mut self, stats: Stats, caller: Caller) {
        if stats.channel.as_ref().is_some_and(|channel| self.router.rules(channel).is_none()) {
            return self.reject(caller, no_such_channel("channel"));
        }
        // Figures of those who were dismissed can be asked for as well.
        if stats.operator.as_ref().is_some_and(|operator| !self.operators.contains_key(operator)) {
            return self.reject(caller, no_such_operator("operator"));
        }
        let now = self.now();
        let (waiting, first) = self.router.waiting(stats.channel.as_ref());
        let longest_wait_ms = first.map_or(0, |first| now.since_ms(first));
        let counting = Counting { stats, now, waiting: waiting as u64, longest_wait_ms };
        self.pending(Pending::Stats(Box::new(counting)), caller);
    }

    pub(super) fn position(&mut self, dialog: DialogId, caller: Caller) {
        if !self.exists(dialog) {
            return self.reject(caller, no_such_dialog());
        }
        let place = self.router.position(dialog);
        let waiting = place.map(|(position, channel)| (position, channel.clone()));
        self.pending(Pending::Position { waiting, now: self.now() }, caller);
    }
}
