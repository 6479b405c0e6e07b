//! Carrying out what the router directs, and watching its deadlines.

use std::time::Duration;

use actix::{AsyncContext, Context as ActorContext};

use super::{Dispatcher, Tick};
use crate::actors::caller::Caller;
use crate::actors::dialog::{ToDialog, Told};
use crate::domain::dialog::KeptRuling;
use crate::domain::dialog::command::Context;
use crate::domain::dialog::order::{Announce, DialogOrder, ExpireOffer, Offer, ReturnToQueue, WithdrawOffer};
use crate::domain::event::{Change, Events};
use crate::domain::reply::Reply;
use crate::ids::DialogId;
use crate::routing::Directive;
use crate::timestamp::Timestamp;

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
        for directive in self.router.due(now) {
            self.carry_out(directive, now);
        }
        self.direct(now);
        self.sweep(now);
        if self.shared.clock.is_virtual() {
            self.shared.activity.end(1);
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
            let wait = Duration::from_millis(deadline.since_ms(self.now()));
            context.run_later(wait, |_, context| {
                use actix::AsyncContext as _;
                context.address().do_send(Tick);
            });
        }
    }

    fn carry_out(&mut self, directive: Directive, now: Timestamp) {
        let (dialog, order) = order_of(directive);
        if let Err(rejection) = self.awake(dialog) {
            tracing::error!(%dialog, %rejection, "the router directs a dialog that cannot be woken");
            return;
        }
        let mut desk = self.desk_of(dialog);
        desk.ruling = self.router.take_ruling().map(KeptRuling::from);
        let context = Context { now, actor: None, desk };
        self.tell(dialog, ToDialog::Order(Box::new(Told { order, context, caller: Caller::nobody() })));
    }
}

fn order_of(directive: Directive) -> (DialogId, DialogOrder) {
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
    }
}
