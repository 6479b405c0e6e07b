//! The front door: host threads leave envelopes here, the dispatcher takes them in order.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use actix::{Addr, Message};

use super::caller::Caller;
use super::dispatcher::Dispatcher;
use super::listing::Wanted;
use super::shared::Shared;
use crate::domain::command::Command;
use crate::domain::query::Query;
use crate::ids::OperatorId;

/// Something asked of the engine, with the way back.
#[derive(Debug)]
pub struct Envelope {
    /// What.
    pub ask: Ask,
    /// By whom; nobody for the host and the connector.
    pub actor: Option<OperatorId>,
    /// Who waits for the outcome.
    pub caller: Caller,
}

/// What can be asked.
#[derive(Debug)]
pub enum Ask {
    /// Change something.
    Command(Command),
    /// Tell something.
    Query(Box<Query>),
    /// Tell which dialogs fit, of those that have actors.
    Find(Box<Wanted>),
    /// Answer when everything that came before is durable.
    Barrier,
}

/// Tells the dispatcher that the inbox is not empty.
#[derive(Debug)]
pub struct Drain;

impl Message for Drain {
    type Result = ();
}

/// Envelopes on their way from any thread to the dispatcher.
#[derive(Debug)]
pub struct Inbox {
    waiting: Mutex<Waiting>,
    dispatcher: Addr<Dispatcher>,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Waiting {
    envelopes: VecDeque<Envelope>,
    closed: bool,
}

impl Inbox {
    /// An empty one in front of the dispatcher.
    pub fn new(dispatcher: Addr<Dispatcher>, shared: Arc<Shared>) -> Self {
        Self { waiting: Mutex::default(), dispatcher, shared }
    }

    /// Leaves an envelope, unless the inbox is closed. Only the first of many has to wake the
    /// dispatcher.
    ///
    /// # Errors
    /// The envelope, if nobody will ever look at it.
    pub fn put(&self, envelope: Envelope) -> Result<(), Box<Envelope>> {
        let mut waiting = self.waiting();
        if waiting.closed {
            return Err(Box::new(envelope));
        }
        let was_empty = waiting.envelopes.is_empty();
        if was_empty {
            self.shared.activity.enter();
        }
        waiting.envelopes.push_back(envelope);
        drop(waiting);
        if was_empty {
            self.dispatcher.do_send(Drain);
        }
        Ok(())
    }

    /// Takes all envelopes, which are under way from now on; `into` must be empty and lends its memory.
    pub fn take(&self, into: &mut VecDeque<Envelope>) {
        let mut waiting = self.waiting();
        std::mem::swap(&mut waiting.envelopes, into);
        if !into.is_empty() {
            self.shared.activity.take_in(into.len());
        }
    }

    /// Whether nothing has been left since the last envelopes were taken.
    pub fn is_empty(&self) -> bool {
        self.waiting().envelopes.is_empty()
    }

    /// Lets nothing more in, and forgets what is in it: whoever waits sees that it is gone.
    pub fn discard(&self) {
        let mut waiting = self.waiting();
        waiting.closed = true;
        let envelopes = std::mem::take(&mut waiting.envelopes);
        drop(waiting);
        drop(envelopes);
    }

    /// Lets nothing more in. What is in it is still taken.
    pub fn close(&self) {
        self.waiting().closed = true;
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
