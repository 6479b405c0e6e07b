//! From what concerns the outside to the dialog in which it is asked for, or was.

use super::Dispatcher;
use super::commands::{Asking, no_such_operator};
use crate::actors::answer::no_such_request;
use crate::domain::command::Command;
use crate::domain::dialog::command::FromMessage;
use crate::domain::dialog::order::DialogOrder;
use crate::error::Code;
use crate::ids::RequestId;

impl Dispatcher {
    /// Tells a dialog what the host is asked for, or what came of it.
    pub(super) fn outside(&mut self, command: Command, asking: Asking) {
        match command {
            Command::CreateTask(it) => self.ask_host(&it.0.clone(), DialogOrder::CreateTask(it), asking),
            Command::CreateEvent(it) => self.ask_host(&it.0.clone(), DialogOrder::CreateEvent(it), asking),
            Command::PostToFeed(it) => self.ask_host(&it.0.clone(), DialogOrder::PostToFeed(it), asking),
            Command::SaveToCrm(it) => self.order(it.dialog, DialogOrder::SaveToCrm(it), None, asking),
            Command::CompleteRequest(it) => {
                self.order_on_request(it.request, DialogOrder::CompleteRequest(it), asking);
            }
            Command::FailRequest(it) => {
                self.order_on_request(it.request, DialogOrder::FailRequest(it), asking);
            }
            other => debug_assert!(false, "{other:?} does not concern the outside"),
        }
    }

    /// Whoever is to do it exists.
    fn ask_host(&mut self, asked: &FromMessage, order: DialogOrder, asking: Asking) {
        if asked.assignee.as_ref().is_some_and(|assignee| self.entry(assignee).is_none()) {
            return self.reject(asking.caller, no_such_operator("assignee"));
        }
        self.order_on_message(asked.message, order, asking);
    }

    /// The dialog of a request may be long closed.
    fn order_on_request(&mut self, request: RequestId, order: DialogOrder, asking: Asking) {
        match self.awake(request.dialog()) {
            Ok(_) => self.order(request.dialog(), order, None, asking),
            Err(rejection) if rejection.code == Code::DialogNotFound => {
                self.reject(asking.caller, no_such_request());
            }
            Err(rejection) => self.reject(asking.caller, rejection),
        }
    }
}
