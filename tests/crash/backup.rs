//! Backups made under load by a process that is killed right after: what was acknowledged before the backup
//! was asked for is in it, and nothing is doubled.

use std::collections::VecDeque;
use std::path::Path;

use serde_json::json;

use crate::chance::Chance;
use crate::load::Load;
use crate::oracle::Oracle;
use crate::process::{Process, Setup, verify};
use crate::rounds;

/// Replies that are read before a backup is asked for, and before its reply.
const REPLIES: usize = 1500;

#[test]
fn a_backup_under_load_has_what_was_acknowledged_before_though_the_process_is_killed() {
    for durability in ["sync", "buffered", "none"] {
        back_up(&["--checkpoint-bytes", "65536", "--durability", durability], durability);
    }
}

fn back_up(arguments: &[&str], seed: &str) {
    let mut chance = Chance::of(Chance::seed(seed));
    for _ in 0..rounds().div_ceil(3) {
        let directory = tempfile::tempdir().expect("a temporary directory can be made");
        let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
        let setup = Setup { data: directory.path().join("data"), arguments, ..Setup::default() };
        let copy = Setup { data: directory.path().join("copy"), ..setup.clone() };
        let mut before = load_and_back_up(&setup, &copy.data, &mut chance);
        verify(&copy.data);
        let mut process = Process::start(&copy);
        before.check_known(&mut process);
        process.close();
        verify(&copy.data);
    }
}

/// Returns what had been sent when the backup was asked for. Others write on until it is there.
fn load_and_back_up(setup: &Setup, to: &Path, chance: &mut Chance) -> Oracle {
    let load = Load { window: 256, clients: 100, text_chars: 300 };
    let mut process = Process::start(setup);
    Oracle::set_up(&mut process);
    let (mut oracle, mut under_way) = (Oracle::default(), VecDeque::new());
    for _ in 0..REPLIES / 2 + chance.below(REPLIES / 2) {
        load.send(&mut process, &mut oracle, chance, &mut under_way);
        let reply = process.reply().expect("the process does not end by itself");
        oracle.hear(under_way.pop_front().expect("somebody waits for it"), &reply);
    }
    process.send(json!({"do": "backup", "to": to}));
    for number in 0..200 {
        let text = format!("meanwhile {number}");
        process.send(json!({"do": "receive", "channel": "web", "client": text, "text": text}));
    }
    // Replies come in order: those to commands of before say more about them, not about the backup.
    for _ in 0..under_way.len() {
        process.reply().expect("the process does not end by itself");
    }
    let copied = process.reply().expect("the process does not end by itself");
    assert!(copied.ok()["seq"].as_u64().is_some_and(|seq| seq > 0), "{copied:?}");
    process.kill();
    oracle
}
