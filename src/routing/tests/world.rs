//! A small world of dialogs, operators and channels, which plays what the router directs.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::decisions::owns;
use crate::domain::channel::{Accept, Channel, ChannelSettings, Member, Queue, QueueMode};
use crate::domain::dialog::command::{Desk, OfferRules, Placement};
use crate::domain::dialog::{Dialog, DialogTimer, KeptRuling, Wishes};
use crate::domain::event::{Change, DialogEvent, Events, OperatorEvent};
use crate::domain::operator::{Operator, OperatorKind, OperatorSettings, Presence};
use crate::ids::{ChannelId, DialogId, OperatorId};
use crate::routing::{Directive, Fact, Memory, Router};
use crate::timestamp::Timestamp;

pub(super) fn channel_id(name: &str) -> ChannelId {
    ChannelId::new(name).unwrap()
}

pub(super) fn operator_id(name: &str) -> OperatorId {
    OperatorId::new(name).unwrap()
}

/// What is on its way to a dialog.
#[derive(Debug, Clone)]
pub(super) enum Order {
    Open(Opening),
    Direct(Directive, OfferRules, Option<KeptRuling>),
    /// With whether the queue that would take over is full.
    TimeOut {
        timer: DialogTimer,
        desk: Box<Desk>,
        overflow_full: bool,
    },
    Do(Action, Told),
}

/// A dialog that is just being opened.
#[derive(Debug, Clone)]
pub(super) struct Opening {
    pub channel: ChannelId,
    pub placement: Placement,
    pub rules: OfferRules,
    pub ruling: Option<KeptRuling>,
    pub wishes: Wishes,
    /// Whether it ends at the door of a closed channel.
    pub ends: bool,
}

/// What the dispatcher says with a command.
#[derive(Debug, Clone)]
pub(super) struct Told {
    pub rules: OfferRules,
    pub room: bool,
    pub member: bool,
    pub reachable: bool,
    /// Whether the queue into which it would go has no place.
    pub full: bool,
    /// Whether it ends at the door of a closed channel.
    pub ends: bool,
}

/// What somebody does with a dialog.
#[derive(Debug, Clone)]
pub(super) enum Action {
    Answer(OperatorId),
    AnswerAndFinish(OperatorId),
    Skip(OperatorId),
    Take(OperatorId),
    Pass(OperatorId),
    Move(ChannelId),
    Reply(OperatorId),
    Write,
    Finish,
    Prioritise(i32),
}

/// All that is true, and what is under way.
pub(super) struct World {
    pub channels: BTreeMap<ChannelId, Channel>,
    pub operators: BTreeMap<OperatorId, Operator>,
    pub dialogs: BTreeMap<DialogId, Dialog>,
    pub memory: Memory,
    pub history: Vec<Change>,
    pub router: Router,
    pub now: Timestamp,
    pub orders: BTreeMap<DialogId, VecDeque<Order>>,
    pub opened: u64,
    /// How many dialogs each queue may hold beyond its bound, for having come there in a way that is not bounded.
    pub tolerated: BTreeMap<ChannelId, usize>,
    /// Whether doors have moved at this instant, and what relaxes then has not yet.
    pub is_uneased: bool,
}

impl World {
    pub(super) fn new() -> Self {
        Self {
            channels: BTreeMap::new(),
            operators: BTreeMap::new(),
            dialogs: BTreeMap::new(),
            memory: Memory::default(),
            history: Vec::new(),
            router: Router::default(),
            now: Timestamp::from_millis(1_000),
            orders: BTreeMap::new(),
            opened: 0,
            tolerated: BTreeMap::new(),
            is_uneased: false,
        }
    }

    pub(super) fn put_channel(&mut self, channel: Channel) {
        self.router.tell_time(self.now);
        self.router.put_channel(&channel);
        self.router.keep_time(self.now);
        self.channels.insert(channel.id.clone(), channel);
        self.tolerate_waiting();
    }

    pub(super) fn put_operator(&mut self, operator: Operator) {
        self.router.tell_time(self.now);
        self.router.put_operator(&operator);
        let put = vec![OperatorEvent::Put(Box::new(operator.settings.clone()))];
        self.memory.fold(&Change { at: self.now, events: Events::Operator(operator.id.clone(), put) });
        self.operators.insert(operator.id.clone(), operator);
    }

    pub(super) fn set_presence(&mut self, operator: &str, presence: Presence) {
        let mut operator = self.operators[&operator_id(operator)].clone();
        operator.presence = presence;
        self.put_operator(operator);
    }

    pub(super) fn remove(&mut self, operator: &str) {
        let mut operator = self.operators[&operator_id(operator)].clone();
        operator.removed = true;
        operator.presence = Presence::Offline;
        self.put_operator(operator);
    }

    pub(super) fn rules(&self, channel: &ChannelId) -> OfferRules {
        self.router.rules(channel).unwrap()
    }

    fn rules_for(&self, dialog: DialogId) -> OfferRules {
        let channel = self
            .router
            .channel_of(dialog)
            .or(self.dialogs.get(&dialog).and_then(|dialog| dialog.channel.as_ref()));
        self.rules(channel.expect("a dialog that is told something is known"))
    }

    /// A client writes for the first time; the opening is on its way.
    pub(super) fn open(&mut self, channel: &ChannelId) -> (DialogId, Placement) {
        self.open_wishing(channel, Wishes::default())
    }

    /// The same, by a client who wishes something.
    pub(super) fn open_wishing(&mut self, channel: &ChannelId, wishes: Wishes) -> (DialogId, Placement) {
        self.try_open(channel, wishes).expect("the queue has a place")
    }

    /// The same, unless the queue is full.
    pub(super) fn try_open(&mut self, channel: &ChannelId, wishes: Wishes) -> Option<(DialogId, Placement)> {
        let ends = self.ends_at_the_door(channel);
        if !ends && self.router.is_full(channel) {
            return None;
        }
        let dialog = DialogId(self.opened + 1);
        let boxed = wishes.clone().some();
        let placement = self.router.place_new(dialog, channel, boxed.as_deref(), self.now);
        if !ends && placement == Placement::Waiting && self.router.is_one_too_many(dialog) {
            self.router.forget_new(dialog);
            return None;
        }
        self.opened += 1;
        let ruling = self.router.take_ruling().map(KeptRuling::from);
        let (rules, channel) = (self.rules(channel), channel.clone());
        let opening = Opening { channel, placement: placement.clone(), rules, ruling, wishes, ends };
        self.orders.entry(dialog).or_default().push_back(Order::Open(opening));
        self.check_waiting();
        Some((dialog, placement))
    }

    /// Whether a dialog that enters this queue now ends there.
    pub(super) fn ends_at_the_door(&self, channel: &ChannelId) -> bool {
        self.router.is_closed(channel) && self.channels[channel].settings.off_hours.close
    }

    /// Somebody does something; the command is on its way. Says whether there was room.
    pub(super) fn act(&mut self, dialog: DialogId, action: Action) -> bool {
        let Some(channel) = self.router.channel_of(dialog).cloned() else { return false };
        let gets = match &action {
            Action::Answer(operator) | Action::Take(operator) | Action::Pass(operator) => Some(operator),
            _ => None,
        };
        let actor = match &action {
            Action::Answer(operator) | Action::AnswerAndFinish(operator) => Some(operator),
            _ => None,
        };
        // The dispatcher resolves names first, and a removed operator is nobody.
        if gets.or(actor).is_some_and(|operator| self.operators[operator].removed) {
            return false;
        }
        let told = Told {
            rules: self.router.rules_for(dialog).expect("the dialog is known"),
            member: actor.is_some_and(|actor| self.router.is_member(dialog, actor)),
            reachable: gets.is_some_and(|gets| self.router.reachable(gets, &channel)),
            room: self.router.depart(dialog, gets),
            ends: matches!(&action, Action::Move(to) if self.ends_at_the_door(to)),
            full: matches!(&action, Action::Move(to) if !self.router.hold_place(dialog, to)),
        };
        let room = told.room;
        self.orders.entry(dialog).or_default().push_back(Order::Do(action, told));
        self.check_waiting();
        room
    }

    pub(super) fn direct(&mut self, directive: Directive) {
        let dialog = directive.dialog();
        let (rules, ruling) = (self.rules_for(dialog), self.router.take_ruling().map(KeptRuling::from));
        let order = match directive {
            Directive::TimeOut { timer, .. } => self.ask(dialog, timer, rules),
            directive => Order::Direct(directive, rules, ruling),
        };
        self.orders.entry(dialog).or_default().push_back(order);
        self.check_waiting();
    }

    /// A dialog is asked whether something is due. A place is held where it may go.
    fn ask(&mut self, dialog: DialogId, timer: DialogTimer, rules: OfferRules) -> Order {
        let channel = self.router.channel_of(dialog).expect("the dialog is known").clone();
        let mut desk = Box::new(Desk::new(rules));
        let settings = &self.channels[&channel].settings;
        let overflow = settings.no_answer.as_ref().and_then(|rule| rule.overflow_channel.clone());
        desk.channel = Some(Arc::new(self.channels[&channel].clone()));
        let overflow = overflow.filter(|_| timer == DialogTimer::NoAnswer);
        let overflow_full = overflow.as_ref().is_some_and(|to| !self.router.hold_place(dialog, to));
        let shut = overflow.filter(|to| self.router.is_closed(to));
        desk.closed_queue = shut.map(|to| Arc::new(self.channels[&to].clone()));
        Order::TimeOut { timer, desk, overflow_full }
    }

    /// The dialog decides on the first thing on its way, and the router hears of it.
    pub(super) fn deliver(&mut self, dialog: DialogId) -> Vec<DialogEvent> {
        let queue = self.orders.get_mut(&dialog).expect("something is on its way");
        let order = queue.pop_front().expect("something is on its way");
        if queue.is_empty() {
            self.orders.remove(&dialog);
        }
        let events = self.decide(dialog, &order);
        events.iter().for_each(check_ruling);
        self.happen(dialog, &events);
        self.memory.fold(self.history.last().expect("something has just happened"));
        let mut facts: Vec<Fact> = Fact::all(&events, self.now).collect();
        facts.extend(self.not_yet(dialog, &order).filter(|_| events.is_empty()));
        self.router.arrive(dialog, &facts);
        if order.is_unbounded() {
            self.tolerate_waiting();
        }
        self.check_waiting();
        events
    }

    /// This happens to a dialog.
    pub(super) fn happen(&mut self, dialog: DialogId, events: &[DialogEvent]) {
        for event in events {
            match self.dialogs.get_mut(&dialog) {
                Some(known) => known.apply(event, self.now),
                None => {
                    let opened = Dialog::from_event(dialog, event, self.now).expect("the first event opens");
                    self.dialogs.insert(dialog, opened);
                }
            }
        }
        if self.dialogs.get(&dialog).is_some_and(Dialog::is_closed) {
            self.dialogs.remove(&dialog);
        }
        self.history.push(Change { at: self.now, events: Events::Dialog(dialog, events.to_vec()) });
    }

    /// A router built from what is true now and what was remembered.
    pub(super) fn restart(&mut self) {
        self.orders.clear();
        self.router = Router::new(&self.memory);
        self.channels.values().for_each(|channel| self.router.put_channel(channel));
        self.operators.values().for_each(|operator| self.router.put_operator(operator));
        self.dialogs.values().filter_map(Dialog::head).for_each(|head| self.router.restore(&head));
        self.router.reconcile(self.now);
        self.router.keep_time(self.now);
    }

    /// Units that dialogs charge to an operator, counted from the dialogs alone.
    pub(super) fn charged(&self, operator: &OperatorId) -> u32 {
        let charge = |dialog: &Dialog| {
            let all = self.channels[dialog.channel.as_ref().unwrap()].settings.queue.mode == QueueMode::All;
            let by_offer = dialog.is_offered_to(operator) && !all;
            if owns(dialog, operator) || by_offer { dialog.weight } else { 0 }
        };
        self.dialogs.values().map(charge).sum()
    }

    /// What follows now.
    pub(super) fn next(&mut self) -> Option<Directive> {
        self.router.tell_time(self.now);
        self.router.next()
    }

    /// Plays everything until nothing follows, and says what was directed.
    pub(super) fn settle(&mut self) -> Vec<Directive> {
        let mut directed = Vec::new();
        loop {
            if let Some(dialog) = self.orders.keys().next().copied() {
                self.deliver(dialog);
            } else if let Some(directive) = self.next() {
                directed.push(directive.clone());
                self.direct(directive);
            } else {
                self.router.check_settled();
                return directed;
            }
        }
    }

    /// Lets time pass, and says what was directed.
    pub(super) fn advance(&mut self, ms: u64) -> Vec<Directive> {
        let target = self.now.plus_ms(ms);
        let mut directed = Vec::new();
        while let Some(deadline) = self.router.next_deadline().filter(|deadline| *deadline <= target) {
            self.now = self.now.max(deadline);
            for directive in self.router.due(self.now) {
                directed.push(directive.clone());
                self.direct(directive);
            }
            directed.extend(self.settle());
        }
        self.now = target;
        directed
    }

    /// The dialogs that are on their way somewhere.
    pub(super) fn in_transit(&self) -> BTreeSet<DialogId> {
        self.orders.keys().copied().collect()
    }
}

/// Who got a dialog is who gets it by what was written down.
fn check_ruling(event: &DialogEvent) {
    let (ruling, winners) = match event {
        DialogEvent::Waiting { ruling: Some(ruling), .. } => (ruling, &[][..]),
        DialogEvent::Offered { ruling: Some(ruling), operators, .. } => (ruling, operators.as_slice()),
        DialogEvent::Answered { ruling: Some(ruling), operator, .. } => {
            (ruling, std::slice::from_ref(operator))
        }
        _ => return,
    };
    if ruling.considered.unpack().more_candidates == 0 {
        let told: Vec<_> = ruling.winners().collect();
        assert_eq!(told, winners, "{ruling:?}");
    }
}

pub(super) fn operator(name: &str, capacity: u32, presence: Presence) -> Operator {
    let settings = OperatorSettings { capacity, kind: OperatorKind::Human, ..OperatorSettings::default() };
    Operator { id: operator_id(name), settings, presence, removed: false }
}

/// A channel with these members, ranked in this order.
pub(super) fn channel(name: &str, mode: QueueMode, members: &[&str]) -> Channel {
    let members = members
        .iter()
        .zip(1..)
        .map(|(operator, rank)| Member { operator: operator_id(operator), rank })
        .collect();
    let queue = Queue { mode, members, accept: Accept::Answer, offer_timeout_ms: 60_000, check_online: true };
    let settings = ChannelSettings { name: name.to_owned(), queue, weight: 1, ..ChannelSettings::default() };
    Channel { id: channel_id(name), settings, closed_after_ms: None }
}
