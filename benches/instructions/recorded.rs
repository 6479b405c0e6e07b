//! The counts that were recorded: reading and writing them, and how others compare. Counts nothing.

use std::env::consts::{ARCH, OS};
use std::fs;
use std::process::Command;

use serde_json::Value;

use super::Counts;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/instructions.json");

/// By how much a path may grow without being recorded anew.
const LIMIT_PERCENT: f64 = 10.0;

/// Counts and where they were made.
#[derive(Default)]
pub struct Recorded {
    pub machine: String,
    counts: Counts,
}

/// What comes of comparing counts with those that were recorded.
pub struct Verdict {
    /// All of them, for people.
    pub table: String,
    /// Those that have grown too much.
    pub grown: Vec<String>,
    /// What to do, if something is wrong.
    pub failure: Option<String>,
}

impl Recorded {
    pub fn read() -> Result<Self, String> {
        let unreadable =
            |reason: String| format!("{FILE} cannot be read: {reason}; `make instructions-record` makes it");
        let text = fs::read_to_string(FILE).map_err(|error| unreadable(error.to_string()))?;
        let json: Value = serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))?;
        let machine = json["machine"].as_str().unwrap_or_default().to_owned();
        let counts = json["instructions"].as_object().ok_or_else(|| unreadable("it has no counts".into()))?;
        let count = |(path, count): (&String, &Value)| Some((path.clone(), count.as_u64()?));
        Ok(Self { machine, counts: counts.iter().filter_map(count).collect() })
    }

    pub fn of_this_machine(counts: Counts) -> Self {
        Self { machine: this_machine(), counts }
    }

    /// One line for each path, so that a difference is easy to read.
    pub fn write(&self) -> Result<(), String> {
        let lines: Vec<_> = self
            .counts
            .iter()
            .map(|(path, count)| format!("    {}: {count}", Value::from(path.as_str())))
            .collect();
        let machine = Value::from(self.machine.as_str());
        let text = format!(
            "{{\n  \"machine\": {machine},\n  \"instructions\": {{\n{}\n  }}\n}}\n",
            lines.join(",\n")
        );
        fs::write(FILE, text).map_err(|error| format!("{FILE} cannot be written: {error}"))
    }

    /// Other instruction sets have other counts.
    pub fn is_of_this_kind_of_machine(&self) -> bool {
        self.machine.starts_with(&kind_of_machine())
    }

    pub fn verdict(&self, counts: &Counts) -> Verdict {
        let mut table =
            format!("{:<28}{:>12}{:>12}{:>10}\n", "instructions", "recorded", "counted", "change");
        let (mut grown, mut unknown) = (Vec::new(), Vec::new());
        for (path, count) in counts {
            let Some(before) = self.counts.get(path) else {
                table.push_str(&format!("{path:<28}{:>12}{count:>12}{:>10}\n", "–", "new"));
                unknown.push(path.as_str());
                continue;
            };
            let change = (*count as f64 / (*before).max(1) as f64 - 1.0) * 100.0;
            let too_much = change > LIMIT_PERCENT;
            let remark = if too_much { "  too much" } else { "" };
            table.push_str(&format!("{path:<28}{before:>12}{count:>12}{change:>+8.1} %{remark}\n"));
            if too_much {
                grown.push(path.clone());
            }
        }
        unknown.extend(self.counts.keys().filter(|path| !counts.contains_key(*path)).map(String::as_str));
        let failure = self.failure(&grown, &unknown);
        Verdict { table, grown, failure }
    }

    fn failure(&self, grown: &[String], unknown: &[&str]) -> Option<String> {
        if !grown.is_empty() {
            return Some(format!(
                "{} grew by more than {LIMIT_PERCENT} % over what is recorded in benches/instructions.json (of {}; this \
                 is {}). Find out why; if it is worth it, `make instructions-record` records anew, and the commit \
                 says why",
                grown.join(", "),
                self.machine,
                this_machine()
            ));
        }
        let unknown = unknown.join(", ");
        (!unknown.is_empty()).then(|| {
            format!(
                "{unknown}: either recorded or counted, but not both. `make instructions-record` records anew"
            )
        })
    }
}

fn kind_of_machine() -> String {
    format!("{ARCH} {OS}")
}

/// What counts depend on, beside the code.
fn this_machine() -> String {
    let version =
        Command::new("rustc").arg("--version").output().map(|output| output.stdout).unwrap_or_default();
    let version = String::from_utf8_lossy(&version);
    let version = version.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
    format!("{}, {}", kind_of_machine(), if version.is_empty() { "an unknown rustc" } else { &version })
}
