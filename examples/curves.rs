//! Draws what the benches have measured by size: a page with a table and a plot for each group.
//!
//! Run: `make curves`, or after `cargo bench`: `cargo run --example curves --all-features -- docs routing`.
//! The first argument is the folder of the page, the others are groups of benches.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use plotters::prelude::*;
use serde_json::Value;

/// Median times in nanoseconds, by size, by what was measured.
type Curves = BTreeMap<String, BTreeMap<u64, f64>>;

const SIZE: (u32, u32) = (1040, 480);
/// Width of the names of the curves, beside the plot.
const LEGEND: u32 = 250;
const INK: RGBColor = RGBColor(0x37, 0x41, 0x51);
const GRID: RGBColor = RGBColor(0xE5, 0xE7, 0xEB);

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let Some(folder) = arguments.next().map(PathBuf::from) else {
        println!("usage: curves FOLDER GROUP…\n\nDraws what `cargo bench` has measured of these groups.");
        return Ok(());
    };
    let mut page = String::from(
        "# What things cost, by size\n\nMedians of criterion's benches, made by `make curves`. One line of a \
         table is one curve of the plot.\n",
    );
    for group in arguments {
        let curves = measured(&results(), &group)?;
        let picture = format!("curves-{group}.svg");
        plot(&curves, &folder.join(&picture))?;
        page.push_str(&format!("\n## {group}\n\n{}\n![{group}]({picture})\n", table(&curves)));
    }
    fs::write(folder.join("curves.md"), page)?;
    Ok(())
}

/// Where criterion leaves its results.
fn results() -> PathBuf {
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    env::var_os("CRITERION_HOME").map_or_else(|| target.join("criterion"), PathBuf::from)
}

/// Everything of the group that was measured at more than one size.
fn measured(results: &Path, group: &str) -> Result<Curves, Box<dyn Error>> {
    let mut curves = Curves::new();
    read(&results.join(group), &mut curves)?;
    curves.retain(|_, curve| curve.len() > 1);
    if curves.is_empty() {
        return Err(format!("nothing was measured of {group} in {}", results.display()).into());
    }
    Ok(curves)
}

fn read(folder: &Path, curves: &mut Curves) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.ends_with("new") {
            let json = |file| -> Result<Value, Box<dyn Error>> {
                Ok(serde_json::from_str(&fs::read_to_string(path.join(file))?)?)
            };
            let (benchmark, estimates) = (json("benchmark.json")?, json("estimates.json")?);
            let size = benchmark["value_str"].as_str().and_then(|size| size.parse().ok());
            let median = estimates["median"]["point_estimate"].as_f64();
            if let (Some(what), Some(size), Some(median)) = (benchmark["function_id"].as_str(), size, median)
            {
                curves.entry(what.to_owned()).or_default().insert(size, median);
            }
        } else if path.is_dir() {
            read(&path, curves)?;
        }
    }
    Ok(())
}

fn table(curves: &Curves) -> String {
    let sizes: BTreeSet<u64> = curves.values().flat_map(|curve| curve.keys().copied()).collect();
    let mut table = String::from("| |");
    sizes.iter().for_each(|size| table.push_str(&format!(" {} |", count(*size as f64))));
    table.push_str(" last / first |\n|---|");
    table.push_str(&"---:|".repeat(sizes.len() + 1));
    for (what, curve) in curves {
        table.push_str(&format!("\n| {what} |"));
        for size in &sizes {
            let cell = curve.get(size).map_or_else(String::new, |nanos| time(*nanos));
            table.push_str(&format!(" {cell} |"));
        }
        let ratio =
            curve.values().next_back().zip(curve.values().next()).map_or(0.0, |(last, first)| last / first);
        table.push_str(&format!(" {ratio:.2} |"));
    }
    table + "\n"
}

fn plot(curves: &Curves, path: &Path) -> Result<(), Box<dyn Error>> {
    let sizes = || curves.values().flat_map(|curve| curve.keys().map(|size| *size as f64));
    let times = || curves.values().flat_map(|curve| curve.values().copied());
    let (least, most) = (sizes().fold(f64::MAX, f64::min), sizes().fold(1.0, f64::max));
    let (fastest, slowest) = (times().fold(f64::MAX, f64::min), times().fold(1.0, f64::max));
    let area = SVGBackend::new(path, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let (left, right) = area.split_horizontally(SIZE.0 - LEGEND);
    let mut chart = ChartBuilder::on(&left)
        .margin(12)
        .x_label_area_size(32)
        .y_label_area_size(64)
        .build_cartesian_2d((least..most * 1.1).log_scale(), (fastest / 2.0..slowest * 2.0).log_scale())?;
    let label = || ("sans-serif", 15).into_font().color(&INK);
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID)
        .axis_style(GRID)
        .x_label_formatter(&|size| count(*size))
        .y_label_formatter(&|nanos| time(*nanos))
        .label_style(label())
        .draw()?;
    for (number, (what, curve)) in curves.iter().enumerate() {
        let colour = Palette99::pick(number).to_rgba();
        let points = || curve.iter().map(|(size, nanos)| (*size as f64, *nanos));
        chart.draw_series(LineSeries::new(points(), colour.stroke_width(2)))?;
        chart.draw_series(points().map(|point| Circle::new(point, 3, colour.filled())))?;
        let line = 20 + 20 * number as i32;
        right.draw(&PathElement::new([(0, line), (18, line)], colour.stroke_width(2)))?;
        right.draw(&Text::new(what.clone(), (26, line - 8), label()))?;
    }
    Ok(area.present()?)
}

fn count(number: f64) -> String {
    match number {
        number if number >= 1e6 => format!("{} M", number / 1e6),
        number if number >= 1e3 => format!("{} k", number / 1e3),
        number => format!("{number}"),
    }
}

fn time(nanos: f64) -> String {
    match nanos {
        nanos if nanos >= 1e6 => format!("{:.1} ms", nanos / 1e6),
        nanos if nanos >= 1e3 => format!("{:.1} µs", nanos / 1e3),
        nanos => format!("{nanos:.0} ns"),
    }
}
