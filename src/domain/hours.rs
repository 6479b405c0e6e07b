//! When a channel is open: week, holidays and time zone become moments. Only calendar arithmetic; what
//! follows from it is decided elsewhere.
//!
//! Time zones come from the IANA database that is built in, so that a calendar means the same on every
//! machine and needs no file. An interval `["09:00","17:00"]` of a day goes from the first moment at which the
//! local clock shows 09:00 or more, to the first at which it shows 17:00 or more. So a local time that
//! daylight saving skips counts as the next moment that exists, and one that it repeats as its first.

use std::collections::BTreeSet;

use jiff::civil::{Date, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};

use crate::domain::channel::{Hours, Interval, TimeOfDay};
use crate::timestamp::Timestamp;

/// Days without a change and without a holiday, after which none comes before the next holiday: two weeks,
/// since daylight saving may swallow an interval once, and some.
const QUIET_DAYS: u32 = 16;

/// A calendar that can say whether it is open.
#[derive(Debug, Clone, PartialEq)]
pub struct Calendar {
    zone: TimeZone,
    /// From Monday on.
    week: [Vec<Interval>; 7],
    holidays: BTreeSet<Date>,
}

impl Calendar {
    /// The calendar of these hours; none if there is no such time zone.
    pub fn of(hours: &Hours) -> Option<Self> {
        let week = hours.week.days().map(|(_, intervals)| intervals.to_vec());
        let holidays = hours.holidays.iter().map(|day| day.0).collect();
        Some(Self { zone: hours.zone()?, week, holidays })
    }

    /// Whether it is open at this moment.
    pub fn is_open(&self, at: Timestamp) -> bool {
        let Some(today) = self.date(at) else { return false };
        // Where clocks go back over midnight, a moment may belong to the day before or after.
        let days = [today.yesterday().ok(), Some(today), today.tomorrow().ok()];
        let holds = |day: Date| self.moments(day).any(|(from, until)| from <= at && at < until);
        days.into_iter().flatten().any(holds)
    }

    /// The first moment after this one at which it opens or closes; none if it never does.
    pub fn next_change(&self, after: Timestamp) -> Option<Timestamp> {
        let is_open = self.is_open(after);
        let mut day = self.date(after)?.yesterday().ok()?;
        let mut quiet_days = 0;
        loop {
            if let Some(change) = self.change_within(day, after, is_open) {
                return Some(change);
            }
            quiet_days = if self.holidays.contains(&day) { 0 } else { quiet_days + 1 };
            day = match quiet_days {
                QUIET_DAYS.. => self.before_holiday(day)?,
                _ => day.tomorrow().ok()?,
            };
        }
    }

    /// The first moment of this day, after another, at which it is no longer so.
    fn change_within(&self, day: Date, after: Timestamp, is_open: bool) -> Option<Timestamp> {
        let mut moments: Vec<Timestamp> =
            self.moments(day).flat_map(|(from, until)| [from, until]).filter(|at| *at > after).collect();
        moments.sort_unstable();
        moments.into_iter().find(|at| self.is_open(*at) != is_open)
    }

    /// The day before the next holiday, but later than this day.
    fn before_holiday(&self, day: Date) -> Option<Date> {
        let tomorrow = day.tomorrow().ok()?;
        let holiday = self.holidays.range(tomorrow..).next()?;
        Some(holiday.yesterday().ok()?.max(tomorrow))
    }

    /// The open times of a day as moments; some may be empty.
    fn moments(&self, day: Date) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        let weekday = day.weekday().to_monday_zero_offset() as usize;
        let intervals: &[Interval] = if self.holidays.contains(&day) { &[] } else { &self.week[weekday] };
        intervals.iter().filter_map(move |interval| {
            Some((self.moment(day, interval.start)?, self.moment(day, interval.end)?))
        })
    }

    /// The first moment at which the local clock shows this time of this day, or more.
    fn moment(&self, day: Date, time: TimeOfDay) -> Option<Timestamp> {
        let ends = time >= TimeOfDay::END_OF_DAY;
        let (day, minute) = if ends { (day.tomorrow().ok()?, 0) } else { (day, time.minutes()) };
        let time = Time::new((minute / 60) as i8, (minute % 60) as i8, 0, 0).ok()?;
        let local = day.to_datetime(time);
        let moment = match self.zone.to_ambiguous_timestamp(local).offset() {
            AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(local).ok()?,
            AmbiguousOffset::Fold { before, .. } => before.to_timestamp(local).ok()?,
            AmbiguousOffset::Gap { before, after } => {
                // By the clock of before the gap, this is a moment in or behind it.
                let behind = before.to_timestamp(local).ok()?;
                let later = jiff::Timestamp::from_second(behind.as_second() + 1).ok()?;
                let leaps = self.zone.preceding(later).map(|transition| transition.timestamp());
                let mut leaps = leaps.take_while(|at| behind.duration_since(*at).as_hours() < 48);
                leaps.find(|at| self.zone.to_offset(*at) == after).unwrap_or(behind)
            }
        };
        Some(Timestamp::from_millis(moment.as_millisecond()))
    }

    /// The local date of a moment; none beyond the end of calendars.
    fn date(&self, at: Timestamp) -> Option<Date> {
        let at = jiff::Timestamp::from_millisecond(at.as_millis()).ok()?;
        Some(self.zone.to_datetime(at).date())
    }
}

#[cfg(test)]
mod tests;
