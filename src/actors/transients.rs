//! What happens and is gone, for whoever is there: a small broadcast beside the subscriptions.
//!
//! Nothing here is stored, and nobody is waited for. The newest [`limits::TRANSIENTS`] are kept in a
//! ring; each reader has a place in it. One that is so slow that the ring has passed its place goes
//! on with the oldest that is left and is told how many it has missed: what was typed a while ago is
//! worth nothing to anybody.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::domain::transient::Transient;
use crate::limits;

/// Something that was published, and the last event that is durable before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// What it rests on is in the events up to this one.
    pub after: u64,
    /// What.
    pub transient: Arc<Transient>,
}

/// The ring, and who waits for the next one.
#[derive(Debug, Default)]
pub struct Transients(Mutex<Ring>);

#[derive(Debug, Default)]
struct Ring {
    newest: VecDeque<Published>,
    /// How many were published before the first in the ring.
    passed: u64,
    readers: usize,
    wakers: Vec<Waker>,
    ended: bool,
}

impl Ring {
    fn published(&self) -> u64 {
        self.passed + self.newest.len() as u64
    }
}

impl Transients {
    /// Tells everybody who is there. With nobody there, nothing is kept.
    pub fn publish(&self, after: u64, transient: Transient) {
        let mut ring = self.ring();
        if ring.readers == 0 {
            return;
        }
        if ring.newest.len() == limits::TRANSIENTS {
            ring.newest.pop_front();
            ring.passed += 1;
        }
        ring.newest.push_back(Published { after, transient: Arc::new(transient) });
        wake(ring);
    }

    /// Says that nothing follows.
    pub fn end(&self) {
        let mut ring = self.ring();
        ring.ended = true;
        wake(ring);
    }

    /// Reads from here on.
    pub fn read(self: &Arc<Self>) -> Reader {
        let mut ring = self.ring();
        ring.readers += 1;
        Reader { transients: Arc::clone(self), next: ring.published(), missed: 0 }
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Wakes who waits, when nobody holds the ring any more.
fn wake(mut ring: MutexGuard<'_, Ring>) {
    let wakers = std::mem::take(&mut ring.wakers);
    drop(ring);
    wakers.into_iter().for_each(Waker::wake);
}

/// Somebody's place in the ring.
pub struct Reader {
    transients: Arc<Transients>,
    next: u64,
    missed: u64,
}

impl Reader {
    /// How many were lost so far because this reader was too slow.
    pub fn missed(&self) -> u64 {
        self.missed
    }

    /// The next one if it is there. Never waits.
    pub fn next_ready(&mut self) -> Option<Published> {
        match self.advance(None) {
            Poll::Ready(next) => next,
            Poll::Pending => None,
        }
    }

    /// The next one as soon as it is there; nothing after the engine was closed and all were taken.
    pub fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Published>> {
        self.advance(Some(context.waker()))
    }

    fn advance(&mut self, waker: Option<&Waker>) -> Poll<Option<Published>> {
        let transients = Arc::clone(&self.transients);
        let mut ring = transients.ring();
        let lost = ring.passed.saturating_sub(self.next);
        self.missed += lost;
        self.next += lost;
        if let Some(published) = ring.newest.get((self.next - ring.passed) as usize) {
            self.next += 1;
            return Poll::Ready(Some(published.clone()));
        }
        if ring.ended {
            return Poll::Ready(None);
        }
        if let Some(waker) = waker.filter(|new| !ring.wakers.iter().any(|old| old.will_wake(new))) {
            ring.wakers.push(waker.clone());
        }
        Poll::Pending
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("next", &self.next).finish_non_exhaustive()
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let mut ring = self.transients.ring();
        ring.readers -= 1;
        if ring.readers == 0 {
            ring.passed = ring.published();
            ring.newest = VecDeque::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::transient::TransientKind;
    use crate::ids::{DialogId, OperatorId};
    use crate::timestamp::Timestamp;

    fn typing(number: u64) -> Transient {
        let kind =
            TransientKind::OperatorTyping { operator: OperatorId::new("anna").unwrap(), hidden: false };
        Transient { at: Timestamp::default(), dialog: DialogId(number), kind }
    }

    fn dialogs(reader: &mut Reader) -> Vec<u64> {
        std::iter::from_fn(|| reader.next_ready()).map(|published| published.transient.dialog.0).collect()
    }

    #[test]
    fn every_reader_gets_everything_from_its_beginning_on() {
        let transients = Arc::new(Transients::default());
        transients.publish(0, typing(1));
        let mut first = transients.read();
        transients.publish(0, typing(2));
        let mut second = transients.read();
        transients.publish(0, typing(3));
        assert_eq!((dialogs(&mut first), dialogs(&mut second)), (vec![2, 3], vec![3]));
        assert_eq!((first.missed(), second.missed()), (0, 0));
    }

    #[test]
    fn a_slow_reader_misses_the_oldest_and_is_told_how_many() {
        let transients = Arc::new(Transients::default());
        let mut slow = transients.read();
        let many = limits::TRANSIENTS as u64 + 5;
        (1..=many).for_each(|number| transients.publish(0, typing(number)));
        assert_eq!(dialogs(&mut slow), (6..=many).collect::<Vec<_>>());
        assert_eq!(slow.missed(), 5);
    }

    #[test]
    fn a_waiting_reader_is_woken_and_the_end_ends_it() {
        let transients = Arc::new(Transients::default());
        let mut reader = transients.read();
        let mut context = Context::from_waker(Waker::noop());
        assert!(reader.poll_next(&mut context).is_pending());
        assert_eq!(transients.ring().wakers.len(), 1);
        transients.publish(7, typing(1));
        assert!(transients.ring().wakers.is_empty());
        assert!(matches!(reader.poll_next(&mut context), Poll::Ready(Some(Published { after: 7, .. }))));
        transients.end();
        assert_eq!(reader.poll_next(&mut context), Poll::Ready(None));
    }

    #[test]
    fn nothing_is_kept_for_nobody() {
        let transients = Arc::new(Transients::default());
        drop(transients.read());
        transients.publish(0, typing(1));
        assert!(transients.ring().newest.is_empty());
        assert!(dialogs(&mut transients.read()).is_empty());
    }
}
