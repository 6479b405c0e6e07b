//! What to replay and how. Plain data.

use crate::domain::channel::QueueMode;
use crate::error::Error;
use crate::limits;
use crate::load::arrivals::Spread;
use crate::load::distributions::{Durations, Shape};
use crate::load::recording::Recording;
use crate::load::staffing::{DayShift, Operators, ServiceGoal, Staffing};
use crate::timestamp::Timestamp;

/// What to replay and how.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ReplayPlan {
    /// How many arrive when.
    pub recording: Recording,
    /// How the arrivals of an interval lie in it.
    pub spread: Spread,
    /// How long a dialog takes, from the answer to its end.
    pub handling: Durations,
    /// How long a client waits for an answer on average, exponentially; `None`: for ever.
    pub patience_ms: Option<u64>,
    /// How many operators there are.
    pub operators: Operators,
    /// How many operators there are by the time of day, in order; if any are named, `operators` is not asked.
    pub by_time: Vec<DayShift>,
    /// Who among the free operators gets a dialog.
    pub mode: QueueMode,
    /// How many may wait before others are turned away; without it, as many as come.
    pub max_waiting: Option<u32>,
    /// How long anybody may wait before the engine closes the dialog; without it, for ever.
    pub abandon_ms: Option<u64>,
    /// How many dialogs an operator handles at once.
    pub capacity: u32,
    /// Answered within this counts for the service level.
    pub threshold_ms: u64,
    /// Where all random numbers come from.
    pub seed: u64,
}

impl ReplayPlan {
    /// Mean handling time unless it is given: four minutes, as with a bank's calls.
    pub const DEFAULT_HANDLE_MS: u64 = 240_000;

    /// Threshold of the service level unless it is given.
    pub const DEFAULT_THRESHOLD_MS: u64 = 20_000;

    /// The usual plan for a recording: random arrivals, exponential handling, nobody leaves, one
    /// dialog at a time, and staff for 80 % within 20 seconds.
    pub fn new(recording: Recording) -> Self {
        Self {
            recording,
            spread: Spread::default(),
            handling: Durations { shape: Shape::Exponential, mean_ms: Self::DEFAULT_HANDLE_MS },
            patience_ms: None,
            operators: Operators::Auto(ServiceGoal::default()),
            by_time: Vec::new(),
            mode: QueueMode::Evenly,
            max_waiting: None,
            abandon_ms: None,
            capacity: 1,
            threshold_ms: Self::DEFAULT_THRESHOLD_MS,
            seed: 1,
        }
    }

    /// When the replay starts: an engine's virtual clock should stand there or earlier.
    pub fn start(&self) -> Timestamp {
        self.recording.intervals().first().map_or(Timestamp::default(), |interval| interval.start)
    }

    /// How many operators there are when.
    pub fn staffing(&self) -> Staffing {
        let intervals = self.recording.intervals();
        match self.by_time.is_empty() {
            true => Staffing::plan(intervals, self.operators, self.handling.mean_ms, self.capacity),
            false => Staffing::by_time(intervals, &self.by_time),
        }
    }

    /// Whether every setting is in its range, and how many operators that takes.
    pub(in crate::load) fn checked_staffing(&self) -> Result<Staffing, Error> {
        within("handle_ms", self.handling.mean_ms, 1, limits::DURATION_MS)?;
        within("patience_ms", self.patience_ms.unwrap_or(1), 1, limits::DURATION_MS)?;
        within("capacity", u64::from(self.capacity), 1, u64::from(limits::CAPACITY_UNITS))?;
        within("abandon_ms", self.abandon_ms.unwrap_or(1), 1, limits::DURATION_MS)?;
        if matches!(self.mode, QueueMode::All | QueueMode::Manual) {
            let reason = "a replay answers by itself, so the queue has to give each dialog to one operator";
            return Err(Error::InvalidSetting { setting: "mode", reason: reason.to_owned() });
        }
        if let Operators::Fixed(count) = self.operators {
            within("operators", u64::from(count), 1, limits::QUEUE_MEMBERS as u64)?;
        }
        let staffing = self.staffing();
        within("operators", u64::from(staffing.most()), 0, limits::QUEUE_MEMBERS as u64)?;
        Ok(staffing)
    }
}

fn within(setting: &'static str, value: u64, least: u64, most: u64) -> Result<(), Error> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(Error::InvalidSetting { setting, reason: format!("{value} is not between {least} and {most}") })
}
