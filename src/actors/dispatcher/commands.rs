//! From an envelope to the actor that decides it: names are resolved and capacity is reserved here.

use std::sync::Arc;

use super::clients::no_such_channel;
use super::{Dispatcher, OperatorEntry};
use crate::actors::caller::Caller;
use crate::actors::dialog::{ToDialog, Told};
use crate::actors::inbox::{Ask, Envelope};
use crate::actors::operator::{OperatorActor, OperatorCommand, OperatorOrder, ToOperator};
use crate::actors::registry::ToRegistry;
use crate::domain::channel::{Accept, Channel, ChannelSettings, PutChannel};
use crate::domain::command::Command;
use crate::domain::dialog::command::{Actor, Context, Desk, OfferRules, Transfer};
use crate::domain::dialog::order::DialogOrder;
use crate::domain::event::Destination;
use crate::domain::library::LibraryCommand;
use crate::domain::operator::{Operator, Principal, PutOperator, Role};
use crate::error::{Code, Rejection};
use crate::ids::{ChannelId, DialogId, OperatorId};
use crate::storage::RecoveredThing;
use crate::timestamp::Timestamp;

/// Who asks for something, who waits for the outcome, and when it was asked.
#[derive(Debug)]
pub(super) struct Asking {
    /// The operator who acts; nobody for the host, the connector and the engine itself.
    pub acting: Option<Principal>,
    /// Who waits.
    pub caller: Caller,
    /// When.
    pub now: Timestamp,
}

impl Asking {
    /// What a connector asks for a client.
    pub fn for_client(caller: Caller, now: Timestamp) -> Self {
        Self { acting: None, caller, now }
    }
}

impl Dispatcher {
    pub(super) fn handle_envelope(&mut self, envelope: Envelope, now: Timestamp) {
        #[cfg(test)]
        self.shared.reader.pass(crate::storage::testing::Trap::Dispatcher);
        let Envelope { ask, actor, caller } = envelope;
        let acting = match actor.map(|operator| self.acting(operator)).transpose() {
            Ok(acting) => acting,
            Err(rejection) => return self.reject(caller, rejection),
        };
        match ask {
            Ask::Command(command) => self.command(command, Asking { acting, caller, now }),
            Ask::Query(query) => self.query(*query, acting, caller),
            Ask::Find(wanted) => self.find_dialogs(*wanted, caller),
            Ask::Barrier => self.barrier(caller),
        }
    }

    fn command(&mut self, command: Command, asking: Asking) {
        let me = asking.acting.as_ref().map(|acting| acting.operator.clone());
        match command {
            Command::PutChannel(put) => self.put_channel(put, asking),
            Command::PutOperator(put) => self.put_operator(put, asking),
            Command::RemoveOperator(remove) => {
                let operator = remove.operator.clone();
                self.order_operator(&operator, OperatorCommand::Remove(remove), asking);
            }
            Command::SetPresence(set) => {
                let operator = set.operator.clone();
                self.order_operator(&operator, OperatorCommand::SetPresence(set), asking);
            }
            Command::Receive(receive) => self.receive(receive, asking.caller, asking.now),
            Command::ClientLeave(leave) => self.client_leave(leave, asking.caller, asking.now),
            Command::Answer(it) => self.order(it.dialog, it, me, asking),
            Command::Take(it) => self.order(it.dialog, it, me, asking),
            Command::Transfer(transfer) => self.transfer(transfer, asking),
            Command::Skip(it) => self.order(it.dialog, it, None, asking),
            Command::AcceptAndFinish(it) => self.order(it.dialog, it, None, asking),
            Command::Reply(it) => self.reply(it, asking),
            Command::Pin(it) => self.order(it.dialog, it, None, asking),
            Command::Unpin(it) => self.order(it.dialog, it, None, asking),
            Command::Finish(it) => self.order(it.dialog, it, None, asking),
            Command::Spam(it) => self.order(it.dialog, it, None, asking),
            Command::PinAll(it) => self.each_of_mine(it, asking),
            Command::UnpinAll(it) => self.each_of_mine(it, asking),
            Command::Join(it) => self.order(it.dialog, it, None, asking),
            Command::Leave(it) => self.order(it.dialog, it, None, asking),
            Command::Invite(it) => self.order_naming(&it.operator.clone(), it.dialog, it, asking),
            Command::RemoveParticipant(it) => self.order_naming(&it.operator.clone(), it.dialog, it, asking),
            Command::Rename(it) => self.order(it.dialog, it, None, asking),
            Command::SetHiddenMode(it) => self.order(it.dialog, it, None, asking),
            Command::SetPriority(it) => self.order(it.dialog, it, None, asking),
            Command::Typing(it) => self.order(it.dialog, it, None, asking),
            Command::Score(it) => self.order(it.dialog, it, None, asking),
            Command::Rate(it) => self.rate(it, asking),
            Command::Edit(it) => self.order_on_message(it.message, it, asking),
            Command::Delete(it) => self.order_on_message(it.message, it, asking),
            Command::Receipt(it) => self.order_on_message(it.message, it, asking),
            Command::ClientEdit(it) => self.client_edit(it, asking),
            Command::ClientDelete(it) => self.client_delete(it, asking),
            Command::ClientTyping(it) => self.client_typing(it, asking),
            Command::PutCannedReply(put) => self.put_canned(*put, asking),
            Command::PutForm(put) => self.change_library(LibraryCommand::PutForm(*put), asking),
            Command::PutApp(put) => self.put_app(*put, asking),
            Command::SubmitForm(it) => self.order_on_message(it.message, DialogOrder::SubmitForm(it), asking),
            Command::UpdatePayment(it) => self.order_on_message(it.message, it, asking),
            Command::SendPayment(it) => self.order(it.dialog, DialogOrder::SendPayment(it), None, asking),
            Command::SendCard(it) => self.order(it.dialog, DialogOrder::SendCard(it), None, asking),
            Command::SaveCanned(it) => self.look_up(it.message, Command::SaveCanned(it), asking),
            Command::Discuss(it) => self.look_up(it.message, Command::Discuss(it), asking),
            Command::MoveToNew(it) => self.move_to_new(it, asking),
            Command::EraseClient(it) => self.erase_client(it, asking),
            Command::PutRetention(it) => self.put_retention(it, asking),
            Command::SendCanned(it) => self.find_canned(it, asking),
            Command::SendForm(it) => self.find_form(it, asking),
            Command::AttachApp(it) => self.find_app(it, asking),
            outside @ (Command::CreateTask(_)
            | Command::CreateEvent(_)
            | Command::PostToFeed(_)
            | Command::SaveToCrm(_)
            | Command::CompleteRequest(_)
            | Command::FailRequest(_)) => self.outside(outside, asking),
        }
    }

    /// Tells a dialog what to do; `reserve` is who would get it.
    pub(super) fn order(
        &mut self,
        dialog: DialogId,
        order: impl Into<DialogOrder>,
        reserve: Option<OperatorId>,
        asking: Asking,
    ) {
        self.order_with(dialog, order.into(), reserve, asking, |_| {});
    }

    /// The same, with more that the dispatcher knows.
    pub(super) fn order_with(
        &mut self,
        dialog: DialogId,
        order: DialogOrder,
        reserve: Option<OperatorId>,
        asking: Asking,
        add: impl FnOnce(&mut Desk),
    ) {
        let Asking { acting, caller, now } = asking;
        if let Err(rejection) = self.awake(dialog) {
            return self.reject(caller, rejection);
        }
        let mut desk = self.desk_of(dialog);
        let internal = self.live.get(&dialog).is_some_and(|live| live.client.is_none());
        desk.room = self.router.depart(dialog, reserve.as_ref()) || internal;
        // Others may be told to go there before this one has arrived.
        desk.queue_full = queue_of(&order).is_some_and(|channel| !self.router.hold_place(dialog, channel));
        add(&mut desk);
        let actor = acting.map(|acting| self.at_desk(acting, dialog));
        let context = Context { now, actor, desk };
        self.tell(dialog, ToDialog::Order(Box::new(Told { order, context, caller })));
    }

    fn transfer(&mut self, transfer: Box<Transfer>, asking: Asking) {
        let dialog = transfer.dialog;
        let closed_queue = match &transfer.to {
            Destination::Channel(channel) => self.closed(channel),
            Destination::Operator(_) => None,
        };
        let (target, reachable) = match &transfer.to {
            Destination::Channel(channel) if self.router.rules(channel).is_none() => {
                return self.reject(asking.caller, no_such_channel("to_channel"));
            }
            Destination::Operator(operator) if self.entry(operator).is_none() => {
                return self.reject(asking.caller, no_such_operator("to_operator"));
            }
            Destination::Channel(_) => (None, true),
            Destination::Operator(operator) => {
                let channel = self.router.channel_of(dialog);
                let reachable = channel.is_none_or(|channel| self.router.reachable(operator, channel));
                (Some(operator.clone()), reachable)
            }
        };
        self.order_with(dialog, DialogOrder::Transfer(transfer), target, asking, |desk| {
            desk.reachable = reachable;
            desk.closed_queue = closed_queue;
        });
    }

    fn put_channel(&mut self, put: Box<PutChannel>, asking: Asking) {
        let Asking { acting, caller, now } = asking;
        let unknown = put.settings.queue.members.iter().find(|member| self.entry(&member.operator).is_none());
        if let Some(member) = unknown {
            let message = format!("there is no operator {}", member.operator);
            return self.reject(caller, Rejection::new(Code::OperatorNotFound, message).at("queue.members"));
        }
        if let Err(rejection) = self.named_in(&put.settings) {
            return self.reject(caller, rejection);
        }
        self.shared.activity.begin();
        self.setting_up += 1;
        self.registry.do_send(ToRegistry::Put { put, acting, now, caller });
    }

    /// Whether what a channel's rules name exists.
    fn named_in(&self, settings: &ChannelSettings) -> Result<(), Rejection> {
        let overflow = settings.no_answer.as_ref().and_then(|no_answer| no_answer.overflow_channel.as_ref());
        if overflow.is_some_and(|channel| self.router.rules(channel).is_none()) {
            return Err(no_such_channel("no_answer.overflow_channel"));
        }
        let Some(bot) = &settings.bot else { return Ok(()) };
        match self.entry(&bot.operator) {
            None => Err(no_such_operator("bot.operator")),
            Some(entry) if !entry.bot => Err(Rejection::invalid("bot.operator", "it is not a bot")),
            Some(_) => Ok(()),
        }
    }

    fn put_operator(&mut self, put: Box<PutOperator>, asking: Asking) {
        let operator = put.operator.clone();
        if !self.operators.contains_key(&operator) {
            self.start_operator(operator.clone(), None);
        }
        self.tell_operator(&operator, OperatorCommand::Put(put), asking);
    }

    fn order_operator(&mut self, operator: &OperatorId, command: OperatorCommand, asking: Asking) {
        if self.entry(operator).is_none() {
            return self.reject(asking.caller, no_such_operator("operator"));
        }
        self.tell_operator(operator, command, asking);
    }

    fn tell_operator(&mut self, operator: &OperatorId, command: OperatorCommand, asking: Asking) {
        let Some(entry) = self.operators.get(operator) else { return };
        let Asking { acting, caller, now } = asking;
        self.shared.activity.begin();
        self.setting_up += 1;
        entry.address.do_send(ToOperator::Order(Box::new(OperatorOrder { command, acting, now, caller })));
    }

    /// Starts the actor of an operator that is yet to be put, or is recovered.
    pub(super) fn start_operator(&mut self, id: OperatorId, recovered: Option<RecoveredThing<Operator>>) {
        let known = recovered.as_ref().map(|recovered| &recovered.thing);
        let role = known.map_or(Role::Operator, |operator| operator.settings.role);
        let bot = known.is_some_and(|operator| !operator.is_human());
        let absent = known.is_none_or(|operator| operator.removed);
        let house = &self.houses[self.operators.len() % self.houses.len()];
        let shard = Arc::clone(&house.shard);
        let address = house.settle(match recovered {
            Some(recovered) => OperatorActor::recovered(recovered, shard),
            None => OperatorActor::new(id.clone(), shard),
        });
        self.operators.insert(id, OperatorEntry { address, role, bot, absent });
    }

    /// An operator is now like this.
    pub(super) fn operator_changed(&mut self, operator: &Operator) {
        if let Some(entry) = self.operators.get_mut(&operator.id) {
            entry.role = operator.settings.role;
            entry.bot = !operator.is_human();
            entry.absent = operator.removed;
        }
        self.router.put_operator(operator);
    }

    /// A channel is now like this.
    pub(super) fn channel_put(&mut self, channel: &Channel) {
        self.channels += usize::from(self.router.rules(&channel.id).is_none());
        self.router.put_channel(channel);
        self.router.keep_time(self.now());
        self.manners.put(channel);
        match channel.settings.rating {
            true => self.asking.insert(channel.id.clone()),
            false => self.asking.remove(&channel.id),
        };
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

    pub(super) fn at_desk(&self, acting: Principal, dialog: DialogId) -> Actor {
        let member = self.router.is_member(dialog, &acting.operator);
        Actor { operator: acting.operator, role: acting.role, member }
    }

    /// What the dispatcher knows of a dialog. What is in no queue is given over at once and takes nothing
    /// of anybody's capacity; of one that has ended, that does not matter.
    pub(super) fn desk_of(&self, dialog: DialogId) -> Desk {
        let known = self.router.rules_for(dialog);
        let unqueued =
            || OfferRules { accept: Accept::Auto, weight: 0, ..OfferRules::of(&ChannelSettings::default()) };
        let mut desk = Desk::new(known.unwrap_or_else(unqueued));
        self.mind(&mut desk, self.router.channel_of(dialog));
        desk
    }
}

/// The queue into which a dialog goes that is told this by somebody.
fn queue_of(order: &DialogOrder) -> Option<&ChannelId> {
    match order {
        DialogOrder::Transfer(transfer) => match &transfer.to {
            Destination::Channel(channel) => Some(channel),
            Destination::Operator(_) => None,
        },
        _ => None,
    }
}

pub(super) fn no_such_operator(field: &'static str) -> Rejection {
    Rejection::new(Code::OperatorNotFound, "there is no such operator").at(field)
}
