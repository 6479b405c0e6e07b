//! What the router knows of an open dialog. Mirrors the dialog's state; decides nothing.

use smallvec::SmallVec;

use super::clocks::Clocks;
use super::registry::{LineIndex, OperatorIndex};
use super::score::Score;
use super::sorted::OperatorSet;
use crate::timestamp::Timestamp;

/// An open dialog, or one that closed and from which something is still to come back.
#[derive(Debug, Clone)]
pub(super) struct Ticket {
    pub line: LineIndex,
    pub entered_at: Timestamp,
    pub holder: Holder,
    pub announced: bool,
    /// Who has had it in this round.
    pub round: OperatorSet,
    pub weight: u32,
    /// What is under way to the dialog, oldest first.
    pub trips: SmallVec<[Trip; 2]>,
    /// In which set of its line it stands.
    pub listed: Listed,
    /// The line in which it stands for all, and its number there.
    pub standing: Option<(LineIndex, u64)>,
    /// In mode `all`: to whom it may have to be offered as well.
    pub missing: Missing,
    pub opened_at: Timestamp,
    /// Whether somebody has ever answered it, and when they last did.
    pub answered: bool,
    pub owned_at: Timestamp,
    /// Its timers that stand, apart from its offer's.
    pub clocks: Option<Box<Clocks>>,
}

/// Who has it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Holder {
    /// The queue.
    Nobody,
    /// These may answer it; never empty.
    Offered { to: OperatorSet, deadline: Option<Timestamp> },
    /// The owner.
    Owner(OperatorIndex),
    /// The bot that met the client.
    Bot(OperatorIndex),
    /// It has ended.
    Closed,
}

/// Something told to the dialog whose outcome is not known yet.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Trip {
    /// What is set aside in case the dialog decides for it.
    pub reservation: Option<Reservation>,
    /// Whether it takes something back, and matching waits for it.
    pub mends: bool,
    /// The line in which a place is held for the dialog, in case it goes there.
    pub entering: Option<LineIndex>,
}

/// Units for the operator who would get the dialog.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Reservation {
    pub operator: OperatorIndex,
    pub units: u32,
    /// Whether they are charged; not while an offer or the ownership is, which they would repeat.
    pub charged: bool,
}

/// In which set of which line a dialog stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Listed {
    Nowhere,
    Waiting(LineIndex, Score),
    Offered(LineIndex),
}

/// To whom a dialog that stands for all may have to be offered as well.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Missing {
    /// These.
    Some(OperatorSet),
    /// Whoever is ready.
    Everybody,
}

impl Missing {
    pub(super) fn none() -> Self {
        Self::Some(OperatorSet::default())
    }

    pub(super) fn is_none(&self) -> bool {
        matches!(self, Self::Some(operators) if operators.is_empty())
    }

    pub(super) fn add(&mut self, operator: OperatorIndex) {
        if let Self::Some(operators) = self {
            operators.insert(operator);
        }
    }
}

impl Ticket {
    pub(super) fn new(line: LineIndex, entered_at: Timestamp) -> Self {
        Self {
            line,
            entered_at,
            holder: Holder::Nobody,
            announced: false,
            round: OperatorSet::default(),
            weight: 0,
            trips: SmallVec::new(),
            listed: Listed::Nowhere,
            standing: None,
            missing: Missing::none(),
            opened_at: entered_at,
            answered: false,
            owned_at: entered_at,
            clocks: None,
        }
    }

    pub(super) fn score(&self) -> Score {
        Score::entered(self.entered_at)
    }

    pub(super) fn is_at_rest(&self) -> bool {
        self.trips.is_empty()
    }

    pub(super) fn is_waiting(&self) -> bool {
        self.holder == Holder::Nobody
    }

    pub(super) fn is_offered_to(&self, operator: OperatorIndex) -> bool {
        matches!(&self.holder, Holder::Offered { to, .. } if to.contains(operator))
    }

    pub(super) fn offered_to(&self) -> &[OperatorIndex] {
        match &self.holder {
            Holder::Offered { to, .. } => to.as_slice(),
            _ => &[],
        }
    }

    pub(super) fn deadline(&self) -> Option<Timestamp> {
        match self.holder {
            Holder::Offered { deadline, .. } => deadline,
            _ => None,
        }
    }
}
