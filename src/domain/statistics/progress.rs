//! How far a dialog has come, as far as it counts. Kept with the dialog; nothing is counted here.

use serde::{Deserialize, Serialize};

use crate::domain::event::DialogEvent;
use crate::timestamp::Timestamp;

/// When a dialog first entered a queue and when it was first answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Progress {
    /// Begun by moving a message or among employees: it is no client's call, and counts nowhere.
    pub apart: bool,
    /// When it first entered a queue.
    pub entered_at: Option<Timestamp>,
    /// When it was first answered.
    pub answered_at: Option<Timestamp>,
}

impl Progress {
    /// Takes an event in; the same one again changes nothing.
    pub fn follow(&mut self, event: &DialogEvent, at: Timestamp) {
        match event {
            // A dialog that a bot holds first enters its queue when the bot lets go of it.
            DialogEvent::BotJoined { .. } => self.entered_at = None,
            DialogEvent::Opened { .. } | DialogEvent::Transferred { .. } => {
                self.entered_at.get_or_insert(at);
            }
            DialogEvent::OpenedByMove { .. } | DialogEvent::OpenedInternally { .. } => self.apart = true,
            DialogEvent::Answered { .. } | DialogEvent::Taken { .. } => {
                self.answered_at.get_or_insert(at);
            }
            _ => {}
        }
    }
}
