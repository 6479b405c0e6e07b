//! Starting the dispatcher from what recovery found.

use std::collections::VecDeque;
use std::sync::Arc;

use actix::{Actor, Addr, AsyncContext};
use actix_rt::ArbiterHandle;
use crossbeam_channel::Sender;
use hashbrown::{HashMap, HashSet};

use super::Dispatcher;
use super::checkpoint::Checkpoint;
use super::client_map::ClientMap;
use super::company::Company;
use super::gathering::Gatherings;
use super::house::House;
use super::manners::Manners;
use super::retention::Retention;
use super::sleeping::Resting;
use crate::actors::caller::Completion;
use crate::actors::dialog::{Fingerprinted, News, OnDisk, send_image};
use crate::actors::guard::guarded_task;
use crate::actors::inbox::Inbox;
use crate::actors::registry::Registry;
use crate::actors::shard::Shard;
use crate::actors::shared::Shared;
use crate::domain::channel::Channel;
use crate::domain::dialog::{Client, Dialog, Head, Traces};
use crate::domain::event::Change;
use crate::domain::library::Item;
use crate::domain::operator::Operator;
use crate::domain::reply::Reply;
use crate::error::Error;
use crate::ids::{ChannelId, DialogId, IdempotencyKey};
use crate::routing::{DialogMap, Memory, Router};
use crate::storage::{Batch, Image, RecoveredDialog, RecoveredThing, Recovery, decode};

/// What recovery found, gathered before any actor runs.
#[derive(Debug, Default)]
pub struct Recovering {
    memory: Memory,
    channels: Vec<RecoveredThing<Channel>>,
    operators: Vec<RecoveredThing<Operator>>,
    items: Vec<RecoveredThing<Item>>,
    /// Dialogs that are ahead of their image; the others sleep until they are needed.
    ahead: Vec<RecoveredDialog>,
    clients: ClientMap,
    company: Company,
    asking: HashSet<ChannelId>,
    manners: Manners,
    router: Option<Router>,
    /// Idempotency keys that only the journal holds.
    pub unwritten_keys: Vec<(IdempotencyKey, Reply)>,
    failure: Option<Error>,
}

impl Recovering {
    /// The router as channels and operators make it; built when the first dialog comes.
    fn router(&mut self) -> &mut Router {
        let (memory, channels, operators) = (&self.memory, &self.channels, &self.operators);
        self.router.get_or_insert_with(|| {
            let mut router = Router::new(memory);
            operators.iter().for_each(|operator| router.put_operator(&operator.thing));
            channels.iter().for_each(|channel| router.put_channel(&channel.thing));
            router
        })
    }

    /// The router alone, to see what it makes of what was found.
    #[cfg(feature = "fuzzing")]
    pub(crate) fn into_router(mut self) -> Router {
        self.router();
        self.router.unwrap_or_default()
    }

    /// Whether something was erased of which the disk may not know yet.
    pub fn erases(&self) -> bool {
        self.ahead.iter().any(|recovered| recovered.erased.is_some())
    }

    /// What went wrong on the way.
    pub fn failure(&mut self) -> Option<Error> {
        self.failure.take()
    }
}

impl Recovery for Recovering {
    fn memory(&mut self, bytes: &[u8]) {
        match decode(bytes) {
            Ok(memory) => self.memory = memory,
            Err(error) => {
                let (place, reason) = ("the dispatcher's memory".to_owned(), error.to_string());
                self.failure = Some(Error::Damaged { place, reason });
            }
        }
    }

    fn change(&mut self, change: &Change) {
        self.memory.fold(change);
    }

    fn channel(&mut self, channel: RecoveredThing<Channel>) {
        if channel.thing.settings.rating {
            self.asking.insert(channel.thing.id.clone());
        }
        self.manners.put(&channel.thing);
        self.channels.push(channel);
    }

    fn operator(&mut self, operator: RecoveredThing<Operator>) {
        self.operators.push(operator);
    }

    fn item(&mut self, item: RecoveredThing<Item>) {
        self.items.push(item);
    }

    fn expect(&mut self, dialogs: usize) {
        self.clients.reserve(dialogs);
        self.router().expect(dialogs);
    }

    fn head(&mut self, head: Head) {
        self.company.restore(&head);
        self.router().restore(&head);
        if let Some((channel, client)) = &head.client {
            self.clients.insert(channel, client, head.id);
        }
    }

    fn dialog(&mut self, recovered: RecoveredDialog) {
        if let Some(head) = recovered.dialog.head() {
            self.head(head);
        }
        self.ahead.push(recovered);
    }
}

/// A dispatcher that runs.
#[derive(Debug)]
pub struct Started {
    /// The dispatcher.
    pub dispatcher: Addr<Dispatcher>,
    /// Where commands go in.
    pub inbox: Arc<Inbox>,
    /// The outgoing side of its arbiter.
    pub shard: Arc<Shard>,
}

/// Starts the dispatcher and all that it looks after, in the arbiter of this thread.
pub fn start(
    shared: &Arc<Shared>,
    journal: &Sender<Batch<Completion>>,
    arbiters: Vec<ArbiterHandle>,
    mut recovering: Recovering,
    next_dialog: DialogId,
) -> Started {
    recovering.router();
    let shard = Shard::new(Arc::clone(shared));
    // With arbiters of their own, dialogs and operators leave this one to the dispatcher.
    let houses = match arbiters.is_empty() {
        true => vec![House::new(None, Arc::clone(&shard))],
        false => arbiters
            .into_iter()
            .map(|arbiter| House::new(Some(arbiter), Shard::new(Arc::clone(shared))))
            .collect(),
    };
    let mut flushers = vec![(None, Arc::clone(&shard))];
    flushers.extend(houses.iter().filter(|house| house.arbiter.is_some()).map(House::outgoing));
    let mut inbox = None;
    let address = Dispatcher::create(|context| {
        let front = Arc::new(Inbox::new(context.address(), Arc::clone(shared)));
        inbox = Some(Arc::clone(&front));
        let (channels, items) =
            (std::mem::take(&mut recovering.channels), std::mem::take(&mut recovering.items));
        let kept: Vec<Channel> = channels.iter().map(|channel| channel.thing.clone()).collect();
        let registry = Registry::new(channels, items, Arc::clone(&shard));
        let mut dispatcher = Dispatcher {
            shared: Arc::clone(shared),
            shard: Arc::clone(&shard),
            inbox: front,
            backlog: VecDeque::new(),
            resuming: false,
            router: recovering.router.take().unwrap_or_default(),
            houses,
            live: DialogMap::default(),
            clients: std::mem::take(&mut recovering.clients),
            operators: HashMap::new(),
            channels: registry.count(),
            registry: registry.start(),
            setting_up: 0,
            told: 0,
            next_dialog,
            company: std::mem::take(&mut recovering.company),
            gatherings: Gatherings::default(),
            asking: std::mem::take(&mut recovering.asking),
            manners: std::mem::take(&mut recovering.manners),
            checkpoint: Checkpoint::default(),
            resting: Resting::new(shared.awake_dialogs),
            retention: Retention::default(),
            armed: None,
        };
        if let Err(error) = dispatcher.restore_retention(&kept) {
            shared.fail(error);
        }
        dispatcher.take_up(recovering);
        dispatcher.arm(context);
        dispatcher
    });
    for (arbiter, shard) in flushers {
        let flusher = shard.flush_forever(journal.clone(), address.clone());
        let flusher = guarded_task(Arc::clone(shared), flusher);
        match arbiter {
            Some(arbiter) => drop(arbiter.spawn(flusher)),
            None => drop(actix_rt::spawn(flusher)),
        }
    }
    Started { dispatcher: address, inbox: inbox.expect("the actor was just created"), shard }
}

impl Dispatcher {
    /// Takes up work where it was left.
    fn take_up(&mut self, recovering: Recovering) {
        for (key, reply) in recovering.unwritten_keys {
            self.shard.open().image(Image::Key(key, reply));
        }
        let removed: Vec<Operator> = recovering
            .operators
            .iter()
            .map(|operator| &operator.thing)
            .filter(|operator| operator.removed)
            .cloned()
            .collect();
        for operator in recovering.operators {
            self.shared.directory.put_operator(&operator.thing);
            self.shared.names.put(operator.thing.id.clone(), operator.thing.settings.name.clone());
            self.start_operator(operator.thing.id.clone(), Some(operator));
        }
        for recovered in recovering.ahead {
            let RecoveredDialog { dialog, on_disk, was_open_on_disk, erased, .. } = recovered;
            let fingerprint = on_disk.map_or(Fingerprinted::Not, Fingerprinted::As);
            let on_disk = OnDisk { fingerprint, open: was_open_on_disk, clean: false };
            self.take_up_dialog(dialog, on_disk, erased);
        }
        let now = self.now();
        self.router.reconcile(now);
        self.router.keep_time(now);
        removed.iter().for_each(|operator| self.dismiss(operator, now));
        self.direct(now);
        self.fire();
    }

    fn take_up_dialog(&mut self, dialog: Dialog, on_disk: OnDisk, erased: Option<Traces>) {
        dialog.requests.iter().for_each(|request| self.shared.reader.announce_request(request));
        if dialog.is_closed() {
            if let (Some(client), Some(at), false) = (&dialog.client, dialog.closed_at, dialog.is_erased()) {
                self.retention.closed(&client.channel, at);
            }
            let news = News { ends: false, erased };
            send_image(&Arc::new(dialog), on_disk, news, &mut self.shard.open());
            return;
        }
        let id = dialog.id;
        let client = dialog.client.as_ref().map(Client::key);
        self.start_dialog(id, Some(dialog), on_disk, client);
        if let Some(live) = self.live.get_mut(&id) {
            live.dirty = true;
            self.checkpoint.dirty.push(id);
        }
    }
}
