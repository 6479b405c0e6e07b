//! Queues of more members than a decision tells one by one: what is chosen stays the same, and what is told
//! is bounded.

use super::world::{Action, World, channel, channel_id, operator, operator_id};
use crate::domain::channel::QueueMode;
use crate::domain::dialog::Reason;
use crate::domain::operator::Presence;
use crate::limits;

fn crowd(mode: QueueMode, members: usize) -> World {
    let mut world = World::new();
    let names: Vec<String> = (0..members).map(|number| format!("o{number:03}")).collect();
    for name in &names {
        world.put_operator(operator(name, 1, Presence::Online));
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    world.put_channel(channel("x", mode, &names));
    world.settle();
    world
}

#[test]
fn of_very_many_the_best_are_told_and_the_others_counted() {
    let mut world = crowd(QueueMode::Evenly, 50);
    world.set_presence("o000", Presence::Away);
    world.settle();
    let (dialog, _) = world.open(&channel_id("x"));
    world.settle();
    let ruled = &world.dialogs[&dialog].rulings[0];
    assert_eq!(ruled.winners.as_slice(), [operator_id("o001")]);
    assert_eq!(ruled.ruling.winners().collect::<Vec<_>>(), [operator_id("o001")]);
    let considered = ruled.ruling.considered.unpack();
    assert_eq!(considered.candidates.len(), limits::RULING_CANDIDATES);
    assert_eq!(considered.more_candidates, 29);
    assert_eq!(considered.more_filtered, [(Reason::Presence, 1)]);
    assert!(considered.filtered.is_empty());
}

#[test]
fn in_all_everybody_is_offered_and_the_best_are_told() {
    let mut world = crowd(QueueMode::All, 30);
    let (dialog, _) = world.open(&channel_id("x"));
    world.settle();
    let ruled = &world.dialogs[&dialog].rulings[0];
    assert_eq!(ruled.winners.len(), 30);
    let told: Vec<_> = ruled.ruling.winners().collect();
    assert_eq!(told, ruled.winners[..limits::RULING_CANDIDATES]);
    assert_eq!(ruled.ruling.considered.unpack().more_candidates, 10);
}

#[test]
fn a_dialog_remembers_its_last_decisions() {
    let mut world = crowd(QueueMode::Strictly, 1);
    let (dialog, _) = world.open(&channel_id("x"));
    world.settle();
    for _ in 0..limits::RULINGS_PER_DIALOG + 5 {
        world.act(dialog, Action::Skip(operator_id("o000")));
        world.settle();
    }
    assert_eq!(world.dialogs[&dialog].rulings.len(), limits::RULINGS_PER_DIALOG);
}
