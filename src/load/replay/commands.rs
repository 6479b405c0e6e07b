//! The requests that a replay sends. Nothing here decides when.

use crate::domain::channel::{Accept, ChannelSettings, Member, PutChannel, Queue, QueueMode};
use crate::domain::command::Command;
use crate::domain::dialog::command::{ClientLeave, Finish, Receive};
use crate::domain::operator::{OperatorSettings, Presence, PutOperator, SetPresence};
use crate::domain::request::Request;
use crate::ids::{ChannelId, ClientId, DialogId, OperatorId};

/// The one channel of a replay.
const CHANNEL: &str = "replay";

/// What each client writes: the recording keeps that somebody came, not what was said.
const TEXT: &str = "A recorded arrival";

/// Weight of a dialog: with 1, an operator's capacity is the number of its dialogs.
const WEIGHT: u32 = 1;

/// How long an offer would stand; with `accept: auto` none is made.
const OFFER_TIMEOUT_MS: u64 = 60_000;

/// What the plan says of the channel.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    pub mode: QueueMode,
    pub max_waiting: Option<u32>,
    pub abandon_ms: Option<u64>,
}

pub(super) fn channel() -> ChannelId {
    ChannelId::new(CHANNEL).expect("a constant of 1 to 128 characters is an id")
}

/// The operator at `place`, from 0.
pub(super) fn operator(place: usize) -> OperatorId {
    OperatorId::new(format!("operator-{:05}", place + 1)).expect("15 characters or more are an id")
}

fn client(arrival: u64) -> ClientId {
    ClientId::new(arrival.to_string()).expect("1 to 20 digits are an id")
}

pub(super) fn put_operator(place: usize, capacity: u32) -> Request {
    let name = format!("Operator {}", place + 1);
    let settings = OperatorSettings { name, capacity, ..OperatorSettings::default() };
    Request::new(Command::PutOperator(Box::new(PutOperator { operator: operator(place), settings })))
}

pub(super) fn put_channel(operators: usize, rules: Rules) -> Request {
    let member = |place: usize| Member { operator: operator(place), rank: place as i64 + 1 };
    let queue = Queue {
        mode: rules.mode,
        members: (0..operators).map(member).collect(),
        accept: Accept::Auto,
        offer_timeout_ms: OFFER_TIMEOUT_MS,
        check_online: true,
    };
    let settings = ChannelSettings {
        name: "Recorded traffic".to_owned(),
        queue,
        weight: WEIGHT,
        max_waiting: rules.max_waiting,
        abandon_ms: rules.abandon_ms,
        ..ChannelSettings::default()
    };
    Request::new(Command::PutChannel(Box::new(PutChannel { channel: channel(), settings })))
}

pub(super) fn set_presence(operator: OperatorId, online: bool) -> Request {
    let presence = if online { Presence::Online } else { Presence::Offline };
    Request::new(Command::SetPresence(SetPresence { operator, presence }))
}

pub(super) fn receive(channel: &ChannelId, arrival: u64) -> Request {
    Request::new(Command::Receive(Box::new(Receive::new(channel.clone(), client(arrival), TEXT))))
}

pub(super) fn client_leave(channel: &ChannelId, arrival: u64) -> Request {
    Request::new(Command::ClientLeave(ClientLeave { channel: channel.clone(), client: client(arrival) }))
}

pub(super) fn finish(dialog: DialogId, owner: OperatorId) -> Request {
    Request::new(Command::Finish(Finish { dialog })).by(owner)
}
