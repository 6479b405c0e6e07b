//! Open dialogs that are on the disk as they are need no actor. Some stay awake all the same, because whoever
//! writes mostly writes again soon; beyond those the one that rests longest goes to sleep, unless it has been
//! told something since it was looked at last.
//!
//! A dialog that sleeps is woken by whatever is told to it (`live.rs`). Its queue, its owner's capacity and its
//! timers are the router's, which knows no difference.

use std::collections::VecDeque;

use super::{BESIDE_SLICE, Dispatcher};
use crate::ids::DialogId;

/// Open dialogs that are on the disk as they are, or on their way there, and awake.
#[derive(Debug)]
pub struct Resting {
    /// Those that rest longest first. One that has changed or ended since is passed over.
    dialogs: VecDeque<DialogId>,
    /// How many may stay awake.
    most: usize,
    /// Checkpoints whose images can be read, of those begun since the start.
    readable: u64,
    /// How many are yet to be looked at: two for each that rests when a checkpoint has ended, or comes to rest
    /// later when there are enough. Nobody is looked at without end who cannot sleep.
    owed: usize,
}

impl Resting {
    /// Nobody rests yet; so many may stay awake.
    pub fn new(most: usize) -> Self {
        Self { dialogs: VecDeque::new(), most, readable: 0, owed: 0 }
    }

    /// How many rest, with those that have changed or ended since.
    pub fn len(&self) -> usize {
        self.dialogs.len()
    }

    /// The images of one more checkpoint can be read.
    pub fn checkpoint_written(&mut self) {
        self.readable += 1;
        self.owed = self.owed.max(2 * self.dialogs.len());
    }
}

impl Dispatcher {
    /// An open dialog is as its image says: it may go to sleep when it has rested for long enough.
    pub(super) fn rest(&mut self, dialog: DialogId) {
        let Some(live) = self.live.get_mut(&dialog) else { return };
        if !std::mem::replace(&mut live.rests, true) {
            self.resting.dialogs.push_back(dialog);
        }
        // The image that a checkpoint asked for cannot be read yet: all are looked at when it has ended.
        let readable = live.image_of <= self.resting.readable;
        self.resting.owed += if readable && self.resting.dialogs.len() > self.resting.most { 2 } else { 0 };
    }

    /// Whether somebody is to be looked at now.
    pub(super) fn has_drowsy(&self) -> bool {
        self.resting.owed > 0 && self.resting.dialogs.len() > self.resting.most
    }

    /// Puts to sleep who rests longest, while more are awake than may be. Called when nothing is being handled:
    /// whoever is awake then is not about to be told something.
    pub(super) fn put_to_sleep(&mut self) {
        for _ in 0..BESIDE_SLICE {
            if !self.has_drowsy() {
                return;
            }
            self.resting.owed -= 1;
            let Some(dialog) = self.resting.dialogs.pop_front() else { return };
            let Some(live) = self.live.get_mut(&dialog).filter(|live| live.rests) else { continue };
            if live.image_of > self.resting.readable {
                self.resting.dialogs.push_back(dialog);
                continue;
            }
            let recalled = std::mem::replace(&mut live.recalled, false);
            match live.may_sleep() {
                true if !recalled => self.sleep(dialog),
                // It will rest again when its next image is sent.
                false if live.dirty => live.rests = false,
                _ => self.resting.dialogs.push_back(dialog),
            }
        }
    }

    fn sleep(&mut self, dialog: DialogId) {
        let Some(live) = self.live.remove(&dialog) else { return };
        self.free_actor(dialog, live);
    }
}
