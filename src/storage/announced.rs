//! Closed dialogs whose images are on their way to the disk. Until they are there they are found
//! here, so that nobody else has to keep them. Nothing is read from the disk here.

use std::cmp::Reverse;
use std::hash::BuildHasher;
use std::sync::{Arc, Mutex, MutexGuard};

use hashbrown::{DefaultHashBuilder, HashMap};
use smallvec::SmallVec;

use super::image::{DialogImage, LastDialog, external_keys};
use crate::domain::dialog::Client;
use crate::ids::{ChannelId, ClientId, DialogId, MessageId};

/// What has been announced and is not written yet.
#[derive(Debug, Default)]
pub(super) struct Announced(Mutex<Recent>);

#[derive(Debug, Default)]
struct Recent {
    dialogs: HashMap<DialogId, Arc<DialogImage>>,
    /// Dialogs by a hash of their client: a number is found and forgotten sooner than two texts.
    /// Whose they are is seen when they are looked at.
    clients: HashMap<u64, SmallVec<[DialogId; 2]>>,
    /// The message of each; none where the disk still knows one that was erased.
    external_ids: HashMap<u128, Option<MessageId>>,
    hasher: DefaultHashBuilder,
    /// What the images that were here and are no longer have changed in the fingerprint of everything.
    fingerprint: u64,
}

impl Announced {
    /// Makes a closed dialog known. An image of an open one is passed over.
    pub fn announce(&self, image: &Arc<DialogImage>) {
        let Some(closed) = &image.closed else { return };
        let mut recent = self.recent();
        recent.external_ids.extend(image.forgotten_keys().map(|(key, _)| (key, None)));
        recent.external_ids.extend(external_keys(closed).map(|(key, message)| (key, Some(message))));
        let before = recent.dialogs.insert(image.id, Arc::clone(image));
        recent.count(before.as_ref());
        if let (true, Some(client)) = (before.is_none(), &closed.client) {
            let client = recent.hash(client);
            recent.clients.entry(client).or_default().push(image.id);
        }
    }

    /// Forgets what can be found on the disk by now. Whoever announces something meanwhile waits, so these should
    /// be few.
    pub fn written<'a>(&self, images: impl Iterator<Item = &'a Arc<DialogImage>>) {
        let mut recent = self.recent();
        images.for_each(|image| recent.forget(image));
    }

    /// The latest image of a dialog.
    pub fn dialog(&self, id: DialogId) -> Option<Arc<DialogImage>> {
        self.recent().dialogs.get(&id).cloned()
    }

    /// Those before `before`, the newest first.
    pub fn before(&self, before: Option<DialogId>) -> Vec<Arc<DialogImage>> {
        let wanted = |image: &&Arc<DialogImage>| before.is_none_or(|before| image.id < before);
        let mut images: Vec<_> = self.recent().dialogs.values().filter(wanted).cloned().collect();
        images.sort_unstable_by_key(|image| Reverse(image.id));
        images
    }

    /// The last dialog of a client.
    pub fn last(&self, channel: &ChannelId, client: &ClientId) -> Option<LastDialog> {
        let recent = self.recent();
        let theirs = recent.clients.get(&recent.hasher.hash_one((channel, client)))?;
        let is_theirs = |dialog: &&DialogId| {
            let closed = recent.dialogs.get(*dialog).and_then(|image| image.closed.as_ref());
            let of = closed.and_then(|closed| closed.client.as_ref());
            of.is_some_and(|of| (&of.channel, &of.id) == (channel, client))
        };
        let dialog = *theirs.iter().filter(is_theirs).max()?;
        let image = recent.dialogs.get(&dialog)?;
        Some(LastDialog { dialog, erased: image.closed.as_ref().is_some_and(|closed| closed.is_erased()) })
    }

    /// The message that a connector named so, whose key this is; that there is none any more, if it was
    /// erased.
    pub fn external(&self, key: u128) -> Option<Option<MessageId>> {
        self.recent().external_ids.get(&key).copied()
    }

    /// What all images that were ever announced change in the fingerprint of everything. Those that are not
    /// written yet are encoded for it.
    pub fn fingerprint(&self) -> u64 {
        let recent = self.recent();
        let (counted, images) = (recent.fingerprint, recent.dialogs.values().cloned().collect::<Vec<_>>());
        drop(recent);
        images.iter().fold(counted, |sum, image| sum.wrapping_add(image.fingerprint_delta()))
    }

    fn recent(&self) -> MutexGuard<'_, Recent> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Recent {
    /// An image leaves: it is written, or another has come behind it.
    fn count(&mut self, image: Option<&Arc<DialogImage>>) {
        let delta = image.map_or(0, |image| image.fingerprint_delta());
        self.fingerprint = self.fingerprint.wrapping_add(delta);
    }

    fn hash(&self, client: &Client) -> u64 {
        self.hasher.hash_one((&client.channel, &client.id))
    }

    fn forget(&mut self, image: &Arc<DialogImage>) {
        let Some(closed) = &image.closed else { return };
        // What a later image says of the same name stays.
        for (key, message) in external_keys(closed) {
            if self.external_ids.get(&key) == Some(&Some(message)) {
                self.external_ids.remove(&key);
            }
        }
        for (key, _) in image.forgotten_keys() {
            if self.external_ids.get(&key) == Some(&None) {
                self.external_ids.remove(&key);
            }
        }
        // A dialog that has changed since then has announced a later image.
        if !self.dialogs.get(&image.id).is_some_and(|latest| Arc::ptr_eq(latest, image)) {
            return;
        }
        self.dialogs.remove(&image.id);
        self.count(Some(image));
        let client = closed.client.as_ref().map(|client| self.hash(client));
        if let Some(client) = client
            && let Some(theirs) = self.clients.get_mut(&client)
        {
            theirs.retain(|dialog| *dialog != image.id);
            if theirs.is_empty() {
                self.clients.remove(&client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::OnceLock;

    use super::*;
    use crate::storage::image::Packed;
    use crate::storage::testing::{channel_id, client_id, closed_dialog};

    fn image(id: u64, client: u64) -> Arc<DialogImage> {
        let closed = Some(Arc::new(closed_dialog(id, client)));
        Arc::new(DialogImage {
            id: DialogId(id),
            open: None,
            fingerprint: OnceLock::new(),
            fingerprint_before: 0,
            head: None,
            closed,
            was_open_on_disk: false,
            was_closed_on_disk: false,
            ends: false,
            erased: None,
            requests: Default::default(),
        })
    }

    #[test]
    fn the_last_dialog_of_a_client_is_known_until_it_is_written() {
        let announced = Announced::default();
        let images = [image(1, 7), image(2, 8), image(3, 7)];
        images.iter().for_each(|image| announced.announce(image));
        let last = |client| announced.last(&channel_id(), &client_id(client)).map(|last| last.dialog);
        assert_eq!((last(7), last(8), last(9)), (Some(DialogId(3)), Some(DialogId(2)), None));
        announced.written(images[2..].iter());
        assert_eq!(last(7), Some(DialogId(1)));
        announced.written(images[..2].iter());
        assert_eq!((last(7), last(8)), (None, None));
        assert!(announced.recent().clients.is_empty() && announced.recent().dialogs.is_empty());
    }

    #[test]
    fn of_two_images_of_a_dialog_the_later_one_stays() {
        let announced = Announced::default();
        let [before, after] = [image(1, 7), image(1, 7)];
        announced.announce(&before);
        announced.announce(&after);
        announced.written([&before].into_iter());
        assert!(Arc::ptr_eq(&announced.dialog(DialogId(1)).unwrap(), &after));
        announced.written([&after].into_iter());
        assert!(announced.dialog(DialogId(1)).is_none());
    }

    #[test]
    fn what_images_change_in_the_fingerprint_counts_once_wherever_they_are() {
        let announced = Announced::default();
        let first = image(1, 7);
        let mut later = DialogImage::clone(&image(1, 8));
        later.fingerprint_before = first.fingerprint_delta();
        let (later, other) = (Arc::new(later), image(2, 7));
        let print = |image: &DialogImage| Packed::of(image.closed.as_deref().unwrap()).fingerprint;
        let all = print(&later).wrapping_add(print(&other));
        [&first, &later, &other].into_iter().for_each(|image| announced.announce(image));
        assert_eq!(announced.fingerprint(), all);
        announced.written([&first, &other].into_iter());
        assert_eq!(announced.fingerprint(), all);
        announced.written([&later].into_iter());
        assert_eq!(announced.fingerprint(), all);
    }
}
