//! Looking things up on the disk, from any thread.

use std::fmt;
use std::sync::Arc;

use super::announced::Announced;
use super::files;
use super::image::{
    DialogImage, LastDialog, StoredImage, client_key, decode_state, dialog_key, external_key,
};
use super::requests::RecentRequests;
use super::retention::Retained;
use super::rocks::{Disk, Table};
use super::statistics::SharedStatistics;
use crate::domain::dialog::Dialog;
use crate::domain::file::{FileBytes, FileHash};
use crate::error::Error;
use crate::ids::{ChannelId, ClientId, DialogId, ExternalId, MessageId};

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
    pub(super) retained: Arc<Retained>,
    pub(super) statistics: Arc<SharedStatistics>,
}

impl Reader {
    /// The last image of a dialog. One whose actor lives may be newer.
    ///
    /// # Errors
    /// If the disk cannot be read, or holds something else.
    pub fn dialog(&self, id: DialogId) -> Result<Option<Dialog>, Error> {
        if let Some(image) = self.announced.dialog(id) {
            return Ok(image.closed.as_deref().cloned());
        }
        // Most that is asked for here is closed. Closing puts the one before it deletes the other.
        for closed in [true, false, true] {
            if let Some(value) = self.disk.get(Table::Dialogs, &dialog_key(id, closed))? {
                let place = || format!("image of dialog {id}");
                let image = StoredImage::parse(&value, place)?;
                return decode_state(image.state, place).map(Some);
            }
        }
        Ok(None)
    }

    /// The client's last dialog that has closed; none if it is erased, for then the client is forgotten.
    ///
    /// # Errors
    /// If the disk cannot be read, or holds something else.
    pub fn last_dialog(&self, channel: &ChannelId, client: &ClientId) -> Result<Option<DialogId>, Error> {
        let announced = self.announced.last(channel, client);
        let value = self.disk.get(Table::Clients, &client_key(channel, client))?;
        let place = || format!("client {client} of channel {channel}");
        let stored = value.map(|value| number(&value, place).map(LastDialog::of_stored)).transpose()?;
        Ok(announced.max(stored).filter(|last| !last.erased).map(|last| last.dialog))
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
        if let Some(message) = self.announced.external(key) {
            return Ok(message);
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

    /// The sum of what the images of closed dialogs that were announced since the start change in the fingerprint
    /// of everything. Takes time with the number of those that are not written yet.
    pub fn announced_fingerprint(&self) -> u64 {
        self.announced.fingerprint()
    }
}

fn number(value: &[u8], place: impl FnOnce() -> String) -> Result<u64, Error> {
    let damaged = |_| Error::Damaged { place: place(), reason: "it is not a number".into() };
    value.try_into().map(u64::from_be_bytes).map_err(damaged)
}
