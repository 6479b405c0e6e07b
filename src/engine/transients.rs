//! What happens and is not stored, for whoever is there: a stream beside the subscriptions.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;

use super::Engine;
use crate::actors::transients::{Published, Reader};
use crate::domain::transient::Transient;

/// What happens from now on and leaves no trace, such as typing. A [`Stream`] that ends when the engine
/// is closed.
///
/// It is bounded, and nobody waits for its reader: one that falls more than
/// [`TRANSIENTS`](crate::limits::TRANSIENTS) behind goes on with the oldest that is left, and
/// [`missed`](Self::missed) says how many it lost.
#[derive(Debug)]
pub struct Transients {
    reader: Reader,
}

impl Engine {
    /// What happens from now on and is not stored. Each leaves when everything that it rests on is as
    /// durable as the settings say, so that it never speaks of a dialog that a crash could undo.
    pub fn transients(&self) -> Transients {
        Transients { reader: self.running.shared.transients.read() }
    }
}

impl Transients {
    /// How many were lost so far because they were not read in time.
    pub fn missed(&self) -> u64 {
        self.reader.missed()
    }

    /// The next one if it is there, without waiting, with the last event that is durable before it.
    pub fn next_ready(&mut self) -> Option<(u64, Arc<Transient>)> {
        self.reader.next_ready().map(|Published { after, transient }| (after, transient))
    }

    /// The next one as soon as it is there, with the last event that is durable before it.
    pub fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Option<(u64, Arc<Transient>)>> {
        let next = self.reader.poll_next(context);
        next.map(|next| next.map(|Published { after, transient }| (after, transient)))
    }
}

impl Stream for Transients {
    type Item = Transient;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_ready(context).map(|next| next.map(|(_, transient)| Arc::unwrap_or_clone(transient)))
    }
}
