//! The actor of one dialog: it owns the dialog's state, and nobody else changes it.

mod imaging;
mod moving;

use std::sync::Arc;

use actix::{Actor, Context as ActorContext, Handler, Message};

use super::answer::{Answer, Pending};
use super::caller::{Caller, Outcome};
use super::errand::Errand;
use super::guard::guarded;
use super::health::HealthCheck;
use super::listing::Listing;
use super::note::{DialogNote, Facts, Note};
use super::script::Observation;
use super::shard::{OpenOutbox, Shard};
use super::shared::Shared;
use crate::domain::dialog::Dialog;
use crate::domain::dialog::command::{
    Context, Decision, DialogCommand, Lookup, Placement, Receive, SeenMessage,
};
use crate::domain::dialog::order::DialogOrder;
use crate::domain::event::{Change, DialogEvent, Events};
use crate::domain::query::{GetDialog, GetFile, History};
use crate::domain::statistics::Standing;
use crate::domain::view::{Explanation, uploaded};
use crate::error::{Code, Rejection};
use crate::ids::{DialogId, MessageId, OperatorId, RequestId};
use crate::routing::Fact;
use crate::storage::Packed;
use crate::timestamp::Timestamp;

pub use self::imaging::{Fingerprinted, News, OnDisk, send_image};
pub use self::moving::Moving;

/// What a dialog can be told.
#[derive(Debug)]
pub enum ToDialog {
    /// A client's first message.
    Open(Box<Opening>),
    /// Begin as was decided.
    Begin(Box<Beginning>),
    /// A command.
    Order(Box<Told>),
    /// Move a message to a new dialog.
    Move(Box<Moving>),
    /// Show yourself.
    Show(Box<GetDialog>, Caller),
    /// Say why you were given out as you were.
    Explain(Caller),
    /// Say which content a file has.
    File(GetFile, Caller),
    /// Show what of yourself belongs to a page of your client's history.
    History(Box<History>, Caller),
    /// Show a message to a command on another dialog, or on none.
    Look(MessageId, Box<Errand>),
    /// Show one of your requests to the outside.
    ShowRequest(RequestId, Caller),
    /// Write yourself to disk.
    Snapshot,
    /// Add what you are to the engine's fingerprint.
    Fingerprint(Arc<HealthCheck>),
    /// Say whether you fit.
    List(Arc<Listing>),
}

impl Message for ToDialog {
    type Result = ();
}

/// A client's first message, with where the dispatcher puts the new dialog.
#[derive(Debug)]
pub struct Opening {
    /// The new dialog.
    pub dialog: DialogId,
    /// The message.
    pub receive: Box<Receive>,
    /// The client's dialog before.
    pub previous: Option<DialogId>,
    /// In whose hands it is.
    pub placement: Placement,
    /// Time and rules.
    pub context: Context,
    /// Who waits.
    pub caller: Caller,
}

/// A new dialog that begins with no message of a client.
#[derive(Debug)]
pub struct Beginning {
    /// The new dialog.
    pub dialog: DialogId,
    /// What happens.
    pub decision: Decision,
    /// When.
    pub now: Timestamp,
    /// Who waits.
    pub caller: Caller,
}

/// A command with what it needs to know.
#[derive(Debug)]
pub struct Told {
    /// What to do.
    pub order: DialogOrder,
    /// Who, when, and what the dispatcher knows.
    pub context: Context,
    /// Who waits.
    pub caller: Caller,
}

/// The actor of one dialog. When all of a dialog that has ended is on its way to the disk, its actor
/// is free for the next dialog that opens.
#[derive(Debug)]
pub struct DialogActor {
    state: State,
    shard: Arc<Shard>,
}

/// What the actor has of its dialog.
#[derive(Debug)]
struct State {
    id: DialogId,
    /// In common with the image in which it goes to the disk, once it is closed.
    dialog: Option<Arc<Dialog>>,
    on_disk: OnDisk,
}

impl Actor for DialogActor {
    type Context = ActorContext<Self>;
}

impl DialogActor {
    /// An actor that waits for a dialog to be opened.
    pub fn unopened(shard: Arc<Shard>) -> Self {
        Self { state: State::of(DialogId(0)), shard }
    }

    /// The actor of a dialog that was asleep on disk, or is recovered.
    pub fn awake(dialog: Dialog, on_disk: OnDisk, shard: Arc<Shard>) -> Self {
        Self { state: State { id: dialog.id, dialog: Some(Arc::new(dialog)), on_disk }, shard }
    }
}

impl State {
    /// Before anything has happened.
    fn of(id: DialogId) -> Self {
        Self { id, dialog: None, on_disk: OnDisk::default() }
    }

    fn open(&mut self, opening: Opening, outbox: &mut OpenOutbox<'_>) {
        let Opening { dialog, receive, previous, placement, mut context, caller } = opening;
        if let Placement::Assigned(operator) | Placement::Bot(operator) = &placement {
            name(operator, &mut context, outbox.shared());
        }
        *self = Self::of(dialog);
        let decision = receive.open(self.id, previous, &placement, &context);
        self.commit(outbox, decision, context.now, caller);
    }

    fn begin(&mut self, beginning: Beginning, outbox: &mut OpenOutbox<'_>) {
        let Beginning { dialog, decision, now, caller } = beginning;
        *self = Self::of(dialog);
        self.commit(outbox, decision, now, caller);
    }

    /// What was told stays where it is until it is done with: it is large.
    fn order(&mut self, mut told: Box<Told>, outbox: &mut OpenOutbox<'_>) {
        let Some(dialog) = self.dialog.as_deref() else {
            outbox.release(told.caller, Err(Rejection::new(Code::DialogNotFound, "there is no such dialog")));
            return self.note(outbox, true, Facts::new());
        };
        let acting = told.context.actor.as_ref().map(|actor| &actor.operator);
        if let Some(operator) = dialog.owner.as_ref().or(acting).cloned() {
            name(&operator, &mut told.context, outbox.shared());
        }
        let Told { order, context, .. } = &*told;
        match order.decide(dialog, context) {
            Ok(decision) if decision.events.is_empty() && order.timer().is_some() => {
                let facts = not_yet(order, dialog, context).into_iter().collect();
                self.note(outbox, true, facts);
            }
            Ok(decision) => {
                if let Some(transient) = order.transient(dialog, context) {
                    outbox.transient(transient);
                }
                self.commit(outbox, decision, context.now, told.caller);
            }
            Err(rejection) => {
                outbox.release(told.caller, Err(rejection));
                self.note(outbox, true, Facts::new());
            }
        }
    }

    /// Applies what was decided and leaves it for the journal.
    fn commit(&mut self, outbox: &mut OpenOutbox<'_>, decision: Decision, now: Timestamp, caller: Caller) {
        let Decision { events, reply } = decision;
        let internal = match self.dialog.as_deref() {
            Some(dialog) => dialog.is_internal(),
            None => matches!(events.first(), Some(DialogEvent::OpenedInternally { .. })),
        };
        let facts = match internal {
            true => Facts::new(),
            false => Fact::all(&events, now).collect(),
        };
        let keeper = self.keeper();
        let standing = Standing::before(self.dialog.as_deref(), &events, now);
        let changed = !events.is_empty();
        if let (true, Some(dialog), Fingerprinted::AsItIs) = (changed, &self.dialog, self.on_disk.fingerprint)
        {
            self.on_disk.fingerprint = Fingerprinted::As(Packed::of(dialog).fingerprint);
        }
        self.on_disk.clean &= !changed;
        let of_dialog = if internal { Events::Internal } else { Events::Dialog };
        let change = Change { at: now, events: of_dialog(self.id, events) };
        outbox.done_with(&change, standing.as_ref(), reply, caller);
        #[cfg(test)]
        outbox.shared().reader.pass(crate::storage::testing::Trap::Dialog);
        let (Events::Dialog(_, events) | Events::Internal(_, events)) = change.events else { return };
        let erases = events.iter().any(DialogEvent::erases);
        let erased = self.dialog.as_deref().filter(|_| erases).map(Dialog::traces);
        let ends = !self.dialog.as_deref().is_some_and(Dialog::is_closed);
        for event in events {
            company(self.id, &event).into_iter().for_each(|note| outbox.note(note));
            self.apply(event, now, outbox.shared());
        }
        self.note_keeper(keeper, outbox);
        // Of what has ended there is always an image of what it is now: nothing else keeps it awake.
        if changed && self.dialog.as_deref().is_some_and(Dialog::is_closed) {
            self.snapshot(News { ends, erased }, outbox);
        }
        self.note(outbox, true, facts);
    }

    /// Who owns an internal dialog that is open: the router knows nothing of it.
    fn keeper(&self) -> Option<OperatorId> {
        let dialog = self.dialog.as_deref().filter(|dialog| dialog.is_internal() && !dialog.is_closed())?;
        dialog.owner.clone()
    }

    fn note_keeper(&self, before: Option<OperatorId>, outbox: &mut OpenOutbox<'_>) {
        let now = self.keeper();
        if before != now {
            let changes = before.map(|operator| (operator, false)).into_iter();
            for (operator, takes_part) in changes.chain(now.map(|operator| (operator, true))) {
                outbox.note(Note::Company { dialog: self.id, operator, takes_part });
            }
        }
    }

    fn apply(&mut self, event: DialogEvent, now: Timestamp, shared: &Shared) {
        if shared.tap.is_open()
            && let Some(observation) = observe(self.id, &event)
        {
            shared.tap.show(observation);
        }
        let (request, erases) = (event.request(), event.erases());
        match &mut self.dialog {
            Some(dialog) => Arc::make_mut(dialog).take_in(event, now),
            None => self.dialog = Dialog::from_event(self.id, &event, now).map(Arc::new),
        }
        if let (Some(dialog), Some(request)) = (&self.dialog, request) {
            announce_request(dialog, request, shared);
        }
        if let (Some(dialog), true) = (&self.dialog, erases) {
            dialog.requests.iter().for_each(|request| announce_request(dialog, request.id, shared));
        }
    }

    fn show_request(&self, request: RequestId, caller: Caller, outbox: &mut OpenOutbox<'_>) {
        let now = outbox.shared().clock.now();
        outbox.release(caller, Answer::request(self.dialog.as_deref(), request, now).map(Outcome::answered));
        self.note(outbox, false, Facts::new());
    }

    fn show(&self, query: &GetDialog, caller: Caller, outbox: &mut OpenOutbox<'_>) {
        let names = &outbox.shared().names;
        let outcome = match self.dialog.as_deref() {
            Some(dialog) => Answer::dialog(dialog, query, names).map(answered),
            None => Err(Rejection::new(Code::DialogNotFound, "there is no such dialog")),
        };
        outbox.release(caller, outcome);
        self.note(outbox, false, Facts::new());
    }

    fn explain(&self, caller: Caller, outbox: &mut OpenOutbox<'_>) {
        let explained = self.dialog.as_deref().map(|dialog| Answer::Explained(Explanation::of(dialog)));
        let not_found = || Rejection::new(Code::DialogNotFound, "there is no such dialog");
        outbox.release(caller, explained.map(answered).ok_or_else(not_found));
        self.note(outbox, false, Facts::new());
    }

    fn history(&self, query: &History, caller: Caller, outbox: &mut OpenOutbox<'_>) {
        let names = &outbox.shared().names;
        let outcome = match self.dialog.as_deref() {
            Some(dialog) => Answer::history(dialog, query, names).map(answered),
            None => Err(Rejection::new(Code::DialogNotFound, "there is no such dialog")),
        };
        outbox.release(caller, outcome);
        self.note(outbox, false, Facts::new());
    }

    fn file(&self, query: GetFile, caller: Caller, outbox: &mut OpenOutbox<'_>) {
        let message = self.dialog.as_deref().and_then(|dialog| dialog.message(query.message));
        let found = uploaded(message, query.index);
        let answer = found.map(|(file, hash)| Answer::Pending(Pending::Content(file, hash)));
        outbox.release(caller, answer.map(answered));
        self.note(outbox, false, Facts::new());
    }

    fn look(&self, message: MessageId, errand: Box<Errand>, outbox: &mut OpenOutbox<'_>) {
        let seen = self.dialog.as_deref().and_then(|dialog| SeenMessage::of(dialog, message));
        let lookup = seen.map_or(Lookup::Nothing, |seen| Lookup::Message(Box::new(seen)));
        outbox.note(Note::Found(errand, lookup));
        self.note(outbox, false, Facts::new());
    }

    /// Sends the present state to disk.
    fn snapshot(&mut self, news: News, outbox: &mut OpenOutbox<'_>) {
        let Some(dialog) = &self.dialog else { return };
        if !self.on_disk.clean {
            self.on_disk = send_image(dialog, self.on_disk, news, outbox);
        }
    }

    fn add_fingerprint(&self, check: &HealthCheck, outbox: &mut OpenOutbox<'_>) {
        let ahead = self.dialog.as_deref().filter(|_| !self.on_disk.clean).map_or(0, |dialog| {
            Packed::of(dialog).fingerprint.wrapping_sub(self.on_disk.fingerprint.of(dialog))
        });
        check.add(ahead, outbox);
        self.note(outbox, false, Facts::new());
    }

    fn list(&self, listing: &Listing, outbox: &mut OpenOutbox<'_>) {
        listing.add(self.dialog.as_deref(), outbox);
        self.note(outbox, false, Facts::new());
    }

    fn note(&self, outbox: &mut OpenOutbox<'_>, trip: bool, facts: Facts) {
        let clean = self.on_disk.clean;
        let closed = self.dialog.as_deref().is_none_or(Dialog::is_closed);
        let erased = self.dialog.as_deref().is_some_and(Dialog::is_erased);
        outbox.note(Note::Dialog(DialogNote { dialog: self.id, trip, facts, clean, closed, erased }));
    }
}

impl Handler<ToDialog> for DialogActor {
    type Result = ();

    fn handle(&mut self, message: ToDialog, _: &mut Self::Context) {
        let Self { state, shard } = self;
        let handled = guarded(|| {
            let outbox = &mut shard.open();
            match message {
                ToDialog::Open(opening) => state.open(*opening, outbox),
                ToDialog::Begin(beginning) => state.begin(*beginning, outbox),
                ToDialog::Order(told) => state.order(told, outbox),
                ToDialog::Move(moving) => state.move_to_new(*moving, outbox),
                ToDialog::Show(query, caller) => state.show(&query, caller, outbox),
                ToDialog::Explain(caller) => state.explain(caller, outbox),
                ToDialog::File(query, caller) => state.file(query, caller, outbox),
                ToDialog::History(query, caller) => state.history(&query, caller, outbox),
                ToDialog::Look(message, errand) => state.look(message, errand, outbox),
                ToDialog::ShowRequest(request, caller) => state.show_request(request, caller, outbox),
                ToDialog::Snapshot => {
                    state.snapshot(News::default(), outbox);
                    state.note(outbox, false, Facts::new());
                }
                ToDialog::Fingerprint(check) => state.add_fingerprint(&check, outbox),
                ToDialog::List(listing) => state.list(&listing, outbox),
            }
        });
        shard.shared.check(handled);
    }
}

/// Puts the name of the operator at hand into what a command knows, if anything may be written in it.
fn name(operator: &OperatorId, context: &mut Context, shared: &Shared) {
    if context.desk.channel.is_some() {
        let name = shared.names.get(operator).filter(|name| !name.is_empty());
        context.desk.operator_name = Some(name.unwrap_or_else(|| operator.to_string()));
    }
}

/// Makes known where a request stands, until the next image tells.
fn announce_request(dialog: &Dialog, request: RequestId, shared: &Shared) {
    if let Some(request) = dialog.request(request) {
        shared.reader.announce_request(request);
    }
}

/// When it will be time for what has not happened yet, as everything is now.
fn not_yet(order: &DialogOrder, dialog: &Dialog, context: &Context) -> Option<Fact> {
    let (timer, channel) = (order.timer()?, context.desk.channel.as_ref()?);
    let at = dialog.deadline(timer, &channel.settings)?;
    (at > context.now).then_some(Fact::NotYet { timer, at })
}

fn answered(answer: Answer) -> Outcome {
    Outcome::Answered(Box::new(answer))
}

/// What the dispatcher has to know of who takes part.
fn company(dialog: DialogId, event: &DialogEvent) -> Option<Note> {
    let (operator, takes_part) = match event {
        DialogEvent::ParticipantJoined { operator, .. } => (operator, true),
        DialogEvent::ParticipantLeft { operator, .. } => (operator, false),
        _ => return None,
    };
    Some(Note::Company { dialog, operator: operator.clone(), takes_part })
}

fn observe(dialog: DialogId, event: &DialogEvent) -> Option<Observation> {
    match event {
        DialogEvent::Waiting { .. } => Some(Observation::Waiting { dialog }),
        DialogEvent::Answered { operator, .. } | DialogEvent::Taken { operator, .. } => {
            Some(Observation::Answered { dialog, operator: operator.clone() })
        }
        DialogEvent::Closed { reason, .. } => Some(Observation::Closed { dialog, reason: *reason }),
        _ => None,
    }
}
