//! Sends a canned reply with its placeholders filled in.

use serde::Deserialize;

use super::lookup::Lookup;
use super::{Context, Decision, DialogCommand, compose};
use crate::domain::dialog::{Author, Client, Dialog, Message};
use crate::domain::emoji::with_emoji;
use crate::domain::form;
use crate::domain::library::ItemId;
use crate::domain::placeholder::{self, Names};
use crate::error::Rejection;
use crate::ids::{CannedId, DialogId};

/// I send this canned reply.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SendCanned {
    /// In which dialog.
    pub dialog: DialogId,
    /// Which reply.
    pub canned: CannedId,
}

impl DialogCommand for SendCanned {
    fn decide(&self, dialog: &Dialog, context: &Context) -> Result<Decision, Rejection> {
        let operator = &context.acting()?.operator;
        let canned = match &context.desk.lookup {
            Lookup::Canned(canned) if canned.reply.is_for(operator, dialog.channel.as_ref()) => canned,
            _ => return Err(ItemId::Canned(self.canned.clone()).not_found()),
        };
        compose::writer(dialog, context)?;
        let names = Names {
            client: dialog.client.as_ref().map_or("", Client::shown),
            operator: &canned.operator_name,
            channel: &canned.channel_name,
        };
        // Before names are filled in: short codes become emoji in what operators write only.
        let text = placeholder::fill(&with_emoji(&canned.reply.text), names);
        form::text("canned", &text)?;
        let visibility = dialog.visibility_for(operator, None);
        let author = Author::Operator(operator.clone());
        Ok(compose::added(Message::new(dialog.next_message(), author, visibility, text, context.now)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dialog::command::CannedAtHand;
    use crate::domain::event::DialogEvent;
    use crate::domain::library::{CannedReply, PutCannedReply};
    use crate::domain::testing::*;
    use crate::error::Code;

    fn send() -> SendCanned {
        SendCanned { dialog: DIALOG, canned: CannedId::new("hi").unwrap() }
    }

    fn anna_with(change: impl FnOnce(&mut CannedReply)) -> Context {
        let text = "Dear {client.name} :wave: this is {operator.name} of {channel.name}";
        let mut reply = PutCannedReply::new(CannedId::new("hi").unwrap(), text).reply;
        change(&mut reply);
        let at_hand = CannedAtHand { reply, operator_name: "Anna".into(), channel_name: "Web".into() };
        by("anna").looked_up(Lookup::Canned(Box::new(at_hand)))
    }

    fn named(name: &str) -> Vec<DialogEvent> {
        let mut events = answered_by("anna");
        if let DialogEvent::Opened { client_name, .. } = &mut events[0] {
            *client_name = Some(name.into());
        }
        events
    }

    #[test]
    fn placeholders_are_filled_in_and_only_the_operators_short_codes_become_emoji() {
        let text = |events| given(events).when(&send(), &anna_with(|_| {})).added_message().text;
        assert_eq!(text(named("Ala :smile:")), "Dear Ala :smile: 👋 this is Anna of Web");
        assert_eq!(text(answered_by("anna")), "Dear ala 👋 this is Anna of Web");
    }

    #[test]
    fn a_reply_that_is_not_there_or_not_for_me_or_this_channel_is_not_found() {
        let dialog = || given(answered_by("anna"));
        dialog().when(&send(), &by("anna")).rejected(Code::CannedNotFound);
        let others = anna_with(|reply| reply.owner = Some(operator("bea")));
        dialog().when(&send(), &others).rejected(Code::CannedNotFound);
        let elsewhere = anna_with(|reply| reply.channel = Some(channel("shop")));
        dialog().when(&send(), &elsewhere).rejected(Code::CannedNotFound);
        given(answered_by("bea")).when(&send(), &anna_with(|_| {})).rejected(Code::NotParticipant);
        given(finished_by("anna")).when(&send(), &anna_with(|_| {})).rejected(Code::DialogClosed);
    }

    #[test]
    fn names_cannot_make_a_text_too_long() {
        let long = anna_with(|reply| reply.text = "{client.name}".repeat(700));
        given(named(&"x".repeat(256))).when(&send(), &long).rejected(Code::TooLarge);
    }
}
