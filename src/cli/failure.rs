//! How the command line says that something failed, and with which exit code.

use std::fmt::Display;
use std::io;
use std::process::ExitCode;

use crate::error::Error;
use crate::protocol::host::HostError;

/// Why a command was not done.
#[derive(Debug)]
pub(super) enum Failure {
    /// It failed: exit code 1 and this sentence.
    Failed(String),
    /// The arguments do not go together: exit code 2 and this sentence.
    Usage(String),
    /// Nobody reads the output any more: nothing to say, and nobody to hear it.
    Unheard,
}

impl Failure {
    /// A failure for which there is a sentence.
    pub(super) fn of(error: impl Display) -> Self {
        Self::Failed(error.to_string())
    }

    /// Tells standard error, and gives the exit code.
    pub(super) fn show(self) -> ExitCode {
        match self {
            Self::Failed(sentence) => {
                say(&sentence);
                ExitCode::FAILURE
            }
            Self::Usage(sentence) => {
                say(&sentence);
                ExitCode::from(2)
            }
            Self::Unheard => ExitCode::SUCCESS,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::of(error)
    }
}

impl From<HostError> for Failure {
    fn from(error: HostError) -> Self {
        Self::of(error)
    }
}

/// Shows what the reader of arguments has to say: help and version are no failures.
pub(super) fn usage(error: &clap::Error) -> ExitCode {
    let _ = error.print();
    if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS }
}

/// Writes to standard output.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    let mut output = io::stdout().lock();
    match io::Write::write_all(&mut output, text.as_bytes()).and_then(|()| io::Write::flush(&mut output)) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Failure::Unheard),
        Err(error) => Err(Failure::Failed(format!("the output cannot be written: {error}"))),
    }
}

/// Writes a value to standard output as one line of JSON.
pub(super) fn print_json(value: &impl serde::Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string(value).map_err(Failure::of)?;
    print(&format!("{text}\n"))
}

fn say(sentence: &str) {
    // Standard error is the last resort: if it is gone too, the exit code has to do.
    let _ = io::Write::write_all(&mut io::stderr().lock(), format!("centrala: {sentence}\n").as_bytes());
}
