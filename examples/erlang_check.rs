//! Checks the engine against Erlang's formulas, and writes the table of `docs/erlang.md`.
//!
//! Constant arrivals are played through a whole engine on virtual time, once for each case, and the figures are
//! compared with Erlang C, or with Erlang A where clients are impatient.
//!
//! Run it with `cargo run --profile checks --example erlang_check`: a small run, to see that it works. `make erlang`
//! makes runs of a million arrivals and puts the table into `docs/erlang.md`:
//! `cargo run --profile checks --example erlang_check -- 1000000 docs/erlang.md`.

use std::error::Error;
use std::fs;

use centrala::engine::{ClockMode, Durability, Engine, Settings};
use centrala::load::agreement::{Case, Measure, table};
use centrala::load::replay::{ReplayScript, Tally};

/// Arrivals of each case unless more are asked for.
const FEW: u32 = 4_000;

/// Where all random numbers come from.
const SEED: u64 = 1;

/// The lines of the document between which the table stands.
const BEGIN: &str = "<!-- the table, written by `make erlang` -->\n";
const END: &str = "<!-- end of the table -->\n";

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let arrivals: u32 = arguments.next().map_or(Ok(FEW), |text| text.parse())?;
    let mut cases: Vec<(Case, Vec<Measure>)> = Vec::new();
    for case in Case::ALL {
        let measures = case.measures(&play(&case, arrivals)?);
        println!("{}", table(&[(case, measures.clone())], arrivals));
        cases.push((case, measures));
    }
    if let Some(path) = arguments.next() {
        let heading = format!("About {arrivals} arrivals in each case, seed {SEED}.\n\n");
        let document = fs::read_to_string(&path)?;
        let (before, rest) = document.split_once(BEGIN).ok_or("the document has no place for the table")?;
        let (_, after) = rest.split_once(END).ok_or("the place for the table has no end")?;
        fs::write(&path, format!("{before}{BEGIN}{heading}{}{END}{after}", table(&cases, arrivals)))?;
        println!("{path} has the table.");
    }
    Ok(())
}

/// Plays a case through an engine of its own.
fn play(case: &Case, arrivals: u32) -> Result<Tally, Box<dyn Error>> {
    let plan = case.plan(arrivals, SEED);
    let directory = tempfile::tempdir()?;
    let engine = Engine::builder(directory.path())
        .settings(Settings::default().durability(Durability::None))
        .clock(ClockMode::Virtual { start: plan.start() })
        .open()?;
    let (script, progress) = ReplayScript::new(&plan)?;
    pollster::block_on(engine.run_script(script))?;
    engine.close_blocking()?;
    match progress.outcome() {
        Some(Ok(tally)) => Ok(tally.clone()),
        Some(Err(failure)) => Err(failure.to_string().into()),
        None => Err("the replay stopped before its end".into()),
    }
}
