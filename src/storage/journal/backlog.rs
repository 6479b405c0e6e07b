//! What waits between the commit thread and the archive. It is bounded by the memory that its images take, not by
//! the groups that they come in: at a low load a group has few, and the next one must not wait for a checkpoint.

use crossbeam_channel::{Receiver, Sender, unbounded};

use super::ARCHIVE_QUEUE_BYTES;
use super::archive::Parcel;

/// The end at which parcels go in.
pub(super) struct Backlog {
    parcels: Sender<Parcel>,
    taken: Receiver<usize>,
    /// Bytes of images.
    waiting: usize,
}

/// Where the archive says how many bytes of images it has taken out.
pub(super) struct Taken(Sender<usize>);

/// A backlog, the end at which parcels come out, and where that is said.
pub(super) fn backlog() -> (Backlog, Receiver<Parcel>, Taken) {
    let (parcels, archived) = unbounded();
    let (say_taken, taken) = unbounded();
    (Backlog { parcels, taken, waiting: 0 }, archived, Taken(say_taken))
}

impl Backlog {
    /// Adds a parcel once there is room for it: for a large one that is when nothing else waits.
    pub fn add(&mut self, parcel: Parcel) {
        let bytes = parcel.image_bytes;
        self.count_taken();
        while !self.has_room_for(bytes) {
            // Nobody is there any more if writing has failed; the alarm says so.
            let Ok(taken) = self.taken.recv() else { return };
            self.waiting -= taken;
        }
        self.waiting += bytes;
        let _ = self.parcels.send(parcel);
    }

    /// Whether the next parcel, if it is a large one, may have to wait.
    #[cfg(test)]
    pub fn is_half_full(&mut self) -> bool {
        self.count_taken();
        self.waiting > ARCHIVE_QUEUE_BYTES / 2
    }

    fn count_taken(&mut self) {
        self.waiting -= self.taken.try_iter().sum::<usize>();
    }

    fn has_room_for(&self, bytes: usize) -> bool {
        self.waiting == 0 || self.waiting + bytes <= ARCHIVE_QUEUE_BYTES
    }
}

impl Taken {
    /// So many bytes of images have been taken out.
    pub fn say(&self, bytes: usize) {
        // At the end nobody waits for room any more.
        let _ = self.0.send(bytes);
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::storage::frame::Position;
    use crate::timestamp::Timestamp;

    fn parcel(image_bytes: usize) -> Parcel {
        let (start, clock) = (Position::START, Timestamp::default());
        Parcel { start, clock, bytes_before: 0, images: Vec::new(), image_bytes, statistics: None }
    }

    #[test]
    fn many_small_groups_wait_for_nobody_and_too_many_bytes_do() {
        const GROUPS: usize = 4096;
        let (mut backlog, archived, taken) = backlog();
        (0..GROUPS).for_each(|_| backlog.add(parcel(ARCHIVE_QUEUE_BYTES / GROUPS)));
        assert!(!backlog.has_room_for(1));
        let archive = thread::spawn(move || {
            let waited = archived.len();
            archived.iter().for_each(|parcel| taken.say(parcel.image_bytes));
            waited
        });
        backlog.add(parcel(1));
        drop(backlog);
        assert!(archive.join().unwrap() >= GROUPS);
    }

    #[test]
    fn a_group_larger_than_all_room_passes_alone() {
        let (mut backlog, archived, taken) = backlog();
        backlog.add(parcel(ARCHIVE_QUEUE_BYTES + 1));
        assert!(backlog.is_half_full());
        taken.say(archived.recv().unwrap().image_bytes);
        assert!(!backlog.is_half_full());
    }

    #[test]
    fn nobody_waits_for_an_archive_that_has_ended() {
        let (mut backlog, archived, taken) = backlog();
        backlog.add(parcel(ARCHIVE_QUEUE_BYTES));
        drop((archived, taken));
        backlog.add(parcel(1));
    }
}
