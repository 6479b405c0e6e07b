//! A command under way: a future on any executor, and a wait for code without one.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::sync::oneshot;

use super::Engine;
use crate::actors::caller::{Caller, Delivery, Outcome, Slot};
use crate::actors::inbox::{Ask, Envelope};
use crate::actors::keys::Claim;
use crate::domain::file::Upload;
use crate::domain::reply::Reply;
use crate::domain::request::Request;
use crate::error::{Code, Error, Rejection};
use crate::ids::{IdempotencyKey, OperatorId};

/// The outcome of a command that was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledged {
    /// The answer.
    pub reply: Reply,
    /// Everything up to this event is as durable as the settings say, the command's own included.
    pub seq: u64,
}

/// A command under way. It was taken in when this was made; dropping it forgets the outcome, not
/// the command.
#[must_use = "await it, or call wait(), to learn the outcome"]
pub struct Execution<T> {
    state: State,
    read: fn(Delivery) -> Result<T, Error>,
}

enum State {
    Ready(Option<Result<Delivery, Error>>),
    UnderWay(oneshot::Receiver<Result<Delivery, Error>>),
}

impl<T> Execution<T> {
    pub(super) fn under_way(
        receiver: oneshot::Receiver<Result<Delivery, Error>>,
        read: fn(Delivery) -> Result<T, Error>,
    ) -> Self {
        Self { state: State::UnderWay(receiver), read }
    }

    pub(super) fn ready(result: Result<Delivery, Error>, read: fn(Delivery) -> Result<T, Error>) -> Self {
        Self { state: State::Ready(Some(result)), read }
    }

    /// Blocks this thread until the outcome is there. For code without an executor; inside one,
    /// await instead, or other tasks of this thread have to wait too.
    ///
    /// # Errors
    /// As the command.
    pub fn wait(self) -> Result<T, Error> {
        pollster::block_on(self)
    }
}

impl<T> Future for Execution<T> {
    type Output = Result<T, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let result = match &mut self.state {
            State::Ready(result) => result.take().unwrap_or(Err(Error::Closed)),
            // The other end is dropped only when the engine went down before the outcome was known.
            State::UnderWay(receiver) => {
                ready!(Pin::new(receiver).poll(context)).unwrap_or_else(|_| Err(Error::lost()))
            }
        };
        Poll::Ready(result.and_then(self.read))
    }
}

impl<T> fmt::Debug for Execution<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Execution").finish_non_exhaustive()
    }
}

/// Reads a delivery as what a command was done with.
pub(super) fn acknowledged(delivery: Delivery) -> Result<Acknowledged, Error> {
    match delivery.outcome {
        Outcome::Done(reply) => Ok(Acknowledged { reply, seq: delivery.seq }),
        Outcome::Answered(_) | Outcome::Transient(_) => Err(unlike()),
    }
}

/// Reads a delivery as one that says nothing but "done".
pub(super) fn done(delivery: Delivery) -> Result<(), Error> {
    acknowledged(delivery).map(|_| ())
}

/// The reply is of another kind: the idempotency key was used for another command before.
pub(super) fn unlike() -> Error {
    Rejection::new(Code::Conflict, "this key was used for another command").at("key").into()
}

impl Engine {
    /// Takes any command in. The typed methods are made of this one; it is the door for hosts
    /// that keep commands as data, and for idempotency keys.
    pub fn execute(&self, request: Request) -> Execution<Acknowledged> {
        self.submit(request, acknowledged)
    }

    pub(super) fn submit<T>(&self, request: Request, read: fn(Delivery) -> Result<T, Error>) -> Execution<T> {
        if let Err(rejection) = request.validate() {
            return Execution::ready(Err(rejection.into()), read);
        }
        let Request { mut command, actor, key } = request;
        if let Some(key) = &key {
            match self.running.shared.keys.claim(key) {
                Claim::Fresh => {}
                Claim::UnderWay(receiver) => return Execution::under_way(receiver, read),
                Claim::Done(delivery) => return Execution::ready(Ok(delivery), read),
            }
        }
        let bytes = command.bytes();
        let uploads = command.detach_files();
        match self.ask_with(Ask::Command(command), actor, key.clone(), bytes, uploads) {
            Ok(receiver) => Execution::under_way(receiver, read),
            Err(error) => {
                let refused = Err(error);
                if let Some(key) = &key {
                    self.running.shared.keys.finish(key, &refused);
                }
                Execution::ready(refused, read)
            }
        }
    }

    /// Admits a question and leaves it at the front door.
    pub(super) fn ask(
        &self,
        ask: Ask,
        actor: Option<OperatorId>,
    ) -> Result<oneshot::Receiver<Result<Delivery, Error>>, Error> {
        self.ask_with(ask, actor, None, 0, Vec::new())
    }

    /// Admits something and leaves it at the front door, with the contents of its files beside it.
    fn ask_with(
        &self,
        ask: Ask,
        actor: Option<OperatorId>,
        key: Option<IdempotencyKey>,
        bytes: usize,
        uploads: Vec<Upload>,
    ) -> Result<oneshot::Receiver<Result<Delivery, Error>>, Error> {
        let shared = &self.running.shared;
        if let Some(error) = self.running.refusal() {
            return Err(error);
        }
        // A form that was found right is far below four gigabytes.
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        shared.admission.take(bytes as usize)?;
        let (sender, receiver) = oneshot::channel();
        let caller = Caller::waiting(Slot::Host(sender)).admitted(bytes).carrying(key, uploads);
        match self.running.inbox.put(Envelope { ask, actor, caller }) {
            Ok(()) => Ok(receiver),
            Err(_) => {
                shared.admission.give_back(1, bytes as usize);
                // It was closed this moment, or has failed.
                Err(self.running.refusal().unwrap_or(Error::Closed))
            }
        }
    }
}
