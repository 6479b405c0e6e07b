//! Figures of a round, their medians, and the table of them for the terminal and for `docs/peers.md`.

use std::fmt::Write as _;
use std::time::Duration;

use crate::lives::Lived;

/// What one round of one peer came to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figures {
    pub lifecycles_per_second: f64,
    /// The mean of the medians of the four commands.
    pub p50_ns: u64,
    /// That of the slowest of the four commands.
    pub p99_ns: u64,
}

impl Figures {
    /// From the median and the 99th percentile of each command.
    pub fn new(lifecycles: u64, seconds: f64, commands: &[(u64, u64)]) -> Self {
        let p50: u64 = commands.iter().map(|(p50, _)| p50).sum();
        Self {
            lifecycles_per_second: lifecycles as f64 / seconds,
            p50_ns: p50 / commands.len().max(1) as u64,
            p99_ns: commands.iter().map(|(_, p99)| *p99).max().unwrap_or(0),
        }
    }

    /// Of lives that were measured here.
    pub fn of(lived: &Lived) -> Self {
        let commands = lived.commands.each_ref();
        let commands =
            commands.map(|command| (command.value_at_quantile(0.5), command.value_at_quantile(0.99)));
        Self::new(lived.commands[0].len(), lived.wall.as_secs_f64(), &commands)
    }
}

/// All rounds of one peer.
#[derive(Debug)]
pub struct Row {
    pub peer: String,
    pub rounds: Vec<Figures>,
}

impl Row {
    /// The median of each figure.
    fn median(&self) -> Figures {
        let of = |figure: fn(&Figures) -> f64| median(self.rounds.iter().map(figure).collect());
        Figures {
            lifecycles_per_second: of(|round| round.lifecycles_per_second),
            p50_ns: of(|round| round.p50_ns as f64) as u64,
            p99_ns: of(|round| round.p99_ns as f64) as u64,
        }
    }

    /// The least and the most lifecycles a second.
    fn range(&self) -> (f64, f64) {
        let rates = self.rounds.iter().map(|round| round.lifecycles_per_second);
        rates.fold((f64::INFINITY, 0.0), |(least, most), rate| (rate.min(least), rate.max(most)))
    }
}

/// The one in the middle; of two, the mean.
pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    let (count, middle) = (figures.len(), figures.len() / 2);
    match count {
        0 => 0.0,
        _ if count % 2 == 1 => figures[middle],
        _ => f64::midpoint(figures[middle - 1], figures[middle]),
    }
}

/// The cells of the table, heads first. The ratios are to the last row.
fn cells(rows: &[Row]) -> Vec<[String; 6]> {
    let heads = ["peer", "lifecycles/s", "least to most", "p50 of a command", "p99 of a command", "ratio"];
    let mut cells = vec![heads.map(str::to_owned)];
    let ours = rows.last().map_or(0.0, |row| row.median().lifecycles_per_second);
    for row in rows {
        let (median, (least, most)) = (row.median(), row.range());
        let ratio = ours / median.lifecycles_per_second;
        let ratio = if (ratio - 1.0).abs() < f64::EPSILON {
            "1".to_owned()
        } else {
            format!("Centrala {ratio:.1} ×")
        };
        cells.push([
            row.peer.clone(),
            grouped(median.lifecycles_per_second),
            format!("{} to {}", grouped(least), grouped(most)),
            milliseconds(median.p50_ns),
            milliseconds(median.p99_ns),
            ratio,
        ]);
    }
    cells
}

/// For the terminal.
pub fn text(rows: &[Row]) -> String {
    let cells = cells(rows);
    let widths: [usize; 6] =
        std::array::from_fn(|column| cells.iter().map(|row| row[column].chars().count()).max().unwrap_or(0));
    let mut text = String::new();
    for row in &cells {
        let mut line = format!("  {:<width$}", row[0], width = widths[0]);
        for (cell, width) in row.iter().zip(widths).skip(1) {
            let _ = write!(line, "   {cell:>width$}");
        }
        text += &line;
        text.push('\n');
    }
    text
}

/// For the documentation.
pub fn markdown(rows: &[Row]) -> String {
    let mut text = String::new();
    for (number, row) in cells(rows).iter().enumerate() {
        let _ = writeln!(text, "| {} |", row.join(" | "));
        if number == 0 {
            text += "|---|---:|---:|---:|---:|---:|\n";
        }
    }
    text
}

/// A whole number with commas between the thousands.
fn grouped(figure: f64) -> String {
    let digits = format!("{figure:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// With three digits at least.
pub fn milliseconds(ns: u64) -> String {
    let ms = Duration::from_nanos(ns).as_secs_f64() * 1e3;
    let digits = if ms < 1.0 { 3 } else { usize::from(ms < 100.0) };
    format!("{ms:.digits$} ms")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(peer: &str, rates: &[f64]) -> Row {
        let rounds = rates
            .iter()
            .map(|rate| Figures::new(*rate as u64, 1.0, &[(2_000_000, 9_000_000), (4_000_000, 250_000)]));
        Row { peer: peer.to_owned(), rounds: rounds.collect() }
    }

    #[test]
    fn medians_are_of_rounds_and_ratios_to_the_last_row() {
        let rows =
            [row("Slow", &[900.0, 1000.0, 5000.0]), row("Centrala", &[90_000.0, 120_000.0, 100_000.0])];
        let markdown = markdown(&rows);
        let lines: Vec<&str> = markdown.lines().collect();
        assert_eq!(lines[2], "| Slow | 1,000 | 900 to 5,000 | 3.0 ms | 9.0 ms | Centrala 100.0 × |");
        assert_eq!(lines[3], "| Centrala | 100,000 | 90,000 to 120,000 | 3.0 ms | 9.0 ms | 1 |");
        assert_eq!(text(&rows).lines().count(), 3);
    }

    #[test]
    fn the_median_of_an_even_number_lies_between() {
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median(Vec::new()), 0.0);
    }
}
