//! An axis of a chart: from where to where, with a label at chosen places.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, ValueFormatter};
use plotters::prelude::Ranged;

/// An axis of a chart.
#[derive(Clone)]
pub(super) struct Axis {
    range: Range<f64>,
    labels: Vec<(f64, String)>,
}

impl Axis {
    /// From `from` to `to`, with these labels.
    pub(super) fn new(from: f64, to: f64, labels: impl IntoIterator<Item = (f64, String)>) -> Self {
        let labels = labels.into_iter().filter(|(place, _)| (from..=to).contains(place)).collect();
        Self { range: from..to, labels }
    }

    /// From 0 to a little above `highest`, with about five round labels.
    pub(super) fn up_to(highest: f64, label: impl Fn(f64) -> String) -> Self {
        let top = if highest > 0.0 { highest * 1.06 } else { 1.0 };
        let step = round_step(top / 5.0);
        let count = (top / step).floor() as u32;
        Self::new(0.0, top, (0..=count).map(|place| f64::from(place) * step).map(|at| (at, label(at))))
    }

    pub(super) fn from(&self) -> f64 {
        self.range.start
    }

    pub(super) fn to(&self) -> f64 {
        self.range.end
    }
}

/// The 1, 2 or 5 with zeros that is next to `step` from above.
fn round_step(step: f64) -> f64 {
    let unit = 10f64.powf(step.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|times| times * unit).find(|round| *round >= step).unwrap_or(step)
}

impl From<Range<f64>> for Axis {
    fn from(range: Range<f64>) -> Self {
        Self { range, labels: Vec::new() }
    }
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (from, to): (i32, i32)) -> i32 {
        let share = (value - self.range.start) / (self.range.end - self.range.start);
        from + (share * f64::from(to - from)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _hint: Hint) -> Vec<f64> {
        self.labels.iter().map(|(place, _)| *place).collect()
    }

    fn range(&self) -> Range<f64> {
        self.range.clone()
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, value: &f64) -> String {
        let label = self.labels.iter().find(|(place, _)| place == value);
        label.map_or_else(String::new, |(_, label)| label.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_round_numbers_from_0_to_the_top() {
        let labels =
            |highest| Axis::up_to(highest, |at| at.to_string()).labels.into_iter().map(|(_, label)| label);
        assert_eq!(labels(43_000.0).collect::<Vec<_>>(), ["0", "10000", "20000", "30000", "40000"]);
        assert_eq!(labels(4.4).collect::<Vec<_>>(), ["0", "1", "2", "3", "4"]);
        assert_eq!(labels(0.0).count(), 6);
    }

    #[test]
    fn a_value_is_mapped_in_proportion() {
        let axis = Axis::new(10.0, 20.0, [(15.0, "half".to_owned()), (30.0, "outside".to_owned())]);
        assert_eq!(axis.map(&15.0, (100, 0)), 50);
        assert_eq!((axis.format_ext(&15.0), axis.format_ext(&16.0)), ("half".to_owned(), String::new()));
        assert_eq!(axis.labels.len(), 1);
    }
}
