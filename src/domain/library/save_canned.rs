//! Makes a canned reply of a message: for who saves it, in every channel.

use serde::Deserialize;

use super::{CannedReply, Item};
use crate::domain::dialog::Message;
use crate::domain::event::ItemEvent;
use crate::domain::form;
use crate::domain::operator::Principal;
use crate::error::{Code, Rejection};
use crate::ids::{CannedId, MessageId};

/// I want to send this message's text more often.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SaveCanned {
    /// Which.
    pub message: MessageId,
    /// The id of the canned reply that is made.
    pub canned: CannedId,
}

impl SaveCanned {
    /// What the message has to give, once it was found.
    pub fn of(&self, message: &Message) -> SavedMessage {
        SavedMessage { canned: self.canned.clone(), text: message.text.clone(), hidden: message.is_hidden() }
    }
}

/// What a message gives to a canned reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedMessage {
    /// The id of the canned reply.
    pub canned: CannedId,
    /// The text of the message.
    pub text: String,
    /// Whether only employees may read it.
    pub hidden: bool,
}

impl SavedMessage {
    /// What happens to the canned reply.
    ///
    /// # Errors
    /// `invalid_argument` for a message that is hidden or has no text; `already_exists` if the id
    /// is taken.
    pub fn decide(
        &self,
        existing: Option<&Item>,
        principal: Option<&Principal>,
    ) -> Result<Vec<ItemEvent>, Rejection> {
        if self.hidden {
            let message = "a hidden message is for employees only: a canned reply would show it to clients";
            return Err(Rejection::invalid("message", message));
        }
        form::filled_text("message", &self.text)?;
        if existing.is_some() {
            return Err(Rejection::new(Code::AlreadyExists, "there is such a canned reply").at("canned"));
        }
        let owner = principal.map(|principal| principal.operator.clone());
        let reply = CannedReply { id: self.canned.clone(), text: self.text.clone(), owner, channel: None };
        Ok(vec![ItemEvent::Put(Box::new(Item::Canned(reply)))])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::operator::Role;
    use crate::domain::testing::*;

    fn saved(hidden: bool, text: &str) -> SavedMessage {
        SavedMessage { canned: CannedId::new("hi").unwrap(), text: text.into(), hidden }
    }

    #[test]
    fn a_saved_message_is_for_who_saved_it() {
        let anna = Principal { operator: operator("anna"), role: Role::Operator };
        let events = saved(false, "hello").decide(None, Some(&anna)).unwrap();
        let Item::Canned(reply) = Item::from_event(&events[0]) else { panic!("{events:?}") };
        assert_eq!(
            (reply.text.as_str(), reply.owner, reply.channel),
            ("hello", Some(operator("anna")), None)
        );
    }

    #[test]
    fn a_taken_id_a_hidden_message_and_one_without_text_are_refused() {
        let code = |saved: SavedMessage, existing| saved.decide(existing, None).unwrap_err().code;
        let events = saved(false, "hello").decide(None, None).unwrap();
        let existing = Item::from_event(&events[0]);
        assert_eq!(code(saved(false, "other"), Some(&existing)), Code::AlreadyExists);
        assert_eq!(code(saved(true, "secret"), None), Code::InvalidArgument);
        assert_eq!(code(saved(false, ""), None), Code::InvalidArgument);
    }
}
