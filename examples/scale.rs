//! What whole lives of dialogs cost, by how much there is of everything: dialogs that stay open, operators, channels,
//! bytes of a message, threads. Measured on the wall clock and synced to disk; drawn from what was recorded.
//!
//! Run: `make scale`, or `cargo run --profile checks --all-features --example scale -- measure docs/data/scale.jsonl`,
//! then `… -- draw docs/data/scale.jsonl docs`. Without arguments it only shows that it works, with very little of all.

use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::{env, fs};

use centrala::engine::{Engine, Settings};
use centrala::load::disk::Syncs;
use centrala::load::driver;
use centrala::load::workload::{LoadPlan, LoadReport, Measured, Pace};
use plot::{Curves, plot, table};
use serde_json::{Value, json};

#[path = "support/plot.rs"]
mod plot;

/// Messages are allocated in one thread and freed in another, which this allocator does best.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Lifecycles of a point at full speed.
const DIALOGS: u64 = 200_000;
/// Lifecycles begun a second where latency is measured, and for how many seconds.
const RATE: f64 = 10_000.0;
const SECONDS: u64 = 3;
/// Bytes of messages that one point may write.
const MOST_BYTES: u64 = 256 * 1024 * 1024;

/// Something of which there may be more or less.
struct Axis {
    name: &'static str,
    title: &'static str,
    sizes: &'static [u64],
    set: fn(u64, &mut LoadPlan, &mut Settings),
}

const AXES: [Axis; 5] = [
    Axis {
        name: "open",
        title: "Dialogs that stay open",
        sizes: &[1_000, 10_000, 100_000, 1_000_000],
        set: |size, plan, _| plan.open = size,
    },
    Axis {
        name: "operators",
        title: "Operators, each with a channel",
        sizes: &[10, 100, 1_000, 10_000],
        set: |size, plan, _| plan.operators = size as u32,
    },
    Axis {
        name: "channels",
        title: "Channels of ten operators",
        sizes: &[10, 100, 1_000, 10_000],
        set: |size, plan, _| (plan.operators, plan.channels) = (10, size as u32),
    },
    Axis {
        name: "message_bytes",
        title: "Bytes of a message",
        sizes: &[16, 64, 256, 1_024, 4_096],
        set: |size, plan, _| {
            plan.message_bytes = Some(size as u32);
            plan.dialogs = plan.dialogs.min(MOST_BYTES / (2 * size));
        },
    },
    Axis {
        name: "threads",
        title: "Threads of actors: the dispatcher's, and those of arbiters besides",
        sizes: &[1, 2, 3, 5],
        set: |size, _, settings| settings.arbiters = size as usize - 1,
    },
];

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["measure", file] => measure(Path::new(file), 1),
        ["draw", file, folder] => draw(Path::new(file), Path::new(folder)),
        [] => show_that_it_works(),
        _ => Err("usage: scale [measure FILE | draw FILE FOLDER]".into()),
    }
}

fn show_that_it_works() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("scale.jsonl");
    measure(&file, 2_000)?;
    draw(&file, folder.path())?;
    println!("{}", fs::read_to_string(folder.path().join("scale.md"))?);
    Ok(())
}

/// Writes a line for each point and pace. With a part of everything alone: of each axis only the first size, and so many
/// times fewer dialogs.
fn measure(file: &Path, part: u64) -> Result<(), Box<dyn Error>> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut lines = fs::File::create(file)?;
    for axis in &AXES {
        for &size in axis.sizes.iter().take(if part > 1 { 1 } else { usize::MAX }) {
            for pace in [LoadPlan::default().pace, Pace::Rate(RATE)] {
                let report = point(axis, size, pace, part)?;
                eprintln!("{} {size}: {} lifecycles a second", axis.name, report.lifecycles_per_second);
                writeln!(lines, "{}", json!({ "axis": axis.name, "size": size, "report": report }))?;
            }
        }
    }
    Ok(())
}

fn point(axis: &Axis, size: u64, pace: Pace, part: u64) -> Result<LoadReport, Box<dyn Error>> {
    let (mut plan, mut settings) = (LoadPlan::default(), Settings::default());
    let at_a_rate = matches!(pace, Pace::Rate(_));
    let dialogs = if at_a_rate { RATE as u64 * SECONDS } else { DIALOGS };
    (plan.pace, plan.dialogs) = (pace, dialogs / part);
    (axis.set)(size, &mut plan, &mut settings);
    let (directory, mut syncs) = (tempfile::tempdir()?, Syncs::default());
    let durability = settings.durability;
    let engine = Engine::builder(directory.path()).settings(settings).open()?;
    let mut probe = || if at_a_rate { syncs.probe(directory.path()) } else { Ok(()) };
    probe()?;
    let driven = driver::drive(&engine, &plan, |_| {})?;
    engine.close_blocking()?;
    probe()?;
    Ok(LoadReport::new(&plan, &driven, durability.as_str()).beside(syncs.times()))
}

/// A page with two tables and a picture for each axis.
fn draw(file: &Path, folder: &Path) -> Result<(), Box<dyn Error>> {
    let lines = fs::read_to_string(file)?;
    let points: Vec<Value> = lines.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let mut page = format!(
        "# What lifecycles cost, by how much there is of everything\n\nReceive, answer, reply, finish, synced to disk, \
         made by `make scale` from `docs/data/scale.jsonl`. Throughput is with 4,096 dialogs under way at once; the \
         latency of a command is that at {RATE} lifecycles begun a second, whether or not those before have ended, \
         beside the median fdatasync of the disk in the same run.\n"
    );
    for axis in &AXES {
        let (throughput, latency) = curves(&points, axis.name);
        let picture = format!("scale-{}.svg", axis.name);
        plot(&folder.join(&picture), &[(&throughput, rate), (&latency, plot::time)])?;
        let (throughput, latency) = (table(&throughput, rate), table(&latency, plot::time));
        page.push_str(&format!(
            "\n## {}\n\n{throughput}\n{latency}\n![{}]({picture})\n",
            axis.title, axis.title
        ));
    }
    Ok(fs::write(folder.join("scale.md"), page)?)
}

/// Lifecycles a second, and how long commands and syncs took, by size.
fn curves(points: &[Value], axis: &str) -> (Curves, Curves) {
    let (mut throughput, mut latency) = (Curves::new(), Curves::new());
    let command = json!(Measured::Command);
    for point in points.iter().filter(|point| point["axis"] == axis) {
        let (size, report) = (point["size"].as_u64().unwrap_or_default(), &point["report"]);
        let add = |curves: &mut Curves, name: &str, figure: &Value| {
            if let Some(figure) = figure.as_f64() {
                curves.entry(name.to_owned()).or_default().insert(size, figure);
            }
        };
        if report["rate"].is_null() {
            add(&mut throughput, "lifecycles a second", &report["lifecycles_per_second"]);
            continue;
        }
        let rows = report["latencies"].as_array().into_iter().flatten();
        for row in rows.filter(|row| row["of"] == command) {
            add(&mut latency, "command, p50", &row["p50_ns"]);
            add(&mut latency, "command, p99", &row["p99_ns"]);
        }
        add(&mut latency, "fdatasync, p50", &report["fdatasync"]["p50_ns"]);
    }
    (throughput, latency)
}

fn rate(figure: f64) -> String {
    if figure < 1e4 { plot::count(figure.round()) } else { plot::count((figure / 1e3).round() * 1e3) }
}
