//! One request at a time, done with all its consequences before the next: for the virtual clock.

use std::io::{BufRead, Write};

use super::HostError;
use super::output::Output;
use crate::engine::Engine;
use crate::protocol::lines::{Line, Lines};
use crate::protocol::parse::too_long;
use crate::protocol::{Action, Parsed, parse};

/// Answers every line.
pub(super) fn serve<R: BufRead, W: Write>(
    engine: &Engine,
    mut lines: Lines<R>,
    output: &mut Output<W>,
) -> Result<(), HostError> {
    while let Some(line) = lines.next_line().map_err(HostError::Input)? {
        let parsed = match line {
            Line::Whole(bytes) => parse(bytes),
            Line::TooLong => Err(too_long()),
        };
        match parsed {
            Ok(parsed) => pollster::block_on(answer(engine, parsed, output))?,
            Err(refused) => output.refusal(&refused)?,
        }
        output.flush()?;
    }
    Ok(())
}

async fn answer<W: Write>(engine: &Engine, parsed: Parsed, output: &mut Output<W>) -> Result<(), HostError> {
    let Parsed { reference, action } = parsed;
    match action {
        Action::Command(request) => {
            let done = engine.execute(request).await;
            settle(engine, output).await?;
            output.done(&reference, done)
        }
        Action::Query(query, actor) => output.answered(&reference, engine.query(query, actor).await),
        Action::Advance(step) => {
            let now = engine.advance(step).await;
            settle(engine, output).await?;
            output.moved(&reference, now)
        }
        Action::Backup(to) => output.copied(&reference, engine.backup(to).await),
    }
}

/// Waits for every consequence and writes the events of all.
async fn settle<W: Write>(engine: &Engine, output: &mut Output<W>) -> Result<(), HostError> {
    // An engine that has failed says so in the reply; there is nothing more to wait for then.
    let Ok(seq) = engine.settle().await else { return Ok(()) };
    output.events_up_to(seq)
}
