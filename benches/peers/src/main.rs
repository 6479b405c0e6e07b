//! Redis, PostgreSQL and Centrala through the same lives of dialogs, in turn, on the same disk. `make peers` starts
//! the servers and this; it starts none itself.

mod centrala;
mod judge;
mod lives;
mod machine;
mod postgres;
mod redis;
mod table;

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

use crate::centrala::Centrala;
use crate::judge::{Record, judge};
use crate::lives::{Workload, live};
use crate::postgres::Postgres;
use crate::redis::Redis;
use crate::table::{Figures, Row};

/// Whatever ends the run, with a sentence.
pub type Failure = Box<dyn std::error::Error>;

/// What follows it in the documentation is written by this program.
const MARK: &str = "<!-- what follows is written by `make peers` -->\n";

/// Redis, PostgreSQL and Centrala through the same lives of dialogs, in turn, on the same disk.
#[derive(Debug, Parser)]
struct Arguments {
    /// The program `centrala`.
    #[arg(long, value_name = "FILE")]
    centrala: PathBuf,
    /// The socket of a running Redis.
    #[arg(long, value_name = "FILE")]
    redis: PathBuf,
    /// The folder with the socket of a running PostgreSQL.
    #[arg(long, value_name = "DIR")]
    postgres: PathBuf,
    /// Where Centrala's data may lie: on the disk of the others.
    #[arg(long, value_name = "DIR")]
    scratch: PathBuf,
    /// Dialogs of each peer in each round.
    #[arg(long, value_name = "N", default_value_t = 40_000, value_parser = clap::value_parser!(u64).range(1..))]
    dialogs: u64,
    /// Rounds; of each figure the median counts.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Connections to Redis.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = 1..=4_096)]
    redis_connections: i64,
    /// Connections to PostgreSQL.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = 1..=250)]
    postgres_connections: i64,
    /// Only these.
    #[arg(long, value_delimiter = ',')]
    only: Vec<Name>,
    /// Write the table to this file too, behind the line that says so.
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
}

/// Who is measured. Centrala is the last, because the ratios are to the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Name {
    Postgres,
    Redis,
    Centrala,
}

fn main() {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let done = runtime.map_err(Failure::from).and_then(|runtime| {
        let tasks = tokio::task::LocalSet::new();
        tasks.block_on(&runtime, compare(&arguments))
    });
    if let Err(failure) = done {
        eprintln!("peers: {failure}");
        std::process::exit(1);
    }
}

/// Those who take part.
struct Peers {
    postgres: Postgres,
    redis: Redis,
    centrala: Centrala,
}

async fn compare(arguments: &Arguments) -> Result<(), Failure> {
    let peers = Peers {
        postgres: Postgres::new(&arguments.postgres, arguments.postgres_connections as usize),
        redis: Redis::new(&arguments.redis, arguments.redis_connections as usize)?,
        centrala: Centrala::new(&arguments.centrala, &arguments.scratch),
    };
    let all = [Name::Postgres, Name::Redis, Name::Centrala];
    let chosen: Vec<Name> =
        all.into_iter().filter(|name| arguments.only.is_empty() || arguments.only.contains(name)).collect();
    let mut rows = Vec::new();
    for name in &chosen {
        rows.push(Row { peer: peers.version(*name).await?, rounds: Vec::new() });
        peers.trial(*name).await?;
    }
    let workload = Workload::measured(arguments.dialogs);
    let mut syncs = Vec::new();
    for round in 0..arguments.rounds as usize {
        // Each round begins with another one, so that nobody is always the first after the pause.
        for turn in 0..chosen.len() {
            let at = (round + turn) % chosen.len();
            syncs.extend(machine::syncs(&arguments.scratch)?);
            let (figures, _) = peers.run(chosen[at], &workload).await?;
            let rate = figures.lifecycles_per_second;
            eprintln!("peers: round {}: {}: {rate:.0} lifecycles a second", round + 1, rows[at].peer);
            rows[at].rounds.push(figures);
        }
    }
    let sync_ns = table::median(syncs);
    let about = machine::about(&arguments.scratch, &workload, arguments.rounds, sync_ns as u64);
    println!("\n{}\n{about}", table::text(&rows));
    if let Some(file) = &arguments.markdown {
        let text = std::fs::read_to_string(file)?;
        let (before, _) =
            text.split_once(MARK).ok_or("the file has no line that says where the table belongs")?;
        std::fs::write(file, format!("{before}{MARK}\n{about}\n{}", table::markdown(&rows)))?;
    }
    Ok(())
}

impl Peers {
    async fn version(&self, name: Name) -> Result<String, Failure> {
        match name {
            Name::Postgres => self.postgres.version().await,
            Name::Redis => self.redis.version().await,
            Name::Centrala => self.centrala.version(),
        }
    }

    /// Shows that a router that was made for this comparison routes: far more comes than can be held at once.
    async fn trial(&self, name: Name) -> Result<(), Failure> {
        let workload = Workload::trial();
        if name == Name::Centrala {
            return Ok(());
        }
        let (_, waited) = self.run(name, &workload).await?;
        if waited == 0 {
            return Err(format!("nobody has waited for {name:?}, although there was no room").into());
        }
        Ok(())
    }

    /// One run from an empty router to an empty router, judged; how many dialogs had to wait.
    async fn run(&self, name: Name, workload: &Workload) -> Result<(Figures, usize), Failure> {
        self.clear(name).await?;
        let (figures, record) = self.live(name, workload).await?;
        self.clear(name).await?;
        let waited = judge(&record, workload).map_err(|complaint| format!("{name:?}: {complaint}"))?;
        Ok((figures, waited))
    }

    async fn live(&self, name: Name, workload: &Workload) -> Result<(Figures, Record), Failure> {
        Ok(match name {
            Name::Postgres => {
                self.postgres.set_up(workload).await?;
                let lived = live(&self.postgres.routers().await?, workload).await?;
                (Figures::of(&lived), self.postgres.record().await?)
            }
            Name::Redis => {
                self.redis.set_up(workload).await?;
                let lived = live(&self.redis.routers().await?, workload).await?;
                (Figures::of(&lived), self.redis.record(workload).await?)
            }
            Name::Centrala => (self.centrala.live(workload)?, self.centrala.record()?),
        })
    }

    async fn clear(&self, name: Name) -> Result<(), Failure> {
        match name {
            Name::Postgres => self.postgres.clear().await,
            Name::Redis => self.redis.clear().await,
            Name::Centrala => self.centrala.clear(),
        }
    }
}
