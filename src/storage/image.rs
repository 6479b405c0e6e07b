//! Images: the whole state of one thing at one place of the journal, and the tables they go to.
//!
//! Stored, an image is the sequence number of the last event before it and then the state.
//! Recovery takes from the journal only what is newer.

use std::sync::{Arc, OnceLock};

use crossbeam_channel::Sender;
use xxhash_rust::xxh3::xxh3_128;

use super::codec;
use super::erase::{self, ErasedDialog};
use super::fingerprint::{Thing, fingerprint};
use super::heads;
use super::requests::{self, Indexed};
use super::retention::{Closing, Retained};
use super::rocks::{Changes, Table};
use crate::domain::dialog::{Dialog, Message, Ruled, Ruling};
use crate::domain::file::FileHash;
use crate::domain::library::ItemId;
use crate::domain::reply::Reply;
use crate::error::Error;
use crate::ids::{ChannelId, ClientId, DialogId, ExternalId, IdempotencyKey, MessageId, OperatorId};
use crate::routing::Memory;

/// The state of something at its place in a batch.
#[derive(Debug, Clone, PartialEq)]
pub enum Image {
    /// Of a dialog.
    Dialog(Arc<DialogImage>),
    /// Of an operator.
    Operator {
        /// Which.
        id: OperatorId,
        /// The encoded operator.
        state: Vec<u8>,
        /// Its fingerprint less that of the image before.
        fingerprint_delta: u64,
    },
    /// Of a channel.
    Channel {
        /// Which.
        id: ChannelId,
        /// The encoded channel.
        state: Vec<u8>,
        /// Its fingerprint less that of the image before.
        fingerprint_delta: u64,
    },
    /// Of a thing of the library.
    Item {
        /// Which.
        id: ItemId,
        /// The encoded thing.
        state: Vec<u8>,
        /// Its fingerprint less that of the image before.
        fingerprint_delta: u64,
    },
    /// A key that is remembered beyond the journal.
    Key(IdempotencyKey, Reply),
    /// A checkpoint begins: of all that changed before, images follow or were given already.
    CheckpointBegin,
    /// What the dispatcher remembers besides, as of the checkpoint that has begun.
    Memory(Box<Memory>),
    /// All images of the checkpoint have been given.
    CheckpointEnd,
    /// Somebody waits until all images before this are written.
    Barrier(Barrier),
}

impl Image {
    /// About how many bytes of memory it takes: its texts, and what holds them.
    pub(super) fn bytes_about(&self) -> usize {
        let held = match self {
            Self::Dialog(dialog) => dialog.bytes_about(),
            Self::Operator { state, .. } | Self::Channel { state, .. } | Self::Item { state, .. } => {
                state.len()
            }
            Self::Key(key, _) => key.as_str().len(),
            Self::CheckpointBegin | Self::Memory(_) | Self::CheckpointEnd | Self::Barrier(_) => 0,
        };
        size_of::<Self>() + held
    }
}

/// The state of a dialog.
#[derive(Debug, Clone, PartialEq)]
pub struct DialogImage {
    /// Which.
    pub id: DialogId,
    /// With the image of an open dialog: the encoded dialog. A closed one is encoded when it is written.
    pub open: Option<Vec<u8>>,
    /// The fingerprint. Of a closed one it is taken by whoever first needs it, which mostly is who writes it.
    pub fingerprint: OnceLock<u64>,
    /// The fingerprint of the image before; 0 if there was none.
    pub fingerprint_before: u64,
    /// Where its requests to the outside stand.
    pub requests: Vec<Indexed>,
    /// With the image of an open dialog: its encoded head.
    pub head: Option<Vec<u8>>,
    /// With the image of a closed dialog: the dialog, so that nobody has to decode how it is found.
    pub closed: Option<Arc<Dialog>>,
    /// Whether an image of this dialog as an open one was given before.
    pub was_open_on_disk: bool,
    /// Whether an image of this dialog as a closed one was given before.
    pub was_closed_on_disk: bool,
    /// Whether it has just ended, so that no later dialog of its client has.
    pub ends: bool,
    /// With the first image of an erased dialog: what goes with it.
    pub erased: Option<Box<ErasedDialog>>,
}

/// A dialog as it goes to the disk.
#[derive(Debug, Clone, PartialEq)]
pub struct Packed {
    /// The encoded dialog.
    pub state: Vec<u8>,
    /// Its fingerprint.
    pub fingerprint: u64,
}

impl Packed {
    /// Encodes a dialog.
    pub fn of(dialog: &Dialog) -> Self {
        let state = codec::encode(dialog);
        let fingerprint = fingerprint(Thing::Dialog(dialog.id), &state);
        Self { state, fingerprint }
    }
}

/// Tells whoever waits that what was given before has been written.
#[derive(Debug, Clone)]
pub struct Barrier(pub Sender<()>);

impl PartialEq for Barrier {
    fn eq(&self, other: &Self) -> bool {
        self.0.same_channel(&other.0)
    }
}

const OPEN: u8 = b'o';
const CLOSED: u8 = b'c';

/// The keys of open dialogs stand before those of closed ones, or behind: never between.
pub(super) fn dialog_key(id: DialogId, closed: bool) -> [u8; 9] {
    let mut key = [if closed { CLOSED } else { OPEN }; 9];
    key[1..].copy_from_slice(&id.0.to_be_bytes());
    key
}

/// The range of the keys of open dialogs, or of closed ones.
pub(super) fn dialog_range(closed: bool) -> ([u8; 1], [u8; 1]) {
    let kind = if closed { CLOSED } else { OPEN };
    ([kind], [kind + 1])
}

/// The dialog under a key.
pub(super) fn dialog_of(key: &[u8]) -> Result<DialogId, Error> {
    let number = key.get(1..).and_then(|id| <[u8; 8]>::try_from(id).ok());
    let damaged =
        || Error::Damaged { place: format!("dialog key {key:02x?}"), reason: "it is not a dialog's".into() };
    number.map(|id| DialogId(u64::from_be_bytes(id))).ok_or_else(damaged)
}

/// The key of a client: the length keeps one channel's clients apart from another's.
pub(super) fn client_key(channel: &ChannelId, client: &ClientId) -> Vec<u8> {
    let mut key = Vec::with_capacity(64);
    append_text(&mut key, channel.as_str());
    key.extend_from_slice(client.as_str().as_bytes());
    key
}

/// The key of an external id. 128 bits are enough for any number of them.
pub(super) fn external_key(channel: &ChannelId, client: &ClientId, external: &ExternalId) -> u128 {
    let mut text = Vec::with_capacity(128);
    append_text(&mut text, channel.as_str());
    append_text(&mut text, client.as_str());
    text.extend_from_slice(external.as_str().as_bytes());
    xxh3_128(&text)
}

/// The keys of the client's messages by the connector's names.
pub(super) fn external_keys(dialog: &Dialog) -> impl Iterator<Item = (u128, MessageId)> {
    dialog.client.iter().flat_map(|client| {
        dialog.messages.iter().filter_map(|message| {
            let external = message.external_id.as_ref()?;
            Some((external_key(&client.channel, &client.id, external), message.id))
        })
    })
}

/// The key of a thing of the library: its kind keeps equal ids apart.
pub(super) fn item_key(id: &ItemId) -> String {
    let (kind, id) = id.parts();
    format!("{kind}/{id}")
}

/// The key that says that a message names a content.
pub(super) fn file_name_key(hash: FileHash, message: MessageId) -> [u8; 40] {
    let mut key = [0; 40];
    key[..32].copy_from_slice(&hash.0);
    key[32..].copy_from_slice(&message.0.to_be_bytes());
    key
}

/// The beginning of the keys of what belongs to a channel.
pub(super) fn channel_prefix(channel: &ChannelId) -> Vec<u8> {
    let mut prefix = Vec::with_capacity(64);
    append_text(&mut prefix, channel.as_str());
    prefix
}

fn append_text(bytes: &mut Vec<u8>, text: &str) {
    // At most 128 characters of at most 4 bytes.
    bytes.extend_from_slice(&(text.len() as u16).to_be_bytes());
    bytes.extend_from_slice(text.as_bytes());
}

/// A stored image.
#[derive(Debug, Clone, Copy)]
pub(super) struct StoredImage<'a> {
    /// The last event before it.
    pub as_of: u64,
    /// The encoded state.
    pub state: &'a [u8],
}

impl<'a> StoredImage<'a> {
    /// Reads a stored image; `place` names it when it is damaged.
    pub fn parse(value: &'a [u8], place: impl FnOnce() -> String) -> Result<Self, Error> {
        let (as_of, state) = value.split_first_chunk().ok_or_else(|| Error::Damaged {
            place: place(),
            reason: "it is too short for an image".into(),
        })?;
        Ok(Self { as_of: u64::from_le_bytes(*as_of), state })
    }
}

/// The value of an image.
pub(super) fn stored(as_of: u64, state: &[u8]) -> Vec<u8> {
    let mut value = Vec::with_capacity(8 + state.len());
    value.extend_from_slice(&as_of.to_le_bytes());
    value.extend_from_slice(state);
    value
}

/// Decodes the state of an image; `place` names it when it is damaged.
pub(super) fn decode_state<T: serde::de::DeserializeOwned>(
    state: &[u8],
    place: impl FnOnce() -> String,
) -> Result<T, Error> {
    codec::decode(state).map_err(|error| Error::Damaged { place: place(), reason: error.to_string() })
}

/// The last closed dialog of a client, as the table has it. Of two, the later one is the larger, and of
/// one dialog the erased one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct LastDialog {
    /// Which.
    pub dialog: DialogId,
    /// Whether it is erased: then nobody knows the client any more.
    pub erased: bool,
}

impl LastDialog {
    pub fn to_stored(self) -> [u8; 8] {
        (self.dialog.0 << 1 | u64::from(self.erased)).to_be_bytes()
    }

    pub fn of_stored(number: u64) -> Self {
        Self { dialog: DialogId(number >> 1), erased: number & 1 == 1 }
    }
}

/// About how many bytes of memory a dialog takes: most of it are its messages and the decisions on it.
fn bytes_of(dialog: &Dialog) -> usize {
    let texts: usize = dialog.messages.iter().map(|message| message.text.len()).sum();
    let messages = dialog.messages.capacity() * size_of::<Message>() + texts;
    let rulings = dialog.rulings.capacity() * size_of::<Ruled>() + dialog.rulings.len() * size_of::<Ruling>();
    size_of::<Dialog>() + messages + rulings
}

impl DialogImage {
    fn bytes_about(&self) -> usize {
        let closed = self.closed.as_deref().map_or(0, bytes_of);
        let open = [&self.open, &self.head].into_iter().flatten().map(Vec::len).sum::<usize>();
        size_of::<Self>() + closed + open
    }

    /// Its fingerprint less that of the image before.
    pub fn fingerprint_delta(&self) -> u64 {
        let fingerprint = self.fingerprint.get_or_init(|| {
            let mut state = Vec::new();
            self.append_to(&mut state);
            fingerprint(Thing::Dialog(self.id), &state)
        });
        fingerprint.wrapping_sub(self.fingerprint_before)
    }

    fn append_to(&self, bytes: &mut Vec<u8>) {
        match (&self.closed, &self.open) {
            (Some(closed), _) => codec::append(bytes, &**closed),
            (None, open) => bytes.extend_from_slice(open.as_deref().unwrap_or_default()),
        }
    }

    /// Makes `value` what is stored.
    fn store_in(&self, value: &mut Vec<u8>, as_of: u64) {
        value.clear();
        value.extend_from_slice(&as_of.to_le_bytes());
        let state = value.len();
        self.append_to(value);
        self.fingerprint.get_or_init(|| fingerprint(Thing::Dialog(self.id), &value[state..]));
    }

    /// The keys of the external ids that go with what is erased.
    pub(super) fn forgotten_keys(&self) -> impl Iterator<Item = (u128, MessageId)> + '_ {
        let client = self.closed.as_ref().and_then(|closed| closed.client.as_ref());
        let erased = self.erased.iter().flat_map(|erased| &erased.traces.external_ids);
        client.into_iter().flat_map(move |client| {
            let key = |external| external_key(&client.channel, &client.id, external);
            erased.clone().map(move |(external, message)| (key(external), *message))
        })
    }

    /// Puts the image and what leads to it. What `value` holds is of no use; it has room.
    pub(super) fn put(
        &self,
        as_of: u64,
        retained: &Retained,
        value: &mut Vec<u8>,
        changes: &mut Changes<'_>,
    ) {
        self.store_in(value, as_of);
        changes.put(Table::Dialogs, &dialog_key(self.id, self.closed.is_some()), value);
        heads::put(self, changes);
        requests::put(&self.requests, changes);
        let Some(closed) = &self.closed else { return };
        if self.was_open_on_disk {
            changes.delete(Table::Dialogs, &dialog_key(self.id, false));
        }
        if let Some(client) = &closed.client {
            let at = closed.closed_at.unwrap_or_default();
            let closing = Closing { channel: client.channel.clone(), at, dialog: self.id };
            match closed.is_erased() {
                true => changes.delete(Table::Closing, &closing.key()),
                false => retained.put(&closing, changes),
            }
        }
        if let Some(erased) = &self.erased {
            erase::put(self.id, erased, changes);
        }
    }

    /// What leads to the image of a closed dialog under keys that come in no order.
    pub(super) fn leads(&self, mut see: impl FnMut(Lead)) {
        let Some(closed) = &self.closed else { return };
        if let Some(client) = &closed.client {
            let last = LastDialog { dialog: self.id, erased: closed.is_erased() };
            let key = client_key(&client.channel, &client.id);
            see(if self.ends { Lead::Newest(key, last) } else { Lead::Client(key, last) });
        }
        external_keys(closed).for_each(|(key, message)| see(Lead::External(key, Some(message))));
        self.forgotten_keys().for_each(|(key, _)| see(Lead::External(key, None)));
    }
}

/// What leads to a closed dialog, to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Lead {
    /// A dialog under the key of a client, who may have a later one.
    Client(Vec<u8>, LastDialog),
    /// The last dialog under the key of a client: nothing there has to be looked at, which is cheaper.
    Newest(Vec<u8>, LastDialog),
    /// The message under the key of an external id; none any more if it was erased.
    External(u128, Option<MessageId>),
}

impl Lead {
    /// Puts these, in the order of their keys, in which they are cheapest to write; several of one key keep
    /// their order.
    pub fn put_all(mut leads: Vec<Self>, changes: &mut Changes<'_>) {
        leads.sort_by(|one, other| one.place().cmp(&other.place()));
        for lead in leads {
            match lead {
                Self::Client(key, last) => changes.raise(Table::Clients, &key, last.to_stored()),
                Self::Newest(key, last) => changes.put(Table::Clients, &key, &last.to_stored()),
                Self::External(key, Some(message)) => {
                    changes.put(Table::ExternalIds, &key.to_be_bytes(), &message.0.to_be_bytes());
                }
                Self::External(key, None) => changes.delete(Table::ExternalIds, &key.to_be_bytes()),
            }
        }
    }

    fn place(&self) -> (&[u8], u128) {
        match self {
            Self::Client(key, _) | Self::Newest(key, _) => (key, 0),
            Self::External(key, _) => (&[], *key),
        }
    }
}

/// A key in its slot of the ring, with its place in the order of all keys.
pub(super) type StoredKey = (u64, IdempotencyKey, Reply);
