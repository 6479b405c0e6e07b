//! The moments at which recorded arrivals come, made interval by interval. Nothing here reads a clock.

use std::sync::Arc;

use rand::RngExt;

use super::distributions::{Purpose, stream};
use super::recording::{Interval, Recording};
use crate::timestamp::Timestamp;

/// How the arrivals of an interval lie in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Spread {
    /// At independent uniform random moments: a Poisson process, given how many come.
    #[default]
    Random,
    /// At equal distances, the first at the start.
    Even,
}

/// One arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// Its number, from 1.
    pub number: u64,
    /// When it comes.
    pub at: Timestamp,
    /// The place of its interval in the recording, from 0.
    pub interval: usize,
}

/// The arrivals of a recording, in the order of time. Keeps the moments of one interval only.
#[derive(Debug, Clone)]
pub struct Arrivals {
    intervals: Arc<[Interval]>,
    spread: Spread,
    seed: u64,
    /// The interval whose moments are held; the number of intervals at the end.
    interval: usize,
    /// Moments since the start of the interval, rising.
    offsets: Vec<u64>,
    /// Which of them is next.
    place: usize,
    number: u64,
}

impl Arrivals {
    /// The arrivals of `recording`. Those of an interval depend on `seed` and its place alone.
    pub fn new(recording: &Recording, spread: Spread, seed: u64) -> Self {
        let intervals = recording.intervals().into();
        let mut arrivals =
            Self { intervals, spread, seed, interval: 0, offsets: Vec::new(), place: 0, number: 1 };
        arrivals.fill();
        arrivals
    }

    /// The next arrival.
    pub fn peek(&self) -> Option<Arrival> {
        let interval = self.intervals.get(self.interval)?;
        let at = interval.start.plus_ms(self.offsets[self.place]);
        Some(Arrival { number: self.number, at, interval: self.interval })
    }

    /// Goes on to the arrival after the next.
    pub fn advance(&mut self) {
        self.number += 1;
        self.place += 1;
        if self.place >= self.offsets.len() {
            self.interval += 1;
            self.fill();
        }
    }

    /// Makes the moments of the first interval from here that has arrivals.
    fn fill(&mut self) {
        self.place = 0;
        self.offsets.clear();
        while let Some(interval) = self.intervals.get(self.interval) {
            if interval.arrivals > 0 {
                return self.draw(*interval);
            }
            self.interval += 1;
        }
    }

    fn draw(&mut self, interval: Interval) {
        let (count, length) = (u64::from(interval.arrivals), interval.length_ms);
        match self.spread {
            Spread::Even => {
                let offset = |place| (u128::from(length) * u128::from(place) / u128::from(count)) as u64;
                self.offsets.extend((0..count).map(offset));
            }
            Spread::Random => {
                let mut stream = stream(self.seed, Purpose::Arrivals(self.interval as u64));
                self.offsets.extend((0..count).map(|_| stream.random_range(0..length)));
                self.offsets.sort_unstable();
            }
        }
    }
}

impl Iterator for Arrivals {
    type Item = Arrival;

    fn next(&mut self) -> Option<Arrival> {
        let next = self.peek()?;
        self.advance();
        Some(next)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn recording(counts: &[u32]) -> Recording {
        let start = Timestamp::parse("2026-01-01T00:00:00Z").unwrap();
        let rows = counts
            .iter()
            .enumerate()
            .map(|(place, count)| format!("{},{count}\n", start.plus_ms(60_000 * place as u64)));
        Recording::read(format!("DateTime,Calls\n{}", rows.collect::<String>()).as_bytes()).unwrap()
    }

    #[test]
    fn even_arrivals_have_equal_distances() {
        let times =
            Arrivals::new(&recording(&[2, 0, 3]), Spread::Even, 0).map(|arrival| arrival.at.as_millis());
        let start = 1_767_225_600_000;
        let offsets: Vec<i64> = times.map(|at| at - start).collect();
        assert_eq!(offsets, [0, 30_000, 120_000, 140_000, 160_000]);
    }

    #[test]
    fn an_interval_draws_the_same_whatever_stands_before_it() {
        let last = |counts: &[u32]| -> Vec<Timestamp> {
            let arrivals = Arrivals::new(&recording(counts), Spread::Random, 5);
            arrivals.filter(|arrival| arrival.interval == 2).map(|arrival| arrival.at).collect()
        };
        assert_eq!(last(&[1, 2, 9]), last(&[30, 0, 9]));
    }

    #[test]
    fn random_arrivals_fill_the_interval_uniformly() {
        let first_half = Arrivals::new(&recording(&[100_000]), Spread::Random, 2)
            .filter(|arrival| arrival.at.as_millis() % 3_600_000 < 1_800_000)
            .count();
        assert!((first_half as i64 - 50_000).abs() < 800, "{first_half}");
    }

    proptest! {
        #[test]
        fn every_recorded_arrival_comes_once_in_its_interval_and_in_order(
            counts in prop::collection::vec(0u32..20, 1..12), seed: u64, even: bool,
        ) {
            let recording = recording(&counts);
            let spread = if even { Spread::Even } else { Spread::Random };
            let arrivals: Vec<Arrival> = Arrivals::new(&recording, spread, seed).collect();
            prop_assert_eq!(arrivals.len() as u64, recording.arrivals());
            prop_assert!(arrivals.is_sorted_by_key(|arrival| arrival.at));
            for (place, interval) in recording.intervals().iter().enumerate() {
                let here: Vec<&Arrival> = arrivals.iter().filter(|arrival| arrival.interval == place).collect();
                prop_assert_eq!(here.len() as u32, interval.arrivals);
                prop_assert!(here.iter().all(|a| interval.start <= a.at && a.at < interval.end()));
            }
            prop_assert!(arrivals.iter().zip(1..).all(|(arrival, number)| arrival.number == number));
        }
    }
}
