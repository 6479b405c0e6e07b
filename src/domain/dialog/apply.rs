//! How events change a dialog: pure and infallible, the same when they happen and at recovery.

use super::{
    Author, Client, CloseReason, Dialog, HostRequest, Insert, KeptRuling, Message, MovedMessage, Notice,
    Rating, Ruled, Score, Status,
};
use crate::domain::event::{Destination, DialogEvent};
use crate::domain::statistics::Progress;
use crate::ids::{DialogId, MessageId, OperatorId, RequestId};
use crate::limits;
use crate::timestamp::Timestamp;

impl Dialog {
    /// The dialog that its first event makes; `None` if that is not an opening.
    pub fn from_event(id: DialogId, event: &DialogEvent, at: Timestamp) -> Option<Self> {
        let mut blank = Self::blank(id, at);
        blank.progress.follow(event, at);
        match event {
            DialogEvent::Opened { channel, client, client_name, previous, wishes } => {
                let (channel, name) = (channel.clone(), client_name.clone());
                let client = Some(Client { channel: channel.clone(), id: client.clone(), name });
                let wishes = wishes.clone();
                Some(Self { channel: Some(channel), client, previous: *previous, wishes, ..blank })
            }
            DialogEvent::OpenedByMove { channel, client, previous } => {
                let (channel, client) = (Some(channel.clone()), Some((**client).clone()));
                Some(Self { channel, client, previous: Some(*previous), ..blank })
            }
            DialogEvent::OpenedInternally { by } => {
                Some(Self { status: Status::Answered, owner: Some(by.clone()), ..blank })
            }
            _ => None,
        }
    }

    fn blank(id: DialogId, at: Timestamp) -> Self {
        Self {
            id,
            channel: None,
            client: None,
            status: Status::Waiting,
            owner: None,
            participants: Vec::new(),
            former_participants: Vec::new(),
            pinned: false,
            announced: false,
            round: Vec::new(),
            weight: 0,
            previous: None,
            opened_at: at,
            entered_at: at,
            closed_at: None,
            title: None,
            hidden_mode: Vec::new(),
            rating: None,
            score: None,
            messages: Vec::new(),
            apps: Vec::new(),
            requests: Vec::new(),
            former_owners: Vec::new(),
            moved: None,
            erased_at: None,
            wishes: None,
            rulings: Vec::new(),
            progress: Progress::default(),
            owned_at: None,
            unanswered_in: Vec::new(),
        }
    }

    /// Takes an event in that nobody needs any more: as [`apply`](Self::apply), without a copy of what
    /// was written.
    pub fn take_in(&mut self, event: DialogEvent, at: Timestamp) {
        match event {
            DialogEvent::MessageAdded(message) => self.add(*message),
            event => self.apply(&event, at),
        }
    }

    /// Takes an event in. Never fails: an event is a fact.
    pub fn apply(&mut self, event: &DialogEvent, at: Timestamp) {
        self.progress.follow(event, at);
        match event {
            DialogEvent::Opened { .. }
            | DialogEvent::OpenedInternally { .. }
            | DialogEvent::OpenedByMove { .. }
            | DialogEvent::OperatorMentioned { .. } => {}
            DialogEvent::Waiting { ruling, .. } => {
                self.announced = true;
                self.rule(ruling.as_ref(), &[], at);
            }
            DialogEvent::Offered { operators, deadline, weight, ruling } => {
                self.offer(operators, *deadline, *weight);
                self.rule(ruling.as_ref(), operators, at);
            }
            DialogEvent::OfferWithdrawn { operator } => self.end_offer(operator),
            DialogEvent::OfferSkipped { operator } | DialogEvent::OfferExpired { operator } => {
                self.end_offer(operator);
                if !self.round.contains(operator) {
                    self.round.push(operator.clone());
                }
            }
            DialogEvent::Answered { operator, weight, ruling } => {
                self.own(operator, *weight, at);
                self.rule(ruling.as_ref(), std::slice::from_ref(operator), at);
            }
            DialogEvent::Taken { operator, weight, .. } => self.own(operator, *weight, at),
            DialogEvent::BotJoined { operator } => self.hold(operator),
            DialogEvent::OverflowFull { .. } => self.was_unanswered(),
            DialogEvent::Transferred { from: None, to, by: None } => {
                // Nobody owned it and nobody passed it on: nobody had answered in time.
                self.was_unanswered();
                self.transfer(to, at);
            }
            DialogEvent::Transferred { to, .. } => self.transfer(to, at),
            DialogEvent::PrioritySet { priority, .. } => {
                self.wishes.get_or_insert_default().priority = Some(*priority);
            }
            DialogEvent::Pinned { .. } => self.pinned = true,
            DialogEvent::Unpinned { .. } => self.pinned = false,
            DialogEvent::MessageAdded(message) => self.add((**message).clone()),
            DialogEvent::FormSubmitted { message, answers } => {
                if let Some(Insert::Form(form)) = self.insert_of(*message) {
                    form.answers = Some(answers.clone());
                }
            }
            DialogEvent::PaymentUpdated { message, status } => {
                if let Some(Insert::Payment(payment)) = self.insert_of(*message) {
                    payment.status = *status;
                }
            }
            DialogEvent::AppAttached { app, .. } => self.apps.push(app.clone()),
            DialogEvent::RequestCreated(request) => self.requests.push((**request).clone()),
            DialogEvent::RequestCompleted(completed) => {
                self.with_request(completed.request, |request| request.complete(completed.link.clone()));
            }
            DialogEvent::RequestFailed(failed) => {
                self.with_request(failed.request, |request| request.fail(&failed.reason, failed.retry_at));
            }
            DialogEvent::Closed { reason, .. } => self.close(*reason, at),
            _ => self.apply_to_content(event, at),
        }
    }

    fn close(&mut self, reason: CloseReason, at: Timestamp) {
        self.status = Status::Closed { reason };
        self.pinned = false;
        self.announced = false;
        std::mem::take(&mut self.participants).iter().for_each(|operator| self.part_with(operator));
        self.hidden_mode.clear();
        self.round.clear();
        self.closed_at = Some(at);
    }

    /// What changes neither who has the dialog nor where it stands.
    fn apply_to_content(&mut self, event: &DialogEvent, at: Timestamp) {
        match event {
            DialogEvent::ParticipantJoined { operator, .. } if !self.takes_part(operator) => {
                self.participants.push(operator.clone());
            }
            DialogEvent::ParticipantLeft { operator, .. } => {
                self.part_with(operator);
            }
            DialogEvent::Renamed { title, .. } => self.title = title.clone(),
            DialogEvent::HiddenModeSet { operator, on } => {
                self.hidden_mode.retain(|other| other != operator);
                self.hidden_mode.extend(on.then(|| operator.clone()));
            }
            DialogEvent::MessageEdited(edit) => self.change(edit.message, |message| {
                message.revise(edit.text.clone(), edit.by.as_ref(), at);
                message.edited_at = Some(at);
            }),
            DialogEvent::MessageDeleted { message, by, .. } => self.change(*message, |message| {
                message.revise(String::new(), by.as_ref(), at);
                message.deleted = true;
            }),
            DialogEvent::ReceiptUpdated { message, state } => {
                self.change(*message, |message| message.receipt = Some(*state));
            }
            DialogEvent::MessageMoved { message, to, .. } => {
                self.messages.retain(|other| other.id != *message);
                self.moved = Some(MovedMessage { message: *message, to: *to });
            }
            DialogEvent::Rated { score, comment } => {
                self.rating = Some(Rating { score: *score, comment: comment.clone(), at });
            }
            DialogEvent::Scored { rating, comment, by } => {
                let (comment, by) = (comment.clone(), by.clone());
                self.score = Some(Score { rating: *rating, comment, by, at });
            }
            DialogEvent::Erased | DialogEvent::ClientErased { .. } => self.erase(at),
            _ => {}
        }
    }

    fn part_with(&mut self, operator: &OperatorId) {
        self.participants.retain(|participant| participant != operator);
        if !self.former_participants.contains(operator) {
            self.former_participants.push(operator.clone());
        }
    }

    fn change(&mut self, id: MessageId, change: impl FnOnce(&mut Message)) {
        if let Ok(place) = self.messages.binary_search_by_key(&id, |message| message.id) {
            change(&mut self.messages[place]);
        }
    }

    fn with_request(&mut self, id: RequestId, change: impl FnOnce(&mut HostRequest)) {
        if let Ok(place) = self.requests.binary_search_by_key(&id, |request| request.id) {
            change(&mut self.requests[place]);
        }
    }

    fn offer(&mut self, operators: &[OperatorId], deadline: Option<Timestamp>, weight: u32) {
        // Whoever had it in this round gets it again only when a new round begins.
        if operators.iter().any(|operator| self.round.contains(operator)) {
            self.round.clear();
        }
        let mut to = self.offered_to().to_vec();
        to.extend_from_slice(operators);
        self.status = Status::Offered { to, deadline };
        self.announced = false;
        self.weight = weight;
    }

    /// A bot holds it, and it is in no queue.
    fn hold(&mut self, bot: &OperatorId) {
        self.status = Status::Bot;
        self.owner = Some(bot.clone());
    }

    fn end_offer(&mut self, operator: &OperatorId) {
        if let Status::Offered { to, .. } = &mut self.status {
            to.retain(|other| other != operator);
            if to.is_empty() {
                self.status = Status::Waiting;
                self.announced = false;
            }
        }
    }

    fn own(&mut self, operator: &OperatorId, weight: u32, at: Timestamp) {
        self.status = Status::Answered;
        self.owned_at = Some(at);
        self.announced = false;
        self.participants.retain(|participant| participant != operator);
        if let Some(before) = self.owner.replace(operator.clone()).filter(|before| before != operator) {
            self.remember(before);
        }
        self.weight = weight;
        self.round.clear();
    }

    fn insert_of(&mut self, message: MessageId) -> Option<&mut Insert> {
        let mut newest_first = self.messages.iter_mut().rev();
        newest_first.find(|other| other.id == message).and_then(|message| message.insert_mut())
    }

    fn transfer(&mut self, to: &Destination, at: Timestamp) {
        self.status = Status::Waiting;
        if let Some(before) = self.owner.take() {
            self.remember(before);
        }
        self.announced = false;
        self.round.clear();
        self.entered_at = at;
        if let Destination::Channel(channel) = to {
            self.channel = Some(channel.clone());
        }
    }

    /// Keeps why it was decided so.
    fn rule(&mut self, ruling: Option<&KeptRuling>, winners: &[OperatorId], at: Timestamp) {
        let Some(ruling) = ruling else { return };
        if self.rulings.len() == limits::RULINGS_PER_DIALOG {
            self.rulings.remove(0);
        }
        if self.rulings.is_empty() {
            // Most dialogs are given away once; a list begins with room for four.
            self.rulings.reserve_exact(1);
        }
        let winners = winners.iter().cloned().collect();
        self.rulings.push(Ruled { at, ruling: ruling.clone(), winners });
    }

    fn add(&mut self, message: Message) {
        if message.author == Author::System(Notice::NoAnswer) {
            self.was_unanswered();
        }
        self.messages.push(message);
    }

    /// What its channel does when nobody answers in time has been done.
    fn was_unanswered(&mut self) {
        if let Some(channel) = &self.channel
            && !self.unanswered_in.contains(channel)
        {
            self.unanswered_in.push(channel.clone());
        }
    }

    fn remember(&mut self, operator: OperatorId) {
        if !self.former_owners.contains(&operator) {
            self.former_owners.push(operator);
        }
    }
}
