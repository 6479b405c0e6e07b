//! The commands that a simulation sends, each with the event by which its effect can be recognised.
//!
//! What an order writes names the order's number, so each effect can be told from all others.

use super::chance::Chance;
use super::judge::Model;
use crate::domain::channel::{Accept, Prefer, PutChannel, QueueMode};
use crate::domain::command::Command;
use crate::domain::dialog::command::{
    AcceptAndFinish, Answer, ClientLeave, CompleteRequest, CreateTask, FailRequest, Finish, FromMessage,
    Join, Leave, Pin, Rate, Receive, Rename, SetPriority, Skip, Spam, Take, Transfer, Unpin, WriteReply,
};
use crate::domain::event::{ChannelEvent, Destination, DialogEvent, ItemEvent, OperatorEvent};
use crate::domain::library::{Item, PutCannedReply};
use crate::domain::operator::{Presence, PutOperator, Role, SetPresence};
use crate::domain::request::Request;
use crate::ids::{
    CannedId, ChannelId, ClientId, DialogId, ExternalId, IdempotencyKey, MessageId, OperatorId, RequestId,
};
use crate::storage::OneEvent;

/// Operators; the first is a supervisor.
pub(super) const OPERATORS: [&str; 4] = ["anna", "bea", "cleo", "dora"];
pub(super) const CHANNELS: [&str; 2] = ["web", "shop"];
const CLIENTS: usize = 8;
const MODES: [QueueMode; 7] = [
    QueueMode::Evenly,
    QueueMode::Strictly,
    QueueMode::RoundRobin,
    QueueMode::LeastLoaded,
    QueueMode::MostAvailable,
    QueueMode::All,
    QueueMode::Manual,
];

pub(super) fn operator(place: usize) -> OperatorId {
    OperatorId::new(OPERATORS[place]).expect("it is short")
}

pub(super) fn channel(place: usize) -> ChannelId {
    ChannelId::new(CHANNELS[place]).expect("it is short")
}

fn client(place: usize) -> ClientId {
    ClientId::new(format!("client {place}")).expect("it is short")
}

/// What is to be done.
#[derive(Debug, Clone)]
pub(super) enum Deed {
    PutOperator { operator: OperatorId, role: Role, capacity: u32 },
    PutChannel(Box<PutChannel>),
    SetPresence { operator: OperatorId, presence: Presence },
    PutCanned,
    Receive { channel: ChannelId, client: ClientId },
    ClientLeave { channel: ChannelId, client: ClientId },
    Rate(DialogId),
    In { dialog: DialogId, by: OperatorId, act: Act },
    CreateTask { message: MessageId, by: OperatorId },
    Complete(RequestId),
    Fail { request: RequestId, retry_after_ms: Option<u64> },
}

/// What an operator does in a dialog.
#[derive(Debug, Clone)]
pub(super) enum Act {
    Answer,
    Skip,
    AcceptAndFinish,
    PassOn(Destination),
    Take,
    Pin,
    Unpin,
    Finish,
    Spam,
    Join,
    Leave,
    Reply { hidden: bool },
    Rename,
    SetPriority(i32),
}

/// A command with its number.
#[derive(Debug, Clone)]
pub(super) struct Order {
    pub number: usize,
    pub deed: Deed,
    /// Whether it has an idempotency key.
    pub keyed: bool,
    /// Whether the connector names the message itself.
    pub named: bool,
}

impl Order {
    /// An order that makes some sense as things are, or none.
    pub fn draw(number: usize, model: &Model, chance: &mut Chance) -> Self {
        let deed = Deed::draw(model, chance);
        let named = matches!(deed, Deed::Receive { .. }) && chance.percent(50);
        Self { number, deed, keyed: chance.percent(70), named }
    }

    /// Whether it may be sent again without a second effect.
    pub fn is_safe_to_repeat(&self) -> bool {
        self.keyed || self.named
    }

    /// What it writes.
    pub fn words(&self) -> String {
        format!("word {}", self.number)
    }

    pub fn request(&self) -> Request {
        let request = match &self.deed {
            Deed::In { by, .. } | Deed::CreateTask { by, .. } => Request::new(self.command()).by(by.clone()),
            _ => Request::new(self.command()),
        };
        match self.keyed {
            true => request.keyed(IdempotencyKey::new(format!("key {}", self.number)).expect("it is short")),
            false => request,
        }
    }

    fn command(&self) -> Command {
        match self.deed.clone() {
            Deed::PutOperator { operator, role, capacity } => {
                let mut put = PutOperator::new(operator);
                (put.settings.role, put.settings.capacity) = (role, capacity);
                put.into()
            }
            Deed::PutChannel(put) => Command::PutChannel(put),
            Deed::SetPresence { operator, presence } => SetPresence { operator, presence }.into(),
            Deed::PutCanned => {
                let canned = CannedId::new(self.words()).expect("it is short");
                PutCannedReply::new(canned, self.words()).into()
            }
            Deed::Receive { channel, client } => {
                let receive = Receive::new(channel, client, self.words());
                let name = ExternalId::new(format!("external {}", self.number)).expect("it is short");
                if self.named { receive.external_id(name).into() } else { receive.into() }
            }
            Deed::ClientLeave { channel, client } => ClientLeave { channel, client }.into(),
            Deed::Rate(dialog) => Rate { dialog, score: 4, comment: Some(self.words()) }.into(),
            Deed::In { dialog, act, .. } => self.act(dialog, act),
            Deed::CreateTask { message, .. } => {
                CreateTask(FromMessage { title: Some(self.words()), ..FromMessage::new(message) }).into()
            }
            Deed::Complete(request) => CompleteRequest { request, reference: self.words(), url: None }.into(),
            Deed::Fail { request, retry_after_ms } => {
                FailRequest { request, reason: self.words(), retry_after_ms }.into()
            }
        }
    }

    fn act(&self, dialog: DialogId, act: Act) -> Command {
        match act {
            Act::Answer => Answer { dialog }.into(),
            Act::Skip => Skip { dialog }.into(),
            Act::AcceptAndFinish => AcceptAndFinish { dialog }.into(),
            Act::PassOn(to) => Transfer { dialog, to, comment: None }.into(),
            Act::Take => Take { dialog }.into(),
            Act::Pin => Pin { dialog }.into(),
            Act::Unpin => Unpin { dialog }.into(),
            Act::Finish => Finish { dialog }.into(),
            Act::Spam => Spam { dialog }.into(),
            Act::Join => Join { dialog }.into(),
            Act::Leave => Leave { dialog }.into(),
            Act::Reply { hidden } => WriteReply::new(dialog, self.words()).hidden(hidden).into(),
            Act::Rename => Rename { dialog, title: self.words() }.into(),
            Act::SetPriority(priority) => SetPriority { dialog, priority }.into(),
        }
    }

    /// Whether its effect can be told from that of every other order.
    pub fn is_unique(&self) -> bool {
        let reply_or_name = |act: &Act| matches!(act, Act::Reply { .. } | Act::Rename);
        match &self.deed {
            Deed::Receive { .. } | Deed::CreateTask { .. } | Deed::Complete(_) | Deed::Fail { .. } => true,
            Deed::PutCanned | Deed::Rate(_) => true,
            Deed::In { act, .. } => reply_or_name(act),
            _ => false,
        }
    }

    /// Whether it may be done and leave no event, because all was so already.
    pub fn may_be_silent(&self) -> bool {
        match &self.deed {
            Deed::SetPresence { .. } | Deed::ClientLeave { .. } => true,
            Deed::In { act, .. } => !matches!(
                act,
                Act::Answer
                    | Act::Skip
                    | Act::AcceptAndFinish
                    | Act::Finish
                    | Act::Reply { .. }
                    | Act::Rename
            ),
            _ => false,
        }
    }

    /// Whether this event is its effect.
    pub fn shows_in(&self, event: &OneEvent) -> bool {
        let words = self.words();
        match (&self.deed, event) {
            (Deed::PutOperator { operator, .. }, OneEvent::Operator(id, OperatorEvent::Put(_))) => {
                operator == id
            }
            (Deed::PutChannel(put), OneEvent::Channel(id, ChannelEvent::Put(_))) => put.channel == *id,
            (Deed::PutCanned, OneEvent::Item(_, ItemEvent::Put(item))) => {
                matches!(&**item, Item::Canned(canned) if canned.text == words)
            }
            (Deed::Receive { .. }, OneEvent::Dialog(_, DialogEvent::MessageAdded(message))) => {
                message.text == words
            }
            (Deed::In { dialog, by, act }, OneEvent::Dialog(id, event)) => {
                dialog == id && act.shows_in(by, &words, event)
            }
            (Deed::Rate(_), OneEvent::Dialog(_, DialogEvent::Rated { comment, .. })) => {
                comment.as_deref() == Some(&words)
            }
            (Deed::CreateTask { .. }, OneEvent::Dialog(_, DialogEvent::RequestCreated(request))) => {
                request.details.title.as_deref() == Some(&words)
            }
            (Deed::Complete(_), OneEvent::Dialog(_, DialogEvent::RequestCompleted(completed))) => {
                completed.link.reference == words
            }
            (Deed::Fail { .. }, OneEvent::Dialog(_, DialogEvent::RequestFailed(failed))) => {
                failed.reason == words
            }
            _ => false,
        }
    }
}

impl Act {
    fn shows_in(&self, by: &OperatorId, words: &str, event: &DialogEvent) -> bool {
        match (self, event) {
            (Self::Answer | Self::AcceptAndFinish, DialogEvent::Answered { operator, .. }) => operator == by,
            (Self::Skip, DialogEvent::OfferSkipped { operator }) => operator == by,
            (Self::Finish, DialogEvent::Closed { by: closer, .. }) => closer.as_ref() == Some(by),
            (Self::Reply { .. }, DialogEvent::MessageAdded(message)) => message.text == words,
            (Self::Rename, DialogEvent::Renamed { title, .. }) => title.as_deref() == Some(words),
            _ => false,
        }
    }
}

impl Deed {
    fn draw(model: &Model, chance: &mut Chance) -> Self {
        if let Some(missing) = Self::set_up(model, chance) {
            return missing;
        }
        let somebody = operator(chance.below(OPERATORS.len()));
        match chance.below(100) {
            0..28 => Self::receive(chance),
            28..31 => {
                Self::ClientLeave { channel: channel(chance.below(2)), client: client(chance.below(CLIENTS)) }
            }
            31..39 => {
                let presence =
                    *chance.one_of(&[Presence::Online, Presence::Online, Presence::Away, Presence::Offline]);
                Self::SetPresence { operator: somebody, presence }
            }
            39..41 => Self::put_channel(chance.below(2), chance),
            41 => Self::rate(model, chance),
            42 if chance.percent(50) => Self::PutCanned,
            42 => Self::put_operator(chance.below(OPERATORS.len()), chance),
            43..50 => Self::about_requests(model, somebody, chance),
            _ => Self::in_dialog(model, somebody, chance),
        }
    }

    /// What everything else needs, as long as it is not there.
    fn set_up(model: &Model, chance: &mut Chance) -> Option<Self> {
        let missing = (0..OPERATORS.len()).find(|place| !model.operators.contains_key(&operator(*place)));
        if let Some(place) = missing {
            return Some(Self::put_operator(place, chance));
        }
        let missing = (0..CHANNELS.len()).find(|place| !model.channels.contains_key(&channel(*place)));
        missing.map(|place| Self::put_channel(place, chance))
    }

    fn receive(chance: &mut Chance) -> Self {
        Self::Receive { channel: channel(chance.below(2)), client: client(chance.below(CLIENTS)) }
    }

    fn rate(model: &Model, chance: &mut Chance) -> Self {
        let closed: Vec<_> = model.dialogs.iter().filter(|(_, dialog)| dialog.is_closed()).collect();
        if closed.is_empty() { Self::PutCanned } else { Self::Rate(*chance.one_of(&closed).0) }
    }

    fn put_operator(place: usize, chance: &mut Chance) -> Self {
        let role = if place == 0 { Role::Supervisor } else { Role::Operator };
        Self::PutOperator { operator: operator(place), role, capacity: 1 + chance.below(6) as u32 }
    }

    fn put_channel(place: usize, chance: &mut Chance) -> Self {
        let members = (0..OPERATORS.len()).filter(|_| chance.percent(75)).map(operator).collect::<Vec<_>>();
        let mut put = PutChannel::new(channel(place)).members(members);
        let settings = &mut put.settings;
        settings.queue.mode = *chance.one_of(&MODES);
        let open = matches!(settings.queue.mode, QueueMode::All | QueueMode::Manual);
        settings.queue.accept = if !open && chance.percent(30) { Accept::Auto } else { Accept::Answer };
        settings.queue.offer_timeout_ms = *chance.one_of(&[0, 20_000, 60_000]);
        settings.queue.check_online = chance.percent(85);
        settings.weight = 1 + chance.below(2) as u32;
        settings.prefer = if chance.percent(25) { Prefer::LastOperator } else { Prefer::default() };
        settings.rating = chance.percent(70);
        settings.welcome = chance.percent(30).then(|| "welcome".to_owned());
        settings.closing = chance.percent(30).then(|| "closing".to_owned());
        settings.auto_close_ms = chance.percent(30).then_some(300_000);
        settings.abandon_ms = chance.percent(30).then_some(200_000);
        Self::PutChannel(Box::new(put))
    }

    fn about_requests(model: &Model, by: OperatorId, chance: &mut Chance) -> Self {
        let requests: Vec<RequestId> = model.requests.keys().copied().collect();
        if requests.is_empty() || chance.percent(50) {
            let messages: Vec<MessageId> = model
                .dialogs
                .values()
                .flat_map(|dialog| dialog.messages.first())
                .map(|message| message.0)
                .collect();
            let message = if messages.is_empty() { MessageId(1) } else { *chance.one_of(&messages) };
            let owner = model.dialogs.get(&message.dialog()).and_then(|dialog| dialog.owner.clone());
            return Self::CreateTask { message, by: owner.unwrap_or(by) };
        }
        let request = *chance.one_of(&requests);
        match chance.below(3) {
            0 => Self::Fail { request, retry_after_ms: chance.percent(70).then_some(30_000) },
            _ => Self::Complete(request),
        }
    }

    fn in_dialog(model: &Model, somebody: OperatorId, chance: &mut Chance) -> Self {
        let open: Vec<_> = model.dialogs.iter().filter(|(_, dialog)| !dialog.is_closed()).collect();
        if open.is_empty() {
            return Self::receive(chance);
        }
        let (id, dialog) = *chance.one_of(&open);
        let offered = dialog.offered.keys().next().cloned();
        // Most often somebody who may.
        let by = dialog.owner.clone().or(offered).filter(|_| chance.percent(80)).unwrap_or(somebody);
        let act = match (dialog.owner.is_some(), chance.below(100)) {
            (_, 0..8) => Act::PassOn(Destination::Operator(operator(chance.below(OPERATORS.len())))),
            (_, 8..14) => Act::PassOn(Destination::Channel(channel(chance.below(2)))),
            (_, 14..20) => Act::Take,
            (_, 20..23) => Act::Spam,
            (_, 23..28) => Act::Join,
            (_, 28..31) => Act::Leave,
            (_, 31..34) => Act::Rename,
            (_, 34..37) => Act::SetPriority(chance.below(5) as i32),
            (false, 37..75) => Act::Answer,
            (false, 75..90) => Act::Skip,
            (false, _) => Act::AcceptAndFinish,
            (true, 37..44) => Act::Pin,
            (true, 44..50) => Act::Unpin,
            (true, 50..75) => Act::Reply { hidden: chance.percent(20) },
            (true, _) => Act::Finish,
        };
        Self::In { dialog: *id, by, act }
    }
}
