//! Plots of figures by size, as SVG, and the tables beside them. Knows nothing of where figures come from.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;

/// Figures by size, by what was measured.
pub type Curves = BTreeMap<String, BTreeMap<u64, f64>>;

/// How a figure is written.
pub type Format = fn(f64) -> String;

const SIZE: (u32, u32) = (1040, 480);
/// Width of the names of the curves, beside the plot.
const LEGEND: u32 = 250;
const INK: RGBColor = RGBColor(0x37, 0x41, 0x51);
const GRID: RGBColor = RGBColor(0xE5, 0xE7, 0xEB);

/// A table with a line for each curve.
pub fn table(curves: &Curves, format: Format) -> String {
    let sizes: BTreeSet<u64> = curves.values().flat_map(|curve| curve.keys().copied()).collect();
    let mut table = String::from("| |");
    sizes.iter().for_each(|size| table.push_str(&format!(" {} |", count(*size as f64))));
    table.push_str(" last / first |\n|---|");
    table.push_str(&"---:|".repeat(sizes.len() + 1));
    for (what, curve) in curves {
        table.push_str(&format!("\n| {what} |"));
        for size in &sizes {
            let cell = curve.get(size).map_or_else(String::new, |figure| format(*figure));
            table.push_str(&format!(" {cell} |"));
        }
        let ratio =
            curve.values().next_back().zip(curve.values().next()).map_or(0.0, |(last, first)| last / first);
        table.push_str(&format!(" {ratio:.2} |"));
    }
    table + "\n"
}

/// Charts in one picture, one below the other.
pub fn plot(path: &Path, charts: &[(&Curves, Format)]) -> Result<(), Box<dyn Error>> {
    let area = SVGBackend::new(path, (SIZE.0, SIZE.1 * charts.len() as u32)).into_drawing_area();
    area.fill(&WHITE)?;
    for (area, (curves, format)) in area.split_evenly((charts.len(), 1)).iter().zip(charts) {
        chart(area, curves, *format)?;
    }
    Ok(area.present()?)
}

fn chart(
    area: &DrawingArea<SVGBackend<'_>, Shift>,
    curves: &Curves,
    format: Format,
) -> Result<(), Box<dyn Error>> {
    let sizes = || curves.values().flat_map(|curve| curve.keys().map(|size| *size as f64));
    let figures = || curves.values().flat_map(|curve| curve.values().copied());
    let (least, most) = (sizes().fold(f64::MAX, f64::min), sizes().fold(1.0, f64::max));
    let (lowest, highest) = (figures().fold(f64::MAX, f64::min), figures().fold(1.0, f64::max));
    let (left, right) = area.split_horizontally(SIZE.0 - LEGEND);
    let mut chart = ChartBuilder::on(&left)
        .margin(12)
        .x_label_area_size(32)
        .y_label_area_size(64)
        .build_cartesian_2d((least..most * 1.1).log_scale(), (lowest / 2.0..highest * 2.0).log_scale())?;
    let label = || ("sans-serif", 15).into_font().color(&INK);
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID)
        .axis_style(GRID)
        .x_label_formatter(&|size| count(*size))
        .y_label_formatter(&|figure| format(*figure))
        .label_style(label())
        .draw()?;
    for (number, (what, curve)) in curves.iter().enumerate() {
        let colour = Palette99::pick(number).to_rgba();
        let points = || curve.iter().map(|(size, figure)| (*size as f64, *figure));
        chart.draw_series(LineSeries::new(points(), colour.stroke_width(2)))?;
        chart.draw_series(points().map(|point| Circle::new(point, 3, colour.filled())))?;
        let line = 20 + 20 * number as i32;
        right.draw(&PathElement::new([(0, line), (18, line)], colour.stroke_width(2)))?;
        right.draw(&Text::new(what.clone(), (26, line - 8), label()))?;
    }
    Ok(())
}

/// How sizes and rates are written.
pub fn count(number: f64) -> String {
    match number {
        number if number >= 1e6 => format!("{} M", number / 1e6),
        number if number >= 1e3 => format!("{} k", number / 1e3),
        number => format!("{number}"),
    }
}

/// How times are written.
pub fn time(nanos: f64) -> String {
    match nanos {
        nanos if nanos >= 1e6 => format!("{:.1} ms", nanos / 1e6),
        nanos if nanos >= 1e3 => format!("{:.1} µs", nanos / 1e3),
        nanos => format!("{nanos:.0} ns"),
    }
}
