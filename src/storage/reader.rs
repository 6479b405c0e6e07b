//! Looking things up on the disk, from any thread.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

use super::image::{ClosedDialog, StoredImage, client_key, decode_state, dialog_key, external_key};
use super::requests::RecentRequests;
use super::rocks::{Disk, Table};
use crate::domain::dialog::Dialog;
use crate::error::Error;
use crate::ids::{ChannelId, ClientId, DialogId, ExternalId, MessageId};

/// External ids of closed dialogs whose images are on their way to the disk.
#[derive(Debug, Default)]
pub(super) struct Announced(Mutex<HashMap<u128, MessageId>>);

impl Announced {
    /// Forgets what can be found on the disk by now.
    pub fn written<'a>(&self, dialogs: impl Iterator<Item = &'a ClosedDialog>) {
        let mut dialogs = dialogs.filter(|dialog| !dialog.external_ids.is_empty()).peekable();
        if dialogs.peek().is_none() {
            return;
        }
        let mut announced = self.announced();
        for (key, _) in dialogs.flat_map(ClosedDialog::external_keys) {
            announced.remove(&key);
        }
    }

    fn announced(&self) -> MutexGuard<'_, HashMap<u128, MessageId>> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
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
    pub(super) recent_requests: Arc<RecentRequests>,
}

impl Reader {
    /// The last image of a dialog. One whose actor lives may be newer.
    ///
    /// # Errors
    /// If the disk cannot be read, or holds something else.
    pub fn dialog(&self, id: DialogId) -> Result<Option<Dialog>, Error> {
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

    /// The client's last dialog whose final image is on the disk.
    ///
    /// # Errors
    /// If the disk cannot be read, or holds something else.
    pub fn last_dialog(&self, channel: &ChannelId, client: &ClientId) -> Result<Option<DialogId>, Error> {
        let value = self.disk.get(Table::Clients, &client_key(channel, client))?;
        value
            .map(|value| number(&value, || format!("client {client} of channel {channel}")).map(DialogId))
            .transpose()
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
        if let Some(message) = self.announced.announced().get(&key) {
            return Ok(Some(*message));
        }
        let value = self.disk.get(Table::ExternalIds, &key.to_be_bytes())?;
        value.map(|value| number(&value, || format!("external id {external}")).map(MessageId)).transpose()
    }

    /// Makes the external ids of a closed dialog known until its image is written. Called before
    /// the image is handed over.
    pub fn announce_external(&self, closed: &ClosedDialog) {
        if closed.external_ids.is_empty() {
            return;
        }
        self.announced.announced().extend(closed.external_keys());
    }
}

fn number(value: &[u8], place: impl FnOnce() -> String) -> Result<u64, Error> {
    let damaged = |_| Error::Damaged { place: place(), reason: "it is not a number".into() };
    value.try_into().map(u64::from_be_bytes).map_err(damaged)
}
