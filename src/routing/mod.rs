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
//! - no dialog waits that somebody eligible could be given, mode `manual` apart;
//! - in mode `all`, every offered dialog is offered to all eligible who have not declined it, except
//!   one that was passed to an operator alone;
//! - every waiting dialog has been announced;
//! - no offer stands to an operator who was removed, or who is offline in a channel that checks it;
//! - nobody is charged with more than the capacity, except by having it lowered, or by a preference that does
//!   not test it.
//!
//! # Pools
//!
//! Dialogs of one channel that require the same skills now belong to one *pool*, with the members who have
//! them. Within a pool every dialog can be given to the same members, so only its first one has to be
//! looked at. A relaxation that falls due moves a dialog to another pool. What goes past all of that is a
//! preferred operator of whom not everything is tested: dialogs that prefer such a one are listed with it.
//!
//! # What it costs
//!
//! Pools keep their members in order by keys that may be out of date, and operators do not tell their
//! pools what happens to them. A key that is out of date is corrected, and a member who is not
//! available is taken out, when it comes first. So an answer, a reply or an offer costs an operator's
//! pools nothing, and a choice costs a logarithm for each correction, of which there is at most one
//! per touch and pool. An operator who becomes available comes back into the pools that took it out, and
//! one whose score becomes better is put right where a pool knows a worse one.
//!
//! A pool is built by a look at every member of its channel when a requirement comes for the first time. It
//! is kept when its last dialog has gone, up to a bound of seats over all such pools; beyond it the one that was
//! idle longest goes. So a choice scans no members as long as the requirements of a house fit into that bound.
//! What is written down of a choice looks at the members of small queues and at the best of large ones.

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
mod spread;
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
pub use spread::{Hashed, Spread};
