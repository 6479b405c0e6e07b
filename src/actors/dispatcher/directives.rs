//! Carrying out what the router directs, and watching its deadlines.

use std::time::Duration;

use actix::{AsyncContext, Context as ActorContext};

use super::{Dispatcher, Tick};
use crate::actors::caller::Caller;
use crate::actors::dialog::{ToDialog, Told};
use crate::domain::dialog::command::Context;
use crate::domain::dialog::order::{
    Abandon, Announce, AutoClose, DialogOrder, ExpireOffer, HandOff, NoAnswer, Offer, ReturnToQueue,
    WithdrawOffer,
};
use crate::domain::dialog::{DialogTimer, KeptRuling};
use crate::domain::event::{Change, Events};
use crate::domain::reply::Reply;
use crate::ids::DialogId;
use crate::routing::Directive;
use crate::timestamp::Timestamp;

/// Timers of the runtime are not made for years. Who wakes too early waits again.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3600);

impl Dispatcher {
    /// Carries out everything that follows from what has just changed.
    pub(super) fn direct(&mut self, now: Timestamp) {
        self.router.tell_time(now);
        while let Some(directive) = self.router.next() {
            self.carry_out(directive, now);
        }
    }

    /// A deadline has come, or the clock was moved.
    pub(super) fn tick(&mut self) {
        let now = self.now();
        self.armed = None;
        self.direct(now);
        self.sweep(now);
        if self.shared.clock.is_virtual() {
            self.shared.activity.end(1);
        }
    }

    /// Carries out what falls due now, kind by kind, with all that follows; what has to come back first
    /// goes on when it is back.
    pub(super) fn fire(&mut self) {
        if self.router.next_deadline().is_none() {
            return;
        }
        let now = self.now();
        while self.router.has_due(now) {
            for directive in self.router.due(now) {
                self.carry_out(directive, now);
            }
            self.direct(now);
        }
    }

    /// Writes down where the clock stands.
    pub(super) fn keep_clock(&mut self) {
        let change = Change { at: self.now(), events: Events::Clock };
        self.shard.open().done(&change, Reply::Done, Caller::nobody());
        self.shared.activity.end(1);
    }

    /// Sets a timer for the next deadline. On virtual time the pilot watches it instead.
    pub(super) fn arm(&mut self, context: &mut ActorContext<Self>) {
        let deadlines = [self.router.next_deadline(), self.retention.next_deadline()];
        let deadline = deadlines.into_iter().flatten().min();
        if self.shared.clock.is_virtual() {
            return self.shared.deadline.set(deadline);
        }
        if let Some(deadline) = deadline
            && self.armed.is_none_or(|armed| deadline < armed)
        {
            self.armed = Some(deadline);
            let wait = Duration::from_millis(deadline.since_ms(self.now())).min(LONGEST_WAIT);
            context.run_later(wait, |_, context| {
                use actix::AsyncContext as _;
                context.address().do_send(Tick);
            });
        }
    }

    fn carry_out(&mut self, directive: Directive, now: Timestamp) {
        let overflow = match &directive {
            Directive::TimeOut { dialog, timer: DialogTimer::NoAnswer } => self.overflow_of(*dialog),
            _ => None,
        };
        let (dialog, full) = (directive.dialog(), overflow.as_ref());
        let full = full.is_some_and(|channel| !self.router.hold_place(dialog, channel));
        let (dialog, order) = order_of(directive, full);
        if let Err(rejection) = self.awake(dialog) {
            tracing::error!(%dialog, %rejection, "the router directs a dialog that cannot be woken");
            return;
        }
        let mut desk = self.desk_of(dialog);
        if let Some(overflow) = overflow {
            desk.closed_queue = self.closed(&overflow);
        }
        desk.ruling = self.router.take_ruling().map(KeptRuling::from);
        let context = Context { now, actor: None, desk };
        self.tell(dialog, ToDialog::Order(Box::new(Told { order, context, caller: Caller::nobody() })));
    }
}

/// The order; `full` says whether the queue into which it may go is.
fn order_of(directive: Directive, full: bool) -> (DialogId, DialogOrder) {
    match directive {
        Directive::Offer { dialog, operators } => (dialog, DialogOrder::Offer(Offer { operators })),
        Directive::Announce { dialog } => (dialog, DialogOrder::Announce(Announce)),
        Directive::Withdraw { dialog, operator } => {
            (dialog, DialogOrder::WithdrawOffer(WithdrawOffer { operator }))
        }
        Directive::Expire { dialog, deadline } => {
            (dialog, DialogOrder::ExpireOffer(ExpireOffer { deadline }))
        }
        Directive::ReturnToQueue { dialog, operator } => {
            (dialog, DialogOrder::ReturnToQueue(ReturnToQueue { operator }))
        }
        Directive::TimeOut { dialog, timer } => (dialog, order_of_timer(timer, full)),
    }
}

fn order_of_timer(timer: DialogTimer, full: bool) -> DialogOrder {
    match timer {
        DialogTimer::HandOff => HandOff.into(),
        DialogTimer::NoAnswer => NoAnswer { overflow_full: full }.into(),
        DialogTimer::Abandonment => Abandon.into(),
        DialogTimer::Closing => AutoClose.into(),
    }
}
