//! `centrala run`: the line protocol on standard input and output.

use std::io::{self, BufReader};
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::failure::Failure;
use super::settings::DurabilityArgument;
use crate::engine::{ClockMode, Engine};
use crate::protocol::host;
use crate::timestamp::Timestamp;

/// Large enough that a burst of lines is one read.
const INPUT_BYTES: usize = 256 * 1024;

/// 2026-01-01T00:00:00Z.
const DEFAULT_START: Timestamp = Timestamp::from_millis(1_767_225_600_000);

/// Answer JSON lines from standard input on standard output.
#[derive(Debug, Args)]
pub(super) struct Run {
    /// The data directory; made if it is not there.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Where time comes from: a virtual clock stands still until `advance`.
    #[arg(long, value_enum, default_value_t = ClockName::System)]
    clock: ClockName,
    /// Where a virtual clock starts, or where it stood, if that is later [default: 2026-01-01T00:00:00Z].
    #[arg(long, value_name = "RFC3339", value_parser = Timestamp::parse)]
    start: Option<Timestamp>,
    #[command(flatten)]
    durability: DurabilityArgument,
    /// Write every committed event too.
    #[arg(long)]
    events: bool,
    /// Bytes of journal from one checkpoint to the next: few, to see many of them.
    #[arg(long, value_name = "N", hide = true)]
    checkpoint_bytes: Option<u64>,
    /// Events that stay readable: few, to see the journal trimmed.
    #[arg(long, value_name = "N", hide = true)]
    retain_events: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ClockName {
    System,
    Virtual,
}

impl Run {
    pub(super) fn execute(self) -> Result<(), Failure> {
        let virtual_clock = self.clock == ClockName::Virtual;
        let clock = match (self.clock, self.start) {
            (ClockName::System, None) => ClockMode::System,
            (ClockName::System, Some(_)) => {
                return Err(Failure::Usage(
                    "--start is for --clock virtual: the system clock cannot be set".into(),
                ));
            }
            (ClockName::Virtual, start) => ClockMode::Virtual { start: start.unwrap_or(DEFAULT_START) },
        };
        let mut settings = self.durability.settings();
        settings.checkpoint_bytes = self.checkpoint_bytes.unwrap_or(settings.checkpoint_bytes);
        settings.retain_events = self.retain_events.unwrap_or(settings.retain_events);
        let engine = Engine::builder(self.data).settings(settings).clock(clock).open()?;
        let input = BufReader::with_capacity(INPUT_BYTES, io::stdin());
        let options = host::Options { virtual_clock, events: self.events };
        host::run(engine, input, io::stdout(), options)?;
        Ok(())
    }
}
