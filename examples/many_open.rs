//! Very many open dialogs: how much memory they take, how long commands wait while all of them are brought to
//! disk again and again, and how soon a new dialog is routed after a restart.
//!
//! Run: `cargo run --release --all-features --example many_open -- 1000000` (dialogs; with 10 messages each). With
//! `killed` behind that the engine is not closed before the restart: its process aborts, and what follows the last
//! checkpoint is read from the journal. `MESSAGES=1` in the environment makes fewer of them, and `AWAKE=100000` lets so
//! many stay in memory that else would sleep.

#![expect(clippy::disallowed_methods, reason = "it measures, which takes the clock on the wall")]

use std::collections::VecDeque;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use centrala::domain::channel::PutChannel;
use centrala::domain::dialog::command::Receive;
use centrala::domain::operator::{Presence, PutOperator};
use centrala::domain::reply::Received;
use centrala::engine::{Engine, Execution, Settings};
use hdrhistogram::Histogram;
use serde_json::{from_value, json};

/// Messages are allocated in one thread and freed in another, which this allocator does best.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const CHANNEL: &str = "web";
/// Words of the command line.
const FILL: &str = "fill";
const KILLED: &str = "killed";
const OPERATORS: usize = 1000;
/// Commands under way at once.
const UNDER_WAY: usize = 2048;
const TEXT: &str = "Good morning, my parcel was to come on Tuesday and it is still not here. Where is it?";

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let dialogs: usize = arguments.first().map_or(Ok(2000), |count| count.parse())?;
    match arguments.get(1).map(String::as_str) {
        // The process of which the other speaks.
        Some(FILL) => fill(Path::new(&arguments[3]), dialogs, arguments[2] == KILLED),
        end => {
            let directory = tempfile::tempdir()?;
            let data = directory.path().join("data");
            fill_in_another_process(&data, dialogs, end.unwrap_or("closed"))?;
            restart(&data, dialogs)
        }
    }
}

/// A restart has its memory to itself, so what is before it happens in another process.
fn fill_in_another_process(data: &Path, dialogs: usize, end: &str) -> Result<(), Box<dyn Error>> {
    let mut process = Command::new(std::env::current_exe()?);
    let status = process.args([dialogs.to_string().as_str(), FILL, end]).arg(data).status()?;
    match status.success() || end == KILLED {
        true => Ok(()),
        false => Err("the dialogs could not be opened".into()),
    }
}

/// Opens the dialogs, writes in all of them in turn, and says what that took.
fn fill(data: &Path, dialogs: usize, killed: bool) -> Result<(), Box<dyn Error>> {
    let mut settings = Settings::default();
    settings.awake_dialogs = number("AWAKE", settings.awake_dialogs)?;
    let engine = Engine::builder(data).settings(settings).open()?;
    set_up(&engine, dialogs)?;
    let begun = Instant::now();
    let mut pipeline = Pipeline::default();
    let messages = number("MESSAGES", 10)?;
    for round in 0..messages {
        for dialog in 1..=dialogs {
            pipeline.push(write(&engine, round, dialog)?);
        }
    }
    pipeline.drain();
    let taken = begun.elapsed();
    engine_is_whole(&engine, dialogs)?;
    println!("{dialogs} open dialogs, {messages} messages each:");
    println!("  written at {:.0} messages a second", (dialogs * messages) as f64 / taken.as_secs_f64());
    println!("  waited for a command: {}", pipeline.latencies());
    println!("  dialogs in memory: {}", engine.dialogs_in_memory());
    println!("  memory: {} MiB, at most {} MiB", memory("VmRSS"), memory("VmHWM"));
    if killed {
        std::process::abort();
    }
    let begun = Instant::now();
    engine.close_blocking()?;
    println!("  closed in {:.2} s", begun.elapsed().as_secs_f64());
    Ok(())
}

/// Opens the directory again, and sees how soon it routes.
fn restart(data: &Path, dialogs: usize) -> Result<(), Box<dyn Error>> {
    let begun = Instant::now();
    let engine = Engine::open(data)?;
    let opened = begun.elapsed();
    let received = engine.receive(Receive::new(CHANNEL.parse()?, "somebody new".parse()?, "hello")).wait()?;
    let routed = begun.elapsed();
    write(&engine, number("MESSAGES", 10)?, dialogs)?.wait()?;
    let woken = begun.elapsed();
    println!("opened again in {:.2} s", opened.as_secs_f64());
    println!("  dialog {} was routed after {:.2} s", received.dialog, routed.as_secs_f64());
    println!("  dialog {dialogs} slept and was written in after {:.2} s", woken.as_secs_f64());
    println!("  dialogs in memory: {}, memory: {} MiB", engine.dialogs_in_memory(), memory("VmRSS"));
    engine_is_whole(&engine, dialogs + 1)?;
    engine.close_blocking()?;
    Ok(())
}

/// What the environment says, or so many.
fn number(variable: &str, otherwise: usize) -> Result<usize, Box<dyn Error>> {
    let number: usize = std::env::var(variable).map_or(Ok(otherwise), |number| number.parse())?;
    Ok(number)
}

fn set_up(engine: &Engine, dialogs: usize) -> Result<(), Box<dyn Error>> {
    let operators: Vec<String> = (0..OPERATORS).map(|number| format!("operator {number}")).collect();
    for operator in &operators {
        let put = json!({"operator": operator, "name": operator, "capacity": dialogs});
        engine.put_operator(from_value::<PutOperator>(put)?).wait()?;
        engine.set_presence(operator.parse()?, Presence::Online).wait()?;
    }
    let queue = json!({"members": operators, "accept": "auto"});
    engine.put_channel(from_value::<PutChannel>(json!({"channel": CHANNEL, "queue": queue}))?).wait()?;
    Ok(())
}

fn write(engine: &Engine, round: usize, dialog: usize) -> Result<Execution<Received>, Box<dyn Error>> {
    let client = format!("client {dialog}").parse()?;
    Ok(engine.receive(Receive::new(CHANNEL.parse()?, client, format!("{round}: {TEXT}"))))
}

fn engine_is_whole(engine: &Engine, dialogs: usize) -> Result<(), Box<dyn Error>> {
    let health = pollster::block_on(engine.health())?;
    assert_eq!((health.answered, health.dialogs), (dialogs, dialogs as u64), "a dialog was lost");
    println!("  state {}", health.state_hash);
    Ok(())
}

/// Commands under way, waited for in the order in which they were given.
struct Pipeline {
    under_way: VecDeque<(Instant, Execution<Received>)>,
    micros: Histogram<u64>,
}

impl Default for Pipeline {
    fn default() -> Self {
        let micros = Histogram::new(3).expect("three digits can be kept");
        Self { under_way: VecDeque::new(), micros }
    }
}

impl Pipeline {
    fn push(&mut self, command: Execution<Received>) {
        self.under_way.push_back((Instant::now(), command));
        if self.under_way.len() > UNDER_WAY {
            self.wait_for_one();
        }
    }

    fn drain(&mut self) {
        while !self.under_way.is_empty() {
            self.wait_for_one();
        }
    }

    fn wait_for_one(&mut self) {
        let Some((given, command)) = self.under_way.pop_front() else { return };
        command.wait().expect("a message is received");
        self.micros.record(given.elapsed().as_micros() as u64).expect("any time can be kept");
    }

    fn latencies(&self) -> String {
        let at = |quantile| Duration::from_micros(self.micros.value_at_quantile(quantile));
        format!("p50 {:?}, p99 {:?}, p99.9 {:?}, longest {:?}", at(0.5), at(0.99), at(0.999), at(1.0))
    }
}

/// A figure of this process that the system keeps, in MiB; 0 where it keeps none.
fn memory(what: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(what)?.strip_prefix(':'));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kibibytes.unwrap_or(0) / 1024
}
