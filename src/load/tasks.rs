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

/// How long a turn waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wait {
    /// Until the first task can go on, at most.
    pub patience: Duration,
    /// Behind that, until others can. Tasks that wait for one group of replies can go on one shortly after the
    /// other: whoever takes the first one alone goes to sleep and is woken again for most of them.
    pub lull: Duration,
}

impl Wait {
    /// Goes on as soon as one task can.
    pub(super) fn at_most(patience: Duration) -> Self {
        Self { patience, lull: Duration::ZERO }
    }
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

    /// Polls every task that can go on, and hands out what those return that end. Waits if there is none.
    pub(super) fn turn(&mut self, wait: Wait, mut ended: impl FnMut(F::Output)) {
        std::mem::swap(&mut *self.ready.lock(), &mut self.batch);
        if self.batch.is_empty() && !wait.patience.is_zero() {
            thread::park_timeout(wait.patience);
            if !wait.lull.is_zero() && !self.ready.lock().is_empty() {
                // Nobody ends this: only who is the first on an empty list wakes the thread.
                thread::park_timeout(wait.lull);
            }
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

    const LONG: Wait = Wait { patience: Duration::from_secs(60), lull: Duration::ZERO };

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
    fn whoever_can_go_on_during_the_lull_does_so_in_the_same_turn() {
        let mut tasks = Tasks::new();
        let (senders, receivers): (Vec<_>, Vec<_>) = (0..10).map(|_| oneshot::channel()).unzip();
        receivers.into_iter().for_each(|receiver| tasks.spawn(receiver));
        tasks.turn(LONG, |_| panic!("nobody has sent anything"));
        let waking = thread::spawn(move || {
            for sender in senders {
                thread::park_timeout(Duration::from_millis(1));
                sender.send(()).unwrap();
            }
        });
        let mut turns = 0;
        while tasks.len() > 0 {
            let mut ended = 0;
            tasks.turn(Wait { lull: Duration::from_secs(1), ..LONG }, |_| ended += 1);
            turns += usize::from(ended > 0);
        }
        waking.join().unwrap();
        // All in one, unless this thread was kept from its processor meanwhile.
        assert!(turns < 10, "{turns}");
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
        tasks.turn(Wait::at_most(Duration::ZERO), |()| ());
        tasks.turn(Wait::at_most(Duration::from_millis(1)), |()| ());
        assert_eq!(tasks.len(), 1);
    }
}
