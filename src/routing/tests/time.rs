//! Hours, bots and what happens by itself, as the router sees it.

use std::sync::Arc;

use proptest::prelude::*;

use super::world::*;
use crate::domain::channel::{
    Accept, Channel, ChannelBot, ChannelSettings, Hours, NoAnswer as Rule, QueueMode,
};
use crate::domain::dialog::command::{Actor, Context, Desk, DialogCommand, Placement, Unpin};
use crate::domain::dialog::{DialogTimer, Status, Wishes};
use crate::domain::event::DialogEvent;
use crate::domain::operator::{Presence, Role};
use crate::ids::DialogId;
use crate::routing::{Directive, Fact};
use crate::timestamp::Timestamp;

const HOUR_MS: u64 = 3_600_000;

fn with(channel: Channel, change: impl FnOnce(&mut ChannelSettings)) -> Channel {
    let mut channel = channel;
    change(&mut channel.settings);
    channel
}

/// Open from 09:00 to 17:00 of every day; the world begins at 00:00:01 of a Thursday.
fn office_hours() -> Hours {
    let day = r#"[["09:00","17:00"]]"#;
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].map(|name| format!("\"{name}\":{day}"));
    serde_json::from_str(&format!(r#"{{"time_zone":"UTC","week":{{{}}}}}"#, days.join(","))).unwrap()
}

/// Queue `x`, whose dialogs go into `y` when nobody has answered for so long.
fn overflowing(members: &[&str], after_ms: u64) -> Channel {
    with(channel("x", QueueMode::Evenly, members), |settings| {
        let overflow_channel = Some(channel_id("y"));
        settings.no_answer = Some(Rule { after_ms, reply: None, overflow_channel });
    })
}

fn offers(directives: &[Directive]) -> Vec<DialogId> {
    let offer = |directive: &Directive| match directive {
        Directive::Offer { dialog, .. } => Some(*dialog),
        _ => None,
    };
    directives.iter().filter_map(offer).collect()
}

#[test]
fn a_closed_line_gives_nothing_out_until_it_opens() {
    let mut world = World::new();
    world.put_operator(operator("a", 10, Presence::Online));
    let x = channel("x", QueueMode::Evenly, &["a"]);
    world.put_channel(with(x, |settings| settings.hours = Some(office_hours())));
    let (first, placement) = world.open(&channel_id("x"));
    assert_eq!(placement, Placement::Waiting);
    assert!(offers(&world.settle()).is_empty());
    assert!(offers(&world.advance(8 * HOUR_MS)).is_empty());
    assert_eq!(offers(&world.advance(HOUR_MS)), [first]);
    world.restart();
    let (_, placement) = world.open(&channel_id("x"));
    assert!(matches!(placement, Placement::Offered(_)), "it is open after a restart too");
    world.settle();
}

#[test]
fn what_stands_for_all_does_not_grow_while_its_line_is_closed() {
    let mut world = World::new();
    for (name, presence) in [("a", Presence::Online), ("b", Presence::Offline)] {
        world.put_operator(operator(name, 10, presence));
    }
    let x = channel("x", QueueMode::All, &["a", "b"]);
    world.put_channel(with(x, |settings| settings.hours = Some(office_hours())));
    world.advance(10 * HOUR_MS);
    let (dialog, _) = world.open(&channel_id("x"));
    world.settle();
    world.advance(10 * HOUR_MS);
    world.set_presence("b", Presence::Online);
    assert!(offers(&world.settle()).is_empty());
    assert_eq!(offers(&world.advance(13 * HOUR_MS)), [dialog], "in the morning");
    assert_eq!(world.dialogs[&dialog].offered_to().len(), 2);
}

#[test]
fn what_a_bot_holds_is_in_no_queue_and_charged_to_nobody() {
    let mut world = World::new();
    for name in ["a", "robo"] {
        world.put_operator(operator(name, 1, Presence::Online));
    }
    world.put_channel(channel("x", QueueMode::Evenly, &["a"]));
    let dialog = world.open_with_bot(&channel_id("x"), "robo");
    assert!(offers(&world.settle()).is_empty());
    assert_eq!(world.dialogs[&dialog].status, Status::Bot);
    assert_eq!(world.router.load(&operator_id("robo")).held, 0);
    assert_eq!((world.router.counts(&channel_id("x")).waiting, world.router.open_dialogs()), (0, 1));
    world.restart();
    world.settle();
    world.remove("robo");
    assert_eq!(offers(&world.settle()), [dialog], "removed: it goes into the queue");
}

#[test]
fn a_timer_is_asked_about_and_set_anew_only_when_it_falls_due() {
    let mut world = World::new();
    let x = channel("x", QueueMode::Evenly, &[]);
    world.put_channel(with(x, |settings| settings.abandon_ms = Some(1000)));
    let (dialog, _) = world.open(&channel_id("x"));
    world.settle();
    let deadline = world.router.next_deadline();
    world.advance(600);
    world.act(dialog, Action::Write);
    world.settle();
    assert_eq!(world.router.next_deadline(), deadline, "a message moves no timer");
    let asked = world.advance(400);
    assert_eq!(asked, [Directive::TimeOut { dialog, timer: DialogTimer::Abandonment }]);
    assert_eq!(world.router.next_deadline(), Some(world.now.plus_ms(600)), "now it is known");
    assert_eq!(world.advance(600).len(), 1);
    assert!(world.dialogs.is_empty());
}

#[test]
fn places_in_a_queue_are_held_for_all_that_go_there_at_once() {
    let mut world = World::new();
    world.put_channel(with(channel("y", QueueMode::Evenly, &[]), |settings| settings.max_waiting = Some(2)));
    world.put_channel(overflowing(&[], 1000));
    for _ in 0..4 {
        world.open(&channel_id("x"));
    }
    world.settle();
    world.advance(1000);
    assert_eq!(world.router.counts(&channel_id("y")).waiting, 2);
    assert_eq!(world.router.counts(&channel_id("x")).waiting, 2);
}

#[test]
fn what_was_done_once_takes_no_place_from_who_is_late_for_the_first_time() {
    let mut world = World::new();
    world.put_channel(with(channel("y", QueueMode::Evenly, &[]), |settings| settings.max_waiting = Some(1)));
    world.put_channel(overflowing(&[], 1000));
    let (in_y, _) = world.open(&channel_id("y"));
    world.open(&channel_id("x"));
    world.settle();
    world.advance(1000);
    let (late, _) = world.open(&channel_id("x"));
    world.act(in_y, Action::Finish);
    world.settle();
    world.advance(500);
    world.put_channel(overflowing(&[], 400));
    world.advance(0);
    assert_eq!(world.dialogs[&late].channel, Some(channel_id("y")), "there is a place for it");
}

#[test]
fn a_rule_that_does_more_than_before_does_it_at_once_to_who_is_late() {
    let mut world = World::new();
    let late = |name, overflow: Option<&str>| {
        with(channel(name, QueueMode::Evenly, &[]), |settings| {
            let (reply, overflow_channel) = (Some("busy".into()), overflow.map(channel_id));
            settings.no_answer = Some(Rule { after_ms: 1000, reply, overflow_channel });
        })
    };
    world.put_channel(channel("z", QueueMode::Evenly, &[]));
    world.put_channel(late("y", None));
    world.put_channel(late("x", Some("y")));
    let (dialog, _) = world.open(&channel_id("x"));
    world.settle();
    world.advance(1000);
    assert_eq!(world.dialogs[&dialog].channel, Some(channel_id("y")), "there it has been told already");
    world.put_channel(late("y", Some("z")));
    world.advance(0);
    assert_eq!(world.dialogs[&dialog].channel, Some(channel_id("z")));
}

#[test]
fn a_full_queue_takes_whoever_leaves_room_for_one_that_waits_there() {
    let mut world = World::new();
    let (x, y) = (channel_id("x"), channel_id("y"));
    world.put_operator(operator("a", 1, Presence::Online));
    world.put_channel(channel("x", QueueMode::Evenly, &["a"]));
    world.put_channel(with(channel("y", QueueMode::Evenly, &["a"]), |settings| {
        settings.queue.accept = Accept::Auto;
        settings.max_waiting = Some(1);
    }));
    let (passed, _) = world.open(&x);
    world.settle();
    world.act(passed, Action::Answer(operator_id("a")));
    world.settle();
    let (first, _) = world.open(&y);
    world.settle();
    world.advance(5);
    world.settle();
    world.act(passed, Action::Move(y.clone()));
    world.settle();
    assert_eq!(world.dialogs[&first].owner, Some(operator_id("a")));
    assert_eq!((&world.dialogs[&passed].channel, world.router.counts(&y).waiting), (&Some(y.clone()), 1));
}

#[test]
fn a_full_queue_does_not_count_on_who_is_wanted_by_what_falls_due_at_the_same_time() {
    let mut world = World::new();
    world.put_operator(operator("a", 1, Presence::Online));
    world.put_channel(with(channel("y", QueueMode::Evenly, &["a"]), |settings| {
        settings.queue.accept = Accept::Auto;
        settings.max_waiting = Some(0);
    }));
    world.put_channel(overflowing(&["a"], 1000));
    let (offered, _) = world.open(&channel_id("x"));
    let (waiting, _) = world.open(&channel_id("x"));
    world.settle();
    world.advance(1000);
    let channel_of = |dialog: &DialogId| world.dialogs[dialog].channel.clone();
    assert_eq!(
        [offered, waiting].map(|dialog| channel_of(&dialog)),
        [Some(channel_id("x")), Some(channel_id("x"))]
    );
    assert_eq!(world.router.counts(&channel_id("y")).waiting, 0, "nobody may wait there");
}

#[test]
fn what_is_late_by_the_rules_of_another_queue_falls_due_in_its_turn() {
    let mut world = World::new();
    world.put_channel(with(channel("y", QueueMode::Evenly, &[]), |settings| settings.abandon_ms = Some(500)));
    world.put_channel(overflowing(&[], 600));
    let (first, _) = world.open(&channel_id("y"));
    let (second, _) = world.open(&channel_id("x"));
    world.settle();
    world.advance(100);
    world.act(first, Action::Write);
    world.act(second, Action::Write);
    world.settle();
    world.advance(450);
    let due = |dialog, timer| Directive::TimeOut { dialog, timer };
    let abandonments = [first, second].map(|dialog| due(dialog, DialogTimer::Abandonment));
    let directed = world.advance(50);
    assert_eq!(directed[0], due(second, DialogTimer::NoAnswer));
    assert_eq!(
        directed[1..],
        abandonments,
        "by dialog, though the second has been open for longer than that"
    );
    assert!(world.dialogs.is_empty());
}

/// What happens in a house whose channels have rules of time.
#[derive(Debug, Clone)]
enum Step {
    Open(bool),
    OpenWithBot,
    Act(usize, u8),
    Unpin(usize),
    Rules(u8, u64),
    Advance(u64),
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => any::<bool>().prop_map(Step::Open),
        1 => Just(Step::OpenWithBot),
        8 => (0..8_usize, 0..7_u8).prop_map(|(dialog, what)| Step::Act(dialog, what)),
        1 => (0..8_usize).prop_map(Step::Unpin),
        2 => (any::<u8>(), 1..2000_u64).prop_map(|(which, ms)| Step::Rules(which, ms)),
        5 => (1..1500_u64).prop_map(Step::Advance),
        1 => Just(Step::Restart),
    ]
}

/// A channel whose rules are chosen by the bits.
fn ruled(bits: u8, ms: u64) -> Channel {
    with(channel("x", QueueMode::Evenly, &["a", "b"]), |settings| {
        let has = |bit: u8| bits & (1 << bit) != 0;
        settings.queue.offer_timeout_ms = ms / 2 + 1;
        settings.abandon_ms = has(0).then_some(ms);
        settings.auto_close_ms = has(1).then_some(ms + 100);
        let overflow_channel = has(2).then(|| channel_id("y"));
        settings.no_answer =
            has(3).then(|| Rule { after_ms: ms / 2 + 10, reply: Some("busy".into()), overflow_channel });
        let bot = format!(r#"{{"operator":"robo","hand_off_after_ms":{}}}"#, ms / 3 + 1);
        settings.bot = has(4).then(|| serde_json::from_str::<ChannelBot>(&bot).unwrap());
    })
}

fn play(world: &mut World, step: &Step) {
    let pick = |world: &World, number: usize| world.dialogs.keys().nth(number).copied();
    match step {
        Step::Open(in_y) => {
            drop(world.try_open(&channel_id(if *in_y { "y" } else { "x" }), Wishes::default()))
        }
        Step::OpenWithBot => drop(world.open_with_bot(&channel_id("x"), "robo")),
        Step::Act(number, what) => {
            let Some(dialog) = pick(world, *number) else { return };
            let a = operator_id("a");
            let action = match what {
                0 => Action::Answer(a),
                1 => Action::Skip(a),
                2 => Action::Take(operator_id("b")),
                3 => Action::Reply(a),
                4 => Action::Move(channel_id("y")),
                5 => Action::Finish,
                _ => Action::Write,
            };
            world.act(dialog, action);
        }
        Step::Unpin(number) => {
            if let Some(dialog) = pick(world, *number) {
                world.pin_and_unpin(dialog);
            }
        }
        Step::Rules(bits, ms) => world.put_channel(ruled(*bits, *ms)),
        Step::Advance(ms) => drop(world.advance(*ms)),
        Step::Restart => world.restart(),
    }
}

/// Nothing that should have happened by now has not, and what will happen has a timer in time.
fn assert_in_time(world: &World) {
    let mut next: Option<Timestamp> = None;
    for dialog in world.dialogs.values() {
        let settings = &world.channels[dialog.channel.as_ref().unwrap()].settings;
        for timer in DialogTimer::ALL {
            let Some(deadline) = dialog.deadline(timer, settings) else { continue };
            assert!(deadline > world.now, "{timer:?} of dialog {} is late", dialog.id);
            next = Some(next.map_or(deadline, |next| next.min(deadline)));
        }
    }
    if let Some(next) = next {
        assert!(world.router.next_deadline().is_some_and(|deadline| deadline <= next), "a timer is missing");
    }
}

proptest! {
    #[test]
    fn whatever_happens_all_that_is_due_has_happened(steps in prop::collection::vec(step(), 1..60)) {
        let mut world = World::new();
        world.put_operator(operator("a", 2, Presence::Online));
        world.put_operator(operator("b", 1, Presence::Online));
        world.put_operator(operator("robo", 1, Presence::Offline));
        world.put_channel(with(channel("y", QueueMode::Evenly, &["b"]), |settings| {
            settings.max_waiting = Some(2);
            settings.abandon_ms = Some(1200);
        }));
        world.put_channel(ruled(0b1_1111, 700));
        for step in &steps {
            play(&mut world, step);
            world.settle();
            world.advance(0);
            assert_in_time(&world);
        }
    }
}

impl World {
    fn open_with_bot(&mut self, channel: &crate::ids::ChannelId, bot: &str) -> DialogId {
        self.opened += 1;
        let dialog = DialogId(self.opened);
        self.router.place_with_bot(dialog, channel, None, self.now);
        let (placement, rules) = (Placement::Bot(operator_id(bot)), self.rules(channel));
        let (channel, wishes) = (channel.clone(), Wishes::default());
        let opening = Opening { channel, placement, rules, ruling: None, wishes, ends: false };
        self.orders.entry(dialog).or_default().push_back(Order::Open(opening));
        dialog
    }

    /// Its owner has locked it, and unlocks it: what should have happened meanwhile happens then.
    fn pin_and_unpin(&mut self, dialog: DialogId) {
        let Some(owner) = self.dialogs[&dialog].owner.clone().filter(|_| {
            self.dialogs[&dialog].status == Status::Answered && !self.orders.contains_key(&dialog)
        }) else {
            return;
        };
        let now = self.now;
        let pinned = DialogEvent::Pinned { operator: owner.clone() };
        self.dialogs.get_mut(&dialog).unwrap().apply(&pinned, now);
        self.advance(900);
        let Some(state) = self.dialogs.get(&dialog) else { return };
        let mut desk = Desk::new(self.rules(state.channel.as_ref().unwrap()));
        desk.channel = Some(Arc::new(self.channels[state.channel.as_ref().unwrap()].clone()));
        let actor = Actor { operator: owner, role: Role::Operator, member: true };
        let context = Context { now: self.now, actor: Some(actor), desk };
        let Ok(decision) = (Unpin { dialog }).decide(state, &context) else { return };
        self.router.depart(dialog, None);
        let facts: Vec<Fact> = Fact::all(&decision.events, self.now).collect();
        let state = self.dialogs.get_mut(&dialog).unwrap();
        decision.events.iter().for_each(|event| state.apply(event, self.now));
        self.router.arrive(dialog, &facts);
    }
}
