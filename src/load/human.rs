//! Numbers as people read them. Pure text.

/// `5,323,661`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `87.3 %`; a dash if there is none. Never rounded up to all or down to nothing.
pub fn share(share: Option<f64>) -> String {
    match share {
        None => "–".to_owned(),
        Some(share) if share < 1.0 && share > 0.9995 => "99.9 %".to_owned(),
        Some(share) if share > 0.0 && share < 0.0005 => "< 0.1 %".to_owned(),
        Some(share) => format!("{:.1} %", share * 100.0),
    }
}

/// `850 ms`, `4.2 s`, `20 s`, `3 min 05 s`, `2 h 07 min`, `3 d 04 h`.
pub fn duration_ms(ms: f64) -> String {
    let seconds = (ms / 1000.0).round() as u64;
    match ms {
        ms if ms < 0.5 => "0 s".to_owned(),
        ms if ms < 999.5 => format!("{ms:.0} ms"),
        ms if ms < 59_950.0 && ms % 1000.0 == 0.0 => format!("{seconds} s"),
        ms if ms < 59_950.0 => format!("{:.1} s", ms / 1000.0),
        ms if ms < 3_599_500.0 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        ms if ms < 86_370_000.0 => {
            let minutes = (ms / 60_000.0).round() as u64;
            format!("{} h {:02} min", minutes / 60, minutes % 60)
        }
        ms => {
            let hours = (ms / 3_600_000.0).round() as u64;
            format!("{} d {:02} h", hours / 24, hours % 24)
        }
    }
}

/// A duration, or a dash.
pub fn duration(ms: Option<f64>) -> String {
    ms.map_or_else(|| "–".to_owned(), duration_ms)
}

/// `13 µs`, `4.2 ms`, `1.5 s`: for latencies.
pub fn latency_ns(ns: u64) -> String {
    let ns = ns as f64;
    match ns {
        ns if ns < 999.5 => format!("{ns:.0} ns"),
        ns if ns < 99_950.0 => format!("{:.1} µs", ns / 1e3),
        ns if ns < 999_500.0 => format!("{:.0} µs", ns / 1e3),
        ns if ns < 999_500_000.0 => format!("{:.1} ms", ns / 1e6),
        ns => format!("{:.1} s", ns / 1e9),
    }
}

/// `212 MiB`.
pub fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    let mut value = bytes as f64;
    let mut unit = "bytes";
    for larger in UNITS {
        if value < 1024.0 {
            break;
        }
        value /= 1024.0;
        unit = larger;
    }
    if unit != "bytes" && value < 10.0 { format!("{value:.1} {unit}") } else { format!("{value:.0} {unit}") }
}

/// `3 March 2003`, from `2003-03-03`; anything else as it is.
pub fn date(iso: &str) -> String {
    written(iso, "%-d %B %Y")
}

/// `3 Mar`, from `2003-03-03`; anything else as it is.
pub fn short_date(iso: &str) -> String {
    written(iso, "%-d %b")
}

fn written(iso: &str, format: &str) -> String {
    let date: Result<jiff::civil::Date, _> = iso.parse();
    date.map_or_else(|_| iso.to_owned(), |date| date.strftime(format).to_string())
}

/// `2003-03-03`, from days since 1970-01-01.
pub fn iso_day(days: i64) -> String {
    let date =
        jiff::Span::new().try_days(days).and_then(|days| jiff::civil::date(1970, 1, 1).checked_add(days));
    date.map_or_else(|_| format!("day {days}"), |date| date.to_string())
}

/// `07:05`, from milliseconds since midnight.
pub fn time_of_day(ms: u64) -> String {
    format!("{:02}:{:02}", ms / 3_600_000, ms / 60_000 % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_separators_between_thousands() {
        assert_eq!([0, 999, 1000, 5_323_661].map(count), ["0", "999", "1,000", "5,323,661"]);
    }

    #[test]
    fn shares_are_never_rounded_to_all_or_nothing() {
        let texts = [None, Some(0.0), Some(0.0001), Some(0.8734), Some(0.99999), Some(1.0)].map(share);
        assert_eq!(texts, ["–", "0.0 %", "< 0.1 %", "87.3 %", "99.9 %", "100.0 %"]);
    }

    #[test]
    fn durations_have_the_unit_that_fits() {
        let texts =
            [0.0, 850.0, 4_210.0, 20_000.0, 59_949.0, 59_950.0, 185_000.0, 7_620_000.0, 273_600_000.0]
                .map(duration_ms);
        let expected = [
            "0 s",
            "850 ms",
            "4.2 s",
            "20 s",
            "59.9 s",
            "1 min 00 s",
            "3 min 05 s",
            "2 h 07 min",
            "3 d 04 h",
        ];
        assert_eq!(texts, expected);
        assert_eq!([3_599_499.0, 3_599_500.0].map(duration_ms), ["59 min 59 s", "1 h 00 min"]);
    }

    #[test]
    fn latencies_and_sizes_have_the_unit_that_fits() {
        let latencies = [700, 13_240, 430_000, 4_200_000, 1_500_000_000].map(latency_ns);
        assert_eq!(latencies, ["700 ns", "13.2 µs", "430 µs", "4.2 ms", "1.5 s"]);
        assert_eq!([12, 2048, 222_298_112].map(bytes), ["12 bytes", "2.0 KiB", "212 MiB"]);
    }

    #[test]
    fn days_and_times_are_those_of_the_calendar() {
        assert_eq!(iso_day(12_114), "2003-03-03");
        assert_eq!(
            [date("2003-03-03"), short_date("2003-10-24"), date("never")],
            ["3 March 2003", "24 Oct", "never"]
        );
        assert_eq!(time_of_day(75_900_000), "21:05");
    }
}
