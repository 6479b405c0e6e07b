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
    /// From Monday on; of each day in order, and apart from each other.
    week: [Vec<Interval>; 7],
    holidays: BTreeSet<Date>,
}

impl Calendar {
    /// The calendar of these hours; none if there is no such time zone.
    pub fn of(hours: &Hours) -> Option<Self> {
        let week = hours.week.days().map(|(_, intervals)| united(intervals));
        let holidays = hours.holidays.iter().map(|day| day.0).collect();
        Some(Self { zone: hours.zone()?, week, holidays })
    }

    /// Whether it is open at this moment.
    pub fn is_open(&self, at: Timestamp) -> bool {
        let Some(today) = self.date(at) else { return false };
        // Where clocks go back over midnight, a moment may belong to the day before or after.
        let days = [today.yesterday().ok(), Some(today), today.tomorrow().ok()];
        days.into_iter().flatten().any(|day| self.is_within(day, at))
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

    /// Whether a moment is in an interval of this day. The last one that has begun is the last to end.
    fn is_within(&self, day: Date, at: Timestamp) -> bool {
        let intervals = self.intervals(day);
        let begun =
            intervals.partition_point(|one| self.moment(day, one.start).is_some_and(|from| from <= at));
        let last = begun.checked_sub(1).map(|last| intervals[last].end);
        last.and_then(|end| self.moment(day, end)).is_some_and(|until| at < until)
    }

    /// The first moment of this day, after another, at which it is no longer so.
    fn change_within(&self, day: Date, after: Timestamp, is_open: bool) -> Option<Timestamp> {
        let intervals = self.intervals(day);
        let over =
            intervals.partition_point(|one| self.moment(day, one.end).is_some_and(|until| until <= after));
        let ends = intervals[over..].iter().flat_map(|one| [one.start, one.end]);
        let mut moments = ends.filter_map(|time| self.moment(day, time)).filter(|at| *at > after);
        moments.find(|at| self.is_open(*at) != is_open)
    }

    /// The day before the next holiday, but later than this day.
    fn before_holiday(&self, day: Date) -> Option<Date> {
        let tomorrow = day.tomorrow().ok()?;
        let holiday = self.holidays.range(tomorrow..).next()?;
        Some(holiday.yesterday().ok()?.max(tomorrow))
    }

    /// The open times of a day: in order, and apart from each other, so that their moments are in order too.
    fn intervals(&self, day: Date) -> &[Interval] {
        let weekday = day.weekday().to_monday_zero_offset() as usize;
        if self.holidays.contains(&day) { &[] } else { &self.week[weekday] }
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

/// The intervals of a day in order, those that touch or overlap as one.
fn united(intervals: &[Interval]) -> Vec<Interval> {
    let mut ordered = intervals.to_vec();
    ordered.sort_unstable_by_key(|interval| (interval.start, interval.end));
    let mut united: Vec<Interval> = Vec::with_capacity(ordered.len());
    for interval in ordered {
        match united.last_mut().filter(|last| interval.start <= last.end) {
            Some(last) => last.end = last.end.max(interval.end),
            None => united.push(interval),
        }
    }
    united
}

#[cfg(test)]
mod tests;
