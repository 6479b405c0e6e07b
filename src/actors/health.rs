//! The engine's health: asked of everybody, answered by whoever is last.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use super::answer::Answer;
use super::caller::{Caller, Outcome};
use super::shard::OpenOutbox;
use crate::storage::fingerprint_text;

/// How the engine is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Health {
    /// The last durable event.
    pub seq: u64,
    /// Dialogs that are waiting.
    pub waiting: usize,
    /// Dialogs that are offered.
    pub offered: usize,
    /// Dialogs that are answered.
    pub answered: usize,
    /// Dialogs ever opened.
    pub dialogs: u64,
    /// Operators that are not removed.
    pub operators: usize,
    /// Channels.
    pub channels: usize,
    /// Fingerprint of everything: the same after replay and after restart.
    pub state_hash: String,
}

/// A fingerprint over all things, gathered from those whose state is ahead of the disk.
#[derive(Debug)]
pub struct HealthCheck {
    sum: AtomicU64,
    outstanding: AtomicUsize,
    result: Mutex<Option<(Caller, Health)>>,
}

impl HealthCheck {
    /// A check of all images that were sent, to which `asked` actors add; `health` is what the dispatcher knows.
    pub fn new(sent: u64, asked: usize, caller: Caller, health: Health) -> Self {
        Self {
            sum: AtomicU64::new(sent),
            outstanding: AtomicUsize::new(asked),
            result: Mutex::new(Some((caller, health))),
        }
    }

    /// One actor is this much ahead of its image. The last one answers.
    pub fn add(&self, delta: u64, outbox: &mut OpenOutbox<'_>) {
        self.sum.fetch_add(delta, Ordering::Relaxed);
        if self.outstanding.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.answer(outbox);
        }
    }

    /// Answers at once, if nobody was asked.
    pub fn answer(&self, outbox: &mut OpenOutbox<'_>) {
        let result = self.result.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((caller, mut health)) = result {
            health.state_hash = fingerprint_text(self.sum.load(Ordering::Acquire));
            outbox.release(caller, Ok(Outcome::Answered(Box::new(Answer::Health(health)))));
        }
    }
}
