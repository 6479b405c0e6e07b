//! What actors hand to the journal: records, the replies that wait for them, and images.

use crate::domain::event::Change;
use crate::domain::file::Upload;
use crate::domain::reply::Reply;
use crate::domain::statistics::{Standing, Tally};
use crate::error::Error;
use crate::ids::{IdempotencyKey, MessageId};
use crate::timestamp::Timestamp;

use super::codec::{self, RecordRef};
use super::image::Image;
use super::lent::Lent;

/// Where outcomes leave, each only when what it saw is as durable as the settings say. Called from
/// a thread of the journal, in order.
pub trait Gate: Send + 'static {
    /// What waits.
    type Release: Send + 'static;

    /// All up to the event `seq` is durable.
    fn committed(&mut self, release: Self::Release, seq: u64);

    /// It never will be, or nobody can say.
    fn failed(&mut self, release: Self::Release, error: &Error);

    /// Everything that waited for one group has left.
    fn passed(&mut self) {}
}

/// What the journal tells its owner. Called from the journal's threads: must return at once.
pub trait Hooks: Send + Sync {
    /// The journal has grown enough since the last checkpoint. Said once for each.
    fn checkpoint_due(&self);

    /// All images of a checkpoint can be read. Said once for each, in order.
    fn checkpoint_written(&self);

    /// Writing failed. Said once; nothing is written any more.
    fn failed(&self, error: &Error);
}

/// What one arbiter hands over at once. The order of what is added is kept.
#[derive(Debug)]
pub struct Batch<R> {
    /// Encoded records, one behind the other.
    pub(super) records: Lent<u8>,
    /// How many events these hold.
    pub(super) events: u64,
    /// The latest time of these.
    pub(super) clock: Timestamp,
    /// What there is to count of them.
    pub(super) tallies: Lent<Tally>,
    /// What waits, with the events of this batch before it.
    pub(super) releases: Lent<(u64, R)>,
    /// Images, with the events of this batch before them.
    pub(super) images: Lent<(u64, Image)>,
    /// About how many bytes of memory these take.
    pub(super) image_bytes: usize,
    /// Contents of files, each with the message of this batch that names it.
    pub(super) files: Vec<(MessageId, Upload)>,
}

impl<R> Default for Batch<R> {
    fn default() -> Self {
        Self {
            records: Lent::default(),
            events: 0,
            clock: Timestamp::default(),
            tallies: Lent::default(),
            releases: Lent::default(),
            images: Lent::default(),
            image_bytes: 0,
            files: Vec::new(),
        }
    }
}

impl<R> Batch<R> {
    /// An empty batch with the room of one that is done with, or for as much as this one holds.
    pub fn successor(&self) -> Self {
        Self {
            records: self.records.successor(),
            events: 0,
            clock: Timestamp::default(),
            tallies: self.tallies.successor(),
            releases: self.releases.successor(),
            images: self.images.successor(),
            image_bytes: 0,
            files: Vec::new(),
        }
    }

    /// Adds a change, and the key of its command with the reply.
    pub fn record(&mut self, change: &Change, key: Option<(&IdempotencyKey, &Reply)>) {
        self.record_with(change, None, key);
    }

    /// The same with how the dialog of the change stood before, so that it can be counted.
    pub fn record_with(
        &mut self,
        change: &Change,
        standing: Option<&Standing>,
        key: Option<(&IdempotencyKey, &Reply)>,
    ) {
        codec::append_record(&mut self.records, RecordRef { change, key, standing });
        Tally::of(change, standing, |tally| self.tallies.push(tally));
        self.events += change.events.len() as u64;
        self.clock = self.clock.max(change.at);
    }

    /// Adds something that waits for all that was added before.
    pub fn release(&mut self, release: R) {
        self.releases.push((self.events, release));
    }

    /// Adds an image of something as it is after all that was added before.
    pub fn image(&mut self, image: Image) {
        self.image_bytes += image.bytes_about();
        self.images.push((self.events, image));
    }

    /// Adds the content of a file that a message of this batch names. It is written with the
    /// records, in one step.
    pub fn file(&mut self, message: MessageId, upload: Upload) {
        self.files.push((message, upload));
    }

    /// Bytes of the contents of files.
    pub(super) fn file_bytes(&self) -> usize {
        self.files.iter().map(|(_, upload)| upload.bytes.len()).sum()
    }

    /// Bytes of the records.
    pub fn record_bytes(&self) -> usize {
        self.records.len()
    }

    /// Whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty() && self.releases.is_empty() && self.images.is_empty()
    }
}
