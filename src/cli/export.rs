//! `centrala export`: everything that a closed data directory holds, as lines of JSON.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use clap::Args;

use super::checking::Checking;
use super::failure::Failure;
use super::progress;
use crate::error::Error;
use crate::protocol::ExportLines;
use crate::storage;

/// Write everything that a closed data directory holds as JSON lines: settings, library, dialogs, files,
/// and the events that are kept.
#[derive(Debug, Args)]
pub(super) struct Export {
    /// The data directory.
    #[arg(value_name = "DIR")]
    directory: PathBuf,
    /// Write to a file instead of standard output.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Pass over what is damaged, with a line that says so, instead of ending there; the exit code is 1 then.
    #[arg(long)]
    skip_damage: bool,
    #[command(flatten)]
    checking: Checking,
}

/// Why an export ended before its end.
enum Ended {
    Storage(Error),
    Output(io::Error),
}

impl From<Error> for Ended {
    fn from(error: Error) -> Self {
        Self::Storage(error)
    }
}

impl From<io::Error> for Ended {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl Export {
    pub(super) fn execute(self) -> Result<(), Failure> {
        let name = self.output.as_ref().map_or("the output".to_owned(), |path| path.display().to_string());
        let written = match &self.output {
            Some(path) => File::create(path).map_err(Ended::Output).and_then(|file| self.write(file)),
            None => self.write(io::stdout().lock()),
        };
        let damages = written.map_err(|ended| match ended {
            Ended::Storage(error) => Failure::of(error),
            Ended::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => Failure::Unheard,
            Ended::Output(error) => Failure::Failed(format!("{name} cannot be written: {error}")),
        })?;
        match damages {
            0 => self.checking.check(&self.directory),
            1 => Err(Failure::Failed("one place is damaged; everything else was written".to_owned())),
            _ => Err(Failure::Failed(format!("{damages} places are damaged; everything else was written"))),
        }
    }

    /// Writes all lines. Returns how many places are damaged.
    fn write(&self, output: impl Write) -> Result<u64, Ended> {
        let mut output = BufWriter::with_capacity(256 * 1024, output);
        let bar = progress::bar(0, "entries");
        let (mut lines, mut line) = (ExportLines::new(), Vec::new());
        let mut progress = |done, total| {
            bar.set_length(total);
            bar.set_position(done);
        };
        let exports = storage::export(&self.directory, self.skip_damage, &mut progress, &mut |exported| {
            line.clear();
            lines.line(&mut line, exported);
            output.write_all(&line).map_err(Ended::Output)
        });
        bar.finish_and_clear();
        let exports = match exports {
            Ok(exports) => exports,
            Err(ended) => {
                // What was whole up to there is of use to somebody.
                output.flush()?;
                return Err(ended);
            }
        };
        line.clear();
        lines.end(&mut line, &exports);
        output.write_all(&line)?;
        output.flush()?;
        Ok(exports.damages)
    }
}
