//! Several replays of the same arrivals side by side, as figures. No text and no picture here.

use serde::Serialize;

use super::summary::ReplayReport;

/// What came of the same arrivals under several settings.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Comparison {
    /// What was replayed.
    pub source: String,
    /// One for each setting, in their order.
    pub settings: Vec<Compared>,
    /// How each other setting differs from the first.
    pub differences: Vec<Difference>,
}

/// What came of one setting.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Compared {
    /// Its name.
    pub name: String,
    /// Who among the free operators got a dialog.
    pub mode: String,
    /// All its figures.
    #[serde(flatten)]
    pub report: ReplayReport,
}

/// How a setting differs from the first one: its figure less that of the first. Absent where either has none.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Difference {
    /// Its name.
    pub name: String,
    /// The name of the first.
    pub from: String,
    /// Dialogs that were answered.
    pub answered: i64,
    /// Clients who left.
    pub abandoned: i64,
    /// Clients who found the queue full.
    pub turned_away: i64,
    /// The share of arrivals that waited at all.
    pub p_wait: Option<f64>,
    /// The share of those answered or abandoned that was answered within the threshold.
    pub service_level: Option<f64>,
    /// Average speed of answer.
    pub asa_ms: Option<i64>,
    /// What nine of ten of the answered waited at most.
    pub wait_p90_ms: Option<i64>,
    /// The longest that anybody waited.
    pub longest_wait_ms: i64,
    /// Average handling time.
    pub aht_ms: Option<i64>,
    /// Time of answered dialogs by time of capacity online.
    pub occupancy: Option<f64>,
    /// The most operators who were there at once.
    pub operators_max: i64,
}

impl Comparison {
    /// The comparison of these, of which there is at least one.
    pub fn new(source: String, settings: Vec<Compared>) -> Self {
        let differences = match settings.split_first() {
            Some((first, others)) => others.iter().map(|other| Difference::of(first, other)).collect(),
            None => Vec::new(),
        };
        Self { source, settings, differences }
    }
}

impl Difference {
    fn of(first: &Compared, other: &Compared) -> Self {
        let (one, two) = (&first.report, &other.report);
        let whole = |one: u64, two: u64| two as i64 - one as i64;
        let ms = |one: Option<u64>, two: Option<u64>| one.zip(two).map(|(one, two)| whole(one, two));
        let share = |one: Option<f64>, two: Option<f64>| one.zip(two).map(|(one, two)| two - one);
        Self {
            name: other.name.clone(),
            from: first.name.clone(),
            answered: whole(one.answered, two.answered),
            abandoned: whole(one.abandoned, two.abandoned),
            turned_away: whole(one.turned_away, two.turned_away),
            p_wait: share(one.p_wait, two.p_wait),
            service_level: share(one.service_level, two.service_level),
            asa_ms: ms(one.asa_ms, two.asa_ms),
            wait_p90_ms: ms(one.wait_p90_ms, two.wait_p90_ms),
            longest_wait_ms: whole(one.longest_wait_ms, two.longest_wait_ms),
            aht_ms: ms(one.aht_ms, two.aht_ms),
            occupancy: share(one.occupancy, two.occupancy),
            operators_max: whole(one.operators_max.into(), two.operators_max.into()),
        }
    }
}

/// A line of the table: a figure of each setting, and of each but the first how it differs.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    pub label: &'static str,
    pub figures: Vec<String>,
    pub differences: Vec<String>,
}

/// The table, for the terminal as for the page.
pub(super) fn rows(comparison: &Comparison) -> Vec<Row> {
    use crate::load::human::{count, duration, share};
    type Figure = fn(&ReplayReport) -> String;
    type Differs = fn(&Difference) -> String;
    let lines: [(&'static str, Figure, Differs); 14] = [
        ("Arrivals", |report| count(report.arrivals), |_| String::new()),
        ("Answered", |report| count(report.answered), |by| signed(by.answered)),
        ("Abandoned", |report| count(report.abandoned), |by| signed(by.abandoned)),
        ("Turned away", |report| count(report.turned_away), |by| signed(by.turned_away)),
        ("In time is within", |report| ms(Some(report.threshold_ms)), |_| String::new()),
        ("Service level", |report| share(report.service_level), |by| points(by.service_level)),
        ("Average speed of answer", |report| ms(report.asa_ms), |by| longer(by.asa_ms)),
        ("Nine of ten waited up to", |report| ms(report.wait_p90_ms), |by| longer(by.wait_p90_ms)),
        ("Longest wait", |report| ms(Some(report.longest_wait_ms)), |by| longer(Some(by.longest_wait_ms))),
        ("Waited at all", |report| share(report.p_wait), |by| points(by.p_wait)),
        ("Average handling time", |report| ms(report.aht_ms), |by| longer(by.aht_ms)),
        ("Occupancy", |report| share(report.occupancy), |by| points(by.occupancy)),
        ("Operators at once", |report| count(report.operators_max.into()), |by| signed(by.operators_max)),
        ("Dialogs at once each", |report| count(report.capacity.into()), |_| String::new()),
    ];
    fn ms(ms: Option<u64>) -> String {
        duration(ms.map(|ms| ms as f64))
    }
    let row = |(label, figure, differs): (&'static str, Figure, Differs)| Row {
        label,
        figures: comparison.settings.iter().map(|setting| figure(&setting.report)).collect(),
        differences: comparison.differences.iter().map(differs).collect(),
    };
    lines.into_iter().map(row).collect()
}

fn sign(negative: bool) -> char {
    if negative { '−' } else { '+' }
}

fn signed(by: i64) -> String {
    match by {
        0 => "0".to_owned(),
        by => format!("{}{}", sign(by < 0), crate::load::human::count(by.unsigned_abs())),
    }
}

fn longer(by: Option<i64>) -> String {
    match by {
        None => "–".to_owned(),
        Some(0) => "0".to_owned(),
        Some(by) => format!("{}{}", sign(by < 0), crate::load::human::duration_ms(by.unsigned_abs() as f64)),
    }
}

/// A difference of shares, in points of a hundred.
fn points(by: Option<f64>) -> String {
    match by.map(|by| (by * 1000.0).round() / 10.0) {
        None => "–".to_owned(),
        Some(0.0) => "0".to_owned(),
        Some(by) => format!("{}{:.1} points", sign(by < 0.0), by.abs()),
    }
}
