//! The threads of one engine: started together, brought down in order.

#[cfg(test)]
pub(crate) mod stepped;

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::{self, JoinHandle, ThreadId};

use actix::Addr;
use actix_rt::{Arbiter, System};
use crossbeam_channel::{Receiver, Sender};
use tokio::sync::{Notify, mpsc, oneshot};

use super::builder::ClockMode;
use super::leases::Leases;
use super::settings::Settings;
use crate::actors::activity::Activity;
use crate::actors::admission::Admission;
use crate::actors::caller::{Completion, Exit};
use crate::actors::directory::Directory;
use crate::actors::dispatcher::{self, CheckpointDue, CheckpointWritten, Dispatcher, Recovering, Shutdown};
use crate::actors::eraser::{Erasing, Job};
use crate::actors::guard::{guarded, guarded_task};
use crate::actors::inbox::Inbox;
use crate::actors::keys::KeyTable;
use crate::actors::pilot::{Flight, Pilot};
use crate::actors::shard::Shard;
use crate::actors::shared::{CheckpointCounts, Deadline, Fingerprint, Names, Shared, Tap};
use crate::clock::Clock;
use crate::error::Error;
use crate::ids::DialogId;
use crate::storage::{Copier, Feeds, Hooks, Journal, Store, StoreSettings};

/// One running engine.
#[derive(Debug)]
pub struct Running {
    /// What its actors have in common.
    pub shared: Arc<Shared>,
    /// Where commands go in.
    pub inbox: Arc<Inbox>,
    /// Where events can be read.
    pub feeds: Feeds,
    /// Copies the data directory.
    pub copier: Copier,
    /// Who works on which request to the outside.
    pub leases: Arc<Leases>,
    /// The pilot of a virtual clock.
    pub flights: Option<mpsc::UnboundedSender<Flight>>,
    dispatcher: Addr<Dispatcher>,
    closing: AtomicBool,
    threads: Mutex<Option<Threads>>,
}

#[derive(Debug)]
struct Threads {
    system: JoinHandle<()>,
    /// Dropped to stop the system thread.
    stop: oneshot::Sender<()>,
    journal: Journal<Completion>,
    eraser: JoinHandle<()>,
}

/// What the system thread hands back when it is up.
struct Front {
    dispatcher: Addr<Dispatcher>,
    inbox: Arc<Inbox>,
    shard: Arc<Shard>,
}

impl Running {
    /// Opens the data directory and starts everything.
    pub fn start(path: &Path, settings: &Settings, mode: ClockMode) -> Result<Arc<Self>, Error> {
        let recovered = Recovered::of(settings, mode, |settings, all| Store::open(path, settings, all))?;
        let Recovered { store, recovering, shared, hooks, to_erase, next_dialog } = recovered;
        let (feeds, eraser, copier) = (store.feeds(), store.eraser(), store.copier());
        let unfinished = recovering.erases() || eraser.is_due()?;
        let journal =
            Journal::start(store, Arc::clone(&hooks) as Arc<dyn Hooks>, Exit::of(Arc::clone(&shared)))?;
        let (stop, stopped) = oneshot::channel();
        let (flights, flown) = match mode {
            ClockMode::System => (None, None),
            ClockMode::Virtual { .. } => Some(mpsc::unbounded_channel()).unzip(),
        };
        let (up, is_up) = std::sync::mpsc::channel();
        let house = House {
            shared: Arc::clone(&shared),
            arbiters: settings.arbiters,
            recovering,
            next_dialog,
            flown,
        };
        let sender = journal.sender();
        let system = thread::Builder::new()
            .name("centrala-dispatch".to_owned())
            .spawn(move || house.live(&sender, up, stopped))
            .map_err(|error| Error::StorageFailed {
                reason: format!("no thread for the dispatcher: {error}"),
            })?;
        let front = is_up
            .recv()
            .map_err(|_| Error::StorageFailed { reason: "the dispatcher did not start".to_owned() })??;
        let _ = hooks.dispatcher.set(front.dispatcher.clone());
        let work = Erasing {
            shared: Arc::clone(&shared),
            shard: front.shard,
            dispatcher: front.dispatcher.clone(),
            eraser,
        };
        let eraser = start_eraser(work, to_erase, unfinished)?;
        let threads = Mutex::new(Some(Threads { system, stop, journal, eraser }));
        Ok(Arc::new(Self {
            shared,
            inbox: front.inbox,
            feeds,
            copier,
            leases: Arc::default(),
            flights,
            dispatcher: front.dispatcher,
            closing: AtomicBool::new(false),
            threads,
        }))
    }

    /// Why nothing is admitted any more, if so.
    pub fn refusal(&self) -> Option<Error> {
        if let Some(error) = self.shared.failure.get() {
            return Some(error.clone());
        }
        self.closing.load(Ordering::Acquire).then_some(Error::Closed)
    }

    /// What is answered to what was under way and will have no outcome.
    pub fn lost(&self) -> Error {
        self.refusal().unwrap_or_else(Error::lost)
    }

    /// Brings everything to its end and to disk.
    pub fn close(&self) -> Result<(), Error> {
        self.closing.store(true, Ordering::Release);
        self.inbox.close();
        let threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(Threads { system, stop, journal, eraser }) = threads else { return Err(Error::Closed) };
        if self.shared.failure.get().is_none() {
            pollster::block_on(self.shared.activity.settled());
            let (sender, done) = oneshot::channel();
            self.dispatcher.do_send(Shutdown(sender));
            let _ = pollster::block_on(done);
        }
        let _ = self.shared.erasing.send(Job::Stop);
        drop(stop);
        let _ = system.join();
        let _ = eraser.join();
        let closed = journal.close();
        self.shared.transients.end();
        match self.shared.failure.get() {
            Some(error) => Err(error.clone()),
            None => closed,
        }
    }

    fn own_thread(&self) -> Option<ThreadId> {
        let threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        threads.as_ref().map(|threads| threads.system.thread().id())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        match self.own_thread() {
            // The last handle went inside the engine's own thread: waiting for it would be forever.
            Some(own) if own == thread::current().id() => {
                let threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner).take();
                let _ = self.shared.erasing.send(Job::Stop);
                drop(threads);
            }
            Some(_) => {
                if let Err(error) = self.close() {
                    tracing::warn!(%error, "the engine was dropped and could not be closed cleanly");
                }
            }
            None => {}
        }
    }
}

/// What an engine begins with, however it runs.
struct Recovered {
    store: Store,
    recovering: Recovering,
    shared: Arc<Shared>,
    hooks: Arc<Callbacks>,
    to_erase: Receiver<Job>,
    next_dialog: DialogId,
}

impl Recovered {
    /// Takes everything from the store that `open` opens.
    fn of(
        settings: &Settings,
        mode: ClockMode,
        open: impl FnOnce(&StoreSettings, &mut Recovering) -> Result<Store, Error>,
    ) -> Result<Self, Error> {
        settings.check(mode != ClockMode::System)?;
        let mut recovering = Recovering::default();
        let store = open(&settings.store(), &mut recovering)?;
        if let Some(error) = recovering.failure() {
            return Err(error);
        }
        let found = store.recovered();
        recovering.unwritten_keys = found.keys[found.keys_on_disk..].to_vec();
        let next_dialog = DialogId(found.next_dialog);
        let (erasing, to_erase) = crossbeam_channel::unbounded();
        let shared = Arc::new(share(&store, settings, mode, erasing));
        let hooks = Arc::new(Callbacks { shared: Arc::clone(&shared), dispatcher: OnceLock::new() });
        Ok(Self { store, recovering, shared, hooks, to_erase, next_dialog })
    }
}

fn share(store: &Store, settings: &Settings, mode: ClockMode, erasing: Sender<Job>) -> Shared {
    let found = store.recovered();
    let clock = match mode {
        ClockMode::System => Clock::system(found.clock),
        ClockMode::Virtual { start } => Clock::standing_at(start.max(found.clock)),
    };
    Shared {
        clock,
        activity: Activity::default(),
        admission: Admission::new(settings.max_in_flight, settings.max_in_flight_bytes),
        keys: KeyTable::new(settings.idempotency_window as usize, found.keys.clone()),
        reader: store.reader(),
        names: Names::default(),
        directory: Directory::default(),
        fingerprint: Fingerprint::new(found.fingerprint),
        tap: Tap::default(),
        transients: Arc::default(),
        deadline: Deadline::default(),
        erasing,
        awake_dialogs: settings.awake_dialogs,
        awake: AtomicUsize::new(0),
        checkpoints: CheckpointCounts::default(),
        failure: OnceLock::new(),
        halt: Notify::new(),
    }
}

/// Starts the thread that erases. What was under way when the engine stopped is finished before
/// anything is taken in: its reply may have been given.
fn start_eraser(work: Erasing, jobs: Receiver<Job>, unfinished: bool) -> Result<JoinHandle<()>, Error> {
    let shared = Arc::clone(&work.shared);
    let thread = thread::Builder::new().name("centrala-erase".to_owned()).spawn(move || {
        let shared = Arc::clone(&work.shared);
        shared.check(guarded(|| work.run(&jobs)));
    });
    let thread = thread.map_err(|error| Error::StorageFailed {
        reason: format!("no thread for what is to be erased: {error}"),
    })?;
    if unfinished {
        let (done, is_done) = crossbeam_channel::bounded(1);
        shared.activity.begin();
        let _ = shared.erasing.send(Job::Finish(done));
        let _ = is_done.recv();
    }
    Ok(thread)
}

/// What actors run on. They need timers and no I/O, so it takes no handles; what actix would make takes some, and
/// panics where none are left.
fn new_runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_time().build()
}

fn no_runtime(error: &std::io::Error) -> Error {
    Error::StorageFailed { reason: format!("no runtime for the actors: {error}") }
}

/// What the system thread needs to begin.
struct House {
    shared: Arc<Shared>,
    arbiters: usize,
    recovering: Recovering,
    next_dialog: DialogId,
    flown: Option<mpsc::UnboundedReceiver<Flight>>,
}

impl House {
    /// The life of the system thread. actix's system cannot be started inside a host's runtime,
    /// so it has a thread of its own.
    fn live(
        self,
        journal: &crossbeam_channel::Sender<crate::storage::Batch<Completion>>,
        up: std::sync::mpsc::Sender<Result<Front, Error>>,
        stopped: oneshot::Receiver<()>,
    ) {
        let shared = Arc::clone(&self.shared);
        let runtime = match new_runtime() {
            Ok(runtime) => runtime,
            Err(error) => return drop(up.send(Err(no_runtime(&error)))),
        };
        System::with_tokio_rt(|| runtime).block_on(async {
            let arbiters = (0..self.arbiters).map(|_| Arbiter::try_with_tokio_rt(new_runtime));
            let arbiters: Vec<Arbiter> = match arbiters.collect() {
                Ok(arbiters) => arbiters,
                Err(error) => return drop(up.send(Err(no_runtime(&error)))),
            };
            let front = self.move_in(journal, &arbiters);
            let (inbox, shard) = (Arc::clone(&front.inbox), Arc::clone(&front.shard));
            let _ = up.send(Ok(front));
            shared.until_halted(stopped).await;
            if shared.failure.get().is_some() {
                inbox.discard();
                shard.close();
            }
            for arbiter in arbiters {
                arbiter.stop();
                let _ = arbiter.join();
            }
        });
    }

    /// Starts all actors, in the arbiter of this thread and in others.
    fn move_in(
        self,
        journal: &crossbeam_channel::Sender<crate::storage::Batch<Completion>>,
        arbiters: &[Arbiter],
    ) -> Front {
        let handles = arbiters.iter().map(Arbiter::handle).collect();
        let started = dispatcher::start(&self.shared, journal, handles, self.recovering, self.next_dialog);
        let shard = Arc::clone(&started.shard);
        if let Some(flown) = self.flown {
            let pilot = Pilot {
                shared: Arc::clone(&self.shared),
                inbox: Arc::clone(&started.inbox),
                dispatcher: started.dispatcher.clone(),
                shard: started.shard,
            };
            actix_rt::spawn(guarded_task(Arc::clone(&self.shared), pilot.fly(flown)));
        }
        Front { dispatcher: started.dispatcher, inbox: started.inbox, shard }
    }
}

/// What the journal's threads tell the actors.
#[derive(Debug)]
struct Callbacks {
    shared: Arc<Shared>,
    dispatcher: OnceLock<Addr<Dispatcher>>,
}

impl Hooks for Callbacks {
    fn checkpoint_due(&self) {
        if let Some(dispatcher) = self.dispatcher.get() {
            dispatcher.do_send(CheckpointDue);
        }
    }

    fn checkpoint_written(&self) {
        self.shared.checkpoints.end();
        if let Some(dispatcher) = self.dispatcher.get() {
            dispatcher.do_send(CheckpointWritten);
        }
    }

    fn failed(&self, error: &Error) {
        self.shared.fail(error.clone());
    }
}
