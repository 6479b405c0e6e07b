//! The command line: one module per command, each of which only reads its arguments, calls the
//! library and shows what came out. Nothing here decides anything.

mod backup;
mod checking;
mod explain;
mod export;
mod failure;
mod inspect;
mod load;
mod progress;
mod replay;
mod run;
mod scratch;
mod settings;
mod verify;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The engine inside a contact centre: dialogs, operators and a dispatcher as durable actors.
#[derive(Debug, Parser)]
#[command(name = "centrala", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::Run),
    Replay(replay::Replay),
    Load(load::Load),
    Verify(verify::Verify),
    Inspect(inspect::Inspect),
    Export(export::Export),
    Explain(explain::Explain),
    Backup(backup::Backup),
}

/// Runs one command line. The code is 0 when it was done, 1 when it failed (standard error says
/// why, in one sentence) and 2 for wrong usage.
pub fn main(arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => return failure::usage(&error),
    };
    let done = match arguments.command {
        Command::Run(command) => command.execute(),
        Command::Replay(command) => command.execute(),
        Command::Load(command) => command.execute(),
        Command::Verify(command) => command.execute(),
        Command::Inspect(command) => command.execute(),
        Command::Export(command) => command.execute(),
        Command::Explain(command) => command.execute(),
        Command::Backup(command) => command.execute(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.show(),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn the_documented_command_lines_are_read() {
        for line in [
            "centrala run --data d",
            "centrala run --data d --clock virtual --start 2026-01-01T00:00:00Z --durability none --events",
            "centrala replay f.csv",
            "centrala replay f.csv --days 3 --operators 20 --handle-ms 1 --patience-ms 2 --threshold-ms 3 --seed 4 \
             --durability buffered --data d --json --html h --arrivals even --handling lognormal --capacity 2 \
             --target-service-level 0.9",
            "centrala replay f.csv --operators auto",
            "centrala replay f.csv --compare settings.json --html h --json --patience-ms 2",
            "centrala load",
            "centrala load --dialogs 10 --operators 2 --in-flight 3 --durability sync --data d --json",
            "centrala load --rate 100.5",
            "centrala load --channels 20 --open 30 --message-bytes 400 --arbiters 2",
            "centrala verify d",
            "centrala inspect d",
            "centrala inspect d --quick",
            "centrala export d",
            "centrala export d --output f --skip-damage --quick",
            "centrala explain d 7",
            "centrala explain d 7 --quick",
            "centrala backup d e",
        ] {
            if let Err(error) = Arguments::try_parse_from(line.split_whitespace()) {
                panic!("{line}: {error}");
            }
        }
    }

    #[test]
    fn wrong_usage_is_refused() {
        for line in [
            "centrala",
            "centrala dance",
            "centrala run",
            "centrala run --data d --clock sundial",
            "centrala run --data d --start 2026-01-01T00:00:00Z",
            "centrala run --data d --clock virtual --start yesterday",
            "centrala run --data d --durability maybe",
            "centrala replay",
            "centrala replay f.csv --operators 0",
            "centrala replay f.csv --operators many",
            "centrala replay f.csv --capacity 0",
            "centrala replay f.csv --target-service-level 1.5",
            "centrala load --in-flight 3 --rate 5",
            "centrala load --in-flight 0",
            "centrala load --rate 0",
            "centrala load --message-bytes 0",
            "centrala load --arbiters 65",
            "centrala verify",
            "centrala export",
            "centrala explain d",
            "centrala explain d seven",
            "centrala backup d",
        ] {
            let arguments: Vec<_> = line.split_whitespace().collect();
            assert_eq!(main(arguments), ExitCode::from(2), "{line}");
        }
    }
}
