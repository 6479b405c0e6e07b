//! Clients that are erased: who may ask for it, and each dialog in its turn. The rest is done by a
//! thread of its own (`actors/eraser.rs`).

use super::Dispatcher;
use super::clients::{no_such_channel, no_such_client};
use super::commands::Asking;
use crate::actors::caller::{Caller, Slot};
use crate::actors::eraser::{AskNewest, EraseDialog, Job, Newest};
use crate::domain::dialog::command::{Erase, EraseClient};
use crate::domain::dialog::order::DialogOrder;
use crate::error::Rejection;
use crate::ids::DialogId;

impl Dispatcher {
    /// Somebody wants a client to be erased: once it is allowed, the thread sees to it.
    pub(super) fn erase_client(&mut self, erase: EraseClient, asking: Asking) {
        let Asking { acting, caller, now: _ } = asking;
        let allowed = self.newest_of(&erase).and_then(|_| erase.allow(acting.as_ref()));
        match allowed {
            Ok(()) => self.leave_to_eraser(Job::Client(erase, caller)),
            Err(rejection) => self.reject(caller, rejection),
        }
    }

    fn newest_of(&mut self, of: &EraseClient) -> Result<DialogId, Rejection> {
        if self.router.rules(&of.channel).is_none() {
            return Err(no_such_channel("channel"));
        }
        match self.last_of(&of.channel, &of.client) {
            Some(dialog) => Ok(dialog),
            None => {
                let last = self.read(self.shared.reader.last_dialog(&of.channel, &of.client))?;
                last.ok_or_else(no_such_client)
            }
        }
    }

    pub(super) fn leave_to_eraser(&self, job: Job) {
        self.shared.activity.begin();
        // The thread ends after the dispatcher.
        let _ = self.shared.erasing.send(job);
    }

    /// The thread asks where to begin.
    pub(super) fn tell_newest(&mut self, AskNewest { of, answer }: AskNewest) {
        let newest = self.newest_of(&of).ok().and_then(|dialog| {
            let previous = self.awake(dialog).ok()?.previous;
            self.retire(dialog);
            Some(Newest { dialog, previous })
        });
        let _ = answer.send(newest);
        self.shared.activity.end(1);
    }

    /// The thread wants this dialog to be erased.
    pub(super) fn erase_dialog(&mut self, erase: EraseDialog) {
        let EraseDialog { dialog, client, key, done } = erase;
        if !self.live.contains_key(&dialog) {
            self.forget_spare_actors();
        }
        // The client may have written meanwhile: then it is the newest no more.
        let is_newest =
            |of: &EraseClient| self.last_of(&of.channel, &of.client).is_none_or(|newest| newest == dialog);
        let client = client.filter(is_newest);
        let key = key.filter(|_| client.is_some());
        let caller = Caller::waiting(Slot::Kept(done)).carrying(key, Vec::new());
        let asking = Asking { acting: None, caller, now: self.now() };
        self.order(dialog, DialogOrder::Erase(Box::new(Erase { client })), None, asking);
        self.shared.activity.end(1);
    }
}
