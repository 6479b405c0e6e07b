//! What a dialog takes from its first message to its end in the whole engine, thread by thread: `centrala load` with
//! many dialogs less the same with few, so that starting and setting up do not count.
//!
//! All dialogs are under way at once and nothing waits for the disk, so that little depends on which thread gets
//! how far before another has its turn.

use std::collections::BTreeMap;
use std::path::Path;

use super::Counts;
use super::valgrind::{Thread, Valgrind};

/// So few that hardly anything is done for them: how that falls into groups would make the difference unsteady.
const FEW: u64 = 10;
const MANY: u64 = 4000;

/// The threads, each with a function that only it executes; the first one that fits is meant.
const THREADS: [(&str, &str); 5] = [
    ("host", "load::driver"),
    ("release", "caller::Exit::deliver"),
    ("archive", "journal::archive::Archive::run"),
    ("journal", "journal::commit::gather"),
    ("dispatcher", "actors::dispatcher"),
];

/// Whatever is left: RocksDB's own threads.
const OTHERS: &str = "rocksdb";

const ALL: &str = "lifecycle/all";

pub fn is_of_threads(path: &str) -> bool {
    path.starts_with("lifecycle/")
}

/// Instructions of one lifecycle: in all, and of each thread.
pub fn count(valgrind: &Valgrind) -> Result<Counts, String> {
    let (few, many) = (run(valgrind, FEW)?, run(valgrind, MANY)?);
    let each = |name: &str, many: u64, few: u64| -> Result<(String, u64), String> {
        let grown = many.checked_sub(few).ok_or_else(|| format!("{name} does less for more dialogs"))?;
        Ok((name.to_owned(), grown / (MANY - FEW)))
    };
    let mut counts = Counts::new();
    for (name, _) in &THREADS {
        let name = format!("lifecycle/{name}");
        if !many.contains_key(&name) {
            return Err(format!(
                "no thread is found that does {name}: name another function of it in lifecycle.rs"
            ));
        }
    }
    for (name, many) in &many {
        counts.extend([each(name, *many, few.get(name).copied().unwrap_or(0))?]);
    }
    counts.extend([each(ALL, many.values().sum(), few.values().sum())?]);
    Ok(counts)
}

fn run(valgrind: &Valgrind, dialogs: u64) -> Result<BTreeMap<String, u64>, String> {
    let dialogs = dialogs.to_string();
    let arguments = ["load", "--dialogs", &dialogs, "--operators", "100", "--in-flight", "60000"];
    let arguments = [&arguments[..], &["--durability", "buffered", "--json"]].concat();
    let threads = valgrind.count_threads(Path::new(env!("CARGO_BIN_EXE_centrala")), &arguments)?;
    let mut counts = BTreeMap::new();
    for thread in &threads {
        *counts.entry(format!("lifecycle/{}", name(thread))).or_default() += thread.instructions;
    }
    Ok(counts)
}

fn name(thread: &Thread) -> &'static str {
    let fits = |(_, function): &&(&str, &str)| thread.profile.contains(function);
    THREADS.iter().find(fits).map_or(OTHERS, |(name, _)| name)
}
