//! **Centrala** is the engine inside a contact centre. Clients write from messengers, networks and
//! web chat; each conversation is a *dialog*; a dispatcher gives every dialog to the right operator,
//! who answers, passes on, locks, closes. Centrala runs in your process, routes in microseconds and
//! loses nothing that it acknowledged.
//!
//! ```
//! use centrala::domain::channel::PutChannel;
//! use centrala::domain::dialog::command::Receive;
//! use centrala::domain::operator::{Presence, PutOperator};
//! use centrala::engine::Engine;
//! use centrala::ids::{ChannelId, ClientId, OperatorId};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let directory = tempfile::tempdir()?;
//! # let path = directory.path();
//! let engine = Engine::open(path)?;
//! let (shop, anna) = (ChannelId::new("shop")?, OperatorId::new("anna")?);
//!
//! engine.put_operator(PutOperator::new(anna.clone())).wait()?;
//! engine.put_channel(PutChannel::new(shop.clone()).members([anna.clone()])).wait()?;
//! engine.set_presence(anna.clone(), Presence::Online).wait()?;
//!
//! // A client writes; the dialog is offered to Anna, who answers. `await` works as well as `wait`.
//! let hello = engine.receive(Receive::new(shop, ClientId::new("client-1")?, "Is it still there?")).wait()?;
//! let anna = engine.as_operator(anna);
//! anna.answer(hello.dialog).wait()?;
//! anna.reply(hello.dialog, "Yes, shall I keep it for you?").wait()?;
//! anna.finish(hello.dialog).wait()?;
//! engine.close_blocking()?;
//! # Ok(())
//! # }
//! ```
//!
//! # Promises
//!
//! - A reply means what [`engine::Durability`] says; with the default, the change is synced to disk.
//! - A dialog never has two owners, an operator never more than its capacity, a client never two open
//!   dialogs in one channel.
//! - When everything is settled, no dialog waits that an eligible operator could take.
//! - The same idempotency key gives the same reply, also after a restart, for at least as many
//!   commands as [`engine::Settings::idempotency_window`] says.
//! - A request to the outside is given to the host until it says what came of it, each time under the
//!   same id: see [`requests`].
//! - Bad input gets an [`error::Rejection`] with a stable [`error::Code`] and changes nothing.
//! - The library never prints, never panics on input, and installs no subscriber, hook, signal
//!   handler or allocator.
//!
//! # Limits
//!
//! They stand in [`limits`], each with its reason. One data directory belongs to one engine at a
//! time.
//!
//! # Where to read on
//!
//! [`engine::Engine`] is the door. [`domain`] has the vocabulary, [`domain::permission::Permission`] the
//! table of who may do what. [`capabilities`] says what there is and where it is shown, [`architecture`]
//! follows one command from the call to disk and back. [`statistics`] says what is counted and how exactly,
//! [`erasing`] how a person is erased, [`operating`] what people do with a data directory, [`robustness`] what
//! the engine bears and how that is tested. The line protocol is in [`protocol`].
#![warn(missing_docs)]

pub mod actors;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
mod clock;
pub mod domain;
pub mod engine;
pub mod error;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
pub mod ids;
pub mod limits;
#[cfg(feature = "load")]
pub mod load;
pub mod protocol;
pub mod requests;
pub mod routing;
#[cfg(test)]
mod simulation;
pub mod storage;
pub mod timestamp;

pub mod capabilities {
    #![doc = include_str!("../docs/capabilities.md")]
}

pub mod erasing {
    #![doc = include_str!("../docs/erasing.md")]
}

pub mod operating {
    #![doc = include_str!("../docs/operating.md")]
}

pub mod robustness {
    #![doc = include_str!("../docs/robustness.md")]
}

pub mod statistics {
    #![doc = include_str!("../docs/statistics.md")]
}

pub mod architecture {
    #![doc = include_str!("../docs/architecture.md")]
}
