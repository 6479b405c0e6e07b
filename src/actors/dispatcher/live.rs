//! Which dialogs have an actor. One exists only while its dialog is not, or not only, on disk.

use std::sync::Arc;

use super::Dispatcher;
use super::house::{House, Tenant};
use crate::actors::caller::Caller;
use crate::actors::dialog::{DialogActor, Fingerprinted, OnDisk, ToDialog};
use crate::actors::inbox::{Ask, Envelope};
use crate::actors::note::DialogNote;
use crate::actors::shard::shard_of;
use crate::domain::dialog::{Client, Dialog};
use crate::error::{Code, Error, Rejection};
use crate::ids::{ChannelId, ClientId, DialogId, MessageId};
use crate::routing::Fact;
use crate::timestamp::Timestamp;

/// A dialog that has an actor.
#[derive(Debug)]
pub struct Live {
    tenant: Tenant,
    /// Who wrote, and on which channel; nobody in an internal one.
    pub client: Option<(ChannelId, ClientId)>,
    /// The channel in whose queue or hands it is, or was when it was closed; none of an internal one.
    pub channel: Option<ChannelId>,
    /// The client's dialog before.
    pub previous: Option<DialogId>,
    /// The message that has moved from it, and where to.
    pub moved: Option<(MessageId, DialogId)>,
    /// Messages sent to the actor, and those of them that it has handled.
    sent: u64,
    seen: u64,
    /// Whether its latest image shows it as it is.
    clean: bool,
    closed: bool,
    /// The last message after which it may have ended.
    ends_at: u64,
    /// What its client sent since then: not known yet whether to this dialog or to the next one.
    held: Vec<Envelope>,
    /// Whether something may have changed since the last image.
    pub dirty: bool,
    /// The message after which the checkpoint under way has its image.
    pub snapshot_at: Option<u64>,
    /// The checkpoint that asked for its image last; 0 if that was on the disk from the start.
    pub image_of: u64,
    /// Whether it stands among those that may go to sleep.
    pub rests: bool,
    /// Whether something was told to it since it was looked at last.
    pub recalled: bool,
}

impl Live {
    /// Nothing is under way to it, it has ended, and all of it is on its way to the disk.
    fn may_retire(&self) -> bool {
        self.closed && self.clean && self.sent == self.seen
    }

    /// Nothing is under way to it, and the disk has it as it is.
    pub fn may_sleep(&self) -> bool {
        let quiet = self.sent == self.seen && self.held.is_empty() && self.snapshot_at.is_none();
        quiet && self.clean && !self.dirty && !self.closed
    }

    /// Follows it into another channel.
    fn moved(&mut self, facts: &[Fact]) {
        for fact in facts {
            if let Fact::Transferred { channel: Some(channel), .. } = fact {
                self.channel = Some(channel.clone());
            }
        }
    }

    /// Whether it has ended.
    pub fn has_ended(&self) -> bool {
        self.closed
    }

    /// Whether something is under way to it after which it may have ended.
    pub fn may_end(&self) -> bool {
        self.seen < self.ends_at
    }

    /// Whether the image that a checkpoint asked for has been sent.
    fn snapshot_arrived(&self) -> bool {
        self.snapshot_at.is_some_and(|message| self.seen >= message)
    }
}

impl Dispatcher {
    /// Gives a dialog an actor.
    pub(super) fn start_dialog(
        &mut self,
        id: DialogId,
        dialog: Option<Dialog>,
        on_disk: OnDisk,
        client: Option<(ChannelId, ClientId)>,
    ) {
        let place = shard_of(id, self.houses.len());
        let house = &mut self.houses[place];
        let previous = dialog.as_ref().and_then(|dialog| dialog.previous);
        let closed = dialog.as_ref().is_some_and(Dialog::is_closed);
        let moved = dialog.as_ref().and_then(|dialog| dialog.moved);
        let here = || client.as_ref().map(|(channel, _)| channel.clone());
        let channel = dialog.as_ref().map_or_else(here, |dialog| dialog.channel.clone());
        let tenant = match dialog {
            Some(dialog) => Tenant::expected(DialogActor::awake(dialog, on_disk, Arc::clone(&house.shard))),
            None => house.vacant(),
        };
        let live = Live {
            tenant,
            client,
            channel,
            previous,
            moved: moved.map(|moved| (moved.message, moved.to)),
            sent: 0,
            seen: 0,
            clean: on_disk.clean,
            closed,
            ends_at: 0,
            held: Vec::new(),
            dirty: false,
            snapshot_at: None,
            image_of: 0,
            rests: false,
            recalled: false,
        };
        self.live.insert(id, live);
    }

    /// The actor's entry of a dialog; one that sleeps on disk is woken.
    ///
    /// # Errors
    /// `dialog_not_found` if there is no such dialog.
    pub(super) fn awake(&mut self, id: DialogId) -> Result<&mut Live, Rejection> {
        if !self.live.contains_key(&id) {
            let dialog = self.load(id)?;
            let client = dialog.client.as_ref().map(Client::key);
            let on_disk =
                OnDisk { fingerprint: Fingerprinted::AsItIs, open: !dialog.is_closed(), clean: true };
            self.start_dialog(id, Some(dialog), on_disk, client);
            if on_disk.open {
                self.rest(id);
            }
        }
        self.live.get_mut(&id).ok_or_else(no_such_dialog)
    }

    fn load(&self, id: DialogId) -> Result<Dialog, Rejection> {
        if id >= self.next_dialog {
            return Err(no_such_dialog());
        }
        self.read(self.shared.reader.dialog(id))?.ok_or_else(no_such_dialog)
    }

    /// A failed read stops the engine: what cannot be read cannot be decided upon.
    pub(super) fn read<T>(&self, result: Result<T, Error>) -> Result<T, Rejection> {
        result.map_err(|error| {
            let rejection = Rejection::new(Code::StorageFailed, error.to_string());
            self.shared.fail(error);
            rejection
        })
    }

    /// Sends a message to an awake dialog.
    pub(super) fn tell(&mut self, id: DialogId, message: ToDialog) {
        let Some(live) = self.live.get_mut(&id) else { return };
        let may_change = matches!(
            message,
            ToDialog::Open(_) | ToDialog::Begin(_) | ToDialog::Order(_) | ToDialog::Move(_)
        );
        if may_change && !std::mem::replace(&mut live.dirty, true) {
            self.checkpoint.dirty.push(id);
        }
        live.sent += 1;
        match message {
            ToDialog::Snapshot => live.recalled = false,
            ToDialog::Fingerprint(_) | ToDialog::List(_) => {}
            _ => live.recalled = true,
        }
        let may_end = match &message {
            ToDialog::Order(told) => told.order.may_end() || told.context.desk.ends_at_the_door(),
            ToDialog::Open(opening) => opening.context.desk.ends_at_the_door(),
            message => matches!(message, ToDialog::Move(_)),
        };
        if may_end {
            live.ends_at = live.sent;
        }
        if matches!(message, ToDialog::Snapshot) {
            live.snapshot_at = Some(live.sent);
        }
        if self.told == 0 {
            self.shared.activity.begin();
        }
        self.told += 1;
        let place = shard_of(id, self.houses.len());
        live.tenant.tell(message, &self.houses[place]);
    }

    /// A dialog has handled one message.
    pub(super) fn dialog_returned(&mut self, note: DialogNote, now: Timestamp) {
        self.told -= 1;
        if self.told == 0 {
            // The notes that are being handled are under way themselves.
            self.shared.activity.end(1);
        }
        if note.trip {
            self.router.arrive(note.dialog, &note.facts);
        }
        if let Some(live) = self.live.get_mut(&note.dialog) {
            live.seen += 1;
            if note.closed
                && !(live.closed || note.erased)
                && let Some((channel, _)) = &live.client
            {
                self.retention.closed(channel, now);
            }
            live.clean = note.clean;
            live.closed = note.closed;
            live.moved(&note.facts);
            if note.erased
                && let Some((channel, client)) = &live.client
            {
                self.clients.remove(channel, client, note.dialog);
            }
            if live.snapshot_arrived() {
                live.snapshot_at = None;
                self.checkpoint.outstanding -= 1;
                self.end_checkpoint_if_complete();
                self.rest(note.dialog);
            }
        }
        self.release_held(note.dialog, now);
        self.retire(note.dialog);
    }

    /// Keeps something of the dialog's client until it is known whether the dialog has ended.
    pub(super) fn hold(&mut self, dialog: DialogId, ask: Ask, caller: Caller) {
        if let Some(live) = self.live.get_mut(&dialog) {
            self.shared.activity.begin();
            live.held.push(Envelope { ask, actor: None, caller });
        }
    }

    fn release_held(&mut self, dialog: DialogId, now: Timestamp) {
        let Some(live) = self.live.get_mut(&dialog).filter(|live| !live.may_end()) else { return };
        for envelope in std::mem::take(&mut live.held) {
            self.handle_envelope(envelope, now);
            self.shared.activity.end(1);
        }
    }

    /// Lets go of actors without a dialog: what each had last is still in its memory.
    pub(super) fn forget_spare_actors(&mut self) {
        self.houses.iter_mut().for_each(House::clear);
    }

    /// A dialog that has ended and is on its way to the disk needs no actor any more.
    pub(super) fn retire(&mut self, dialog: DialogId) {
        if !self.live.get(&dialog).is_some_and(Live::may_retire) {
            return;
        }
        let Some(live) = self.live.remove(&dialog) else { return };
        if let Some((channel, client)) = &live.client {
            self.clients.remove(channel, client, dialog);
        }
        self.free_actor(dialog, live);
    }
}

impl Dispatcher {
    /// The actor of a dialog that needs none any more takes the next one that opens.
    pub(super) fn free_actor(&mut self, dialog: DialogId, live: Live) {
        let place = shard_of(dialog, self.houses.len());
        self.houses[place].spare(live.tenant);
    }
}

pub(super) fn no_such_dialog() -> Rejection {
    Rejection::new(Code::DialogNotFound, "there is no such dialog").at("dialog")
}
