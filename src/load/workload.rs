//! A load test on the wall clock: what is asked for, what was measured, and how that reads.
//!
//! A lifecycle is a dialog from its first message to its end: receive, answer, reply, finish. Nothing
//! here sends a command; whoever does records how long each took.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

use super::human;

/// Significant digits of latencies.
const DIGITS: u8 = 3;

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
    /// How they follow each other.
    pub pace: Pace,
    /// Where random numbers come from.
    pub seed: u64,
}

impl Default for LoadPlan {
    fn default() -> Self {
        Self { dialogs: 1_000_000, operators: 1_000, pace: Pace::InFlight(4_096), seed: 1 }
    }
}

/// What a latency is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Measured {
    /// A client's message, until its dialog is open.
    Receive,
    /// An operator's answer.
    Answer,
    /// An operator's message.
    Reply,
    /// The end.
    Finish,
    /// All of them, from the first message to the end.
    Lifecycle,
}

impl Measured {
    /// Everything measured, in the order of the report.
    pub const ALL: [Self; 5] = [Self::Receive, Self::Answer, Self::Reply, Self::Finish, Self::Lifecycle];

    /// Commands of a lifecycle.
    pub const COMMANDS: u64 = 4;

    fn as_str(self) -> &'static str {
        match self {
            Self::Receive => "receive",
            Self::Answer => "answer",
            Self::Reply => "reply",
            Self::Finish => "finish",
            Self::Lifecycle => "lifecycle",
        }
    }
}

/// Latencies of one thread, to be added to those of others.
#[derive(Debug, Clone)]
pub struct Latencies([Histogram<u64>; 5]);

impl Default for Latencies {
    fn default() -> Self {
        let empty = || Histogram::new(DIGITS).expect("1 to 5 significant digits are allowed");
        Self(Measured::ALL.map(|_| empty()))
    }
}

impl Latencies {
    /// Records how long one took.
    pub fn record(&mut self, of: Measured, took: Duration) {
        let ns = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX / 2).min(u64::MAX / 2);
        // Fails never: the histogram grows to hold it.
        let _ = self.0[of as usize].record(ns);
    }

    /// Adds those of another thread.
    pub fn add(&mut self, others: &Self) {
        for (mine, other) in self.0.iter_mut().zip(&others.0) {
            // Fails never: the histogram grows to hold them.
            let _ = mine.add(other);
        }
    }
}

/// Percentiles of one latency, in nanoseconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Percentiles {
    /// What took so long.
    pub of: Measured,
    /// How many were measured.
    pub count: u64,
    /// Half took no longer.
    pub p50_ns: u64,
    /// 99 of 100 took no longer.
    pub p99_ns: u64,
    /// 999 of 1000 took no longer.
    pub p999_ns: u64,
    /// None took longer.
    pub max_ns: u64,
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
}

impl LoadReport {
    /// The report of a test of `plan` that took `wall`.
    pub fn new(
        plan: &LoadPlan,
        latencies: &Latencies,
        overloaded: u64,
        durability: &str,
        wall: Duration,
    ) -> Self {
        let lifecycles = latencies.0[Measured::Lifecycle as usize].len();
        let seconds = wall.as_secs_f64();
        let per_second = |count: u64| if seconds > 0.0 { (count as f64 / seconds) as u64 } else { 0 };
        let percentiles = |of: Measured| {
            let histogram = &latencies.0[of as usize];
            Percentiles {
                of,
                count: histogram.len(),
                p50_ns: histogram.value_at_quantile(0.5),
                p99_ns: histogram.value_at_quantile(0.99),
                p999_ns: histogram.value_at_quantile(0.999),
                max_ns: histogram.max(),
            }
        };
        Self {
            lifecycles,
            lifecycles_per_second: per_second(lifecycles),
            commands_per_second: per_second(lifecycles * Measured::COMMANDS),
            overloaded,
            operators: plan.operators,
            in_flight: if let Pace::InFlight(count) = plan.pace { Some(count) } else { None },
            rate: if let Pace::Rate(rate) = plan.pace { Some(rate) } else { None },
            durability: durability.to_owned(),
            wall_ms: u64::try_from(wall.as_millis()).unwrap_or(u64::MAX),
            peak_memory_bytes: super::memory::peak_memory_bytes(),
            latencies: Measured::ALL.map(percentiles).into(),
        }
    }

    /// The report as a text for the terminal.
    pub fn text(&self) -> String {
        let mut text = format!(
            "\n  Load: {} lifecycles, durability {}\n\n",
            human::count(self.lifecycles),
            self.durability
        );
        let pace = match (self.in_flight, self.rate) {
            (Some(count), _) => format!("{} at once", human::count(count.into())),
            (None, Some(rate)) => format!("{rate} begun a second"),
            (None, None) => String::new(),
        };
        let took = human::duration_ms(self.wall_ms as f64);
        let lines = [
            ("Lifecycles a second", human::count(self.lifecycles_per_second), pace),
            ("Commands a second", human::count(self.commands_per_second), "four to a lifecycle".to_owned()),
            ("Time taken", took, format!("{} operators", human::count(self.operators.into()))),
            ("Refused, sent again", human::count(self.overloaded), String::new()),
            ("Peak memory", self.peak_memory_bytes.map_or("–".to_owned(), human::bytes), String::new()),
        ];
        for (label, figure, remark) in lines {
            text.push_str(format!("    {label:<26}{figure:>16}   {remark}").trim_end());
            text.push('\n');
        }
        text.push_str(&format!(
            "\n    {:<14}{:>12}{:>12}{:>12}{:>12}\n",
            "LATENCY", "p50", "p99", "p99.9", "max"
        ));
        for row in &self.latencies {
            let [p50, p99, p999, max] =
                [row.p50_ns, row.p99_ns, row.p999_ns, row.max_ns].map(human::latency_ns);
            text.push_str(&format!("    {:<14}{p50:>12}{p99:>12}{p999:>12}{max:>12}\n", row.of.as_str()));
        }
        text
    }
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
        LoadReport::new(&LoadPlan::default(), &all, 3, "sync", Duration::from_millis(500))
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
    fn the_text_is_a_table_and_the_json_has_every_figure() {
        let text = report().text();
        assert!(text.contains("    Lifecycles a second                  4,000   4,096 at once\n"), "{text}");
        assert!(text.contains("    lifecycle"), "{text}");
        let json = serde_json::to_value(report()).unwrap();
        assert_eq!((&json["durability"], &json["latencies"][4]["of"]), (&"sync".into(), &"lifecycle".into()));
    }

    #[test]
    fn nothing_measured_is_a_report_of_zeros() {
        let plan = LoadPlan { pace: Pace::Rate(50.0), ..LoadPlan::default() };
        let report = LoadReport::new(&plan, &Latencies::default(), 0, "none", Duration::ZERO);
        assert_eq!((report.lifecycles_per_second, report.rate), (0, Some(50.0)));
        assert!(report.text().contains("50 begun a second"));
    }

    #[test]
    fn the_longest_latency_that_there_is_can_be_recorded() {
        let mut latencies = Latencies::default();
        latencies.record(Measured::Reply, Duration::MAX);
        assert_eq!(latencies.0[Measured::Reply as usize].len(), 1);
    }
}
