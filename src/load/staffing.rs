//! How many operators each interval of a recording has. Pure arithmetic.

use std::collections::HashMap;
use std::str::FromStr;

use super::erlang;
use super::recording::Interval;
use crate::timestamp::Timestamp;

/// Above this load no queue has room for the operators, and the formula would take long to say so.
const MOST_SERVERS: f64 = 1e7;

/// What clients were promised.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ServiceGoal {
    /// The share of clients who are answered in time, between 0 and 1.
    pub level: f64,
    /// In time means within this.
    pub within_ms: u64,
}

impl Default for ServiceGoal {
    /// The custom of the trade: 80 % within 20 seconds.
    fn default() -> Self {
        Self { level: 0.8, within_ms: 20_000 }
    }
}

/// How many operators there are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Operators {
    /// The same number in every interval.
    Fixed(u32),
    /// In every interval the fewest that reach the goal by Erlang C.
    Auto(ServiceGoal),
}

impl FromStr for Operators {
    type Err = String;

    /// A number, or `auto` for the usual goal.
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto(ServiceGoal::default())),
            _ => match text.parse() {
                Ok(count) if count > 0 => Ok(Self::Fixed(count)),
                _ => Err("a number from 1, or auto".to_owned()),
            },
        }
    }
}

/// A moment from which another number of operators is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shift {
    /// From then on.
    pub from: Timestamp,
    /// So many; 0 where no interval is.
    pub operators: u32,
}

/// A time of the day from which so many operators are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayShift {
    /// In milliseconds since midnight.
    pub from_ms: u64,
    /// So many.
    pub operators: u32,
}

/// How many operators are wanted, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staffing {
    per_interval: Vec<u32>,
    shifts: Vec<Shift>,
}

impl Staffing {
    /// Plans for `intervals`, in which a dialog takes `handling_ms` on average and an operator
    /// handles `capacity` dialogs at once.
    pub fn plan(intervals: &[Interval], operators: Operators, handling_ms: u64, capacity: u32) -> Self {
        let per_interval = match operators {
            Operators::Fixed(count) => vec![count; intervals.len()],
            Operators::Auto(goal) => by_erlang_c(intervals, goal, handling_ms, capacity),
        };
        Self { shifts: shifts(intervals, &per_interval), per_interval }
    }

    /// Plans by the time of the day at which an interval begins; before the first shift of a day the last one
    /// goes on.
    pub fn by_time(intervals: &[Interval], day: &[DayShift]) -> Self {
        let wanted = |interval: &Interval| {
            let begun = day.iter().rev().find(|shift| shift.from_ms <= interval.time_of_day_ms());
            begun.or(day.last()).map_or(0, |shift| shift.operators)
        };
        let per_interval: Vec<u32> = intervals.iter().map(wanted).collect();
        Self { shifts: shifts(intervals, &per_interval), per_interval }
    }

    /// The number in each interval.
    pub fn per_interval(&self) -> &[u32] {
        &self.per_interval
    }

    /// The moments at which the number changes, in order. It starts from none, and none are wanted
    /// from the end of the last interval before a gap.
    pub fn shifts(&self) -> &[Shift] {
        &self.shifts
    }

    /// The most that are wanted at once.
    pub fn most(&self) -> u32 {
        self.per_interval.iter().copied().max().unwrap_or(0)
    }
}

fn by_erlang_c(intervals: &[Interval], goal: ServiceGoal, handling_ms: u64, capacity: u32) -> Vec<u32> {
    // Few different rates occur, and each costs a sum over all servers.
    let mut known: HashMap<(u32, u64), u32> = HashMap::new();
    let staff = |interval: &Interval| {
        let rate = f64::from(interval.arrivals) / interval.length_ms as f64;
        if rate * handling_ms as f64 > MOST_SERVERS {
            return u32::MAX;
        }
        erlang::staff_for(goal.level, goal.within_ms as f64, rate, handling_ms as f64)
            .div_ceil(capacity.max(1))
    };
    let mut staffed = |interval: &Interval| {
        *known.entry((interval.arrivals, interval.length_ms)).or_insert_with(|| staff(interval))
    };
    intervals.iter().map(&mut staffed).collect()
}

fn shifts(intervals: &[Interval], per_interval: &[u32]) -> Vec<Shift> {
    let mut shifts: Vec<Shift> = Vec::new();
    let mut change = |from: Timestamp, operators: u32| {
        if shifts.last().map_or(0, |shift| shift.operators) != operators {
            shifts.push(Shift { from, operators });
        }
    };
    for (place, (interval, operators)) in intervals.iter().zip(per_interval).enumerate() {
        change(interval.start, *operators);
        if intervals.get(place + 1).is_none_or(|next| next.start > interval.end()) {
            change(interval.end(), 0);
        }
    }
    shifts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interval(start_min: i64, arrivals: u32) -> Interval {
        Interval { start: Timestamp::from_millis(start_min * 60_000), length_ms: 30 * 60_000, arrivals }
    }

    fn shift(from_min: i64, operators: u32) -> Shift {
        Shift { from: Timestamp::from_millis(from_min * 60_000), operators }
    }

    #[test]
    fn auto_staffs_every_interval_for_the_goal() {
        let auto = Operators::Auto(ServiceGoal::default());
        let plan = Staffing::plan(&[interval(0, 100), interval(30, 0), interval(60, 100)], auto, 180_000, 1);
        assert_eq!(plan.per_interval(), [14, 1, 14]);
        assert_eq!(plan.shifts(), [shift(0, 14), shift(30, 1), shift(60, 14), shift(90, 0)]);
        assert_eq!(plan.most(), 14);
    }

    #[test]
    fn operators_who_handle_three_at_once_are_a_third_as_many() {
        let auto = Operators::Auto(ServiceGoal::default());
        assert_eq!(Staffing::plan(&[interval(0, 100)], auto, 180_000, 3).per_interval(), [5]);
    }

    #[test]
    fn a_fixed_number_is_there_whenever_there_are_intervals() {
        let plan = Staffing::plan(
            &[interval(0, 1), interval(30, 1), interval(600, 1)],
            Operators::Fixed(3),
            180_000,
            1,
        );
        assert_eq!(plan.shifts(), [shift(0, 3), shift(60, 0), shift(600, 3), shift(630, 0)]);
    }

    #[test]
    fn shifts_of_the_day_come_again_every_day() {
        let day =
            [(40, 5), (100, 2)].map(|(minutes, operators)| DayShift { from_ms: minutes * 60_000, operators });
        let intervals = [0, 30, 60, 90, 120, 1440 + 30, 1440 + 60].map(|minute| interval(minute, 1));
        assert_eq!(Staffing::by_time(&intervals, &day).per_interval(), [2, 2, 5, 5, 2, 2, 5]);
    }

    #[test]
    fn operators_are_a_number_or_auto() {
        assert_eq!("12".parse(), Ok(Operators::Fixed(12)));
        assert_eq!("auto".parse(), Ok(Operators::Auto(ServiceGoal::default())));
        assert!("0".parse::<Operators>().is_err());
        assert!("some".parse::<Operators>().is_err());
    }
}
