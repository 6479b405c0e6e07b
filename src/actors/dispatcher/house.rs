//! Where actors live, and the actors of dialogs there.

use std::sync::Arc;

use actix::{Actor, Addr};
use actix_rt::ArbiterHandle;

use crate::actors::dialog::{DialogActor, ToDialog};
use crate::actors::shard::Shard;

/// An arbiter in which dialogs and operators live.
#[derive(Debug)]
pub struct House {
    /// Its thread; nothing for the dispatcher's own.
    pub arbiter: Option<ArbiterHandle>,
    /// Its outgoing side.
    pub shard: Arc<Shard>,
    /// Actors whose dialogs have ended: to start one costs much more than to give it another dialog.
    spare: Vec<Addr<DialogActor>>,
}

/// Actors without a dialog that a house keeps.
const SPARE_ACTORS: usize = 4096;

impl House {
    /// A house in the arbiter of this thread, or in one of its own.
    pub fn new(arbiter: Option<ArbiterHandle>, shard: Arc<Shard>) -> Self {
        Self { arbiter, shard, spare: Vec::new() }
    }

    /// What must be flushed, and where.
    pub fn outgoing(&self) -> (Option<ArbiterHandle>, Arc<Shard>) {
        (self.arbiter.clone(), Arc::clone(&self.shard))
    }

    /// An actor for a dialog that opens.
    pub fn vacant(&mut self) -> Tenant {
        let spare = self.spare.pop();
        let address = spare.unwrap_or_else(|| self.settle(DialogActor::unopened(Arc::clone(&self.shard))));
        Tenant { expected: None, address: Some(address) }
    }

    /// Keeps the actor of a dialog that needs none any more for one that opens, if there are not enough.
    pub fn spare(&mut self, tenant: Tenant) {
        if self.spare.len() < SPARE_ACTORS {
            self.spare.extend(tenant.address);
        }
    }

    /// Lets go of the actors that are kept.
    pub fn clear(&mut self) {
        self.spare.clear();
    }

    /// Starts an actor here.
    pub fn settle<A>(&self, actor: A) -> Addr<A>
    where
        A: Actor<Context = actix::Context<A>> + Send,
    {
        match &self.arbiter {
            Some(arbiter) => A::start_in_arbiter(arbiter, move |_| actor),
            None => actor.start(),
        }
    }
}

/// The actor of a dialog. Of one that the disk knows it starts when something is first told to it: a start finds
/// very many that have changed lately, and few are needed at once.
#[derive(Debug)]
pub struct Tenant {
    expected: Option<Box<DialogActor>>,
    address: Option<Addr<DialogActor>>,
}

impl Tenant {
    /// An actor that is yet to start.
    pub fn expected(actor: DialogActor) -> Self {
        Self { expected: Some(Box::new(actor)), address: None }
    }

    /// Sends a message to the actor, which lives in this house.
    pub fn tell(&mut self, message: ToDialog, house: &House) {
        if let Some(actor) = self.expected.take() {
            self.address = Some(house.settle(*actor));
        }
        if let Some(address) = &self.address {
            address.do_send(message);
        }
    }
}
