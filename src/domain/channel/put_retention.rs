//! Says for how long what was written on a channel is kept after a dialog has ended.

use serde::Deserialize;

use crate::domain::event::ChannelEvent;
use crate::domain::form;
use crate::domain::operator::Principal;
use crate::error::Rejection;
use crate::ids::ChannelId;

/// Dialogs of clients who wrote on this channel are erased when they have been closed for so long; never,
/// if nothing is said.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PutRetention {
    /// The channel.
    pub channel: ChannelId,
    /// For how long.
    pub closed_after_ms: Option<u64>,
}

impl PutRetention {
    /// Checks the range.
    ///
    /// # Errors
    /// `invalid_argument`.
    pub fn validate(&self) -> Result<(), Rejection> {
        match self.closed_after_ms {
            Some(0) => {
                Err(Rejection::invalid("closed_after_ms", "at least 1 ms; null keeps dialogs for ever"))
            }
            Some(ms) => form::duration_ms("closed_after_ms", ms),
            None => Ok(()),
        }
    }

    /// What happens to the channel, which exists.
    ///
    /// # Errors
    /// `permission_denied`, unless the host itself or an admin sends it.
    pub fn decide(&self, principal: Option<&Principal>) -> Result<Vec<ChannelEvent>, Rejection> {
        Principal::may_set_up(principal)?;
        Ok(vec![ChannelEvent::RetentionPut { closed_after_ms: self.closed_after_ms }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::channel::{Channel, ChannelSettings, PutChannel};
    use crate::domain::operator::Role;
    use crate::domain::testing::{channel, operator};
    use crate::error::Code;
    use crate::limits;

    fn put(closed_after_ms: Option<u64>) -> PutRetention {
        PutRetention { channel: channel("web"), closed_after_ms }
    }

    #[test]
    fn it_goes_from_a_millisecond_to_the_longest_duration_or_is_switched_off() {
        for ms in [None, Some(1), Some(limits::DURATION_MS)] {
            assert_eq!(put(ms).validate(), Ok(()));
        }
        for ms in [0, limits::DURATION_MS + 1] {
            let rejection = put(Some(ms)).validate().unwrap_err();
            assert_eq!(
                (rejection.code, rejection.field.as_deref()),
                (Code::InvalidArgument, Some("closed_after_ms"))
            );
        }
    }

    #[test]
    fn a_channel_that_is_replaced_keeps_it() {
        let settings = ChannelSettings::default();
        let replace = PutChannel { channel: channel("web"), settings }.decide(None).unwrap().remove(0);
        let mut web = Channel::from_event(channel("web"), &replace);
        assert_eq!(web.closed_after_ms, None);
        web.apply(&put(Some(5)).decide(None).unwrap()[0]);
        web.apply(&replace);
        assert_eq!(web.closed_after_ms, Some(5));
        web.apply(&put(None).decide(None).unwrap()[0]);
        assert_eq!(web.closed_after_ms, None);
    }

    #[test]
    fn only_the_host_and_admins_say_so() {
        let by = |role| put(None).decide(Some(&Principal { operator: operator("anna"), role }));
        assert!(by(Role::Admin).is_ok());
        assert_eq!(by(Role::Supervisor).unwrap_err().code, Code::PermissionDenied);
    }
}
