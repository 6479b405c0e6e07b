//! Requests to the outside: how a host takes them, does them, and says what came of them.
//!
//! Nothing here decides about dialogs, and nothing talks to the outside: that is the handler's part.
//!
//! An operator asks for a task, a calendar event, a post or a deal; the request is durable from the
//! moment of the reply. A [`Worker`] leases open requests and gives each to the host's
//! [`RequestHandler`]; the [`Outcome`] is written back. **Every request is handled at least once**: if
//! the process dies or the lease runs out before the outcome is written, it is handled again. The
//! request's id is the same each time, so a handler that uses it as the key of what it creates (an
//! idempotency key, a UID, a file name: see `formats`) has it done **exactly once**.
//!
//! The same is possible from outside, without leases, by the commands `list_requests`,
//! `complete_request` and `fail_request` of the line protocol.
//!
//! ```
//! use centrala::domain::channel::{Accept, PutChannel};
//! use centrala::domain::dialog::command::{FromMessage, Receive};
//! use centrala::domain::operator::{Presence, PutOperator};
//! use centrala::domain::view::RequestView;
//! use centrala::engine::Engine;
//! use centrala::ids::{ChannelId, ClientId, OperatorId};
//! use centrala::requests::{Outcome, RequestHandler, Worker};
//!
//! /// A task list that knows a task by the id of its request.
//! struct Tasks;
//!
//! impl RequestHandler for Tasks {
//!     async fn handle(&self, request: &RequestView) -> Outcome {
//!         // Here the host calls its task list, with `request.request` as idempotency key.
//!         Outcome::completed(format!("task of request {}", request.request))
//!     }
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let directory = tempfile::tempdir()?;
//! let engine = Engine::open(directory.path())?;
//! let worker = Worker::new(engine.clone(), Tasks);
//! let stop = worker.stopper();
//! // A plain thread; `tokio::spawn(worker.run())` does as well.
//! let working = std::thread::spawn(|| worker.run_blocking());
//!
//! # let (shop, anna) = (ChannelId::new("shop")?, OperatorId::new("anna")?);
//! # engine.put_operator(PutOperator::new(anna.clone())).wait()?;
//! # engine.set_presence(anna.clone(), Presence::Online).wait()?;
//! # let mut channel = PutChannel::new(shop.clone()).members([anna.clone()]);
//! # channel.settings.queue.accept = Accept::Auto;
//! # engine.put_channel(channel).wait()?;
//! let hello = engine.receive(Receive::new(shop, ClientId::new("client-1")?, "Call me at five.")).wait()?;
//! let task = engine.as_operator(anna).create_task(FromMessage::new(hello.message)).wait()?;
//! # let done = || pollster::block_on(engine.get_request(task.request));
//! # while done()?.reference.is_none() {}
//! let done = pollster::block_on(engine.get_request(task.request))?;
//! assert_eq!(done.reference, Some(format!("task of request {}", task.request)));
//! stop.stop();
//! working.join().expect("it does not panic")?;
//! # engine.close_blocking()?;
//! # Ok(())
//! # }
//! ```

#[cfg(feature = "formats")]
pub mod formats;
mod handler;
mod signal;
mod worker;

pub use handler::{Outcome, RequestHandler};
pub use signal::Stopper;
pub use worker::{Worker, WorkerSettings};
