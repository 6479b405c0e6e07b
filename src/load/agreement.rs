//! Whether replays agree with Erlang's formulas: cases, what came of them with its error, and the table of both.
//!
//! Arrivals are a Poisson process: every interval gets a random count, and a replay lays them at random moments in
//! it. What the first interval counts is left out, since it begins with an empty queue; the others are *batches*.
//! They are so long that one hardly depends on the one before, so that the mean over all batches has the error
//! that their spread says (batch means; Law, "Simulation Modeling and Analysis", 5th ed., section 9.5.3).

use rand_distr::{Distribution, Poisson};

use super::distributions::{Durations, Purpose, Shape, stream};
use super::erlang;
use super::recording::Recording;
use super::replay::{IntervalTally, ReplayPlan, Tally};
use super::staffing::Operators;
use crate::timestamp::Timestamp;

/// Batches of a run.
const BATCHES: usize = 20;

/// Within so many of its standard errors the mean of 20 batches is in 99 of 100 runs (Student's t, 19 degrees).
const STUDENT_99: f64 = 2.861;

/// A batch is so many times as long as a queue remembers.
const MEMORIES_PER_BATCH: f64 = 5.0;

/// Constant arrivals and so many operators.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Case {
    /// Operators, each with one dialog at a time.
    pub operators: u32,
    /// How much work arrives, in operators.
    pub load: f64,
    /// Mean handling time, exponential.
    pub handling_ms: u64,
    /// Mean patience, exponential; without it nobody leaves.
    pub patience_ms: Option<u64>,
    /// Within which an answer is in time.
    pub threshold_ms: u64,
}

/// A figure of a run beside what the formula says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measure {
    /// What it is.
    pub name: &'static str,
    /// What the formula says.
    pub expected: f64,
    /// The mean over all batches.
    pub found: f64,
    /// In 99 of 100 runs the truth is no farther from that.
    pub error: f64,
}

impl Measure {
    /// Whether the formula is within the error of the run.
    pub fn agrees(&self) -> bool {
        (self.found - self.expected).abs() <= self.error
    }
}

impl Case {
    /// Small offices and large ones, calm and busy, patient and not.
    pub const ALL: [Self; 8] = [
        Self::of(1, 0.5, None),
        Self::of(5, 4.0, None),
        Self::of(14, 10.0, None),
        Self::of(50, 45.0, None),
        Self::of(200, 190.0, None),
        Self::of(10, 12.0, Some(90_000)),
        Self::of(50, 48.0, Some(360_000)),
        Self::of(200, 220.0, Some(120_000)),
    ];

    /// Three minutes of handling and 20 seconds to be in time.
    pub const fn of(operators: u32, load: f64, patience_ms: Option<u64>) -> Self {
        Self { operators, load, handling_ms: 180_000, patience_ms, threshold_ms: 20_000 }
    }

    /// A replay of about so many arrivals.
    pub fn plan(&self, arrivals: u32, seed: u64) -> ReplayPlan {
        let per_batch = f64::from(arrivals) / (BATCHES + 1) as f64;
        let length_ms = (per_batch * self.handling_ms as f64 / self.load).ceil() as u64;
        let mean = length_ms as f64 * self.load / self.handling_ms as f64;
        let mut chance = stream(seed, Purpose::Arrivals(u64::MAX - 2));
        let counts: Vec<u32> = match Poisson::new(mean) {
            Ok(poisson) => (0..=BATCHES).map(|_| poisson.sample(&mut chance) as u32).collect(),
            Err(_) => Vec::new(),
        };
        let mut plan = ReplayPlan::new(Recording::regular(Timestamp::default(), length_ms, &counts));
        plan.operators = Operators::Fixed(self.operators);
        plan.handling = Durations { shape: Shape::Exponential, mean_ms: self.handling_ms };
        plan.patience_ms = self.patience_ms;
        plan.threshold_ms = self.threshold_ms;
        plan.seed = seed;
        plan
    }

    /// How long a queue remembers, about: its relaxation time, `h ÷ (c·(1 − √ρ)²)`, or how long impatient
    /// clients stay.
    fn memory_ms(&self) -> f64 {
        let (handling, count) = (self.handling_ms as f64, f64::from(self.operators));
        match self.patience_ms {
            Some(patience) => handling.max(patience as f64),
            None => handling / (count * (1.0 - (self.load / count).sqrt()).powi(2)),
        }
    }

    /// Whether a run of so many arrivals has batches that hardly depend on each other; otherwise its error is
    /// larger than it says.
    pub fn is_long_enough(&self, arrivals: u32) -> bool {
        let batch_ms = f64::from(arrivals) / (BATCHES + 1) as f64 * self.handling_ms as f64 / self.load;
        batch_ms >= MEMORIES_PER_BATCH * self.memory_ms()
    }

    /// What came of a run beside what the formulas say.
    pub fn measures(&self, tally: &Tally) -> Vec<Measure> {
        let handling = self.handling_ms as f64;
        let share = |part: u32, whole: u32| f64::from(part) / f64::from(whole.max(1));
        let p_wait = |batch: &IntervalTally| share(batch.waited, batch.arrivals);
        let mean_wait = |batch: &IntervalTally| {
            (batch.wait_ms + batch.abandoned_wait_ms) as f64 / f64::from(batch.arrivals.max(1)) / 1000.0
        };
        let batches = tally.intervals.get(1..).unwrap_or_default();
        match self.patience_ms {
            None => vec![
                measure("p_wait", erlang::erlang_c(self.operators, self.load), batches, p_wait),
                measure(
                    "service level",
                    erlang::service_level(self.operators, self.load, handling, self.threshold_ms as f64),
                    batches,
                    |batch| share(batch.within, batch.arrivals),
                ),
                measure(
                    "asa (s)",
                    erlang::average_speed_of_answer(self.operators, self.load, handling) / 1000.0,
                    batches,
                    mean_wait,
                ),
            ],
            Some(patience) => {
                let expected = erlang::erlang_a(self.operators, self.load, handling, patience as f64);
                let abandoned = |batch: &IntervalTally| share(batch.abandoned, batch.arrivals);
                vec![
                    measure("p_wait", expected.p_wait, batches, p_wait),
                    measure("p_abandon", expected.p_abandon, batches, abandoned),
                    measure("mean wait (s)", expected.mean_wait / 1000.0, batches, mean_wait),
                ]
            }
        }
    }
}

fn measure(
    name: &'static str,
    expected: f64,
    batches: &[IntervalTally],
    figure: impl Fn(&IntervalTally) -> f64,
) -> Measure {
    let figures: Vec<f64> = batches.iter().map(figure).collect();
    let count = figures.len().max(2) as f64;
    let found = figures.iter().sum::<f64>() / count;
    let variance = figures.iter().map(|figure| (figure - found).powi(2)).sum::<f64>() / (count - 1.0);
    Measure { name, expected, found, error: STUDENT_99 * (variance / count).sqrt() }
}

/// The table of cases with their measures in runs of so many arrivals, as Markdown.
pub fn table(cases: &[(Case, Vec<Measure>)], arrivals: u32) -> String {
    let mut text = String::from(
        "| formula | operators | load | patience | figure | by the formula | found | ± (99 %) | agrees |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    for (case, measures) in cases {
        let formula = if case.patience_ms.is_some() { "Erlang A" } else { "Erlang C" };
        let patience = case.patience_ms.map_or_else(|| "–".to_owned(), |ms| format!("{} s", ms / 1000));
        for measure in measures {
            let Measure { name, expected, found, error } = measure;
            let agrees = match (case.is_long_enough(arrivals), measure.agrees()) {
                (false, _) => "the run is too short to say",
                (true, true) => "yes",
                (true, false) => "no",
            };
            text.push_str(&format!(
                "| {formula} | {} | {} | {patience} | {name} | {expected:.4} | {found:.4} | {error:.4} | {agrees} |\n",
                case.operators, case.load
            ));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::replay::model::play;

    #[test]
    fn arrivals_are_as_many_as_asked_for_and_the_same_for_the_same_seed() {
        let case = Case::of(5, 4.0, None);
        let plan = case.plan(21_000, 1);
        assert_eq!(plan.recording.intervals().len(), BATCHES + 1);
        assert!(plan.recording.arrivals().abs_diff(21_000) < 600, "{}", plan.recording.arrivals());
        assert_eq!(plan, case.plan(21_000, 1));
        assert_ne!(plan, case.plan(21_000, 2));
    }

    #[test]
    fn a_perfect_dispatcher_agrees_with_every_formula() {
        for case in Case::ALL.into_iter().filter(|case| case.is_long_enough(42_000)) {
            let measures = case.measures(&play(&case.plan(42_000, 5)).unwrap());
            let far: Vec<&Measure> = measures.iter().filter(|measure| !measure.agrees()).collect();
            assert!(far.is_empty(), "{case:?}: {far:?}");
        }
    }

    #[test]
    fn another_number_of_operators_does_not_agree() {
        let case = Case::of(14, 10.0, None);
        let tally = play(&case.plan(42_000, 5)).unwrap();
        let other = Case { operators: 15, ..case };
        assert!(other.measures(&tally).iter().all(|measure| !measure.agrees()));
    }

    #[test]
    fn the_table_says_what_was_expected_and_found() {
        let measure = Measure { name: "p_wait", expected: 0.25, found: 0.26, error: 0.005 };
        let cases = [(Case::of(10, 8.5, Some(90_000)), vec![measure])];
        let text = table(&cases, 42_000);
        let line = "| Erlang A | 10 | 8.5 | 90 s | p_wait | 0.2500 | 0.2600 | 0.0050 | no |";
        assert_eq!(text.lines().last(), Some(line));
        assert!(table(&cases, 100).ends_with("| the run is too short to say |\n"));
    }
}
