//! The end of the journal in memory: the newest groups, and who waits for the next one.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::Waker;

/// A committed frame with events.
#[derive(Debug)]
pub(super) struct Group {
    pub first_seq: u64,
    pub events: u64,
    /// The whole frame.
    pub frame: Vec<u8>,
}

/// Where a feed finds the group that it wants.
pub(super) enum Place {
    /// Here.
    Recent(Arc<Group>),
    /// On the disk, or nowhere.
    Older,
    /// Not yet committed; the waker is called when something is.
    Future,
    /// Nothing will be committed any more.
    End,
}

/// Shared by the journal, which adds groups, and the feeds, which read them.
#[derive(Debug)]
pub(super) struct Tail {
    state: Mutex<State>,
    durable: AtomicU64,
    first: AtomicU64,
    redactions: AtomicU64,
}

#[derive(Debug)]
struct State {
    groups: VecDeque<Arc<Group>>,
    bytes: usize,
    limit: usize,
    ended: bool,
    wakers: Vec<Waker>,
}

impl Tail {
    /// A tail behind a journal that holds the events from `first` to `durable`.
    pub fn new(first: u64, durable: u64, limit: usize) -> Self {
        let state = State { groups: VecDeque::new(), bytes: 0, limit, ended: false, wakers: Vec::new() };
        let (durable, first) = (AtomicU64::new(durable), AtomicU64::new(first));
        Self { state: Mutex::new(state), durable, first, redactions: AtomicU64::new(0) }
    }

    /// The last committed event.
    pub fn durable_seq(&self) -> u64 {
        self.durable.load(Ordering::Acquire)
    }

    /// The first event that has not been trimmed.
    pub fn first_seq(&self) -> u64 {
        self.first.load(Ordering::Acquire)
    }

    /// Everything before `seq` is about to be trimmed.
    pub fn trim(&self, seq: u64) {
        self.first.store(seq, Ordering::Release);
    }

    /// Adds a committed group and wakes who waits. Buffers that are no longer needed come back.
    pub fn publish(&self, group: Arc<Group>) -> Vec<Vec<u8>> {
        let mut state = self.state();
        self.durable.store(group.first_seq + group.events - 1, Ordering::Release);
        state.bytes += group.frame.capacity();
        state.groups.push_back(group);
        let mut spares = Vec::new();
        // The newest always stays: with durability `none` it may not be on the disk yet.
        while state.bytes > state.limit && state.groups.len() > 1 {
            let Some(oldest) = state.groups.pop_front() else { break };
            state.bytes -= oldest.frame.capacity();
            spares.extend(Arc::into_inner(oldest).map(|group| group.frame));
        }
        let wakers = std::mem::take(&mut state.wakers);
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
        spares
    }

    /// Puts a redacted group in the place of the same one as it was, if it is still here.
    pub fn replace(&self, group: Group) {
        let mut state = self.state();
        let found = state.groups.binary_search_by_key(&group.first_seq, |other| other.first_seq);
        if let Some(place) = found.ok().filter(|_| group.events > 0) {
            state.bytes += group.frame.capacity();
            state.bytes -= state.groups[place].frame.capacity();
            state.groups[place] = Arc::new(group);
        }
    }

    /// Says that what was read before has been redacted since.
    pub fn redacted(&self) {
        self.redactions.fetch_add(1, Ordering::AcqRel);
    }

    /// How often something has been redacted.
    pub fn redactions(&self) -> u64 {
        self.redactions.load(Ordering::Acquire)
    }

    /// Says that nothing follows.
    pub fn end(&self) {
        let mut state = self.state();
        state.ended = true;
        let wakers = std::mem::take(&mut state.wakers);
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Finds the group that holds the event `seq`.
    pub fn find(&self, seq: u64, waker: Option<&Waker>) -> Place {
        let mut state = self.state();
        if seq > self.durable_seq() {
            if state.ended {
                return Place::End;
            }
            if let Some(waker) = waker.filter(|new| !state.wakers.iter().any(|old| old.will_wake(new))) {
                state.wakers.push(waker.clone());
            }
            return Place::Future;
        }
        let behind = state.groups.partition_point(|group| group.first_seq <= seq);
        match behind.checked_sub(1) {
            Some(index) => Place::Recent(Arc::clone(&state.groups[index])),
            None => Place::Older,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_is_on_the_memory_that_groups_take_not_on_their_contents() {
        let tail = Tail::new(1, 0, 1000);
        for first_seq in 1..=3 {
            let mut frame = Vec::with_capacity(600);
            frame.push(0);
            tail.publish(Arc::new(Group { first_seq, events: 1, frame }));
        }
        assert!(matches!(tail.find(2, None), Place::Older));
        assert!(matches!(tail.find(3, None), Place::Recent(_)));
    }
}
