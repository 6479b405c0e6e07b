//! `centrala load`: whole lives of dialogs on the wall clock, as fast as they go or at a rate.

use std::path::PathBuf;

use clap::Args;

use super::failure::{Failure, print, print_json};
use super::progress;
use super::scratch::Place;
use super::settings::DurabilityArgument;
use crate::engine::Engine;
use crate::load::driver::{self, Driven};
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
    /// How many dialogs are under way at once; the next begins when one ends.
    #[arg(long, value_name = "N", default_value_t = 4_096, value_parser = clap::value_parser!(u32).range(1..=60_000))]
    in_flight: u32,
    /// Dialogs a second instead, begun when they are due: latency counts from then.
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
        let pace = self.rate.map_or(Pace::InFlight(self.in_flight), Pace::Rate);
        let plan = LoadPlan { dialogs: self.dialogs, operators: self.operators, pace, seed: self.seed };
        let place = Place::new(self.data)?;
        let engine = Engine::builder(place.path()).settings(self.durability.settings()).open()?;
        let bar = progress::bar(plan.dialogs, "dialogs");
        let driven = driver::drive(&engine, &plan, |ended| bar.set_position(ended));
        bar.finish_and_clear();
        let Driven { latencies, overloaded, wall } = driven?;
        engine.close_blocking()?;
        let durability = self.durability.level();
        let report = LoadReport::new(&plan, &latencies, overloaded, durability.as_str(), wall);
        if self.json { print_json(&report) } else { print(&report.text()) }
    }
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if rate > 0.0 && rate <= 1e7 => Ok(rate),
        _ => Err("a number of dialogs a second, above 0".to_owned()),
    }
}
