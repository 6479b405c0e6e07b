//! The loop between an input of lines, an engine and an output of lines.
//!
//! On the system clock requests overlap and replies keep their order (`pipelined`). On the virtual
//! clock one request is done with all its consequences before the next is read (`settled`), so
//! that the same input gives the same output. What a request means is decided elsewhere.

mod output;
mod pipelined;
mod settled;

use std::io::{self, BufRead, Write};

use output::Output;

use super::lines::Lines;
use crate::engine::{Engine, FeedError};
use crate::error::Error;
use crate::limits;

/// How the host runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// The engine's clock is virtual: requests are done one at a time, and `advance` is allowed.
    pub virtual_clock: bool,
    /// Every event that is committed from now on is written too.
    pub events: bool,
}

/// What went through the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Summary {
    /// Lines that were answered.
    pub requests: u64,
    /// Answers that were errors.
    pub refused: u64,
    /// Events that were written.
    pub events: u64,
}

/// Why the host stopped before the end of its input.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] Error),
    /// Events cannot be read, or not as fast as they happen.
    #[error("the events cannot be written: {0}")]
    Events(#[from] FeedError),
    /// The input cannot be read.
    #[error("the input cannot be read: {0}")]
    Input(#[source] io::Error),
    /// The output cannot be written.
    #[error("the output cannot be written: {0}")]
    Output(#[source] io::Error),
}

/// Answers every line of `input` on `output` until the input ends, then closes the engine.
///
/// An output that nobody reads any more ends the host as the end of the input does. The input is
/// read on a thread of its own, which may outlive this call if it hangs in a read.
///
/// # Errors
/// [`HostError`] if reading, writing or closing fails. Requests that are refused are answered.
pub fn run<R, W>(engine: Engine, input: R, output: W, options: Options) -> Result<Summary, HostError>
where
    R: BufRead + Send + 'static,
    W: Write,
{
    let lines = Lines::new(input, limits::LINE_BYTES);
    let mut output = Output::new(&engine, output, options.events);
    let served = match options.virtual_clock {
        true => settled::serve(&engine, lines, &mut output),
        false => pipelined::serve(&engine, lines, &mut output),
    };
    let summary = output.summary();
    let closed = engine.close_blocking();
    match served {
        Err(HostError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {}
        other => other?,
    }
    closed?;
    Ok(summary)
}
