//! How the dialogs of the small world decide on what is told to them. Nobody is chosen here.

use super::world::{Action, Opening, Order, Told, World};
use crate::domain::channel::Accept;
use crate::domain::dialog::command::{Context, Desk, DialogCommand, OfferRules, Placement};
use crate::domain::dialog::order::{Abandon, AutoClose, HandOff, NoAnswer};
use crate::domain::dialog::{
    Author, CloseReason, Dialog, DialogTimer, KeptRuling, Message, Status, Visibility,
};
use crate::domain::event::{Destination, DialogEvent};
use crate::ids::{ChannelId, ClientId, DialogId, OperatorId};
use crate::routing::{Directive, Fact};
use crate::timestamp::Timestamp;

impl World {
    pub(super) fn decide(&self, id: DialogId, order: &Order) -> Vec<DialogEvent> {
        if let Order::Open(opening) = order {
            return self.decide_opening(opening);
        }
        let Some(dialog) = self.dialogs.get(&id) else { return Vec::new() };
        match order {
            Order::Open(..) => unreachable!("decided above"),
            Order::Direct(directive, rules, ruling) => {
                self.decide_directive(dialog, directive, rules, ruling)
            }
            Order::TimeOut { timer, desk, overflow_full } => {
                self.time_out(dialog, *timer, desk, *overflow_full)
            }
            Order::Do(action, told) => self.decide_action(dialog, action, told),
        }
    }

    fn decide_opening(&self, opening: &Opening) -> Vec<DialogEvent> {
        let Opening { channel, placement, rules, ruling, wishes, ends } = opening;
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
            Placement::Waiting if *ends => rejected(),
            Placement::Waiting => DialogEvent::Waiting { channel: channel.clone(), ruling },
            Placement::Offered(operators) => offered(operators, rules, self.now, ruling),
            Placement::Assigned(operator) => {
                DialogEvent::Answered { operator: operator.clone(), weight: rules.weight, ruling }
            }
        };
        vec![opened, placed]
    }

    pub(super) fn decide_directive(
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
                vec![offered(operators, rules, self.now, ruling)]
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
                vec![moved(dialog, dialog.channel.as_ref().unwrap(), None)]
            }
            Directive::TimeOut { .. } | Directive::Withdraw { .. } | Directive::ReturnToQueue { .. } => {
                Vec::new()
            }
        }
    }

    fn decide_action(&self, dialog: &Dialog, action: &Action, told: &Told) -> Vec<DialogEvent> {
        let answered = dialog.status == Status::Answered;
        let weight = told.rules.weight;
        match action {
            Action::Answer(operator) if told.room && may_answer(dialog, operator, told) => {
                vec![DialogEvent::Answered { operator: operator.clone(), weight, ruling: None }]
            }
            Action::AnswerAndFinish(operator) if may_answer(dialog, operator, told) => {
                vec![DialogEvent::Answered { operator: operator.clone(), weight, ruling: None }, closed()]
            }
            Action::Skip(operator) if dialog.is_offered_to(operator) => {
                vec![DialogEvent::OfferSkipped { operator: operator.clone() }]
            }
            Action::Take(operator) if answered && told.room && !owns(dialog, operator) => {
                let from = dialog.owner.clone();
                vec![DialogEvent::Taken { operator: operator.clone(), from, weight }]
            }
            Action::Pass(operator) if told.room && told.reachable && !owns(dialog, operator) => {
                self.pass(dialog, operator, &told.rules)
            }
            Action::Move(channel) if told.ends => vec![moved(dialog, channel, Some("boss")), rejected()],
            Action::Move(channel) if !told.full => vec![moved(dialog, channel, Some("boss"))],
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

    /// One operator gives it to another.
    fn pass(&self, dialog: &Dialog, to: &OperatorId, rules: &OfferRules) -> Vec<DialogEvent> {
        let passed = DialogEvent::Transferred {
            from: dialog.owner.clone(),
            to: Destination::Operator(to.clone()),
            by: Some(operator_id("boss")),
        };
        let weight = rules.weight;
        let given = match rules.accept {
            Accept::Auto => DialogEvent::Answered { operator: to.clone(), weight, ruling: None },
            Accept::Answer => {
                let deadline = rules.deadline_alone(self.now);
                DialogEvent::Offered { operators: vec![to.clone()], deadline, weight, ruling: None }
            }
        };
        vec![passed, given]
    }

    /// What has fallen due is decided by the dialog's own rules.
    fn time_out(
        &self,
        dialog: &Dialog,
        timer: DialogTimer,
        desk: &Desk,
        overflow_full: bool,
    ) -> Vec<DialogEvent> {
        let context = Context { now: self.now, actor: None, desk: desk.clone() };
        let decided = match timer {
            DialogTimer::HandOff => HandOff.decide(dialog, &context),
            DialogTimer::NoAnswer => NoAnswer { overflow_full }.decide(dialog, &context),
            DialogTimer::Abandonment => Abandon.decide(dialog, &context),
            DialogTimer::Closing => AutoClose.decide(dialog, &context),
        };
        decided.expect("what happens by itself is never rejected").events
    }

    /// What a dialog says that had nothing to do yet when it was asked.
    pub(super) fn not_yet(&self, dialog: DialogId, order: &Order) -> Option<Fact> {
        let Order::TimeOut { timer, desk, .. } = order else { return None };
        let (dialog, channel) = (self.dialogs.get(&dialog)?, desk.channel.as_ref()?);
        let at = dialog.deadline(*timer, &channel.settings)?;
        (at > self.now).then_some(Fact::NotYet { timer: *timer, at })
    }
}

fn operator_id(name: &str) -> OperatorId {
    OperatorId::new(name).unwrap()
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
    rules: &OfferRules,
    now: Timestamp,
    ruling: Option<KeptRuling>,
) -> DialogEvent {
    let alone = ruling.as_ref().is_some_and(|ruling| ruling.preferred.is_some());
    let deadline = if alone { rules.deadline_alone(now) } else { rules.deadline(now) };
    DialogEvent::Offered { operators: operators.to_vec(), deadline, weight: rules.weight, ruling }
}

pub(super) fn moved(dialog: &Dialog, channel: &ChannelId, by: Option<&str>) -> DialogEvent {
    DialogEvent::Transferred {
        from: dialog.owner.clone(),
        to: Destination::Channel(channel.clone()),
        by: by.map(operator_id),
    }
}

fn closed() -> DialogEvent {
    DialogEvent::Closed { reason: CloseReason::Finished, by: None }
}

/// A dialog ends where it enters the queue of a channel that is closed.
fn rejected() -> DialogEvent {
    DialogEvent::Closed { reason: CloseReason::Rejected, by: None }
}

fn message(dialog: &Dialog, author: Author, at: Timestamp) -> DialogEvent {
    let (id, text) = (dialog.next_message(), String::from("text"));
    DialogEvent::MessageAdded(Box::new(Message::new(id, author, Visibility::Public, text, at)))
}
