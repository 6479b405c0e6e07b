//! Dialogs of employees among themselves: they are in no queue, and the router knows none of them.

use super::Dispatcher;
use super::commands::Asking;
use crate::actors::dialog::{Beginning, OnDisk, ToDialog};
use crate::domain::dialog::command::{Discuss, Lookup, no_such_message};
use crate::ids::DialogId;

impl Dispatcher {
    /// The message to discuss was looked up.
    pub(super) fn discuss(&mut self, discuss: Discuss, lookup: &Lookup, asking: Asking) {
        let Asking { acting, caller, now } = asking;
        let (Lookup::Message(seen), Some(me)) = (lookup, acting) else {
            return self.reject(caller, no_such_message());
        };
        let dialog = match self.unused_id() {
            Ok(dialog) => dialog,
            Err(rejection) => return self.reject(caller, rejection),
        };
        let works_here = |operator: &_| self.entry(operator).is_some_and(|entry| !entry.bot);
        match discuss.open(dialog, seen, &me, works_here, now) {
            Ok(decision) => {
                self.next_dialog = DialogId(dialog.0 + 1);
                self.start_dialog(dialog, None, OnDisk::default(), None);
                let beginning = Beginning { dialog, decision, now, caller };
                self.tell(dialog, ToDialog::Begin(Box::new(beginning)));
            }
            Err(rejection) => self.reject(caller, rejection),
        }
    }
}
