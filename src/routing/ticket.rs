//! What the router knows of an open dialog. Mirrors the dialog's state; decides nothing.

use smallvec::SmallVec;

use super::clocks::Clocks;
use super::registry::{LineIndex, OperatorIndex, PoolIndex};
use super::score::Score;
use super::sorted::OperatorSet;
use crate::domain::dialog::Wishes;
use crate::timestamp::Timestamp;

/// An open dialog, or one that closed and from which something is still to come back.
#[derive(Debug, Clone)]
pub(super) struct Ticket {
    pub line: LineIndex,
    pub entered_at: Timestamp,
    /// Its place among all that wait.
    pub score: Score,
    /// What is true of it alone, beside the rules of its line.
    pub wishes: Option<Box<TicketWishes>>,
    /// While it waits or is offered: the pool to which it belongs.
    pub pool: Option<PoolIndex>,
    /// As of when it is known how long it has waited, and so what it requires.
    pub looked_at: Timestamp,
    /// When it will require less.
    pub relaxes_at: Option<Timestamp>,
    pub holder: Holder,
    pub announced: bool,
    /// Who has had it in this round.
    pub round: OperatorSet,
    pub weight: u32,
    /// What is under way to the dialog, oldest first.
    pub trips: SmallVec<[Trip; 1]>,
    /// In which set of its line it stands.
    pub listed: Listed,
    /// The pool in which it stands for all, and its number there.
    pub standing: Option<(PoolIndex, u64)>,
    /// In mode `all`: to whom it may have to be offered as well.
    pub missing: Missing,
    pub opened_at: Timestamp,
    /// Whether somebody has ever answered it, and when they last did.
    pub answered: bool,
    pub owned_at: Timestamp,
    /// Lines in which nobody answered in time, and what they do about that has been done.
    pub unanswered_in: SmallVec<[LineIndex; 1]>,
    /// Its timers that stand, apart from its offer's and that of a relaxation.
    pub clocks: Option<Box<Clocks>>,
}

/// What is true of one dialog alone.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TicketWishes {
    pub wishes: Wishes,
    /// The line on which the client writes, where who owned their last dialog counts.
    pub home: LineIndex,
    pub responsible: Option<OperatorIndex>,
    pub last_operator: Option<OperatorIndex>,
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
    Waiting(LineIndex, Score, PoolIndex),
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
            score: Score::of(entered_at, 0, 0),
            wishes: None,
            pool: None,
            looked_at: entered_at,
            relaxes_at: None,
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
            unanswered_in: SmallVec::new(),
            clocks: None,
        }
    }

    pub(super) fn score(&self) -> Score {
        self.score
    }

    /// How urgent it is, if that was said of it alone.
    pub(super) fn priority(&self) -> Option<i32> {
        self.wishes.as_ref()?.wishes.priority
    }

    /// Whether it may belong to a pool: nobody has answered it.
    pub(super) fn is_unanswered(&self) -> bool {
        matches!(self.holder, Holder::Nobody | Holder::Offered { .. })
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
