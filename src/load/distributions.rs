//! Durations drawn from a seed: how long a dialog takes, how long a client waits.
//!
//! Every purpose has a random stream of its own, and every draw takes the same amount of it, so the
//! duration of the n-th arrival depends on seed and n alone: another patience, another order of
//! answers or another number of operators doesn't move it. Nothing here reads a clock.

use std::fmt;
use std::str::FromStr;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::limits;

/// What random numbers are drawn for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// How long dialogs take.
    Handling,
    /// How long clients wait.
    Patience,
    /// When the arrivals of the interval at this place come.
    Arrivals(u64),
}

/// The random numbers of one purpose.
pub fn stream(seed: u64, purpose: Purpose) -> ChaCha8Rng {
    let mut stream = ChaCha8Rng::seed_from_u64(seed);
    stream.set_stream(match purpose {
        Purpose::Handling => 0,
        Purpose::Patience => 1,
        Purpose::Arrivals(place) => place.wrapping_add(2),
    });
    stream
}

/// How durations are distributed around their mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shape {
    /// Without memory: many short ones, few long ones. The assumption of Erlang's formulas.
    #[default]
    Exponential,
    /// All the same.
    Constant,
    /// What call centres measure: few very short ones, a long tail. The standard deviation is the
    /// mean, as with exponential ones.
    Lognormal,
}

impl Shape {
    const ALL: [Self; 3] = [Self::Exponential, Self::Constant, Self::Lognormal];

    /// The word of the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exponential => "exponential",
            Self::Constant => "constant",
            Self::Lognormal => "lognormal",
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Shape {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|shape| shape.as_str() == text);
        found.ok_or_else(|| "exponential, constant or lognormal".to_owned())
    }
}

/// A distribution of durations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Durations {
    /// Around the mean.
    pub shape: Shape,
    /// The mean.
    pub mean_ms: u64,
}

/// Durations one after the other: the n-th is that of the n-th arrival.
#[derive(Debug, Clone)]
pub struct Draws {
    durations: Durations,
    stream: ChaCha8Rng,
}

impl Draws {
    /// The draws of one purpose.
    pub fn new(durations: Durations, seed: u64, purpose: Purpose) -> Self {
        Self { durations, stream: stream(seed, purpose) }
    }

    /// The next duration, to the nearest millisecond.
    pub fn next_ms(&mut self) -> u64 {
        let (first, second) = (unit(self.stream.next_u64()), unit(self.stream.next_u64()));
        let mean = self.durations.mean_ms as f64;
        let ms = match self.durations.shape {
            Shape::Constant => return self.durations.mean_ms,
            Shape::Exponential => -first.ln() * mean,
            Shape::Lognormal => {
                // Box and Muller: two uniform numbers make a normal one. With a variance of ln 2 of
                // the logarithm, standard deviation and mean are equal.
                let normal = (-2.0 * first.ln()).sqrt() * (std::f64::consts::TAU * second).cos();
                let variance = std::f64::consts::LN_2;
                (variance.sqrt() * normal - variance / 2.0).exp() * mean
            }
        };
        (ms.round() as u64).min(limits::DURATION_MS)
    }
}

/// A number in (0, 1] with 53 random bits: never 0, whose logarithm is infinite.
fn unit(bits: u64) -> f64 {
    ((bits >> 11) + 1) as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draws(shape: Shape, seed: u64) -> Draws {
        Draws::new(Durations { shape, mean_ms: 180_000 }, seed, Purpose::Handling)
    }

    fn mean_and_deviation(shape: Shape) -> (f64, f64) {
        let mut draws = draws(shape, 7);
        let count = 200_000;
        let values: Vec<f64> = (0..count).map(|_| draws.next_ms() as f64).collect();
        let mean = values.iter().sum::<f64>() / f64::from(count);
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / f64::from(count);
        (mean, variance.sqrt())
    }

    #[test]
    fn every_shape_has_the_mean_it_was_asked_for() {
        for shape in Shape::ALL {
            let (mean, deviation) = mean_and_deviation(shape);
            assert!((mean / 180_000.0 - 1.0).abs() < 0.01, "{shape}: {mean}");
            let expected = if shape == Shape::Constant { 0.0 } else { 180_000.0 };
            assert!((deviation - expected).abs() < 0.03 * 180_000.0, "{shape}: {deviation}");
        }
    }

    #[test]
    fn an_exponential_duration_is_longer_than_its_mean_once_in_e_times() {
        let mut draws = draws(Shape::Exponential, 1);
        let longer = (0..100_000).filter(|_| draws.next_ms() > 180_000).count();
        assert!((longer as f64 / 100_000.0 - (-1.0f64).exp()).abs() < 0.006, "{longer}");
    }

    #[test]
    fn the_same_seed_draws_the_same_and_purposes_do_not_share() {
        let take = |mut draws: Draws| (0..50).map(|_| draws.next_ms()).collect::<Vec<_>>();
        let handling = take(draws(Shape::Exponential, 3));
        assert_eq!(handling, take(draws(Shape::Exponential, 3)));
        assert_ne!(handling, take(draws(Shape::Exponential, 4)));
        let durations = Durations { shape: Shape::Exponential, mean_ms: 180_000 };
        assert_ne!(handling, take(Draws::new(durations, 3, Purpose::Patience)));
    }

    #[test]
    fn a_shape_is_known_by_its_name() {
        for shape in Shape::ALL {
            assert_eq!(shape.as_str().parse(), Ok(shape));
        }
        assert!("normal".parse::<Shape>().is_err());
    }

    #[test]
    fn the_largest_draw_is_finite() {
        assert_eq!(unit(u64::MAX), 1.0);
        assert!(-unit(0).ln() < 37.0);
    }
}
