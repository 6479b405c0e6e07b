//! Messages that move to a new dialog, and where those went that have moved.

use super::Dispatcher;
use super::commands::Asking;
use super::live::no_such_dialog;
use crate::actors::dialog::{Fingerprinted, Moving, OnDisk, ToDialog};
use crate::actors::note::Moved;
use crate::domain::dialog::Client;
use crate::domain::dialog::command::{Context, MoveToNew, no_such_message};
use crate::error::{Code, Rejection};
use crate::ids::{DialogId, MessageId};
use crate::timestamp::Timestamp;

impl Dispatcher {
    /// Sets capacity aside and tells the dialog of the message. Nothing more is taken in until both
    /// dialogs are as they shall be.
    pub(super) fn move_to_new(&mut self, command: MoveToNew, asking: Asking) {
        let Asking { acting, caller, now } = asking;
        let place = self.home_of(command.message).map_err(not_found).and_then(|dialog| {
            self.awake(dialog)?;
            Ok((dialog, self.unused_id()?))
        });
        let (dialog, to) = match place {
            Ok(place) => place,
            Err(rejection) => return self.reject(caller, rejection),
        };
        self.next_dialog = DialogId(to.0 + 1);
        let me = acting.as_ref().map(|acting| acting.operator.clone());
        let mut desk = self.desk_of(dialog);
        desk.room = self.router.depart(dialog, me.as_ref());
        let actor = acting.map(|acting| self.at_desk(acting, dialog));
        let context = Context { now, actor, desk };
        self.setting_up += 1;
        self.tell(dialog, ToDialog::Move(Box::new(Moving { command, to, context, caller })));
    }

    /// The new dialog is there; that the other one has ended is said next.
    pub(super) fn moved(&mut self, moved: Moved, now: Timestamp) {
        let Moved { dialog, facts } = moved;
        let (id, previous) = (dialog.id, dialog.previous);
        let on_disk = OnDisk { fingerprint: Fingerprinted::AsItIs, open: true, clean: true };
        if let (Some(live), Some(first)) =
            (previous.and_then(|before| self.live.get_mut(&before)), dialog.messages.first())
        {
            live.moved = Some((first.id, id));
        }
        let client = dialog.client.as_ref().map(Client::key);
        if let Some((channel, client)) = &client {
            self.clients.insert(channel, client, id);
        }
        if let Some(channel) = &dialog.channel {
            self.router.adopt(id, channel, &facts, now);
        }
        self.start_dialog(id, Some(dialog), on_disk, client);
    }

    /// The message stays where it was: the id that nothing came of is for the next dialog.
    pub(super) fn stayed(&mut self, to: DialogId) {
        if self.next_dialog.0 == to.0 + 1 {
            self.next_dialog = to;
        }
    }

    /// The dialog in which a message stands: that in which it was written, unless it has moved.
    ///
    /// # Errors
    /// `dialog_not_found` if it was never written.
    pub(super) fn home_of(&mut self, message: MessageId) -> Result<DialogId, Rejection> {
        let mut dialog = message.dialog();
        if dialog.0 == 0 {
            return Err(no_such_dialog());
        }
        while let Some((_, to)) = self.awake(dialog)?.moved.filter(|(moved, _)| *moved == message) {
            self.retire(dialog);
            dialog = to;
        }
        Ok(dialog)
    }

    /// The same for who only wants to know, and tells that dialog nothing.
    pub(super) fn home_told(&mut self, message: MessageId) -> Result<DialogId, Rejection> {
        let dialog = self.home_of(message)?;
        self.retire(dialog);
        Ok(dialog)
    }
}

/// Who names a message knows nothing of dialogs.
fn not_found(rejection: Rejection) -> Rejection {
    if rejection.code == Code::DialogNotFound { no_such_message() } else { rejection }
}
