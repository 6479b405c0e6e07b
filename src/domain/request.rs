//! A command on its way in: what is wanted, by whom, and under which key.

use super::command::{Command, Sender};
use crate::error::Rejection;
use crate::ids::{IdempotencyKey, OperatorId};

/// A command with who sends it and the key under which it may be sent again.
#[derive(Debug, Clone)]
pub struct Request {
    /// What is wanted.
    pub command: Command,
    /// The operator who acts; nobody for the host and the connector.
    pub actor: Option<OperatorId>,
    /// The same key again gives the first reply and does nothing else.
    pub key: Option<IdempotencyKey>,
}

impl Request {
    /// A command of the host or the connector.
    pub fn new(command: impl Into<Command>) -> Self {
        Self { command: command.into(), actor: None, key: None }
    }

    /// The same command, sent by an operator.
    #[must_use]
    pub fn by(mut self, operator: OperatorId) -> Self {
        self.actor = Some(operator);
        self
    }

    /// Checks the form of the command, and whether it is sent by whom it must be.
    ///
    /// # Errors
    /// `too_large` or `invalid_argument`, with the field; `as` if an operator is missing or too many.
    pub fn validate(&self) -> Result<(), Rejection> {
        match (self.command.sender(), &self.actor) {
            (Sender::Operator, None) => {
                Err(Rejection::invalid("as", "only an operator may do that: say who"))
            }
            (Sender::Connector, Some(_)) => {
                Err(Rejection::invalid("as", "connectors send that for a client: no operator does"))
            }
            _ => self.command.validate(),
        }
    }

    /// The same command, safe to send again.
    #[must_use]
    pub fn keyed(mut self, key: IdempotencyKey) -> Self {
        self.key = Some(key);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dialog::command::Skip;
    use crate::domain::operator::RemoveOperator;
    use crate::domain::testing::*;

    #[test]
    fn operators_commands_need_an_operator_and_clients_commands_have_none() {
        let field = |request: Request| request.validate().err().and_then(|rejection| rejection.field);
        let anna = || operator("anna");
        assert_eq!(field(Request::new(Skip { dialog: DIALOG })).as_deref(), Some("as"));
        assert_eq!(field(Request::new(Skip { dialog: DIALOG }).by(anna())), None);
        assert_eq!(field(Request::new(receive("hi"))), None);
        assert_eq!(field(Request::new(receive("hi")).by(anna())).as_deref(), Some("as"));
        assert_eq!(field(Request::new(RemoveOperator { operator: anna() })), None);
        assert_eq!(field(Request::new(RemoveOperator { operator: anna() }).by(anna())), None);
    }
}
