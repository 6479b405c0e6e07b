//! Many small tasks on one thread, with next to no cost for each step. Nothing here knows what
//! the tasks do.
//!
//! A wake-up is a push to a list; the thread takes the whole list at once and polls what is on it.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

/// Tasks of one kind, all polled by the thread that made them.
pub(super) struct Tasks<F> {
    slots: Vec<Slot<F>>,
    /// Slots without a task.
    idle: Vec<usize>,
    ready: Arc<Ready>,
    /// The list that is being worked off; kept for its room.
    batch: Vec<usize>,
}

struct Slot<F> {
    task: Pin<Box<Option<F>>>,
    bell: Arc<Bell>,
    waker: Waker,
}

/// Wakes one slot.
struct Bell {
    slot: usize,
    /// Whether the slot is on the list already.
    rung: AtomicBool,
    ready: Arc<Ready>,
}

/// The slots that want to be polled, and the thread that does it.
struct Ready {
    slots: Mutex<Vec<usize>>,
    thread: Thread,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.rung.swap(true, Ordering::AcqRel) {
            return;
        }
        let mut slots = self.ready.lock();
        slots.push(self.slot);
        let first = slots.len() == 1;
        drop(slots);
        if first {
            self.ready.thread.unpark();
        }
    }
}

impl Ready {
    fn lock(&self) -> MutexGuard<'_, Vec<usize>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<F: Future> Tasks<F> {
    /// No tasks yet.
    pub(super) fn new() -> Self {
        let ready = Ready { slots: Mutex::default(), thread: thread::current() };
        Self { slots: Vec::new(), idle: Vec::new(), ready: Arc::new(ready), batch: Vec::new() }
    }

    /// How many tasks have not ended.
    pub(super) fn len(&self) -> usize {
        self.slots.len() - self.idle.len()
    }

    /// Takes a task in; it is polled with the next [`turn`](Self::turn).
    pub(super) fn spawn(&mut self, task: F) {
        let slot = self.idle.pop().unwrap_or_else(|| self.add());
        let slot = &mut self.slots[slot];
        slot.task.set(Some(task));
        slot.bell.wake_by_ref();
    }

    /// Polls every task that can go on, and hands out what those return that end. If there is none, waits for the
    /// first one, at most for so long.
    pub(super) fn turn(&mut self, patience: Duration, mut ended: impl FnMut(F::Output)) {
        std::mem::swap(&mut *self.ready.lock(), &mut self.batch);
        if self.batch.is_empty() && !patience.is_zero() {
            thread::park_timeout(patience);
            // Whoever wakes one mostly has more to wake, and has been stopped by this thread for the first.
            thread::yield_now();
            std::mem::swap(&mut *self.ready.lock(), &mut self.batch);
        }
        for place in 0..self.batch.len() {
            let index = self.batch[place];
            if let Poll::Ready(output) = self.poll(index) {
                ended(output);
            }
        }
        self.batch.clear();
    }

    fn poll(&mut self, index: usize) -> Poll<F::Output> {
        let slot = &mut self.slots[index];
        // Before the poll, so that a wake-up during it counts.
        slot.bell.rung.store(false, Ordering::Release);
        let Some(task) = slot.task.as_mut().as_pin_mut() else { return Poll::Pending };
        let polled = task.poll(&mut Context::from_waker(&slot.waker));
        if polled.is_ready() {
            slot.task.set(None);
            self.idle.push(index);
        }
        polled
    }

    fn add(&mut self) -> usize {
        let slot = self.slots.len();
        let bell = Arc::new(Bell { slot, rung: AtomicBool::new(false), ready: Arc::clone(&self.ready) });
        let waker = Waker::from(Arc::clone(&bell));
        self.slots.push(Slot { task: Box::pin(None), bell, waker });
        slot
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn every_task_ends_once_whoever_wakes_it() {
        let mut tasks = Tasks::new();
        let mut senders = Vec::new();
        for _ in 0..1000 {
            let (sender, receiver) = oneshot::channel();
            senders.push(sender);
            tasks.spawn(receiver);
        }
        let waking = thread::spawn(move || {
            for (number, sender) in senders.into_iter().enumerate() {
                sender.send(number).unwrap();
            }
        });
        let mut numbers = Vec::new();
        while tasks.len() > 0 {
            tasks.turn(LONG, |number| numbers.push(number.unwrap()));
        }
        waking.join().unwrap();
        numbers.sort_unstable();
        assert_eq!(numbers, (0..1000).collect::<Vec<_>>());
    }

    #[test]
    fn slots_are_used_again() {
        let mut tasks = Tasks::new();
        for number in 0..100 {
            tasks.spawn(std::future::ready(number));
            tasks.turn(LONG, |output| assert_eq!(output, number));
        }
        assert_eq!((tasks.slots.len(), tasks.len()), (1, 0));
    }

    #[test]
    fn a_turn_without_anything_to_do_ends_when_patience_does() {
        let mut tasks = Tasks::<std::future::Pending<()>>::new();
        tasks.spawn(std::future::pending());
        tasks.turn(Duration::ZERO, |()| ());
        tasks.turn(Duration::from_millis(1), |()| ());
        assert_eq!(tasks.len(), 1);
    }
}
