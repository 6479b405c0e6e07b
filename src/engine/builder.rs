//! Opening an engine.

use std::path::{Path, PathBuf};

use super::running::Running;
use super::{Engine, Settings};
use crate::error::Error;
use crate::timestamp::Timestamp;

/// Which clock an engine runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ClockMode {
    /// The operating system's.
    #[default]
    System,
    /// One that stands still and moves only by [`Engine::advance`]. The same input then gives the
    /// same output. It starts at `start`, or where it stood when the engine was closed, if that
    /// is later.
    Virtual {
        /// Where it starts.
        start: Timestamp,
    },
}

/// Opens an engine.
#[derive(Debug, Clone)]
#[must_use]
pub struct Builder {
    path: PathBuf,
    settings: Settings,
    clock: ClockMode,
}

impl Builder {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), settings: Settings::default(), clock: ClockMode::System }
    }

    /// Other settings than the defaults.
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// Another clock than the operating system's.
    pub fn clock(mut self, clock: ClockMode) -> Self {
        self.clock = clock;
        self
    }

    /// Opens the data directory, recovers what is in it, and starts the engine's own threads.
    /// Blocks until commands are taken.
    ///
    /// # Errors
    /// [`Error::InUse`], [`Error::Unusable`], [`Error::NewerFormat`], [`Error::Damaged`] for the
    /// directory; [`Error::InvalidSetting`] for a setting out of range.
    pub fn open(self) -> Result<Engine, Error> {
        let running = Running::start(&self.path, &self.settings, self.clock)?;
        Ok(Engine { running })
    }
}
