//! The thread on which clients are erased, so that nobody else waits for it.
//!
//! It asks the dispatcher for one dialog of the client after the other, waits until their images are
//! written, and has the disk scrubbed. The client's newest dialog comes last: what stops half way is
//! found again by asking once more. Whoever asked is answered when nothing is left.
//!
//! What erasing means to a dialog is not known here; nor is it what lies in which file.

use std::sync::Arc;
use std::time::Duration;

use actix::Addr;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use super::caller::{Caller, Delivery, Outcome};
use super::dispatcher::Dispatcher;
use super::shard::Shard;
use super::shared::Shared;
use crate::domain::dialog::command::EraseClient;
use crate::domain::reply::Reply;
use crate::error::{Code, Error, Rejection};
use crate::ids::{ChannelId, DialogId, IdempotencyKey};
use crate::storage::{Barrier, Eraser};
use crate::timestamp::Timestamp;

/// How often the disk is scrubbed if somebody keeps old files by reading them, before whoever asked is
/// told to ask again.
const ATTEMPTS: usize = 3;

/// Dialogs that have fallen due and are erased together: the disk is scrubbed once for all of them.
const BATCH: usize = 512;

/// How long the thread waits before it looks up whether the engine has stopped.
const LOOK_UP: Duration = Duration::from_millis(100);

/// What the thread is to do.
#[derive(Debug)]
pub enum Job {
    /// Erase a client.
    Client(EraseClient, Caller),
    /// Finish what was under way when the engine stopped, and say so.
    Finish(Sender<()>),
    /// Enter the dialogs of a channel that have closed into the index by which they fall due.
    Enter(ChannelId),
    /// The channel wants no such index any more.
    Forget(ChannelId),
    /// Erase what has fallen due.
    Sweep(Vec<Sweep>),
    /// End.
    Stop,
}

/// What has fallen due in one channel.
#[derive(Debug)]
pub struct Sweep {
    /// The channel on which the clients wrote.
    pub channel: ChannelId,
    /// Dialogs that had closed then.
    pub until: Timestamp,
}

/// Tells the dispatcher what is first in channels that keep dialogs for a time only.
#[derive(Debug)]
pub struct Swept {
    /// Channels, each with the time at which the first of its dialogs closed.
    pub firsts: Vec<(ChannelId, Option<Timestamp>)>,
    /// Whether that comes of a sweep.
    pub sweep: bool,
}

/// Asks for the newest dialog of a client.
#[derive(Debug)]
pub struct AskNewest {
    /// Whose.
    pub of: EraseClient,
    /// Where the answer goes; nothing if the client is not known.
    pub answer: Sender<Option<Newest>>,
}

/// The newest dialog of a client.
#[derive(Debug, Clone, Copy)]
pub struct Newest {
    /// Which.
    pub dialog: DialogId,
    /// The one before.
    pub previous: Option<DialogId>,
}

/// Has one dialog erased.
#[derive(Debug)]
pub struct EraseDialog {
    /// Which.
    pub dialog: DialogId,
    /// With the newest dialog of a client: whose.
    pub client: Option<EraseClient>,
    /// The key of the command, to be kept with that.
    pub key: Option<IdempotencyKey>,
    /// Told when it is durable.
    pub done: Sender<Result<Delivery, Error>>,
}

/// What the thread works with.
#[derive(Debug)]
pub struct Erasing {
    /// What the whole engine has in common.
    pub shared: Arc<Shared>,
    /// Where answers go out.
    pub shard: Arc<Shard>,
    /// Who knows the dialogs.
    pub dispatcher: Addr<Dispatcher>,
    /// Who knows the files.
    pub eraser: Eraser,
}

impl Erasing {
    /// Does job after job until it is told to stop.
    pub fn run(self, jobs: &Receiver<Job>) {
        for job in jobs {
            match job {
                Job::Stop => return,
                Job::Client(client, caller) => {
                    let outcome = self.client(&client, caller.key());
                    let outcome = outcome.and_then(|()| self.scrub()).map(|()| Outcome::Done(Reply::Done));
                    self.shard.open().release(caller, outcome);
                }
                Job::Enter(channel) => self.enter(channel),
                Job::Forget(channel) => {
                    let _ = self.read(self.shared.reader.forget_entered(&channel));
                }
                Job::Sweep(due) => self.sweep(&due),
                Job::Finish(done) => {
                    if let Err(rejection) = self.scrub() {
                        tracing::error!(%rejection, "what was erased before the start may still be on the disk");
                    }
                    // Whoever waited may have gone.
                    let _ = done.send(());
                }
            }
            self.shared.activity.end(1);
        }
    }

    /// Has every dialog of the client erased, the oldest first, also one that opens meanwhile. So before
    /// an erased dialog there are only erased ones, wherever this stops.
    fn client(&self, client: &EraseClient, key: Option<&IdempotencyKey>) -> Result<(), Rejection> {
        #[cfg(test)]
        self.shared.reader.pass(crate::storage::testing::Trap::Eraser);
        while let Some(newest) = self.newest(client)? {
            let (mut before, mut next) = (Vec::new(), newest.previous);
            while let Some(dialog) = next {
                before.push(dialog);
                next = self.before(dialog)?;
            }
            for dialog in before.into_iter().rev() {
                self.dialog(dialog, None, None)?;
            }
            self.dialog(newest.dialog, Some(client.clone()), key.cloned())?;
        }
        Ok(())
    }

    /// A channel begins to keep dialogs for a time only.
    fn enter(&self, channel: ChannelId) {
        let reader = &self.shared.reader;
        let entered = self.wait_until_written().and_then(|()| self.read(reader.enter_closed(&channel)));
        if let Err(rejection) = entered.and_then(|()| self.tell_firsts([channel], false)) {
            tracing::error!(%rejection, "dialogs that have closed are not erased in time");
        }
    }

    /// Erases a batch of what has fallen due; the dispatcher comes back if there is more.
    fn sweep(&self, due: &[Sweep]) {
        let swept = self.wait_until_written().and_then(|()| self.erase_due(due));
        let channels = due.iter().map(|sweep| sweep.channel.clone());
        let told = self.tell_firsts(channels, true);
        if let Err(rejection) = swept.and(told) {
            tracing::error!(%rejection, "dialogs that have fallen due are not erased");
        }
    }

    fn erase_due(&self, due: &[Sweep]) -> Result<(), Rejection> {
        let (mut dialogs, mut left) = (Vec::new(), BATCH);
        for Sweep { channel, until } in due {
            let found = self.read(self.shared.reader.closed_until(channel, *until, left))?;
            left -= found.len();
            dialogs.extend(found.into_iter().map(|(_, dialog)| dialog));
        }
        let under_way: Vec<_> = dialogs.into_iter().map(|dialog| self.begin(dialog, None, None)).collect();
        under_way.iter().try_for_each(|done| self.finish(done))?;
        self.scrub()
    }

    fn tell_firsts(
        &self,
        channels: impl IntoIterator<Item = ChannelId>,
        sweep: bool,
    ) -> Result<(), Rejection> {
        let reader = &self.shared.reader;
        let first = |channel: ChannelId| Ok((channel.clone(), self.read(reader.first_closed(&channel))?));
        let firsts = channels.into_iter().map(first).collect::<Result<_, Rejection>>()?;
        self.shared.activity.begin();
        self.dispatcher.do_send(Swept { firsts, sweep });
        Ok(())
    }

    fn newest(&self, of: &EraseClient) -> Result<Option<Newest>, Rejection> {
        let (answer, answered) = bounded(1);
        self.shared.activity.begin();
        self.dispatcher.do_send(AskNewest { of: of.clone(), answer });
        self.wait(&answered)
    }

    /// The dialog before this one; all those before an erased one are erased too.
    fn before(&self, dialog: DialogId) -> Result<Option<DialogId>, Rejection> {
        let dialog = self.read(self.shared.reader.dialog(dialog))?;
        Ok(dialog.filter(|dialog| !dialog.is_erased()).and_then(|dialog| dialog.previous))
    }

    fn dialog(
        &self,
        dialog: DialogId,
        client: Option<EraseClient>,
        key: Option<IdempotencyKey>,
    ) -> Result<(), Rejection> {
        self.finish(&self.begin(dialog, client, key))
    }

    /// Has the dispatcher begin with a dialog.
    fn begin(
        &self,
        dialog: DialogId,
        client: Option<EraseClient>,
        key: Option<IdempotencyKey>,
    ) -> Receiver<Result<Delivery, Error>> {
        let (done, is_done) = bounded(1);
        self.shared.activity.begin();
        self.dispatcher.do_send(EraseDialog { dialog, client, key, done });
        is_done
    }

    /// Waits until that is durable.
    fn finish(&self, done: &Receiver<Result<Delivery, Error>>) -> Result<(), Rejection> {
        match self.wait(done)? {
            Ok(_) => Ok(()),
            Err(Error::Rejected(rejection)) => Err(rejection),
            Err(error) => Err(stopped(&error)),
        }
    }

    /// Leaves nothing of what was erased on the disk.
    fn scrub(&self) -> Result<(), Rejection> {
        self.wait_until_written()?;
        for _ in 0..ATTEMPTS {
            if self.read(self.eraser.scrub())? {
                return Ok(());
            }
            tracing::warn!("somebody still reads files that hold what was erased");
        }
        let message = "it is erased, but somebody still reads an old file that holds it; it goes with the next \
                       client that is erased, or at the next start";
        Err(Rejection::overloaded(message, 60_000))
    }

    fn wait_until_written(&self) -> Result<(), Rejection> {
        let (sender, written) = bounded(1);
        self.shard.open().barrier(Barrier(sender));
        self.wait(&written)
    }

    /// Waits for an answer that comes unless the engine stops.
    fn wait<T>(&self, answer: &Receiver<T>) -> Result<T, Rejection> {
        loop {
            match answer.recv_timeout(LOOK_UP) {
                Ok(answer) => return Ok(answer),
                Err(RecvTimeoutError::Timeout) if self.shared.failure.get().is_none() => {}
                Err(_) => return Err(stopped(self.shared.failure.get().unwrap_or(&Error::Closed))),
            }
        }
    }

    /// A failed read or write stops the engine, here as in the dispatcher.
    fn read<T>(&self, result: Result<T, Error>) -> Result<T, Rejection> {
        result.map_err(|error| {
            let rejection = stopped(&error);
            self.shared.fail(error);
            rejection
        })
    }
}

fn stopped(error: &Error) -> Rejection {
    Rejection::new(Code::StorageFailed, error.to_string())
}
