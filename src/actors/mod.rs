//! The actors: one per dialog, one per operator, a registry of channels and the library, and the
//! dispatcher.
//!
//! Thin: they carry commands to `decide`, events to `apply` and to the journal, and nothing more.
//! No rule of the business stands here, and only this module and `engine` name actix.
//!
//! One command, from here to disk:
//!
//! 1. [`inbox`] takes an [`inbox::Envelope`] from a host's thread and wakes the dispatcher.
//! 2. [`dispatcher`] resolves the names in it, stamps the time, reserves capacity in the router's
//!    ledger and tells the [`dialog`] actor.
//! 3. The dialog actor decides, applies the events, and leaves change, reply and a [`note`] in the
//!    outbox of its [`shard`].
//! 4. The shard's task hands the batch to the journal and the notes to the dispatcher, which
//!    updates the ledger and directs what follows.
//! 5. The journal thread releases the [`caller`] when the batch is durable.

pub mod activity;
pub mod admission;
pub mod answer;
pub mod caller;
#[cfg(feature = "fuzzing")]
pub(crate) mod checking;
pub mod dialog;
pub mod directory;
pub mod dispatcher;
pub mod eraser;
pub mod errand;
pub mod guard;
pub mod health;
pub mod inbox;
pub mod keys;
pub mod listing;
pub mod note;
pub mod operator;
pub mod pilot;
pub mod registry;
pub mod script;
pub mod shard;
pub mod shared;
pub mod transients;
