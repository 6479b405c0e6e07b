//! The charts of the page, as SVG. Colours here are names: the page's style sheet gives each one its
//! light and its dark shade.

use plotters::chart::ChartContext;
use plotters::coord::Shift;
use plotters::prelude::*;

use super::axis::Axis;
use super::summary::{ReplayReport, SlotFigures};
use crate::load::human;

pub(super) const INK: RGBColor = RGBColor(0x37, 0x41, 0x51);
pub(super) const GRID: RGBColor = RGBColor(0xE5, 0xE7, 0xEB);
pub(super) const MAIN: RGBColor = RGBColor(0x25, 0x63, 0xEB);
pub(super) const SECOND: RGBColor = RGBColor(0xEA, 0x58, 0x0C);
pub(super) const LOST: RGBColor = RGBColor(0xDC, 0x26, 0x26);

const WIDE: (u32, u32) = (1080, 280);
const HALF: (u32, u32) = (530, 280);
const LABEL_SIZE: i32 = 16;
const LEFT: u32 = 58;
const MINUTES_PER_DAY: f64 = 24.0 * 60.0;

/// Labels of days that stand beside each other without touching.
const DAY_LABELS: usize = 12;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<Axis, Axis>>;
type Failure = Box<dyn std::error::Error>;

/// Draws an SVG; what cannot be drawn says so in its place.
fn svg(size: (u32, u32), draw: impl FnOnce(&Area<'_>) -> Result<(), Failure>) -> String {
    let mut text = String::new();
    let drawn = {
        let area = SVGBackend::with_string(&mut text, size).into_drawing_area();
        draw(&area).and_then(|()| Ok(area.present()?))
    };
    match drawn {
        Ok(()) => text,
        Err(failure) => format!("<p>This chart could not be drawn: {failure}.</p>"),
    }
}

/// An empty chart with its axes and lines across.
fn framed<'a, 'b>(area: &'a Area<'b>, x: Axis, y: Axis) -> Result<Chart<'a, 'b>, Failure> {
    let mut chart = sized(area, 0).build_cartesian_2d(x, y)?;
    draw_axes(&mut chart)?;
    Ok(chart)
}

fn sized<'a, 'b>(area: &'a Area<'b>, right: u32) -> ChartBuilder<'a, 'b, SVGBackend<'b>> {
    let mut builder = ChartBuilder::on(area);
    builder.margin(8).x_label_area_size(28).y_label_area_size(LEFT).right_y_label_area_size(right);
    builder
}

fn draw_axes(chart: &mut Chart<'_, '_>) -> Result<(), Failure> {
    let mut mesh = chart.configure_mesh();
    mesh.disable_x_mesh().light_line_style(TRANSPARENT).bold_line_style(GRID).axis_style(GRID);
    Ok(mesh.label_style(label()).draw()?)
}

fn label() -> TextStyle<'static> {
    ("sans-serif", LABEL_SIZE).into_font().color(&INK)
}

fn count_label(value: f64) -> String {
    if value.fract() == 0.0 { human::count(value as u64) } else { format!("{value:.1}") }
}

fn percent_axis() -> Axis {
    Axis::new(0.0, 104.0, (0..=5).map(|fifth| (f64::from(fifth) * 20.0, format!("{} %", fifth * 20))))
}

fn days_axis(report: &ReplayReport) -> Axis {
    let days = &report.per_day;
    let labels = days.iter().enumerate().step_by(days.len().div_ceil(DAY_LABELS).max(1));
    let labels = labels.map(|(place, day)| (place as f64, human::short_date(&day.date)));
    Axis::new(-0.6, days.len() as f64 - 0.4, labels)
}

fn hours_axis(slots: &[SlotFigures]) -> Axis {
    let first = slots.first().map_or(0.0, minutes);
    let end = match slots {
        [.., before, last] => 2.0 * minutes(last) - minutes(before),
        _ => MINUTES_PER_DAY,
    };
    let end = end.min(MINUTES_PER_DAY);
    let step = if end - first > 480.0 { 120 } else { 60 };
    let hours = (0..=MINUTES_PER_DAY as u64).step_by(step);
    Axis::new(first, end, hours.map(|minutes| (minutes as f64, human::time_of_day(minutes * 60_000))))
}

fn minutes(slot: &SlotFigures) -> f64 {
    slot.time_of_day_ms as f64 / 60_000.0
}

/// Bars of answered dialogs, and of abandoned ones on top, for every day.
pub(super) fn arrivals_per_day(report: &ReplayReport) -> String {
    let days = &report.per_day;
    let highest = days.iter().map(|day| day.arrivals as f64).fold(0.0, f64::max);
    svg(WIDE, |area| {
        let mut chart = framed(area, days_axis(report), Axis::up_to(highest, count_label))?;
        let answered = days.iter().enumerate().map(|(place, day)| bar(place, 0.0, day.answered as f64, MAIN));
        chart.draw_series(answered)?;
        let lost = days.iter().enumerate().filter(|(_, day)| day.abandoned > 0);
        let lost = lost
            .map(|(place, day)| bar(place, day.answered as f64, (day.answered + day.abandoned) as f64, LOST));
        chart.draw_series(lost)?;
        Ok(())
    })
}

fn bar(place: usize, from: f64, to: f64, colour: RGBColor) -> Rectangle<(f64, f64)> {
    Rectangle::new([(place as f64 - 0.38, from), (place as f64 + 0.38, to)], colour.filled())
}

/// The share answered in time, for every day, with the goal if there is one.
pub(super) fn service_level_per_day(report: &ReplayReport) -> String {
    let days = report.per_day.iter().enumerate();
    let levels = days.filter_map(|(place, day)| Some((place as f64, day.service_level? * 100.0)));
    levels_chart(WIDE, days_axis(report), &levels.collect::<Vec<_>>(), report.service_goal)
}

/// The share answered in time over the average day.
pub(super) fn service_level_over_the_day(report: &ReplayReport) -> String {
    let slots = report.average_day.iter();
    let levels = slots.filter_map(|slot| Some((minutes(slot), slot.service_level? * 100.0)));
    levels_chart(HALF, hours_axis(&report.average_day), &levels.collect::<Vec<_>>(), report.service_goal)
}

fn levels_chart(size: (u32, u32), x: Axis, levels: &[(f64, f64)], goal: Option<f64>) -> String {
    let (from, to) = (x.from(), x.to());
    svg(size, |area| {
        let mut chart = framed(area, x, percent_axis())?;
        if let Some(goal) = goal {
            let ends = [(from, goal * 100.0), (to, goal * 100.0)];
            chart.draw_series(DashedLineSeries::new(ends, 6, 5, SECOND.stroke_width(2)))?;
        }
        chart.draw_series(LineSeries::new(levels.iter().copied(), MAIN.stroke_width(2)))?;
        if levels.len() < 40 {
            chart.draw_series(levels.iter().map(|level| Circle::new(*level, 3, MAIN.filled())))?;
        }
        Ok(())
    })
}

/// Arrivals per interval as an area, and operators as a line with an axis of its own.
pub(super) fn average_day(report: &ReplayReport) -> String {
    let slots = &report.average_day;
    let highest = |value: fn(&SlotFigures) -> f64| slots.iter().map(value).fold(0.0, f64::max);
    let arrivals: Vec<(f64, f64)> = slots.iter().map(|slot| (minutes(slot), slot.arrivals)).collect();
    let hours = hours_axis(slots);
    svg(WIDE, |area| {
        let left = Axis::up_to(highest(|slot| slot.arrivals), count_label);
        // Lower than the arrivals, so that one line does not hide the other.
        let right = Axis::up_to(1.3 * highest(|slot| slot.operators), count_label);
        let chart = sized(area, LEFT).build_cartesian_2d(hours.clone(), left)?;
        let mut chart = chart.set_secondary_coord(hours.clone(), right);
        draw_axes(&mut chart)?;
        chart.configure_secondary_axes().axis_style(GRID).label_style(label()).draw()?;
        chart.draw_series(AreaSeries::new(arrivals.iter().copied(), 0.0, MAIN.mix(0.18)))?;
        chart.draw_series(LineSeries::new(arrivals.iter().copied(), MAIN.stroke_width(2)))?;
        chart.draw_secondary_series(LineSeries::new(steps(slots, hours.to()), SECOND.stroke_width(2)))?;
        Ok(())
    })
}

/// A line that keeps the number of each interval until the next one begins.
fn steps(slots: &[SlotFigures], end: f64) -> Vec<(f64, f64)> {
    let ends = slots.iter().skip(1).map(minutes).chain([end]);
    slots
        .iter()
        .zip(ends)
        .flat_map(|(slot, end)| [(minutes(slot), slot.operators), (end, slot.operators)])
        .collect()
}

/// How many waited how long, as shares of the answered.
pub(super) fn waiting_times(report: &ReplayReport) -> String {
    let share = |count: u64| 100.0 * count as f64 / report.answered.max(1) as f64;
    let highest = report.waits.iter().map(|band| share(band.answered)).fold(0.0, f64::max);
    let labels =
        report.waits.iter().enumerate().map(|(place, band)| (place as f64, band_label(band.up_to_ms)));
    let bands = Axis::new(-0.6, report.waits.len() as f64 - 0.4, labels);
    svg(HALF, |area| {
        let percent = |value: f64| format!("{} %", count_label(value));
        let mut chart = framed(area, bands, Axis::up_to(highest, percent))?;
        chart.draw_series(report.waits.iter().enumerate().map(|(place, band)| {
            let late = band.up_to_ms.is_none_or(|ms| ms > report.threshold_ms);
            bar(place, 0.0, share(band.answered), if late { SECOND } else { MAIN })
        }))?;
        Ok(())
    })
}

fn band_label(up_to_ms: Option<u64>) -> String {
    match up_to_ms {
        None => "more".to_owned(),
        Some(0) => "none".to_owned(),
        Some(ms) if ms < 60_000 => format!("{} s", ms / 1000),
        Some(ms) => format!("{} min", ms / 60_000),
    }
}
