//! A load test on the wall clock: what is asked for, what was measured, and how that reads.
//!
//! A lifecycle is a dialog from its first message to its end: receive, answer, reply, finish. Nothing
//! here sends a command; whoever does records how long each took.

use std::time::Duration;

use serde::Serialize;

pub use super::latencies::{InSyncs, Latencies, Measured, Percentiles, SyncTimes};

/// How lifecycles follow each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pace {
    /// So many at once, each followed by the next.
    InFlight(u32),
    /// So many begun per second, at random moments, whether the ones before have ended or not.
    Rate(f64),
}

/// What to send.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct LoadPlan {
    /// How many lifecycles.
    pub dialogs: u64,
    /// How many operators.
    pub operators: u32,
    /// How many channels, each with one operator: at least one for each of them, whatever this says.
    pub channels: u32,
    /// Bytes of each message; without it, as many as a short message in a chat has.
    pub message_bytes: Option<u32>,
    /// Dialogs that are opened and answered before, and stay so all the time.
    pub open: u64,
    /// How they follow each other.
    pub pace: Pace,
    /// Where random numbers come from.
    pub seed: u64,
}

impl Default for LoadPlan {
    fn default() -> Self {
        let pace = Pace::InFlight(4_096);
        Self {
            dialogs: 1_000_000,
            operators: 1_000,
            channels: 0,
            message_bytes: None,
            open: 0,
            pace,
            seed: 1,
        }
    }
}

/// What a load test measured.
#[derive(Debug, Clone, Default)]
pub struct Driven {
    /// How long commands and lifecycles took.
    pub latencies: Latencies,
    /// Commands that were refused as too many, and sent again.
    pub overloaded: u64,
    /// Checkpoints that were under way at some time of the test.
    pub checkpoints: u64,
    /// The longest that a command took during which a checkpoint was under way.
    pub longest_in_checkpoint: Option<Duration>,
    /// The longest time in which no command was done at all.
    pub longest_silence: Duration,
    /// The same of those during which a checkpoint was under way.
    pub longest_silence_in_checkpoint: Option<Duration>,
    /// The longest time in which nothing was done while those were opened that stay open.
    pub longest_silence_before: Duration,
    /// How long all of it took.
    pub wall: Duration,
}

/// What came of a load test.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct LoadReport {
    /// Lifecycles that ended.
    pub lifecycles: u64,
    /// Lifecycles per second.
    pub lifecycles_per_second: u64,
    /// Commands per second.
    pub commands_per_second: u64,
    /// Commands that were refused as too many, and sent again.
    pub overloaded: u64,
    /// Operators.
    pub operators: u32,
    /// Channels.
    pub channels: u32,
    /// Dialogs that stayed open all the time.
    pub open: u64,
    /// Lifecycles at once, unless a rate was asked for.
    pub in_flight: Option<u32>,
    /// Lifecycles begun per second, if that was asked for.
    pub rate: Option<f64>,
    /// What a reply meant: sync, buffered or none.
    pub durability: String,
    /// How long it took.
    pub wall_ms: u64,
    /// The most memory that the process had at once.
    pub peak_memory_bytes: Option<u64>,
    /// How long commands and lifecycles took.
    pub latencies: Vec<Percentiles>,
    /// Checkpoints that were under way at some time of the test.
    pub checkpoints: u64,
    /// The longest that a command took during which a checkpoint was under way, in nanoseconds.
    pub longest_in_checkpoint_ns: Option<u64>,
    /// The longest time in which no command was done at all, in nanoseconds.
    pub longest_silence_ns: u64,
    /// The same of those during which a checkpoint was under way.
    pub longest_silence_in_checkpoint_ns: Option<u64>,
    /// The longest time in which nothing was done while those were opened that stay open, in nanoseconds; that is
    /// before anything else is measured.
    pub longest_silence_before_ns: Option<u64>,
    /// How long the disk took to sync before and after, if that was measured.
    pub fdatasync: Option<SyncTimes>,
    /// The latencies in median syncs of the disk, if these were measured.
    pub in_fdatasyncs: Vec<InSyncs>,
}

impl LoadReport {
    /// The report of a test of `plan` in which this was measured.
    pub fn new(plan: &LoadPlan, driven: &Driven, durability: &str) -> Self {
        let lifecycles = driven.latencies.count(Measured::Lifecycle);
        let seconds = driven.wall.as_secs_f64();
        let per_second = |count: u64| if seconds > 0.0 { (count as f64 / seconds) as u64 } else { 0 };
        Self {
            lifecycles,
            lifecycles_per_second: per_second(lifecycles),
            commands_per_second: per_second(lifecycles * Measured::COMMANDS),
            overloaded: driven.overloaded,
            operators: plan.operators,
            channels: plan.channels.max(plan.operators),
            open: plan.open,
            in_flight: if let Pace::InFlight(count) = plan.pace { Some(count) } else { None },
            rate: if let Pace::Rate(rate) = plan.pace { Some(rate) } else { None },
            durability: durability.to_owned(),
            wall_ms: u64::try_from(driven.wall.as_millis()).unwrap_or(u64::MAX),
            peak_memory_bytes: super::memory::peak_memory_bytes(),
            latencies: driven.latencies.percentiles(),
            checkpoints: driven.checkpoints,
            longest_in_checkpoint_ns: driven.longest_in_checkpoint.map(nanoseconds),
            longest_silence_ns: nanoseconds(driven.longest_silence),
            longest_silence_in_checkpoint_ns: driven.longest_silence_in_checkpoint.map(nanoseconds),
            longest_silence_before_ns: (plan.open > 0).then(|| nanoseconds(driven.longest_silence_before)),
            fdatasync: None,
            in_fdatasyncs: Vec::new(),
        }
    }

    /// The same report beside what the disk took to sync.
    #[must_use]
    pub fn beside(mut self, syncs: Option<SyncTimes>) -> Self {
        let median = syncs.as_ref().map(|times| times.p50_ns);
        let each = |ns: u64| self.latencies.iter().map(|row| row.in_syncs(ns)).collect();
        self.in_fdatasyncs = median.map(each).unwrap_or_default();
        self.fdatasync = syncs;
        self
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> LoadReport {
        let mut latencies = Latencies::default();
        for of in Measured::ALL {
            for micros in 1..=1000 {
                latencies.record(of, Duration::from_micros(micros));
            }
        }
        let mut all = Latencies::default();
        all.add(&latencies);
        all.add(&latencies);
        let driven = Driven {
            latencies: all,
            overloaded: 3,
            checkpoints: 2,
            longest_in_checkpoint: Some(Duration::from_micros(900)),
            longest_silence: Duration::from_micros(700),
            longest_silence_in_checkpoint: Some(Duration::from_micros(600)),
            longest_silence_before: Duration::from_micros(500),
            wall: Duration::from_millis(500),
        };
        LoadReport::new(&LoadPlan { open: 5, ..LoadPlan::default() }, &driven, "sync")
    }

    #[test]
    fn percentiles_are_of_all_threads() {
        let report = report();
        assert_eq!(
            (report.lifecycles, report.lifecycles_per_second, report.commands_per_second),
            (2000, 4000, 16_000)
        );
        let receive = &report.latencies[0];
        assert_eq!((receive.of, receive.count), (Measured::Receive, 2000));
        for (found, expected) in
            [(receive.p50_ns, 500_000.0), (receive.p99_ns, 990_000.0), (receive.max_ns, 1e6)]
        {
            assert!((found as f64 / expected - 1.0).abs() < 0.002, "{found}");
        }
    }

    #[test]
    fn latencies_are_told_in_syncs_of_the_disk_if_these_were_measured() {
        assert!(report().beside(None).in_fdatasyncs.is_empty());
        let syncs = SyncTimes { count: 600, p50_ns: 250_000, p99_ns: 500_000, max_ns: 900_000 };
        let report = report().beside(Some(syncs));
        let any = report.in_fdatasyncs.last().unwrap();
        assert_eq!(any.of, Measured::Command);
        for (found, expected) in [(any.p50, 2.0), (any.p99, 3.96), (any.max, 4.0)] {
            assert!((found - expected).abs() < 0.02, "{any:?}");
        }
        let instant = SyncTimes { count: 1, p50_ns: 0, p99_ns: 0, max_ns: 0 };
        assert!(report.beside(Some(instant)).in_fdatasyncs.iter().all(|row| row.p50.is_finite()));
    }

    #[test]
    fn the_json_has_every_figure() {
        let json = serde_json::to_value(report()).unwrap();
        assert_eq!((&json["durability"], &json["latencies"][4]["of"]), (&"sync".into(), &"lifecycle".into()));
        assert_eq!((&json["checkpoints"], &json["longest_in_checkpoint_ns"]), (&2.into(), &900_000.into()));
        let silences = (&json["longest_silence_ns"], &json["longest_silence_in_checkpoint_ns"]);
        assert_eq!(silences, (&700_000.into(), &600_000.into()));
        assert_eq!((&json["open"], &json["longest_silence_before_ns"]), (&5.into(), &500_000.into()));
        assert_eq!((&json["fdatasync"], &json["channels"]), (&serde_json::Value::Null, &1000.into()));
    }

    #[test]
    fn nothing_measured_is_a_report_of_zeros() {
        let plan = LoadPlan { pace: Pace::Rate(50.0), ..LoadPlan::default() };
        let report = LoadReport::new(&plan, &Driven::default(), "none");
        assert_eq!((report.lifecycles_per_second, report.rate), (0, Some(50.0)));
    }
}
