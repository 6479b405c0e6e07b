//! The door for the fuzzing targets in `fuzz/`: one function for each, fed with arbitrary bytes. Not for hosts.
//!
//! A target finds something when its function panics. `tests/corpus.rs` feeds the committed corpus to the same
//! functions, on any Rust; `docs/robustness.md` says what is promised.

mod commands;
mod line;
mod model;
mod recovery;

pub use commands::commands;
pub use line::line;
pub use recovery::Recoveries;

pub use crate::storage::fuzzing::{entries_of, for_round_trip, joined, round_trip as codec, scratch_root};

/// The most memory that decoding so many bytes may ask for at once: lists are made for at most a mebibyte before
/// anything in them is read, and grow by what is read.
pub const fn codec_bytes(length: usize) -> usize {
    1024 * 1024 + 256 * length
}
