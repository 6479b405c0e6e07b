//! Whether a queue takes one more dialog, found out by letting it in and looking what comes of that.

use super::decisions::moved;
use super::naive::{chosen_for_new, next_offer, prefers};
use super::naive_time::is_closed;
use super::waiting::is_in_queue;
use super::world::World;
use crate::domain::channel::{Accept, QueueMode};
use crate::domain::dialog::command::OfferRules;
use crate::domain::dialog::{KeptRuling, Packing, Preference, Rule, Ruling, Wishes};
use crate::ids::{ChannelId, DialogId, OperatorId};
use crate::routing::Directive;

fn in_queue(world: &World, channel: &ChannelId) -> usize {
    world.dialogs.values().filter(|dialog| is_in_queue(dialog, channel)).count()
}

/// Whether a dialog that enters this queue now ends there.
pub(super) fn ends_at_the_door(world: &World, channel: &ChannelId) -> bool {
    let channel = &world.channels[channel];
    is_closed(channel, world.now) && channel.settings.off_hours.close
}

/// Whether a client who writes now is told that the queue is full.
pub(super) fn refuses_new(world: &World, channel: &ChannelId, wishes: &Wishes) -> bool {
    let known = &world.channels[channel];
    let Some(most) = known.settings.max_waiting else { return false };
    if ends_at_the_door(world, channel) || in_queue(world, channel) < most as usize {
        return false;
    }
    let answered =
        known.settings.queue.accept == Accept::Auto && !chosen_for_new(world, known, wishes).is_empty();
    !answered
}

/// Whether an open dialog cannot go into a queue in which so many places are held for others.
pub(super) fn refuses(world: &World, dialog: DialogId, channel: &ChannelId, held: usize) -> bool {
    let Some(most) = world.channels[channel].settings.max_waiting else { return false };
    let before = in_queue(world, channel);
    if is_in_queue(&world.dialogs[&dialog], channel) || before + held < most as usize {
        return false;
    }
    // Whoever could answer it at once may be the one who answers another on its way there.
    held > 0 || world.channels[channel].settings.queue.accept == Accept::Answer || {
        let mut imagined = imagine(world);
        let transferred = moved(&imagined.dialogs[&dialog], channel, Some("boss"));
        imagined.happen(dialog, &[transferred]);
        while let Some((dialog, operators)) = next_offer(&imagined) {
            give(&mut imagined, dialog, operators);
        }
        in_queue(&imagined, channel) > before
    }
}

/// The same dialogs, operators and channels, with nobody who routes.
fn imagine(world: &World) -> World {
    World {
        channels: world.channels.clone(),
        operators: world.operators.clone(),
        dialogs: world.dialogs.clone(),
        history: world.history.clone(),
        now: world.now,
        ..World::new()
    }
}

fn give(world: &mut World, dialog: DialogId, operators: Vec<OperatorId>) {
    let known = &world.dialogs[&dialog];
    let channel = known.channel.clone().unwrap();
    let settings = &world.channels[&channel].settings;
    let is_preferred = operators.len() == 1 && prefers(world, known, &operators[0]);
    let ruling = Ruling {
        number: 0,
        rule: match settings.queue.mode {
            QueueMode::RoundRobin => Rule::RoundRobin1,
            _ => Rule::Evenly1,
        },
        channel,
        preferred: is_preferred.then_some(Preference::Responsible),
        considered: Packing::new(0).finish(0, [].into_iter(), &[]),
    };
    let (rules, directive) = (OfferRules::of(settings), Directive::Offer { dialog, operators });
    let events = world.decide_directive(known, &directive, &rules, &Some(KeptRuling::from(ruling)));
    world.happen(dialog, &events);
}
