//! The judge: what must be true, told from what left the engine. It does not use the engine's own `apply`, and
//! knows no disk but by what was promised of it.
//!
//! - `record.rs` is the journal as it left the engine, and what of it may be lost;
//! - `model.rs` is what contact centres agree on, event by event;
//! - `questions.rs` compares the model with what the engine answers.

mod model;
mod questions;
mod record;

pub(super) use model::Model;
pub(super) use questions::question;
pub(super) use record::{Promise, Record};
