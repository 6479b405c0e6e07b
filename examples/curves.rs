//! Draws what the benches have measured by size: a page with a table and a plot for each group.
//!
//! Run: `make curves`, or after `cargo bench`: `cargo run --example curves --all-features -- docs routing`.
//! The first argument is the folder of the page, the others are groups of benches.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use plot::{Curves, plot, table, time};
use serde_json::Value;

#[path = "support/plot.rs"]
mod plot;

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
        plot(&folder.join(&picture), &[(&curves, time)])?;
        page.push_str(&format!("\n## {group}\n\n{}\n![{group}]({picture})\n", table(&curves, time)));
    }
    fs::write(folder.join("curves.md"), page)?;
    Ok(())
}

/// Where criterion leaves its results.
fn results() -> PathBuf {
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    env::var_os("CRITERION_HOME").map_or_else(|| target.join("criterion"), PathBuf::from)
}

/// Median times in nanoseconds of everything in the group that was measured at more than one size.
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
