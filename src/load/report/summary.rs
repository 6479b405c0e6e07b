//! The figures of a report, made from the counts of a replay. No text and no picture here.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use crate::load::human;
use crate::load::recording::Interval;
use crate::load::replay::{IntervalTally, ReplayPlan, Tally};
use crate::load::staffing::Operators;

/// Upper ends of the bands in which waits are counted, in milliseconds.
const BANDS_MS: [u64; 8] = [0, 5_000, 10_000, 20_000, 30_000, 60_000, 120_000, 300_000];

/// What is known of a run besides its counts.
#[derive(Debug, Clone, Default)]
pub struct RunFacts {
    /// What was replayed, for people: the name of the file.
    pub source: String,
    /// How long it took on the wall clock.
    pub wall: Duration,
    /// The engine's hash of all state at the end.
    pub state_hash: String,
    /// What a reply meant: sync, buffered or none.
    pub durability: String,
    /// The most memory that the process had at once.
    pub peak_memory_bytes: Option<u64>,
}

/// What came of a replay. Shares are between 0 and 1, and absent where there is nothing to share.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ReplayReport {
    /// What was replayed.
    pub source: String,
    /// How many days had rows.
    pub days: usize,
    /// The first of them.
    pub first_day: Option<String>,
    /// The last of them.
    pub last_day: Option<String>,
    /// How many clients came; each opened one dialog.
    pub arrivals: u64,
    /// How many were answered.
    pub answered: u64,
    /// How many left before that.
    pub abandoned: u64,
    /// How many found the queue full.
    pub turned_away: u64,
    /// The share of arrivals that waited at all.
    pub p_wait: Option<f64>,
    /// The share of arrivals that was answered within the threshold.
    pub service_level: Option<f64>,
    /// That threshold.
    pub threshold_ms: u64,
    /// Average speed of answer: how long the answered waited on average.
    pub asa_ms: Option<u64>,
    /// Average handling time, from the answer to the end.
    pub aht_ms: Option<u64>,
    /// Time of answered dialogs by time of capacity online.
    pub occupancy: Option<f64>,
    /// The longest that anybody waited.
    pub longest_wait_ms: u64,
    /// Nine of ten answered clients waited no longer.
    pub wait_p90_ms: Option<u64>,
    /// How long the answered waited.
    pub waits: Vec<WaitBand>,
    /// `auto`, or the number that was given.
    pub operators: String,
    /// The share of clients for whom `auto` staffs.
    pub service_goal: Option<f64>,
    /// The most who were there at once.
    pub operators_max: u32,
    /// How many dialogs an operator handled at once.
    pub capacity: u32,
    /// How handling times are distributed.
    pub handling: &'static str,
    /// Their mean, as it was asked for.
    pub handle_ms: u64,
    /// The mean patience, as it was asked for.
    pub patience_ms: Option<u64>,
    /// Where all random numbers came from.
    pub seed: u64,
    /// The day with the most arrivals.
    pub busiest_day: Option<DayFigures>,
    /// What a reply meant.
    pub durability: String,
    /// How long it took on the wall clock.
    pub wall_ms: u64,
    /// Dialogs from opening to closing, per second on the wall clock.
    pub dialogs_per_second: u64,
    /// The engine's hash of all state at the end.
    pub state_hash: String,
    /// The most memory that the process had at once.
    pub peak_memory_bytes: Option<u64>,
    /// Every day with rows.
    pub per_day: Vec<DayFigures>,
    /// The average day.
    pub average_day: Vec<SlotFigures>,
}

/// Those who arrived on one day, whenever they were answered.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DayFigures {
    /// The day, in UTC.
    pub date: String,
    /// How many came.
    pub arrivals: u64,
    /// How many were answered.
    pub answered: u64,
    /// How many left before that.
    pub abandoned: u64,
    /// The share that was answered within the threshold.
    pub service_level: Option<f64>,
    /// How long the answered waited on average.
    pub asa_ms: Option<u64>,
    /// The most operators that were planned.
    pub operators_max: u32,
}

/// Those who arrived at one time of the day, on average over the days that have it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SlotFigures {
    /// When the interval begins, as hours and minutes.
    pub time: String,
    /// The same in milliseconds since midnight.
    #[serde(skip)]
    pub time_of_day_ms: u64,
    /// How many came.
    pub arrivals: f64,
    /// How many operators were planned.
    pub operators: f64,
    /// The share that was answered within the threshold.
    pub service_level: Option<f64>,
}

/// How many waited so long and no longer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WaitBand {
    /// At most so long, and longer than the band before; `None`: longer than all bands.
    pub up_to_ms: Option<u64>,
    /// How many.
    pub answered: u64,
}

impl ReplayReport {
    /// The figures of a replay of `plan` that counted `tally`.
    pub fn new(plan: &ReplayPlan, tally: &Tally, run: RunFacts) -> Self {
        let rows: Vec<Row<'_>> = plan.recording.intervals().iter().zip(&tally.intervals).collect();
        let per_day: Vec<DayFigures> = rows.chunk_by(|a, b| a.0.day() == b.0.day()).filter_map(day).collect();
        let wall_seconds = run.wall.as_secs_f64();
        Self {
            days: per_day.len(),
            first_day: per_day.first().map(|day| day.date.clone()),
            last_day: per_day.last().map(|day| day.date.clone()),
            arrivals: tally.arrivals,
            answered: tally.answered,
            abandoned: tally.abandoned,
            turned_away: tally.turned_away,
            p_wait: share(tally.waited, tally.arrivals),
            service_level: share(tally.within, tally.answered + tally.abandoned),
            threshold_ms: tally.threshold_ms(),
            asa_ms: mean(tally.wait_ms, tally.answered),
            aht_ms: mean(tally.handling_ms, tally.answered),
            occupancy: share(tally.handling_ms, tally.online_ms),
            longest_wait_ms: tally.longest_wait_ms,
            wait_p90_ms: (tally.answered > 0).then(|| tally.waits.value_at_quantile(0.9)),
            waits: bands(tally),
            operators: match plan.operators {
                _ if !plan.by_time.is_empty() => "by the time of day".to_owned(),
                Operators::Auto(_) => "auto".to_owned(),
                Operators::Fixed(count) => count.to_string(),
            },
            service_goal: match plan.operators {
                Operators::Auto(goal) if plan.by_time.is_empty() => Some(goal.level),
                _ => None,
            },
            operators_max: tally.operators_max,
            capacity: plan.capacity,
            handling: plan.handling.shape.as_str(),
            handle_ms: plan.handling.mean_ms,
            patience_ms: plan.patience_ms,
            seed: plan.seed,
            busiest_day: per_day.iter().rev().max_by_key(|day| day.arrivals).cloned(),
            wall_ms: u64::try_from(run.wall.as_millis()).unwrap_or(u64::MAX),
            dialogs_per_second: if wall_seconds > 0.0 {
                (tally.arrivals as f64 / wall_seconds) as u64
            } else {
                0
            },
            source: run.source,
            durability: run.durability,
            state_hash: run.state_hash,
            peak_memory_bytes: run.peak_memory_bytes,
            average_day: average_day(&rows),
            per_day,
        }
    }
}

type Row<'a> = (&'a Interval, &'a IntervalTally);

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

fn mean(sum: u64, count: u64) -> Option<u64> {
    share(sum, count).map(|mean| mean.round() as u64)
}

fn day(rows: &[Row<'_>]) -> Option<DayFigures> {
    let (first, _) = rows.first()?;
    let sum = |count: fn(&IntervalTally) -> u64| rows.iter().map(|(_, tally)| count(tally)).sum::<u64>();
    let (answered, abandoned) = (sum(|tally| tally.answered.into()), sum(|tally| tally.abandoned.into()));
    Some(DayFigures {
        date: human::iso_day(first.day()),
        arrivals: sum(|tally| tally.arrivals.into()),
        answered,
        abandoned,
        service_level: share(sum(|tally| tally.within.into()), answered + abandoned),
        asa_ms: mean(sum(|tally| tally.wait_ms), answered),
        operators_max: rows.iter().map(|(_, tally)| tally.operators).max().unwrap_or(0),
    })
}

fn average_day(rows: &[Row<'_>]) -> Vec<SlotFigures> {
    let mut slots: BTreeMap<u64, Vec<&IntervalTally>> = BTreeMap::new();
    for (interval, tally) in rows {
        slots.entry(interval.time_of_day_ms()).or_default().push(tally);
    }
    slots.into_iter().map(|(time, tallies)| slot(time, &tallies)).collect()
}

fn slot(time_of_day_ms: u64, tallies: &[&IntervalTally]) -> SlotFigures {
    let sum =
        |count: fn(&IntervalTally) -> u32| tallies.iter().map(|tally| u64::from(count(tally))).sum::<u64>();
    let per_day = |sum: u64| (10.0 * sum as f64 / tallies.len() as f64).round() / 10.0;
    SlotFigures {
        time: human::time_of_day(time_of_day_ms),
        time_of_day_ms,
        arrivals: per_day(sum(|tally| tally.arrivals)),
        operators: per_day(sum(|tally| tally.operators)),
        service_level: share(
            sum(|tally| tally.within),
            sum(|tally| tally.answered) + sum(|tally| tally.abandoned),
        ),
    }
}

fn bands(tally: &Tally) -> Vec<WaitBand> {
    let mut bands: Vec<WaitBand> =
        BANDS_MS.iter().map(|ms| WaitBand { up_to_ms: Some(*ms), answered: 0 }).collect();
    bands.push(WaitBand { up_to_ms: None, answered: 0 });
    for bucket in tally.waits.iter_recorded() {
        let place = BANDS_MS.partition_point(|ms| *ms < bucket.value_iterated_to());
        bands[place].answered += bucket.count_at_value();
    }
    bands
}
