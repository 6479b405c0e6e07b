//! A contact centre in few words: who has which dialog, what was written, who has room. Every event must be
//! a step that is possible after the ones before it.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::domain::channel::{ChannelSettings, QueueMode};
use crate::domain::dialog::CloseReason;
use crate::domain::event::{ChannelEvent, Destination, DialogEvent, OperatorEvent};
use crate::domain::operator::Presence;
use crate::ids::{ChannelId, ClientId, DialogId, MessageId, OperatorId, RequestId};
use crate::storage::{OneEvent, Recorded};
use crate::timestamp::Timestamp;

/// Everything, as the events so far have made it.
#[derive(Debug, Default)]
pub(in crate::simulation) struct Model {
    pub operators: BTreeMap<OperatorId, Operator>,
    pub channels: BTreeMap<ChannelId, ChannelSettings>,
    pub dialogs: BTreeMap<DialogId, Dialog>,
    pub requests: BTreeMap<RequestId, Request>,
    pub counts: Counts,
    /// The last dialog of each client.
    pub last_of: BTreeMap<(ChannelId, ClientId), DialogId>,
    /// Everything unique that was ever written.
    written: HashSet<String>,
    /// Who was given something by the last event: capacity counts when the change is whole.
    to_weigh: Option<(DialogId, OperatorId)>,
}

/// What statistics count of everything.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::simulation) struct Counts {
    pub offered: u64,
    pub answered: u64,
    pub abandoned: u64,
}

#[derive(Debug, Default)]
pub(in crate::simulation) struct Operator {
    pub capacity: u64,
    /// The most that it has had to do since nothing was under way, or was allowed to have: changed
    /// settings take nothing away, and an answer to an offer adds nothing.
    peak: u64,
    pub presence: Presence,
}

/// How far a request to the outside has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::simulation) enum Request {
    Open,
    Retry(Timestamp),
    Failed,
    Done,
}

#[derive(Debug)]
pub(in crate::simulation) struct Dialog {
    /// In whose queue or hands it is.
    pub channel: ChannelId,
    pub client: (ChannelId, ClientId),
    pub previous: Option<DialogId>,
    /// A closed one keeps its last owner.
    pub owner: Option<OperatorId>,
    /// Units taken from the owner.
    weight: u64,
    /// To whom it is offered, with the units set aside for that.
    pub offered: BTreeMap<OperatorId, u64>,
    pub participants: BTreeSet<OperatorId>,
    pub pinned: bool,
    pub title: Option<String>,
    pub messages: Vec<(MessageId, String)>,
    pub rating: Option<u8>,
    pub closed: bool,
    /// Whether somebody ever owned it.
    was_answered: bool,
}

impl Dialog {
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    pub fn status(&self) -> &'static str {
        match (self.closed, &self.owner, self.offered.is_empty()) {
            (true, ..) => "closed",
            (_, Some(_), _) => "answered",
            (.., false) => "offered",
            _ => "waiting",
        }
    }

    fn give(&mut self, operator: &OperatorId, weight: u32) {
        self.was_answered = true;
        self.owner = Some(operator.clone());
        self.weight = u64::from(weight);
        self.offered.clear();
        self.participants.remove(operator);
    }
}

impl Model {
    /// Takes the next event in.
    ///
    /// # Panics
    /// If it cannot follow what was before.
    pub fn take(&mut self, recorded: &Recorded) {
        let goes_on = |dialog: DialogId| matches!(&recorded.event, OneEvent::Dialog(id, _) if *id == dialog);
        if let Some((_, operator)) = self.to_weigh.take_if(|(dialog, _)| !goes_on(*dialog)) {
            self.weigh(&operator);
        }
        if self.to_weigh.is_none() {
            self.note_peaks();
        }
        match &recorded.event {
            OneEvent::Operator(id, event) => self.operator(id, event),
            OneEvent::Channel(id, ChannelEvent::Put(settings)) => {
                self.channels.insert(id.clone(), (**settings).clone());
            }
            OneEvent::Dialog(id, event) => self.dialog(*id, event),
            OneEvent::Item(..) | OneEvent::Channel(..) | OneEvent::Internal(..) => {}
        }
    }

    /// What an operator holds, and what is set aside for offers.
    pub fn workload(&self, operator: &OperatorId) -> (u64, u64) {
        let open = || self.dialogs.values().filter(|dialog| !dialog.closed);
        let held = open().filter(|dialog| dialog.owner.as_ref() == Some(operator));
        // Where the first who answers gets it, nothing is set aside.
        let sets_aside = |dialog: &&Dialog| {
            self.channels.get(&dialog.channel).is_none_or(|settings| settings.queue.mode != QueueMode::All)
        };
        let offered = open().filter(sets_aside).filter_map(|dialog| dialog.offered.get(operator));
        (held.map(|dialog| dialog.weight).sum(), offered.sum())
    }

    /// Who could take a dialog that waits in this channel.
    pub fn takers(&self, channel: &ChannelId) -> Vec<&OperatorId> {
        let Some(settings) = self.channels.get(channel) else { return Vec::new() };
        if settings.queue.mode == QueueMode::Manual {
            return Vec::new();
        }
        let members = settings.queue.members.iter().map(|member| &member.operator);
        members.filter(|operator| self.could_take(operator, settings)).collect()
    }

    fn could_take(&self, operator: &OperatorId, settings: &ChannelSettings) -> bool {
        let Some(known) = self.operators.get(operator) else { return false };
        let (held, offered) = self.workload(operator);
        let is_there = known.presence == Presence::Online || !settings.queue.check_online;
        is_there && held + offered + u64::from(settings.weight) <= known.capacity
    }

    /// Nothing is under way.
    pub fn settle(&mut self) {
        if let Some((_, operator)) = self.to_weigh.take() {
            self.weigh(&operator);
        }
        self.operators.values_mut().for_each(|operator| operator.peak = operator.capacity);
        self.note_peaks();
    }

    /// Nobody is given more than they have room for.
    fn weigh(&self, operator: &OperatorId) {
        let ((held, offered), known) = (self.workload(operator), &self.operators[operator]);
        let Operator { capacity, peak, .. } = known;
        assert!(held + offered <= *peak, "{operator} is given {held} + {offered} of {capacity}, had {peak}");
    }

    fn note_peaks(&mut self) {
        let names: Vec<OperatorId> = self.operators.keys().cloned().collect();
        for name in names {
            let (held, offered) = self.workload(&name);
            if let Some(operator) = self.operators.get_mut(&name) {
                operator.peak = operator.peak.max(held + offered).max(operator.capacity);
            }
        }
    }

    fn write(&mut self, words: &str) {
        if words.starts_with("word ") {
            assert!(self.written.insert(words.to_owned()), "{words:?} is there twice");
        }
    }

    fn operator(&mut self, id: &OperatorId, event: &OperatorEvent) {
        let operator = self.operators.entry(id.clone()).or_default();
        match event {
            OperatorEvent::Put(settings) => operator.capacity = u64::from(settings.capacity),
            OperatorEvent::PresenceSet(presence) => operator.presence = *presence,
            OperatorEvent::Removed => unreachable!("nobody is removed here"),
        }
    }

    fn dialog(&mut self, id: DialogId, event: &DialogEvent) {
        if let DialogEvent::Opened { channel, client, previous, .. } = event {
            return self.open(id, channel, client, *previous);
        }
        match event {
            DialogEvent::MessageAdded(message) => self.write(&message.text),
            DialogEvent::Rated { comment, .. } => self.write(comment.as_deref().unwrap_or_default()),
            DialogEvent::Renamed { title, .. } => self.write(title.as_deref().unwrap_or_default()),
            DialogEvent::RequestCreated(_)
            | DialogEvent::RequestCompleted(_)
            | DialogEvent::RequestFailed(_) => return self.request(event),
            DialogEvent::Offered { operators, .. } => {
                self.to_weigh = operators.first().map(|operator| (id, operator.clone()));
            }
            DialogEvent::Answered { operator, .. } | DialogEvent::Taken { operator, .. } => {
                self.to_weigh = Some((id, operator.clone()));
            }
            _ => {}
        }
        let dialog = self.dialogs.get_mut(&id).unwrap_or_else(|| panic!("dialog {id} was never opened"));
        let first_answer = !dialog.was_answered;
        dialog.take(id, event);
        match event {
            DialogEvent::Answered { .. } | DialogEvent::Taken { .. } if first_answer => {
                self.counts.answered += 1
            }
            DialogEvent::Closed { reason: CloseReason::Abandoned | CloseReason::Rejected, .. }
                if first_answer =>
            {
                self.counts.abandoned += 1;
            }
            _ => {}
        }
    }

    fn open(&mut self, id: DialogId, channel: &ChannelId, client: &ClientId, previous: Option<DialogId>) {
        self.counts.offered += 1;
        assert!(self.dialogs.keys().all(|other| *other < id), "the id of dialog {id} was used before");
        let key = (channel.clone(), client.clone());
        let last = self.last_of.insert(key.clone(), id);
        assert_eq!(previous, last, "the dialog before {id}");
        let open = last.filter(|last| !self.dialogs[last].closed);
        assert_eq!(open, None, "{client} has two open dialogs, {id} too");
        let dialog = Dialog {
            channel: channel.clone(),
            client: key,
            previous,
            owner: None,
            weight: 0,
            offered: BTreeMap::new(),
            participants: BTreeSet::new(),
            pinned: false,
            title: None,
            messages: Vec::new(),
            rating: None,
            closed: false,
            was_answered: false,
        };
        self.dialogs.insert(id, dialog);
    }

    fn request(&mut self, event: &DialogEvent) {
        match event {
            DialogEvent::RequestCreated(request) => {
                self.write(request.details.title.as_deref().unwrap_or_default());
                assert_eq!(
                    self.requests.insert(request.id, Request::Open),
                    None,
                    "{:?} is made twice",
                    request.id
                );
            }
            DialogEvent::RequestCompleted(completed) => {
                self.write(&completed.link.reference);
                let before = self.requests.insert(completed.request, Request::Done);
                assert!(
                    before.is_some_and(|before| before != Request::Done),
                    "{:?} is done twice",
                    completed.request
                );
            }
            DialogEvent::RequestFailed(failed) => {
                self.write(&failed.reason);
                let now = failed.retry_at.map_or(Request::Failed, Request::Retry);
                let before = self.requests.insert(failed.request, now);
                assert!(
                    before.is_some_and(|before| before != Request::Done),
                    "{:?} was done",
                    failed.request
                );
            }
            _ => {}
        }
    }
}

impl Dialog {
    fn take(&mut self, id: DialogId, event: &DialogEvent) {
        let says_after_the_end = matches!(
            event,
            DialogEvent::MessageAdded(_)
                | DialogEvent::ParticipantLeft { .. }
                | DialogEvent::Renamed { .. }
                | DialogEvent::Rated { .. }
        );
        assert!(!self.closed || says_after_the_end, "dialog {id} is closed, and then {event:?}");
        match event {
            DialogEvent::Waiting { .. } => assert_eq!(self.status(), "waiting", "dialog {id}"),
            DialogEvent::Offered { operators, weight, .. } => {
                assert_eq!(self.owner, None, "dialog {id} is offered and has an owner");
                self.offered.extend(operators.iter().map(|operator| (operator.clone(), u64::from(*weight))));
            }
            DialogEvent::OfferWithdrawn { operator }
            | DialogEvent::OfferSkipped { operator }
            | DialogEvent::OfferExpired { operator } => {
                assert!(self.offered.remove(operator).is_some(), "dialog {id} was not offered to {operator}");
            }
            DialogEvent::Answered { operator, weight, .. } => {
                assert_eq!(self.owner, None, "dialog {id} is answered twice");
                self.give(operator, *weight);
            }
            DialogEvent::Taken { operator, from, weight } => {
                assert_eq!(self.owner, *from, "dialog {id} is taken from another");
                self.give(operator, *weight);
            }
            DialogEvent::Transferred { from, to, .. } => {
                assert_eq!(self.owner, *from, "dialog {id} is passed on by another");
                self.owner = None;
                self.offered.clear();
                if let Destination::Channel(channel) = to {
                    self.channel = channel.clone();
                }
            }
            DialogEvent::MessageAdded(message) => {
                assert!(self.messages.last().is_none_or(|last| last.0 < message.id), "dialog {id} goes back");
                self.messages.push((message.id, message.text.clone()));
            }
            DialogEvent::Closed { .. } => {
                self.closed = true;
                self.pinned = false;
                self.offered.clear();
                self.participants.clear();
            }
            DialogEvent::ParticipantJoined { operator, .. } => {
                self.participants.insert(operator.clone());
            }
            DialogEvent::ParticipantLeft { operator, .. } => {
                self.participants.remove(operator);
            }
            DialogEvent::Rated { score, .. } => {
                assert_eq!(self.rating.replace(*score), None, "dialog {id} is rated twice");
            }
            DialogEvent::Pinned { .. } => self.pinned = true,
            DialogEvent::Unpinned { .. } => self.pinned = false,
            DialogEvent::Renamed { title, .. } => self.title = title.clone(),
            _ => {}
        }
    }
}
