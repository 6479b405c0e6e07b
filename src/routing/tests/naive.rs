//! The rules once more, the slow way: every question is answered by looking at all there is.

use std::collections::VecDeque;

use super::world::{World, owns};
use crate::domain::channel::{Channel, Member, QueueMode};
use crate::domain::dialog::{Dialog, Status};
use crate::domain::event::{Destination, DialogEvent, Events};
use crate::domain::operator::{Operator, OperatorKind, Presence};
use crate::ids::{DialogId, OperatorId};
use crate::routing::Directive;
use crate::timestamp::Timestamp;

/// What has to be taken back, in order; everything else is looked up.
#[derive(Default)]
pub(super) struct Naive {
    pub pending: VecDeque<Directive>,
}

impl Naive {
    /// An operator is about to be put as `after`.
    pub(super) fn operator_changes(&mut self, world: &World, after: &Operator) {
        let before = &world.operators[&after.id];
        let goes = before.presence != Presence::Offline && after.presence == Presence::Offline;
        let dismissed = after.removed && !before.removed;
        for (dialog, state) in world.dialogs.iter().filter(|_| goes || dismissed) {
            if state.is_offered_to(&after.id) {
                self.pending.push_back(Directive::Withdraw { dialog: *dialog, operator: after.id.clone() });
            }
        }
        for (dialog, state) in world.dialogs.iter().filter(|_| dismissed) {
            if owns(state, &after.id) {
                self.pending
                    .push_back(Directive::ReturnToQueue { dialog: *dialog, operator: after.id.clone() });
            }
        }
    }

    /// A channel is about to be put as `after`: where presence begins to count, who is offline loses offers.
    pub(super) fn channel_changes(&mut self, world: &World, after: &Channel) {
        let begins = world.channels.get(&after.id).is_some_and(|before| !before.settings.queue.check_online)
            && after.settings.queue.check_online;
        for (dialog, state) in
            world.dialogs.iter().filter(|(_, state)| begins && state.channel.as_ref() == Some(&after.id))
        {
            for operator in state.offered_to() {
                if world.operators[operator].presence == Presence::Offline {
                    self.pending
                        .push_back(Directive::Withdraw { dialog: *dialog, operator: operator.clone() });
                }
            }
        }
    }

    /// What follows now.
    pub(super) fn next(&mut self, world: &World) -> Option<Directive> {
        if let Some(directive) = self.pending.pop_front() {
            return Some(directive);
        }
        let mut dialogs: Vec<&Dialog> = world.dialogs.values().collect();
        dialogs.sort_by_key(|dialog| (dialog.entered_at, dialog.id));
        for dialog in &dialogs {
            let operators = chosen(world, dialog);
            if !operators.is_empty() {
                return Some(Directive::Offer { dialog: dialog.id, operators });
            }
        }
        let silent = |dialog: &&&Dialog| dialog.status == Status::Waiting && !dialog.announced;
        dialogs.iter().find(silent).map(|dialog| Directive::Announce { dialog: dialog.id })
    }
}

/// Whom a dialog that would be opened now is given to.
pub(super) fn chosen_for_new(world: &World, channel: &Channel) -> Vec<OperatorId> {
    by_mode(world, channel, &eligible(world, channel), &[])
}

/// The next deadline and the dialogs whose offers end then.
pub(super) fn next_deadline(world: &World) -> Option<(Timestamp, Vec<DialogId>)> {
    let deadline = |dialog: &Dialog| match dialog.status {
        Status::Offered { deadline, .. } => deadline,
        _ => None,
    };
    let first = world.dialogs.values().filter_map(deadline).min()?;
    let due = world.dialogs.values().filter(|dialog| deadline(dialog) == Some(first));
    Some((first, due.map(|dialog| dialog.id).collect()))
}

fn chosen(world: &World, dialog: &Dialog) -> Vec<OperatorId> {
    let channel = &world.channels[dialog.channel.as_ref().unwrap()];
    let eligible = eligible(world, channel);
    match dialog.status {
        Status::Waiting => by_mode(world, channel, &eligible, &dialog.round),
        Status::Offered { .. }
            if channel.settings.queue.mode == QueueMode::All && !is_alone(world, dialog.id) =>
        {
            let has_not = |member: &&Member| {
                !dialog.is_offered_to(&member.operator) && !dialog.round.contains(&member.operator)
            };
            eligible.iter().filter(has_not).map(|member| member.operator.clone()).collect()
        }
        _ => Vec::new(),
    }
}

fn by_mode(world: &World, channel: &Channel, eligible: &[Member], round: &[OperatorId]) -> Vec<OperatorId> {
    let mut candidates = eligible.to_vec();
    candidates.retain(|member| !round.contains(&member.operator));
    if candidates.is_empty() {
        candidates = eligible.to_vec();
    }
    let best = match channel.settings.queue.mode {
        QueueMode::All => return candidates.into_iter().map(|member| member.operator).collect(),
        QueueMode::Strictly => candidates.into_iter().next(),
        _ => candidates.into_iter().min_by_key(|member| last_touch(world, &member.operator)),
    };
    best.into_iter().map(|member| member.operator).collect()
}

/// Who may be given a dialog of the channel now, by rank and id.
fn eligible(world: &World, channel: &Channel) -> Vec<Member> {
    let queue = &channel.settings.queue;
    let mut members = queue.members.clone();
    members.retain(|member| {
        let operator = &world.operators[&member.operator];
        let here = !queue.check_online || operator.presence == Presence::Online;
        let room = world.charged(&member.operator) + channel.settings.weight <= operator.settings.capacity;
        operator.settings.kind == OperatorKind::Human && !operator.removed && here && room
    });
    members.sort_by(|a, b| a.rank.cmp(&b.rank).then_with(|| a.operator.cmp(&b.operator)));
    members
}

/// The place in history at which the operator was last given a dialog, answered, took or wrote.
fn last_touch(world: &World, operator: &OperatorId) -> Option<(usize, usize, usize)> {
    for (at, change) in world.history.iter().enumerate().rev() {
        let Events::Dialog(_, events) = &change.events else { continue };
        for (place, event) in events.iter().enumerate().rev() {
            let among = match event {
                DialogEvent::Offered { operators, .. } => {
                    operators.iter().position(|other| other == operator)
                }
                DialogEvent::Answered { operator: other, .. }
                | DialogEvent::Taken { operator: other, .. } => (other == operator).then_some(0),
                DialogEvent::MessageAdded(message) => {
                    (message.author.operator() == Some(operator)).then_some(0)
                }
                _ => None,
            };
            if let Some(among) = among {
                return Some((at, place, among));
            }
        }
    }
    None
}

/// Whether the standing offer of the dialog came by a transfer to one operator.
fn is_alone(world: &World, dialog: DialogId) -> bool {
    let mut alone = false;
    for change in &world.history {
        let Events::Dialog(of, events) = &change.events else { continue };
        for event in events.iter().filter(|_| *of == dialog) {
            match event {
                DialogEvent::Transferred { to, .. } => alone = matches!(to, Destination::Operator(_)),
                DialogEvent::OfferWithdrawn { .. }
                | DialogEvent::OfferSkipped { .. }
                | DialogEvent::OfferExpired { .. }
                | DialogEvent::Answered { .. } => alone = false,
                _ => {}
            }
        }
    }
    alone
}
