//! Bringing everything that changed to disk while traffic runs.
//!
//! A checkpoint marks its beginning in the journal, asks every changed dialog for an image, a
//! slice at a time, and marks its end when all have come. Behind the beginning the journal may
//! then be trimmed. Operators and channels send an image with each change and need not be asked.

use tokio::sync::oneshot;

use super::live::Live;
use super::{BESIDE_SLICE, Dispatcher};
use crate::actors::dialog::ToDialog;
use crate::ids::DialogId;
use crate::storage::Image;

/// Dialogs in memory that changed since their last image, for each that may rest there: then it is time for a
/// checkpoint, however little the journal has grown.
const CHANGED_PER_RESTING: usize = 2;

/// So many may always have changed: a checkpoint has its price.
const FEW: usize = 4096;

/// The checkpoint under way, and what the next one will have to do.
#[derive(Debug, Default)]
pub struct Checkpoint {
    /// Dialogs that may have changed since their last image.
    pub dirty: Vec<DialogId>,
    /// Dialogs that are yet to be asked.
    todo: Vec<DialogId>,
    /// Dialogs that were asked and have not answered.
    pub outstanding: usize,
    running: bool,
    /// Whether another fell due meanwhile. Nobody asks for it again.
    due: bool,
    /// How many have begun.
    begun: u64,
    /// Told when everything is on disk.
    shutdown: Option<oneshot::Sender<()>>,
}

impl Checkpoint {
    /// Whether dialogs are yet to be asked.
    pub fn has_more(&self) -> bool {
        !self.todo.is_empty()
    }
}

impl Dispatcher {
    /// Begins a checkpoint if very many dialogs are in memory that have changed.
    pub(super) fn bound_memory(&mut self) {
        let changed = self.live.len().saturating_sub(self.resting.len());
        if changed > self.shared.awake_dialogs.max(FEW).saturating_mul(CHANGED_PER_RESTING) {
            self.begin_checkpoint();
        }
    }

    /// The journal has grown by so much that it is time for a checkpoint: now, or behind the one that runs.
    pub(super) fn checkpoint_due(&mut self) {
        self.checkpoint.due = self.checkpoint.running;
        self.begin_checkpoint();
    }

    /// Begins a checkpoint, unless one runs.
    fn begin_checkpoint(&mut self) {
        if self.checkpoint.running {
            return;
        }
        self.checkpoint.running = true;
        self.checkpoint.begun += 1;
        self.shared.checkpoints.begin();
        self.checkpoint.todo = std::mem::take(&mut self.checkpoint.dirty);
        self.shard.open().image(Image::CheckpointBegin);
        self.continue_checkpoint();
    }

    /// Asks the next slice of dialogs.
    pub(super) fn continue_checkpoint(&mut self) {
        if !self.checkpoint.running {
            return;
        }
        let rest = self.checkpoint.todo.len().saturating_sub(BESIDE_SLICE);
        for dialog in self.checkpoint.todo.split_off(rest) {
            // One that has ended since then has sent its image by itself and may be gone.
            // One that went and was woken stands here twice, and is asked once.
            let waits = |live: &&mut Live| live.dirty && live.snapshot_at.is_none();
            let Some(live) = self.live.get_mut(&dialog).filter(waits) else { continue };
            live.dirty = false;
            live.image_of = self.checkpoint.begun;
            self.checkpoint.outstanding += 1;
            self.tell(dialog, ToDialog::Snapshot);
        }
        self.end_checkpoint_if_complete();
    }

    pub(super) fn end_checkpoint_if_complete(&mut self) {
        let checkpoint = &mut self.checkpoint;
        if !checkpoint.running || checkpoint.outstanding > 0 || checkpoint.has_more() {
            return;
        }
        checkpoint.running = false;
        let memory = Box::new(self.router.memory());
        let mut outbox = self.shard.open();
        outbox.image(Image::Memory(memory));
        outbox.image(Image::CheckpointEnd);
        drop(outbox);
        match self.checkpoint.shutdown.take() {
            Some(done) if self.checkpoint.dirty.is_empty() => {
                let _ = done.send(());
            }
            Some(done) => self.shut_down(done),
            None if std::mem::take(&mut self.checkpoint.due) => self.begin_checkpoint(),
            None => {}
        }
    }

    /// Brings everything to disk and says when it has been handed over.
    pub(super) fn shut_down(&mut self, done: oneshot::Sender<()>) {
        self.checkpoint.shutdown = Some(done);
        self.begin_checkpoint();
    }
}
