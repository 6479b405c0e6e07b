//! The dispatcher: the one front door, and the only one that gives out capacity.
//!
//! It owns no durable fact. Names, addresses, the router's queues and ledger, and timers follow
//! from channels, operators and dialogs, and are rebuilt from them at start. What it decides is
//! the router's work (pure, in `routing`); here it is only carried out:
//!
//! - `commands.rs`: from an envelope to the actor that decides it;
//! - `composer.rs`: what a command that writes has to know before it goes to its dialog;
//! - `clients.rs`: which dialog a client's message belongs to;
//! - `client_map.rs`: the table for that;
//! - `live.rs`: which dialogs have an actor, waking and retiring them;
//! - `house.rs`: where these actors live;
//! - `sleeping.rs`: which of them need none any more;
//! - `manners.rs`: channels that say or do something by themselves;
//! - `messages.rs`: from a message to the dialog in which it stands;
//! - `moves.rs`: messages that move to a new dialog;
//! - `gathering.rs`: commands on several dialogs, which are answered once;
//! - `discussions.rs`: dialogs of employees among themselves;
//! - `company.rs`: who takes part where;
//! - `erasing.rs`: clients that are erased;
//! - `directives.rs`: offers, expiries and whatever else the router wants;
//! - `requests.rs`: from a request to the outside to its dialog;
//! - `retention.rs`: dialogs that have been closed for long enough;
//! - `queries.rs`: from a query to the actor that knows;
//! - `statistics.rs`: how queues are now, for who asks for figures;
//! - `checkpoint.rs`: bringing everything changed to disk while traffic runs.

mod checkpoint;
mod client_map;
mod clients;
mod commands;
mod company;
mod composer;
mod directives;
mod discussions;
mod erasing;
mod gathering;
mod house;
mod live;
mod manners;
mod messages;
mod moves;
mod queries;
mod requests;
mod retention;
mod sleeping;
mod start;
mod statistics;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use actix::fut::{ActorFutureExt, wrap_future};
use actix::{Actor, Addr, AsyncContext, Context, Handler, Message};
use hashbrown::{HashMap, HashSet};
use tokio::sync::oneshot;

pub use start::{Recovering, Started, start};

use self::checkpoint::Checkpoint;
use self::client_map::ClientMap;
use self::company::Company;
use self::gathering::Gatherings;
use self::house::House;
use self::live::Live;
use self::manners::Manners;
use self::retention::Retention;
use self::sleeping::Resting;
use super::eraser::{AskNewest, EraseDialog, Swept};
use super::guard::guarded;
use super::inbox::{Drain, Envelope, Inbox};
use super::note::{Note, Notes};
use super::operator::OperatorActor;
use super::registry::Registry;
use super::shard::Shard;
use super::shared::Shared;
use crate::domain::operator::Role;
use crate::ids::{ChannelId, DialogId, OperatorId};
use crate::routing::{DialogMap, Router};
use crate::timestamp::Timestamp;

/// Envelopes handled before others in the arbiter get their turn: so few that what they touch is
/// still at hand when dialogs decide, and when the dispatcher hears of it.
const SLICE: usize = 64;

/// Dialogs that are asked for an image in the same turn, and those looked at whether they may sleep: few, so that
/// commands do not wait long; more than commands, since each of these may wake another dialog.
const BESIDE_SLICE: usize = 2 * SLICE;

/// The dispatcher. See the module.
#[derive(Debug)]
pub struct Dispatcher {
    shared: Arc<Shared>,
    shard: Arc<Shard>,
    inbox: Arc<Inbox>,
    /// Envelopes taken from the inbox and not yet handled.
    backlog: VecDeque<Envelope>,
    resuming: bool,
    router: Router,
    houses: Vec<House>,
    live: DialogMap<Live>,
    clients: ClientMap,
    operators: HashMap<OperatorId, OperatorEntry>,
    channels: usize,
    registry: Addr<Registry>,
    /// Messages under way to operators and to the registry. Until they are back nothing more is
    /// taken in, so that a command finds what the one before it has put.
    setting_up: usize,
    /// Messages to dialogs of which no note has come back: all of them are under way as one.
    told: usize,
    next_dialog: DialogId,
    /// Who takes part in which open dialogs.
    company: Company,
    /// Commands on several dialogs that are under way.
    gatherings: Gatherings,
    /// Channels that ask for a rating.
    asking: HashSet<ChannelId>,
    /// Channels that say or do something by themselves.
    manners: Manners,
    checkpoint: Checkpoint,
    /// Open dialogs that may go to sleep.
    resting: Resting,
    /// How long channels keep dialogs.
    retention: Retention,
    /// The moment for which a timer of the arbiter is set.
    armed: Option<Timestamp>,
}

/// What the dispatcher needs of an operator.
#[derive(Debug)]
struct OperatorEntry {
    address: Addr<OperatorActor>,
    role: Role,
    /// Whether it is a program.
    bot: bool,
    /// Not yet put, or removed: it is found by nobody.
    absent: bool,
}

impl Actor for Dispatcher {
    type Context = Context<Self>;
}

impl Dispatcher {
    /// The time of what is handled now.
    fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    fn drain(&mut self, context: &mut Context<Self>) {
        // What is in the inbox while there is a backlog is taken in behind it.
        if self.backlog.is_empty() {
            self.slice(context);
        }
    }

    /// Takes in what hosts have left, when all that was taken before has been handled.
    fn take_in(&mut self) {
        if self.backlog.is_empty() {
            self.inbox.take(&mut self.backlog);
        }
    }

    /// Handles a bounded number of envelopes, so that a flood starves nobody.
    fn slice(&mut self, context: &mut Context<Self>) {
        let now = self.now();
        let mut count = 0;
        self.router.tell_time(now);
        self.take_in();
        while count < SLICE
            && self.setting_up == 0
            && let Some(envelope) = self.backlog.pop_front()
        {
            self.handle_envelope(envelope, now);
            count += 1;
        }
        self.direct(now);
        self.shared.activity.end(count);
        // Everybody in one arbiter leaves what happened in one outbox, in the right order.
        let alone = self.houses.iter().all(|house| house.arbiter.is_none());
        self.shard.expect_more(alone && !self.backlog.is_empty() && self.setting_up == 0);
        self.go_on(context);
    }

    /// Sees to it that what waits is taken in, unless something must come back first.
    fn go_on(&mut self, context: &mut Context<Self>) {
        if self.setting_up == 0 && !(self.backlog.is_empty() && self.inbox.is_empty()) {
            self.resume_later(context);
        }
    }

    /// Comes back after everybody else in the arbiter had a turn.
    fn resume_later(&mut self, context: &mut Context<Self>) {
        if std::mem::replace(&mut self.resuming, true) {
            return;
        }
        let turn = wrap_future::<_, Self>(tokio::task::yield_now());
        context.spawn(turn.map(|(), dispatcher, context| {
            dispatcher.resuming = false;
            dispatcher.guarded(context, |dispatcher, context| {
                dispatcher.continue_checkpoint();
                dispatcher.slice(context);
                if dispatcher.checkpoint.has_more() {
                    dispatcher.resume_later(context);
                }
            });
        }));
    }

    fn take_note(&mut self, note: Note, now: Timestamp) {
        #[cfg(test)]
        self.shared.reader.pass(crate::storage::testing::Trap::Note);
        match note {
            Note::Dialog(note) => self.dialog_returned(note, now),
            Note::Channel(channel) => {
                self.setting_up -= 1;
                self.channel_put(&channel);
                self.retention_changed(&channel, now);
            }
            Note::Operator(operator) => {
                self.setting_up -= 1;
                self.operator_changed(&operator);
                self.dismiss(&operator, now);
            }
            Note::Company { dialog, operator, takes_part } => {
                self.company_changed(dialog, operator, takes_part, now);
            }
            Note::Part(gathering, outcome) => self.part_arrived(gathering, outcome, now),
            Note::Found(errand, lookup) => {
                self.setting_up -= 1;
                self.resume(*errand, lookup, now);
            }
            Note::Moved(moved) => {
                self.setting_up -= 1;
                self.moved(*moved, now);
            }
            Note::Stayed(to) => {
                self.setting_up -= 1;
                self.stayed(to);
            }
            Note::Nothing => self.setting_up -= 1,
        }
    }

    /// Runs a handler; then sees to timers and to a checkpoint under way.
    fn guarded(&mut self, context: &mut Context<Self>, handler: impl FnOnce(&mut Self, &mut Context<Self>)) {
        let handled = guarded(|| {
            handler(self, context);
            self.fire();
            self.arm(context);
            self.put_to_sleep();
            self.bound_memory();
            self.shared.awake.store(self.live.len(), Ordering::Relaxed);
            if self.checkpoint.has_more() || self.has_drowsy() {
                self.resume_later(context);
            }
        });
        self.shared.check(handled);
    }
}

impl Handler<Drain> for Dispatcher {
    type Result = ();

    fn handle(&mut self, _: Drain, context: &mut Self::Context) {
        self.guarded(context, Self::drain);
    }
}

impl Handler<Notes> for Dispatcher {
    type Result = ();

    fn handle(&mut self, Notes(notes): Notes, context: &mut Self::Context) {
        self.guarded(context, |dispatcher, context| {
            let now = dispatcher.now();
            dispatcher.router.tell_time(now);
            for note in notes {
                dispatcher.take_note(note, now);
            }
            dispatcher.direct(now);
            dispatcher.go_on(context);
        });
        self.shared.activity.end(1);
    }
}

/// The clock moved, or a deadline has come.
#[derive(Debug)]
pub struct Tick;

/// The clock was moved by command and stays there, also after a restart.
#[derive(Debug)]
pub struct KeepClock;

/// The journal has grown: bring what changed to disk.
#[derive(Debug)]
pub struct CheckpointDue;

/// What the checkpoint that began first of those not yet written brought to disk can be read.
#[derive(Debug)]
pub struct CheckpointWritten;

/// Bring everything to disk and say when it is done.
#[derive(Debug)]
pub struct Shutdown(pub oneshot::Sender<()>);

macro_rules! messages {
    ($($message:ty => $handler:expr;)*) => {$(
        impl Message for $message {
            type Result = ();
        }

        impl Handler<$message> for Dispatcher {
            type Result = ();

            fn handle(&mut self, message: $message, context: &mut Self::Context) {
                self.guarded(context, |dispatcher, _| {
                    let handler: fn(&mut Dispatcher, $message) = $handler;
                    handler(dispatcher, message);
                });
            }
        }
    )*};
}

messages! {
    Tick => |dispatcher, _| dispatcher.tick();
    KeepClock => |dispatcher, _| dispatcher.keep_clock();
    CheckpointDue => |dispatcher, _| dispatcher.checkpoint_due();
    CheckpointWritten => |dispatcher, _| dispatcher.resting.checkpoint_written();
    Shutdown => |dispatcher, Shutdown(done)| dispatcher.shut_down(done);
    AskNewest => |dispatcher, ask| dispatcher.tell_newest(ask);
    EraseDialog => |dispatcher, erase| dispatcher.erase_dialog(erase);
    Swept => |dispatcher, swept| dispatcher.swept(swept);
}
