//! Reports of small replays, and of one with figures chosen by hand.

use std::time::Duration;

use super::{ReplayReport, RunFacts, html, text};
use crate::load::arrivals::Spread;
use crate::load::recording::Recording;
use crate::load::replay::ReplayPlan;
use crate::load::replay::model::play;
use crate::load::staffing::Operators;

fn facts() -> RunFacts {
    RunFacts {
        source: "calls & <more>.csv".to_owned(),
        wall: Duration::from_millis(1500),
        state_hash: "00ff00ff00ff00ff".to_owned(),
        durability: "buffered".to_owned(),
        peak_memory_bytes: Some(64 << 20),
    }
}

fn report_of(plan: &ReplayPlan) -> ReplayReport {
    ReplayReport::new(plan, &play(plan).unwrap(), facts())
}

/// Two days of three intervals; one operator in each, every dialog takes a minute.
fn small_plan() -> ReplayPlan {
    let rows = "2026-01-01T08:00:00Z,2\n2026-01-01T09:00:00Z,0\n2026-01-01T10:00:00Z,1\n\
                2026-01-02T08:00:00Z,60\n2026-01-02T09:00:00Z,1\n2026-01-02T10:00:00Z,1\n";
    let recording = Recording::read(format!("DateTime,Calls\n{rows}").as_bytes()).unwrap();
    let mut plan = ReplayPlan::new(recording);
    plan.spread = Spread::Even;
    plan.handling.mean_ms = 60_000;
    plan.handling.shape = crate::load::distributions::Shape::Constant;
    plan.operators = Operators::Fixed(1);
    plan
}

#[test]
fn figures_are_shares_and_means_of_the_counts() {
    let report = report_of(&small_plan());
    assert_eq!((report.days, report.arrivals, report.answered, report.abandoned), (2, 65, 65, 0));
    assert_eq!((report.p_wait, report.service_level), (Some(0.0), Some(1.0)));
    assert_eq!((report.asa_ms, report.aht_ms, report.longest_wait_ms), (Some(0), Some(60_000), 0));
    assert_eq!(report.occupancy, Some(65.0 / 360.0));
    assert_eq!((report.wall_ms, report.dialogs_per_second), (1500, 43));
    let busiest = report.busiest_day.as_ref().unwrap();
    assert_eq!((busiest.date.as_str(), busiest.arrivals), ("2026-01-02", 62));
    assert_eq!(report.per_day.iter().map(|day| day.arrivals).collect::<Vec<_>>(), [3, 62]);
    let profile: Vec<(&str, f64)> =
        report.average_day.iter().map(|slot| (slot.time.as_str(), slot.arrivals)).collect();
    assert_eq!(profile, [("08:00", 31.0), ("09:00", 0.5), ("10:00", 1.0)]);
    assert_eq!(report.waits.iter().map(|band| band.answered).sum::<u64>(), 65);
    assert_eq!(report.waits[0].answered, 65);
}

#[test]
fn the_json_has_the_fields_that_every_face_knows() {
    let json = serde_json::to_value(report_of(&small_plan())).unwrap();
    for field in [
        "arrivals",
        "answered",
        "abandoned",
        "p_wait",
        "service_level",
        "asa_ms",
        "aht_ms",
        "occupancy",
        "wall_ms",
        "dialogs_per_second",
        "state_hash",
        "threshold_ms",
        "days",
        "operators_max",
        "longest_wait_ms",
        "peak_memory_bytes",
        "per_day",
        "average_day",
        "seed",
    ] {
        assert!(!json[field].is_null(), "{field}");
    }
    assert_eq!(json["busiest_day"]["date"], "2026-01-02");
}

#[test]
fn the_text_has_aligned_figures_and_fits_a_terminal() {
    let text = text(&report_of(&small_plan()));
    assert!(text.contains("Replay of calls & <more>.csv"), "{text}");
    assert!(text.contains("2 days, 1 January 2026 to 2 January 2026"), "{text}");
    assert!(
        text.contains("    Arrivals                                65   each opened one dialog\n"),
        "{text}"
    );
    assert!(
        text.contains("    Service level                      100.0 %   answered within 20 s\n"),
        "{text}"
    );
    assert!(text.contains("Arrivals per day") && text.contains('⣿'), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 90 && line.trim_end() == line), "{text}");
}

#[test]
fn the_page_stands_alone_and_names_are_escaped() {
    let page = html(&report_of(&small_plan()));
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"));
    assert!(page.contains("calls &amp; &lt;more&gt;.csv"));
    assert_eq!(page.matches("<svg").count(), 5);
    assert!(page.matches("<text").count() > 40);
    for outside in ["<script", "<link", "src=", "@import", "url(", "could not be drawn"] {
        assert!(!page.contains(outside), "{outside}");
    }
    // Every colour of the charts has a shade in the style sheet.
    let known = super::html::colours();
    for attribute in ["fill=\"#", "stroke=\"#"] {
        for rest in page.split(attribute).skip(1) {
            let colour = &rest[..6];
            assert!(known.contains(colour), "{attribute}{colour}");
        }
    }
}

#[test]
fn a_replay_without_arrivals_has_a_report_too() {
    let recording = Recording::read(&b"DateTime,Calls\n2026-01-01T08:00:00Z,0\n"[..]).unwrap();
    let report = report_of(&ReplayPlan::new(recording));
    assert_eq!((report.p_wait, report.asa_ms, report.occupancy), (None, None, Some(0.0)));
    assert!(text(&report).contains("Arrivals                                 0"));
    assert!(html(&report).contains("</html>"));
}

fn compared(name: &str, operators: u32) -> super::Compared {
    let mut plan = small_plan();
    plan.operators = Operators::Fixed(operators);
    plan.handling.mean_ms = 600_000;
    super::Compared { name: name.to_owned(), mode: "evenly".to_owned(), report: report_of(&plan) }
}

#[test]
fn differences_are_those_to_the_first_setting() {
    let settings = vec![compared("few", 1), compared("more", 20), compared("few again", 1)];
    let comparison = super::Comparison::new("calls.csv".to_owned(), settings);
    let [few, more] = [0, 1].map(|place| &comparison.settings[place].report);
    let [differs, same] = [0, 1].map(|place| &comparison.differences[place]);
    assert_eq!((differs.name.as_str(), differs.from.as_str()), ("more", "few"));
    assert_eq!(differs.asa_ms, Some(more.asa_ms.unwrap() as i64 - few.asa_ms.unwrap() as i64));
    assert!(differs.asa_ms < Some(0) && differs.service_level > Some(0.0));
    assert_eq!((differs.answered, differs.operators_max), (0, 19));
    assert_eq!((same.asa_ms, same.service_level, same.longest_wait_ms), (Some(0), Some(0.0), 0));
    let json = serde_json::to_value(&comparison).unwrap();
    assert_eq!(json["settings"][1]["name"], "more");
    assert_eq!(json["settings"][1]["answered"], 65);
    assert_eq!(json["differences"][0]["operators_max"], 19);
}

#[test]
fn settings_stand_side_by_side_in_text_and_page() {
    let settings = vec![compared("few", 1), compared("a name <longer> than its column", 20)];
    let comparison = super::Comparison::new("calls.csv".to_owned(), settings);
    let text = super::text_of_comparison(&comparison);
    let line =
        |label: &str| text.lines().find(|line| line.trim_start().starts_with(label)).unwrap().to_owned();
    assert!(line("few:").contains("evenly, 1 operators in every interval"), "{text}");
    assert_eq!(line("Operators at once").split_whitespace().skip(3).collect::<Vec<_>>(), ["1", "20", "+19"]);
    assert_eq!(line("Answered").split_whitespace().skip(1).collect::<Vec<_>>(), ["65", "65", "0"]);
    assert!(line("Service level").ends_with("points"), "{text}");
    assert!(text.contains("a name <longer> …"), "{text}");
    let page = super::html_of_comparison(&comparison);
    assert!(page.contains("<th>a name &lt;longer&gt; than its column</th>") && !page.contains("<longer>"));
    assert!(page.contains("<th>Operators at once</th><td>1</td><td>20</td><td>+19</td>"), "{page}");
}
