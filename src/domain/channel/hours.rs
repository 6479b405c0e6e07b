//! When a channel is open: the calendar as it is written, and whether it makes sense.
//!
//! What the clock makes of it is not decided here.

use std::fmt;

use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::domain::form;
use crate::error::{Code, Rejection};
use crate::limits;

/// The opening hours of a channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// The name of the zone in the tz database, such as `Europe/Warsaw`.
    pub time_zone: String,
    /// The hours of each day of the week.
    pub week: Week,
    /// Days on which it is closed all day.
    #[serde(default)]
    pub holidays: Vec<Day>,
}

/// The hours of each day of the week; a day that is not said is closed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Week {
    /// Of Mondays.
    pub mon: Vec<Interval>,
    /// Of Tuesdays.
    pub tue: Vec<Interval>,
    /// Of Wednesdays.
    pub wed: Vec<Interval>,
    /// Of Thursdays.
    pub thu: Vec<Interval>,
    /// Of Fridays.
    pub fri: Vec<Interval>,
    /// Of Saturdays.
    pub sat: Vec<Interval>,
    /// Of Sundays.
    pub sun: Vec<Interval>,
}

/// Open from a time of day, which belongs to it, to a later one, which does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(TimeOfDay, TimeOfDay)", into = "(TimeOfDay, TimeOfDay)")]
pub struct Interval {
    /// The first minute.
    pub start: TimeOfDay,
    /// The first minute that is no longer in it; at most 24:00.
    pub end: TimeOfDay,
}

/// A time on the clock on the wall: whole minutes since midnight, from 00:00 to 24:00.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeOfDay(u16);

/// A date of the calendar, like 2026-12-25.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(pub Date);

/// What happens to who writes while the channel is closed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OffHours {
    /// What the client is told.
    pub reply: Option<String>,
    /// Whether the dialog is closed at once.
    pub close: bool,
}

impl Hours {
    /// The zone, if the bundled tz database knows it: the same on every machine.
    pub fn zone(&self) -> Option<TimeZone> {
        TimeZoneDatabase::bundled().get(&self.time_zone).ok()
    }

    pub(super) fn validate(&self) -> Result<(), Rejection> {
        if self.zone().is_none() {
            let message = "there is no such time zone; they are called like Europe/Warsaw";
            return Err(Rejection::invalid("hours.time_zone", message));
        }
        if self.holidays.len() > limits::HOLIDAYS {
            let message = format!("at most {} holidays", limits::HOLIDAYS);
            return Err(Rejection::new(Code::TooLarge, message).at("hours.holidays"));
        }
        self.week.days().into_iter().try_for_each(|(name, intervals)| validate_day(name, intervals))
    }
}

impl Week {
    /// The days from Monday to Sunday, with their names in the line protocol.
    pub fn days(&self) -> [(&'static str, &[Interval]); 7] {
        [
            ("mon", &self.mon),
            ("tue", &self.tue),
            ("wed", &self.wed),
            ("thu", &self.thu),
            ("fri", &self.fri),
            ("sat", &self.sat),
            ("sun", &self.sun),
        ]
    }
}

fn validate_day(name: &str, intervals: &[Interval]) -> Result<(), Rejection> {
    if intervals.len() > limits::INTERVALS_PER_DAY {
        let message = format!("a day has at most {} intervals", limits::INTERVALS_PER_DAY);
        return Err(Rejection::new(Code::TooLarge, message).at(format!("hours.week.{name}")));
    }
    match intervals.iter().position(|interval| interval.end <= interval.start) {
        Some(place) => {
            let field = format!("hours.week.{name}[{place}]");
            Err(Rejection::invalid(field, "an interval ends after its start, at 24:00 at the latest"))
        }
        None => Ok(()),
    }
}

impl OffHours {
    pub(super) fn validate(&self) -> Result<(), Rejection> {
        self.reply.as_deref().map_or(Ok(()), |reply| form::filled_text("off_hours.reply", reply))
    }
}

impl From<(TimeOfDay, TimeOfDay)> for Interval {
    fn from((start, end): (TimeOfDay, TimeOfDay)) -> Self {
        Self { start, end }
    }
}

impl From<Interval> for (TimeOfDay, TimeOfDay) {
    fn from(interval: Interval) -> Self {
        (interval.start, interval.end)
    }
}

impl TimeOfDay {
    /// Midnight at the end of the day.
    pub const END_OF_DAY: Self = Self(24 * 60);

    /// Reads `HH:MM`, from 00:00 to 24:00.
    pub fn parse(text: &str) -> Option<Self> {
        let (hours, minutes) = text.split_once(':')?;
        let number = |digits: &str| {
            let plain = digits.len() == 2 && digits.bytes().all(|digit| digit.is_ascii_digit());
            digits.parse::<u16>().ok().filter(|_| plain)
        };
        let (hours, minutes) = (number(hours)?, number(minutes).filter(|minutes| *minutes < 60)?);
        Some(Self(hours * 60 + minutes)).filter(|time| *time <= Self::END_OF_DAY)
    }

    /// Whole minutes since midnight.
    pub fn minutes(self) -> u16 {
        self.0
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl Serialize for TimeOfDay {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TimeOfDay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("a time of day is like 09:00, up to 24:00"))
    }
}

impl Day {
    /// Reads `YYYY-MM-DD`.
    pub fn parse(text: &str) -> Option<Self> {
        // The calendar's own reader takes other forms too.
        text.parse().ok().filter(|_| text.len() == 10).map(Self)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("a date is like 2026-12-25"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_dates_have_one_form() {
        assert_eq!(TimeOfDay::parse("09:05").unwrap().minutes(), 545);
        assert_eq!(TimeOfDay::parse("24:00"), Some(TimeOfDay::END_OF_DAY));
        for bad in ["", "9:00", "09:60", "24:01", "25:00", "+9:00", "09:00:00", "0900"] {
            assert_eq!(TimeOfDay::parse(bad), None, "{bad}");
        }
        assert_eq!(Day::parse("2024-02-29").unwrap().to_string(), "2024-02-29");
        for bad in ["", "2026-02-29", "2026-2-01", "20260101", "2026-13-01", "2026-01-01T00:00"] {
            assert_eq!(Day::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn hours_are_checked_day_by_day() {
        let field = |text: &str| {
            let hours: Hours = serde_json::from_str(text).unwrap();
            hours.validate().err().and_then(|rejection| rejection.field.map(|field| field.into_owned()))
        };
        let good = r#"{"time_zone":"Europe/Warsaw","week":{"mon":[["09:00","17:00"],["18:00","24:00"]]}}"#;
        assert_eq!(field(good), None);
        let zone = r#"{"time_zone":"Europe/Atlantis","week":{}}"#;
        assert_eq!(field(zone).as_deref(), Some("hours.time_zone"));
        for reversed in ["17:00", "18:00"] {
            let line = format!(r#"{{"time_zone":"UTC","week":{{"sun":[["{reversed}","17:00"]]}}}}"#);
            assert_eq!(field(&line).as_deref(), Some("hours.week.sun[0]"));
        }
    }
}
