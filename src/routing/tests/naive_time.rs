//! What the rules say of time, the slow way: when channels are open, and what falls due when. Who gets what is
//! decided elsewhere.

use super::world::World;
use crate::domain::channel::{Channel, ChannelSettings};
use crate::domain::dialog::{Author, Dialog, DialogTimer, Notice, Status};
use crate::ids::DialogId;
use crate::timestamp::Timestamp;

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

/// Whether the channel is closed at this moment. In random worlds all days are alike, and clocks show UTC.
pub(super) fn is_closed(channel: &Channel, at: Timestamp) -> bool {
    let Some(hours) = &channel.settings.hours else { return false };
    let minute = (at.as_millis() % DAY_MS / MINUTE_MS) as u16;
    let mut intervals = hours.week.thu.iter();
    !intervals.any(|interval| interval.start.minutes() <= minute && minute < interval.end.minutes())
}

/// Whether a channel opens or closes at this moment.
pub(super) fn is_door_moved(world: &World, at: Timestamp) -> bool {
    let before = Timestamp::from_millis(at.as_millis() - 1);
    world.channels.values().any(|channel| is_closed(channel, before) != is_closed(channel, at))
}

/// The next moment after now at which a channel opens or closes.
pub(super) fn next_door(world: &World) -> Option<Timestamp> {
    let hours = world.channels.values().filter_map(|channel| channel.settings.hours.as_ref());
    let intervals = hours.flat_map(|hours| &hours.week.thu);
    let minutes = intervals.flat_map(|interval| [interval.start.minutes(), interval.end.minutes()]);
    let day_ms = world.now.as_millis() / DAY_MS * DAY_MS;
    let moments = minutes.flat_map(|minute| {
        let in_day = i64::from(minute) * MINUTE_MS;
        [day_ms + in_day, day_ms + DAY_MS + in_day].map(Timestamp::from_millis)
    });
    moments.filter(|at| *at > world.now && is_door_moved(world, *at)).min()
}

/// What falls due of a dialog, in the order in which it is carried out at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Due {
    Offer,
    NoAnswer,
    Abandonment,
    Closing,
}

impl Due {
    pub(super) fn of(timer: DialogTimer) -> Option<Self> {
        match timer {
            DialogTimer::HandOff => None,
            DialogTimer::NoAnswer => Some(Self::NoAnswer),
            DialogTimer::Abandonment => Some(Self::Abandonment),
            DialogTimer::Closing => Some(Self::Closing),
        }
    }
}

/// Everything that will fall due of dialogs as they stand, or is due: the first first.
pub(super) fn all_due(world: &World) -> Vec<(Timestamp, Due, DialogId)> {
    let mut all = Vec::new();
    for (id, dialog) in &world.dialogs {
        let settings = &world.channels[dialog.channel.as_ref().unwrap()].settings;
        let dues = [
            (Due::Offer, offer_ends_at(dialog)),
            (Due::NoAnswer, unanswered_at(dialog, settings)),
            (Due::Abandonment, abandoned_at(dialog, settings)),
            (Due::Closing, closes_at(dialog, settings)),
        ];
        all.extend(dues.into_iter().filter_map(|(due, at)| Some((at?, due, *id))));
    }
    all.sort_unstable();
    all
}

fn offer_ends_at(dialog: &Dialog) -> Option<Timestamp> {
    match dialog.status {
        Status::Offered { deadline, .. } => deadline,
        _ => None,
    }
}

/// Nobody has ever answered.
fn is_unanswered(dialog: &Dialog) -> bool {
    matches!(dialog.status, Status::Waiting | Status::Offered { .. }) && dialog.former_owners.is_empty()
}

fn unanswered_at(dialog: &Dialog, settings: &ChannelSettings) -> Option<Timestamp> {
    let rule = settings.no_answer.as_ref()?;
    let acts =
        rule.reply.is_some() && !dialog.has_notice(Notice::NoAnswer) || rule.overflow_channel.is_some();
    let once = !dialog.unanswered_in.contains(dialog.channel.as_ref()?);
    (acts && once && is_unanswered(dialog)).then(|| dialog.opened_at.plus_ms(rule.after_ms))
}

fn abandoned_at(dialog: &Dialog, settings: &ChannelSettings) -> Option<Timestamp> {
    let written = dialog.messages.iter().filter(|message| message.author == Author::Client);
    let last = written.map(|message| message.at).max().unwrap_or(dialog.opened_at);
    Some(last.plus_ms(settings.abandon_ms?)).filter(|_| is_unanswered(dialog))
}

fn closes_at(dialog: &Dialog, settings: &ChannelSettings) -> Option<Timestamp> {
    let last = dialog.messages.iter().map(|message| message.at).max().max(dialog.owned_at)?;
    Some(last.plus_ms(settings.auto_close_ms?)).filter(|_| dialog.status == Status::Answered)
}
