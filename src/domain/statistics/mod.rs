//! What is counted: dialogs offered, answered, abandoned and handled, how long it took, and how busy operators
//! are. No clock, disk or queue is known here, and no dialog is ever looked at twice.
//!
//! It stands in the domain because all of it follows from events: who got which dialog matters, not why.
//!
//! # From an event to a figure
//!
//! 1. The dialog keeps its [`Progress`]: when it first entered a queue, when it was first answered.
//! 2. A change that counts is journaled with the [`Standing`] of its dialog before it, so that the change alone
//!    says what to count, at recovery as when it happened.
//! 3. [`Tally::of`] makes tallies of both, and [`Statistics::take`] books them, in the order of the journal.
//! 4. Everything is booked on the [`Page`] of a channel or an operator for one day, in UTC. A page keeps every
//!    event as it was while they are few, and sums over five minutes once they are many.
//! 5. [`Figures`] are summed over the pages that a window touches.
//!
//! Exact definitions, precision and memory: `docs/statistics.md`.

mod accounts;
mod figures;
mod ledger;
mod pace;
mod page;
mod pieces;
mod progress;
mod shelf;
mod standing;
mod steps;
mod tally;
#[cfg(test)]
mod tests;
mod waits;

pub use accounts::{Changed, ChannelBook, Membership, OperatorBook, Statistics, Subject};
pub use figures::{Figures, Meter, Usage};
pub use ledger::{Entry, Kind, Ledger, Span};
pub use pace::Pace;
pub use page::{Book, DAY_MS, Page, day_of};
pub use progress::Progress;
pub use standing::Standing;
pub use steps::Steps;
pub use tally::{Counted, Ending, OperatorChange, Tally};
