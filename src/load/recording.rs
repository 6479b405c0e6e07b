//! A recording of traffic: how many arrivals each interval had. Nothing here draws a random number.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use csv::StringRecord;

use crate::timestamp::Timestamp;

/// Milliseconds of a day.
pub(crate) const DAY_MS: u64 = 24 * 3600 * 1000;

/// How long the interval of a recording with a single row lasts.
const ONLY_INTERVAL_MS: u64 = 3600 * 1000;

/// Arrivals of one interval: their moments are held in memory while the interval is played.
const ARRIVALS_PER_INTERVAL: u32 = 10_000_000;

/// Some time, and how many arrived in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    /// When it begins.
    pub start: Timestamp,
    /// How long it lasts; never 0.
    pub length_ms: u64,
    /// How many arrived.
    pub arrivals: u32,
}

impl Interval {
    /// When it ends; this moment is no longer part of it.
    pub fn end(&self) -> Timestamp {
        self.start.plus_ms(self.length_ms)
    }

    /// The day of its start, in UTC, as days since 1970-01-01.
    pub fn day(&self) -> i64 {
        day_of(self.start)
    }

    /// Milliseconds from midnight to its start, in UTC.
    pub fn time_of_day_ms(&self) -> u64 {
        self.start.as_millis().rem_euclid(DAY_MS as i64) as u64
    }
}

/// The day of a moment, in UTC, as days since 1970-01-01.
pub(crate) fn day_of(moment: Timestamp) -> i64 {
    moment.as_millis().div_euclid(DAY_MS as i64)
}

/// Why a file is no recording.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordingError {
    /// The file cannot be opened or read.
    #[error("cannot read {path}: {reason}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the operating system said.
        reason: String,
    },
    /// A line is not what it should be.
    #[error("line {line}: {reason}")]
    Line {
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// There is no row at all.
    #[error("no rows: a recording needs a line with the names `DateTime` and `Calls`, and rows below it")]
    Empty,
}

/// How many arrivals each interval had, in the order of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    intervals: Vec<Interval>,
}

impl Recording {
    /// Reads a CSV file; see [`Recording::read`].
    ///
    /// # Errors
    /// [`RecordingError`] with the line that is wrong.
    pub fn open(path: &Path) -> Result<Self, RecordingError> {
        let unreadable = |e: &dyn std::fmt::Display| RecordingError::Unreadable {
            path: path.display().to_string(),
            reason: e.to_string(),
        };
        let file = File::open(path).map_err(|e| unreadable(&e))?;
        match Self::read(file) {
            Err(RecordingError::Unreadable { reason, .. }) => Err(unreadable(&reason)),
            other => other,
        }
    }

    /// Intervals of one length, one after the other.
    pub fn regular(start: Timestamp, length_ms: u64, arrivals: &[u32]) -> Self {
        let interval = |(place, arrivals): (u64, &u32)| Interval {
            start: start.plus_ms(place * length_ms),
            length_ms,
            arrivals: *arrivals,
        };
        Self { intervals: (0..).zip(arrivals).map(interval).collect() }
    }

    /// Reads CSV with the columns `DateTime` (RFC 3339) and `Calls` (a count); others are ignored.
    ///
    /// An interval lasts until the next row's time. The last one lasts as long as the one before, and
    /// so does one after which no row follows on the same day, unless the next row comes sooner:
    /// a day's last five minutes don't last all night. A single row lasts an hour.
    ///
    /// # Errors
    /// [`RecordingError`] with the first line that is wrong: a time or count that is none, or a row
    /// that is not later than the one before.
    pub fn read(input: impl Read) -> Result<Self, RecordingError> {
        let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(input);
        let columns = Columns::find(reader.headers().map_err(broken)?)?;
        let mut rows: Vec<(Timestamp, u32)> = Vec::new();
        let mut record = StringRecord::new();
        while reader.read_record(&mut record).map_err(broken)? {
            let line = record.position().map_or(0, csv::Position::line);
            let row = columns.row(&record).map_err(|reason| RecordingError::Line { line, reason })?;
            if let Some((before, _)) = rows.last().filter(|(before, _)| *before >= row.0) {
                let reason = format!("out of order: {} is not later than {before}, the row before", row.0);
                return Err(RecordingError::Line { line, reason });
            }
            rows.push(row);
        }
        if rows.is_empty() {
            return Err(RecordingError::Empty);
        }
        Ok(Self { intervals: intervals(&rows) })
    }

    /// The recording of the first `days` days that have rows.
    #[must_use]
    pub fn first_days(mut self, days: usize) -> Self {
        let mut seen = 0;
        let mut last = None;
        let kept = self.intervals.iter().take_while(|interval| {
            seen += usize::from(last.replace(interval.day()) != Some(interval.day()));
            seen <= days
        });
        let kept = kept.count();
        self.intervals.truncate(kept);
        self
    }

    /// The intervals, in the order of time.
    pub fn intervals(&self) -> &[Interval] {
        &self.intervals
    }

    /// How many arrive in all.
    pub fn arrivals(&self) -> u64 {
        self.intervals.iter().map(|interval| u64::from(interval.arrivals)).sum()
    }

    /// How many days have rows.
    pub fn days(&self) -> usize {
        self.intervals.chunk_by(|a, b| a.day() == b.day()).count()
    }
}

/// Where the two columns are.
struct Columns {
    time: usize,
    calls: usize,
}

impl Columns {
    fn find(headers: &StringRecord) -> Result<Self, RecordingError> {
        if headers.is_empty() {
            return Err(RecordingError::Empty);
        }
        let find = |name: &str| {
            let reason = || format!("no column `{name}`");
            let place = headers.iter().position(|header| header == name);
            place.ok_or_else(|| RecordingError::Line { line: 1, reason: reason() })
        };
        Ok(Self { time: find("DateTime")?, calls: find("Calls")? })
    }

    fn row(&self, record: &StringRecord) -> Result<(Timestamp, u32), String> {
        let time = record.get(self.time).ok_or("no `DateTime`")?;
        let calls = record.get(self.calls).ok_or("no `Calls`")?;
        let time = Timestamp::parse(time).map_err(|e| format!("`DateTime`: {e}"))?;
        Ok((time, count(calls)?))
    }
}

fn count(text: &str) -> Result<u32, String> {
    let number: i128 =
        text.parse().map_err(|_| format!("`Calls` is not a whole number: {}", shortened(text)))?;
    if number < 0 {
        return Err(format!("`Calls` is negative: {number}"));
    }
    match u32::try_from(number) {
        Ok(count) if count <= ARRIVALS_PER_INTERVAL => Ok(count),
        _ => Err(format!("`Calls` is more than {ARRIVALS_PER_INTERVAL}: {number}")),
    }
}

fn shortened(text: &str) -> String {
    if text.is_empty() { "(empty)".to_owned() } else { text.chars().take(64).collect() }
}

fn broken(error: csv::Error) -> RecordingError {
    let line = error.position().map(csv::Position::line);
    match (line, error.kind()) {
        (Some(line), csv::ErrorKind::Utf8 { .. }) => {
            RecordingError::Line { line, reason: "not UTF-8 text".to_owned() }
        }
        (Some(line), _) => RecordingError::Line { line, reason: error.to_string() },
        (None, _) => RecordingError::Unreadable { path: String::new(), reason: error.to_string() },
    }
}

fn intervals(rows: &[(Timestamp, u32)]) -> Vec<Interval> {
    let mut intervals: Vec<Interval> = Vec::with_capacity(rows.len());
    for (place, &(start, arrivals)) in rows.iter().enumerate() {
        let before = intervals.last().map(|interval| interval.length_ms);
        let length_ms = match rows.get(place + 1) {
            Some(&(next, _)) if day_of(next) == day_of(start) => next.since_ms(start),
            Some(&(next, _)) => next.since_ms(start).min(before.unwrap_or(u64::MAX)),
            None => before.unwrap_or(ONLY_INTERVAL_MS),
        };
        intervals.push(Interval { start, length_ms, arrivals });
    }
    intervals
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Recording, RecordingError> {
        Recording::read(text.as_bytes())
    }

    fn refusal(rows: &str) -> String {
        read(&format!("DateTime,Calls\n{rows}")).unwrap_err().to_string()
    }

    fn lengths(rows: &str) -> Vec<u64> {
        let recording = read(&format!("DateTime,Calls\n{rows}")).unwrap();
        recording.intervals().iter().map(|interval| interval.length_ms / 60_000).collect()
    }

    #[test]
    fn the_shipped_recording_is_what_its_source_says() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/bank_calls.csv");
        let recording = Recording::open(Path::new(file)).unwrap();
        assert_eq!(recording.arrivals(), 5_323_661);
        assert_eq!((recording.intervals().len(), recording.days()), (27_716, 164));
        assert!(recording.intervals().iter().all(|interval| interval.length_ms == 300_000));
        let two = recording.first_days(2);
        assert_eq!((two.days(), two.intervals().len()), (2, 2 * 169));
    }

    #[test]
    fn columns_are_found_by_name_in_any_order_with_others_between() {
        let recording = read("\"Calls\",x,DateTime\n 7 ,a,2026-01-01T09:00:00Z\n").unwrap();
        let start = Timestamp::parse("2026-01-01T09:00:00Z").unwrap();
        assert_eq!(recording.intervals(), [Interval { start, length_ms: 3_600_000, arrivals: 7 }]);
    }

    #[test]
    fn an_interval_lasts_until_the_next_row_and_the_last_as_long_as_the_one_before() {
        let rows = "2026-01-01T09:00:00Z,1\n2026-01-01T09:05:00Z,1\n2026-01-01T09:20:00Z,1\n";
        assert_eq!(lengths(rows), [5, 15, 15]);
    }

    #[test]
    fn the_last_interval_of_a_day_does_not_last_all_night() {
        let rows = "2026-01-01T20:55:00Z,1\n2026-01-01T21:00:00Z,1\n2026-01-04T07:00:00Z,1\n2026-01-04T07:10:00Z,1\n";
        assert_eq!(lengths(rows), [5, 5, 10, 10]);
        let around_the_clock = "2026-01-01T23:00:00Z,1\n2026-01-01T23:30:00Z,1\n2026-01-02T00:00:00Z,1\n";
        assert_eq!(lengths(around_the_clock), [30, 30, 30]);
        let daily = "2026-01-01T00:00:00Z,1\n2026-01-02T00:00:00Z,1\n2026-01-05T00:00:00Z,1\n";
        assert_eq!(lengths(daily), [1440, 1440, 1440]);
    }

    #[test]
    fn a_wrong_row_is_refused_by_its_line() {
        let good = "2026-01-01T09:00:00Z,1\n";
        assert!(refusal(&format!("{good}2026-01-01T09:00:00Z,1")).starts_with("line 3: out of order"));
        assert!(refusal(&format!("{good}2025-01-01T09:00:00Z,1")).starts_with("line 3: out of order"));
        assert_eq!(refusal("2026-01-01T09:00:00Z,-4"), "line 2: `Calls` is negative: -4");
        assert_eq!(refusal("2026-01-01T09:00:00Z,many"), "line 2: `Calls` is not a whole number: many");
        assert_eq!(refusal("2026-01-01T09:00:00Z,"), "line 2: `Calls` is not a whole number: (empty)");
        assert_eq!(refusal("2026-01-01T09:00:00Z,1.5"), "line 2: `Calls` is not a whole number: 1.5");
        assert!(refusal("2026-01-01T09:00:00Z,99999999999999").starts_with("line 2: `Calls` is more than"));
        assert!(refusal("yesterday,1").starts_with("line 2: `DateTime`"));
        assert_eq!(refusal("2026-01-01T09:00:00Z"), "line 2: no `Calls`");
        assert_eq!(refusal(""), RecordingError::Empty.to_string());
    }

    #[test]
    fn a_file_without_the_columns_or_without_anything_is_refused() {
        assert_eq!(read("DateTime,Count\n").unwrap_err().to_string(), "line 1: no column `Calls`");
        assert_eq!(read("").unwrap_err(), RecordingError::Empty);
        assert!(matches!(
            Recording::read(&b"DateTime,Calls\n\xff\xfe,1\n"[..]),
            Err(RecordingError::Line { line: 2, .. })
        ));
        let missing = Recording::open(Path::new("/nowhere/calls.csv")).unwrap_err().to_string();
        assert!(missing.starts_with("cannot read /nowhere/calls.csv: "), "{missing}");
    }
}
