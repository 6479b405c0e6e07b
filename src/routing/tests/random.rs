//! Random worlds: the router against the naive one, across restarts, and with trips that overlap.

use proptest::prelude::*;

use super::MODES;
use super::naive::{self, Naive};
use super::world::{Action, World, channel, channel_id, operator, operator_id};
use crate::domain::channel::{Accept, Channel, Ignored, Prefer, QueueMode, Relaxation, SkillRequirement};
use crate::domain::dialog::Wishes;
use crate::domain::dialog::command::Placement;
use crate::domain::operator::{Fairness, Operator, OperatorKind, Presence};
use crate::ids::{DialogId, SkillId};
use crate::routing::Directive;

/// Worlds of each kind; more of them take longer and find more.
const CASES: u32 = 100;

const OPERATORS: [&str; 5] = ["a", "b", "c", "d", "e"];
const CHANNELS: [&str; 3] = ["x", "y", "z"];

/// One thing that happens. Numbers are taken modulo what there is.
#[derive(Debug, Clone)]
enum Step {
    Open(usize, Wishes),
    Act(usize, usize, u8),
    Skills(usize, usize),
    Presence(usize, Presence),
    Capacity(usize, u32),
    Bot(usize),
    Remove(usize),
    PutChannel(usize, Setup),
    Advance(u64),
    Restart,
    Deliver(usize),
    Next,
}

#[derive(Debug, Clone)]
struct Setup {
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

fn wishes() -> impl Strategy<Value = Wishes> {
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

fn setup() -> impl Strategy<Value = Setup> {
    let members = proptest::sample::subsequence(vec![0usize, 1, 2, 3, 4], 0..=5).prop_flat_map(|members| {
        members.into_iter().map(|member| (Just(member), 0..3i64)).collect::<Vec<_>>()
    });
    let timeout = prop_oneof![Just(0u64), Just(5), Just(7)];
    let rules = (any::<bool>(), prop::bool::weighted(0.8), timeout, (-1..2, 1..5u64));
    (mode(), members, 1..3u32, rules, skills(), preference()).prop_map(
        |(mode, members, weight, (auto, check_online, timeout, order), skills, (prefer, ignores))| Setup {
            mode,
            members,
            weight,
            auto: auto && !mode.is_open_to_members(),
            check_online,
            timeout,
            order,
            skills,
            prefer,
            ignores,
        },
    )
}

fn presence() -> impl Strategy<Value = Presence> {
    prop_oneof![3 => Just(Presence::Online), 1 => Just(Presence::Away), 1 => Just(Presence::Offline)]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..3usize, wishes()).prop_map(|(which, wishes)| Step::Open(which, wishes)),
        16 => (any::<usize>(), 0..5usize, 0..13u8).prop_map(|(dialog, who, what)| Step::Act(dialog, who, what)),
        4 => (0..5usize, presence()).prop_map(|(who, presence)| Step::Presence(who, presence)),
        2 => (0..5usize, 0..4u32).prop_map(|(who, capacity)| Step::Capacity(who, capacity)),
        1 => (0..5usize).prop_map(Step::Bot),
        1 => (0..5usize, 0..5usize).prop_map(|(who, like)| Step::Skills(who, like)),
        1 => (0..5usize).prop_map(Step::Remove),
        2 => (0..3usize, setup()).prop_map(|(which, setup)| Step::PutChannel(which, setup)),
        4 => (0..9u64).prop_map(Step::Advance),
        1 => Just(Step::Restart),
        12 => any::<usize>().prop_map(Step::Deliver),
        12 => Just(Step::Next),
    ]
}

fn build(which: usize, setup: &Setup) -> Channel {
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
    channel
}

/// What the operator of this place can do, and how often it may be given dialogs.
fn trained(mut operator: Operator, like: usize) -> Operator {
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

fn action(who: usize, what: u8) -> Action {
    let operator = operator_id(OPERATORS[who]);
    match what {
        0..=2 => Action::Answer(operator),
        3 => Action::AnswerAndFinish(operator),
        4 | 5 => Action::Skip(operator),
        6 => Action::Take(operator),
        7 => Action::Pass(operator),
        8 => Action::Move(channel_id(CHANNELS[who % 3])),
        9 => Action::Reply(operator),
        10 => Action::Write,
        11 => Action::Prioritise(who as i32 - 2),
        _ => Action::Finish,
    }
}

/// The operator as it would be after the step, if the step changes one.
fn changed(world: &World, step: &Step) -> Option<Operator> {
    let who = match step {
        Step::Presence(who, _)
        | Step::Capacity(who, _)
        | Step::Skills(who, _)
        | Step::Bot(who)
        | Step::Remove(who) => *who,
        _ => return None,
    };
    let mut operator = world.operators[&operator_id(OPERATORS[who])].clone();
    match step {
        Step::Presence(_, presence) if !operator.removed => operator.presence = *presence,
        Step::Capacity(_, capacity) => {
            operator.settings.capacity = *capacity;
            operator.settings.kind = OperatorKind::Human;
            operator.removed = false;
        }
        Step::Skills(_, like) => operator = trained(operator, *like),
        Step::Bot(_) => operator.settings.kind = OperatorKind::Bot,
        Step::Remove(_) => {
            operator.removed = true;
            operator.presence = Presence::Offline;
        }
        _ => {}
    }
    Some(operator)
}

/// An open dialog, more often one that somebody has to do with.
fn pick(world: &World, number: usize) -> Option<DialogId> {
    let dialogs: Vec<DialogId> = world.dialogs.keys().copied().collect();
    (!dialogs.is_empty()).then(|| dialogs[number % dialogs.len()])
}

fn begin(setups: &[Setup]) -> World {
    let mut world = World::new();
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

/// Plays what follows, comparing each directive with the naive router's.
fn settle(world: &mut World, naive: &mut Naive) {
    loop {
        while let Some(dialog) = world.in_transit().first() {
            world.deliver(*dialog);
            world.router.check();
        }
        let expected = naive.next(world);
        let directive = world.next();
        assert_eq!(directive, expected, "what follows");
        let Some(directive) = directive else { break };
        world.direct(directive);
    }
    world.router.check_settled();
    assert_eq!(world.router.memory(), world.memory, "what is remembered");
}

fn play(world: &mut World, naive: &mut Naive, step: &Step) {
    match step {
        Step::Open(which, wishes) => {
            let channel = channel_id(CHANNELS[*which]);
            let expected = naive::chosen_for_new(world, &world.channels[&channel], wishes);
            let (_, placement) = world.open_wishing(&channel, wishes.clone());
            let chosen = match placement {
                Placement::Waiting | Placement::Bot(_) => Vec::new(),
                Placement::Offered(operators) => operators,
                Placement::Assigned(operator) => vec![operator],
            };
            assert_eq!(chosen, expected, "who gets a new dialog");
        }
        Step::Act(number, who, what) => {
            if let Some(dialog) = pick(world, *number) {
                world.act(dialog, action(*who, *what));
            }
        }
        Step::PutChannel(which, setup) => {
            let channel = build(*which, setup);
            naive.channel_changes(world, &channel);
            world.put_channel(channel);
        }
        Step::Advance(ms) => return advance(world, naive, *ms),
        Step::Restart => world.restart(),
        Step::Deliver(_) | Step::Next => return,
        _ => {
            let operator = changed(world, step).expect("the step changes an operator");
            naive.operator_changes(world, &operator);
            world.put_operator(operator);
        }
    }
    settle(world, naive);
}

fn advance(world: &mut World, naive: &mut Naive, ms: u64) {
    let target = world.now.plus_ms(ms);
    loop {
        let expected = naive::next_deadline(world);
        let Some(deadline) = world.router.next_deadline().filter(|deadline| *deadline <= target) else {
            break;
        };
        assert!(expected.as_ref().is_none_or(|(first, _)| *first >= deadline), "an offer is late");
        world.now = deadline;
        let due = world.router.due(deadline);
        if due.is_empty() {
            assert!(naive::eases_at(world, deadline), "nothing is due");
        } else {
            let ends = |dialog| Directive::Expire { dialog, deadline };
            let expected: Vec<Directive> = expected.unwrap().1.into_iter().map(ends).collect();
            assert_eq!(due, expected, "what is due");
        }
        due.into_iter().for_each(|directive| world.direct(directive));
        settle(world, naive);
    }
    assert!(naive::next_deadline(world).is_none_or(|(first, _)| first > target), "an offer is late");
    world.now = target;
    settle(world, naive);
}

/// Does a step without waiting for anything, then nothing, one delivery or one directive.
fn stumble(world: &mut World, step: &Step) {
    match step {
        Step::Open(which, wishes) => {
            world.open_wishing(&channel_id(CHANNELS[*which]), wishes.clone());
        }
        Step::Act(number, who, what) => {
            if let Some(dialog) = pick(world, *number) {
                world.act(dialog, action(*who, *what));
            }
        }
        Step::PutChannel(which, setup) => {
            let mut channel = build(*which, setup);
            // What is told with one weight and decided with another is not the router's business.
            channel.settings.weight = world.channels[&channel.id].settings.weight;
            channel.settings.queue.mode = world.channels[&channel.id].settings.queue.mode;
            channel.settings.queue.accept = world.channels[&channel.id].settings.queue.accept;
            channel.settings.prefer = world.channels[&channel.id].settings.prefer;
            world.put_channel(channel);
        }
        Step::Advance(ms) => {
            world.now = world.now.plus_ms(*ms);
            for directive in world.router.due(world.now) {
                world.direct(directive);
            }
        }
        Step::Deliver(number) => {
            let dialogs: Vec<DialogId> = world.in_transit().into_iter().collect();
            if !dialogs.is_empty() {
                world.deliver(dialogs[number % dialogs.len()]);
            }
        }
        Step::Next => {
            if let Some(directive) = world.next() {
                world.direct(directive);
            }
        }
        // What was on its way is lost, as when the engine is killed.
        Step::Restart => world.restart(),
        _ => {
            let operator = changed(world, step).expect("the step changes an operator");
            world.put_operator(operator);
        }
    }
    world.router.check();
}

fn setups() -> impl Strategy<Value = Vec<Setup>> {
    proptest::collection::vec(setup(), 3)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_router_directs_what_the_naive_one_directs_also_after_restarts(
        setups in setups(),
        steps in proptest::collection::vec(step(), 1..120),
    ) {
        let mut world = begin(&setups);
        let mut naive = Naive::default();
        settle(&mut world, &mut naive);
        for step in &steps {
            play(&mut world, &mut naive, step);
        }
    }

    #[test]
    fn when_trips_overlap_nobody_gets_too_much_and_nothing_is_left_over(
        setups in setups(),
        steps in proptest::collection::vec(step(), 1..200),
    ) {
        let mut world = begin(&setups);
        for step in &steps {
            stumble(&mut world, step);
        }
        world.settle();
        world.advance(30);
        world.settle();
    }
}
