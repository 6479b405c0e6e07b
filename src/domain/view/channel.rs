//! A channel, as employees see it.

use serde::Serialize;

use crate::domain::channel::{
    Channel, ChannelBot, Hours, Ignored, NoAnswer, OffHours, Prefer, Queue, SkillRequirement,
};
use crate::ids::ChannelId;

/// How many dialogs a channel has that nobody has answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QueueState {
    /// Offered to nobody.
    pub waiting: u64,
    /// Offered to somebody.
    pub offered: u64,
}

/// A channel's settings and live state.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ChannelView {
    /// Its id.
    pub channel: ChannelId,
    /// For people.
    pub name: String,
    /// Who gets its dialogs, and how.
    pub queue: Queue,
    /// Capacity units that one dialog takes from its operator.
    pub weight: u32,
    /// Whether clients are asked what they thought of a dialog that is over.
    pub rating: bool,
    /// What an operator must be able to do.
    pub skills: Vec<SkillRequirement>,
    /// How urgent its dialogs are.
    pub priority: i32,
    /// How much waiting makes up for one point of priority.
    pub ageing_ms_per_point: u64,
    /// How many dialogs may wait or be offered at once.
    pub max_waiting: Option<u32>,
    /// When it is open.
    pub hours: Option<Hours>,
    /// What happens while it is closed.
    pub off_hours: OffHours,
    /// What happens when nobody answers.
    pub no_answer: Option<NoAnswer>,
    /// What a client is told when a dialog opens.
    pub welcome: Option<String>,
    /// What a client is told when a dialog is finished.
    pub closing: Option<String>,
    /// How long nothing is written in an answered dialog until it closes.
    pub auto_close_ms: Option<u64>,
    /// How long a client waits for an answer until the dialog closes.
    pub abandon_ms: Option<u64>,
    /// Who is offered a dialog first.
    pub prefer: Prefer,
    /// What is not tested of who is preferred.
    pub prefer_ignores: Vec<Ignored>,
    /// The bot that meets the clients.
    pub bot: Option<ChannelBot>,
    /// Dialogs that are offered to nobody.
    pub waiting: u64,
    /// Dialogs that are offered to somebody.
    pub offered: u64,
}

impl ChannelView {
    /// All of `channel`, and how its queue is.
    pub fn of(channel: &Channel, state: QueueState) -> Self {
        let settings = channel.settings.clone();
        let QueueState { waiting, offered } = state;
        Self {
            channel: channel.id.clone(),
            name: settings.name,
            queue: settings.queue,
            weight: settings.weight,
            rating: settings.rating,
            skills: settings.skills,
            priority: settings.priority,
            ageing_ms_per_point: settings.ageing_ms_per_point,
            max_waiting: settings.max_waiting,
            hours: settings.hours,
            off_hours: settings.off_hours,
            no_answer: settings.no_answer,
            welcome: settings.welcome,
            closing: settings.closing,
            auto_close_ms: settings.auto_close_ms,
            abandon_ms: settings.abandon_ms,
            prefer: settings.prefer,
            prefer_ignores: settings.prefer_ignores,
            bot: settings.bot,
            waiting,
            offered,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::channel::PutChannel;

    #[test]
    fn a_channel_shows_its_queue_with_every_rank() {
        let put: PutChannel =
            serde_json::from_str(r#"{"channel":"web","name":"Web","queue":{"members":["anna"]}}"#).unwrap();
        let channel = Channel::from_event(put.channel.clone(), &put.decide(None).unwrap()[0]);
        let expected = json!({
            "channel": "web", "name": "Web", "weight": 1, "rating": false, "waiting": 2, "offered": 3,
            "queue": {
                "mode": "evenly", "members": [{"operator": "anna", "rank": 1}], "accept": "answer",
                "offer_timeout_ms": 60_000, "check_online": true,
            },
            "skills": [], "priority": 0, "ageing_ms_per_point": 60_000, "max_waiting": null, "hours": null,
            "off_hours": {"reply": null, "close": false}, "no_answer": null, "welcome": null, "closing": null,
            "auto_close_ms": null, "abandon_ms": null, "prefer": "none", "prefer_ignores": [], "bot": null,
        });
        let view = ChannelView::of(&channel, QueueState { waiting: 2, offered: 3 });
        assert_eq!(serde_json::to_value(view).unwrap(), expected);
    }
}
