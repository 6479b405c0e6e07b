//! The report of a load test as a text for the terminal.

use super::human;
use super::workload::{InSyncs, LoadReport, Percentiles, SyncTimes};

impl LoadReport {
    /// The report as a text for the terminal.
    pub fn text(&self) -> String {
        let (lifecycles, durability) = (human::count(self.lifecycles), &self.durability);
        let mut text = format!("\n  Load: {lifecycles} lifecycles, durability {durability}\n\n");
        for (label, figure, remark) in self.figures() {
            text.push_str(format!("    {label:<26}{figure:>16}   {remark}").trim_end());
            text.push('\n');
        }
        text.push_str(&row("\n    LATENCY", ["p50", "p99", "p99.9", "max"].map(str::to_owned)));
        self.latencies.iter().for_each(|latency| text.push_str(&latency_row(latency)));
        if let Some(times) = &self.fdatasync {
            text.push_str(&format!("\n    IN SYNCS OF THE DISK   {}\n", median(times)));
            self.in_fdatasyncs.iter().for_each(|latency| text.push_str(&syncs_row(latency)));
        }
        text
    }

    fn figures(&self) -> Vec<(&'static str, String, String)> {
        let pace = match (self.in_flight, self.rate) {
            (Some(count), _) => format!("{} at once", human::count(count.into())),
            (None, Some(rate)) => format!("{rate} begun a second"),
            (None, None) => String::new(),
        };
        let took = human::duration_ms(self.wall_ms as f64);
        let mut operators = format!("{} operators", human::count(self.operators.into()));
        if self.channels > self.operators {
            operators.push_str(&format!(", {} channels", human::count(self.channels.into())));
        }
        if self.open > 0 {
            operators.push_str(&format!(", {} dialogs stay open", human::count(self.open)));
        }
        let longest = self.longest_in_checkpoint_ns.map_or_else(|| "–".to_owned(), human::latency_ns);
        let memory = self.peak_memory_bytes.map_or_else(|| "–".to_owned(), human::bytes);
        let silence = self.longest_silence_in_checkpoint_ns.map_or_else(|| "–".to_owned(), human::latency_ns);
        let checkpoints = format!("longest during one: command {longest}, silence {silence}");
        let silence = human::latency_ns(self.longest_silence_ns);
        let before = |ns| format!("; {} while those were opened that stay open", human::latency_ns(ns));
        let before = self.longest_silence_before_ns.map_or_else(String::new, before);
        vec![
            ("Lifecycles a second", human::count(self.lifecycles_per_second), pace),
            ("Commands a second", human::count(self.commands_per_second), "four to a lifecycle".to_owned()),
            ("Time taken", took, operators),
            ("Refused, sent again", human::count(self.overloaded), String::new()),
            ("Longest silence", silence, format!("no command was done{before}")),
            ("Checkpoints", human::count(self.checkpoints), checkpoints),
            ("Peak memory", memory, String::new()),
        ]
    }
}

fn row(label: &str, [p50, p99, p999, max]: [String; 4]) -> String {
    // A label may begin with an end of line.
    let width = 18 + usize::from(label.starts_with('\n'));
    format!("{label:<width$}{p50:>12}{p99:>12}{p999:>12}{max:>12}\n")
}

fn latency_row(latency: &Percentiles) -> String {
    let each = [latency.p50_ns, latency.p99_ns, latency.p999_ns, latency.max_ns].map(human::latency_ns);
    row(&format!("    {}", latency.of.as_str()), each)
}

fn syncs_row(latency: &InSyncs) -> String {
    let each = [latency.p50, latency.p99, latency.p999, latency.max].map(|syncs| format!("{syncs:.1}"));
    row(&format!("    {}", latency.of.as_str()), each)
}

fn median(times: &SyncTimes) -> String {
    let (count, p50, p99) =
        (human::count(times.count), human::latency_ns(times.p50_ns), human::latency_ns(times.p99_ns));
    format!("the median of {count} before and after is {p50}, 99 of 100 took up to {p99}")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::load::workload::{Driven, LoadPlan, Measured, Pace};

    fn report(plan: &LoadPlan) -> LoadReport {
        let mut driven = Driven { wall: Duration::from_millis(500), ..Driven::default() };
        for of in Measured::ALL {
            (0..2000).for_each(|_| driven.latencies.record(of, Duration::from_micros(300)));
        }
        LoadReport::new(plan, &driven, "sync")
    }

    #[test]
    fn the_text_is_a_table() {
        let text = report(&LoadPlan::default()).text();
        assert!(text.contains("    Lifecycles a second                  4,000   4,096 at once\n"), "{text}");
        assert!(
            text.contains("1,000 operators\n") && text.contains("during one: command –, silence –\n"),
            "{text}"
        );
        assert!(
            text.contains("    Longest silence                       0 ns   no command was done\n"),
            "{text}"
        );
        let row = |label| format!("\n    {label:<14}{:>12}", "300 µs");
        assert!(text.contains(&row("lifecycle")) && text.contains(&row("any command")), "{text}");
        assert!(!text.contains("SYNCS"), "{text}");
    }

    #[test]
    fn what_differs_from_the_usual_is_said() {
        let plan = LoadPlan { channels: 2000, open: 5000, pace: Pace::Rate(50.0), ..LoadPlan::default() };
        let text = report(&plan).text();
        assert!(text.contains("50 begun a second"), "{text}");
        assert!(text.contains("1,000 operators, 2,000 channels, 5,000 dialogs stay open\n"), "{text}");
        assert!(
            text.contains("no command was done; 0 ns while those were opened that stay open\n"),
            "{text}"
        );
    }

    #[test]
    fn latencies_stand_beside_what_the_disk_takes() {
        let syncs = SyncTimes { count: 600, p50_ns: 150_000, p99_ns: 250_000, max_ns: 300_000 };
        let text = report(&LoadPlan::default()).beside(Some(syncs)).text();
        assert!(
            text.contains("the median of 600 before and after is 150 µs, 99 of 100 took up to 250 µs\n"),
            "{text}"
        );
        assert!(
            text.contains("\n    lifecycle              2.0         2.0         2.0         2.0\n"),
            "{text}"
        );
    }
}
