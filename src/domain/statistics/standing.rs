//! How a dialog stood before a change: what the change alone does not say. Nothing is counted here.

use serde::{Deserialize, Serialize};

use crate::domain::dialog::{Dialog, Status};
use crate::domain::event::DialogEvent;
use crate::ids::{ChannelId, OperatorId};
use crate::timestamp::Timestamp;

/// How a dialog stood before a change that counts.
///
/// It is journaled with the change, so that recovery counts without knowing what the dialog was then: the
/// image on the disk may be newer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// In whose queue or hands it was.
    pub channel: ChannelId,
    /// Whether it counts nowhere.
    pub apart: bool,
    /// How long ago it first entered a queue, if it has.
    pub waited_ms: Option<u64>,
    /// How long ago it was first answered, if it was.
    pub handled_ms: Option<u64>,
    /// Who owned it, and the units that it took.
    pub held: Option<(OperatorId, u32)>,
}

impl Standing {
    /// How `dialog` stands at `at`, before `events`; nothing if these do not need it, or it has no channel.
    pub fn before(dialog: Option<&Dialog>, events: &[DialogEvent], at: Timestamp) -> Option<Self> {
        let dialog = dialog.filter(|_| events.iter().any(needs_it))?;
        let Dialog { progress, .. } = dialog;
        let since = |moment: Option<Timestamp>| moment.map(|moment| at.since_ms(moment));
        let owner = dialog.owner.as_ref().filter(|_| dialog.status == Status::Answered);
        Some(Self {
            channel: dialog.channel.clone()?,
            apart: progress.apart,
            waited_ms: since(progress.entered_at),
            handled_ms: since(progress.answered_at),
            held: owner.map(|owner| (owner.clone(), dialog.weight)),
        })
    }
}

fn needs_it(event: &DialogEvent) -> bool {
    matches!(
        event,
        DialogEvent::Answered { .. }
            | DialogEvent::Taken { .. }
            | DialogEvent::Transferred { .. }
            | DialogEvent::Closed { .. }
    )
}
