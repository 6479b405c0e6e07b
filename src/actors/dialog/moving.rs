//! A message moves to a new dialog: the one change that concerns two.
//!
//! The actor of the dialog that closes writes down both changes in one batch, which reaches the disk
//! whole or not at all, and with them an image of the new dialog. Nobody knows that one before the
//! dispatcher gives it an actor of its own.

use std::sync::Arc;

use super::{News, OnDisk, State, send_image};
use crate::actors::caller::Caller;
use crate::actors::note::{Facts, Moved, Note};
use crate::actors::shard::OpenOutbox;
use crate::domain::dialog::Dialog;
use crate::domain::dialog::command::{Context, Decision, Move, MoveToNew, no_such_message};
use crate::domain::event::{Change, Events};
use crate::domain::reply::{Opened, Reply};
use crate::ids::DialogId;
use crate::routing::Fact;

/// A message is to move to a new dialog.
#[derive(Debug)]
pub struct Moving {
    /// The command.
    pub command: MoveToNew,
    /// The id of the new dialog.
    pub to: DialogId,
    /// Who, when, and what the dispatcher knows.
    pub context: Context,
    /// Who waits.
    pub caller: Caller,
}

impl State {
    pub(super) fn move_to_new(&mut self, moving: Moving, outbox: &mut OpenOutbox<'_>) {
        let Moving { command, to, context, caller } = moving;
        let decided = match self.dialog.as_deref() {
            Some(dialog) => command.decide(dialog, to, &context),
            None => Err(no_such_message()),
        };
        match decided {
            Ok(decided) => self.carry_over(decided, to, &context, caller, outbox),
            Err(rejection) => {
                outbox.release(caller, Err(rejection));
                outbox.note(Note::Stayed(to));
                self.note(outbox, true, Facts::new());
            }
        }
    }

    fn carry_over(
        &mut self,
        decided: Move,
        to: DialogId,
        context: &Context,
        caller: Caller,
        outbox: &mut OpenOutbox<'_>,
    ) {
        let Move { here, there } = decided;
        let now = context.now;
        let opened = there.first().and_then(|first| Dialog::from_event(to, first, now));
        let Some(mut dialog) = opened else { return };
        there.iter().for_each(|event| dialog.apply(event, now));
        let facts = Fact::all(&there, now).collect();
        // The dispatcher knows the new dialog before it hears that this one has ended.
        outbox.note(Note::Moved(Box::new(Moved { dialog: dialog.clone(), facts })));
        self.commit(outbox, Decision::done(here), now, Caller::nobody());
        #[cfg(test)]
        outbox.shared().reader.pass(crate::storage::testing::Trap::Move);
        let change = Change { at: now, events: Events::Dialog(to, there) };
        outbox.done(&change, Reply::Opened(Opened { dialog: to }), caller);
        send_image(&Arc::new(dialog), OnDisk::default(), News::default(), outbox);
    }
}
