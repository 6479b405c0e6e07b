//! A small world of dialogs, operators and channels, which plays what the router directs.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::domain::channel::{Accept, Channel, ChannelSettings, Member, Queue, QueueMode};
use crate::domain::dialog::command::{OfferRules, Placement};
use crate::domain::dialog::{
    Author, CloseReason, Dialog, DialogTimer, KeptRuling, Message, Status, Visibility, Wishes,
};
use crate::domain::event::{Change, Destination, DialogEvent, Events, OperatorEvent};
use crate::domain::operator::{Operator, OperatorKind, OperatorSettings, Presence};
use crate::ids::{ChannelId, ClientId, DialogId, OperatorId};
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
    Open(ChannelId, Placement, OfferRules, Option<KeptRuling>, Wishes),
    Direct(Directive, OfferRules, Option<KeptRuling>),
    /// With whether the queue that would take over is full.
    TimeOut(DialogTimer, OfferRules, bool),
    Do(Action, Told),
}

/// What the dispatcher says with a command.
#[derive(Debug, Clone)]
pub(super) struct Told {
    pub rules: OfferRules,
    pub room: bool,
    pub member: bool,
    pub reachable: bool,
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
        }
    }

    pub(super) fn put_channel(&mut self, channel: Channel) {
        self.router.tell_time(self.now);
        self.router.put_channel(&channel);
        self.router.keep_time(self.now);
        self.channels.insert(channel.id.clone(), channel);
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
        let dialog = DialogId(self.opened + 1);
        let boxed = wishes.clone().some();
        let placement = self.router.place_new(dialog, channel, boxed.as_deref(), self.now);
        self.opened += 1;
        let ruling = self.router.take_ruling().map(KeptRuling::from);
        let order = Order::Open(channel.clone(), placement.clone(), self.rules(channel), ruling, wishes);
        self.orders.entry(dialog).or_default().push_back(order);
        (dialog, placement)
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
        };
        let room = told.room;
        self.orders.entry(dialog).or_default().push_back(Order::Do(action, told));
        room
    }

    pub(super) fn direct(&mut self, directive: Directive) {
        let dialog = directive.dialog();
        let (rules, ruling) = (self.rules_for(dialog), self.router.take_ruling().map(KeptRuling::from));
        let order = match directive {
            Directive::TimeOut { timer, .. } => {
                Order::TimeOut(timer, rules, self.is_overflow_full(dialog, timer))
            }
            directive => Order::Direct(directive, rules, ruling),
        };
        self.orders.entry(dialog).or_default().push_back(order);
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
        for event in &events {
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
        let change = Change { at: self.now, events: Events::Dialog(dialog, events.clone()) };
        self.memory.fold(&change);
        self.history.push(change);
        let mut facts: Vec<Fact> = Fact::all(&events, self.now).collect();
        facts.extend(self.not_yet(dialog, &order).filter(|_| events.is_empty()));
        self.router.arrive(dialog, &facts);
        events
    }

    fn decide(&self, id: DialogId, order: &Order) -> Vec<DialogEvent> {
        if let Order::Open(channel, placement, rules, ruling, wishes) = order {
            return self.decide_opening(channel, placement, rules, ruling, wishes);
        }
        let Some(dialog) = self.dialogs.get(&id) else { return Vec::new() };
        match order {
            Order::Open(..) => unreachable!("decided above"),
            Order::Direct(directive, rules, ruling) => {
                self.decide_directive(dialog, directive, rules, ruling)
            }
            Order::TimeOut(timer, rules, full) => self.time_out(dialog, *timer, rules, *full),
            Order::Do(action, told) => self.decide_action(dialog, action, told),
        }
    }

    fn decide_opening(
        &self,
        channel: &ChannelId,
        placement: &Placement,
        rules: &OfferRules,
        ruling: &Option<KeptRuling>,
        wishes: &Wishes,
    ) -> Vec<DialogEvent> {
        let ruling = ruling.clone();
        let client = ClientId::new(self.opened.to_string()).unwrap();
        let opened = DialogEvent::Opened {
            channel: channel.clone(),
            client,
            client_name: None,
            previous: None,
            wishes: wishes.clone().some(),
        };
        let placed = match placement {
            Placement::Bot(bot) => DialogEvent::BotJoined { operator: bot.clone() },
            Placement::Waiting => DialogEvent::Waiting { channel: channel.clone(), ruling },
            Placement::Offered(operators) => offered(operators, rules.weight, rules, self.now, ruling),
            Placement::Assigned(operator) => {
                DialogEvent::Answered { operator: operator.clone(), weight: rules.weight, ruling }
            }
        };
        vec![opened, placed]
    }

    fn decide_directive(
        &self,
        dialog: &Dialog,
        directive: &Directive,
        rules: &OfferRules,
        ruling: &Option<KeptRuling>,
    ) -> Vec<DialogEvent> {
        let ruling = ruling.clone();
        match directive {
            Directive::Offer { operators, .. } if rules.accept == Accept::Auto => {
                assert_eq!(dialog.status, Status::Waiting, "only what waits is given");
                vec![DialogEvent::Answered { operator: operators[0].clone(), weight: rules.weight, ruling }]
            }
            Directive::Offer { operators, .. } => {
                let may = matches!(dialog.status, Status::Waiting | Status::Offered { .. });
                assert!(may, "only what has no owner is offered");
                vec![offered(operators, rules.weight, rules, self.now, ruling)]
            }
            Directive::Announce { .. } => {
                assert_eq!(dialog.status, Status::Waiting, "only what waits is announced");
                vec![DialogEvent::Waiting { channel: dialog.channel.clone().unwrap(), ruling }]
            }
            Directive::Withdraw { operator, .. } if dialog.is_offered_to(operator) => {
                vec![DialogEvent::OfferWithdrawn { operator: operator.clone() }]
            }
            Directive::Expire { deadline, .. } => match &dialog.status {
                Status::Offered { to, deadline: Some(of_offer) } if of_offer == deadline => to
                    .iter()
                    .map(|operator| DialogEvent::OfferExpired { operator: operator.clone() })
                    .collect(),
                _ => Vec::new(),
            },
            Directive::ReturnToQueue { operator, .. }
                if owns(dialog, operator) || dialog.is_held_by(operator) =>
            {
                vec![moved(dialog, dialog.channel.as_ref().unwrap())]
            }
            Directive::TimeOut { .. } | Directive::Withdraw { .. } | Directive::ReturnToQueue { .. } => {
                Vec::new()
            }
        }
    }

    fn decide_action(&self, dialog: &Dialog, action: &Action, told: &Told) -> Vec<DialogEvent> {
        let answered = dialog.status == Status::Answered;
        match action {
            Action::Answer(operator) if told.room && may_answer(dialog, operator, told) => {
                vec![DialogEvent::Answered {
                    operator: operator.clone(),
                    weight: told.rules.weight,
                    ruling: None,
                }]
            }
            Action::AnswerAndFinish(operator) if may_answer(dialog, operator, told) => vec![
                DialogEvent::Answered { operator: operator.clone(), weight: told.rules.weight, ruling: None },
                closed(),
            ],
            Action::Skip(operator) if dialog.is_offered_to(operator) => {
                vec![DialogEvent::OfferSkipped { operator: operator.clone() }]
            }
            Action::Take(operator) if answered && told.room && !owns(dialog, operator) => {
                vec![DialogEvent::Taken {
                    operator: operator.clone(),
                    from: dialog.owner.clone(),
                    weight: told.rules.weight,
                }]
            }
            Action::Pass(operator) if told.room && told.reachable && !owns(dialog, operator) => {
                let passed = DialogEvent::Transferred {
                    from: dialog.owner.clone(),
                    to: Destination::Operator(operator.clone()),
                    by: None,
                };
                let weight = told.rules.weight;
                let given = match told.rules.accept {
                    Accept::Auto => {
                        DialogEvent::Answered { operator: operator.clone(), weight, ruling: None }
                    }
                    Accept::Answer => {
                        offered(std::slice::from_ref(operator), weight, &told.rules, self.now, None)
                    }
                };
                vec![passed, given]
            }
            Action::Move(channel) => vec![moved(dialog, channel)],
            Action::Reply(operator) if owns(dialog, operator) => {
                vec![message(dialog, Author::Operator(operator.clone()), self.now)]
            }
            Action::Prioritise(priority) => {
                vec![DialogEvent::PrioritySet { priority: *priority, by: operator_id("boss") }]
            }
            Action::Write => vec![message(dialog, Author::Client, self.now)],
            Action::Finish => vec![closed()],
            _ => Vec::new(),
        }
    }

    /// A router built from what is true now and what was remembered.
    pub(super) fn restart(&mut self) {
        self.orders.clear();
        self.router = Router::new(&self.memory);
        self.channels.values().for_each(|channel| self.router.put_channel(channel));
        self.operators.values().for_each(|operator| self.router.put_operator(operator));
        self.dialogs.values().for_each(|dialog| self.router.restore_dialog(dialog));
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

pub(super) fn owns(dialog: &Dialog, operator: &OperatorId) -> bool {
    dialog.status == Status::Answered && dialog.is_owner(operator)
}

fn may_answer(dialog: &Dialog, operator: &OperatorId, told: &Told) -> bool {
    match dialog.status {
        Status::Waiting => told.member,
        Status::Offered { .. } => {
            dialog.is_offered_to(operator) || (told.member && told.rules.mode.is_open_to_members())
        }
        _ => false,
    }
}

fn offered(
    operators: &[OperatorId],
    weight: u32,
    rules: &OfferRules,
    now: Timestamp,
    ruling: Option<KeptRuling>,
) -> DialogEvent {
    DialogEvent::Offered { operators: operators.to_vec(), deadline: rules.deadline(now), weight, ruling }
}

fn moved(dialog: &Dialog, channel: &ChannelId) -> DialogEvent {
    DialogEvent::Transferred {
        from: dialog.owner.clone(),
        to: Destination::Channel(channel.clone()),
        by: None,
    }
}

fn closed() -> DialogEvent {
    DialogEvent::Closed { reason: CloseReason::Finished, by: None }
}

fn message(dialog: &Dialog, author: Author, at: Timestamp) -> DialogEvent {
    let (id, text) = (dialog.next_message(), String::from("text"));
    DialogEvent::MessageAdded(Box::new(Message::new(id, author, Visibility::Public, text, at)))
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
