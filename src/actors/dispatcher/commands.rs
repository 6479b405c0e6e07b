//! From an envelope to the actor that decides it: names are resolved and capacity is reserved here.

use std::sync::Arc;

use super::clients::no_such_channel;
use super::{Dispatcher, OperatorEntry};
use crate::actors::caller::Caller;
use crate::actors::dialog::{ToDialog, Told};
use crate::actors::inbox::{Ask, Envelope};
use crate::actors::operator::{OperatorActor, OperatorCommand, OperatorOrder, ToOperator};
use crate::actors::registry::ToRegistry;
use crate::domain::channel::{Channel, ChannelSettings, PutChannel};
use crate::domain::command::Command;
use crate::domain::dialog::command::{Actor, Context, Desk, OfferRules, Transfer};
use crate::domain::dialog::order::DialogOrder;
use crate::domain::event::Destination;
use crate::domain::operator::{Operator, Principal, Role};
use crate::error::{Code, Rejection};
use crate::ids::{DialogId, OperatorId};
use crate::storage::RecoveredThing;
use crate::timestamp::Timestamp;

impl Dispatcher {
    pub(super) fn handle_envelope(&mut self, envelope: Envelope, now: Timestamp) {
        let Envelope { ask, actor, caller } = envelope;
        let acting = match actor.map(|operator| self.acting(operator)).transpose() {
            Ok(acting) => acting,
            Err(rejection) => return self.reject(caller, rejection),
        };
        match ask {
            Ask::Command(command) => self.command(command, acting, caller, now),
            Ask::Query(query) => self.query(query, acting, caller),
            Ask::Barrier => self.barrier(caller),
        }
    }

    fn command(&mut self, command: Command, acting: Option<Principal>, caller: Caller, now: Timestamp) {
        let me = acting.as_ref().map(|acting| acting.operator.clone());
        match command {
            Command::PutChannel(put) => self.put_channel(put, acting, caller, now),
            Command::PutOperator(put) => {
                let operator = put.operator.clone();
                self.put_operator(operator, OperatorCommand::Put(put), acting, caller, now);
            }
            Command::RemoveOperator(remove) => {
                let operator = remove.operator.clone();
                self.order_operator(&operator, OperatorCommand::Remove(remove), acting, caller, now);
            }
            Command::SetPresence(set) => {
                let operator = set.operator.clone();
                self.order_operator(&operator, OperatorCommand::SetPresence(set), acting, caller, now);
            }
            Command::Receive(receive) => self.receive(receive, caller, now),
            Command::ClientLeave(leave) => self.client_leave(leave, caller, now),
            Command::Answer(it) => self.order(it.dialog, DialogOrder::Answer(it), acting, me, caller, now),
            Command::Take(it) => self.order(it.dialog, DialogOrder::Take(it), acting, me, caller, now),
            Command::Transfer(transfer) => self.transfer(transfer, acting, caller, now),
            Command::Skip(it) => self.order(it.dialog, DialogOrder::Skip(it), acting, None, caller, now),
            Command::AcceptAndFinish(it) => {
                self.order(it.dialog, DialogOrder::AcceptAndFinish(it), acting, None, caller, now);
            }
            Command::Reply(it) => self.order(it.dialog, DialogOrder::Reply(it), acting, None, caller, now),
            Command::Pin(it) => self.order(it.dialog, DialogOrder::Pin(it), acting, None, caller, now),
            Command::Unpin(it) => self.order(it.dialog, DialogOrder::Unpin(it), acting, None, caller, now),
            Command::Finish(it) => self.order(it.dialog, DialogOrder::Finish(it), acting, None, caller, now),
            Command::Spam(it) => self.order(it.dialog, DialogOrder::Spam(it), acting, None, caller, now),
        }
    }

    /// Tells a dialog what to do; `reserve` is who would get it.
    pub(super) fn order(
        &mut self,
        dialog: DialogId,
        order: DialogOrder,
        acting: Option<Principal>,
        reserve: Option<OperatorId>,
        caller: Caller,
        now: Timestamp,
    ) {
        self.order_with(dialog, order, acting, reserve, caller, now, |_| {});
    }

    #[allow(clippy::too_many_arguments, reason = "one private door for all orders")]
    pub(super) fn order_with(
        &mut self,
        dialog: DialogId,
        order: DialogOrder,
        acting: Option<Principal>,
        reserve: Option<OperatorId>,
        caller: Caller,
        now: Timestamp,
        add: impl FnOnce(&mut Desk),
    ) {
        if let Err(rejection) = self.awake(dialog) {
            return self.reject(caller, rejection);
        }
        let mut desk = self.desk_of(dialog);
        desk.room = self.router.depart(dialog, reserve.as_ref());
        add(&mut desk);
        let actor = acting.map(|acting| self.at_desk(acting, dialog));
        let context = Context { now, actor, desk };
        self.tell(dialog, ToDialog::Order(Box::new(Told { order, context, caller })));
    }

    fn transfer(
        &mut self,
        transfer: Box<Transfer>,
        acting: Option<Principal>,
        caller: Caller,
        now: Timestamp,
    ) {
        let dialog = transfer.dialog;
        let (target, reachable) = match &transfer.to {
            Destination::Channel(channel) if self.router.rules(channel).is_none() => {
                return self.reject(caller, no_such_channel("to_channel"));
            }
            Destination::Operator(operator) if self.entry(operator).is_none() => {
                return self.reject(caller, no_such_operator("to_operator"));
            }
            Destination::Channel(_) => (None, true),
            Destination::Operator(operator) => {
                let channel = self.router.channel_of(dialog);
                let reachable = channel.is_some_and(|channel| self.router.reachable(operator, channel));
                (Some(operator.clone()), reachable)
            }
        };
        self.order_with(dialog, DialogOrder::Transfer(transfer), acting, target, caller, now, |desk| {
            desk.reachable = reachable;
        });
    }

    fn put_channel(
        &mut self,
        put: Box<PutChannel>,
        acting: Option<Principal>,
        caller: Caller,
        now: Timestamp,
    ) {
        let unknown = put.settings.queue.members.iter().find(|member| self.entry(&member.operator).is_none());
        if let Some(member) = unknown {
            let message = format!("there is no operator {}", member.operator);
            return self.reject(caller, Rejection::new(Code::OperatorNotFound, message).at("queue.members"));
        }
        self.shared.activity.begin();
        self.setting_up += 1;
        self.registry.do_send(ToRegistry::Put { put, acting, now, caller });
    }

    fn put_operator(
        &mut self,
        operator: OperatorId,
        command: OperatorCommand,
        acting: Option<Principal>,
        caller: Caller,
        now: Timestamp,
    ) {
        if !self.operators.contains_key(&operator) {
            self.start_operator(operator.clone(), None);
        }
        self.tell_operator(&operator, command, acting, caller, now);
    }

    fn order_operator(
        &mut self,
        operator: &OperatorId,
        command: OperatorCommand,
        acting: Option<Principal>,
        caller: Caller,
        now: Timestamp,
    ) {
        if self.entry(operator).is_none() {
            return self.reject(caller, no_such_operator("operator"));
        }
        self.tell_operator(operator, command, acting, caller, now);
    }

    fn tell_operator(
        &mut self,
        operator: &OperatorId,
        command: OperatorCommand,
        acting: Option<Principal>,
        caller: Caller,
        now: Timestamp,
    ) {
        let Some(entry) = self.operators.get(operator) else { return };
        self.shared.activity.begin();
        self.setting_up += 1;
        entry.address.do_send(ToOperator::Order(Box::new(OperatorOrder { command, acting, now, caller })));
    }

    /// Starts the actor of an operator that is yet to be put, or is recovered.
    pub(super) fn start_operator(&mut self, id: OperatorId, recovered: Option<RecoveredThing<Operator>>) {
        let known = recovered.as_ref().map(|recovered| &recovered.thing);
        let role = known.map_or(Role::Operator, |operator| operator.settings.role);
        let absent = known.is_none_or(|operator| operator.removed);
        let house = &self.houses[self.operators.len() % self.houses.len()];
        let shard = Arc::clone(&house.shard);
        let address = house.settle(match recovered {
            Some(recovered) => OperatorActor::recovered(recovered, shard),
            None => OperatorActor::new(id.clone(), shard),
        });
        self.operators.insert(id, OperatorEntry { address, role, absent });
    }

    /// An operator is now like this.
    pub(super) fn operator_changed(&mut self, operator: &Operator) {
        if let Some(entry) = self.operators.get_mut(&operator.id) {
            entry.role = operator.settings.role;
            entry.absent = operator.removed;
        }
        self.router.put_operator(operator);
    }

    /// A channel is now like this.
    pub(super) fn channel_put(&mut self, channel: &Channel) {
        self.channels += usize::from(self.router.rules(&channel.id).is_none());
        self.router.put_channel(channel);
    }

    pub(super) fn reject(&self, caller: Caller, rejection: Rejection) {
        self.shard.open().release(caller, Err(rejection));
    }

    /// An operator that exists and is not removed.
    pub(super) fn entry(&self, operator: &OperatorId) -> Option<&OperatorEntry> {
        self.operators.get(operator).filter(|entry| !entry.absent)
    }

    fn acting(&self, operator: OperatorId) -> Result<Principal, Rejection> {
        match self.entry(&operator) {
            Some(entry) => Ok(Principal { role: entry.role, operator }),
            None => Err(no_such_operator("as")),
        }
    }

    fn at_desk(&self, acting: Principal, dialog: DialogId) -> Actor {
        let channel = self.router.channel_of(dialog);
        let member = channel.is_some_and(|channel| self.router.is_member(channel, &acting.operator));
        Actor { operator: acting.operator, role: acting.role, member }
    }

    /// What the dispatcher knows of a dialog; of one that has ended, nothing that matters.
    pub(super) fn desk_of(&self, dialog: DialogId) -> Desk {
        let known = self.router.rules_for(dialog);
        let rules = known.unwrap_or_else(|| OfferRules::of(&ChannelSettings::default()));
        Desk { rules, room: true, reachable: true, duplicate_of: None }
    }
}

pub(super) fn no_such_operator(field: &'static str) -> Rejection {
    Rejection::new(Code::OperatorNotFound, "there is no such operator").at(field)
}
