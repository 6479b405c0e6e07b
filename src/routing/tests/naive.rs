//! The rules once more, the slow way: every question is answered by looking at all there is.

use std::collections::VecDeque;

use super::decisions::owns;
use super::naive_time::is_closed;
use super::world::World;
use crate::domain::channel::{Channel, Ignored, Member, Prefer, QueueMode};
use crate::domain::dialog::{Dialog, Reason, Rule, Ruling, Status, Wishes};
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
        for (dialog, state) in &world.dialogs {
            let channel = &world.channels[state.channel.as_ref().unwrap()];
            let loses = dismissed || goes && presence_matters(channel, state, &after.id);
            if loses && state.is_offered_to(&after.id) {
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
        let of_channel = |(_, state): &(_, &Dialog)| state.channel.as_ref() == Some(&after.id);
        for (dialog, state) in world.dialogs.iter().filter(of_channel) {
            let mut lost: Vec<&OperatorId> = state.offered_to().iter().collect();
            lost.retain(|operator| {
                after.settings.queue.check_online
                    && world.operators[*operator].presence == Presence::Offline
                    && presence_matters(after, state, operator)
            });
            lost.sort();
            for operator in lost {
                self.pending.push_back(Directive::Withdraw { dialog: *dialog, operator: operator.clone() });
            }
        }
    }

    /// What follows now.
    pub(super) fn next(&mut self, world: &World) -> Option<Directive> {
        if let Some(directive) = self.pending.pop_front() {
            return Some(directive);
        }
        if let Some((dialog, operators)) = next_offer(world) {
            return Some(Directive::Offer { dialog, operators });
        }
        if world.router.has_due(world.now) {
            return None;
        }
        let silent = |dialog: &&Dialog| dialog.status == Status::Waiting && !dialog.announced;
        in_order(world).into_iter().find(silent).map(|dialog| Directive::Announce { dialog: dialog.id })
    }
}

fn in_order(world: &World) -> Vec<&Dialog> {
    let mut dialogs: Vec<&Dialog> = world.dialogs.values().collect();
    dialogs.sort_by_key(|dialog| (score(world, dialog), dialog.id));
    dialogs
}

/// The first dialog that somebody can be given, and who that is.
pub(super) fn next_offer(world: &World) -> Option<(DialogId, Vec<OperatorId>)> {
    let chosen = in_order(world).into_iter().map(|dialog| (dialog.id, chosen(world, dialog)));
    chosen.into_iter().find(|(_, operators)| !operators.is_empty())
}

fn score(world: &World, dialog: &Dialog) -> i128 {
    let settings = &world.channels[dialog.channel.as_ref().unwrap()].settings;
    let own = dialog.wishes.as_ref().and_then(|wishes| wishes.priority);
    let lead = i128::from(own.unwrap_or(settings.priority)) * i128::from(settings.ageing_ms_per_point);
    i128::from(dialog.entered_at.as_millis()) - lead
}

/// Whom a dialog that would be opened now is given to.
pub(super) fn chosen_for_new(world: &World, channel: &Channel, wishes: &Wishes) -> Vec<OperatorId> {
    let asked = Asked { channel, wishes: Some(wishes), at_home: true, entered_at: world.now, round: &[] };
    asked.choose(world)
}

/// Whether at this moment a dialog requires less than before, or an operator may be given dialogs again.
pub(super) fn eases_at(world: &World, at: Timestamp) -> bool {
    let before = Timestamp::from_millis(at.as_millis() - 1);
    let relaxed = world.dialogs.values().any(|dialog| {
        let channel = &world.channels[dialog.channel.as_ref().unwrap()];
        let required = Wishes::require(dialog.wishes.as_deref(), &channel.settings.skills);
        let level = |moment: Timestamp| -> Vec<u32> {
            let waited_ms = moment.since_ms(dialog.entered_at);
            required.iter().map(|skill| skill.level_after(waited_ms)).collect()
        };
        level(before) != level(at)
    });
    relaxed
        || world
            .operators
            .keys()
            .any(|operator| spent(world, operator, before) && !spent(world, operator, at))
}

/// Why each member of its queue cannot be given a dialog that waits.
pub(super) fn obstacles(world: &World, dialog: &Dialog) -> Vec<(OperatorId, Reason)> {
    let asked = Asked::of(world, dialog);
    let reason_of = |operator: &OperatorId| {
        let known = &world.operators[operator];
        let tests = [
            (known.removed, Reason::Removed),
            (known.settings.kind == OperatorKind::Bot, Reason::Bot),
            (!asked.is_here(world, operator), Reason::Presence),
            (!asked.has_room(world, operator), Reason::Capacity),
            (!asked.has_skills(world, operator), Reason::Skill),
            (is_spent(world, operator), Reason::Fairness),
            (dialog.round.contains(operator), Reason::Round),
            (is_closed(asked.channel, world.now), Reason::Hours),
        ];
        tests.into_iter().find(|(fails, _)| *fails).map(|(_, reason)| reason)
    };
    let members = asked.channel.settings.queue.members.iter().map(|member| member.operator.clone());
    members.filter_map(|operator| reason_of(&operator).map(|reason| (operator, reason))).collect()
}

/// Whether the dialog prefers this operator.
pub(super) fn prefers(world: &World, dialog: &Dialog, operator: &OperatorId) -> bool {
    let asked = Asked::of(world, dialog);
    preferred(asked.channel, asked.wishes, asked.at_home) == Some(operator)
}

fn chosen(world: &World, dialog: &Dialog) -> Vec<OperatorId> {
    let asked = Asked::of(world, dialog);
    match dialog.status {
        Status::Waiting => asked.choose(world),
        Status::Offered { .. }
            if asked.channel.settings.queue.mode == QueueMode::All
                && !is_alone(world, dialog.id)
                && !is_closed(asked.channel, world.now) =>
        {
            let has_not = |member: &&Member| {
                !dialog.is_offered_to(&member.operator) && !dialog.round.contains(&member.operator)
            };
            let eligible = asked.eligible(world);
            eligible.iter().filter(has_not).map(|member| member.operator.clone()).collect()
        }
        _ => Vec::new(),
    }
}

/// Whom the channel prefers for a dialog.
fn preferred<'a>(channel: &Channel, wishes: Option<&'a Wishes>, at_home: bool) -> Option<&'a OperatorId> {
    match channel.settings.prefer {
        Prefer::Responsible => wishes?.responsible.as_ref(),
        Prefer::LastOperator => wishes?.last_operator.as_ref().filter(|_| at_home),
        _ => None,
    }
}

fn presence_matters(channel: &Channel, dialog: &Dialog, operator: &OperatorId) -> bool {
    let at_home = dialog.client.as_ref().is_some_and(|client| client.channel == channel.id);
    let prefers = preferred(channel, dialog.wishes.as_deref(), at_home) == Some(operator);
    !(prefers && channel.settings.ignores(Ignored::Presence))
}

/// A dialog for which somebody is looked for.
struct Asked<'a> {
    channel: &'a Channel,
    wishes: Option<&'a Wishes>,
    at_home: bool,
    entered_at: Timestamp,
    round: &'a [OperatorId],
}

impl<'a> Asked<'a> {
    fn of(world: &'a World, dialog: &'a Dialog) -> Self {
        let channel = dialog.channel.as_ref().unwrap();
        Self {
            channel: &world.channels[channel],
            wishes: dialog.wishes.as_deref(),
            at_home: dialog.client.as_ref().is_some_and(|client| client.channel == *channel),
            entered_at: dialog.entered_at,
            round: &dialog.round,
        }
    }

    fn choose(&self, world: &World) -> Vec<OperatorId> {
        if self.channel.settings.queue.mode == QueueMode::Manual || is_closed(self.channel, world.now) {
            return Vec::new();
        }
        let preferred = self.preferred(world);
        let fresh = preferred.filter(|operator| !self.round.contains(operator));
        if let Some(operator) = fresh {
            return vec![operator.clone()];
        }
        let eligible = self.eligible(world);
        let mut candidates = eligible.clone();
        candidates.retain(|member| !self.round.contains(&member.operator));
        if candidates.is_empty() {
            if let Some(operator) = preferred {
                return vec![operator.clone()];
            }
            candidates = eligible;
        }
        self.by_mode(world, candidates)
    }

    fn by_mode(&self, world: &World, candidates: Vec<Member>) -> Vec<OperatorId> {
        let touch = |member: &Member| last_touch(world, &member.operator);
        let load = |member: &Member| u64::from(world.charged(&member.operator));
        let share = |member: &Member| {
            // The world's capacities divide this, so shares are exact.
            load(member) * 5040 / u64::from(world.operators[&member.operator].settings.capacity)
        };
        let best = match self.channel.settings.queue.mode {
            QueueMode::All => return candidates.into_iter().map(|member| member.operator).collect(),
            QueueMode::Strictly => candidates.into_iter().next(),
            QueueMode::Evenly => candidates.into_iter().min_by_key(touch),
            QueueMode::RoundRobin => {
                candidates.into_iter().min_by_key(|member| last_turn(world, self.channel, &member.operator))
            }
            QueueMode::LeastLoaded => {
                candidates.into_iter().min_by_key(|member| (load(member), touch(member)))
            }
            QueueMode::MostAvailable => {
                candidates.into_iter().min_by_key(|member| (share(member), touch(member)))
            }
            QueueMode::Manual => None,
        };
        best.into_iter().map(|member| member.operator).collect()
    }

    /// The preferred operator, if it may be given the dialog in some round.
    fn preferred(&self, world: &World) -> Option<&'a OperatorId> {
        let operator = preferred(self.channel, self.wishes, self.at_home)?;
        let settings = &self.channel.settings;
        let is_member = settings.queue.members.iter().any(|member| member.operator == *operator);
        let eligible = (settings.ignores(Ignored::Membership) || is_member)
            && self.is_fit(world, operator)
            && (settings.ignores(Ignored::Presence) || self.is_here(world, operator))
            && (settings.ignores(Ignored::Capacity) || self.has_room(world, operator));
        eligible.then_some(operator)
    }

    /// Who may be given the dialog now, by rank and id.
    fn eligible(&self, world: &World) -> Vec<Member> {
        let mut members = self.channel.settings.queue.members.clone();
        members.retain(|member| {
            let operator = &member.operator;
            self.is_fit(world, operator) && self.is_here(world, operator) && self.has_room(world, operator)
        });
        members.sort_by(|a, b| a.rank.cmp(&b.rank).then_with(|| a.operator.cmp(&b.operator)));
        members
    }

    fn is_here(&self, world: &World, operator: &OperatorId) -> bool {
        !self.channel.settings.queue.check_online || world.operators[operator].presence == Presence::Online
    }

    fn has_room(&self, world: &World, operator: &OperatorId) -> bool {
        let needed = world.charged(operator) + self.channel.settings.weight;
        needed <= world.operators[operator].settings.capacity
    }

    fn has_skills(&self, world: &World, operator: &OperatorId) -> bool {
        let waited_ms = eased_until(world).since_ms(self.entered_at);
        let required = Wishes::require(self.wishes, &self.channel.settings.skills);
        let known = &world.operators[operator];
        required.iter().all(|skill| {
            known.settings.skills.get(&skill.skill).copied().unwrap_or(0) >= skill.level_after(waited_ms)
        })
    }

    /// Whether it is a person who is still there, has the skills, and has not had its share.
    fn is_fit(&self, world: &World, operator: &OperatorId) -> bool {
        let known = &world.operators[operator];
        let human = known.settings.kind == OperatorKind::Human && !known.removed;
        human && self.has_skills(world, operator) && !is_spent(world, operator)
    }
}

/// Until when relaxation and fairness have been carried out: doors move before them.
fn eased_until(world: &World) -> Timestamp {
    Timestamp::from_millis(world.now.as_millis() - i64::from(world.is_uneased))
}

/// Whether the operator has had its share: by all that it was given until now, or by what has not been forgotten yet.
fn is_spent(world: &World, operator: &OperatorId) -> bool {
    spent(world, operator, world.now) || spent(world, operator, eased_until(world))
}

/// Whether by this moment the operator was given as many dialogs in its window as it may be.
fn spent(world: &World, operator: &OperatorId, now: Timestamp) -> bool {
    let Some(fairness) = world.operators[operator].settings.fairness else { return false };
    let counts = |at: Timestamp| at <= now && now < at.plus_ms(fairness.window_ms);
    let given = gives(world).filter(|(to, at, _)| to.contains(operator) && counts(*at));
    given.count() >= fairness.dialogs as usize
}

/// Everything that the dispatcher gave, in order: to whom, when, and by what ruling.
fn gives(world: &World) -> impl DoubleEndedIterator<Item = (&[OperatorId], Timestamp, &Ruling)> {
    world.history.iter().flat_map(|change| {
        let events = match &change.events {
            Events::Dialog(_, events) => events.as_slice(),
            _ => &[],
        };
        events.iter().filter_map(|event| match event {
            DialogEvent::Offered { operators, ruling: Some(ruling), .. } => {
                Some((operators.as_slice(), change.at, &**ruling))
            }
            DialogEvent::Answered { operator, ruling: Some(ruling), .. } => {
                Some((std::slice::from_ref(operator), change.at, &**ruling))
            }
            _ => None,
        })
    })
}

/// How many gives ago, from the first, the operator was last given a dialog of the channel in its turn.
fn last_turn(world: &World, channel: &Channel, operator: &OperatorId) -> Option<usize> {
    let is_turn = |(to, _, ruling): &(&[OperatorId], Timestamp, &Ruling)| {
        ruling.rule == Rule::RoundRobin1 && ruling.channel == channel.id && to.contains(operator)
    };
    let all: Vec<_> = gives(world).collect();
    all.iter().rposition(is_turn)
}

/// The place in history at which the operator was last given a dialog, answered or wrote.
fn last_touch(world: &World, operator: &OperatorId) -> Option<(usize, usize, usize)> {
    for (at, change) in world.history.iter().enumerate().rev() {
        let Events::Dialog(_, events) = &change.events else { continue };
        for (place, event) in events.iter().enumerate().rev() {
            let among = match event {
                DialogEvent::Offered { operators, ruling: Some(_), .. } => {
                    operators.iter().position(|other| other == operator)
                }
                DialogEvent::Answered { operator: other, .. } => (other == operator).then_some(0),
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

/// Whether the standing offer of the dialog is to one operator because it was passed to them or prefers them.
fn is_alone(world: &World, dialog: DialogId) -> bool {
    let mut alone = false;
    for change in &world.history {
        let Events::Dialog(of, events) = &change.events else { continue };
        for event in events.iter().filter(|_| *of == dialog) {
            match event {
                DialogEvent::Transferred { to, .. } => alone = matches!(to, Destination::Operator(_)),
                DialogEvent::Offered { ruling: Some(ruling), .. } => alone |= ruling.preferred.is_some(),
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
