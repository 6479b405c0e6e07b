//! The report as one HTML file that needs nothing else: no script, no font, no network.

use plotters::style::RGBColor;

use super::charts;
use super::comparison::{Compared, Comparison, rows};
use super::summary::ReplayReport;
use super::text::{described, heading, period};
use crate::load::human;

const STYLE: &str = include_str!("page.css");

/// The report as one HTML file, light or dark as the reader's system is.
pub fn html(report: &ReplayReport) -> String {
    let mut page = head(&heading(report), &period(report));
    page.push_str(&headline(report));
    page.push_str(&pictures(report));
    page.push_str(&details(report));
    page.push_str(END);
    page
}

/// The comparison as one HTML file: the table, and the service level per day of each setting.
pub fn comparison(comparison: &Comparison) -> String {
    let Some(first) = comparison.settings.first() else { return String::new() };
    let mut page = head(&heading(&first.report), &period(&first.report));
    page.push_str(&table(comparison));
    for setting in &comparison.settings {
        let report = &setting.report;
        let in_time = format!("within {}", human::duration_ms(report.threshold_ms as f64));
        let title = escaped(&format!("{}: service level per day", setting.name));
        page.push_str(&figure("wide", &title, &[("main", in_time)], &charts::service_level_per_day(report)));
    }
    page.push_str(END);
    page
}

const END: &str = "</main>\n</body>\n</html>\n";

fn table(comparison: &Comparison) -> String {
    let cell = |tag: &str, text: &str| format!("<{tag}>{}</{tag}>", escaped(text));
    let mut names = vec![cell("td", "")];
    for (place, setting) in comparison.settings.iter().enumerate() {
        names.push(cell("th", &setting.name));
        names.extend((place > 0).then(|| cell("th", "difference")));
    }
    let mut text = format!("<tr>{}</tr>\n", names.concat());
    for row in rows(comparison) {
        let mut cells = vec![cell("th", row.label)];
        for (place, figure) in row.figures.iter().enumerate() {
            cells.push(cell("td", figure));
            cells.extend(place.checked_sub(1).map(|place| cell("td", &row.differences[place])));
        }
        text.push_str(&format!("<tr>{}</tr>\n", cells.concat()));
    }
    let item = |setting: &Compared| cell("li", &format!("{}: {}", setting.name, described(setting)));
    let described: String = comparison.settings.iter().map(item).collect();
    format!(
        "<section class=\"wide\"><h2>Side by side</h2>\n<table class=\"compared\">\n{text}</table>\n\
         <ul>{described}</ul>\n<p>The same arrivals, handling times and patience under every setting.</p></section>\n"
    )
}

fn head(title: &str, period: &str) -> String {
    let title = escaped(title);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n\
         <style>\n{STYLE}{}</style>\n</head>\n<body>\n<main>\n\
         <header><h1>{title}</h1><p>{}</p></header>\n",
        colours(),
        escaped(period),
    )
}

/// One rule for every colour that the charts use.
pub(super) fn colours() -> String {
    let rule = |(name, RGBColor(red, green, blue)): (&str, RGBColor)| {
        let hex = format!("#{red:02X}{green:02X}{blue:02X}");
        format!("svg [fill=\"{hex}\"]{{fill:var(--{name})}}svg [stroke=\"{hex}\"]{{stroke:var(--{name})}}\n")
    };
    let all = [
        ("ink", charts::INK),
        ("grid", charts::GRID),
        ("main", charts::MAIN),
        ("second", charts::SECOND),
        ("lost", charts::LOST),
    ];
    all.into_iter().map(rule).collect()
}

fn headline(report: &ReplayReport) -> String {
    let within = format!("within {}", human::duration_ms(report.threshold_ms as f64));
    let share = |part: u64| human::share((report.arrivals > 0).then(|| part as f64 / report.arrivals as f64));
    let cards = [
        ("Arrivals", human::count(report.arrivals), "each one dialog".to_owned()),
        ("Answered", human::count(report.answered), format!("{} of arrivals", share(report.answered))),
        ("Service level", human::share(report.service_level), within),
        ("Speed of answer", duration(report.asa_ms), "on average".to_owned()),
        ("Handling time", duration(report.aht_ms), "on average".to_owned()),
        ("Occupancy", human::share(report.occupancy), "of time online".to_owned()),
        ("Abandoned", human::count(report.abandoned), format!("{} of arrivals", share(report.abandoned))),
        ("Operators", human::count(report.operators_max.into()), "at most at once".to_owned()),
    ];
    let card = |(name, figure, remark): (&str, String, String)| {
        format!(
            "<div><dt>{name}</dt><dd>{}<small>{}</small></dd></div>\n",
            escaped(&figure),
            escaped(&remark)
        )
    };
    format!("<dl class=\"cards\">\n{}</dl>\n", cards.into_iter().map(card).collect::<String>())
}

fn pictures(report: &ReplayReport) -> String {
    let goal = report.service_goal.map(|goal| ("second", format!("goal {:.0} %", goal * 100.0)));
    let level = || {
        let in_time = format!("within {}", human::duration_ms(report.threshold_ms as f64));
        [Some(("main", in_time)), goal.clone()].into_iter().flatten().collect::<Vec<_>>()
    };
    let mut per_day = vec![("main", "answered".to_owned())];
    if report.abandoned > 0 {
        per_day.push(("lost", "abandoned".to_owned()));
    }
    let profile =
        vec![("main", "arrivals per interval (left)".to_owned()), ("second", "operators (right)".to_owned())];
    let waits = vec![("main", "in time".to_owned()), ("second", "later".to_owned())];
    [
        figure("wide", "Arrivals per day", &per_day, &charts::arrivals_per_day(report)),
        figure("wide", "Service level per day", &level(), &charts::service_level_per_day(report)),
        figure("wide", "The average day", &profile, &charts::average_day(report)),
        figure(
            "half",
            "Service level over the average day",
            &level(),
            &charts::service_level_over_the_day(report),
        ),
        figure("half", "Waiting time of the answered, up to", &waits, &charts::waiting_times(report)),
    ]
    .concat()
}

fn figure(class: &str, title: &str, legend: &[(&str, String)], svg: &str) -> String {
    let entry = |(colour, text): &(&str, String)| {
        format!("<span><i style=\"background:var(--{colour})\"></i>{}</span>", escaped(text))
    };
    let legend: String = legend.iter().map(entry).collect();
    format!(
        "<figure class=\"{class}\"><figcaption><h2>{title}</h2><p>{legend}</p></figcaption>\n{svg}</figure>\n"
    )
}

fn details(report: &ReplayReport) -> String {
    let busiest = report.busiest_day.as_ref().map_or_else(String::new, |day| {
        let (date, arrivals) = (human::date(&day.date), human::count(day.arrivals));
        format!("{date}: {arrivals} arrivals, {} in time", human::share(day.service_level))
    });
    let staff = match report.service_goal {
        Some(goal) => format!("by Erlang C for {:.0} %, at most {}", goal * 100.0, report.operators_max),
        None => format!("{} in every interval", report.operators),
    };
    let handling = format!("{}, mean {}", report.handling, human::duration_ms(report.handle_ms as f64));
    let patience = report
        .patience_ms
        .map_or("nobody leaves".to_owned(), |ms| format!("mean {}", human::duration_ms(ms as f64)));
    let speed = format!(
        "{}, {} dialogs a second",
        human::duration_ms(report.wall_ms as f64),
        human::count(report.dialogs_per_second)
    );
    let rows = [
        ("Busiest day", busiest),
        ("Waited at all", human::share(report.p_wait)),
        ("Nine of ten waited up to", duration(report.wait_p90_ms)),
        ("Longest wait", human::duration_ms(report.longest_wait_ms as f64)),
        ("Operators", staff),
        ("Dialogs at once per operator", report.capacity.to_string()),
        ("Handling time", handling),
        ("Patience", patience),
        ("Seed", report.seed.to_string()),
        ("Durability", report.durability.clone()),
        ("Time taken", speed),
        ("Peak memory", report.peak_memory_bytes.map_or_else(String::new, human::bytes)),
        ("State hash", report.state_hash.clone()),
    ];
    let row =
        |(name, value): &(&str, String)| format!("<tr><th>{name}</th><td>{}</td></tr>\n", escaped(value));
    let rows: String = rows.iter().filter(|(_, value)| !value.is_empty()).map(row).collect();
    format!("<section class=\"wide\"><h2>How it was done</h2>\n<table>\n{rows}</table></section>\n")
}

fn duration(ms: Option<u64>) -> String {
    human::duration(ms.map(|ms| ms as f64))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
