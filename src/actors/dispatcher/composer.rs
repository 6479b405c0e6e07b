//! What a command that writes has to know before it goes to its dialog: messages of other dialogs,
//! and things of the library.
//!
//! Whoever knows is asked by an errand; when it is back, the command goes on.

use super::Dispatcher;
use super::clients::no_such_channel;
use super::commands::{Asking, no_such_operator};
use super::live::no_such_dialog;
use crate::actors::dialog::ToDialog;
use crate::actors::errand::Errand;
use crate::actors::registry::ToRegistry;
use crate::domain::command::Command;
use crate::domain::dialog::MentionTarget;
use crate::domain::dialog::command::{
    AttachApp, Lookup, NewMention, SendCanned, SendForm, WriteReply, no_such_message,
};
use crate::domain::dialog::order::DialogOrder;
use crate::domain::library::{ItemId, LibraryCommand, PutApp, PutCannedReply, SaveCanned};
use crate::error::{Code, Rejection};
use crate::ids::{DialogId, MessageId};
use crate::timestamp::Timestamp;

impl Dispatcher {
    /// Somebody writes: those who are mentioned must exist, a message quoted from elsewhere is seen.
    pub(super) fn reply(&mut self, reply: Box<WriteReply>, asking: Asking) {
        if let Err(rejection) = self.check_mentions(&reply.mentions) {
            return self.reject(asking.caller, rejection);
        }
        match reply.quote {
            Some(quote) if quote.dialog() != reply.dialog => {
                self.look_up(quote, Command::Reply(reply), asking)
            }
            _ => self.order(reply.dialog, DialogOrder::Reply(reply), None, asking),
        }
    }

    fn check_mentions(&self, mentions: &[NewMention]) -> Result<(), Rejection> {
        for (at, mention) in mentions.iter().enumerate() {
            let missing = match &mention.target {
                MentionTarget::Operator(operator) => {
                    self.entry(operator).is_none().then(|| no_such_operator(""))
                }
                MentionTarget::Dialog(dialog) => (!self.exists(*dialog)).then(no_such_dialog),
            };
            if let Some(rejection) = missing {
                return Err(rejection.at(format!("mentions[{at}].id")));
            }
        }
        Ok(())
    }

    pub(super) fn exists(&self, dialog: DialogId) -> bool {
        dialog.0 > 0 && dialog < self.next_dialog
    }

    /// Looks a message up, wherever it is, and then goes on with the command.
    pub(super) fn look_up(&mut self, message: MessageId, command: Command, asking: Asking) {
        let Asking { acting, caller, now } = asking;
        let errand = Errand { command, acting, caller };
        match self.home_of(message) {
            Ok(dialog) => {
                self.setting_up += 1;
                self.tell(dialog, ToDialog::Look(message, Box::new(errand)));
            }
            Err(rejection) if rejection.code == Code::DialogNotFound => {
                self.resume(errand, Lookup::Nothing, now);
            }
            Err(rejection) => self.reject(errand.caller, rejection),
        }
    }

    pub(super) fn find_canned(&mut self, send: Box<SendCanned>, asking: Asking) {
        self.find(ItemId::Canned(send.canned.clone()), send.dialog, Command::SendCanned(send), asking);
    }

    pub(super) fn find_form(&mut self, send: Box<SendForm>, asking: Asking) {
        self.find(ItemId::Form(send.form.clone()), send.dialog, Command::SendForm(send), asking);
    }

    pub(super) fn find_app(&mut self, attach: Box<AttachApp>, asking: Asking) {
        self.find(ItemId::App(attach.app.clone()), attach.dialog, Command::AttachApp(attach), asking);
    }

    /// Looks something up in the library, and then goes on with the command on this dialog.
    fn find(&mut self, item: ItemId, dialog: DialogId, command: Command, asking: Asking) {
        let Asking { acting, caller, now: _ } = asking;
        // Its channel is known only of a dialog that is awake.
        if let Err(rejection) = self.awake(dialog) {
            return self.reject(caller, rejection);
        }
        let channel = self.router.channel_of(dialog).cloned();
        let errand = Box::new(Errand { command, acting, caller });
        self.shared.activity.begin();
        self.setting_up += 1;
        self.registry.do_send(ToRegistry::Find(item, channel, errand));
    }

    /// What a command had to know was looked up: it goes on.
    pub(super) fn resume(&mut self, errand: Errand, lookup: Lookup, now: Timestamp) {
        let Errand { command, acting, caller } = errand;
        let asking = Asking { acting, caller, now };
        match (command, lookup) {
            (Command::SaveCanned(save), lookup) => self.save_canned(&save, &lookup, asking),
            (Command::Discuss(discuss), lookup) => self.discuss(discuss, &lookup, asking),
            (command, lookup) => {
                let Ok(order) = DialogOrder::try_from(command) else { return };
                let Some(dialog) = order.dialog() else { return };
                let lookup = self.without_absent_bot(lookup);
                self.order_with(dialog, order, None, asking, |desk| desk.lookup = lookup);
            }
        }
    }

    fn save_canned(&mut self, save: &SaveCanned, lookup: &Lookup, asking: Asking) {
        match lookup {
            Lookup::Message(seen) => {
                self.change_library(LibraryCommand::Save(save.of(&seen.message)), asking)
            }
            _ => self.reject(asking.caller, no_such_message()),
        }
    }

    /// A bot that was removed since its app was installed takes part in nothing.
    fn without_absent_bot(&self, mut lookup: Lookup) -> Lookup {
        if let Lookup::App(app) = &mut lookup {
            app.bot = app.bot.take().filter(|bot| self.entry(bot).is_some());
        }
        lookup
    }

    pub(super) fn put_canned(&mut self, put: PutCannedReply, asking: Asking) {
        let unknown = |known: bool, rejection: Rejection| (!known).then_some(rejection);
        let owner = put.reply.owner.as_ref();
        let channel = put.reply.channel.as_ref();
        let owner = owner.and_then(|owner| unknown(self.entry(owner).is_some(), no_such_operator("owner")));
        let channel = channel
            .and_then(|channel| unknown(self.router.rules(channel).is_some(), no_such_channel("channel")));
        match owner.or(channel) {
            Some(rejection) => self.reject(asking.caller, rejection),
            None => self.change_library(LibraryCommand::PutCanned(put), asking),
        }
    }

    pub(super) fn put_app(&mut self, put: PutApp, asking: Asking) {
        let bot = put.app.bot.as_ref().map(|bot| self.entry(bot).map(|entry| entry.bot));
        match bot {
            Some(None) => self.reject(asking.caller, no_such_operator("bot")),
            Some(Some(false)) => {
                self.reject(asking.caller, Rejection::invalid("bot", "it is not a bot"));
            }
            _ => self.change_library(LibraryCommand::PutApp(put), asking),
        }
    }

    pub(super) fn change_library(&mut self, command: LibraryCommand, asking: Asking) {
        let Asking { acting, caller, now } = asking;
        let command = Box::new(command);
        self.shared.activity.begin();
        self.setting_up += 1;
        self.registry.do_send(ToRegistry::Library { command, acting, now, caller });
    }
}
