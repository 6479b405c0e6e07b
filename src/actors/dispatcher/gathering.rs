//! Commands on several dialogs: each does its part, and whoever asked is answered once.
//!
//! The answer leaves by the dispatcher's own way out, behind the parts: a part is heard of only when
//! it is in the journal's channel.

use hashbrown::HashMap;

use super::Dispatcher;
use super::commands::Asking;
use crate::actors::caller::{Caller, Outcome, Slot};
use crate::domain::dialog::order::DialogOrder;
use crate::domain::event::{Change, Events};
use crate::domain::reply::Reply;
use crate::error::Rejection;
use crate::ids::DialogId;
use crate::timestamp::Timestamp;

/// The commands that are under way.
#[derive(Debug, Default)]
pub struct Gatherings {
    begun: u64,
    under_way: HashMap<u64, Gathering>,
}

/// One of them.
#[derive(Debug)]
struct Gathering {
    caller: Caller,
    outstanding: usize,
    changed: Vec<DialogId>,
}

impl Dispatcher {
    /// Asks every dialog that the acting operator owns.
    pub(super) fn each_of_mine(&mut self, order: impl Into<DialogOrder>, asking: Asking) {
        let (order, Asking { acting, caller, now }) = (order.into(), asking);
        let owner = acting.as_ref().map(|acting| &acting.operator);
        let dialogs = owner.map_or_else(Vec::new, |owner| self.router.owned_by(owner));
        let gathering = Gathering { caller, outstanding: dialogs.len(), changed: Vec::new() };
        if dialogs.is_empty() {
            return self.gathered(gathering, now);
        }
        self.gatherings.begun += 1;
        let number = self.gatherings.begun;
        self.gatherings.under_way.insert(number, gathering);
        for dialog in dialogs {
            let caller = Caller::waiting(Slot::Part(number));
            self.order(dialog, order.clone(), None, Asking { acting: acting.clone(), caller, now });
        }
    }

    /// A dialog has done its part. One that has refused has changed nothing.
    pub(super) fn part_arrived(&mut self, number: u64, outcome: Result<Outcome, Rejection>, now: Timestamp) {
        let Some(gathering) = self.gatherings.under_way.get_mut(&number) else { return };
        if let Ok(Outcome::Done(Reply::Dialogs(dialogs))) = outcome {
            gathering.changed.extend(dialogs);
        }
        gathering.outstanding -= 1;
        if gathering.outstanding == 0
            && let Some(gathering) = self.gatherings.under_way.remove(&number)
        {
            self.gathered(gathering, now);
        }
    }

    fn gathered(&self, gathering: Gathering, now: Timestamp) {
        let Gathering { caller, mut changed, .. } = gathering;
        changed.sort_unstable();
        let mut outbox = self.shard.open();
        match caller.key() {
            // The key is kept with a change of its own: the parts belong to their dialogs.
            Some(_) => {
                let change = Change { at: now, events: Events::Clock };
                outbox.done(&change, Reply::Dialogs(changed), caller);
            }
            None => outbox.release(caller, Ok(Outcome::Done(Reply::Dialogs(changed)))),
        }
    }
}
