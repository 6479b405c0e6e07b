//! Centrala, as a program of its own: `centrala load` is the workload, `centrala export` what is judged.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::Failure;
use crate::judge::{Dialog, Event, Record};
use crate::lives::{COMMANDS, Workload};
use crate::table::Figures;

/// The program, and where its data may lie.
pub struct Centrala {
    program: PathBuf,
    data: PathBuf,
}

impl Centrala {
    /// The program at this path, with its data in this folder.
    pub fn new(program: &Path, scratch: &Path) -> Self {
        Self { program: program.to_owned(), data: scratch.join("centrala") }
    }

    /// What it says about itself.
    pub fn name(&self) -> Result<String, Failure> {
        let output = Command::new(&self.program).arg("--version").output()?;
        let version = String::from_utf8_lossy(&output.stdout);
        Ok(format!("{}, in its own process", version.trim().replacen("centrala", "Centrala", 1)))
    }

    /// Removes what a run has left.
    pub fn clear(&self) -> Result<(), Failure> {
        if self.data.exists() {
            std::fs::remove_dir_all(&self.data)?;
        }
        Ok(())
    }

    /// Lives through the workload.
    pub fn live(&self, workload: &Workload) -> Result<Figures, Failure> {
        let mut load = Command::new(&self.program);
        load.args(["load", "--json", "--durability", "sync"]);
        for (option, value) in [
            ("--dialogs", workload.dialogs),
            ("--operators", workload.operators.into()),
            ("--in-flight", workload.in_flight.into()),
        ] {
            load.args([option, &value.to_string()]);
        }
        let output = load.arg("--data").arg(&self.data).stderr(Stdio::inherit()).output()?;
        if !output.status.success() {
            return Err(format!("{} load failed: {}", self.program.display(), output.status).into());
        }
        figures(&serde_json::from_slice(&output.stdout)?)
            .ok_or_else(|| "centrala load --json has changed".into())
    }

    /// All that is kept.
    pub fn record(&self) -> Result<Record, Failure> {
        let mut export = Command::new(&self.program);
        let mut export = export.args(["export", "--quick"]).arg(&self.data).stdout(Stdio::piped()).spawn()?;
        let mut record = Record::default();
        for line in BufReader::new(export.stdout.take().ok_or("no output")?).lines() {
            let line: Value = serde_json::from_str(&line?)?;
            if let Some(event) = line.get("event") {
                record.events.extend(told(event));
            } else if let Some(dialog) = line.get("dialog").filter(|dialog| dialog.is_object()) {
                record.dialogs.push(kept(dialog).ok_or("centrala export has changed")?);
            }
        }
        if export.wait()?.success() { Ok(record) } else { Err("centrala export failed".into()) }
    }
}

fn figures(report: &Value) -> Option<Figures> {
    let latencies = report["latencies"].as_array()?.iter().take(COMMANDS);
    let commands: Option<Vec<_>> =
        latencies.map(|row| Some((row["p50_ns"].as_u64()?, row["p99_ns"].as_u64()?))).collect();
    let seconds = report["wall_ms"].as_f64()? / 1e3;
    Some(Figures::new(report["lifecycles"].as_u64()?, seconds, &commands?))
}

/// An event in the judge's words, if the judge wants to hear of it.
fn told(event: &Value) -> Option<Event> {
    let dialog = event["dialog"].as_u64()?;
    match event["kind"].as_str()? {
        "dialog_opened" => Some(Event::Opened(dialog)),
        "dialog_offered" => Some(Event::Offered(dialog, number(&event["operators"][0])?)),
        "dialog_answered" => Some(Event::Answered(dialog, number(&event["operator"])?)),
        "dialog_closed" => Some(Event::Closed(dialog)),
        _ => None,
    }
}

fn kept(dialog: &Value) -> Option<Dialog> {
    let text = |message: &Value| message["text"].as_str().map(str::to_owned);
    Some(Dialog {
        dialog: dialog["dialog"].as_u64()?,
        client: dialog["client"].as_str()?.to_owned(),
        closed: dialog["status"] == "closed",
        owner: number(&dialog["owner"]),
        texts: dialog["messages"].as_array()?.iter().map(text).collect::<Option<_>>()?,
    })
}

/// The number of `operator-7`.
fn number(operator: &Value) -> Option<u32> {
    operator.as_str()?.rsplit('-').next()?.parse().ok()
}
