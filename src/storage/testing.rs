//! What the tests of storage share: small changes, hooks that remember, and disks that fail.

use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use crossbeam_channel::{Receiver, Sender};
use proptest::prelude::*;

use super::*;
use crate::domain::channel::{Channel, ChannelSettings, Queue};
use crate::domain::dialog::{Author, CloseReason, Dialog, Head, Message, Visibility};
use crate::domain::event::{Change, ChannelEvent, DialogEvent, Events, ItemEvent, OperatorEvent};
use crate::domain::library::{Item, PutCannedReply};
use crate::domain::operator::{Operator, OperatorSettings, Presence};
use crate::error::Error;
use crate::ids::*;
use crate::timestamp::Timestamp;

/// Where something panics on purpose, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trap {
    /// A dialog has left a change for the journal and not applied it.
    Dialog,
    /// A dialog has left one of two changes that belong together.
    Move,
    /// An operator has left a change for the journal.
    Operator,
    /// The registry has left a change for the journal.
    Registry,
    /// The dispatcher is about to take a command in.
    Dispatcher,
    /// The dispatcher is about to hear what came of a command.
    Note,
    /// What actors left is about to be handed to the journal.
    Flusher,
    /// A client is about to be erased.
    Eraser,
    /// A group is on the disk, and nobody knows.
    Commit,
    /// A reply is about to leave.
    Release,
    /// Images are about to be written.
    Archive,
}

/// Writes that fail on purpose, and what panics on purpose.
pub(crate) struct Faults {
    left: AtomicU64,
    trap: Mutex<Option<Trap>>,
}

impl Default for Faults {
    fn default() -> Self {
        Self { left: AtomicU64::new(u64::MAX), trap: Mutex::default() }
    }
}

impl Reader {
    /// Sets a trap in the engine that has this directory.
    pub(crate) fn set_trap(&self, trap: Trap) {
        *self.disk.faults.trap.lock().unwrap() = Some(trap);
    }

    /// Somebody comes by here.
    pub(crate) fn pass(&self, trap: Trap) {
        self.disk.faults.pass(trap);
    }
}

impl Faults {
    /// Panics if a trap is set here.
    pub(super) fn pass(&self, trap: Trap) {
        let sprung = self.trap.lock().unwrap().take_if(|set| *set == trap).is_some();
        assert!(!sprung, "a trap in a test: {trap:?}");
    }

    /// Lets so many more writes succeed.
    pub fn after(&self, writes: u64) {
        self.left.store(writes, Ordering::SeqCst);
    }

    pub(super) fn strike(&self) -> Result<(), String> {
        let spend = |left: u64| if left == u64::MAX { Some(left) } else { left.checked_sub(1) };
        let spent = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, spend);
        spent.map(drop).map_err(|_| "no space left on device".into())
    }
}

/// A directory of its own, in memory where there is such a place: most of the time of these tests
/// would be spent on syncing.
pub fn scratch() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

pub fn channel_id() -> ChannelId {
    ChannelId::new("line").unwrap()
}

/// A dialog of a client that has ended.
pub fn closed_dialog(id: u64, client: u64) -> Dialog {
    let opened = DialogEvent::Opened {
        channel: channel_id(),
        client: client_id(client),
        client_name: None,
        previous: None,
        wishes: None,
    };
    let at = Timestamp::default();
    let mut dialog = Dialog::from_event(DialogId(id), &opened, at).unwrap();
    dialog.apply(&DialogEvent::Closed { reason: CloseReason::Finished, by: None }, at);
    dialog
}

pub fn client_id(number: u64) -> ClientId {
    ClientId::new(format!("client-{number}")).unwrap()
}

pub fn of_dialog(id: u64, at: i64, events: Vec<DialogEvent>) -> Change {
    Change { at: Timestamp::from_millis(at), events: Events::Dialog(DialogId(id), events) }
}

pub fn clock(at: i64) -> Change {
    Change { at: Timestamp::from_millis(at), events: Events::Clock }
}

pub fn opening(client: u64) -> DialogEvent {
    DialogEvent::Opened {
        channel: channel_id(),
        client: client_id(client),
        client_name: None,
        previous: None,
        wishes: None,
    }
}

/// One event.
pub fn opened(id: u64) -> Change {
    of_dialog(id, id as i64, vec![opening(id)])
}

pub fn message(id: u64, place: u32) -> DialogEvent {
    let (text, at) = (format!("message {place} of dialog {id}"), Timestamp::from_millis(1));
    let message =
        Message::new(MessageId::of(DialogId(id), place), Author::Client, Visibility::Public, text, at);
    let external_id = Some(ExternalId::new(format!("{id}-{place}")).unwrap());
    DialogEvent::MessageAdded(Box::new(Message { external_id, ..message }))
}

pub fn closing() -> DialogEvent {
    DialogEvent::Closed { reason: CloseReason::Finished, by: None }
}

/// One event.
pub fn closed(id: u64) -> Change {
    of_dialog(id, 0, vec![closing()])
}

pub fn put_operator(name: &str, capacity: u32, at: i64) -> Change {
    let settings = OperatorSettings { capacity, ..OperatorSettings::default() };
    let events = vec![OperatorEvent::Put(Box::new(settings)), OperatorEvent::PresenceSet(Presence::Online)];
    Change {
        at: Timestamp::from_millis(at),
        events: Events::Operator(OperatorId::new(name).unwrap(), events),
    }
}

pub fn put_channel(weight: u32, at: i64) -> Change {
    let queue = Queue {
        mode: Default::default(),
        members: Vec::new(),
        accept: Default::default(),
        offer_timeout_ms: 0,
        check_online: true,
    };
    let settings = ChannelSettings { name: "Line".into(), queue, weight, ..ChannelSettings::default() };
    let events = vec![ChannelEvent::Put(Box::new(settings))];
    Change { at: Timestamp::from_millis(at), events: Events::Channel(channel_id(), events) }
}

pub fn put_item(name: &str, text: &str, at: i64) -> Change {
    let item = Item::Canned(PutCannedReply::new(CannedId::new(name).unwrap(), text).reply);
    let events = Events::Item(item.id(), vec![ItemEvent::Put(Box::new(item))]);
    Change { at: Timestamp::from_millis(at), events }
}

fn a_moment() -> impl Strategy<Value = i64> {
    -(1_i64 << 60)..1 << 60
}

pub fn arbitrary_change() -> impl Strategy<Value = Change> {
    prop_oneof![
        a_moment().prop_map(clock),
        (any::<u64>(), ".{0,9}").prop_map(|(id, name)| {
            let opened = DialogEvent::Opened {
                channel: channel_id(),
                client: client_id(id),
                client_name: Some(name),
                previous: Some(DialogId(id)),
                wishes: None,
            };
            of_dialog(
                id,
                0,
                vec![
                    opened,
                    message(1, 1),
                    DialogEvent::Waiting { channel: channel_id(), ruling: None },
                    closing(),
                ],
            )
        }),
        ("[a-z]{1,30}", any::<u32>(), a_moment())
            .prop_map(|(name, capacity, at)| put_operator(&name, capacity, at)),
        (any::<u32>(), a_moment()).prop_map(|(weight, at)| put_channel(weight, at)),
        ("[a-z]{1,9}", ".{0,9}", a_moment()).prop_map(|(name, text, at)| put_item(&name, &text, at)),
    ]
}

/// The name of a reply, and the event before it or why it failed.
pub type Outcome = (u64, Result<u64, String>);

/// A reply that says when it was let go: its name, and the event or the failure.
pub struct Reply(pub u64, pub Sender<Outcome>);

/// Lets replies go at once.
pub struct Open;

impl Gate for Open {
    type Release = Reply;

    fn committed(&mut self, reply: Reply, seq: u64) {
        let _ = reply.1.send((reply.0, Ok(seq)));
    }

    fn failed(&mut self, reply: Reply, error: &Error) {
        let _ = reply.1.send((reply.0, Err(error.to_string())));
    }
}

/// Hooks that remember.
#[derive(Default)]
pub struct Remembering {
    pub due: AtomicU64,
    pub written: AtomicU64,
    pub failures: Mutex<Vec<String>>,
}

impl Hooks for Remembering {
    fn checkpoint_due(&self) {
        self.due.fetch_add(1, Ordering::SeqCst);
    }

    fn checkpoint_written(&self) {
        self.written.fetch_add(1, Ordering::SeqCst);
    }

    fn failed(&self, error: &Error) {
        self.failures.lock().unwrap().push(error.to_string());
    }
}

/// All that recovery hands back.
#[derive(Debug, Default)]
pub struct Collected {
    pub memory: Option<Vec<u8>>,
    pub changes: Vec<Change>,
    pub channels: Vec<RecoveredThing<Channel>>,
    pub operators: Vec<RecoveredThing<Operator>>,
    pub items: Vec<RecoveredThing<Item>>,
    pub dialogs: Vec<RecoveredDialog>,
    pub heads: Vec<Head>,
}

impl Collected {
    /// Puts the dialogs whose heads were found to the others, as they are on the disk.
    fn wake_all(&mut self, reader: &Reader) {
        for head in &self.heads {
            let dialog = reader.dialog(head.id).unwrap().unwrap();
            assert_eq!(dialog.head().as_ref(), Some(head));
            let on_disk = Some(fingerprint(Thing::Dialog(head.id), &encode(&dialog)));
            self.dialogs.push(RecoveredDialog { dialog, on_disk, was_open_on_disk: true, erased: None });
        }
        self.dialogs.sort_by_key(|found| found.dialog.id);
    }
}

impl Recovery for Collected {
    fn memory(&mut self, bytes: &[u8]) {
        assert!(self.memory.is_none() && self.changes.is_empty());
        self.memory = Some(bytes.to_vec());
    }

    fn change(&mut self, change: &Change) {
        assert!(self.channels.is_empty() && self.operators.is_empty() && self.dialogs.is_empty());
        self.changes.push(change.clone());
    }

    fn channel(&mut self, channel: RecoveredThing<Channel>) {
        assert!(self.operators.is_empty() && self.dialogs.is_empty());
        self.channels.push(channel);
    }

    fn operator(&mut self, operator: RecoveredThing<Operator>) {
        assert!(self.dialogs.is_empty());
        self.operators.push(operator);
    }

    fn item(&mut self, item: RecoveredThing<Item>) {
        assert!(self.dialogs.is_empty());
        self.items.push(item);
    }

    fn expect(&mut self, _: usize) {}

    fn head(&mut self, head: Head) {
        assert!(self.heads.last().is_none_or(|last| last.id < head.id));
        assert!(self.dialogs.last().is_none_or(|last| last.dialog.id < head.id));
        self.heads.push(head);
    }

    fn dialog(&mut self, dialog: RecoveredDialog) {
        assert!(self.dialogs.last().is_none_or(|last| last.dialog.id < dialog.dialog.id));
        assert!(self.heads.last().is_none_or(|last| last.id < dialog.dialog.id));
        self.dialogs.push(dialog);
    }
}

/// An open directory with a running journal.
pub struct Running {
    pub journal: Closing,
    pub hooks: Arc<Remembering>,
    pub found: Collected,
    pub recovered: Recovered,
    pub reader: Reader,
    pub feeds: Feeds,
    disk: Arc<rocks::Disk>,
    replies: (Sender<Outcome>, Receiver<Outcome>),
}

/// A journal that is closed at the end of its test: a process that ends while one still closes pulls RocksDB away from
/// its threads, and may be aborted for it.
pub struct Closing(Option<Journal<Reply>>);

impl Closing {
    pub fn close(mut self) -> Result<(), Error> {
        self.0.take().map_or(Ok(()), Journal::close)
    }
}

impl Deref for Closing {
    type Target = Journal<Reply>;

    fn deref(&self) -> &Journal<Reply> {
        self.0.as_ref().expect("it is taken out only to close it")
    }
}

impl Drop for Closing {
    fn drop(&mut self) {
        let _ = self.0.take().map(Journal::close);
    }
}

impl Running {
    pub fn start(path: &std::path::Path, settings: &StoreSettings) -> Self {
        let mut found = Collected::default();
        let store = Store::open(path, settings, &mut found).unwrap();
        let (recovered, disk) = (store.recovered().clone(), Arc::clone(&store.disk));
        found.wake_all(&store.reader());
        let (reader, feeds, hooks) = (store.reader(), store.feeds(), Arc::new(Remembering::default()));
        let journal = Journal::start(store, Arc::clone(&hooks) as Arc<dyn Hooks>, Open).unwrap();
        Self {
            journal: Closing(Some(journal)),
            hooks,
            found,
            recovered,
            reader,
            feeds,
            disk,
            replies: crossbeam_channel::unbounded(),
        }
    }

    pub fn reply(&self, name: u64) -> Reply {
        Reply(name, self.replies.0.clone())
    }

    pub fn send(&self, batch: Batch<Reply>) {
        self.journal.sender().send(batch).unwrap();
    }

    pub fn next_reply(&self) -> Outcome {
        self.replies.1.recv_timeout(std::time::Duration::from_secs(20)).unwrap()
    }

    /// Sends the changes as one batch and waits until they are committed.
    pub fn commit(&self, changes: &[Change]) -> u64 {
        let mut batch = Batch::default();
        changes.iter().for_each(|change| batch.record(change, None));
        self.commit_batch(batch)
    }

    /// Sends a batch and waits until it is committed.
    pub fn commit_batch(&self, mut batch: Batch<Reply>) -> u64 {
        batch.release(self.reply(u64::MAX));
        self.send(batch);
        let (name, outcome) = self.next_reply();
        assert_eq!(name, u64::MAX);
        outcome.unwrap()
    }

    pub fn fail_after(&self, writes: u64) {
        self.disk.faults.after(writes);
    }

    /// What a kill at this moment would leave behind.
    pub fn killed(&self) -> tempfile::TempDir {
        let copy = scratch();
        self.disk.copy_as_if_killed(copy.path());
        copy
    }
}

/// Settings with which tests need not wait for the disk.
pub fn quick() -> StoreSettings {
    StoreSettings { durability: Durability::Buffered, ..StoreSettings::default() }
}
