//! Requests that overlap, with replies in their order: for the system clock.
//!
//! A thread of its own reads lines and hands requests to the engine without waiting for replies.
//! The thread of the caller waits for the oldest reply and for events, whichever comes first. At
//! most [`limits::PIPELINE_REQUESTS`] wait in between: then reading waits too.

use std::future::{Future, poll_fn};
use std::io::{self, BufRead, Write};
use std::path::PathBuf;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};
use std::thread;

use serde_json::Value;
use tokio::sync::mpsc;

use super::HostError;
use super::output::Output;
use crate::domain::query::Query;
use crate::engine::{Acknowledged, Answered, Engine, Execution};
use crate::error::{Error, Rejection};
use crate::ids::OperatorId;
use crate::limits;
use crate::protocol::lines::{Line, Lines};
use crate::protocol::parse::too_long;
use crate::protocol::{Action, Parsed, Refused, parse};

/// A line that was read, on its way to its reply.
enum Pending {
    Command(Value, Execution<Acknowledged>),
    Query(Value, Pin<Box<dyn Future<Output = Result<Answered, Error>> + Send>>),
    Answered(Value, Box<Result<Answered, Error>>),
    Backup(Value, Pin<Box<dyn Future<Output = Result<u64, Error>> + Send>>),
    Refused(Refused),
    Unreadable(io::Error),
}

/// Answers every line.
pub(super) fn serve<R, W>(engine: &Engine, lines: Lines<R>, output: &mut Output<W>) -> Result<(), HostError>
where
    R: BufRead + Send + 'static,
    W: Write,
{
    let (sender, receiver) = mpsc::channel(limits::PIPELINE_REQUESTS);
    let reading = engine.clone();
    thread::Builder::new()
        .name("centrala-lines".into())
        .spawn(move || read(&reading, lines, &sender))
        .map_err(HostError::Input)?;
    let mut replies = Replies { receiver, oldest: None, ended: false };
    pollster::block_on(poll_fn(|cx| replies.poll(cx, output)))?;
    if let Ok(seq) = pollster::block_on(engine.settle()) {
        output.events_up_to(seq)?;
    }
    output.flush()
}

/// Reads until the input ends, or nobody waits for replies any more.
fn read<R: BufRead>(engine: &Engine, mut lines: Lines<R>, replies: &mpsc::Sender<Pending>) {
    loop {
        let pending = match lines.next_line() {
            Ok(Some(Line::Whole(bytes))) => submit(engine, parse(bytes)),
            Ok(Some(Line::TooLong)) => Pending::Refused(too_long()),
            Ok(None) => return,
            Err(error) => Pending::Unreadable(error),
        };
        let last = matches!(pending, Pending::Unreadable(_));
        if replies.blocking_send(pending).is_err() || last {
            return;
        }
    }
}

fn submit(engine: &Engine, parsed: Result<Parsed, Refused>) -> Pending {
    match parsed {
        Ok(Parsed { reference, action: Action::Command(request) }) => {
            Pending::Command(reference, engine.execute(request))
        }
        Ok(Parsed { reference, action: Action::Query(query, actor) }) => {
            ask(engine.clone(), reference, query, actor)
        }
        Ok(Parsed { reference, action: Action::Advance(_) }) => {
            let rejection = Rejection::invalid("do", "only a virtual clock can be advanced");
            Pending::Refused(Refused { reference, rejection })
        }
        Ok(Parsed { reference, action: Action::Backup(to) }) => back_up(engine.clone(), reference, to),
        Err(refused) => Pending::Refused(refused),
    }
}

/// Begun at once, too: what was sent before is in it.
fn back_up(engine: Engine, reference: Value, to: PathBuf) -> Pending {
    let mut copying: Pin<Box<dyn Future<Output = _> + Send>> =
        Box::pin(async move { engine.backup(to).await });
    match copying.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(copied) => Pending::Backup(reference, Box::pin(std::future::ready(copied))),
        Poll::Pending => Pending::Backup(reference, copying),
    }
}

/// Asks at once: a question must not see what was sent after it.
fn ask(engine: Engine, reference: Value, query: Query, actor: Option<OperatorId>) -> Pending {
    let mut asking = Box::pin(async move { engine.query(query, actor).await });
    match asking.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answered) => Pending::Answered(reference, Box::new(answered)),
        Poll::Pending => Pending::Query(reference, asking),
    }
}

/// The replies that are still to be written, the oldest first.
struct Replies {
    receiver: mpsc::Receiver<Pending>,
    oldest: Option<Pending>,
    ended: bool,
}

impl Replies {
    /// Writes whatever is ready; done when the input has ended and everything is answered.
    fn poll<W: Write>(
        &mut self,
        cx: &mut Context<'_>,
        output: &mut Output<W>,
    ) -> Poll<Result<(), HostError>> {
        loop {
            if self.oldest.is_none() && !self.ended {
                match self.receiver.poll_recv(cx) {
                    Poll::Ready(Some(pending)) => self.oldest = Some(pending),
                    Poll::Ready(None) => self.ended = true,
                    Poll::Pending => {}
                }
            }
            if self.oldest.is_none() && self.ended {
                return Poll::Ready(Ok(()));
            }
            let progress = match self.poll_oldest(cx, output) {
                Poll::Pending => output.poll_event(cx),
                ready => ready,
            };
            match progress {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => {
                    // Nothing more is ready: whoever reads the output sees all there is.
                    if let Err(error) = output.flush() {
                        return Poll::Ready(Err(error));
                    }
                    return Poll::Pending;
                }
            }
        }
    }

    /// Writes the oldest reply, if it is there.
    fn poll_oldest<W: Write>(
        &mut self,
        cx: &mut Context<'_>,
        output: &mut Output<W>,
    ) -> Poll<Result<(), HostError>> {
        let written = match &mut self.oldest {
            None => return Poll::Pending,
            Some(Pending::Command(reference, execution)) => {
                output.done(reference, ready!(Pin::new(execution).poll(cx)))
            }
            Some(Pending::Query(reference, asking)) => {
                output.answered(reference, ready!(asking.as_mut().poll(cx)))
            }
            Some(Pending::Answered(reference, answered)) => {
                let closed = Err(Error::Closed);
                output.answered(reference, std::mem::replace(&mut **answered, closed))
            }
            Some(Pending::Backup(reference, copying)) => {
                output.copied(reference, ready!(copying.as_mut().poll(cx)))
            }
            Some(Pending::Refused(refused)) => output.refusal(refused),
            Some(Pending::Unreadable(error)) => {
                Err(HostError::Input(std::mem::replace(error, io::ErrorKind::Other.into())))
            }
        };
        self.oldest = None;
        Poll::Ready(written)
    }
}
