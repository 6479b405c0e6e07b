//! How long commands and lifecycles took, and how their percentiles are told. Nothing here reads a clock.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

/// Significant digits of latencies.
pub(super) const DIGITS: u8 = 3;

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
    /// Any of them.
    Command,
}

impl Measured {
    /// Everything measured, in the order of the report. What any command took follows from them.
    pub const ALL: [Self; 5] = [Self::Receive, Self::Answer, Self::Reply, Self::Finish, Self::Lifecycle];

    /// Commands of a lifecycle.
    pub const COMMANDS: u64 = 4;

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Receive => "receive",
            Self::Answer => "answer",
            Self::Reply => "reply",
            Self::Finish => "finish",
            Self::Lifecycle => "lifecycle",
            Self::Command => "any command",
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
    /// Records how long one took; what any command took follows from what each did.
    pub fn record(&mut self, of: Measured, took: Duration) {
        let ns = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX / 2).min(u64::MAX / 2);
        if let Some(histogram) = self.0.get_mut(of as usize) {
            // Fails never: the histogram grows to hold it.
            let _ = histogram.record(ns);
        }
    }

    /// Adds those of another thread.
    pub fn add(&mut self, others: &Self) {
        for (mine, other) in self.0.iter_mut().zip(&others.0) {
            // Fails never: the histogram grows to hold them.
            let _ = mine.add(other);
        }
    }
}

impl Latencies {
    /// How many were recorded.
    pub(super) fn count(&self, of: Measured) -> u64 {
        self.0.get(of as usize).map_or(0, Histogram::len)
    }

    /// Percentiles of everything measured, and of any command.
    pub(super) fn percentiles(&self) -> Vec<Percentiles> {
        let [commands @ .., _] = &self.0;
        let mut any: Option<Histogram<u64>> = None;
        for histogram in commands {
            match &mut any {
                None => any = Some(histogram.clone()),
                // Fails never: the histogram grows to hold them.
                Some(any) => _ = any.add(histogram),
            }
        }
        let each = Measured::ALL.iter().zip(&self.0).map(|(of, histogram)| Percentiles::of(*of, histogram));
        each.chain(any.iter().map(|any| Percentiles::of(Measured::Command, any))).collect()
    }
}

/// How long syncs of the disk took, in nanoseconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SyncTimes {
    /// How many were measured.
    pub count: u64,
    /// Half took no longer.
    pub p50_ns: u64,
    /// 99 of 100 took no longer.
    pub p99_ns: u64,
    /// None took longer.
    pub max_ns: u64,
}

/// Percentiles of one latency, in median syncs of the disk.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InSyncs {
    /// What took so long.
    pub of: Measured,
    /// Half took no longer.
    pub p50: f64,
    /// 99 of 100 took no longer.
    pub p99: f64,
    /// 999 of 1000 took no longer.
    pub p999: f64,
    /// None took longer.
    pub max: f64,
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

impl Percentiles {
    fn of(of: Measured, histogram: &Histogram<u64>) -> Self {
        Self {
            of,
            count: histogram.len(),
            p50_ns: histogram.value_at_quantile(0.5),
            p99_ns: histogram.value_at_quantile(0.99),
            p999_ns: histogram.value_at_quantile(0.999),
            max_ns: histogram.max(),
        }
    }

    /// The same in syncs that take so long.
    pub(super) fn in_syncs(&self, sync_ns: u64) -> InSyncs {
        // Hundredths are as exact as it gets.
        let each = |ns: u64| (ns as f64 / sync_ns.max(1) as f64 * 100.0).round() / 100.0;
        let [p50, p99, p999, max] = [self.p50_ns, self.p99_ns, self.p999_ns, self.max_ns].map(each);
        InSyncs { of: self.of, p50, p99, p999, max }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_command_is_one_of_all_four() {
        let mut latencies = Latencies::default();
        latencies.record(Measured::Receive, Duration::from_millis(1));
        latencies.record(Measured::Finish, Duration::from_millis(3));
        latencies.record(Measured::Lifecycle, Duration::from_millis(4));
        // It cannot be recorded by itself.
        latencies.record(Measured::Command, Duration::from_millis(9));
        let rows = latencies.percentiles();
        let any = rows.last().unwrap();
        assert_eq!((rows.len(), any.of, any.count), (6, Measured::Command, 2));
        assert!(any.max_ns.abs_diff(3_000_000) < 3000, "{any:?}");
    }

    #[test]
    fn the_longest_latency_that_there_is_can_be_recorded() {
        let mut latencies = Latencies::default();
        latencies.record(Measured::Reply, Duration::MAX);
        assert_eq!(latencies.count(Measured::Reply), 1);
    }
}
