//! `centrala load`: whole lives of dialogs on the wall clock, as fast as they go or at a rate.

use std::io;
use std::path::PathBuf;

use clap::Args;

use super::failure::{Failure, print, print_json};
use super::progress;
use super::scratch::Place;
use super::settings::DurabilityArgument;
use crate::engine::{Durability, Engine};
use crate::limits;
use crate::load::disk::Syncs;
use crate::load::driver;
use crate::load::workload::{LoadPlan, LoadReport, Pace};

/// Load the engine with full lifecycles, and report throughput and latency.
#[derive(Debug, Args)]
pub(super) struct Load {
    /// How many dialogs live through receive, answer, reply and finish.
    #[arg(long, value_name = "N", default_value_t = LoadPlan::default().dialogs, value_parser = clap::value_parser!(u64).range(1..))]
    dialogs: u64,
    /// How many operators answer.
    #[arg(long, value_name = "N", default_value_t = LoadPlan::default().operators, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    operators: u32,
    /// How many channels there are, each with one operator; fewer than operators are as many as these.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=50_000))]
    channels: u32,
    /// How many dialogs are opened and answered before, and stay open all the time.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..=10_000_000))]
    open: u64,
    /// How many bytes each message has [default: about 55].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=limits::TEXT_CHARS as i64))]
    message_bytes: Option<u32>,
    /// How many threads there are for dialogs and operators beside the dispatcher's; 0: they share that one.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=64))]
    arbiters: u8,
    /// How many dialogs are under way at once; the next begins when one ends.
    #[arg(long, value_name = "N", default_value_t = 4_096, value_parser = clap::value_parser!(u32).range(1..=60_000))]
    in_flight: u32,
    /// Dialogs a second instead, begun when they are due: latency counts from then. If replies promise
    /// that a change is on disk, the disk is measured as well, and latencies are told in its syncs, too.
    #[arg(long, value_name = "R", conflicts_with = "in_flight", value_parser = rate)]
    rate: Option<f64>,
    /// Where random numbers come from.
    #[arg(long, value_name = "S", default_value_t = LoadPlan::default().seed)]
    seed: u64,
    #[command(flatten)]
    durability: DurabilityArgument,
    /// The data directory [default: one that is removed afterwards].
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Report as one JSON object.
    #[arg(long)]
    json: bool,
}

impl Load {
    pub(super) fn execute(self) -> Result<(), Failure> {
        let plan = self.plan();
        let mut settings = self.durability.settings();
        settings.arbiters = self.arbiters.into();
        let place = Place::new(self.data)?;
        let engine = Engine::builder(place.path()).settings(settings).open()?;
        // Where replies do not wait for the disk it says nothing about them.
        let probed = self.rate.is_some() && self.durability.level() == Durability::Sync;
        let mut syncs = Syncs::default();
        let mut probe =
            || if probed { syncs.probe(place.path()).map_err(|error| unprobed(&error)) } else { Ok(()) };
        probe()?;
        let bar = progress::bar(plan.dialogs, "dialogs");
        let driven = driver::drive(&engine, &plan, |ended| bar.set_position(ended));
        bar.finish_and_clear();
        let driven = driven?;
        engine.close_blocking()?;
        probe()?;
        let report = LoadReport::new(&plan, &driven, self.durability.level().as_str()).beside(syncs.times());
        if self.json { print_json(&report) } else { print(&report.text()) }
    }

    fn plan(&self) -> LoadPlan {
        LoadPlan {
            dialogs: self.dialogs,
            operators: self.operators,
            channels: self.channels,
            message_bytes: self.message_bytes,
            open: self.open,
            pace: self.rate.map_or(Pace::InFlight(self.in_flight), Pace::Rate),
            seed: self.seed,
        }
    }
}

fn unprobed(error: &io::Error) -> Failure {
    Failure::Failed(format!("the disk cannot be measured: {error}"))
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if rate > 0.0 && rate <= 1e7 => Ok(rate),
        _ => Err("a number of dialogs a second, above 0".to_owned()),
    }
}
