//! What wakes a worker besides its work: the passing of time, and being told to stop.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Waker;
use std::thread;
use std::time::Duration;

use crossbeam_channel::{RecvTimeoutError, Sender, bounded};

use crate::error::Error;

/// Shared by a worker, its ticking thread, and whoever may stop it.
#[derive(Debug, Default)]
pub(super) struct Signal {
    stopped: AtomicBool,
    raised: AtomicBool,
    waker: Mutex<Option<Waker>>,
}

impl Signal {
    /// Whether the worker was told to stop.
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }

    /// Whether it was raised since the last look; if not, `waker` is called when it is.
    pub fn take(&self, waker: &Waker) -> bool {
        *self.waker.lock().unwrap_or_else(PoisonError::into_inner) = Some(waker.clone());
        self.raised.swap(false, Ordering::AcqRel)
    }

    fn raise(&self) {
        self.raised.store(true, Ordering::Release);
        let waker = self.waker.lock().unwrap_or_else(PoisonError::into_inner).take();
        waker.into_iter().for_each(Waker::wake);
    }
}

/// Stops a worker: it takes nothing more, and ends when what it has begun is done.
#[derive(Debug, Clone)]
pub struct Stopper(pub(super) Arc<Signal>);

impl Stopper {
    /// Stops it. Whoever waits for the worker hears when it has ended.
    pub fn stop(&self) {
        self.0.stopped.store(true, Ordering::Release);
        self.0.raise();
    }
}

/// A thread that raises a signal again and again, as no executor is there to do it. It ends when
/// this is dropped.
#[derive(Debug)]
pub(super) struct Ticker(#[allow(dead_code, reason = "its end is the thread's end")] Sender<()>);

impl Ticker {
    /// Starts it.
    pub fn start(signal: Arc<Signal>, every: Duration) -> Result<Self, Error> {
        let (alive, gone) = bounded::<()>(0);
        let tick = move || {
            while gone.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
                signal.raise();
            }
        };
        let spawned = thread::Builder::new().name("centrala-requests".to_owned()).spawn(tick);
        spawned.map_err(|error| Error::NoThread { reason: error.to_string() })?;
        Ok(Self(alive))
    }
}
