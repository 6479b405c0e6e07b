//! What has to be known of an open dialog while nobody looks at it: in whose hands it is, and when something
//! happens to it by itself. What was written in it is not here, and nothing is decided.
//!
//! A head says nothing that its dialog does not say. It is kept beside it, so that very many dialogs that sleep
//! are known after a start without one of them having been read.

use serde::{Deserialize, Serialize};

use super::{Client, Dialog, Since, Status, Wishes};
use crate::ids::{ChannelId, ClientId, DialogId, OperatorId};
use crate::timestamp::Timestamp;

/// What has to be known of an open dialog while nobody looks at it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Whose head it is.
    pub id: DialogId,
    /// Who wrote, and on which channel; nobody in an internal one.
    pub client: Option<(ChannelId, ClientId)>,
    /// The channel in whose queue or hands it is; none of an internal one.
    pub channel: Option<ChannelId>,
    /// Where it stands.
    pub status: Status,
    /// Who answers.
    pub owner: Option<OperatorId>,
    /// Who may write besides the owner.
    pub participants: Vec<OperatorId>,
    /// Whether it waits and this has been said.
    pub announced: bool,
    /// Who skipped it or let an offer expire in the present round.
    pub round: Vec<OperatorId>,
    /// Capacity units with which it was last offered or answered.
    pub weight: u32,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it last entered a queue.
    pub entered_at: Timestamp,
    /// When somebody last made it their own.
    pub owned_at: Option<Timestamp>,
    /// What is true of it alone, beside the rules of its channel.
    pub wishes: Option<Box<Wishes>>,
    /// Channels in which nobody answered in time, and what they do about that has been done.
    pub unanswered_in: Vec<ChannelId>,
    /// From when on its timers count.
    pub since: Since,
}

impl Head {
    /// Who owns it, if it is an internal one: of others the router knows.
    pub fn keeper(&self) -> Option<&OperatorId> {
        self.owner.as_ref().filter(|_| self.client.is_none())
    }
}

impl Dialog {
    /// What has to be known of it while nobody looks at it; nothing once it is closed.
    pub fn head(&self) -> Option<Head> {
        let open = !self.is_closed();
        open.then(|| Head {
            id: self.id,
            client: self.client.as_ref().map(Client::key),
            channel: self.channel.clone(),
            status: self.status.clone(),
            owner: self.owner.clone(),
            participants: self.participants.clone(),
            announced: self.announced,
            round: self.round.clone(),
            weight: self.weight,
            opened_at: self.opened_at,
            entered_at: self.entered_at,
            owned_at: self.owned_at,
            wishes: self.wishes.clone(),
            unanswered_in: self.unanswered_in.clone(),
            since: self.since(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dialog::{DialogTimer, Message, Visibility};
    use crate::domain::event::{Destination, DialogEvent};
    use crate::domain::testing::*;
    use crate::ids::MessageId;

    fn head(events: Vec<DialogEvent>) -> Head {
        given(events).dialog().head().unwrap()
    }

    #[test]
    fn a_head_says_in_whose_hands_a_dialog_is() {
        let waiting = head(waiting());
        assert_eq!((waiting.id, waiting.channel.clone()), (DIALOG, Some(channel("web"))));
        assert_eq!(waiting.client, Some((channel("web"), ClientId::new("ala").unwrap())));
        assert_eq!((waiting.status, waiting.owner, waiting.announced), (Status::Waiting, None, true));
        let offered = head(offered_to(["anna", "ben"]));
        let to = vec![operator("anna"), operator("ben")];
        assert_eq!(offered.status, Status::Offered { to, deadline: Some(OFFER_ENDS) });
        let joined = head(joined_by("anna", "ben"));
        assert_eq!((joined.owner, joined.participants), (Some(operator("anna")), vec![operator("ben")]));
        assert_eq!((joined.status, joined.weight), (Status::Answered, 10));
    }

    #[test]
    fn what_is_written_moves_nothing_but_the_moments_from_which_timers_count() {
        let before = head(answered_by("anna"));
        let mut dialog = given(answered_by("anna")).dialog();
        let (id, later) = (MessageId::of(DIALOG, 2), BEFORE.plus_ms(5));
        let author = crate::domain::dialog::Author::Operator(operator("anna"));
        let message = Message::new(id, author, Visibility::Public, "much text".repeat(100), later);
        dialog.apply(&DialogEvent::MessageAdded(Box::new(message)), later);
        let after = dialog.head().unwrap();
        assert_eq!(after.since.deadline(DialogTimer::Closing, 7), Some(later.plus_ms(7)));
        assert_eq!(Head { since: before.since, ..after }, before);
    }

    #[test]
    fn another_channel_is_not_the_one_on_which_the_client_writes() {
        let mut events = answered_by("anna");
        let to = Destination::Channel(channel("shop"));
        events.push(DialogEvent::Transferred {
            from: Some(operator("anna")),
            to,
            by: Some(operator("anna")),
        });
        let head = head(events);
        assert_eq!((head.channel, head.owner), (Some(channel("shop")), None));
        assert_eq!(head.client.map(|(channel, _)| channel), Some(channel("web")));
    }

    #[test]
    fn an_internal_dialog_has_a_keeper_and_a_closed_one_no_head() {
        let by = operator("anna");
        let internal = DialogEvent::OpenedInternally { by: by.clone() };
        let dialog = Dialog::from_event(DIALOG, &internal, BEFORE).unwrap();
        let head = dialog.head().unwrap();
        assert_eq!((head.keeper(), &head.channel), (Some(&by), &None));
        assert_eq!(self::head(answered_by("anna")).keeper(), None, "the router knows the owner");
        assert_eq!(given(finished_by("anna")).dialog().head(), None);
    }
}
