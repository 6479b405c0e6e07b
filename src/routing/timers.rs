//! What falls due when, in the order in which it is carried out. What each does then is not known here.

use std::collections::BTreeSet;

use super::registry::{LineIndex, OperatorIndex};
use crate::ids::DialogId;
use crate::timestamp::Timestamp;

/// What falls due. Of what falls due at the same instant the first here comes first, and the queue is
/// matched before the next kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum TimerKind {
    /// A channel opens or closes.
    Hours,
    /// Less is required of an operator, or one may be given dialogs again: relaxation and fairness.
    Eligibility,
    /// An offer ends, or a bot hands a dialog to the queue.
    Offer,
    /// Nobody has answered for long.
    NoAnswer,
    /// The client has waited for long.
    Abandonment,
    /// Nothing was written for long.
    Closing,
}

/// What a timer is about; within one kind the smaller comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Subject {
    Dialog(DialogId),
    Operator(OperatorIndex),
    Line(LineIndex),
}

/// All deadlines. A timer is set and unset with the same three parts.
#[derive(Debug, Default)]
pub(super) struct Timers(BTreeSet<(Timestamp, TimerKind, Subject)>);

impl Timers {
    pub(super) fn set(&mut self, at: Timestamp, kind: TimerKind, subject: Subject) {
        self.0.insert((at, kind, subject));
    }

    pub(super) fn unset(&mut self, at: Timestamp, kind: TimerKind, subject: Subject) {
        self.0.remove(&(at, kind, subject));
    }

    /// When the next one falls due.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.0.first().map(|(at, _, _)| *at)
    }

    /// Takes out what falls due first, unless that is later than `now`: everything of one kind at one
    /// instant.
    pub(super) fn take_due(&mut self, now: Timestamp) -> Option<(Timestamp, TimerKind, Vec<Subject>)> {
        let (at, kind, _) = self.0.first().copied().filter(|(at, _, _)| *at <= now)?;
        let mut subjects = Vec::new();
        while let Some((_, _, subject)) =
            self.0.first().copied().filter(|(other, of, _)| (*other, *of) == (at, kind))
        {
            self.0.pop_first();
            subjects.push(subject);
        }
        Some((at, kind, subjects))
    }

    pub(super) fn contains(&self, at: Timestamp, kind: TimerKind, subject: Subject) -> bool {
        self.0.contains(&(at, kind, subject))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &(Timestamp, TimerKind, Subject)> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_falls_due_together_comes_by_kind_and_then_by_dialog() {
        let mut timers = Timers::default();
        let at = Timestamp::from_millis;
        let dialog = |id| Subject::Dialog(DialogId(id));
        timers.set(at(5), TimerKind::Closing, dialog(1));
        timers.set(at(5), TimerKind::Offer, dialog(9));
        timers.set(at(5), TimerKind::Offer, dialog(2));
        timers.set(at(7), TimerKind::Offer, dialog(3));
        timers.set(at(4), TimerKind::NoAnswer, dialog(4));
        timers.unset(at(4), TimerKind::NoAnswer, dialog(4));
        assert_eq!(timers.next(), Some(at(5)));
        assert_eq!(timers.take_due(at(4)), None);
        assert_eq!(timers.take_due(at(6)), Some((at(5), TimerKind::Offer, vec![dialog(2), dialog(9)])));
        assert_eq!(timers.take_due(at(6)), Some((at(5), TimerKind::Closing, vec![dialog(1)])));
        assert_eq!(timers.take_due(at(6)), None);
    }
}
