//! Kills the engine at random moments under load, again and again on the same data: nothing that was
//! acknowledged may be lost, and nothing may be doubled.
//!
//! `CENTRALA_KILL_ROUNDS` says how many kills each test does, `CENTRALA_SEED` which ones.
#![cfg(feature = "cli")]

#[path = "crash/backup.rs"]
mod backup;
#[path = "support/chance.rs"]
mod chance;
#[path = "crash/client.rs"]
mod client;
#[path = "crash/erasing.rs"]
mod erasing;
#[path = "crash/journal.rs"]
mod journal;
#[path = "crash/load.rs"]
mod load;
#[allow(dead_code, reason = "whoever injects faults asks for more")]
#[path = "crash/oracle.rs"]
mod oracle;
#[allow(dead_code, reason = "whoever injects faults asks for more")]
#[path = "crash/process.rs"]
mod process;
#[allow(dead_code, reason = "whoever does not kill looks at more")]
#[path = "support/secrets.rs"]
mod secrets;

use std::collections::VecDeque;
use std::time::Duration;

use centrala::engine::Engine;
use centrala::error::Error;
use chance::Chance;
use load::Load;
use oracle::Oracle;
use process::{Process, Setup, verify};
use serde_json::json;

/// Rounds unless `CENTRALA_KILL_ROUNDS` says otherwise: so many that all tests here take a few seconds.
const ROUNDS: usize = 6;

/// Kills of an engine on one directory.
const LIVES: usize = 20;

/// One way to torture the engine.
struct Torture {
    name: &'static str,
    arguments: &'static [&'static str],
    /// Replies read before a kill, at most.
    replies: usize,
    text_chars: usize,
    /// Whether the journal keeps all events.
    keeps_events: bool,
}

#[test]
fn at_sync_nothing_acknowledged_is_lost_and_nothing_is_doubled() {
    let arguments = &["--durability", "sync"];
    Torture { name: "sync", arguments, replies: 3000, text_chars: 100, keeps_events: true }.run();
}

#[test]
fn at_buffered_nothing_acknowledged_is_lost_and_nothing_is_doubled() {
    let arguments = &["--durability", "buffered"];
    Torture { name: "buffered", arguments, replies: 5000, text_chars: 100, keeps_events: true }.run();
}

#[test]
fn kills_while_checkpoints_run_and_the_journal_is_trimmed_lose_and_double_nothing() {
    let arguments = &["--durability", "buffered", "--checkpoint-bytes", "65536", "--retain-events", "1000"];
    Torture { name: "checkpoints", arguments, replies: 5000, text_chars: 1000, keeps_events: false }.run();
}

impl Torture {
    /// A directory is looked at as a whole after each kill, so it is begun anew before it has become large.
    fn run(&self) {
        let mut chance = Chance::of(Chance::seed(self.name));
        let mut left = rounds();
        while left > 0 {
            let lives = left.min(LIVES);
            self.torture(lives, &mut chance);
            left -= lives;
        }
    }

    /// Kills an engine on one directory so many times.
    fn torture(&self, lives: usize, chance: &mut Chance) {
        let directory = tempfile::tempdir().expect("a temporary directory can be made");
        let arguments = self.arguments.iter().map(|&argument| argument.to_owned()).collect();
        let setup = Setup { data: directory.path().join("data"), arguments, ..Setup::default() };
        let mut process = Process::start(&setup);
        Oracle::set_up(&mut process);
        let mut oracle = Oracle::default();
        for _ in 0..lives {
            self.load(process, &mut oracle, chance);
            kill_during_recovery(&setup, chance);
            verify(&setup.data);
            process = Process::start(&setup);
            oracle.check(&mut process, chance);
        }
        process.close();
        verify(&setup.data);
        let mut process = Process::start(&setup);
        oracle.check(&mut process, chance);
        process.close();
        if self.keeps_events {
            journal::check(&setup.data, 1, &oracle.clients);
        }
        let (clients, operators) = (oracle.clients.len(), oracle.extras.len());
        println!("{}: {lives} kills under load, {clients} clients, {operators} operators", self.name);
    }

    /// Sends as much as fits until a random moment, then kills the process.
    fn load(&self, mut process: Process, oracle: &mut Oracle, chance: &mut Chance) {
        let load = Load { window: 256, clients: 100, text_chars: self.text_chars };
        let mut under_way = VecDeque::new();
        for _ in 0..chance.below(self.replies) {
            load.send(&mut process, oracle, chance, &mut under_way);
            let reply = process.reply().expect("the process does not end by itself");
            oracle.hear(under_way.pop_front().expect("somebody waits for it"), &reply);
        }
        load.send(&mut process, oracle, chance, &mut under_way);
        let moment = Duration::from_micros(chance.below(3000) as u64);
        let mut late = Vec::from_iter(process.reply_within(moment));
        late.extend(process.kill());
        for (whose, reply) in under_way.into_iter().zip(late) {
            oracle.hear(whose, &reply);
        }
    }
}

/// Starts the process a few times and kills it before it has recovered, or just after.
fn kill_during_recovery(setup: &Setup, chance: &mut Chance) {
    for _ in 0..chance.below(3) {
        let moment = Duration::from_micros(chance.below(60_000) as u64);
        Process::start(setup).kill_after(moment);
    }
}

fn rounds() -> usize {
    let named = std::env::var("CENTRALA_KILL_ROUNDS").ok();
    named.map_or(ROUNDS, |text| text.parse().expect("CENTRALA_KILL_ROUNDS is a number"))
}

#[test]
fn a_set_up_may_be_piped_in_at_once_and_the_directory_belongs_to_one_process() {
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    let setup = Setup { data: directory.path().join("data"), ..Setup::default() };
    let mut process = Process::start(&setup);
    let requests = [
        json!({"do": "put_operator", "operator": "anna"}),
        json!({"do": "set_presence", "as": "anna", "operator": "anna", "presence": "online"}),
        json!({"do": "put_channel", "channel": "shop", "queue": {"members": ["anna"]}}),
        json!({"do": "receive", "channel": "shop", "client": "ala", "text": "hello"}),
        json!({"do": "answer", "as": "anna", "dialog": 1}),
        json!({"do": "reply", "as": "anna", "dialog": 1, "text": "good day"}),
        json!({"do": "finish", "as": "anna", "dialog": 1}),
        json!({"do": "receive", "channel": "shop", "client": "ala", "text": "one more thing"}),
        json!({"do": "find_dialog", "channel": "shop", "client": "ala"}),
    ];
    let replies = process.ask_all(requests.to_vec());
    assert_eq!(replies.iter().filter_map(process::Reply::code).collect::<Vec<_>>(), [""; 0]);
    assert_eq!(replies[7].ok()["dialog"], 2);
    assert_eq!(replies[8].ok()["messages"][0]["text"], "one more thing");
    let refused = Engine::open(&setup.data);
    assert!(matches!(refused, Err(Error::InUse { .. })), "{refused:?}");
    process.kill();
    Engine::open(&setup.data).and_then(Engine::close_blocking).expect("a killed process holds nothing");
}
