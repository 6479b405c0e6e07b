//! The actor of one operator: it owns what the host said of it, and its presence.
//!
//! What the operator holds and is offered is not kept here: it follows from the dialogs, and
//! stands in the router's ledger alone.

use std::sync::Arc;

use actix::{Actor, Context as ActorContext, Handler, Message};

use super::answer::Answer;
use super::caller::{Caller, Outcome};
use super::guard::guarded;
use super::note::Note;
use super::shard::{OpenOutbox, Shard};
use crate::domain::event::{Change, Events, OperatorEvent};
use crate::domain::operator::{Operator, Principal, PutOperator, RemoveOperator, SetPresence};
use crate::domain::reply::Reply;
use crate::domain::view::{OperatorView, Workload};
use crate::error::{Code, Rejection};
use crate::ids::OperatorId;
use crate::storage::{Image, RecoveredThing, Thing, encode, fingerprint};
use crate::timestamp::Timestamp;

/// What an operator can be told.
#[derive(Debug)]
pub enum ToOperator {
    /// A command.
    Order(Box<OperatorOrder>),
    /// Show yourself, with the load that the ledger knows.
    Show(Workload, Caller),
}

impl Message for ToOperator {
    type Result = ();
}

/// A command on an operator with what it needs to know.
#[derive(Debug)]
pub struct OperatorOrder {
    /// What to do.
    pub command: OperatorCommand,
    /// Who does it.
    pub acting: Option<Principal>,
    /// When.
    pub now: Timestamp,
    /// Who waits.
    pub caller: Caller,
}

/// The commands on an operator.
#[derive(Debug)]
pub enum OperatorCommand {
    /// Create or replace.
    Put(Box<PutOperator>),
    /// Dismiss.
    Remove(RemoveOperator),
    /// Come, go or step away.
    SetPresence(SetPresence),
}

/// The actor of one operator.
#[derive(Debug)]
pub struct OperatorActor {
    id: OperatorId,
    operator: Option<Operator>,
    fingerprint: u64,
    shard: Arc<Shard>,
}

impl Actor for OperatorActor {
    type Context = ActorContext<Self>;
}

impl OperatorActor {
    /// The actor of an operator that is yet to be put.
    pub fn new(id: OperatorId, shard: Arc<Shard>) -> Self {
        Self { id, operator: None, fingerprint: 0, shard }
    }

    /// The actor of an operator as recovery found it. An image that was lost is sent again.
    pub fn recovered(recovered: RecoveredThing<Operator>, shard: Arc<Shard>) -> Self {
        let RecoveredThing { thing, on_disk, clean } = recovered;
        let fingerprint = on_disk.unwrap_or(0);
        let mut actor = Self { id: thing.id.clone(), operator: Some(thing.clone()), fingerprint, shard };
        let shard = Arc::clone(&actor.shard);
        if !clean {
            actor.snapshot(&thing, &mut shard.open());
        }
        actor
    }

    fn order(&mut self, order: OperatorOrder, outbox: &mut OpenOutbox<'_>) {
        let OperatorOrder { command, acting, now, caller } = order;
        let existing = self.operator.as_ref();
        let decided = match &command {
            OperatorCommand::Put(put) => put.decide(existing, acting.as_ref()),
            OperatorCommand::Remove(remove) => remove.decide(existing, acting.as_ref()),
            OperatorCommand::SetPresence(set) => set.decide(existing, acting.as_ref()),
        };
        match decided {
            Ok(events) => self.commit(events, now, caller, outbox),
            Err(rejection) => {
                outbox.release(caller, Err(rejection));
                outbox.note(Note::Nothing);
            }
        }
    }

    fn commit(
        &mut self,
        events: Vec<OperatorEvent>,
        now: Timestamp,
        caller: Caller,
        outbox: &mut OpenOutbox<'_>,
    ) {
        for event in &events {
            match &mut self.operator {
                Some(operator) => operator.apply(event),
                None => self.operator = Some(Operator::from_event(self.id.clone(), event)),
            }
        }
        let changed = !events.is_empty();
        let change = Change { at: now, events: Events::Operator(self.id.clone(), events) };
        outbox.done(&change, Reply::Done, caller);
        #[cfg(test)]
        self.shard.shared.reader.pass(crate::storage::testing::Trap::Operator);
        match self.operator.clone().filter(|_| changed) {
            Some(operator) => {
                self.snapshot(&operator, outbox);
                outbox.note(Note::Operator(Box::new(operator)));
            }
            None => outbox.note(Note::Nothing),
        }
    }

    /// Operators change seldom, so each change goes to disk with its event.
    fn snapshot(&mut self, operator: &Operator, outbox: &mut OpenOutbox<'_>) {
        let print = print_of(operator);
        let delta = print.wrapping_sub(self.fingerprint);
        self.fingerprint = print;
        self.shard.shared.fingerprint.add(delta);
        self.shard.shared.directory.put_operator(operator);
        self.shard.shared.names.put(self.id.clone(), operator.settings.name.clone());
        outbox.image(Image::Operator {
            id: self.id.clone(),
            state: encode(operator),
            fingerprint_delta: delta,
        });
    }

    fn show(&self, load: Workload, caller: Caller, outbox: &mut OpenOutbox<'_>) {
        let outcome = match self.operator.as_ref().filter(|operator| !operator.removed) {
            Some(operator) => {
                Ok(Outcome::Answered(Box::new(Answer::Operator(OperatorView::of(operator, load)))))
            }
            None => Err(Rejection::new(Code::OperatorNotFound, "there is no such operator").at("operator")),
        };
        outbox.release(caller, outcome);
        outbox.note(Note::Nothing);
    }
}

fn print_of(operator: &Operator) -> u64 {
    fingerprint(Thing::Operator(&operator.id), &encode(operator))
}

impl Handler<ToOperator> for OperatorActor {
    type Result = ();

    fn handle(&mut self, message: ToOperator, _: &mut Self::Context) {
        let shard = Arc::clone(&self.shard);
        let handled = guarded(|| {
            let mut outbox = shard.open();
            match message {
                ToOperator::Order(order) => self.order(*order, &mut outbox),
                ToOperator::Show(load, caller) => self.show(load, caller, &mut outbox),
            }
        });
        shard.shared.check(handled);
        shard.shared.activity.end(1);
    }
}
