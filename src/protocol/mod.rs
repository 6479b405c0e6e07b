//! The vocabulary of the engine as JSON lines: what a line asks for, and how answers are written.
//!
//! Nothing here decides anything about dialogs, operators or channels.
//!
//! - `lines`: one line after the other from a stream, however long or short.
//! - `parse`: a line becomes a [`Parsed`] request, or the reply that says what is wrong with it.
//! - `registry`: the names of the commands and queries, one line each.
//! - `strict`, `exact` and `fields`: JSON without repeated fields, with objects where objects are meant, and which
//!   field an error is about.
//! - `render`: replies and events as lines.
//! - `export`: a whole data directory as lines.
//! - `host`: the loop between an input, an engine and an output.

mod exact;
mod export;
mod fields;
pub mod host;
mod lines;
mod parse;
mod registry;
pub mod render;
mod strict;

pub use export::{Counts, ExportLines};
pub use parse::{Action, Parsed, Refused, parse};
