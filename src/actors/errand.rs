//! A command on its way to somebody who knows what it has to know, before it goes to its dialog.

use super::caller::Caller;
use crate::domain::command::Command;
use crate::domain::operator::Principal;

/// A command that is being seen to. Nothing else is taken in until it is back, so that commands
/// keep their order.
#[derive(Debug)]
pub struct Errand {
    /// What is wanted.
    pub command: Command,
    /// The operator who acts.
    pub acting: Option<Principal>,
    /// Who waits.
    pub caller: Caller,
}
