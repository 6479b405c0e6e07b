//! The pilot moves a virtual clock: only when everything is settled, deadline by deadline.

use std::sync::Arc;

use actix::Addr;
use tokio::sync::{mpsc, oneshot};

use super::caller::{Caller, Slot};
use super::dispatcher::{Dispatcher, KeepClock, Tick};
use super::inbox::{Ask, Envelope, Inbox};
use super::script::{Script, Step};
use super::shard::Shard;
use super::shared::Shared;
use crate::error::Rejection;
use crate::timestamp::Timestamp;

/// What a pilot can be asked for.
pub enum Flight {
    /// Move the clock; the moment at which it then stands is told.
    Advance(Advance, oneshot::Sender<Result<Timestamp, Rejection>>),
    /// Run a script to its end, and give it back.
    Run(Box<dyn Script>, oneshot::Sender<Box<dyn Script>>),
}

/// How far to move a virtual clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advance {
    /// By so many milliseconds.
    ByMs(u64),
    /// To a moment; an earlier one leaves the clock where it stands.
    To(Timestamp),
}

/// Moves the virtual clock of one engine, in the dispatcher's arbiter.
pub struct Pilot {
    /// What the whole engine has in common.
    pub shared: Arc<Shared>,
    /// Where commands go in.
    pub inbox: Arc<Inbox>,
    /// Whom to tell that a deadline has come.
    pub dispatcher: Addr<Dispatcher>,
    /// Where everything goes out.
    pub shard: Arc<Shard>,
}

impl Pilot {
    /// Flies whatever is asked for, one flight after the other.
    pub async fn fly(self, mut flights: mpsc::UnboundedReceiver<Flight>) {
        while let Some(flight) = flights.recv().await {
            match flight {
                Flight::Advance(advance, done) => {
                    let now = self.advance(advance).await;
                    let _ = done.send(now);
                }
                Flight::Run(script, done) => {
                    let script = self.run(script).await;
                    let _ = done.send(script);
                }
            }
        }
    }

    async fn advance(&self, advance: Advance) -> Result<Timestamp, Rejection> {
        self.shared.activity.settled().await;
        let now = self.shared.clock.now();
        let target = match advance {
            Advance::ByMs(ms) => now.plus_ms(ms),
            Advance::To(moment) => moment.max(now),
        };
        if target > Timestamp::LAST_INPUT {
            return Err(Rejection::invalid("ms", "the clock goes to the year 9000"));
        }
        // An engine that has stopped moves no deadline on.
        while self.shared.failure.get().is_none()
            && let Some(deadline) = self.shared.deadline.until(target)
        {
            self.fire(deadline).await;
        }
        self.shared.clock.advance_to(target);
        self.shared.activity.begin();
        self.dispatcher.do_send(KeepClock);
        self.shared.activity.settled().await;
        Ok(target)
    }

    /// Lets the clock stand at a deadline until everything that falls due then is settled.
    async fn fire(&self, deadline: Timestamp) {
        self.shared.clock.advance_to(deadline);
        self.shared.activity.begin();
        self.dispatcher.do_send(Tick);
        self.shared.activity.settled().await;
    }

    async fn run(&self, mut script: Box<dyn Script>) -> Box<dyn Script> {
        self.shared.activity.settled().await;
        self.shared.tap.set_open(true);
        self.shard.set_lazy(true);
        let mut seen = Vec::new();
        while self.shared.failure.get().is_none() {
            self.shared.tap.take(&mut seen);
            let step = script.next(self.shared.clock.now(), &seen);
            seen.clear();
            let Step::Do { at, mut request } = step else { break };
            if let Some(deadline) = self.shared.deadline.until(at) {
                self.fire(deadline).await;
                continue;
            }
            self.shared.clock.advance_to(at);
            let uploads = request.command.detach_files();
            let caller = Caller::waiting(Slot::Script).carrying(request.key, uploads);
            let envelope = Envelope { ask: Ask::Command(request.command), actor: request.actor, caller };
            if self.inbox.put(envelope).is_err() {
                break;
            }
            self.shared.activity.settled().await;
        }
        self.shared.tap.set_open(false);
        self.shard.set_lazy(false);
        script
    }
}
