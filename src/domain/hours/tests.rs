//! Calendars against the clocks of the world, and against a scan of every minute.

use jiff::civil::DateTime;
use proptest::prelude::*;

use super::*;
use crate::domain::channel::{Day, Week};

const DAY_MS: u64 = 24 * 3_600_000;

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn interval(start: &str, end: &str) -> Interval {
    Interval { start: TimeOfDay::parse(start).unwrap(), end: TimeOfDay::parse(end).unwrap() }
}

fn intervals(list: &[(&str, &str)]) -> Vec<Interval> {
    list.iter().map(|(start, end)| interval(start, end)).collect()
}

/// Always closed.
fn in_zone(name: &str) -> Calendar {
    let hours = Hours { time_zone: name.to_owned(), week: Week::default(), holidays: Vec::new() };
    Calendar::of(&hours).unwrap()
}

/// The same every day of the week.
fn daily(name: &str, list: &[(&str, &str)], holidays: &[&str]) -> Calendar {
    let week = std::array::from_fn(|_| intervals(list));
    let holidays = holidays.iter().map(|day| day.parse().unwrap()).collect();
    Calendar { week, holidays, ..in_zone(name) }
}

/// The next changes after a moment.
fn changes(calendar: &Calendar, after: &str, count: usize) -> Vec<String> {
    let mut moment = at(after);
    let mut changes = Vec::new();
    while changes.len() < count
        && let Some(change) = calendar.next_change(moment)
    {
        assert_ne!(calendar.is_open(change), calendar.is_open(moment), "{change} is a change");
        assert_eq!(
            calendar.is_open(Timestamp::from_millis(change.as_millis() - 1)),
            calendar.is_open(moment)
        );
        changes.push(change.to_string().replace(":00.000Z", "Z"));
        moment = change;
    }
    changes
}

#[test]
fn an_interval_includes_its_start_and_not_its_end() {
    let calendar = daily("UTC", &[("09:00", "17:00")], &[]);
    for (moment, open) in [
        ("2026-01-01T08:59:59.999Z", false),
        ("2026-01-01T09:00:00Z", true),
        ("2026-01-01T16:59:59.999Z", true),
        ("2026-01-01T17:00:00Z", false),
    ] {
        assert_eq!(calendar.is_open(at(moment)), open, "{moment}");
    }
    assert_eq!(changes(&calendar, "2026-01-01T09:00:00Z", 2), ["2026-01-01T17:00Z", "2026-01-02T09:00Z"]);
}

#[test]
fn a_week_has_days_of_several_intervals_and_days_of_none() {
    let mut calendar = daily("Europe/Warsaw", &[], &[]);
    calendar.week[0] = intervals(&[("09:00", "12:00"), ("13:00", "17:00")]);
    calendar.week[4] = intervals(&[("20:00", "24:00")]);
    calendar.week[5] = intervals(&[("00:00", "02:00"), ("01:00", "03:00")]);
    // 2026-01-05 is a Monday; Warsaw is an hour ahead. What touches or overlaps is one opening.
    let expected = [
        "2026-01-05T08:00Z",
        "2026-01-05T11:00Z",
        "2026-01-05T12:00Z",
        "2026-01-05T16:00Z",
        "2026-01-09T19:00Z",
        "2026-01-10T02:00Z",
        "2026-01-12T08:00Z",
    ];
    assert_eq!(changes(&calendar, "2026-01-04T12:00:00Z", 7), expected);
}

#[test]
fn holidays_are_closed_all_local_day() {
    let calendar = daily("America/New_York", &[("00:00", "24:00")], &["2026-12-25", "2030-07-04"]);
    let expected = ["2026-12-25T05:00Z", "2026-12-26T05:00Z", "2030-07-04T04:00Z", "2030-07-05T04:00Z"];
    assert_eq!(changes(&calendar, "2026-01-01T00:00:00Z", 9), expected, "and then never again");
}

#[test]
fn what_never_opens_or_never_closes_has_no_change() {
    assert_eq!(daily("Europe/Warsaw", &[], &["2026-01-06"]).next_change(at("2026-01-01T00:00:00Z")), None);
    let always = daily("Europe/Warsaw", &[("00:00", "24:00")], &[]);
    assert!(always.is_open(at("2026-01-01T00:00:00Z")));
    assert_eq!(always.next_change(at("2026-01-01T00:00:00Z")), None);
    assert!(!always.is_open(Timestamp::from_millis(i64::MAX)), "beyond the end of calendars");
    assert_eq!(always.next_change(Timestamp::from_millis(i64::MAX)), None);
}

#[test]
fn mondays_that_are_all_holidays_are_passed_over() {
    let mut calendar = daily("UTC", &[], &[]);
    calendar.week[0] = intervals(&[("09:00", "10:00")]);
    let monday: Date = "2026-01-05".parse().unwrap();
    let weeks = (0..200).map(|week| monday.checked_add(jiff::Span::new().weeks(week)).unwrap());
    calendar.holidays = weeks.collect();
    assert_eq!(changes(&calendar, "2026-01-01T00:00:00Z", 1), ["2029-11-05T09:00Z"]);
}

#[test]
fn a_skipped_time_counts_as_the_next_moment_that_exists() {
    // Warsaw, 2026-03-29: from 02:00 at once to 03:00, at 01:00Z.
    let change =
        |list: &[(&str, &str)]| changes(&daily("Europe/Warsaw", list, &[]), "2026-03-29T00:00:00Z", 2);
    assert_eq!(change(&[("02:30", "05:00")]), ["2026-03-29T01:00Z", "2026-03-29T03:00Z"]);
    assert_eq!(change(&[("01:30", "02:30")]), ["2026-03-29T00:30Z", "2026-03-29T01:00Z"]);
    assert_eq!(change(&[("02:00", "03:00")]), ["2026-03-30T00:00Z", "2026-03-30T01:00Z"], "nothing is left");
    assert_eq!(change(&[("02:10", "02:50"), ("03:00", "04:00")])[0], "2026-03-29T01:00Z");
}

#[test]
fn a_repeated_time_counts_as_its_first() {
    // Warsaw, 2026-10-25: at 01:00Z from 03:00 back to 02:00.
    let change =
        |list: &[(&str, &str)]| changes(&daily("Europe/Warsaw", list, &[]), "2026-10-24T22:00:00Z", 2);
    assert_eq!(change(&[("02:30", "05:00")]), ["2026-10-25T00:30Z", "2026-10-25T04:00Z"]);
    assert_eq!(change(&[("01:00", "02:30")]), ["2026-10-24T23:00Z", "2026-10-25T00:30Z"]);
    assert_eq!(change(&[("02:00", "03:00")]), ["2026-10-25T00:00Z", "2026-10-25T02:00Z"]);
}

#[test]
fn changes_of_half_an_hour_and_in_the_southern_hemisphere() {
    // Lord Howe, 2026-10-04: at 15:30Z of the day before from 02:00 to 02:30; 2026-04-05: at 15:00Z back.
    let howe = daily("Australia/Lord_Howe", &[("02:10", "03:00")], &[]);
    assert_eq!(changes(&howe, "2026-10-03T12:00:00Z", 2), ["2026-10-03T15:30Z", "2026-10-03T16:00Z"]);
    let back = daily("Australia/Lord_Howe", &[("01:40", "02:00")], &[]);
    assert_eq!(changes(&back, "2026-04-04T12:00:00Z", 2), ["2026-04-04T14:40Z", "2026-04-04T15:30Z"]);
    // New York, 2026-03-08: at 07:00Z from 02:00 to 03:00; 2026-11-01: at 06:00Z from 02:00 back to 01:00.
    let york = daily("America/New_York", &[("01:30", "02:30")], &[]);
    assert_eq!(changes(&york, "2026-03-08T00:00:00Z", 2), ["2026-03-08T06:30Z", "2026-03-08T07:00Z"]);
    assert_eq!(changes(&york, "2026-11-01T00:00:00Z", 2), ["2026-11-01T05:30Z", "2026-11-01T07:30Z"]);
}

#[test]
fn days_that_begin_late_and_days_that_are_left_out() {
    // São Paulo, 2018-11-04: there was no midnight. Apia, 2011-12-30: there was no such day.
    let paulo = daily("America/Sao_Paulo", &[("00:00", "08:00")], &[]);
    assert_eq!(changes(&paulo, "2018-11-03T12:00:00Z", 2), ["2018-11-04T03:00Z", "2018-11-04T10:00Z"]);
    let night = daily("America/Sao_Paulo", &[("20:00", "24:00")], &[]);
    assert_eq!(changes(&night, "2018-11-03T12:00:00Z", 2), ["2018-11-03T23:00Z", "2018-11-04T03:00Z"]);
    let mut apia = daily("Pacific/Apia", &[], &[]);
    apia.week[4] = intervals(&[("09:00", "17:00")]);
    assert_eq!(changes(&apia, "2011-12-27T00:00:00Z", 1), ["2012-01-05T19:00Z"], "the Friday after");
}

#[test]
fn a_calendar_is_what_its_hours_say() {
    let line = r#"{"time_zone":"Europe/Warsaw","week":{"mon":[["09:00","17:00"]],"sun":[["10:00","24:00"]]},
        "holidays":["2026-12-25"]}"#;
    let hours: Hours = serde_json::from_str(line).unwrap();
    let calendar = Calendar::of(&hours).unwrap();
    assert_eq!(calendar.week[0], intervals(&[("09:00", "17:00")]));
    assert_eq!(calendar.week[6], intervals(&[("10:00", "24:00")]));
    assert!(calendar.week[1..6].iter().all(Vec::is_empty));
    assert_eq!(calendar.holidays.into_iter().map(Day).collect::<Vec<_>>(), hours.holidays);
    for name in ["", "Europe/Atlantis", "../etc/passwd", "CEST+2", "+02:00"] {
        assert_eq!(Calendar::of(&Hours { time_zone: name.to_owned(), ..hours.clone() }), None, "{name}");
    }
}

/// A zone and a moment near which its clocks change.
fn places() -> impl Strategy<Value = (&'static str, &'static str)> {
    prop::sample::select(vec![
        ("Europe/Warsaw", "2026-03-29T00:00:00Z"),
        ("Europe/Warsaw", "2026-10-25T00:00:00Z"),
        ("America/New_York", "2026-03-08T06:00:00Z"),
        ("America/New_York", "2026-11-01T06:00:00Z"),
        ("Australia/Lord_Howe", "2026-04-04T15:00:00Z"),
        ("Australia/Lord_Howe", "2026-10-03T15:00:00Z"),
        ("America/Sao_Paulo", "2018-02-18T02:00:00Z"),
        ("America/Sao_Paulo", "2018-11-04T03:00:00Z"),
        ("Africa/Casablanca", "2026-02-15T02:00:00Z"),
        ("Africa/Casablanca", "2026-03-22T02:00:00Z"),
        ("Asia/Beirut", "2026-10-24T21:00:00Z"),
        ("America/Nuuk", "2023-03-26T01:00:00Z"),
        ("Africa/Cairo", "2026-10-29T21:00:00Z"),
        ("Pacific/Apia", "2011-12-30T10:00:00Z"),
        ("Asia/Kathmandu", "2026-06-01T00:00:00Z"),
        ("UTC", "2026-06-01T00:00:00Z"),
    ])
}

fn some_intervals() -> impl Strategy<Value = Vec<Interval>> {
    let hour = prop_oneof![0..=24_u16, 0..=4_u16, 22..=24_u16];
    let time = (hour, 0..6_u16).prop_map(|(hour, tens)| match hour {
        24 => TimeOfDay::END_OF_DAY,
        hour => TimeOfDay::parse(&format!("{hour:02}:{tens}0")).unwrap(),
    });
    let some = (time.clone(), time).prop_filter_map("an interval has a length", |(one, other)| {
        (one != other).then(|| Interval { start: one.min(other), end: one.max(other) })
    });
    prop_oneof![4 => prop::collection::vec(some, 0..4), 1 => Just(vec![interval("00:00", "24:00")])]
}

fn calendars() -> impl Strategy<Value = (Calendar, Timestamp)> {
    let week = prop::collection::vec(some_intervals(), 7);
    (places(), week, prop::collection::vec(-2_i64..4, 0..3)).prop_map(|((name, moment), week, holidays)| {
        let near = at(moment);
        let week: Vec<_> = week.iter().map(|day| united(day)).collect();
        let mut calendar = Calendar { week: week.try_into().unwrap(), ..in_zone(name) };
        let today = calendar.date(near).unwrap();
        calendar.holidays =
            holidays.iter().map(|days| today.checked_add(jiff::Span::new().days(*days)).unwrap()).collect();
        (calendar, near)
    })
}

/// The furthest that the local clock has shown until each minute, and whether it is open then.
fn scan(calendar: &Calendar, from: Timestamp, until: Timestamp) -> Vec<(Timestamp, bool)> {
    let mut furthest = DateTime::MIN;
    let mut minutes = Vec::new();
    let mut moment = Timestamp::from_millis(from.as_millis() - 3 * DAY_MS as i64);
    while moment <= until {
        let instant = jiff::Timestamp::from_millisecond(moment.as_millis()).unwrap();
        furthest = furthest.max(calendar.zone.to_datetime(instant));
        let minute = furthest.hour() as u16 * 60 + furthest.minute() as u16;
        let day = &calendar.week[furthest.weekday().to_monday_zero_offset() as usize];
        let works = !calendar.holidays.contains(&furthest.date());
        let open =
            works && day.iter().any(|open| (open.start.minutes()..open.end.minutes()).contains(&minute));
        if moment >= from {
            minutes.push((moment, open));
        }
        moment = moment.plus_ms(60_000);
    }
    minutes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn it_is_as_a_scan_of_every_minute_says((calendar, near) in calendars()) {
        let from = Timestamp::from_millis(near.as_millis() - DAY_MS as i64);
        let minutes = scan(&calendar, from, from.plus_ms(3 * DAY_MS));
        for (moment, open) in &minutes {
            prop_assert_eq!(calendar.is_open(*moment), *open, "at {}", moment);
        }
        let changed = |pair: &&[(Timestamp, bool)]| pair[0].1 != pair[1].1;
        let expected: Vec<Timestamp> = minutes.windows(2).filter(changed).map(|pair| pair[1].0).collect();
        let mut found = Vec::new();
        let mut moment = from;
        while let Some(change) = calendar.next_change(moment).filter(|at| *at <= minutes.last().unwrap().0) {
            found.push(change);
            moment = change;
        }
        prop_assert_eq!(found, expected);
    }
}

#[test]
fn intervals_that_touch_or_overlap_are_one() {
    let quarters = (0..96).map(|quarter| {
        let at = |quarter: u16| match quarter {
            96 => "24:00".to_owned(),
            quarter => format!("{:02}:{:02}", quarter / 4, quarter % 4 * 15),
        };
        interval(&at(quarter), &at(quarter + 1))
    });
    assert_eq!(united(&quarters.rev().collect::<Vec<_>>()), [interval("00:00", "24:00")]);
    let some = [interval("12:00", "13:00"), interval("09:00", "10:00"), interval("09:30", "11:00")];
    assert_eq!(united(&some), [interval("09:00", "11:00"), interval("12:00", "13:00")]);
}
