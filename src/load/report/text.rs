//! The report as a text for the terminal.

use super::comparison::{Compared, Comparison, rows};
use super::plot::{Labels, Style, plot};
use super::summary::ReplayReport;
use crate::load::human;

/// The report as a text for the terminal, about 80 characters wide.
pub fn text(report: &ReplayReport) -> String {
    let mut page = Page(String::new());
    page.0.push_str(&format!("\n  {}\n  {}\n", heading(report), period(report)));
    demand(&mut page, report);
    service(&mut page, report);
    people(&mut page, report);
    engine(&mut page, report);
    for chart in [per_day(report), average_day(report), service_over_the_day(report)] {
        if !chart.is_empty() {
            page.0.push('\n');
            page.0.push_str(&chart);
        }
    }
    page.0
}

/// The comparison as a text for the terminal: the first setting, then each other one with how it differs.
pub fn comparison(comparison: &Comparison) -> String {
    let Some(first) = comparison.settings.first() else { return String::new() };
    let names: Vec<&str> = comparison.settings.iter().map(|setting| setting.name.as_str()).collect();
    let mut text = format!("\n  {}\n  {}\n\n", heading(&first.report), period(&first.report));
    text.push_str(&line("", &side_by_side(&names, &vec!["difference"; names.len() - 1])));
    for row in rows(comparison) {
        let [figures, differences] = [&row.figures, &row.differences]
            .map(|cells| cells.iter().map(String::as_str).collect::<Vec<_>>());
        text.push_str(&line(row.label, &side_by_side(&figures, &differences)));
    }
    let modes = comparison.settings.iter().map(|setting| format!("{}: {}", setting.name, described(setting)));
    text.push_str(&format!("\n  {}\n", modes.collect::<Vec<_>>().join("\n  ")));
    text.push_str("\n  The same arrivals, handling times and patience under every setting.\n");
    text
}

fn side_by_side<'a>(figures: &[&'a str], differences: &[&'a str]) -> Vec<&'a str> {
    let (first, others) =
        figures.split_first().map_or((&[][..], &[][..]), |(_, others)| (&figures[..1], others));
    let pairs = others.iter().zip(differences).flat_map(|(figure, difference)| [*figure, *difference]);
    first.iter().copied().chain(pairs).collect()
}

fn line(label: &str, cells: &[&str]) -> String {
    let cells: String = cells.iter().map(|cell| format!(" {:>17}", clipped(cell))).collect();
    format!("    {label:<26}{cells}").trim_end().to_owned() + "\n"
}

/// A name that is too long for its column, without its end.
fn clipped(cell: &str) -> String {
    match cell.chars().count() {
        0..=17 => cell.to_owned(),
        _ => cell.chars().take(16).chain(['…']).collect(),
    }
}

/// Who was there under a setting, and who got a dialog.
pub(super) fn described(setting: &Compared) -> String {
    let report = &setting.report;
    format!("{}, {} operators {}", setting.mode, human::count(report.operators_max.into()), staffing(report))
}

pub(super) fn heading(report: &ReplayReport) -> String {
    if report.source.is_empty() { "Replay".to_owned() } else { format!("Replay of {}", report.source) }
}

pub(super) fn period(report: &ReplayReport) -> String {
    let days = if report.days == 1 {
        "1 day".to_owned()
    } else {
        format!("{} days", human::count(report.days as u64))
    };
    match (&report.first_day, &report.last_day) {
        (Some(first), Some(last)) if first != last => {
            format!("{days}, {} to {}", human::date(first), human::date(last))
        }
        (Some(day), _) => format!("{days}, {}", human::date(day)),
        _ => days,
    }
}

/// Lines of a label, a figure at the right of its column, and a remark.
struct Page(String);

impl Page {
    fn group(&mut self, name: &str) {
        self.0.push_str(&format!("\n  {name}\n"));
    }

    fn line(&mut self, label: &str, figure: &str, remark: &str) {
        let line = format!("    {label:<26}{figure:>16}   {remark}");
        self.0.push_str(line.trim_end());
        self.0.push('\n');
    }
}

fn demand(page: &mut Page, report: &ReplayReport) {
    let of_arrivals =
        |part: u64| human::share((report.arrivals > 0).then(|| part as f64 / report.arrivals as f64));
    page.group("DEMAND");
    page.line("Arrivals", &human::count(report.arrivals), "each opened one dialog");
    page.line("Answered", &human::count(report.answered), &of_arrivals(report.answered));
    page.line("Abandoned", &human::count(report.abandoned), &of_arrivals(report.abandoned));
    if report.turned_away > 0 {
        page.line("Turned away", &human::count(report.turned_away), &of_arrivals(report.turned_away));
    }
    if let Some(day) = &report.busiest_day {
        let remark = format!(
            "{}, {} within {}",
            human::date(&day.date),
            human::share(day.service_level),
            human::duration_ms(report.threshold_ms as f64)
        );
        page.line("Busiest day", &human::count(day.arrivals), &remark);
    }
}

fn service(page: &mut Page, report: &ReplayReport) {
    let within = format!("answered within {}", human::duration_ms(report.threshold_ms as f64));
    page.group("SERVICE");
    page.line("Service level", &human::share(report.service_level), &within);
    page.line("Average speed of answer", &duration(report.asa_ms), "");
    page.line("Nine of ten waited up to", &duration(report.wait_p90_ms), "");
    page.line("Longest wait", &human::duration_ms(report.longest_wait_ms as f64), "");
    page.line("Waited at all", &human::share(report.p_wait), "of arrivals");
}

fn people(page: &mut Page, report: &ReplayReport) {
    page.group("PEOPLE");
    page.line("Operators at once", &human::count(report.operators_max.into()), &staffing(report));
    page.line("Average handling time", &duration(report.aht_ms), report.handling);
    let patience = report.patience_ms.map_or("nobody leaves".to_owned(), |ms| human::duration_ms(ms as f64));
    page.line("Average patience", &patience, "");
    page.line("Occupancy", &human::share(report.occupancy), "of time online");
}

fn staffing(report: &ReplayReport) -> String {
    match report.service_goal {
        Some(goal) => format!("at most; staffed by Erlang C for {:.0} %", goal * 100.0),
        None if report.operators.parse::<u32>().is_err() => format!("at most; {}", report.operators),
        None => "in every interval".to_owned(),
    }
}

fn engine(page: &mut Page, report: &ReplayReport) {
    page.group("ENGINE");
    let speed = format!("{} dialogs a second", human::count(report.dialogs_per_second));
    page.line("Time taken", &human::duration_ms(report.wall_ms as f64), &speed);
    if !report.durability.is_empty() {
        page.line("Durability", &report.durability, "");
    }
    if let Some(bytes) = report.peak_memory_bytes {
        page.line("Peak memory", &human::bytes(bytes), "");
    }
    if !report.state_hash.is_empty() {
        page.line("State hash", &report.state_hash, "");
    }
}

fn duration(ms: Option<u64>) -> String {
    human::duration(ms.map(|ms| ms as f64))
}

fn per_day(report: &ReplayReport) -> String {
    let values: Vec<f64> = report.per_day.iter().map(|day| day.arrivals as f64).collect();
    if values.len() < 2 {
        return String::new();
    }
    let ends =
        [report.first_day.as_deref(), report.last_day.as_deref()].map(|day| human::date(day.unwrap_or("")));
    drawn("Arrivals per day", &values, ends)
}

fn average_day(report: &ReplayReport) -> String {
    let values: Vec<f64> = report.average_day.iter().map(|slot| slot.arrivals).collect();
    drawn("Arrivals per interval of the average day", &values, day_ends(report))
}

fn drawn(title: &str, values: &[f64], [left, right]: [String; 2]) -> String {
    let highest = values.iter().copied().fold(0.0, f64::max);
    let top = human::count(highest.round() as u64);
    let labels = Labels { title: title.to_owned(), top, bottom: "0".to_owned(), left, right };
    plot(values, highest, &Style::Filled, &labels)
}

fn service_over_the_day(report: &ReplayReport) -> String {
    let mut before = 1.0;
    // A time at which nobody ever comes is served as the time before it.
    let values: Vec<f64> = report
        .average_day
        .iter()
        .map(|slot| {
            before = slot.service_level.unwrap_or(before);
            before
        })
        .collect();
    let [left, right] = day_ends(report);
    let title = "Service level over the average day".to_owned();
    let labels = Labels { title, top: "100 %".to_owned(), bottom: "0 %".to_owned(), left, right };
    plot(&values, 1.0, &Style::Line, &labels)
}

fn day_ends(report: &ReplayReport) -> [String; 2] {
    let time = |slot: Option<&super::SlotFigures>| slot.map_or_else(String::new, |slot| slot.time.clone());
    [time(report.average_day.first()), time(report.average_day.last())]
}
