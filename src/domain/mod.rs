//! The business: what commands mean, which events they make, and what these do to state.
//!
//! Pure. No actor, disk, clock, thread or random number is known here: time and everything else
//! that is not state comes in a context.
//!
//! # Glossary
//!
//! - **Channel**: a line on which clients write; owns a queue of operators and rules.
//! - **Client**: somebody outside, known by channel and the connector's id.
//! - **Dialog**: one handling cycle of one client, from the first message to closing.
//! - **Internal**: of a dialog in which employees are among themselves: no client, no queue, no capacity.
//! - **History**: all that was written with a client, in all their dialogs.
//! - **Operator**: an employee or a bot; what it may do is its **role**.
//! - **Owner**: the operator who answered a dialog and has not passed it on.
//! - **Offer**: a dialog shown to an operator who may answer it.
//! - **Member**: an operator with a place in a channel's queue; the place is its **rank**.
//! - **Weight**: capacity units that a dialog takes; **capacity**: units that an operator has.
//! - **Round**: the time in which everybody eligible is offered a dialog once.
//! - **Principal**: the operator on whose behalf a set-up command is sent; **actor**: who acts on a dialog.
//! - **Participant**: who may write in a dialog beside its owner.
//! - **Receipt**: how far a message has got on its way to the client; **rating**: what the client thought of a
//!   dialog; **score**: what a supervisor did.
//! - **Transient**: what happens and is gone, such as typing; never stored.
//! - **Host request**: something that the host must do outside, durable until it is done; in the line
//!   protocol a `request`. (The `Request` of `request.rs` is a command on its way in.)
//! - **Command**: what somebody wants; **event**: what happened; **rejection**: why it did not.
//! - **Order**: what a dialog is told: a command on it, or what the dispatcher tells it.
//! - **Library**: canned replies, forms and apps, from which operators choose; one of them is an **item**.
//! - **Content**: what a message holds besides its text.
//! - **Fact**: something true of a dialog by which it can be found; a **filter** asks for several.
//! - **Progress**: when a dialog first entered a queue and was first answered; **standing**: how it stood before a
//!   change; **tally**: what there is to count of one; **page**: what was counted on one day.
//! - **Change**: the events of one command on one subject, journaled whole or not at all.

pub mod channel;
pub mod command;
pub mod dialog;
pub mod emoji;
pub mod event;
mod few;
pub mod file;
pub mod finding;
pub mod fold;
mod form;
pub mod hours;
pub mod library;
pub mod operator;
pub mod permission;
pub mod placeholder;
pub mod query;
pub mod reply;
pub mod request;
pub mod statistics;
#[cfg(test)]
pub(crate) mod testing;
pub mod transient;
pub mod view;
