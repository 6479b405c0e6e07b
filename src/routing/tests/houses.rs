//! Random houses: operators with skills and shares, and channels with every rule there is. Nothing happens in them.

use proptest::prelude::*;

use super::MODES;
use super::world::{World, channel, channel_id, operator, operator_id};
use crate::domain::channel::{
    Accept, Channel, Hours, Ignored, Interval, NoAnswer, Prefer, QueueMode, Relaxation, SkillRequirement,
    TimeOfDay, Week,
};
use crate::domain::dialog::Wishes;
use crate::domain::operator::{Fairness, Operator, Presence};
use crate::ids::SkillId;
use crate::timestamp::Timestamp;

pub(super) const OPERATORS: [&str; 5] = ["a", "b", "c", "d", "e"];
pub(super) const CHANNELS: [&str; 3] = ["x", "y", "z"];

#[derive(Debug, Clone)]
pub(super) struct Setup {
    mode: QueueMode,
    members: Vec<(usize, i64)>,
    weight: u32,
    auto: bool,
    check_online: bool,
    timeout: u64,
    order: (i32, u64),
    skills: Vec<SkillRequirement>,
    prefer: Prefer,
    ignores: Vec<Ignored>,
    max_waiting: Option<u32>,
    time: Time,
}

/// What happens by the clock.
#[derive(Debug, Clone)]
struct Time {
    hours: Option<Hours>,
    /// Whether dialogs end that come while it is closed.
    rejects: bool,
    /// After how long without an answer the client is told so, and into which channel the dialog goes.
    no_answer: Option<(u64, bool, Option<usize>)>,
    abandon_ms: Option<u64>,
    auto_close_ms: Option<u64>,
}

/// Open in these minutes of every day.
pub(super) fn hours(open: &[(u32, u32)]) -> Hours {
    let time = |minute: &u32| TimeOfDay::parse(&format!("{:02}:{:02}", minute / 60, minute % 60)).unwrap();
    let interval = |(start, end): &(u32, u32)| Interval { start: time(start), end: time(end) };
    let day: Vec<Interval> = open.iter().map(interval).collect();
    let [mon, tue, wed, thu, fri, sat, sun] = std::array::from_fn(|_| day.clone());
    Hours { time_zone: "UTC".into(), week: Week { mon, tue, wed, thu, fri, sat, sun }, holidays: Vec::new() }
}

fn some_hours() -> impl Strategy<Value = Option<Hours>> {
    prop_oneof![
        5 => Just(None),
        2 => Just(Some(hours(&[(1, 2), (3, 5), (6, 7), (8, 9), (10, 11)]))),
        2 => Just(Some(hours(&[(0, 1), (2, 3), (3, 4), (5, 6), (7, 9), (10, 1440)]))),
        1 => Just(Some(hours(&[]))),
    ]
}

fn time() -> impl Strategy<Value = Time> {
    let after = |most: u64| prop::option::weighted(0.3, 1..most);
    let no_answer = prop::option::weighted(0.4, (1..12_u64, any::<bool>(), prop::option::of(0..3_usize)));
    let all = (some_hours(), prop::bool::weighted(0.2), no_answer, after(20), after(15));
    all.prop_map(|(hours, rejects, no_answer, abandon_ms, auto_close_ms)| Time {
        hours,
        rejects,
        no_answer,
        abandon_ms,
        auto_close_ms,
    })
}

fn skill(name: &str, level: u32, relax: &[(u64, u32)]) -> SkillRequirement {
    let relax = relax.iter().map(|(after_ms, level)| Relaxation { after_ms: *after_ms, level: *level });
    SkillRequirement { level, relax: relax.collect(), ..SkillRequirement::new(SkillId::new(name).unwrap()) }
}

fn skills() -> impl Strategy<Value = Vec<SkillRequirement>> {
    prop_oneof![
        4 => Just(Vec::new()),
        1 => Just(vec![skill("s", 1, &[])]),
        1 => Just(vec![skill("s", 3, &[(4, 1), (8, 0)])]),
        1 => Just(vec![skill("t", 2, &[(5, 0)]), skill("s", 1, &[(9, 0)])]),
    ]
}

fn someone() -> impl Strategy<Value = Option<&'static str>> {
    prop_oneof![1 => Just(None), 1 => proptest::sample::select(&OPERATORS[..]).prop_map(Some)]
}

pub(super) fn wishes() -> impl Strategy<Value = Wishes> {
    let wishes = (skills(), prop::option::weighted(0.3, -2..3), someone(), someone());
    wishes.prop_map(|(skills, priority, responsible, last_operator)| Wishes {
        skills,
        priority,
        responsible: responsible.map(operator_id),
        last_operator: last_operator.map(operator_id),
    })
}

fn mode() -> impl Strategy<Value = QueueMode> {
    proptest::sample::select(MODES.to_vec())
}

fn preference() -> impl Strategy<Value = (Prefer, Vec<Ignored>)> {
    let prefer = prop_oneof![
        2 => Just(Prefer::None),
        1 => Just(Prefer::LastOperator),
        1 => Just(Prefer::Responsible),
    ];
    let all = vec![Ignored::Capacity, Ignored::Presence, Ignored::Membership];
    (prefer, proptest::sample::subsequence(all, 0..=3))
}

pub(super) fn setup() -> impl Strategy<Value = Setup> {
    let members = proptest::sample::subsequence(vec![0usize, 1, 2, 3, 4], 0..=5).prop_flat_map(|members| {
        members.into_iter().map(|member| (Just(member), 0..3i64)).collect::<Vec<_>>()
    });
    let timeout = prop_oneof![Just(0u64), Just(5), Just(7)];
    let rules = (any::<bool>(), prop::bool::weighted(0.8), timeout, (-1..2, 1..5u64));
    let max_waiting = prop::option::of(0..4_u32);
    let all = (mode(), members, 1..3u32, rules, skills(), preference(), max_waiting, time());
    all.prop_map(|(mode, members, weight, rules, skills, (prefer, ignores), max_waiting, time)| {
        let (auto, check_online, timeout, order) = rules;
        let auto = auto && !mode.is_open_to_members();
        Setup {
            mode,
            members,
            weight,
            auto,
            check_online,
            timeout,
            order,
            skills,
            prefer,
            ignores,
            max_waiting,
            time,
        }
    })
}

pub(super) fn build(which: usize, setup: &Setup) -> Channel {
    let names: Vec<&str> = setup.members.iter().map(|(member, _)| OPERATORS[*member]).collect();
    let mut channel = channel(CHANNELS[which], setup.mode, &names);
    let queue = &mut channel.settings.queue;
    for (member, (_, rank)) in queue.members.iter_mut().zip(&setup.members) {
        member.rank = *rank;
    }
    queue.members.sort_by(|a, b| (a.rank, &a.operator).cmp(&(b.rank, &b.operator)));
    queue.accept = if setup.auto { Accept::Auto } else { Accept::Answer };
    queue.check_online = setup.check_online;
    queue.offer_timeout_ms = setup.timeout;
    channel.settings.weight = setup.weight;
    (channel.settings.priority, channel.settings.ageing_ms_per_point) = setup.order;
    channel.settings.skills.clone_from(&setup.skills);
    channel.settings.prefer = setup.prefer;
    channel.settings.prefer_ignores.clone_from(&setup.ignores);
    channel.settings.max_waiting = setup.max_waiting;
    keep_hours(&mut channel, which, &setup.time);
    channel
}

fn keep_hours(channel: &mut Channel, which: usize, time: &Time) {
    let settings = &mut channel.settings;
    settings.hours.clone_from(&time.hours);
    settings.off_hours.close = time.rejects;
    settings.no_answer = time.no_answer.map(|(after_ms, replies, overflow)| NoAnswer {
        after_ms,
        reply: replies.then(|| "we are busy".into()),
        overflow_channel: overflow.filter(|to| *to != which).map(|to| channel_id(CHANNELS[to])),
    });
    (settings.abandon_ms, settings.auto_close_ms) = (time.abandon_ms, time.auto_close_ms);
}

/// What the operator of this place can do, and how often it may be given dialogs.
pub(super) fn trained(mut operator: Operator, like: usize) -> Operator {
    let levels = [(2, 1), (1, 0), (0, 3), (0, 0), (3, 3)][like];
    let skills = [("s", levels.0), ("t", levels.1)].into_iter().filter(|(_, level)| *level > 0);
    operator.settings.skills = skills.map(|(name, level)| (SkillId::new(name).unwrap(), level)).collect();
    operator
}

fn fairness(place: usize) -> Option<Fairness> {
    match place {
        3 => Some(Fairness { dialogs: 1, window_ms: 6 }),
        4 => Some(Fairness { dialogs: 2, window_ms: 9 }),
        _ => None,
    }
}

/// The house before anything happens, close to the first minute at which a door moves.
pub(super) fn begin(setups: &[Setup]) -> World {
    let mut world = World::new();
    world.now = Timestamp::from_millis(59_990);
    for (place, name) in OPERATORS.iter().enumerate() {
        let mut operator = trained(operator(name, place as u32 % 3, Presence::Online), place);
        operator.settings.fairness = fairness(place);
        world.put_operator(operator);
    }
    for (which, setup) in setups.iter().enumerate() {
        world.put_channel(build(which, setup));
    }
    world
}

pub(super) fn setups() -> impl Strategy<Value = Vec<Setup>> {
    proptest::collection::vec(setup(), 3)
}
