//! The disk: a journal of changes, images of what they made, and the way back to memory.
//!
//! Nothing is decided here, and no actor is known. What is stored is described where it is stored:
//! frames in `frame.rs`, images in `image.rs`, the rest in `meta.rs`; `rocks/` alone knows RocksDB.
//!
//! - The **journal** is the truth. Arbiters hand over batches; the commit thread makes a frame of
//!   all that wait, writes it as one value and syncs once. Every frame names the checksum of the
//!   one before, so nothing can be lost from the middle unseen.
//! - **Images** save time. They are written behind the journal and without a log of their own: after
//!   a crash those that were only in memory are made again from the journal. A flush takes
//!   all tables at one point of time, so an image is never on the disk without its journal.
//! - A **checkpoint** gives images of all that has none, then flushes. Recovery begins
//!   where the last completed one began, and the journal before it is trimmed.
//! - **Feeds** are cursors over the same journal.
//! - What is **erased** leaves images, index, journal and files: see `erase.rs`.

mod announced;
mod backup;
mod batch;
mod codec;
#[cfg(feature = "counting")]
#[doc(hidden)]
pub mod counting;
mod damage;
mod erase;
mod export;
mod feed;
mod files;
mod finding;
mod fingerprint;
mod frame;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod heads;
mod image;
mod inspect;
mod journal;
mod kept;
mod lent;
mod meta;
mod pages;
mod reader;
mod recovery;
mod requests;
mod retention;
mod rocks;
mod settings;
mod statistics;
mod store;
mod strangers;
mod subscriptions;
mod tail;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod upgrade;
mod verify;
mod walk;

pub use backup::{Copier, backup};
pub use batch::{Batch, Gate, Hooks};
pub use codec::{CodecError, Record, RecordRef, Records, append_record, decode, encode};
pub use erase::{ErasedDialog, Eraser};
pub use export::{Contents, Exported, Exports, export, stored_dialog};
pub use feed::{Feed, FeedError, Feeds, OneEvent, Recorded};
pub use fingerprint::{Thing, fingerprint, text as fingerprint_text};
pub use heads::encode_head;
pub use image::{Barrier, DialogImage, Image, Packed};
pub use inspect::{Inspection, TableSize, inspect};
pub use journal::Journal;
#[cfg(test)]
pub(crate) use journal::SteppedJournal;
pub use meta::FORMAT;
pub use reader::Reader;
pub use recovery::{Recovered, RecoveredDialog, RecoveredThing, Recovery};
pub use requests::{Indexed, Standing, Wanted};
#[cfg(test)]
pub(crate) use rocks::{Crash, Fault, Lie, SimulatedDisk};
pub use settings::{Durability, StoreSettings};
pub use statistics::Window;
pub use store::Store;
#[cfg(test)]
pub(crate) use verify::verify_simulated;
pub use verify::{Verified, verify};
