//! From a request to the outside to the dialog in which it is made, or was.

use super::Dispatcher;
use super::commands::{Asking, no_such_operator};
use crate::actors::answer::no_such_request;
use crate::domain::dialog::order::DialogOrder;
use crate::error::Code;
use crate::ids::{MessageId, OperatorId, RequestId};

impl Dispatcher {
    /// Tells the dialog of a message that the host is asked for something; whoever is to do it exists.
    pub(super) fn ask_host(
        &mut self,
        message: MessageId,
        assignee: Option<OperatorId>,
        order: DialogOrder,
        asking: Asking,
    ) {
        if assignee.is_some_and(|assignee| self.entry(&assignee).is_none()) {
            return self.reject(asking.caller, no_such_operator("assignee"));
        }
        self.order_on_message(message, order, asking);
    }

    /// Tells the dialog of a request what came of it. It may be long closed.
    pub(super) fn order_on_request(&mut self, request: RequestId, order: DialogOrder, asking: Asking) {
        match self.awake(request.dialog()) {
            Ok(_) => self.order(request.dialog(), order, None, asking),
            Err(rejection) if rejection.code == Code::DialogNotFound => {
                self.reject(asking.caller, no_such_request());
            }
            Err(rejection) => self.reject(asking.caller, rejection),
        }
    }
}
