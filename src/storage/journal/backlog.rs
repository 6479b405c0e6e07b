//! What waits between the commit thread and the archive. It is bounded by the images in it, not by the groups
//! that they come in: at a low load a group has few, and the next one must not wait for a checkpoint.

use crossbeam_channel::{Receiver, Sender, unbounded};

use super::ARCHIVE_QUEUE_IMAGES;
use super::archive::Parcel;

/// The end at which parcels go in.
pub(super) struct Backlog {
    parcels: Sender<Parcel>,
    taken: Receiver<usize>,
    waiting: usize,
}

/// Where the archive says how many images it has taken out.
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
        let images = parcel.len();
        self.count_taken();
        while !self.has_room_for(images) {
            // Nobody is there any more if writing has failed; the alarm says so.
            let Ok(taken) = self.taken.recv() else { return };
            self.waiting -= taken;
        }
        self.waiting += images;
        let _ = self.parcels.send(parcel);
    }

    /// Whether the next parcel, if it is a large one, may have to wait.
    #[cfg(test)]
    pub fn is_half_full(&mut self) -> bool {
        self.count_taken();
        self.waiting > ARCHIVE_QUEUE_IMAGES / 2
    }

    fn count_taken(&mut self) {
        self.waiting -= self.taken.try_iter().sum::<usize>();
    }

    fn has_room_for(&self, images: usize) -> bool {
        self.waiting == 0 || self.waiting + images <= ARCHIVE_QUEUE_IMAGES
    }
}

impl Taken {
    /// So many images have been taken out.
    pub fn say(&self, images: usize) {
        // At the end nobody waits for room any more.
        let _ = self.0.send(images);
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::storage::frame::Position;
    use crate::storage::image::Image;
    use crate::timestamp::Timestamp;

    fn parcel(images: usize) -> Parcel {
        let images = (0..images).map(|_| (0, Image::CheckpointBegin)).collect();
        Parcel {
            start: Position::START,
            clock: Timestamp::default(),
            bytes_before: 0,
            images: vec![(0, images)],
            statistics: None,
        }
    }

    #[test]
    fn many_small_groups_wait_for_nobody_and_one_too_many_images_do() {
        let (mut backlog, archived, taken) = backlog();
        (0..ARCHIVE_QUEUE_IMAGES).for_each(|_| backlog.add(parcel(1)));
        assert!(!backlog.has_room_for(1));
        let archive = thread::spawn(move || {
            let waited = archived.len();
            archived.iter().for_each(|parcel| taken.say(parcel.len()));
            waited
        });
        backlog.add(parcel(1));
        drop(backlog);
        assert!(archive.join().unwrap() >= ARCHIVE_QUEUE_IMAGES);
    }

    #[test]
    fn a_group_larger_than_all_room_passes_alone() {
        let (mut backlog, archived, taken) = backlog();
        backlog.add(parcel(ARCHIVE_QUEUE_IMAGES + 1));
        assert!(backlog.is_half_full());
        taken.say(archived.recv().unwrap().len());
        assert!(!backlog.is_half_full());
    }

    #[test]
    fn nobody_waits_for_an_archive_that_has_ended() {
        let (mut backlog, archived, taken) = backlog();
        backlog.add(parcel(ARCHIVE_QUEUE_IMAGES));
        drop((archived, taken));
        backlog.add(parcel(1));
    }
}
