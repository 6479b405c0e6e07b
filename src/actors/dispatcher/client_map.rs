//! The dialog of each client who has one that is open, or has just ended.
//!
//! Clients are told apart by a hash of 128 bits, with a seed that nobody outside knows: that two of ten million have
//! the same is less likely than one in 10^24. Their ids, of which each may take 512 bytes, stand in their dialogs and
//! need not be kept a second time.

use std::hash::{BuildHasher, RandomState};

use xxhash_rust::xxh3::{xxh3_64_with_seed, xxh3_128_with_seed};

use crate::ids::{ChannelId, ClientId, DialogId};
use crate::routing::{Hashed, Spread};

/// A client of a channel, as two halves: they need no wider alignment than what is found under them.
type Key = [u64; 2];

/// The last dialog of each client who has one that is open, or has just ended. Every operation takes O(1), and
/// however many there are, none moves more than a few.
#[derive(Debug)]
pub struct ClientMap {
    dialogs: Spread<(Key, DialogId)>,
    seed: u64,
}

impl Hashed for (Key, DialogId) {
    /// A half of the key is a hash already.
    fn hash(&self) -> u64 {
        self.0[0]
    }
}

impl Default for ClientMap {
    fn default() -> Self {
        Self { dialogs: Spread::default(), seed: RandomState::new().hash_one(()) }
    }
}

impl ClientMap {
    fn key(&self, channel: &ChannelId, client: &ClientId) -> Key {
        let seed = xxh3_64_with_seed(channel.as_str().as_bytes(), self.seed);
        let hash = xxh3_128_with_seed(client.as_str().as_bytes(), seed);
        [(hash >> 64) as u64, hash as u64]
    }

    /// Makes room for so many more.
    pub fn reserve(&mut self, clients: usize) {
        self.dialogs.reserve(clients);
    }

    /// The client's last dialog.
    pub fn get(&self, channel: &ChannelId, client: &ClientId) -> Option<DialogId> {
        let key = self.key(channel, client);
        self.dialogs.find(key[0], |(of, _)| *of == key).map(|(_, dialog)| *dialog)
    }

    /// The client has a new dialog.
    pub fn insert(&mut self, channel: &ChannelId, client: &ClientId, dialog: DialogId) {
        let key = self.key(channel, client);
        self.dialogs.find_or_insert(key[0], |(of, _)| *of == key, || (key, dialog)).1 = dialog;
    }

    /// A dialog of the client is over; a later one is not.
    pub fn remove(&mut self, channel: &ChannelId, client: &ClientId, dialog: DialogId) {
        let key = self.key(channel, client);
        self.dialogs.remove(key[0], |of| *of == (key, dialog));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_of_one_channel_is_nobody_in_another() {
        let id = |text: &str| (ChannelId::new(text).unwrap(), ClientId::new(text).unwrap());
        let ((web, web_client), (mail, mail_client)) = (id("web"), id("mail"));
        let mut map = ClientMap::default();
        map.insert(&web, &web_client, DialogId(1));
        map.insert(&web, &mail_client, DialogId(2));
        map.insert(&mail, &web_client, DialogId(3));
        let found = |map: &ClientMap| {
            [(&web, &web_client), (&web, &mail_client), (&mail, &web_client), (&mail, &mail_client)]
                .map(|(channel, client)| map.get(channel, client).map(|dialog| dialog.0))
        };
        assert_eq!(found(&map), [Some(1), Some(2), Some(3), None]);
        map.insert(&web, &web_client, DialogId(4));
        map.remove(&web, &web_client, DialogId(1));
        assert_eq!(found(&map), [Some(4), Some(2), Some(3), None], "a later dialog stays");
        map.remove(&web, &web_client, DialogId(4));
        assert_eq!(found(&map), [None, Some(2), Some(3), None]);
    }
}
