//! What a dialog is told: the commands of people, and the orders that the dispatcher gives itself.
//!
//! Orders have no actor and are never rejected: one that comes too late does nothing.

mod announce;
mod expire_offer;
mod offer;
mod return_to_queue;
mod withdraw_offer;

pub use announce::Announce;
pub use expire_offer::ExpireOffer;
pub use offer::Offer;
pub use return_to_queue::ReturnToQueue;
pub use withdraw_offer::WithdrawOffer;

use super::Dialog;
use super::command::guard;
use super::command::{
    AcceptAndFinish, Answer, ClientLeave, CompleteRequest, Context, CreateEvent, CreateTask, Decision,
    DialogCommand, FailRequest, Finish, Pin, PostToFeed, Receive, SaveToCrm, Skip, Spam, Take, Transfer,
    Unpin, WriteReply,
};
use crate::domain::command::Command;
use crate::error::{Code, Rejection};
use crate::ids::DialogId;

/// The list stands once: a variant for each, how to make it, and how it decides.
macro_rules! dialog_orders {
    ($($(#[$doc:meta])* $variant:ident($($boxed:ident)? <$order:ident>),)*) => {
        /// Everything that a dialog can be told.
        #[derive(Debug, Clone)]
        pub enum DialogOrder {
            $($(#[$doc])* $variant(dialog_orders!(@held $($boxed)? $order)),)*
        }

        impl DialogCommand for DialogOrder {
            fn decide(&self, dialog: &Dialog, context: &Context) -> Result<Decision, Rejection> {
                match self { $(Self::$variant(order) => order.decide(dialog, context),)* }
            }
        }

        $(impl From<$order> for DialogOrder {
            fn from(order: $order) -> Self {
                Self::$variant(order.into())
            }
        })*
    };
    (@held Box $order:ident) => { Box<$order> };
    (@held $order:ident) => { $order };
}

dialog_orders! {
    /// A client wrote.
    Receive(Box<Receive>),
    /// A client left.
    ClientLeave(<ClientLeave>),
    /// Somebody answers it.
    Answer(<Answer>),
    /// Somebody declines it.
    Skip(<Skip>),
    /// Somebody answers and closes it.
    AcceptAndFinish(<AcceptAndFinish>),
    /// Somebody writes in it.
    Reply(Box<WriteReply>),
    /// Somebody passes it on.
    Transfer(Box<Transfer>),
    /// Somebody makes it their own.
    Take(<Take>),
    /// Somebody locks it.
    Pin(<Pin>),
    /// Somebody unlocks it.
    Unpin(<Unpin>),
    /// Somebody closes it.
    Finish(<Finish>),
    /// Somebody closes it as spam.
    Spam(<Spam>),
    /// Somebody makes a task of a message.
    CreateTask(Box<CreateTask>),
    /// Somebody makes a calendar event of a message.
    CreateEvent(Box<CreateEvent>),
    /// Somebody posts a message to the feed.
    PostToFeed(Box<PostToFeed>),
    /// Somebody saves it to the CRM.
    SaveToCrm(Box<SaveToCrm>),
    /// The host did what a request asked for.
    CompleteRequest(Box<CompleteRequest>),
    /// The host could not do it.
    FailRequest(Box<FailRequest>),
    /// The dispatcher found operators for it.
    Offer(<Offer>),
    /// The dispatcher found nobody for it.
    Announce(<Announce>),
    /// The time for an answer is over.
    ExpireOffer(<ExpireOffer>),
    /// An operator it is offered to is no longer there.
    WithdrawOffer(<WithdrawOffer>),
    /// Its owner is no longer there.
    ReturnToQueue(<ReturnToQueue>),
}

impl DialogOrder {
    /// The dialog that a command of an operator names. Clients' commands name a client, and the
    /// dispatcher's orders go to a dialog that it knows.
    pub fn dialog(&self) -> Option<DialogId> {
        match self {
            Self::Answer(answer) => Some(answer.dialog),
            Self::Skip(skip) => Some(skip.dialog),
            Self::AcceptAndFinish(accept) => Some(accept.dialog),
            Self::Reply(reply) => Some(reply.dialog),
            Self::Transfer(transfer) => Some(transfer.dialog),
            Self::Take(take) => Some(take.dialog),
            Self::Pin(pin) => Some(pin.dialog),
            Self::Unpin(unpin) => Some(unpin.dialog),
            Self::Finish(finish) => Some(finish.dialog),
            Self::Spam(spam) => Some(spam.dialog),
            Self::CreateTask(create) => Some(create.0.message.dialog()),
            Self::CreateEvent(create) => Some(create.0.message.dialog()),
            Self::PostToFeed(post) => Some(post.0.message.dialog()),
            Self::SaveToCrm(save) => Some(save.dialog),
            Self::CompleteRequest(complete) => Some(complete.request.dialog()),
            Self::FailRequest(fail) => Some(fail.request.dialog()),
            _ => None,
        }
    }
}

impl DialogOrder {
    /// What to say when the dialog is not there: the order may have named a thing in it instead.
    pub fn not_found(&self, no_such_dialog: Rejection) -> Rejection {
        match self {
            _ if no_such_dialog.code != Code::DialogNotFound => no_such_dialog,
            Self::CreateTask(_) | Self::CreateEvent(_) | Self::PostToFeed(_) => guard::no_such_message(),
            Self::CompleteRequest(_) | Self::FailRequest(_) => guard::no_such_request(),
            _ => no_such_dialog,
        }
    }

    /// Whether the dialog may have ended behind it.
    pub fn may_end(&self) -> bool {
        matches!(self, Self::Finish(_) | Self::Spam(_) | Self::AcceptAndFinish(_) | Self::ClientLeave(_))
    }
}

impl TryFrom<Command> for DialogOrder {
    /// The command, if it is none on a dialog.
    type Error = Command;

    fn try_from(command: Command) -> Result<Self, Command> {
        Ok(match command {
            Command::Receive(receive) => Self::Receive(receive),
            Command::ClientLeave(leave) => Self::ClientLeave(leave),
            Command::Answer(answer) => Self::Answer(answer),
            Command::Skip(skip) => Self::Skip(skip),
            Command::AcceptAndFinish(accept) => Self::AcceptAndFinish(accept),
            Command::Reply(reply) => Self::Reply(reply),
            Command::Transfer(transfer) => Self::Transfer(transfer),
            Command::Take(take) => Self::Take(take),
            Command::Pin(pin) => Self::Pin(pin),
            Command::Unpin(unpin) => Self::Unpin(unpin),
            Command::Finish(finish) => Self::Finish(finish),
            Command::Spam(spam) => Self::Spam(spam),
            Command::CreateTask(create) => Self::CreateTask(create),
            Command::CreateEvent(create) => Self::CreateEvent(create),
            Command::PostToFeed(post) => Self::PostToFeed(post),
            Command::SaveToCrm(save) => Self::SaveToCrm(save),
            Command::CompleteRequest(complete) => Self::CompleteRequest(complete),
            Command::FailRequest(fail) => Self::FailRequest(fail),
            other => return Err(other),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::operator::RemoveOperator;
    use crate::domain::testing::*;

    #[test]
    fn a_command_on_a_dialog_becomes_an_order_and_another_comes_back() {
        let order = DialogOrder::try_from(Command::from(Skip { dialog: DIALOG })).unwrap();
        assert_eq!(order.dialog(), Some(DIALOG));
        let remove = Command::from(RemoveOperator { operator: operator("anna") });
        assert!(matches!(DialogOrder::try_from(remove), Err(Command::RemoveOperator(_))));
        assert_eq!(DialogOrder::from(Announce).dialog(), None);
    }

    #[test]
    fn an_order_decides_as_what_it_holds() {
        let order = DialogOrder::from(Answer { dialog: DIALOG });
        given(waiting()).when(&order, &by("anna")).then([answered_event("anna", 10)]);
    }

    #[test]
    fn an_order_is_small_to_pass_on() {
        assert!(size_of::<DialogOrder>() <= 64);
    }
}
