//! Random worlds: the router against the naive one, across restarts, and with trips that overlap.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::houses::{CHANNELS, OPERATORS, Setup, begin, build, setup, setups, trained, wishes};
use super::naive::{self, Naive};
use super::naive_admission;
use super::naive_time::{Due, all_due, is_closed, is_door_moved, next_door};
use super::world::{Action, Order, World, channel_id, operator_id};
use crate::domain::dialog::command::Placement;
use crate::domain::dialog::{DialogTimer, Wishes};
use crate::domain::event::DialogEvent;
use crate::domain::operator::{Operator, OperatorKind, Presence};
use crate::ids::{ChannelId, DialogId, OperatorId};
use crate::routing::Directive;
use crate::timestamp::Timestamp;

/// Worlds of each kind, unless `PROPTEST_CASES` says otherwise; more of them take longer and find more.
const CASES: u32 = 100;

fn cases() -> u32 {
    let said = std::env::var("PROPTEST_CASES").ok();
    said.and_then(|number| number.parse().ok()).unwrap_or(CASES)
}

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
    PutChannel(usize, Box<Setup>),
    Advance(u64),
    /// To some moment about the beginning of the next minute, when doors move.
    Night(u64),
    Restart,
    Deliver(usize),
    Next,
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
        2 => (0..3usize, setup()).prop_map(|(which, setup)| Step::PutChannel(which, Box::new(setup))),
        4 => (0..9u64).prop_map(Step::Advance),
        1 => (0..12u64).prop_map(Step::Night),
        1 => Just(Step::Restart),
        12 => any::<usize>().prop_map(Step::Deliver),
        12 => Just(Step::Next),
    ]
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

/// Plays what follows, comparing each directive with the naive router's.
fn settle(world: &mut World, naive: &mut Naive) {
    loop {
        while let Some(dialog) = world.in_transit().first().copied() {
            let events = world.deliver(dialog);
            events.iter().for_each(|event| check_reasons(world, dialog, event));
            world.router.check();
        }
        let expected = naive.next(world);
        let directive = world.next();
        assert_eq!(directive, expected, "what follows");
        let Some(directive) = directive else { break };
        world.direct(directive);
    }
    world.router.check_settled();
    world.check_waiting_settled();
    assert_eq!(world.router.memory(), world.memory, "what is remembered");
}

/// What is written down of a dialog that waits tells of every member why not.
fn check_reasons(world: &World, dialog: DialogId, event: &DialogEvent) {
    let DialogEvent::Waiting { ruling: Some(ruling), channel } = event else { return };
    let settings = &world.channels[channel].settings;
    let is_member =
        |operator: &OperatorId| settings.queue.members.iter().any(|member| member.operator == *operator);
    let mut told = ruling.considered.unpack().filtered;
    told.retain(|filtered| is_member(&filtered.operator));
    let told: Vec<_> = told.into_iter().map(|filtered| (filtered.operator, filtered.reason)).collect();
    assert_eq!(told, naive::obstacles(world, &world.dialogs[&dialog]), "why dialog {dialog} waits");
}

fn play(world: &mut World, naive: &mut Naive, step: &Step) {
    match step {
        Step::Open(which, wishes) => open(world, &channel_id(CHANNELS[*which]), wishes),
        Step::Act(number, who, what) => {
            if let Some(dialog) = pick(world, *number) {
                act(world, dialog, action(*who, *what));
            }
        }
        Step::PutChannel(which, setup) => {
            let channel = build(*which, setup);
            naive.channel_changes(world, &channel);
            world.put_channel(channel);
        }
        Step::Advance(ms) => advance(world, naive, *ms),
        Step::Night(after) => pass_night(world, naive, *after),
        Step::Restart => world.restart(),
        Step::Deliver(_) | Step::Next => return,
        _ => {
            let operator = changed(world, step).expect("the step changes an operator");
            naive.operator_changes(world, &operator);
            world.put_operator(operator);
        }
    }
    settle(world, naive);
    advance(world, naive, 0);
}

/// Lets the time pass in which nobody does anything. What is offered is finished before, lest it go from hand to hand
/// for a minute.
fn pass_night(world: &mut World, naive: &mut Naive, after: u64) {
    for _ in 0..3 {
        while let Some(dialog) = all_due(world).iter().find(|(_, due, _)| *due == Due::Offer).map(|due| due.2)
        {
            act(world, dialog, Action::Finish);
            settle(world, naive);
        }
        advance(world, naive, 30);
    }
    advance(world, naive, until_night(world, after));
}

/// How long it is to some moment about the next at which doors may move.
fn until_night(world: &World, after: u64) -> u64 {
    60_000 - (world.now.as_millis() as u64 + 6) % 60_000 + after
}

fn open(world: &mut World, channel: &ChannelId, wishes: &Wishes) {
    let is_refused = naive_admission::refuses_new(world, channel, wishes);
    let expected = naive::chosen_for_new(world, &world.channels[channel], wishes);
    let opened = world.try_open(channel, wishes.clone());
    assert_eq!(opened.is_none(), is_refused, "whether a new dialog has no place");
    let chosen = match opened {
        None => return,
        Some((_, Placement::Waiting | Placement::Bot(_))) => Vec::new(),
        Some((_, Placement::Offered(operators))) => operators,
        Some((_, Placement::Assigned(operator))) => vec![operator],
    };
    assert_eq!(chosen, expected, "who gets a new dialog");
}

fn act(world: &mut World, dialog: DialogId, action: Action) {
    let is_refused = match &action {
        Action::Move(channel) => naive_admission::refuses(world, dialog, channel, 0),
        _ => false,
    };
    world.act(dialog, action);
    let order = world.orders.get(&dialog).and_then(|orders| orders.back());
    if let Some(Order::Do(_, told)) = order {
        assert_eq!(told.full, is_refused, "whether a dialog that is passed on has no place");
    }
}

fn advance(world: &mut World, naive: &mut Naive, ms: u64) {
    let target = world.now.plus_ms(ms);
    let mut doors_moved_at = None;
    while let Some(deadline) = world.router.next_deadline().filter(|deadline| *deadline <= target) {
        let first = all_due(world).first().map(|(at, ..)| *at).into_iter().chain(next_door(world)).min();
        assert!(first.is_none_or(|first| first.max(world.now) >= deadline), "something is late");
        world.now = world.now.max(deadline);
        let due = world.router.due(world.now);
        check_due(world, deadline, &due);
        // Doors come first of all that falls due at one instant, and the queue is matched behind them.
        let moves = due.is_empty() && is_door_moved(world, deadline) && doors_moved_at != Some(deadline);
        world.is_uneased = moves;
        doors_moved_at = moves.then_some(deadline).or(doors_moved_at);
        let mut held = BTreeMap::new();
        due.into_iter().for_each(|directive| fall_due(world, directive, &mut held));
        settle(world, naive);
        world.is_uneased = false;
    }
    let first = all_due(world).first().map(|(at, ..)| *at);
    assert!(first.is_none_or(|first| first > target), "something is late");
    world.now = target;
    for channel in world.channels.values() {
        assert_eq!(
            world.router.is_closed(&channel.id),
            is_closed(channel, target),
            "the door of {}",
            channel.id
        );
    }
    settle(world, naive);
}

/// What is due is what the rules say.
fn check_due(world: &World, deadline: Timestamp, due: &[Directive]) {
    let kind = match due.first() {
        None => {
            let eases = naive::eases_at(world, deadline) || is_door_moved(world, deadline);
            return assert!(eases, "nothing is due");
        }
        Some(Directive::TimeOut { timer, .. }) => Due::of(*timer).unwrap(),
        Some(_) => Due::Offer,
    };
    let mut expected = all_due(world);
    expected.retain(|(at, ..)| *at <= world.now);
    let at_once = expected.iter().all(|(at, ..)| *at == world.now);
    let is_first = expected.first().is_none_or(|(_, first, _)| *first >= kind);
    let of_kind: Vec<DialogId> =
        expected.iter().filter(|(_, due, _)| *due == kind).map(|(_, _, dialog)| *dialog).collect();
    let mut asked: Vec<DialogId> = due.iter().map(Directive::dialog).collect();
    assert!(asked.is_sorted(), "by dialog");
    asked.retain(|dialog| of_kind.contains(dialog) || is_asked_in_time(world, kind, *dialog));
    assert!(asked.iter().all(|dialog| of_kind.contains(dialog)), "{asked:?} are not due: {of_kind:?}");
    // Nothing comes of asking too early, whatever else is due.
    if at_once && !asked.is_empty() {
        assert!(is_first, "{kind:?} comes before {expected:?}");
        assert_eq!(asked, of_kind, "{kind:?} is due");
    }
}

/// Whether the dialog is asked only when something is due: where it may be early, nothing is held for it meanwhile.
fn is_asked_in_time(world: &World, kind: Due, dialog: DialogId) -> bool {
    match kind {
        Due::Offer => true,
        Due::NoAnswer => overflow_of(world, dialog).is_some(),
        Due::Abandonment | Due::Closing => false,
    }
}

/// Where a dialog goes that nobody answers in time.
fn overflow_of(world: &World, dialog: DialogId) -> Option<ChannelId> {
    let channel = world.dialogs[&dialog].channel.as_ref().unwrap();
    world.channels[channel].settings.no_answer.as_ref()?.overflow_channel.clone()
}

/// What is due is told to its dialog, with a place in the queue that takes it over, if there is one.
fn fall_due(world: &mut World, directive: Directive, held: &mut BTreeMap<ChannelId, usize>) {
    let Directive::TimeOut { dialog, timer: DialogTimer::NoAnswer } = directive else {
        return world.direct(directive);
    };
    let overflow = overflow_of(world, dialog);
    let is_refused = overflow.as_ref().is_some_and(|channel| {
        let held = held.entry(channel.clone()).or_default();
        let is_refused = naive_admission::refuses(world, dialog, channel, *held);
        *held += usize::from(!is_refused);
        is_refused
    });
    world.direct(directive);
    match world.orders[&dialog].back() {
        Some(Order::TimeOut { overflow_full, .. }) => {
            assert_eq!(*overflow_full, is_refused, "whether another queue takes dialog {dialog} over");
        }
        other => panic!("it was asked something else: {other:?}"),
    }
}

/// Lets time pass and tells dialogs what is due, without waiting for what comes of it.
fn hurry(world: &mut World, ms: u64) {
    world.now = world.now.plus_ms(ms);
    while world.router.has_due(world.now) {
        for directive in world.router.due(world.now) {
            world.direct(directive);
        }
    }
}

/// Does a step without waiting for anything, then nothing, one delivery or one directive.
fn stumble(world: &mut World, step: &Step) {
    match step {
        Step::Open(which, wishes) => {
            world.try_open(&channel_id(CHANNELS[*which]), wishes.clone());
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
        Step::Advance(ms) => hurry(world, *ms),
        Step::Night(after) => hurry(world, until_night(world, *after)),
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

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

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
