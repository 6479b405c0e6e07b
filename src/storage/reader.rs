//! Looking things up on the disk, from any thread.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

use hashbrown::HashMap;

use super::files;
use super::image::{DialogImage, StoredImage, client_key, decode_state, dialog_key, external_key};
use super::rocks::{Disk, Table};
use crate::domain::dialog::Dialog;
use crate::domain::file::{FileBytes, FileHash};
use crate::error::Error;
use crate::ids::{ChannelId, ClientId, DialogId, ExternalId, MessageId};

/// Closed dialogs whose images are on their way to the disk. Until they are there they are found
/// here, so that nobody else has to keep them.
#[derive(Debug, Default)]
pub(super) struct Announced(Mutex<Recent>);

#[derive(Debug, Default)]
struct Recent {
    dialogs: HashMap<DialogId, Arc<DialogImage>>,
    clients: HashMap<(ChannelId, ClientId), DialogId>,
    external_ids: HashMap<u128, MessageId>,
}

impl Announced {
    fn announce(&self, image: &Arc<DialogImage>) {
        let Some(closed) = &image.closed else { return };
        let mut recent = self.recent();
        recent.external_ids.extend(closed.external_keys());
        if let Some(client) = &closed.client {
            let last = recent.clients.entry(client.clone()).or_insert(image.id);
            *last = (*last).max(image.id);
        }
        recent.dialogs.insert(image.id, Arc::clone(image));
    }

    /// Forgets what can be found on the disk by now.
    pub fn written<'a>(&self, images: impl Iterator<Item = &'a Arc<DialogImage>>) {
        let mut recent = self.recent();
        for image in images {
            recent.forget(image);
        }
    }

    fn last(&self, channel: &ChannelId, client: &ClientId) -> Option<DialogId> {
        let recent = self.recent();
        if recent.clients.is_empty() {
            return None;
        }
        recent.clients.get(&(channel.clone(), client.clone())).copied()
    }

    fn recent(&self) -> MutexGuard<'_, Recent> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Recent {
    fn forget(&mut self, image: &Arc<DialogImage>) {
        let Some(closed) = &image.closed else { return };
        // A dialog that has changed since then has announced a later image.
        if self.dialogs.get(&image.id).is_some_and(|latest| Arc::ptr_eq(latest, image)) {
            self.dialogs.remove(&image.id);
            if let Some(client) = &closed.client
                && self.clients.get(client) == Some(&image.id)
            {
                self.clients.remove(client);
            }
        }
        for (key, _) in closed.external_keys() {
            self.external_ids.remove(&key);
        }
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").finish_non_exhaustive()
    }
}

/// Looks things up on the disk. Cheap to clone.
#[derive(Clone)]
pub struct Reader {
    pub(super) disk: Arc<Disk>,
    pub(super) announced: Arc<Announced>,
}

impl Reader {
    /// The last image of a dialog. One whose actor lives may be newer.
    ///
    /// # Errors
    /// If the disk cannot be read, or holds something else.
    pub fn dialog(&self, id: DialogId) -> Result<Option<Dialog>, Error> {
        let announced = self.announced.recent().dialogs.get(&id).cloned();
        if let Some(image) = announced {
            return decode_state(&image.state, || format!("image of dialog {id}")).map(Some);
        }
        // Most that is asked for here is closed. Closing puts the one and deletes the other at once.
        for closed in [true, false, true] {
            if let Some(value) = self.disk.get(Table::Dialogs, &dialog_key(id, closed))? {
                let place = || format!("image of dialog {id}");
                let image = StoredImage::parse(&value, place)?;
                return decode_state(image.state, place).map(Some);
            }
        }
        Ok(None)
    }

    /// The client's last dialog that has closed.
    ///
    /// # Errors
    /// If the disk cannot be read, or holds something else.
    pub fn last_dialog(&self, channel: &ChannelId, client: &ClientId) -> Result<Option<DialogId>, Error> {
        let announced = self.announced.last(channel, client);
        let value = self.disk.get(Table::Clients, &client_key(channel, client))?;
        let place = || format!("client {client} of channel {channel}");
        let stored = value.map(|value| number(&value, place).map(DialogId)).transpose()?;
        Ok(announced.max(stored))
    }

    /// The message of a closed dialog that the connector named so.
    ///
    /// # Errors
    /// If the disk cannot be read, or holds something else.
    pub fn external(
        &self,
        channel: &ChannelId,
        client: &ClientId,
        external: &ExternalId,
    ) -> Result<Option<MessageId>, Error> {
        let key = external_key(channel, client, external);
        if let Some(message) = self.announced.recent().external_ids.get(&key) {
            return Ok(Some(*message));
        }
        let value = self.disk.get(Table::ExternalIds, &key.to_be_bytes())?;
        value.map(|value| number(&value, || format!("external id {external}")).map(MessageId)).transpose()
    }

    /// The content of a file, once the message that named it first is released.
    ///
    /// # Errors
    /// If the disk cannot be read, or holds something else.
    pub fn file(&self, hash: FileHash) -> Result<Option<FileBytes>, Error> {
        files::read(&self.disk, hash)
    }

    /// Makes a closed dialog known until its image is written. Called before the image is handed
    /// over. Images of open dialogs are not announced: their actors answer for them.
    pub fn announce(&self, image: &Arc<DialogImage>) {
        self.announced.announce(image);
    }
}

fn number(value: &[u8], place: impl FnOnce() -> String) -> Result<u64, Error> {
    let damaged = |_| Error::Damaged { place: place(), reason: "it is not a number".into() };
    value.try_into().map(u64::from_be_bytes).map_err(damaged)
}
