//! Kills the engine while a client is being erased: when it is open again, either nobody was told that
//! anything is erased and asking once more erases it, or nothing is left already.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use crate::chance::Chance;
use crate::process::{Process, Setup, verify};
use crate::rounds;
use crate::secrets::Secrets;

/// Microseconds after which the process is killed at the latest: before, in the middle, and perhaps after.
const LATEST: [usize; 3] = [1500, 30_000, 300_000];

#[test]
fn a_kill_while_a_client_is_erased_leaves_nothing_of_it_or_lets_it_be_asked_for_again() {
    let mut chance = Chance::of(Chance::seed("erasing"));
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    let arguments = ["--checkpoint-bytes", "65536"].map(str::to_owned).to_vec();
    let setup = Setup { data: directory.path().join("data"), arguments, ..Setup::default() };
    let mut kept = Secrets::new("kept");
    let mut process = Process::start(&setup);
    process.ask_all(vec![
        json!({"do": "put_operator", "operator": "anna", "capacity": 1_000_000}),
        json!({"do": "set_presence", "as": "anna", "operator": "anna", "presence": "online"}),
        json!({"do": "put_channel", "channel": "web", "queue": {"members": ["anna"], "accept": "auto"}}),
        json!({"do": "receive", "channel": "web", "client": "other", "text": kept.make("text of another")}),
    ]);
    let (mut early, mut late, mut answered) = (0, 0, 0);
    for round in 0..rounds() {
        let (client, mut secrets) = (format!("client {round}"), Secrets::new("round"));
        write(&mut process, &client, &mut secrets);
        let erase = json!({"do": "erase_client", "channel": "web", "client": client, "key": client});
        process.send(erase.clone());
        let latest = *chance.one_of(&LATEST);
        let moment = Duration::from_micros(chance.below(latest) as u64);
        let mut told = Vec::from_iter(process.reply_within(moment));
        told.extend(process.kill());
        assert!(told.iter().all(|reply| reply.code().is_none()), "{told:?}");
        if !told.is_empty() {
            answered += 1;
            assert_eq!(secrets.in_files(&setup.data), BTreeSet::new(), "whoever was told was told the truth");
        }
        if chance.percent(30) {
            let moment = Duration::from_micros(chance.below(200_000) as u64);
            Process::start(&setup).kill_after(moment);
        }
        process = Process::start(&setup);
        let found = process.ask(json!({"do": "find_dialog", "channel": "web", "client": client}));
        match found.code() {
            Some("client_not_found") => {
                late += 1;
                assert_eq!(secrets.in_files(&setup.data), BTreeSet::new(), "it was finished at the start");
                process.ask(erase).ok();
            }
            _ => {
                early += 1;
                assert!(told.is_empty());
                process.ask(erase).ok();
                assert_eq!(secrets.in_files(&setup.data), BTreeSet::new());
            }
        }
        assert!(!kept.in_files(&setup.data).is_empty(), "what others wrote is still there");
    }
    println!("killed before the client was gone: {early}, afterwards: {late}, of which answered: {answered}");
    process.close();
    verify(&setup.data);
}

/// Several dialogs, a file, and noise that makes checkpoints.
fn write(process: &mut Process, client: &str, secrets: &mut Secrets) {
    for number in 0..3 {
        let file = json!({"name": secrets.make("file name"), "media_type": "text/plain",
            "data_base64": base64(&secrets.content("content", 9000))});
        let hello = json!({"do": "receive", "channel": "web", "client": client, "name": secrets.make("name"),
            "text": secrets.make("text"), "external_id": format!("{number}"), "files": [file]});
        let dialog = process.ask(hello).ok()["dialog"].clone();
        process.ask(json!({"do": "reply", "as": "anna", "dialog": dialog, "text": secrets.make("reply")}));
        if number < 2 {
            process.ask(json!({"do": "finish", "as": "anna", "dialog": dialog}));
        }
        process.ask_all((0..50).map(|other| noise(client, number, other)).collect());
    }
}

fn noise(client: &str, number: usize, other: usize) -> Value {
    let name = format!("{client} {number} {other}");
    json!({"do": "receive", "channel": "web", "client": name, "text": "hello ".repeat(20)})
}

/// As in RFC 4648: the line protocol wants contents so.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let bits =
            three.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for digit in 0..4 {
            let letter = DIGITS[(bits >> (18 - 6 * digit)) as usize & 63];
            text.push(if digit <= three.len() { char::from(letter) } else { '=' });
        }
    }
    text
}
