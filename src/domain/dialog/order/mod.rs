//! What a dialog is told: the commands of people, and the orders that the dispatcher gives itself.
//!
//! Orders have no actor and are never rejected: one that comes too late does nothing.

mod abandon;
mod announce;
mod auto_close;
mod dismiss;
mod expire_offer;
mod hand_off;
mod no_answer;
mod offer;
mod return_to_queue;
mod withdraw_offer;

pub use abandon::Abandon;
pub use announce::Announce;
pub use auto_close::AutoClose;
pub use dismiss::Dismiss;
pub use expire_offer::ExpireOffer;
pub use hand_off::HandOff;
pub use no_answer::NoAnswer;
pub use offer::Offer;
pub use return_to_queue::ReturnToQueue;
pub use withdraw_offer::WithdrawOffer;

use super::command::{
    AcceptAndFinish, Answer, AttachApp, ClientDelete, ClientEdit, ClientLeave, ClientTyping, CompleteRequest,
    Context, CreateEvent, CreateTask, Decision, DeleteMessage, DialogCommand, EditMessage, Erase,
    FailRequest, Finish, Invite, Join, Leave, Pin, PinAll, PostToFeed, Rate, Receive, RecordReceipt,
    RemoveParticipant, Rename, SaveToCrm, ScoreDialog, SendCanned, SendCard, SendForm, SendPayment,
    SetHiddenMode, SetPriority, Skip, Spam, SubmitForm, Take, Transfer, Typing, Unpin, UnpinAll,
    UpdatePayment, WriteReply,
};
use super::{Dialog, DialogTimer};
use crate::domain::command::Command;
use crate::domain::transient::Transient;
use crate::error::Rejection;
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
                let decision = match self { $(Self::$variant(order) => order.decide(dialog, context),)* }?;
                decision.unless_written_in(dialog)
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
    /// Its owner locks all that is theirs.
    PinAll(<PinAll>),
    /// Its owner unlocks all that is theirs.
    UnpinAll(<UnpinAll>),
    /// Somebody takes part in it.
    Join(<Join>),
    /// Somebody no longer takes part in it.
    Leave(<Leave>),
    /// Somebody brings a colleague in.
    Invite(<Invite>),
    /// Somebody sends a colleague away.
    RemoveParticipant(<RemoveParticipant>),
    /// Somebody renames it.
    Rename(<Rename>),
    /// Somebody switches their hidden mode.
    SetHiddenMode(<SetHiddenMode>),
    /// Somebody makes it more or less urgent.
    SetPriority(<SetPriority>),
    /// Somebody changes a message.
    Edit(<EditMessage>),
    /// Somebody deletes a message.
    Delete(<DeleteMessage>),
    /// The client changed a message.
    ClientEdit(Box<ClientEdit>),
    /// The client deleted a message.
    ClientDelete(Box<ClientDelete>),
    /// A message has got further on its way.
    Receipt(<RecordReceipt>),
    /// The client rates it.
    Rate(<Rate>),
    /// A supervisor scores it.
    Score(<ScoreDialog>),
    /// Somebody is writing.
    Typing(<Typing>),
    /// The client is writing.
    ClientTyping(<ClientTyping>),
    /// Somebody sends a canned reply in it.
    SendCanned(Box<SendCanned>),
    /// Somebody sends a form in it.
    SendForm(Box<SendForm>),
    /// Somebody asks for a payment in it.
    SendPayment(Box<SendPayment>),
    /// Somebody sends a card in it.
    SendCard(Box<SendCard>),
    /// A client filled in a form.
    SubmitForm(Box<SubmitForm>),
    /// Something has become of a payment.
    UpdatePayment(<UpdatePayment>),
    /// Somebody attaches an app to it.
    AttachApp(Box<AttachApp>),
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
    /// A participant is no longer there.
    Dismiss(<Dismiss>),
    /// All that was written in it has to go.
    Erase(Box<Erase>),
    /// The time of the bot that holds it is over.
    HandOff(<HandOff>),
    /// Nobody has answered for long.
    NoAnswer(<NoAnswer>),
    /// The client has waited too long.
    Abandon(<Abandon>),
    /// Nothing has been written for long.
    AutoClose(<AutoClose>),
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
            Self::Join(it) => Some(it.dialog),
            Self::Leave(it) => Some(it.dialog),
            Self::Invite(it) => Some(it.dialog),
            Self::RemoveParticipant(it) => Some(it.dialog),
            Self::Rename(it) => Some(it.dialog),
            Self::SetHiddenMode(it) => Some(it.dialog),
            Self::SetPriority(it) => Some(it.dialog),
            Self::Score(it) => Some(it.dialog),
            Self::Typing(it) => Some(it.dialog),
            Self::Rate(it) => Some(it.dialog),
            Self::Edit(it) => Some(it.message.dialog()),
            Self::Delete(it) => Some(it.message.dialog()),
            Self::Receipt(it) => Some(it.message.dialog()),
            Self::SendCanned(send) => Some(send.dialog),
            Self::SendForm(send) => Some(send.dialog),
            Self::SendPayment(send) => Some(send.dialog),
            Self::SendCard(send) => Some(send.dialog),
            Self::AttachApp(attach) => Some(attach.dialog),
            Self::CreateTask(it) => Some(it.0.message.dialog()),
            Self::CreateEvent(it) => Some(it.0.message.dialog()),
            Self::PostToFeed(it) => Some(it.0.message.dialog()),
            Self::SaveToCrm(it) => Some(it.dialog),
            Self::CompleteRequest(it) => Some(it.request.dialog()),
            Self::FailRequest(it) => Some(it.request.dialog()),
            _ => None,
        }
    }
}

impl DialogOrder {
    /// What others learn of it that is not kept, when it is allowed.
    pub fn transient(&self, dialog: &Dialog, context: &Context) -> Option<Transient> {
        match self {
            Self::Typing(typing) => typing.transient(dialog, context),
            Self::ClientTyping(typing) => typing.transient(dialog, context),
            _ => None,
        }
    }

    /// Whether the dialog may have ended behind it.
    pub fn may_end(&self) -> bool {
        matches!(
            self,
            Self::Finish(_)
                | Self::Spam(_)
                | Self::AcceptAndFinish(_)
                | Self::ClientLeave(_)
                | Self::Erase(_)
                | Self::Abandon(_)
                | Self::AutoClose(_)
        )
    }

    /// What it tells has happened by itself, if it is such an order.
    pub fn timer(&self) -> Option<DialogTimer> {
        match self {
            Self::HandOff(_) => Some(DialogTimer::HandOff),
            Self::NoAnswer(_) => Some(DialogTimer::NoAnswer),
            Self::Abandon(_) => Some(DialogTimer::Abandonment),
            Self::AutoClose(_) => Some(DialogTimer::Closing),
            _ => None,
        }
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
            Command::PinAll(it) => Self::PinAll(it),
            Command::UnpinAll(it) => Self::UnpinAll(it),
            Command::Join(it) => Self::Join(it),
            Command::Leave(it) => Self::Leave(it),
            Command::Invite(it) => Self::Invite(it),
            Command::RemoveParticipant(it) => Self::RemoveParticipant(it),
            Command::Rename(it) => Self::Rename(it),
            Command::SetHiddenMode(it) => Self::SetHiddenMode(it),
            Command::SetPriority(it) => Self::SetPriority(it),
            Command::Edit(it) => Self::Edit(it),
            Command::Delete(it) => Self::Delete(it),
            Command::ClientEdit(it) => Self::ClientEdit(it),
            Command::ClientDelete(it) => Self::ClientDelete(it),
            Command::Receipt(it) => Self::Receipt(it),
            Command::Rate(it) => Self::Rate(it),
            Command::Score(it) => Self::Score(it),
            Command::Typing(it) => Self::Typing(it),
            Command::ClientTyping(it) => Self::ClientTyping(it),
            Command::SendCanned(send) => Self::SendCanned(send),
            Command::SendForm(send) => Self::SendForm(send),
            Command::SendPayment(send) => Self::SendPayment(send),
            Command::SendCard(send) => Self::SendCard(send),
            Command::SubmitForm(submit) => Self::SubmitForm(submit),
            Command::UpdatePayment(update) => Self::UpdatePayment(update),
            Command::AttachApp(attach) => Self::AttachApp(attach),
            Command::CreateTask(it) => Self::CreateTask(it),
            Command::CreateEvent(it) => Self::CreateEvent(it),
            Command::PostToFeed(it) => Self::PostToFeed(it),
            Command::SaveToCrm(it) => Self::SaveToCrm(it),
            Command::CompleteRequest(it) => Self::CompleteRequest(it),
            Command::FailRequest(it) => Self::FailRequest(it),
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
