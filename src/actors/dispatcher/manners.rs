//! Channels that say or do something by themselves, and what a dialog is told of it with a command. What they
//! say, and when, the dialog decides.

use std::sync::Arc;

use hashbrown::HashMap;

use super::Dispatcher;
use crate::domain::channel::{BotJoin, Channel, ChannelSettings};
use crate::domain::dialog::command::Desk;
use crate::ids::{ChannelId, DialogId, OperatorId};

/// The channels that say or do something by themselves; the others cost nothing.
#[derive(Debug, Default)]
pub struct Manners(HashMap<ChannelId, Arc<Channel>>);

impl Manners {
    /// A channel is like this now.
    pub fn put(&mut self, channel: &Channel) {
        if acts(&channel.settings) {
            self.0.insert(channel.id.clone(), Arc::new(channel.clone()));
        } else {
            self.0.remove(&channel.id);
        }
    }

    fn of(&self, channel: &ChannelId) -> Option<&Arc<Channel>> {
        if self.0.is_empty() { None } else { self.0.get(channel) }
    }
}

/// Whether it says or does anything by itself, hours apart.
fn acts(settings: &ChannelSettings) -> bool {
    settings.welcome.is_some()
        || settings.closing.is_some()
        || settings.no_answer.is_some()
        || settings.abandon_ms.is_some()
        || settings.auto_close_ms.is_some()
        || settings.bot.is_some()
        || settings.off_hours.reply.is_some()
        || settings.off_hours.close
}

impl Dispatcher {
    /// Adds what the channel of a dialog says and does by itself.
    pub(super) fn mind(&self, desk: &mut Desk, channel: Option<&ChannelId>) {
        let Some(channel) = channel.and_then(|channel| self.manners.of(channel)) else { return };
        desk.channel = Some(Arc::clone(channel));
        desk.closed_queue = self.closed(&channel.id);
    }

    /// The channel, if it is closed now and does something about that.
    pub(super) fn closed(&self, channel: &ChannelId) -> Option<Arc<Channel>> {
        self.manners.of(channel).filter(|_| self.router.is_closed(channel)).cloned()
    }

    /// The channel into which a dialog that nobody answers goes.
    pub(super) fn overflow_of(&self, dialog: DialogId) -> Option<ChannelId> {
        let channel = self.manners.of(self.router.channel_of(dialog)?)?;
        channel.settings.no_answer.as_ref()?.overflow_channel.clone()
    }

    /// The bot that meets a client who writes in this channel, for the first time or again.
    pub(super) fn bot_for(&self, channel: &ChannelId, first: bool) -> Option<OperatorId> {
        let bot = self.manners.of(channel)?.settings.bot.as_ref()?;
        let joins = first || bot.join == BotJoin::Always;
        let works_here = self.entry(&bot.operator).is_some_and(|entry| entry.bot);
        (joins && works_here).then(|| bot.operator.clone())
    }
}
