//! How many messages are under way, and how to wait until none is.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::sync::Notify;

/// Counts messages between actors from before they are sent until after they are handled, so that
/// zero means: every consequence of everything that came in has been drawn. What is under way to one place, as to the
/// dialogs, may be counted as one while there is any of it.
#[derive(Debug, Default)]
pub struct Activity {
    /// Front doors at which hosts have left something that nobody has taken in.
    entering: Line,
    under_way: Line,
    settled: Notify,
    /// Whether what is under way will never be handled.
    given_up: AtomicBool,
}

/// A counter with a cache line of its own: hosts and actors count at the same time.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Line(AtomicUsize);

impl Activity {
    /// A host is the first to leave something at the front door.
    pub fn enter(&self) {
        self.entering.0.fetch_add(1, Ordering::AcqRel);
    }

    /// All that was left at the front door is under way now.
    pub fn take_in(&self, messages: usize) {
        // In this order, so that whoever finds nothing entering finds all of it under way.
        self.under_way.0.fetch_add(messages, Ordering::AcqRel);
        self.entering.0.fetch_sub(1, Ordering::AcqRel);
    }

    /// A message is about to be sent.
    pub fn begin(&self) {
        self.under_way.0.fetch_add(1, Ordering::AcqRel);
    }

    /// Messages were handled, and what they caused has been counted.
    pub fn end(&self, messages: usize) {
        let before = self.under_way.0.fetch_sub(messages, Ordering::AcqRel);
        debug_assert!(before >= messages, "more messages handled than sent");
        if before == messages {
            self.settled.notify_waiters();
        }
    }

    /// What is under way will never be handled: nobody needs to wait for it.
    pub fn give_up(&self) {
        self.given_up.store(true, Ordering::Release);
        self.settled.notify_waiters();
    }

    /// Waits until nothing is under way, or that was given up.
    pub async fn settled(&self) {
        loop {
            let notified = self.settled.notified();
            if self.given_up.load(Ordering::Acquire) {
                return;
            }
            let entering = self.entering.0.load(Ordering::Acquire);
            if entering == 0 && self.under_way.0.load(Ordering::Acquire) == 0 {
                return;
            }
            notified.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settled_is_when_every_message_was_handled() {
        let activity = Activity::default();
        activity.begin();
        activity.begin();
        let mut waiting = std::pin::pin!(activity.settled());
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(waiting.as_mut().poll(&mut context).is_pending());
        activity.end(1);
        assert!(waiting.as_mut().poll(&mut context).is_pending());
        activity.end(1);
        assert!(waiting.as_mut().poll(&mut context).is_ready());
    }

    #[test]
    fn nobody_waits_for_what_was_given_up() {
        let activity = Activity::default();
        activity.begin();
        let mut waiting = std::pin::pin!(activity.settled());
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(waiting.as_mut().poll(&mut context).is_pending());
        activity.give_up();
        assert!(waiting.as_mut().poll(&mut context).is_ready());
    }

    #[test]
    fn what_stands_at_the_front_door_is_not_settled() {
        let activity = Activity::default();
        activity.enter();
        let mut waiting = std::pin::pin!(activity.settled());
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(waiting.as_mut().poll(&mut context).is_pending());
        activity.take_in(2);
        activity.end(1);
        assert!(waiting.as_mut().poll(&mut context).is_pending());
        activity.end(1);
        assert!(waiting.as_mut().poll(&mut context).is_ready());
    }
}
