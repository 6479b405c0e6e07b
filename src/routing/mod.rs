//! Who gets which dialog: queues, capacity, recency, deadlines of offers, matching.
//!
//! Pure. No actor, disk, clock, thread or random number is known here, and no durable fact is owned:
//! all of it is derived from what dialogs, operators and channels say, and is built anew at a restart.
//!
//! # How it is used
//!
//! 1. Whatever is told to a dialog is a *trip*: it starts with [`Router::place_new`],
//!    [`Router::depart`] or a [`Directive`], and ends with [`Router::arrive`], which brings the
//!    [`Fact`]s of what the dialog decided. Units set aside at the start are given back at the end,
//!    when the facts have been charged, so capacity cannot be exceeded meanwhile.
//! 2. A dialog is given to somebody only while it is *at rest*, with no trip under way. So the router
//!    never decides on a dialog that is just deciding otherwise.
//! 3. After every call that changes something, [`Router::next`] says what follows, until it has no
//!    more to say; then [`Router::due`] may end offers.
//!
//! # What holds
//!
//! When [`Router::next`] has no more to say and no dialog is in transit:
//!
//! - no dialog waits that somebody eligible could be given;
//! - in mode `all`, every offered dialog is offered to all eligible who have not declined it, except
//!   one that was passed to an operator alone;
//! - every waiting dialog has been announced;
//! - no offer stands to an operator who was removed, or who is offline in a channel that checks it;
//! - nobody is charged with more than the capacity, except by having it lowered.
//!
//! # What it costs
//!
//! Lines keep their members in order by keys that may be out of date, and operators do not tell their
//! lines what happens to them. A key that is out of date is corrected, and a member who is not
//! available is taken out, when it comes first. So an answer, a reply or an offer costs an operator's
//! lines nothing, and a choice costs a logarithm for each correction, of which there is at most one
//! per touch and line. An operator who becomes available comes back into the lines that took it out.

mod account;
mod admission;
mod check;
mod choosing;
mod claims;
mod clocks;
mod dialog_map;
mod directive;
mod fact;
mod fairness;
mod line;
mod matching;
mod memory;
mod policy;
mod pool;
mod pooling;
mod preferring;
mod queries;
mod ranked;
mod registry;
mod router;
mod rulings;
mod score;
mod setup;
mod sorted;
mod ticket;
mod timers;
mod trips;

#[cfg(test)]
mod tests;

pub use dialog_map::DialogMap;
pub use directive::Directive;
pub use fact::Fact;
pub use memory::Memory;
pub use queries::{Counts, Load, Totals};
pub use router::Router;
