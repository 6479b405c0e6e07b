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
    pub weight: u32,
    /// What is under way to the dialog, oldest first.
    pub trips: SmallVec<[Trip; 1]>,
    /// Nothing while all of that is as it is at first: of very many dialogs most are answered.
    queued: Option<Box<Queued>>,
    pub opened_at: Timestamp,
    /// Whether somebody has ever answered it, and when they last did.
    pub answered: bool,
    pub owned_at: Timestamp,
    /// Lines in which nobody answered in time, and what they do about that has been done.
    #[expect(clippy::box_collection, reason = "most have none, and pay 8 bytes for it, not 24")]
    unanswered_in: Option<Box<Vec<LineIndex>>>,
    /// Its timers that stand, apart from its offer's and that of a relaxation.
    pub clocks: Option<Box<Clocks>>,
}

/// What there is of a dialog in a queue.
#[derive(Debug, Clone, Default, PartialEq)]
struct Queued {
    /// Who has had it in this round.
    round: OperatorSet,
    /// In which set of its line it stands.
    listed: Listed,
    /// The pool in which it stands for all, and its number there.
    standing: Option<(PoolIndex, u64)>,
    /// In mode `all`: to whom it may have to be offered as well.
    missing: Missing,
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
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) enum Listed {
    #[default]
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

impl Default for Missing {
    /// Nobody.
    fn default() -> Self {
        Self::Some(OperatorSet::default())
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
            weight: 0,
            trips: SmallVec::new(),
            queued: None,
            opened_at: entered_at,
            answered: false,
            owned_at: entered_at,
            unanswered_in: None,
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

    /// Whether this operator has had it in this round.
    pub(super) fn has_had(&self, operator: OperatorIndex) -> bool {
        self.queued.as_ref().is_some_and(|queued| queued.round.contains(operator))
    }

    /// The operator has had it in this round.
    pub(super) fn had_by(&mut self, operator: OperatorIndex) {
        self.queue(|queued| queued.round.insert(operator));
    }

    /// A new round begins.
    pub(super) fn begin_round(&mut self) {
        self.unqueue(|queued| queued.round.clear());
    }

    /// In which set of its line it stands.
    pub(super) fn listed(&self) -> Listed {
        self.queued.as_ref().map_or(Listed::Nowhere, |queued| queued.listed)
    }

    /// Says where it stands from now on, and returns where it stood.
    pub(super) fn relist(&mut self, now: Listed) -> Listed {
        match now {
            Listed::Nowhere => self.unqueue(|queued| std::mem::take(&mut queued.listed)),
            now => self.queue(|queued| std::mem::replace(&mut queued.listed, now)),
        }
    }

    /// The pool in which it stands for all, and its number there.
    pub(super) fn standing(&self) -> Option<(PoolIndex, u64)> {
        self.queued.as_ref().and_then(|queued| queued.standing)
    }

    /// It stands for all from now on; to these it may have to be offered as well.
    pub(super) fn stand(&mut self, pool: PoolIndex, number: u64, missing: Missing) {
        self.queue(|queued| (queued.standing, queued.missing) = (Some((pool, number)), missing));
    }

    /// It stands for all no longer. Returns where it did.
    pub(super) fn sit(&mut self) -> Option<(PoolIndex, u64)> {
        self.unqueue(|queued| {
            queued.missing = Missing::default();
            queued.standing.take()
        })
    }

    /// Whether it may have to be offered to somebody as well.
    pub(super) fn misses_somebody(&self) -> bool {
        self.queued.as_ref().is_some_and(|queued| queued.missing != Missing::default())
    }

    /// To whom it may have to be offered as well; from now on to nobody.
    pub(super) fn take_missing(&mut self) -> Missing {
        self.unqueue(|queued| std::mem::take(&mut queued.missing))
    }

    /// It may have to be offered to this operator as well.
    pub(super) fn miss(&mut self, operator: OperatorIndex) {
        self.queue(|queued| {
            if let Missing::Some(operators) = &mut queued.missing {
                operators.insert(operator);
            }
        });
    }

    /// Whether what its line does when nobody answers in time has been done.
    pub(super) fn was_unanswered(&self) -> bool {
        self.unanswered_in.as_ref().is_some_and(|lines| lines.contains(&self.line))
    }

    /// Nobody answered in time in this line.
    pub(super) fn unanswered(&mut self, line: LineIndex) {
        let lines = self.unanswered_in.get_or_insert_default();
        if !lines.contains(&line) {
            lines.push(line);
        }
    }

    /// Changes what there is of it in a queue.
    fn queue<T>(&mut self, change: impl FnOnce(&mut Queued) -> T) -> T {
        change(self.queued.get_or_insert_default())
    }

    /// Takes something of that back, and all of it if nothing is left.
    fn unqueue<T: Default>(&mut self, change: impl FnOnce(&mut Queued) -> T) -> T {
        let Some(queued) = &mut self.queued else { return T::default() };
        let taken = change(queued);
        if **queued == Queued::default() {
            self.queued = None;
        }
        taken
    }
}
