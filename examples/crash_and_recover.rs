//! A process is killed by SIGKILL in the middle of its work. Everything that it had acknowledged is
//! there afterwards, and commands of which nobody knows whether they were done are sent again under
//! their keys, and done once.
//!
//! The program starts itself a second time: the child works and says on standard output what was
//! acknowledged, the parent kills it and looks.
//!
//! Run it with `cargo run --example crash_and_recover`.

use std::error::Error;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use centrala::domain::channel::{Accept, PutChannel};
use centrala::domain::dialog::command::Receive;
use centrala::domain::operator::{Presence, PutOperator};
use centrala::domain::reply::{Received, Reply};
use centrala::domain::request::Request;
use centrala::engine::{Acknowledged, Engine, Execution};
use centrala::ids::{ChannelId, ClientId, DialogId, IdempotencyKey, OperatorId};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Clients that write at the same time.
const BATCH: u64 = 32;
/// Dialogs that are finished before the parent kills the child.
const ENOUGH: usize = 300;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.get(1).map(String::as_str) {
        Some("--child") => work(Path::new(arguments.get(2).ok_or("--child needs a directory")?)),
        _ => kill_and_look(),
    }
}

/// The child: clients write, Anna replies and finishes, for ever.
fn work(data: &Path) -> Outcome<()> {
    let engine = Engine::open(data)?;
    set_up(&engine)?;
    let anna = engine.as_operator(OperatorId::new("anna")?);
    for batch in 0.. {
        // Commands are taken in when they are called; so these share their trips to the disk.
        let first = batch * BATCH;
        let under_way: Vec<_> = (first..first + BATCH)
            .map(|client| Ok((client, receive(&engine, client)?)))
            .collect::<Outcome<_>>()?;
        for (client, execution) in under_way {
            let dialog = dialog_of(&execution.wait()?)?;
            say(&format!("received {client} {dialog}"))?;
            let (reply, finish) = (anna.reply(dialog, text(client)), anna.finish(dialog));
            reply.wait()?;
            say(&format!("replied {client} {dialog}"))?;
            finish.wait()?;
            say(&format!("finished {client} {dialog}"))?;
        }
    }
    Ok(())
}

/// The parent: kills the child, opens its data directory, and compares.
fn kill_and_look() -> Outcome<()> {
    let data = tempfile::tempdir()?;
    let mut child = Command::new(std::env::current_exe()?)
        .arg("--child")
        .arg(data.path())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut acknowledged = Vec::new();
    let mut finished = 0;
    // The pipe is read to its end: what the child said before it died counts too.
    for line in BufReader::new(child.stdout.take().ok_or("the child has no output")?).lines() {
        let line = line?;
        finished += usize::from(line.starts_with("finished"));
        if finished == ENOUGH && line.starts_with("finished") {
            child.kill()?; // SIGKILL: the child can do nothing about it.
        }
        acknowledged.push(line);
    }
    println!("the child ended with {}, after {} acknowledgements", child.wait()?, acknowledged.len());
    if finished < ENOUGH {
        return Err("the child ended by itself".into());
    }

    let engine = Engine::open(data.path())?;
    for line in &acknowledged {
        check(&engine, line).map_err(|wrong| format!("acknowledged and lost: {line} ({wrong})"))?;
    }
    println!("all {} are there", acknowledged.len());
    send_again(&engine, &acknowledged)?;
    engine.close_blocking()?;
    Ok(())
}

/// Whether what the child said is so.
fn check(engine: &Engine, line: &str) -> Outcome<()> {
    let (what, client, dialog) = read(line)?;
    let shown = serde_json::to_value(pollster::block_on(engine.get_dialog(dialog))?)?;
    let messages = shown["messages"].as_array().ok_or("a dialog without messages")?;
    let right = match what {
        "received" => messages[0]["text"] == text(client).as_str(),
        "replied" => messages.len() == 2 && messages[1]["text"] == text(client).as_str(),
        "finished" => shown["status"] == "closed" && shown["reason"] == "finished",
        _ => false,
    };
    if right { Ok(()) } else { Err(format!("found {shown}").into()) }
}

/// Sends every client's message again under its key: those that were done are answered as the
/// first time, the others are done now.
fn send_again(engine: &Engine, acknowledged: &[String]) -> Outcome<()> {
    let mut known = std::collections::HashMap::new();
    for line in acknowledged {
        let (_, client, dialog) = read(line)?;
        known.insert(client, dialog);
    }
    // The child may have sent one more batch than the one of which something was acknowledged.
    let clients = (known.keys().max().map_or(0, |last| last / BATCH) + 2) * BATCH;
    for client in 0..clients {
        let dialog = dialog_of(&receive(engine, client)?.wait()?)?;
        if known.get(&client).is_some_and(|first| *first != dialog) {
            return Err(format!("client {client} got a second dialog, {dialog}").into());
        }
    }
    let health = pollster::block_on(engine.health())?;
    println!("{clients} clients wrote, some of them twice: {} dialogs", health.dialogs);
    if health.dialogs == clients { Ok(()) } else { Err("a dialog was doubled".into()) }
}

fn set_up(engine: &Engine) -> Outcome<()> {
    let anna = OperatorId::new("anna")?;
    engine.put_operator(PutOperator::new(anna.clone())).wait()?;
    engine.set_presence(anna.clone(), Presence::Online).wait()?;
    // Dialogs are Anna's at once: what matters here is what becomes of them.
    let mut web = PutChannel::new(ChannelId::new("web")?).members([anna]);
    web.settings.queue.accept = Accept::Auto;
    engine.put_channel(web).wait()?;
    Ok(())
}

/// The message of a client, under a key that is the same each time it is sent.
fn receive(engine: &Engine, client: u64) -> Outcome<Execution<Acknowledged>> {
    let receive = Receive::new(ChannelId::new("web")?, ClientId::new(client.to_string())?, text(client));
    let key = IdempotencyKey::new(format!("first message of {client}"))?;
    Ok(engine.execute(Request::new(receive).keyed(key)))
}

fn dialog_of(acknowledged: &Acknowledged) -> Outcome<DialogId> {
    match &acknowledged.reply {
        Reply::Received(Received { dialog, .. }) => Ok(*dialog),
        other => Err(format!("a message was answered by {other:?}").into()),
    }
}

fn text(client: u64) -> String {
    format!("A text of client {client}")
}

/// One line is one write, so that the parent reads it whole or not at all.
fn say(line: &str) -> std::io::Result<()> {
    std::io::stdout().write_all(format!("{line}\n").as_bytes())
}

fn read(line: &str) -> Outcome<(&str, u64, DialogId)> {
    let words: Vec<&str> = line.split(' ').collect();
    let [what, client, dialog] = words[..] else { return Err("a torn line".into()) };
    Ok((what, client.parse()?, DialogId(dialog.parse()?)))
}
