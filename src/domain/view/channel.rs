//! A channel, as employees see it.

use serde::Serialize;

use crate::domain::channel::{Channel, Queue};
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
    /// Dialogs that are offered to nobody.
    pub waiting: u64,
    /// Dialogs that are offered to somebody.
    pub offered: u64,
    /// For how long dialogs of its clients are kept after they have closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_after_ms: Option<u64>,
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
            waiting,
            offered,
            closed_after_ms: channel.closed_after_ms,
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
        });
        let view = ChannelView::of(&channel, QueueState { waiting: 2, offered: 3 });
        assert_eq!(serde_json::to_value(view).unwrap(), expected);
    }
}
