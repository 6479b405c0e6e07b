//! What the figures were taken on: processor, memory, system, and how long the disk takes for a sync.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use crate::Failure;
use crate::lives::{Workload, now};
use crate::table::milliseconds;

/// Syncs between two runs.
const SYNCS: usize = 50;

/// How many nanoseconds each of some syncs takes, after an append of a page.
pub fn syncs(folder: &Path) -> Result<Vec<f64>, Failure> {
    let path = folder.join("syncs");
    let mut file = File::create(&path)?;
    let mut took = Vec::new();
    for _ in 0..SYNCS {
        file.write_all(&[7; 4096])?;
        let start = now();
        file.sync_data()?;
        took.push(start.elapsed().as_nanos() as f64);
    }
    fs::remove_file(path)?;
    Ok(took)
}

/// Lines of Markdown: what was run, and on what.
pub fn about(scratch: &Path, workload: &Workload, rounds: u32, sync_ns: u64) -> String {
    let processor = field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown processor".to_owned());
    let count = std::thread::available_parallelism().map_or(0, usize::from);
    let memory =
        field("/proc/meminfo", "MemTotal").and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
    let system = field("/etc/os-release", "PRETTY_NAME").unwrap_or_else(|| "unknown system".to_owned());
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let Workload { dialogs, in_flight, operators, .. } = workload;
    format!(
        "- {dialogs} dialogs in each of {rounds} rounds, {in_flight} at once, {operators} operators and channels;\n\
         - {count} × {processor}, {:.0} GiB, {system}, Linux {};\n\
         - the disk ({}): fdatasync of an appended page takes {} (median, between the runs).\n",
        memory.unwrap_or(0.0) / (1024.0 * 1024.0),
        kernel.trim(),
        file_system(scratch),
        milliseconds(sync_ns)
    )
}

/// The value of the first line that begins with a name, in files of names and values.
fn field(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    let (_, value) = line.split_once([':', '='])?;
    Some(value.trim().trim_matches('"').to_owned())
}

/// The type of the file system that holds a folder: that of its deepest mount.
fn file_system(folder: &Path) -> String {
    let mounts = fs::read_to_string("/proc/mounts").unwrap_or_default();
    let folder = folder.canonicalize().unwrap_or_default();
    let mounts = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        Some((words.next()?, words.next()?))
    });
    let holding = mounts.filter(|(mount, _)| folder.starts_with(mount));
    holding.max_by_key(|(mount, _)| mount.len()).map_or("unknown", |(_, kind)| kind).to_owned()
}
