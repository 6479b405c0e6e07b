//! Closed dialogs whose images are on their way to the disk. Until they are there they are found
//! here, so that nobody else has to keep them. Nothing is read from the disk here.

use std::array;
use std::cmp::Reverse;
use std::hash::BuildHasher;
use std::sync::{Arc, Mutex, MutexGuard};

use hashbrown::{DefaultHashBuilder, HashMap};
use smallvec::SmallVec;

use super::image::{DialogImage, LastDialog, external_keys};
use crate::domain::dialog::Client;
use crate::ids::{ChannelId, ClientId, DialogId, MessageId};

/// What has been announced and is not written yet. Each kind of key leads there by itself, so that nobody needs two
/// locks at once.
#[derive(Debug, Default)]
pub(super) struct Announced {
    dialogs: Parts<Images>,
    /// Those of a client by its hash: a number is found and forgotten sooner than two texts. Whose they are is
    /// seen when they are looked at.
    clients: Parts<HashMap<u64, SmallVec<[Arc<DialogImage>; 1]>>>,
    /// The message of each; none where the disk still knows one that was erased.
    external_ids: Parts<HashMap<u128, Option<MessageId>>>,
    hasher: DefaultHashBuilder,
}

#[derive(Debug, Default)]
struct Images {
    images: HashMap<DialogId, Arc<DialogImage>>,
    /// What the images that were here and are no longer have changed in the fingerprint of everything.
    fingerprint: u64,
}

impl Announced {
    /// Makes a closed dialog known. An image of an open one is passed over.
    pub fn announce(&self, image: &Arc<DialogImage>) {
        let Some(closed) = &image.closed else { return };
        for (key, _) in image.forgotten_keys() {
            self.external_ids.of(key as u64).insert(key, None);
        }
        for (key, message) in external_keys(closed) {
            self.external_ids.of(key as u64).insert(key, Some(message));
        }
        self.dialogs.of(image.id.0).announce(image);
        if let Some(client) = &closed.client {
            let client = self.hash(client);
            self.clients.of(client).entry(client).or_default().push(Arc::clone(image));
        }
    }

    /// Forgets what can be found on the disk by now.
    pub fn written<'a>(&self, images: impl Iterator<Item = &'a Arc<DialogImage>>) {
        images.for_each(|image| self.forget(image));
    }

    /// The latest image of a dialog.
    pub fn dialog(&self, id: DialogId) -> Option<Arc<DialogImage>> {
        self.dialogs.of(id.0).images.get(&id).cloned()
    }

    /// Those before `before`, the newest first.
    pub fn before(&self, before: Option<DialogId>) -> Vec<Arc<DialogImage>> {
        let wanted = |image: &&Arc<DialogImage>| before.is_none_or(|before| image.id < before);
        let mut images = Vec::new();
        self.dialogs.each(|part| images.extend(part.images.values().filter(wanted).cloned()));
        images.sort_unstable_by_key(|image| Reverse(image.id));
        images
    }

    /// The last dialog of a client.
    pub fn last(&self, channel: &ChannelId, client: &ClientId) -> Option<LastDialog> {
        let hash = self.hasher.hash_one((channel, client));
        let clients = self.clients.of(hash);
        let is_theirs = |image: &&Arc<DialogImage>| {
            let of = image.closed.as_ref().and_then(|closed| closed.client.as_ref());
            of.is_some_and(|of| (&of.channel, &of.id) == (channel, client))
        };
        // Of several images of one dialog the last counts.
        let last = clients.get(&hash)?.iter().filter(is_theirs).max_by_key(|image| image.id)?;
        let erased = last.closed.as_ref().is_some_and(|closed| closed.is_erased());
        Some(LastDialog { dialog: last.id, erased })
    }

    /// The message that a connector named so, whose key this is; that there is none any more, if it was
    /// erased.
    pub fn external(&self, key: u128) -> Option<Option<MessageId>> {
        self.external_ids.of(key as u64).get(&key).copied()
    }

    /// What all images that were ever announced change in the fingerprint of everything. Those that are not
    /// written yet are encoded for it.
    pub fn fingerprint(&self) -> u64 {
        let (mut sum, mut images) = (0_u64, Vec::new());
        self.dialogs.each(|part| {
            sum = sum.wrapping_add(part.fingerprint);
            images.extend(part.images.values().cloned());
        });
        images.iter().fold(sum, |sum, image| sum.wrapping_add(image.fingerprint_delta()))
    }

    fn hash(&self, client: &Client) -> u64 {
        self.hasher.hash_one((&client.channel, &client.id))
    }

    /// Of whatever has changed since then a later image was announced, and what that says stays.
    fn forget(&self, image: &Arc<DialogImage>) {
        let Some(closed) = &image.closed else { return };
        for (key, message) in external_keys(closed) {
            forget_external(&mut self.external_ids.of(key as u64), key, Some(message));
        }
        for (key, _) in image.forgotten_keys() {
            forget_external(&mut self.external_ids.of(key as u64), key, None);
        }
        self.dialogs.of(image.id.0).forget(image);
        if let Some(client) = &closed.client {
            let client = self.hash(client);
            let mut clients = self.clients.of(client);
            let Some(theirs) = clients.get_mut(&client) else { return };
            theirs.retain(|other| !Arc::ptr_eq(other, image));
            if theirs.is_empty() {
                clients.remove(&client);
            }
        }
    }
}

fn forget_external(ids: &mut HashMap<u128, Option<MessageId>>, key: u128, says: Option<MessageId>) {
    if ids.get(&key) == Some(&says) {
        ids.remove(&key);
    }
}

impl Images {
    fn announce(&mut self, image: &Arc<DialogImage>) {
        let before = self.images.insert(image.id, Arc::clone(image));
        self.count(before.as_deref());
    }

    fn forget(&mut self, image: &Arc<DialogImage>) {
        if self.images.get(&image.id).is_some_and(|latest| Arc::ptr_eq(latest, image)) {
            self.images.remove(&image.id);
            self.count(Some(image));
        }
    }

    /// An image leaves: it is written, or another has come behind it.
    fn count(&mut self, image: Option<&DialogImage>) {
        let delta = image.map_or(0, DialogImage::fingerprint_delta);
        self.fingerprint = self.fingerprint.wrapping_add(delta);
    }
}

/// So many that who announces an image hardly ever meets who forgets one.
const PARTS: usize = 16;

/// Things by key, in parts that are locked by themselves, for a moment each: the dispatcher would otherwise wait for the
/// archive, and for whoever has taken the processor from it meanwhile.
#[derive(Debug)]
struct Parts<T>([Mutex<T>; PARTS]);

impl<T: Default> Default for Parts<T> {
    fn default() -> Self {
        Self(array::from_fn(|_| Mutex::default()))
    }
}

impl<T> Parts<T> {
    /// The part of a key that has this number, or a hash of this.
    fn of(&self, key: u64) -> MutexGuard<'_, T> {
        lock(&self.0[key as usize % PARTS])
    }

    fn each(&self, look: impl FnMut(MutexGuard<'_, T>)) {
        self.0.iter().map(lock).for_each(look);
    }
}

fn lock<T>(part: &Mutex<T>) -> MutexGuard<'_, T> {
    part.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

#[cfg(test)]
mod tests {
    use std::sync::OnceLock;

    use super::*;
    use crate::domain::event::DialogEvent;
    use crate::storage::erase::ErasedDialog;
    use crate::storage::image::Packed;
    use crate::storage::testing::{channel_id, client_id, closed_dialog, message};
    use crate::timestamp::Timestamp;

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

    /// The same of a dialog in which something happened.
    fn after(image: &DialogImage, event: &DialogEvent) -> DialogImage {
        let mut dialog = image.closed.as_deref().unwrap().clone();
        dialog.apply(event, Timestamp::default());
        DialogImage { closed: Some(Arc::new(dialog)), ..image.clone() }
    }

    /// With a message that has an external id.
    fn named(image: &DialogImage) -> Arc<DialogImage> {
        Arc::new(after(image, &message(image.id.0, 1)))
    }

    fn erased(image: &DialogImage) -> Arc<DialogImage> {
        let traces = image.closed.as_deref().unwrap().traces();
        let erased = Some(Box::new(ErasedDialog { opened_at: Timestamp::default(), traces }));
        Arc::new(DialogImage { erased, ..after(image, &DialogEvent::Erased) })
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
        assert_empty(&announced);
    }

    fn assert_empty(announced: &Announced) {
        announced.dialogs.each(|part| assert!(part.images.is_empty()));
        announced.clients.each(|clients| assert!(clients.is_empty()));
        announced.external_ids.each(|ids| assert!(ids.is_empty()));
    }

    #[test]
    fn of_two_images_of_a_dialog_the_later_one_stays() {
        let announced = Announced::default();
        let before = named(&image(1, 7));
        announced.announce(&before);
        let key = external_keys(before.closed.as_ref().unwrap()).next().unwrap();
        assert_eq!(announced.external(key.0), Some(Some(key.1)));
        let later = erased(&before);
        announced.announce(&later);
        assert_eq!(announced.external(key.0), Some(None));
        let last = || announced.last(&channel_id(), &client_id(7));
        assert!(last().unwrap().erased);
        announced.written([&before].into_iter());
        assert!(Arc::ptr_eq(&announced.dialog(DialogId(1)).unwrap(), &later));
        assert!(last().unwrap().erased);
        announced.written([&later].into_iter());
        assert!(announced.dialog(DialogId(1)).is_none() && last().is_none());
        assert_empty(&announced);
    }

    #[test]
    fn whatever_others_announce_and_write_an_image_is_found_until_it_is_written() {
        const DIALOGS: u64 = 2000;
        let announced = Announced::default();
        let (written, to_write) = crossbeam_channel::bounded(100);
        std::thread::scope(|scope| {
            for first in [1, 2] {
                let (announced, written) = (&announced, written.clone());
                scope.spawn(move || {
                    for id in (first..DIALOGS).step_by(2) {
                        let image = named(&image(id, id % 5));
                        announced.announce(&image);
                        let last = announced.last(&channel_id(), &client_id(id % 5)).unwrap().dialog;
                        assert!(last >= DialogId(id) && announced.dialog(image.id).is_some());
                        written.send(image).unwrap();
                    }
                });
            }
            drop(written);
            scope.spawn(|| to_write.iter().for_each(|image| announced.written([&image].into_iter())));
        });
        assert_empty(&announced);
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
