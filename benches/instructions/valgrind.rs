//! Runs programs under callgrind, and reads how many instructions were executed. Knows no path by name.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// The argument with which this program walks its paths under valgrind.
pub const COUNTED: &str = "counted";

/// The function in which counting happens, and the one at whose end a count is written down.
const COUNTED_FUNCTION: &str = "instructions::counted";
const ENDING_FUNCTION: &str = "instructions::part_ended";

/// A valgrind that works.
pub struct Valgrind;

/// What one thread did.
pub struct Thread {
    pub instructions: u64,
    /// The profile, in which the functions are named.
    pub profile: String,
}

impl Valgrind {
    pub fn find() -> Option<Self> {
        let mut version = Command::new("valgrind");
        version.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
        version.status().is_ok_and(|status| status.success()).then_some(Self)
    }

    /// What this program took for each part, in their order.
    pub fn count_parts(&self, program: &Path) -> Result<Vec<u64>, String> {
        let toggle = format!("--toggle-collect={COUNTED_FUNCTION}");
        let dump = format!("--dump-after={ENDING_FUNCTION}");
        let folder = run(&[&toggle, &dump], program, &[COUNTED])?;
        let profiles = (1..).map(|part| folder.path().join(format!("profile.{part}")));
        profiles.map_while(|path| fs::read_to_string(path).ok()).map(|profile| total(&profile)).collect()
    }

    /// What each thread of a program took.
    pub fn count_threads(&self, program: &Path, arguments: &[&str]) -> Result<Vec<Thread>, String> {
        // Threads take turns in a fixed order, so that it depends less on the machine what they find when it is theirs.
        let folder = run(&["--separate-threads=yes", "--fair-sched=try"], program, arguments)?;
        let profiles = (1..).map(|thread| folder.path().join(format!("profile-{thread:02}")));
        let profiles = profiles.map_while(|path| fs::read_to_string(path).ok());
        profiles.map(|profile| Ok(Thread { instructions: total(&profile)?, profile })).collect()
    }
}

/// Runs a program under callgrind, which leaves its profiles in the folder.
fn run(options: &[&str], program: &Path, arguments: &[&str]) -> Result<TempDir, String> {
    let folder = tempfile::tempdir().map_err(|error| format!("there is no room for profiles: {error}"))?;
    let mut command = Command::new("valgrind");
    let profile = folder.path().join("profile");
    command.arg("--tool=callgrind").arg(format!("--callgrind-out-file={}", profile.display()));
    command.args(options).arg(program).args(arguments).stdin(Stdio::null());
    let output = command.output().map_err(|error| format!("valgrind does not start: {error}"))?;
    match output.status.success() {
        true => Ok(folder),
        false => Err(format!("valgrind failed:\n{}", String::from_utf8_lossy(&output.stderr))),
    }
}

/// The count of a profile.
fn total(profile: &str) -> Result<u64, String> {
    let total = profile.lines().find_map(|line| line.strip_prefix("totals: "));
    total.and_then(|total| total.trim().parse().ok()).ok_or_else(|| "a profile has no total".to_owned())
}
