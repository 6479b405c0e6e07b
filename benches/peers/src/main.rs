//! Redis, PostgreSQL and Centrala through the same lives of dialogs, in turn, on the same disk. `make peers` starts
//! the servers and this; it starts none itself.

mod centrala;
mod judge;
mod lives;
mod machine;
mod peer;
mod postgres;
mod redis;
mod table;

use std::path::PathBuf;

use clap::Parser;

use crate::centrala::Centrala;
use crate::lives::Workload;
use crate::peer::Peer;
use crate::postgres::Postgres;
use crate::redis::Redis;
use crate::table::Row;

/// Whatever ends the run, with a sentence.
pub type Failure = Box<dyn std::error::Error>;

/// What follows it in the documentation is written by this program.
const MARK: &str = "<!-- what follows is written by `make peers` -->\n";

/// Redis, PostgreSQL and Centrala through the same lives of dialogs, in turn, on the same disk. Where an option takes
/// several values, each becomes a peer of its own, with a row of its own: so servers are tuned.
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
    /// Connections to Redis; 0 leaves Redis out.
    #[arg(long, value_name = "N,...", value_delimiter = ',', default_value = "16", value_parser = connections)]
    redis_connections: Vec<usize>,
    /// Connections to PostgreSQL; 0 leaves PostgreSQL out.
    #[arg(long, value_name = "N,...", value_delimiter = ',', default_value = "50", value_parser = connections)]
    postgres_connections: Vec<usize>,
    /// Microseconds that a commit of PostgreSQL waits for others.
    #[arg(long, value_name = "N,...", value_delimiter = ',', default_value = "0")]
    commit_delay: Vec<u32>,
    /// Write the table to this file too, behind the line that says so.
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
}

fn main() {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let done = runtime.map_err(Failure::from).and_then(|runtime| {
        let tasks = tokio::task::LocalSet::new();
        tasks.block_on(&runtime, compare(&arguments))
    });
    if let Err(failure) = done {
        eprint!("peers: {failure}");
        let mut cause = failure.source();
        while let Some(reason) = cause {
            eprint!(": {reason}");
            cause = reason.source();
        }
        eprintln!();
        std::process::exit(1);
    }
}

async fn compare(arguments: &Arguments) -> Result<(), Failure> {
    let peers = peers(arguments)?;
    let mut rows = Vec::new();
    for peer in &peers {
        rows.push(Row { peer: peer.name().await?, rounds: Vec::new() });
        peer.trial().await?;
    }
    let workload = Workload::measured(arguments.dialogs);
    let mut syncs = Vec::new();
    for round in 0..arguments.rounds as usize {
        // Each round begins with another one, so that nobody is always the first after the pause.
        for turn in 0..peers.len() {
            let at = (round + turn) % peers.len();
            syncs.extend(machine::syncs(&arguments.scratch)?);
            let (figures, _) = peers[at].run(&workload).await?;
            let rate = figures.lifecycles_per_second;
            eprintln!("peers: round {}: {}: {rate:.0} lifecycles a second", round + 1, rows[at].peer);
            rows[at].rounds.push(figures);
        }
    }
    let sync_ns = table::median(syncs) as u64;
    let about = machine::about(&arguments.scratch, &workload, arguments.rounds, sync_ns);
    println!("\n{}\n{about}", table::text(&rows));
    if let Some(file) = &arguments.markdown {
        let text = std::fs::read_to_string(file)?;
        let (before, _) =
            text.split_once(MARK).ok_or("the file has no line that says where the table belongs")?;
        std::fs::write(file, format!("{before}{MARK}\n{about}\n{}", table::markdown(&rows)))?;
    }
    Ok(())
}

/// Who is asked for. Centrala is the last, because the ratios are to the last.
fn peers(arguments: &Arguments) -> Result<Vec<Peer>, Failure> {
    let mut peers = Vec::new();
    for &connections in arguments.postgres_connections.iter().filter(|connections| **connections > 0) {
        for &delay in &arguments.commit_delay {
            peers.push(Peer::Postgres(Postgres::new(&arguments.postgres, connections, delay)));
        }
    }
    for &connections in arguments.redis_connections.iter().filter(|connections| **connections > 0) {
        peers.push(Peer::Redis(Redis::new(&arguments.redis, connections)?));
    }
    peers.push(Peer::Centrala(Centrala::new(&arguments.centrala, &arguments.scratch)));
    Ok(peers)
}

/// As many as PostgreSQL is set up for, at most.
fn connections(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|count| *count <= 250).ok_or_else(|| "a number up to 250".to_owned())
}
