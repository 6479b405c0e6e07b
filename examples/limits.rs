//! How near the engine comes to what it stands on. The same dialogs, in one run, several times in turn:
//!
//! - through the engine (receive, answer, reply, finish; 4,096 under way; synced);
//! - what the engine wrote for them, written by RocksDB alone: the same journal in the same groups, each synced,
//!   and the same images of dialogs beside it;
//! - through bare actix actors, a dispatcher, an actor for each dialog and for each operator, that pass as many
//!   messages, decide nothing, and journal as many bytes, synced.
//!
//! Run: `cargo run --release --all-features --example limits -- 200000 5` (dialogs and rounds).

#![expect(clippy::disallowed_methods, reason = "it measures, which takes the clock on the wall")]

use std::collections::HashMap;
use std::error::Error;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use actix::{Actor, Addr, AsyncContext as _, Context, Handler, Message};
use centrala::engine::{Engine, Settings};
use centrala::load::driver::drive;
use centrala::load::workload::LoadPlan;
use crossbeam_channel::{Receiver, Sender, unbounded};
use rocksdb::{ColumnFamilyRef, DB, IteratorMode, Options, WriteBatch, WriteOptions};

/// Messages are allocated in one thread and freed in another, which this allocator does best.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const UNDER_WAY: u64 = 4096;
const OPERATORS: u64 = 1000;
/// Commands of a dialog's life.
const STEPS: u8 = 4;
/// Images that the engine writes at once.
const IMAGES_AT_ONCE: usize = 8192;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<u64>());
    let dialogs = arguments.next().transpose()?.unwrap_or(4000).max(1);
    let rounds = arguments.next().transpose()?.unwrap_or(1).max(1);
    let mut took: [Vec<Duration>; 3] = Default::default();
    for _ in 0..rounds {
        let directory = tempfile::tempdir()?;
        took[0].push(through_the_engine(directory.path(), dialogs)?);
        let written = Written::by_the_engine(directory.path())?;
        took[1].push(written.by_rocksdb_alone()?);
        took[2].push(through_bare_actors(dialogs, written.journal_bytes() / (dialogs * u64::from(STEPS)))?);
    }
    let [engine, rocksdb, actors] = took.map(|took| dialogs as f64 / median(took).as_secs_f64());
    println!("{dialogs} dialogs, median of {rounds}:");
    println!("  the engine              {engine:>9.0} lifecycles a second");
    println!(
        "  RocksDB alone           {rocksdb:>9.0}, of which the engine reaches {:.0} %",
        engine / rocksdb * 100.0
    );
    println!(
        "  bare actors and journal {actors:>9.0}, of which the engine reaches {:.0} %",
        engine / actors * 100.0
    );
    Ok(())
}

fn median(mut took: Vec<Duration>) -> Duration {
    took.sort_unstable();
    took[took.len() / 2]
}

fn through_the_engine(data: &Path, dialogs: u64) -> Result<Duration, Box<dyn Error>> {
    let mut settings = Settings::default();
    settings.retain_events = u64::MAX;
    let engine = Engine::builder(data).settings(settings).open()?;
    let mut plan = LoadPlan::default();
    plan.dialogs = dialogs;
    let driven = drive(&engine, &plan, |_| {})?;
    engine.close_blocking()?;
    Ok(driven.wall)
}

/// What the engine wrote for its dialogs.
struct Written {
    /// Groups of the journal, each with its key.
    groups: Vec<Entry>,
    /// Images of dialogs.
    images: Vec<Entry>,
}

type Entry = (Box<[u8]>, Box<[u8]>);

impl Written {
    fn by_the_engine(data: &Path) -> Result<Self, Box<dyn Error>> {
        let disk = DB::open_cf_for_read_only(&Options::default(), data, ["journal", "dialogs"], false)?;
        let all = |table| -> Result<Vec<Entry>, rocksdb::Error> {
            let table = disk.cf_handle(table).expect("the engine has these tables");
            disk.iterator_cf(&table, IteratorMode::Start).collect()
        };
        Ok(Self { groups: all("journal")?, images: all("dialogs")? })
    }

    fn journal_bytes(&self) -> u64 {
        self.groups.iter().map(|(_, group)| group.len() as u64).sum()
    }

    /// The groups one after the other, each synced; the images meanwhile from another thread, unlogged.
    fn by_rocksdb_alone(&self) -> Result<Duration, Box<dyn Error>> {
        let directory = tempfile::tempdir()?;
        let disk = new_database(directory.path())?;
        let table = |name| disk.cf_handle(name).expect("it was just made");
        let begun = Instant::now();
        thread::scope(|scope| {
            let images = scope.spawn(|| {
                self.images
                    .chunks(IMAGES_AT_ONCE)
                    .try_for_each(|images| write(&disk, &table("dialogs"), images, false))
            });
            let mut groups = self.groups.chunks(1);
            groups.try_for_each(|group| write(&disk, &table("journal"), group, true))?;
            images.join().expect("nothing panics there")
        })?;
        Ok(begun.elapsed())
    }
}

fn new_database(path: &Path) -> Result<DB, rocksdb::Error> {
    let mut options = Options::default();
    options.create_if_missing(true);
    options.create_missing_column_families(true);
    DB::open_cf(&options, path, ["journal", "dialogs"])
}

fn write(
    disk: &DB,
    table: &ColumnFamilyRef<'_>,
    entries: &[Entry],
    synced: bool,
) -> Result<(), rocksdb::Error> {
    let mut batch = WriteBatch::default();
    entries.iter().for_each(|(key, value)| batch.put_cf(table, key, value));
    let mut options = WriteOptions::default();
    options.set_sync(synced);
    options.disable_wal(!synced);
    disk.write_opt(batch, &options)
}

/// A command of a dialog, on its way and back.
#[derive(Debug, Clone, Copy)]
struct Command {
    dialog: u64,
    step: u8,
}

impl Message for Command {
    type Result = ();
}

/// What a dialog tells the dispatcher and its operator when it has obeyed.
#[derive(Debug, Clone, Copy)]
struct Done(Command);

impl Message for Done {
    type Result = ();
}

/// The dispatcher hands over to the journal what was done since it last did.
#[derive(Debug)]
struct HandOver;

impl Message for HandOver {
    type Result = ();
}

struct Dispatcher {
    dialogs: HashMap<u64, Addr<Dialog>>,
    operators: Vec<Addr<Operator>>,
    done: Vec<Command>,
    journal: Sender<Vec<Command>>,
}

struct Dialog {
    dispatcher: Addr<Dispatcher>,
    operator: Addr<Operator>,
}

#[derive(Default)]
struct Operator {
    told: u64,
}

impl Actor for Dispatcher {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        context.set_mailbox_capacity(UNDER_WAY as usize);
        self.operators = (0..OPERATORS).map(|_| Operator::default().start()).collect();
    }
}

impl Actor for Dialog {
    type Context = Context<Self>;
}

impl Actor for Operator {
    type Context = Context<Self>;
}

impl Handler<Command> for Dispatcher {
    type Result = ();

    fn handle(&mut self, command: Command, context: &mut Self::Context) {
        let operator = &self.operators[(command.dialog % OPERATORS) as usize];
        let new = || Dialog { dispatcher: context.address(), operator: operator.clone() }.start();
        self.dialogs.entry(command.dialog).or_insert_with(new).do_send(command);
    }
}

impl Handler<Command> for Dialog {
    type Result = ();

    fn handle(&mut self, command: Command, _: &mut Self::Context) {
        self.operator.do_send(Done(command));
        self.dispatcher.do_send(Done(command));
    }
}

impl Handler<Done> for Operator {
    type Result = ();

    fn handle(&mut self, _: Done, _: &mut Self::Context) {
        self.told += 1;
    }
}

impl Handler<Done> for Dispatcher {
    type Result = ();

    fn handle(&mut self, Done(command): Done, context: &mut Self::Context) {
        if command.step + 1 == STEPS {
            self.dialogs.remove(&command.dialog);
        }
        if self.done.is_empty() {
            context.notify(HandOver);
        }
        self.done.push(command);
    }
}

impl Handler<HandOver> for Dispatcher {
    type Result = ();

    fn handle(&mut self, _: HandOver, _: &mut Self::Context) {
        let _ = self.journal.send(std::mem::take(&mut self.done));
    }
}

/// Lives through all dialogs; each command journals so many bytes.
fn through_bare_actors(dialogs: u64, bytes: u64) -> Result<Duration, Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let disk = new_database(directory.path())?;
    let (to_journal, journal) = unbounded();
    let (to_driver, replies) = unbounded();
    let (to_us, started) = unbounded();
    let house = thread::spawn(move || {
        let system = actix_rt::System::new();
        let dispatcher = Dispatcher {
            dialogs: HashMap::new(),
            operators: Vec::new(),
            done: Vec::new(),
            journal: to_journal,
        };
        let _ = to_us.send((system.block_on(async { dispatcher.start() }), actix_rt::System::current()));
        system.run()
    });
    let (dispatcher, system) = started.recv()?;
    let committing = thread::spawn(move || commit(&disk, &journal, &to_driver, bytes as usize));
    let begun = Instant::now();
    live(&dispatcher, &replies, dialogs)?;
    let took = begun.elapsed();
    drop(dispatcher);
    system.stop();
    house.join().expect("no actor panics")?;
    committing.join().expect("nothing panics there")?;
    Ok(took)
}

/// Begins a dialog when another has ended, and gives the next command when one is done.
fn live(
    dispatcher: &Addr<Dispatcher>,
    replies: &Receiver<Vec<Command>>,
    dialogs: u64,
) -> Result<(), Box<dyn Error>> {
    let mut begun = UNDER_WAY.min(dialogs);
    (0..begun).for_each(|dialog| dispatcher.do_send(Command { dialog, step: 0 }));
    let mut ended = 0;
    while ended < dialogs {
        for Command { dialog, step } in replies.recv()? {
            if step + 1 < STEPS {
                dispatcher.do_send(Command { dialog, step: step + 1 });
                continue;
            }
            ended += 1;
            if begun < dialogs {
                dispatcher.do_send(Command { dialog: begun, step: 0 });
                begun += 1;
            }
        }
    }
    Ok(())
}

/// Journals all that waits as one group, synced, and then says so.
fn commit(
    disk: &DB,
    journal: &Receiver<Vec<Command>>,
    driver: &Sender<Vec<Command>>,
    bytes: usize,
) -> Result<(), rocksdb::Error> {
    let table = disk.cf_handle("journal").expect("it was just made");
    let mut written = 0_u64;
    while let Ok(mut group) = journal.recv() {
        journal.try_iter().for_each(|more| group.extend(more));
        written += 1;
        let records = vec![7; group.len() * bytes].into_boxed_slice();
        write(disk, &table, &[(Box::new(written.to_be_bytes()), records)], true)?;
        if driver.send(group).is_err() {
            break;
        }
    }
    Ok(())
}
