//! What the host writes: replies, and before each one the events that it may rest on.

use std::io::{BufWriter, Write};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use serde::Serialize;
use serde_json::Value;

use super::{HostError, Summary};
use crate::domain::transient::Transient;
use crate::engine::{Acknowledged, Answered, Engine, Recorded, Subscription, Transients};
use crate::error::Error;
use crate::protocol::Refused;
use crate::protocol::render::{self, Copied, Now, ReplyObject};
use crate::timestamp::Timestamp;

/// Bytes gathered before they are written, unless nothing more is ready.
const BUFFER_BYTES: usize = 64 * 1024;

/// The output with the events that still have to be written to it.
pub(super) struct Output<W: Write> {
    writer: BufWriter<W>,
    line: Vec<u8>,
    events: Option<Subscription>,
    transients: Option<Transients>,
    summary: Summary,
}

impl<W: Write> Output<W> {
    /// Writes to `writer`; events only if asked for, those that are committed from now on.
    pub(super) fn new(engine: &Engine, writer: W, events: bool) -> Self {
        Self {
            writer: BufWriter::with_capacity(BUFFER_BYTES, writer),
            line: Vec::new(),
            events: events.then(|| engine.subscribe(engine.durable_seq() + 1)),
            transients: events.then(|| engine.transients()),
            summary: Summary::default(),
        }
    }

    /// What was written so far.
    pub(super) fn summary(&self) -> Summary {
        self.summary
    }

    /// Writes the reply to a command, and before it the events of everything that it may rest on.
    pub(super) fn done(
        &mut self,
        reference: &Value,
        done: Result<Acknowledged, Error>,
    ) -> Result<(), HostError> {
        match done {
            Ok(Acknowledged { reply, seq }) => {
                self.events_up_to(seq)?;
                self.ok(reference, &ReplyObject(&reply))
            }
            Err(error) => self.error(reference, &error),
        }
    }

    /// Writes the answer to a query, and before it the events of everything that it shows.
    pub(super) fn answered(
        &mut self,
        reference: &Value,
        answered: Result<Answered, Error>,
    ) -> Result<(), HostError> {
        match answered {
            Ok(Answered { answer, seq }) => {
                self.events_up_to(seq)?;
                self.ok(reference, &answer)
            }
            Err(error) => self.error(reference, &error),
        }
    }

    /// Writes where the clock stands.
    pub(super) fn moved(
        &mut self,
        reference: &Value,
        now: Result<Timestamp, Error>,
    ) -> Result<(), HostError> {
        match now {
            Ok(now) => self.ok(reference, &Now { now }),
            Err(error) => self.error(reference, &error),
        }
    }

    /// Writes up to which event a copy surely goes.
    pub(super) fn copied(&mut self, reference: &Value, seq: Result<u64, Error>) -> Result<(), HostError> {
        match seq {
            Ok(seq) => {
                self.events_up_to(seq)?;
                self.ok(reference, &Copied { seq })
            }
            Err(error) => self.error(reference, &error),
        }
    }

    /// Writes what is wrong with a line.
    pub(super) fn refusal(&mut self, refused: &Refused) -> Result<(), HostError> {
        self.error(&refused.reference, &Error::Rejected(refused.rejection.clone()))
    }

    /// Writes the events up to and with `seq`, all of which are committed, and what happened meanwhile
    /// without being stored.
    pub(super) fn events_up_to(&mut self, seq: u64) -> Result<(), HostError> {
        while let Some((after, transient)) = self.transients.as_mut().and_then(Transients::next_ready) {
            self.transient(after, &transient)?;
        }
        self.stored_up_to(seq)
    }

    fn stored_up_to(&mut self, seq: u64) -> Result<(), HostError> {
        let Some(subscription) = &mut self.events else { return Ok(()) };
        for recorded in subscription.committed_up_to(seq)? {
            self.event(&recorded)?;
        }
        Ok(())
    }

    /// Writes the next event if one is there.
    pub(super) fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), HostError>> {
        if let Some(Poll::Ready(Some((after, transient)))) =
            self.transients.as_mut().map(|transients| transients.poll_ready(cx))
        {
            return Poll::Ready(self.transient(after, &transient));
        }
        let Some(subscription) = &mut self.events else { return Poll::Pending };
        match Pin::new(subscription).poll_next(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Some(Ok(recorded))) => Poll::Ready(self.event(&recorded)),
            Poll::Ready(Some(Err(error))) => Poll::Ready(Err(error.into())),
            Poll::Ready(None) => {
                self.events = None;
                Poll::Pending
            }
        }
    }

    /// Hands everything to the reader of the output.
    pub(super) fn flush(&mut self) -> Result<(), HostError> {
        self.writer.flush().map_err(HostError::Output)
    }

    fn ok(&mut self, reference: &Value, answer: &impl Serialize) -> Result<(), HostError> {
        self.summary.requests += 1;
        render::ok(&mut self.line, reference, answer);
        self.put()
    }

    fn error(&mut self, reference: &Value, error: &Error) -> Result<(), HostError> {
        self.summary.requests += 1;
        self.summary.refused += 1;
        render::error(&mut self.line, reference, error);
        self.put()
    }

    fn event(&mut self, recorded: &Recorded) -> Result<(), HostError> {
        self.summary.events += 1;
        render::event(&mut self.line, recorded);
        self.put()
    }

    /// Writes what is not stored behind everything that it rests on.
    fn transient(&mut self, after: u64, transient: &Transient) -> Result<(), HostError> {
        self.stored_up_to(after)?;
        self.summary.events += 1;
        render::transient(&mut self.line, transient);
        self.put()
    }

    fn put(&mut self) -> Result<(), HostError> {
        let written = self.writer.write_all(&self.line).map_err(HostError::Output);
        self.line.clear();
        written
    }
}
