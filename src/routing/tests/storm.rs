//! A long storm of events through one small house with every rule in it. Nothing is compared with another
//! router here: after each event the invariants are looked up.

use super::MODES;
use super::houses::hours;
use super::naive_time::{is_closed, next_door};
use super::world::{Action, World, channel, channel_id, operator, operator_id};
use crate::domain::channel::{Accept, Ignored, NoAnswer, Prefer, Relaxation, SkillRequirement};
use crate::domain::dialog::Wishes;
use crate::domain::event::{DialogEvent, Events};
use crate::domain::operator::{Fairness, Operator, Presence};
use crate::ids::{DialogId, SkillId};

const OPERATORS: usize = 12;

/// Numbers without any order that means something, the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % bound
    }
}

fn name(number: usize) -> String {
    format!("o{number}")
}

fn skill(number: usize) -> SkillId {
    SkillId::new(["french", "law", "tax"][number % 3]).unwrap()
}

fn person(number: usize, presence: Presence) -> Operator {
    let mut operator = operator(&name(number), 1 + number as u32 % 4, presence);
    operator.settings.skills = (0..number % 4).map(|place| (skill(place), 1 + number as u32 % 3)).collect();
    operator.settings.fairness = number.is_multiple_of(5).then_some(Fairness { dialogs: 3, window_ms: 40 });
    operator
}

fn house() -> World {
    let mut world = World::new();
    (0..OPERATORS).for_each(|number| world.put_operator(person(number, Presence::Online)));
    for (place, mode) in MODES.into_iter().enumerate() {
        let members: Vec<String> =
            (0..OPERATORS).filter(|number| (number + place) % 3 > 0).map(name).collect();
        let members: Vec<&str> = members.iter().map(String::as_str).collect();
        let mut channel = channel(&format!("c{place}"), mode, &members);
        let settings = &mut channel.settings;
        settings.queue.offer_timeout_ms = 5 + place as u64;
        settings.queue.accept = if place % 4 == 3 { Accept::Auto } else { Accept::Answer };
        settings.weight = 1 + place as u32 % 2;
        settings.prefer = [Prefer::None, Prefer::Responsible, Prefer::LastOperator][place % 3];
        settings.prefer_ignores = vec![Ignored::Membership, Ignored::Presence][..place % 3].to_vec();
        (settings.priority, settings.ageing_ms_per_point) = (place as i32 - 3, 7);
        settings.max_waiting = [None, Some(6), Some(2)][place % 3];
        settings.hours = (place % 2 == 1).then(|| hours(&[(1, 60), (180, 185), (200, 290), (400, 1300)]));
        settings.off_hours.close = place == 5;
        let overflow_channel = Some(channel_id(&format!("c{}", (place + 2) % MODES.len())));
        settings.no_answer =
            (place % 2 == 0).then_some(NoAnswer { after_ms: 25, reply: None, overflow_channel });
        settings.abandon_ms = (place == 3).then_some(60);
        settings.auto_close_ms = (place == 4).then_some(80);
        world.put_channel(channel);
    }
    world
}

fn wishes(numbers: &mut Numbers) -> Wishes {
    let mut required = SkillRequirement::new(skill(numbers.below(3)));
    required.level = 2;
    required.relax = vec![Relaxation { after_ms: 9, level: 1 }, Relaxation { after_ms: 30, level: 0 }];
    let mut somebody = || operator_id(&name(numbers.below(OPERATORS)));
    let (responsible, last_operator) = (Some(somebody()), Some(somebody()));
    let skills = if numbers.below(2) == 0 { vec![required] } else { Vec::new() };
    let priority = (numbers.below(3) == 0).then(|| numbers.below(9) as i32 - 4);
    Wishes { skills, priority, responsible, last_operator }
}

fn one_more(world: &mut World, numbers: &mut Numbers) {
    let open: Vec<DialogId> = world.dialogs.keys().copied().collect();
    let who = operator_id(&name(numbers.below(OPERATORS)));
    match numbers.below(20) {
        0..=4 if open.len() < 40 => {
            let channel = channel_id(&format!("c{}", numbers.below(MODES.len())));
            let wishes = wishes(numbers);
            world.try_open(&channel, wishes);
        }
        5 if numbers.below(10) == 0 => {
            let door = next_door(world).expect("doors move every day");
            world.advance(door.since_ms(world.now).saturating_sub(3));
        }
        5 | 6 => {
            world.advance(1 + numbers.below(6) as u64);
        }
        7 => {
            let presence = [Presence::Online, Presence::Away, Presence::Offline][numbers.below(3)];
            let mut operator = world.operators[&who].clone();
            operator.presence = presence;
            world.put_operator(operator);
        }
        8 if numbers.below(20) == 0 => world.restart(),
        _ if open.is_empty() => {}
        what => {
            let dialog = open[numbers.below(open.len())];
            let action = match what {
                8..=10 => Action::Finish,
                11..=14 => Action::Answer(who),
                15 => Action::Skip(who),
                16 => Action::Pass(who),
                17 => Action::Move(channel_id(&format!("c{}", numbers.below(MODES.len())))),
                18 => Action::Prioritise(numbers.below(9) as i32 - 4),
                _ => Action::Take(who),
            };
            world.act(dialog, action);
        }
    }
    world.settle();
    world.advance(0);
}

/// No queue holds more than it may, and what was given out was given out by channels that were open.
fn check_rules(world: &mut World) {
    world.check_waiting_settled();
    for channel in world.channels.values() {
        assert_eq!(world.router.is_closed(&channel.id), is_closed(channel, world.now));
    }
    for change in &world.history {
        let Events::Dialog(dialog, events) = &change.events else { continue };
        for event in events {
            let (DialogEvent::Offered { ruling, .. } | DialogEvent::Answered { ruling, .. }) = event else {
                continue;
            };
            let Some(ruling) = ruling else { continue };
            let closed = is_closed(&world.channels[&ruling.channel], change.at);
            assert!(!closed, "dialog {dialog} was given out by {}, which is closed", ruling.channel);
        }
    }
}

/// At every moment: nobody is charged with more than allowed, every index says what the dialogs say, no queue
/// holds more than it may, and when nothing more follows no dialog waits that somebody eligible could be given.
fn storm(events: usize) {
    let (mut world, mut numbers, mut seen) = (house(), Numbers(1), 0);
    world.settle();
    while seen < events {
        one_more(&mut world, &mut numbers);
        check_rules(&mut world);
        seen += world.history.len();
        world.history.clear();
    }
}

#[test]
fn a_storm_leaves_nobody_overloaded_and_nothing_unmatched() {
    storm(3_000);
}

/// `make storm`.
#[test]
#[ignore = "takes minutes"]
fn a_storm_of_a_million_events_leaves_nobody_overloaded_and_nothing_unmatched() {
    storm(1_000_000);
}
