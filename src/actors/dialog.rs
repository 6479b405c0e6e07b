//! The actor of one dialog: it owns the dialog's state, and nobody else changes it.

use std::sync::Arc;

use actix::{Actor, Context as ActorContext, Handler, Message};
use smallvec::SmallVec;

use super::answer::Answer;
use super::caller::{Caller, Outcome};
use super::guard::guarded;
use super::health::HealthCheck;
use super::note::{DialogNote, Note};
use super::script::Observation;
use super::shard::{OpenOutbox, Shard};
use crate::domain::dialog::Dialog;
use crate::domain::dialog::command::{Context, Decision, DialogCommand, Placement, Receive};
use crate::domain::dialog::order::DialogOrder;
use crate::domain::event::{Change, DialogEvent, Events};
use crate::domain::query::GetDialog;
use crate::error::{Code, Rejection};
use crate::ids::{DialogId, RequestId};
use crate::routing::Fact;
use crate::storage::{ClosedDialog, DialogImage, Image, Indexed, Thing, encode, fingerprint};

/// What a dialog can be told.
#[derive(Debug)]
pub enum ToDialog {
    /// A client's first message.
    Open(Box<Opening>),
    /// A command.
    Order(Box<Told>),
    /// Show yourself.
    Show(Box<GetDialog>, Caller),
    /// Show one of your requests to the outside.
    ShowRequest(RequestId, Caller),
    /// Write yourself to disk.
    Snapshot,
    /// Add what you are to the engine's fingerprint.
    Fingerprint(Arc<HealthCheck>),
}

impl Message for ToDialog {
    type Result = ();
}

/// A client's first message, with where the dispatcher puts the new dialog.
#[derive(Debug)]
pub struct Opening {
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

/// What of a dialog is on disk, or on its way there.
#[derive(Debug, Clone, Copy, Default)]
pub struct OnDisk {
    /// Fingerprint of the image; 0 if there is none.
    pub fingerprint: u64,
    /// Whether the image is that of an open dialog.
    pub open: bool,
    /// How many images this actor has sent; the last one is number `images`.
    pub images: u64,
    /// Whether the dialog is as its image says.
    pub clean: bool,
}

/// The actor of one dialog.
#[derive(Debug)]
pub struct DialogActor {
    id: DialogId,
    /// Boxed, so that an actor is small where it is moved: when it starts.
    dialog: Option<Box<Dialog>>,
    on_disk: OnDisk,
    shard: Arc<Shard>,
}

impl Actor for DialogActor {
    type Context = ActorContext<Self>;
}

impl DialogActor {
    /// The actor of a dialog that is yet to be opened.
    pub fn unopened(id: DialogId, shard: Arc<Shard>) -> Self {
        Self { id, dialog: None, on_disk: OnDisk::default(), shard }
    }

    /// The actor of a dialog that was asleep on disk, or is recovered.
    pub fn awake(dialog: Dialog, on_disk: OnDisk, shard: Arc<Shard>) -> Self {
        Self { id: dialog.id, dialog: Some(Box::new(dialog)), on_disk, shard }
    }

    fn open(&mut self, opening: Opening) {
        let Opening { receive, previous, placement, context, caller } = opening;
        let decision = receive.open(self.id, previous, &placement, &context);
        let shard = Arc::clone(&self.shard);
        let mut outbox = shard.open();
        self.commit(&mut outbox, decision, &context, caller);
    }

    fn order(&mut self, told: Told) {
        let Told { order, context, caller } = told;
        let shard = Arc::clone(&self.shard);
        let mut outbox = shard.open();
        let Some(dialog) = self.dialog.as_deref() else {
            outbox.release(caller, Err(Rejection::new(Code::DialogNotFound, "there is no such dialog")));
            return self.note(&mut outbox, true, SmallVec::new());
        };
        match order.decide(dialog, &context) {
            Ok(decision) => self.commit(&mut outbox, decision, &context, caller),
            Err(rejection) => {
                outbox.release(caller, Err(rejection));
                self.note(&mut outbox, true, SmallVec::new());
            }
        }
    }

    /// Applies what was decided and leaves it for the journal.
    fn commit(&mut self, outbox: &mut OpenOutbox<'_>, decision: Decision, context: &Context, caller: Caller) {
        let Decision { events, reply } = decision;
        let facts = events.iter().filter_map(|event| Fact::of(event, context.now)).collect();
        for event in &events {
            self.apply(event, context);
        }
        self.on_disk.clean &= events.is_empty();
        let change = Change { at: context.now, events: Events::Dialog(self.id, events) };
        outbox.done(&change, reply, caller);
        // A closed dialog goes to disk with every change: nobody else asks it to.
        if self.dialog.as_deref().is_some_and(Dialog::is_closed) {
            self.snapshot(outbox);
        }
        self.note(outbox, true, facts);
    }

    fn apply(&mut self, event: &DialogEvent, context: &Context) {
        match &mut self.dialog {
            Some(dialog) => dialog.apply(event, context.now),
            None => self.dialog = Dialog::from_event(self.id, event, context.now).map(Box::new),
        }
        if let (Some(dialog), Some(request)) = (&self.dialog, event.request()) {
            self.announce_request(dialog, request);
        }
        if self.shard.shared.tap.is_open()
            && let Some(observation) = observe(self.id, event)
        {
            self.shard.shared.tap.show(observation);
        }
    }

    /// Makes known where a request stands, until the next image tells.
    fn announce_request(&self, dialog: &Dialog, request: RequestId) {
        if let Some(request) = dialog.request(request) {
            self.shard.shared.reader.announce_request(request);
        }
    }

    fn show_request(&self, request: RequestId, caller: Caller) {
        let mut outbox = self.shard.open();
        let now = self.shard.shared.clock.now();
        outbox.release(caller, Answer::request(self.dialog.as_deref(), request, now).map(Outcome::answered));
        self.note(&mut outbox, false, SmallVec::new());
    }

    fn show(&self, query: &GetDialog, caller: Caller) {
        let mut outbox = self.shard.open();
        let names = &self.shard.shared.names;
        let outcome = match self.dialog.as_deref() {
            Some(dialog) => Ok(Outcome::Answered(Box::new(Answer::dialog(dialog, query, names)))),
            None => Err(Rejection::new(Code::DialogNotFound, "there is no such dialog")),
        };
        outbox.release(caller, outcome);
        self.note(&mut outbox, false, SmallVec::new());
    }

    /// Sends the present state to disk.
    fn snapshot(&mut self, outbox: &mut OpenOutbox<'_>) {
        let Some(dialog) = self.dialog.as_deref() else { return };
        if self.on_disk.clean {
            return;
        }
        let state = encode(dialog);
        let print = fingerprint(Thing::Dialog(self.id), &state);
        let delta = print.wrapping_sub(self.on_disk.fingerprint);
        let closed = dialog.is_closed().then(|| closing(dialog));
        let was_open_on_disk = self.on_disk.open;
        self.on_disk = OnDisk {
            fingerprint: print,
            open: closed.is_none(),
            images: self.on_disk.images + 1,
            clean: true,
        };
        if let Some(closed) = &closed {
            self.shard.shared.reader.announce_external(closed);
        }
        self.shard.shared.fingerprint.add(delta);
        let (id, version) = (self.id, self.on_disk.images);
        let requests = Indexed::all(dialog);
        let image =
            DialogImage { id, version, state, fingerprint_delta: delta, requests, closed, was_open_on_disk };
        outbox.image(Image::Dialog(Box::new(image)));
    }

    fn add_fingerprint(&self, check: &HealthCheck) {
        let print = match self.dialog.as_deref() {
            Some(dialog) if !self.on_disk.clean => fingerprint(Thing::Dialog(self.id), &encode(dialog)),
            _ => self.on_disk.fingerprint,
        };
        let mut outbox = self.shard.open();
        check.add(print.wrapping_sub(self.on_disk.fingerprint), &mut outbox);
        self.note(&mut outbox, false, SmallVec::new());
    }

    fn note(&self, outbox: &mut OpenOutbox<'_>, trip: bool, facts: SmallVec<[Fact; 3]>) {
        let clean = self.on_disk.clean.then_some(self.on_disk.images);
        let closed = self.dialog.as_deref().is_none_or(Dialog::is_closed);
        outbox.note(Note::Dialog(DialogNote { dialog: self.id, trip, facts, clean, closed }));
    }
}

impl Handler<ToDialog> for DialogActor {
    type Result = ();

    fn handle(&mut self, message: ToDialog, _: &mut Self::Context) {
        let handled = guarded(|| match message {
            ToDialog::Open(opening) => self.open(*opening),
            ToDialog::Order(told) => self.order(*told),
            ToDialog::Show(query, caller) => self.show(&query, caller),
            ToDialog::ShowRequest(request, caller) => self.show_request(request, caller),
            ToDialog::Snapshot => {
                let shard = Arc::clone(&self.shard);
                let mut outbox = shard.open();
                self.snapshot(&mut outbox);
                self.note(&mut outbox, false, SmallVec::new());
            }
            ToDialog::Fingerprint(check) => self.add_fingerprint(&check),
        });
        let shared = &self.shard.shared;
        shared.check(handled);
        shared.activity.end(1);
    }
}

/// What is filed beside the image of a dialog that has ended.
pub(super) fn closing(dialog: &Dialog) -> ClosedDialog {
    let external_ids = dialog
        .messages
        .iter()
        .filter_map(|message| message.external_id.clone().map(|external| (external, message.id)))
        .collect();
    ClosedDialog { client: (dialog.client.channel.clone(), dialog.client.id.clone()), external_ids }
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
