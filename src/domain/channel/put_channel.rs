//! Creates or replaces a channel.

use std::collections::HashSet;

use serde::Deserialize;

use super::shape::ChannelShape;
use super::{Accept, ChannelBot, ChannelSettings, Hours, Member, QueueMode, skill};
use crate::domain::event::ChannelEvent;
use crate::domain::form;
use crate::domain::operator::Principal;
use crate::error::{Code, Rejection};
use crate::ids::{ChannelId, OperatorId};
use crate::limits;

/// From now on the channel is like this; what is not said has its default.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(from = "ChannelShape")]
pub struct PutChannel {
    /// Which.
    pub channel: ChannelId,
    /// Its rules. The order of members does not matter: they are stored by rank.
    pub settings: ChannelSettings,
}

impl PutChannel {
    /// A channel with default rules and nobody in its queue.
    pub fn new(channel: ChannelId) -> Self {
        Self { channel, settings: ChannelSettings::default() }
    }

    /// The same channel with these operators in its queue, ranked as they stand here.
    #[must_use]
    pub fn members(mut self, operators: impl IntoIterator<Item = OperatorId>) -> Self {
        let ranked = operators.into_iter().zip(1..);
        self.settings.queue.members = ranked.map(|(operator, rank)| Member { operator, rank }).collect();
        self
    }

    /// Checks lengths, ranges and what excludes each other.
    ///
    /// # Errors
    /// `too_large` or `invalid_argument`, with the field.
    pub fn validate(&self) -> Result<(), Rejection> {
        let ChannelSettings { name, queue, weight, .. } = &self.settings;
        form::name("name", name)?;
        form::units("weight", *weight, 1)?;
        form::duration_ms("queue.offer_timeout_ms", queue.offer_timeout_ms)?;
        if matches!(queue.mode, QueueMode::All | QueueMode::Manual) && queue.accept == Accept::Auto {
            return Err(Rejection::invalid(
                "queue.accept",
                "a dialog that operators choose for themselves cannot be accepted by rule",
            ));
        }
        self.validate_members()?;
        self.validate_order()?;
        self.validate_time()
    }

    /// What decides who comes first.
    fn validate_order(&self) -> Result<(), Rejection> {
        let ChannelSettings { skills, ageing_ms_per_point, prefer_ignores, .. } = &self.settings;
        skill::validate("skills", skills)?;
        form::time_span_ms("ageing_ms_per_point", *ageing_ms_per_point)?;
        let is_repeated = |place: usize| prefer_ignores[..place].contains(&prefer_ignores[place]);
        match (0..prefer_ignores.len()).find(|place| is_repeated(*place)) {
            Some(place) => {
                Err(Rejection::invalid(format!("prefer_ignores[{place}]"), "it stands here twice"))
            }
            None => Ok(()),
        }
    }

    /// What happens by itself, and what clients are told then.
    fn validate_time(&self) -> Result<(), Rejection> {
        let settings = &self.settings;
        settings.hours.as_ref().map_or(Ok(()), Hours::validate)?;
        settings.off_hours.validate()?;
        settings.no_answer.as_ref().map_or(Ok(()), |no_answer| no_answer.validate(&self.channel))?;
        settings.bot.as_ref().map_or(Ok(()), ChannelBot::validate)?;
        for (field, text) in [("welcome", &settings.welcome), ("closing", &settings.closing)] {
            text.as_deref().map_or(Ok(()), |text| form::filled_text(field, text))?;
        }
        for (field, ms) in [("auto_close_ms", settings.auto_close_ms), ("abandon_ms", settings.abandon_ms)] {
            ms.map_or(Ok(()), |ms| form::time_span_ms(field, ms))?;
        }
        Ok(())
    }

    fn validate_members(&self) -> Result<(), Rejection> {
        let members = &self.settings.queue.members;
        if members.len() > limits::QUEUE_MEMBERS {
            let message = format!("a queue has at most {} members", limits::QUEUE_MEMBERS);
            return Err(Rejection::new(Code::TooLarge, message).at("queue.members"));
        }
        let mut seen = HashSet::with_capacity(members.len());
        match members.iter().find(|member| !seen.insert(&member.operator)) {
            Some(twice) => {
                Err(Rejection::invalid("queue.members", format!("{} is a member twice", twice.operator)))
            }
            None => Ok(()),
        }
    }

    /// What happens to the channel, whether it exists or not. That its members exist is checked
    /// by who knows them.
    ///
    /// # Errors
    /// `permission_denied`, unless the host itself or an admin sends it.
    pub fn decide(&self, principal: Option<&Principal>) -> Result<Vec<ChannelEvent>, Rejection> {
        Principal::may_set_up(principal)?;
        let mut settings = self.settings.clone();
        settings
            .queue
            .members
            .sort_by(|one, other| (one.rank, &one.operator).cmp(&(other.rank, &other.operator)));
        Ok(vec![ChannelEvent::Put(Box::new(settings))])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::channel::{Channel, Queue};
    use crate::domain::operator::Role;
    use crate::domain::testing::{channel, operator};

    fn put(queue: Queue) -> PutChannel {
        PutChannel { channel: channel("web"), settings: ChannelSettings { queue, ..Default::default() } }
    }

    fn members<const N: usize>(members: [(&str, i64); N]) -> Vec<Member> {
        members.map(|(name, rank)| Member { operator: operator(name), rank }).into()
    }

    #[track_caller]
    fn refused(put: &PutChannel, code: Code, field: &str) {
        let rejection = put.validate().unwrap_err();
        assert_eq!((rejection.code, rejection.field.as_deref()), (code, Some(field)));
    }

    #[test]
    fn members_are_stored_by_rank_and_then_by_id() {
        let queue = Queue {
            members: members([("dora", 2), ("bea", 2), ("anna", 3), ("cleo", 1)]),
            ..Default::default()
        };
        let events = put(queue).decide(None).unwrap();
        let stored = Channel::from_event(channel("web"), &events[0]).settings.queue.members;
        assert_eq!(stored, members([("cleo", 1), ("bea", 2), ("dora", 2), ("anna", 3)]));
    }

    #[test]
    fn an_operator_cannot_be_a_member_twice() {
        let queue = Queue { members: members([("anna", 1), ("bea", 2), ("anna", 3)]), ..Default::default() };
        refused(&put(queue), Code::InvalidArgument, "queue.members");
    }

    #[test]
    fn accept_auto_does_not_go_with_all_and_manual() {
        for mode in [QueueMode::All, QueueMode::Manual] {
            let queue = Queue { mode, accept: Accept::Auto, ..Default::default() };
            refused(&put(queue), Code::InvalidArgument, "queue.accept");
        }
    }

    #[test]
    fn numbers_and_names_have_their_ranges() {
        let endless = Queue { offer_timeout_ms: limits::DURATION_MS + 1, ..Default::default() };
        refused(&put(endless), Code::InvalidArgument, "queue.offer_timeout_ms");
        let mut put = put(Queue::default());
        put.settings.weight = 0;
        refused(&put, Code::InvalidArgument, "weight");
        put.settings.name = "x".repeat(257);
        refused(&put, Code::TooLarge, "name");
    }

    #[test]
    fn only_the_host_and_admins_set_channels_up() {
        let put = put(Queue::default());
        assert_eq!(put.validate(), Ok(()));
        let by = |role| put.decide(Some(&Principal { operator: operator("anna"), role }));
        assert!(by(Role::Admin).is_ok());
        assert_eq!(by(Role::Supervisor).unwrap_err().code, Code::PermissionDenied);
    }
}
