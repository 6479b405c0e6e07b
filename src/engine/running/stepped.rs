//! An engine without threads, over a simulated disk, for tests: actors and journal move only when they are
//! told to, all in the thread of whoever tells them.
//!
//! All of it is the real engine but the threads, the eraser (which is one), and RocksDB.

use std::future::poll_fn;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use actix_rt::{System, SystemRunner};
use crossbeam_channel::Receiver;
use tokio::sync::{mpsc, oneshot};

use super::{Exit, House, Recovered, Running};
use crate::actors::dispatcher::{CheckpointDue, Recovering, Shutdown};
use crate::actors::eraser::Job;
use crate::engine::{ClockMode, Engine, Settings};
use crate::error::Error;
use crate::ids::SubscriptionName;
use crate::storage::{Hooks, SimulatedDisk, SteppedJournal, Store, StoreSettings};
use crate::timestamp::Timestamp;

/// How often everything is moved on before waiting is given up.
const PATIENCE: usize = 10_000;

/// A running engine that moves only when told to. Dropping it is killing it.
pub(crate) struct Stepped {
    /// Where commands go in.
    pub engine: Engine,
    /// The commit, release and archive of what the actors hand over.
    pub journal: SteppedJournal<Exit>,
    system: SystemRunner,
    /// Nobody erases here; what is to be erased would lie here.
    _to_erase: Receiver<Job>,
}

impl Stepped {
    /// Recovers what is on the disk and starts the actors, on a virtual clock.
    pub fn open(disk: &SimulatedDisk, settings: &Settings, start: Timestamp) -> Result<Self, Error> {
        let mode = ClockMode::Virtual { start };
        let open =
            |settings: &StoreSettings, all: &mut Recovering| Store::open_simulated(disk, settings, all);
        let recovered = Recovered::of(settings, mode, open)?;
        let Recovered { store, recovering, shared, hooks, to_erase, next_dialog } = recovered;
        let (feeds, copier) = (store.feeds(), store.copier());
        let exit = Exit::of(Arc::clone(&shared));
        let journal = SteppedJournal::new(store, Arc::clone(&hooks) as Arc<dyn Hooks>, exit);
        let (flights, flown) = mpsc::unbounded_channel();
        let flown = Some(flown);
        let house = House { shared: Arc::clone(&shared), arbiters: 0, recovering, next_dialog, flown };
        let system = System::new();
        let front = system.block_on(async { house.move_in(&journal.sender(), &[]) });
        let _ = hooks.dispatcher.set(front.dispatcher.clone());
        let running = Running {
            shared,
            inbox: front.inbox,
            feeds,
            copier,
            leases: Arc::default(),
            flights: Some(flights),
            dispatcher: front.dispatcher,
            closing: AtomicBool::new(false),
            threads: Mutex::new(None),
        };
        let engine = Engine { running: Arc::new(running) };
        Ok(Self { engine, journal, system, _to_erase: to_erase })
    }

    /// Lets all actors that have something to do have so many turns.
    pub fn act(&self, turns: usize) {
        self.system.block_on(async {
            for _ in 0..turns {
                tokio::task::yield_now().await;
            }
        });
    }

    /// Begins a checkpoint, as the journal has it begun when it has grown.
    pub fn begin_checkpoint(&self) {
        self.engine.running.dispatcher.do_send(CheckpointDue);
    }

    /// Why the engine stopped, if it has.
    pub fn failure(&self) -> Option<&Error> {
        self.engine.running.shared.failure.get()
    }

    /// Moves everything on until the future is ready.
    ///
    /// # Panics
    /// If it never is: a bug.
    pub fn complete<T>(&mut self, future: impl Future<Output = T>) -> T {
        let mut future = std::pin::pin!(future);
        for _ in 0..PATIENCE {
            let mut context = Context::from_waker(Waker::noop());
            if let Poll::Ready(outcome) = future.as_mut().poll(&mut context) {
                return outcome;
            }
            self.move_on();
        }
        panic!("nothing comes of what was waited for");
    }

    /// Moves everything on until nothing is under way any more.
    pub fn settle(&mut self) -> Result<u64, Error> {
        let engine = self.engine.clone();
        let settled = self.complete(engine.settle());
        while self.journal.archive() {}
        settled
    }

    /// Brings everything to the disk, as closing does before the threads end.
    pub fn bring_to_disk(&mut self) -> Result<(), Error> {
        let (done, mut is_done) = oneshot::channel();
        self.engine.running.dispatcher.do_send(Shutdown(done));
        let told = self.complete(poll_fn(|context| std::pin::pin!(&mut is_done).poll(context)));
        told.map_err(|_| Error::Closed)?;
        self.move_on();
        while self.journal.archive() {}
        self.failure().cloned().map_or(Ok(()), Err)
    }

    /// Ends it cleanly; everything must have been brought to the disk before.
    pub fn close(self) -> Result<(), Error> {
        self.journal.close()
    }

    /// The last event that the named subscription has acknowledged.
    pub fn position(&self, name: &SubscriptionName) -> Option<u64> {
        self.engine.running.feeds.position(name)
    }

    fn move_on(&mut self) {
        self.act(4);
        // The archive comes last, so that a flush takes all that was committed.
        while self.journal.commit(usize::MAX) || (self.journal.waiting() > 0 && self.journal.archive()) {
            while self.journal.release() {}
        }
        while self.journal.release() {}
    }
}

mod tests {
    use super::*;
    use crate::domain::channel::PutChannel;
    use crate::domain::dialog::command::Receive;
    use crate::ids::{ChannelId, ClientId};

    #[test]
    fn a_checkpoint_that_falls_due_during_another_follows_it() {
        let disk = SimulatedDisk::new(1);
        let mut stepped = Stepped::open(&disk, &Settings::default(), Timestamp::from_millis(0)).unwrap();
        let channel = ChannelId::new("web").unwrap();
        let put = stepped.engine.put_channel(PutChannel::new(channel.clone()));
        stepped.complete(put).unwrap();
        // More than are asked for their image in one turn.
        for number in 0..1500 {
            let client = ClientId::new(format!("client {number}")).unwrap();
            let received = stepped.engine.receive(Receive::new(channel.clone(), client, "hello"));
            stepped.complete(received).unwrap();
        }
        stepped.begin_checkpoint();
        stepped.act(1);
        stepped.begin_checkpoint();
        assert_eq!(disk.wear().flushes, 0, "the first one still runs");
        (0..4).for_each(|_| _ = stepped.settle().unwrap());
        assert_eq!(disk.wear().flushes, 2);
    }
}
