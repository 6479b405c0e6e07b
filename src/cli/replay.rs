//! `centrala replay`: recorded arrivals through the real engine on virtual time.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;

use super::failure::{Failure, print, print_json};
use super::progress;
use super::scratch::Place;
use super::settings::DurabilityArgument;
use crate::engine::{ClockMode, Engine};
use crate::error::Error;
use crate::load::arrivals::Spread;
use crate::load::compare::{self, NamedPlan};
use crate::load::distributions::{Durations, Shape};
use crate::load::memory::peak_memory_bytes;
use crate::load::recording::Recording;
use crate::load::replay::{ReplayPlan, ReplayProgress, ReplayScript};
use crate::load::report::{self, Compared, Comparison, ReplayReport, RunFacts};
use crate::load::staffing::{Operators, ServiceGoal};

/// How often the bar is drawn anew.
const FRAME: Duration = Duration::from_millis(100);

/// Play recorded arrivals through the engine on virtual time, and report how clients were served.
#[derive(Debug, Args)]
pub(super) struct Replay {
    /// A CSV file with columns `DateTime` and `Calls`: how many arrived in each interval.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Only the first N days of the file.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    days: Option<u32>,
    /// How many operators there are: a number, or as many as the service level takes by Erlang C.
    #[arg(long, value_name = "N|auto", default_value = "auto")]
    operators: Operators,
    /// The share of clients to be answered within the threshold, for `--operators auto`.
    #[arg(long, value_name = "SHARE", default_value_t = ServiceGoal::default().level, value_parser = share)]
    target_service_level: f64,
    /// How many dialogs an operator handles at once.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    capacity: u32,
    /// Mean handling time.
    #[arg(long, value_name = "MS", default_value_t = ReplayPlan::DEFAULT_HANDLE_MS)]
    handle_ms: u64,
    /// How handling times are distributed: exponential, constant or lognormal.
    #[arg(long, value_name = "SHAPE", default_value_t = Shape::Exponential)]
    handling: Shape,
    /// Mean patience, exponential [default: nobody leaves].
    #[arg(long, value_name = "MS")]
    patience_ms: Option<u64>,
    /// Answered within this counts for the service level.
    #[arg(long, value_name = "MS", default_value_t = ReplayPlan::DEFAULT_THRESHOLD_MS)]
    threshold_ms: u64,
    /// How arrivals lie in their interval: at uniform random moments, or at even distances.
    #[arg(long, value_name = "SPREAD", default_value = "uniform", value_parser = spread)]
    arrivals: Spread,
    /// Where all random numbers come from.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    durability: DurabilityArgument,
    /// The data directory, which must be new [default: one that is removed afterwards].
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// A JSON file with settings to be played side by side on the same arrivals; what they do not say is as
    /// said here.
    #[arg(long, value_name = "FILE", conflicts_with = "data")]
    compare: Option<PathBuf>,
    /// Report as one JSON object.
    #[arg(long)]
    json: bool,
    /// Write the report with charts to a file.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

impl Replay {
    pub(super) fn execute(self) -> Result<(), Failure> {
        let plan = self.plan()?;
        match self.compare.clone() {
            Some(file) => self.compare(&file, &plan),
            None => self.show(&self.replay(&plan)?),
        }
    }

    /// Plays the same arrivals under every setting of the file, one after the other.
    fn compare(&self, file: &Path, plan: &ReplayPlan) -> Result<(), Failure> {
        let failed = |reason: String| Failure::Failed(format!("{}: {reason}", file.display()));
        let text = fs::read_to_string(file).map_err(|error| failed(error.to_string()))?;
        let mut settings = Vec::new();
        for NamedPlan { name, plan } in compare::read(&text, plan).map_err(failed)? {
            let mode = serde_json::to_value(plan.mode).map_err(Failure::of)?;
            let mode = mode.as_str().unwrap_or_default().to_owned();
            settings.push(Compared { name, mode, report: self.replay(&plan)? });
        }
        let comparison = Comparison::new(self.source(), settings);
        self.write_html(|| report::html_of_comparison(&comparison))?;
        if self.json { print_json(&comparison) } else { print(&report::text_of_comparison(&comparison)) }
    }

    fn replay(&self, plan: &ReplayPlan) -> Result<ReplayReport, Failure> {
        let (script, watched) = ReplayScript::new(plan)?;
        let place = Place::new(self.data.clone())?;
        let engine = self.open(&place, plan)?;
        let wall = play(&engine, script, &watched)?;
        let tally = match watched.outcome() {
            Some(Ok(tally)) => tally,
            Some(Err(failure)) => return Err(Failure::of(failure)),
            None => return Err(Failure::Failed("the replay stopped before its end".into())),
        };
        let state_hash = pollster::block_on(engine.health())?.state_hash;
        engine.close_blocking()?;
        let facts = RunFacts {
            source: self.source(),
            wall,
            state_hash,
            durability: self.durability.level().to_string(),
            peak_memory_bytes: peak_memory_bytes(),
        };
        Ok(ReplayReport::new(plan, tally, facts))
    }

    /// What is replayed, for people.
    fn source(&self) -> String {
        self.file.file_name().unwrap_or(self.file.as_os_str()).to_string_lossy().into_owned()
    }

    fn plan(&self) -> Result<ReplayPlan, Failure> {
        let recording = Recording::open(&self.file)
            .map_err(|error| Failure::Failed(format!("{}: {error}", self.file.display())))?;
        let recording = match self.days {
            Some(days) => recording.first_days(days as usize),
            None => recording,
        };
        let mut plan = ReplayPlan::new(recording);
        plan.spread = self.arrivals;
        plan.handling = Durations { shape: self.handling, mean_ms: self.handle_ms };
        plan.patience_ms = self.patience_ms;
        plan.operators = match self.operators {
            Operators::Auto(_) => Operators::Auto(ServiceGoal {
                level: self.target_service_level,
                within_ms: self.threshold_ms,
            }),
            fixed => fixed,
        };
        plan.capacity = self.capacity;
        plan.threshold_ms = self.threshold_ms;
        plan.seed = self.seed;
        Ok(plan)
    }

    fn open(&self, place: &Place, plan: &ReplayPlan) -> Result<Engine, Failure> {
        let clock = ClockMode::Virtual { start: plan.start() };
        let engine =
            Engine::builder(place.path()).settings(self.durability.settings()).clock(clock).open()?;
        if engine.durable_seq() > 0 {
            return Err(Failure::Failed(format!(
                "the data directory {} is not new: a replay counts from nothing, name another one",
                place.path().display()
            )));
        }
        Ok(engine)
    }

    fn show(&self, report: &ReplayReport) -> Result<(), Failure> {
        self.write_html(|| report::html(report))?;
        if self.json { print_json(report) } else { print(&report::text(report)) }
    }

    fn write_html(&self, page: impl FnOnce() -> String) -> Result<(), Failure> {
        let Some(path) = &self.html else { return Ok(()) };
        fs::write(path, page())
            .map_err(|error| Failure::Failed(format!("{} cannot be written: {error}", path.display())))
    }
}

/// Runs the script while the bar moves, and measures how long that takes on the wall clock.
#[allow(clippy::disallowed_methods)]
fn play(engine: &Engine, script: ReplayScript, watched: &ReplayProgress) -> Result<Duration, Error> {
    let started = Instant::now();
    let bar = progress::bar(watched.total(), "arrivals");
    let (ended, end) = mpsc::channel();
    let played = thread::scope(|scope| {
        scope.spawn(move || ended.send(pollster::block_on(engine.run_script(script)).map(|_| ())));
        loop {
            match end.recv_timeout(FRAME) {
                Ok(played) => return played,
                Err(mpsc::RecvTimeoutError::Disconnected) => return Err(Error::Closed),
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    bar.set_position(watched.arrivals());
                    bar.set_message(watched.now().to_string());
                }
            }
        }
    });
    bar.finish_and_clear();
    played.map(|()| started.elapsed())
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(share) if share > 0.0 && share < 1.0 => Ok(share),
        _ => Err("a number between 0 and 1".to_owned()),
    }
}

fn spread(text: &str) -> Result<Spread, String> {
    match text {
        "uniform" => Ok(Spread::Random),
        "even" => Ok(Spread::Even),
        _ => Err("uniform or even".to_owned()),
    }
}
