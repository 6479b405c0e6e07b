//! What the router wants done. It only says so; dialogs decide.

use crate::domain::dialog::DialogTimer;
use crate::ids::{DialogId, OperatorId};
use crate::timestamp::Timestamp;

/// An order to a dialog. Each is a trip: [`Router::arrive`](super::Router::arrive) must follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Directive {
    /// Offer it to these; by the rule `accept: auto`, the one operator has answered at once.
    Offer {
        /// The dialog: waiting, or offered in mode `all`.
        dialog: DialogId,
        /// To whom, by rank; more than one only in mode `all`. Never empty.
        operators: Vec<OperatorId>,
    },
    /// Say that it waits: nobody can take it now.
    Announce {
        /// The dialog.
        dialog: DialogId,
    },
    /// Take the offer to this operator back, if it still stands.
    Withdraw {
        /// The dialog.
        dialog: DialogId,
        /// Whose offer.
        operator: OperatorId,
    },
    /// End the offer with this deadline, if it still stands.
    Expire {
        /// The dialog.
        dialog: DialogId,
        /// The deadline that has passed.
        deadline: Timestamp,
    },
    /// Send it back to the queue of its channel, if this operator still owns it.
    ReturnToQueue {
        /// The dialog.
        dialog: DialogId,
        /// The owner, who was removed.
        operator: OperatorId,
    },
    /// Do what follows by itself when this has come, if it has; else say when it will.
    TimeOut {
        /// The dialog.
        dialog: DialogId,
        /// What.
        timer: DialogTimer,
    },
}

impl Directive {
    /// The dialog that it is for.
    pub fn dialog(&self) -> DialogId {
        match self {
            Self::Offer { dialog, .. }
            | Self::Announce { dialog }
            | Self::Withdraw { dialog, .. }
            | Self::Expire { dialog, .. }
            | Self::ReturnToQueue { dialog, .. }
            | Self::TimeOut { dialog, .. } => *dialog,
        }
    }
}
