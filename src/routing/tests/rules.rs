//! The rules one by one: given a small world, when something happens, then this is directed.

use super::world::{Action, World, channel, channel_id, operator, operator_id};
use crate::domain::channel::{Accept, Channel, QueueMode};
use crate::domain::dialog::command::Placement;
use crate::domain::operator::Presence;
use crate::ids::{ChannelId, DialogId, OperatorId};
use crate::routing::{Counts, Directive, Load};
use crate::timestamp::Timestamp;

/// A world with one channel `x` of these members, each online with this capacity.
fn world(mode: QueueMode, members: &[(&str, u32)]) -> World {
    let mut world = World::new();
    for (name, capacity) in members {
        world.put_operator(operator(name, *capacity, Presence::Online));
    }
    let names: Vec<&str> = members.iter().map(|(name, _)| *name).collect();
    world.put_channel(channel("x", mode, &names));
    world
}

fn x() -> ChannelId {
    channel_id("x")
}

fn ids(names: &[&str]) -> Vec<OperatorId> {
    names.iter().map(|name| operator_id(name)).collect()
}

/// Opens a dialog in `x` one millisecond later, settles, and says where it was placed.
fn open(world: &mut World) -> (DialogId, Vec<OperatorId>) {
    open_in(world, "x")
}

fn open_in(world: &mut World, name: &str) -> (DialogId, Vec<OperatorId>) {
    world.now = world.now.plus_ms(1);
    let (dialog, placement) = world.open(&channel_id(name));
    world.settle();
    let operators = match placement {
        Placement::Waiting | Placement::Bot(_) => Vec::new(),
        Placement::Offered(operators) => operators,
        Placement::Assigned(operator) => vec![operator],
    };
    (dialog, operators)
}

fn act(world: &mut World, dialog: DialogId, action: Action) -> Vec<Directive> {
    world.act(dialog, action);
    world.settle()
}

fn offer(dialog: DialogId, names: &[&str]) -> Directive {
    Directive::Offer { dialog, operators: ids(names) }
}

fn change(world: &mut World, change: impl FnOnce(&mut Channel)) -> Vec<Directive> {
    let mut channel = world.channels[&x()].clone();
    change(&mut channel);
    world.put_channel(channel);
    world.settle()
}

#[test]
fn evenly_gives_to_who_was_touched_longest_ago_and_never_comes_first() {
    let mut world = world(QueueMode::Evenly, &[("b", 9), ("a", 9), ("c", 9)]);
    let (first, to) = open(&mut world);
    assert_eq!(to, ids(&["b"]), "nobody was touched: rank decides");
    assert_eq!(open(&mut world).1, ids(&["a"]));
    act(&mut world, first, Action::Answer(operator_id("b")));
    assert_eq!(open(&mut world).1, ids(&["c"]));
    act(&mut world, first, Action::Reply(operator_id("b")));
    assert_eq!(open(&mut world).1, ids(&["a"]));
    assert_eq!(open(&mut world).1, ids(&["c"]));
    assert_eq!(open(&mut world).1, ids(&["b"]));
}

#[test]
fn strictly_gives_to_the_lowest_rank_that_has_room() {
    let mut world = world(QueueMode::Strictly, &[("b", 2), ("a", 1)]);
    let order: Vec<_> = (0..4).map(|_| open(&mut world).1).collect();
    assert_eq!(order, [ids(&["b"]), ids(&["b"]), ids(&["a"]), ids(&[])]);
}

#[test]
fn equal_ranks_are_ordered_by_operator_id() {
    let mut world = world(QueueMode::Strictly, &[("b", 1), ("a", 1)]);
    change(&mut world, |channel| {
        channel.settings.queue.members.iter_mut().for_each(|member| member.rank = 7)
    });
    assert_eq!(open(&mut world).1, ids(&["a"]));
}

#[test]
fn all_offers_to_everybody_and_reserves_nothing() {
    let mut world = world(QueueMode::All, &[("b", 1), ("a", 1), ("full", 0)]);
    let (first, to) = open(&mut world);
    assert_eq!(to, ids(&["b", "a"]));
    let (second, to) = open(&mut world);
    assert_eq!(to, ids(&["b", "a"]));
    assert_eq!(world.router.load(&operator_id("a")), Load { capacity: 1, held: 0, offered: 0 });
    assert!(world.act(first, Action::Answer(operator_id("a"))), "there is room at the first answer");
    world.settle();
    assert!(!world.act(second, Action::Answer(operator_id("a"))), "and none at the second");
    world.settle();
    assert_eq!(world.router.load(&operator_id("a")), Load { capacity: 1, held: 1, offered: 0 });
}

#[test]
fn all_also_offers_to_who_becomes_eligible_later() {
    let mut world = world(QueueMode::All, &[("a", 1), ("b", 1)]);
    world.set_presence("b", Presence::Away);
    let (first, _) = open(&mut world);
    let (second, _) = open(&mut world);
    world.set_presence("b", Presence::Online);
    assert_eq!(world.settle(), [offer(first, &["b"]), offer(second, &["b"])]);
    assert_eq!(act(&mut world, first, Action::Skip(operator_id("a"))), [], "a has declined it");
}

#[test]
fn in_all_a_withdrawn_offer_is_made_again_but_a_declined_one_only_in_a_new_round() {
    let mut world = world(QueueMode::All, &[("a", 1), ("b", 1)]);
    let (dialog, _) = open(&mut world);
    world.set_presence("a", Presence::Offline);
    assert_eq!(world.settle(), [Directive::Withdraw { dialog, operator: operator_id("a") }]);
    world.set_presence("a", Presence::Online);
    assert_eq!(world.settle(), [offer(dialog, &["a"])]);
    assert_eq!(act(&mut world, dialog, Action::Skip(operator_id("a"))), []);
    assert_eq!(act(&mut world, dialog, Action::Skip(operator_id("b"))), [offer(dialog, &["a", "b"])]);
}

#[test]
fn who_skips_gets_the_dialog_again_when_every_other_has_had_it() {
    let mut world = world(QueueMode::Strictly, &[("a", 9), ("b", 9), ("c", 0)]);
    let (dialog, to) = open(&mut world);
    assert_eq!(to, ids(&["a"]));
    assert_eq!(act(&mut world, dialog, Action::Skip(operator_id("a"))), [offer(dialog, &["b"])]);
    assert_eq!(act(&mut world, dialog, Action::Skip(operator_id("b"))), [offer(dialog, &["a"])]);
    assert_eq!(act(&mut world, dialog, Action::Skip(operator_id("a"))), [offer(dialog, &["b"])]);
}

#[test]
fn offers_that_end_together_are_matched_together() {
    let mut world = world(QueueMode::Strictly, &[("a", 1), ("b", 1)]);
    let first = world.open(&x()).0;
    let second = world.open(&x()).0;
    world.settle();
    let deadline = world.now.plus_ms(60_000);
    assert_eq!(world.router.next_deadline(), Some(deadline));
    let expired = |dialog| Directive::Expire { dialog, deadline };
    let directed = world.advance(60_000);
    assert_eq!(directed, [expired(first), expired(second), offer(first, &["b"]), offer(second, &["a"])]);
}

#[test]
fn nothing_is_matched_while_something_is_still_being_taken_back() {
    let mut world = world(QueueMode::Strictly, &[("a", 1), ("b", 1)]);
    let first = world.open(&x()).0;
    let second = world.open(&x()).0;
    world.settle();
    let now = world.now.plus_ms(60_000);
    for directive in world.router.due(now) {
        world.direct(directive);
    }
    world.deliver(second);
    assert_eq!(world.router.next(), None);
    assert_eq!(world.router.due(now.plus_ms(60_000)), [], "the next batch waits too");
    world.deliver(first);
    assert_eq!(world.router.next(), Some(offer(first, &["b"])));
}

#[test]
fn an_answered_offer_leaves_no_timer() {
    let mut world = world(QueueMode::Evenly, &[("a", 1)]);
    let (dialog, _) = open(&mut world);
    act(&mut world, dialog, Action::Answer(operator_id("a")));
    assert_eq!(world.router.next_deadline(), None);
}

#[test]
fn an_operator_who_becomes_free_gets_the_oldest_dialog_of_all_its_channels() {
    let mut world = world(QueueMode::Evenly, &[("a", 1)]);
    world.put_channel(channel("y", QueueMode::Evenly, &["a"]));
    let (held, _) = open(&mut world);
    act(&mut world, held, Action::Answer(operator_id("a")));
    let (older, _) = open_in(&mut world, "y");
    let (younger, _) = open(&mut world);
    assert_eq!(world.router.unanswered(&operator_id("a")), [older, younger]);
    assert_eq!(act(&mut world, held, Action::Finish), [offer(older, &["a"])]);
}

#[test]
fn a_dialog_that_was_skipped_keeps_its_place_and_one_that_was_moved_does_not() {
    let mut world = world(QueueMode::Evenly, &[("a", 1), ("b", 1)]);
    let (first, _) = open(&mut world);
    let (second, _) = open(&mut world);
    let (third, _) = open(&mut world);
    act(&mut world, second, Action::Answer(operator_id("b")));
    assert_eq!(act(&mut world, first, Action::Skip(operator_id("a"))), [offer(first, &["a"])]);
    let announced = Directive::Announce { dialog: first };
    world.now = world.now.plus_ms(1);
    assert_eq!(act(&mut world, first, Action::Move(x())), [offer(third, &["a"]), announced]);
}

#[test]
fn a_new_dialog_passes_nobody_over_who_waits() {
    let mut world = world(QueueMode::Evenly, &[("a", 0)]);
    let (first, _) = open(&mut world);
    world.put_operator(operator("a", 1, Presence::Online));
    let (_, placement) = world.open(&x());
    assert_eq!(placement, Placement::Waiting);
    assert_eq!(world.settle(), [offer(first, &["a"])]);
}

#[test]
fn accept_auto_assigns_at_once() {
    let mut world = world(QueueMode::Evenly, &[("a", 1)]);
    change(&mut world, |channel| channel.settings.queue.accept = Accept::Auto);
    assert_eq!(world.open(&x()).1, Placement::Assigned(operator_id("a")));
    world.settle();
    assert_eq!(world.router.load(&operator_id("a")), Load { capacity: 1, held: 1, offered: 0 });
}

#[test]
fn going_offline_takes_offers_back_and_keeps_what_is_answered() {
    let mut world = world(QueueMode::Strictly, &[("a", 9), ("b", 9)]);
    let (answered, _) = open(&mut world);
    act(&mut world, answered, Action::Answer(operator_id("a")));
    let (dialog, _) = open(&mut world);
    world.set_presence("a", Presence::Away);
    assert_eq!(world.settle(), []);
    world.set_presence("a", Presence::Offline);
    let withdrawn = Directive::Withdraw { dialog, operator: operator_id("a") };
    assert_eq!(world.settle(), [withdrawn, offer(dialog, &["b"])]);
    assert_eq!(world.router.load(&operator_id("a")).held, 1);
}

#[test]
fn a_removed_operator_loses_its_offers_and_then_its_dialogs() {
    let mut world = world(QueueMode::Strictly, &[("a", 9), ("b", 1)]);
    let (owned, _) = open(&mut world);
    let (offered, _) = open(&mut world);
    act(&mut world, owned, Action::Answer(operator_id("a")));
    world.remove("a");
    let directed = world.settle();
    let operator = operator_id("a");
    assert_eq!(
        directed,
        [
            Directive::Withdraw { dialog: offered, operator: operator.clone() },
            Directive::ReturnToQueue { dialog: owned, operator },
            offer(owned, &["b"]),
            Directive::Announce { dialog: offered },
        ]
    );
    assert_eq!(world.router.counts(&x()), Counts { waiting: 1, offered: 1 });
}

#[test]
fn away_and_bots_are_given_nothing_and_presence_counts_only_where_it_is_checked() {
    let mut world = world(QueueMode::Strictly, &[("a", 9)]);
    world.set_presence("a", Presence::Away);
    let (dialog, to) = open(&mut world);
    assert_eq!(to, []);
    assert_eq!(
        change(&mut world, |channel| channel.settings.queue.check_online = false),
        [offer(dialog, &["a"])]
    );
    let mut bot = world.operators[&operator_id("a")].clone();
    bot.settings.kind = crate::domain::operator::OperatorKind::Bot;
    world.put_operator(bot);
    world.settle();
    assert_eq!(open(&mut world).1, []);
    assert!(!world.router.reachable(&operator_id("a"), &x()));
}

#[test]
fn changed_members_and_weights_apply_at_once_to_what_waits() {
    let mut world = world(QueueMode::Evenly, &[("a", 1)]);
    world.put_operator(operator("b", 1, Presence::Online));
    change(&mut world, |channel| channel.settings.weight = 2);
    let (first, _) = open(&mut world);
    let (second, _) = open(&mut world);
    assert_eq!(change(&mut world, |channel| channel.settings.weight = 1), [offer(first, &["a"])]);
    let members = channel("x", QueueMode::Evenly, &["b"]).settings.queue.members;
    let directed = change(&mut world, |channel| channel.settings.queue.members = members);
    assert_eq!(directed, [offer(second, &["b"])]);
    assert!(!world.router.is_member(first, &operator_id("a")));
    assert!(world.router.is_member(first, &operator_id("b")));
}

#[test]
fn lowering_the_capacity_takes_nothing_away() {
    let mut world = world(QueueMode::Evenly, &[("a", 2)]);
    let (first, _) = open(&mut world);
    let (second, _) = open(&mut world);
    world.put_operator(operator("a", 1, Presence::Online));
    assert_eq!(world.settle(), []);
    let (third, to) = open(&mut world);
    assert_eq!(to, []);
    assert_eq!(act(&mut world, first, Action::Finish), []);
    assert_eq!(act(&mut world, second, Action::Finish), [offer(third, &["a"])]);
}

#[test]
fn a_dialog_passed_to_one_is_offered_to_that_one_alone_even_in_all_and_after_a_restart() {
    let mut world = world(QueueMode::All, &[("a", 9), ("b", 9)]);
    let (dialog, _) = open(&mut world);
    assert_eq!(act(&mut world, dialog, Action::Pass(operator_id("a"))), []);
    world.restart();
    assert_eq!(world.settle(), []);
    let declined = act(&mut world, dialog, Action::Skip(operator_id("a")));
    assert_eq!(declined, [offer(dialog, &["b"])], "to the queue, and the target has had it");
}

#[test]
fn capacity_set_aside_for_a_command_is_given_back_when_the_dialog_decides_otherwise() {
    let mut world = world(QueueMode::Strictly, &[("a", 1), ("b", 1)]);
    let (first, _) = open(&mut world);
    act(&mut world, first, Action::Answer(operator_id("a")));
    assert!(world.act(first, Action::Take(operator_id("b"))));
    let (_, placement) = world.open(&x());
    assert_eq!(placement, Placement::Waiting, "the room of b is set aside");
    world.act(first, Action::Finish);
    world.settle();
    assert_eq!(world.router.load(&operator_id("a")).offered, 1);
}

#[test]
fn an_offer_that_ends_under_an_answer_leaves_its_room_to_the_answer() {
    let mut world = world(QueueMode::Strictly, &[("a", 1)]);
    let (first, _) = open(&mut world);
    let (second, _) = open(&mut world);
    let now = Timestamp::from_millis(1_000_000);
    let due = world.router.due(now);
    due.into_iter().for_each(|directive| world.direct(directive));
    assert!(world.act(first, Action::Answer(operator_id("a"))));
    world.deliver(first);
    assert_eq!(world.router.next(), None, "the room is not given to {second}");
    world.deliver(first);
    world.settle();
    assert_eq!(world.router.load(&operator_id("a")), Load { capacity: 1, held: 1, offered: 0 });
}

#[test]
fn after_a_crash_what_was_left_undone_is_done() {
    let mut world = world(QueueMode::Strictly, &[("a", 9), ("b", 9)]);
    let (owned, _) = open(&mut world);
    act(&mut world, owned, Action::Answer(operator_id("a")));
    let (offered, _) = open(&mut world);
    world.remove("a");
    world.restart();
    let operator = operator_id("a");
    let directed = world.settle();
    assert_eq!(
        directed[..2],
        [
            Directive::Withdraw { dialog: offered, operator: operator.clone() },
            Directive::ReturnToQueue { dialog: owned, operator },
        ]
    );
    assert_eq!(world.router.load(&operator_id("b")).offered, 2);
}
