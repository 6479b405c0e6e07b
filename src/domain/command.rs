//! Everything that a host, a connector or an operator may ask for, by name.

use super::channel::PutChannel;
use super::dialog::Contact;
use super::dialog::command::{
    AcceptAndFinish, Answer, AttachApp, ClientDelete, ClientEdit, ClientLeave, ClientTyping, CompleteRequest,
    CreateEvent, CreateTask, DeleteMessage, Discuss, EditMessage, FailRequest, Finish, Invite, Join, Leave,
    MoveToNew, Pin, PinAll, PostToFeed, Rate, Receive, RecordReceipt, RemoveParticipant, Rename, SaveToCrm,
    ScoreDialog, SendCanned, SendCard, SendForm, SendPayment, SetHiddenMode, SetPriority, Skip, Spam,
    SubmitForm, Take, Transfer, Typing, Unpin, UnpinAll, UpdatePayment, WriteReply,
};
use super::file::{NewFile, Upload};
use super::library::{PutApp, PutCannedReply, PutForm, SaveCanned};
use super::operator::{PutOperator, RemoveOperator, SetPresence};
use crate::error::Rejection;

/// A wish to change something. Each has a file of its own beside the thing that it changes.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Command {
    /// Creates or replaces a channel.
    PutChannel(Box<PutChannel>),
    /// Creates or replaces an operator.
    PutOperator(Box<PutOperator>),
    /// Dismisses an operator.
    RemoveOperator(RemoveOperator),
    /// Says whether an operator is there.
    SetPresence(SetPresence),
    /// A client wrote.
    Receive(Box<Receive>),
    /// A client left.
    ClientLeave(ClientLeave),
    /// Makes an offered or waiting dialog mine.
    Answer(Answer),
    /// Declines an offer.
    Skip(Skip),
    /// Answers and closes in one step.
    AcceptAndFinish(AcceptAndFinish),
    /// Writes a message.
    Reply(Box<WriteReply>),
    /// Passes a dialog on.
    Transfer(Box<Transfer>),
    /// Makes a dialog mine, even another's.
    Take(Take),
    /// Locks a dialog to its owner.
    Pin(Pin),
    /// Unlocks a dialog.
    Unpin(Unpin),
    /// Closes a dialog.
    Finish(Finish),
    /// Closes a dialog as spam.
    Spam(Spam),
    /// Locks all dialogs that I own.
    PinAll(PinAll),
    /// Unlocks all dialogs that I own.
    UnpinAll(UnpinAll),
    /// Takes part in a dialog.
    Join(Join),
    /// Ends my part in a dialog.
    Leave(Leave),
    /// Brings a colleague into a dialog.
    Invite(Invite),
    /// Ends a colleague's part in a dialog.
    RemoveParticipant(RemoveParticipant),
    /// Gives a dialog a title of the employees' own.
    Rename(Rename),
    /// Makes my next messages in a dialog hidden.
    SetHiddenMode(SetHiddenMode),
    /// Makes a dialog more or less urgent.
    SetPriority(SetPriority),
    /// Gives a message another text.
    Edit(EditMessage),
    /// Takes the text of a message away.
    Delete(DeleteMessage),
    /// A client gave a message another text.
    ClientEdit(Box<ClientEdit>),
    /// A client took a message back.
    ClientDelete(Box<ClientDelete>),
    /// A message has got further on its way to the client.
    Receipt(RecordReceipt),
    /// A client rates a closed dialog.
    Rate(Rate),
    /// A supervisor scores a closed dialog.
    Score(ScoreDialog),
    /// An operator is writing.
    Typing(Typing),
    /// A client is writing.
    ClientTyping(ClientTyping),
    /// Creates or replaces a canned reply.
    PutCannedReply(Box<PutCannedReply>),
    /// Creates or replaces a form.
    PutForm(Box<PutForm>),
    /// Installs an app, or replaces it.
    PutApp(Box<PutApp>),
    /// A client filled in a form.
    SubmitForm(Box<SubmitForm>),
    /// Something has become of a payment.
    UpdatePayment(UpdatePayment),
    /// Sends a canned reply.
    SendCanned(Box<SendCanned>),
    /// Sends a form.
    SendForm(Box<SendForm>),
    /// Asks for a payment.
    SendPayment(Box<SendPayment>),
    /// Sends a card.
    SendCard(Box<SendCard>),
    /// Makes a canned reply of a message.
    SaveCanned(Box<SaveCanned>),
    /// Attaches an app to a dialog.
    AttachApp(Box<AttachApp>),
    /// Asks the host to create a task.
    CreateTask(Box<CreateTask>),
    /// Asks the host to create a calendar event.
    CreateEvent(Box<CreateEvent>),
    /// Asks the host to post to the feed.
    PostToFeed(Box<PostToFeed>),
    /// Asks the host to save a deal and the client's contacts.
    SaveToCrm(Box<SaveToCrm>),
    /// The host did what a request asked for.
    CompleteRequest(Box<CompleteRequest>),
    /// The host could not do it.
    FailRequest(Box<FailRequest>),
    /// Opens an internal dialog about a message.
    Discuss(Discuss),
    /// Moves a client's message to a new dialog.
    MoveToNew(MoveToNew),
}

impl Command {
    /// Checks the form: lengths, ranges and what excludes each other. Whether the things named
    /// exist, and whether it is allowed, comes later.
    ///
    /// # Errors
    /// `too_large` or `invalid_argument`, with the field.
    pub fn validate(&self) -> Result<(), Rejection> {
        match self {
            Self::PutChannel(put) => put.validate(),
            Self::PutOperator(put) => put.validate(),
            Self::Receive(receive) => receive.validate(),
            Self::Reply(reply) => reply.validate(),
            Self::Transfer(transfer) => transfer.validate(),
            Self::Rename(rename) => rename.validate(),
            Self::Edit(edit) => edit.validate(),
            Self::ClientEdit(edit) => edit.validate(),
            Self::Rate(rate) => rate.validate(),
            Self::Score(score) => score.validate(),
            Self::PutCannedReply(put) => put.validate(),
            Self::PutForm(put) => put.validate(),
            Self::PutApp(put) => put.validate(),
            Self::SubmitForm(submit) => submit.validate(),
            Self::UpdatePayment(update) => update.validate(),
            Self::SendPayment(send) => send.validate(),
            Self::SendCard(send) => send.validate(),
            Self::CreateTask(create) => create.0.validate(),
            Self::CreateEvent(create) => create.0.validate(),
            Self::PostToFeed(post) => post.0.validate(),
            Self::SaveToCrm(save) => save.validate(),
            Self::CompleteRequest(complete) => complete.validate(),
            Self::FailRequest(fail) => fail.validate(),
            _ => Ok(()),
        }
    }

    /// Bytes of text and files that it carries: what it weighs while it is under way.
    pub fn bytes(&self) -> usize {
        let text = match self {
            Self::Receive(receive) => receive.text.len(),
            Self::Reply(reply) => reply.text.len(),
            Self::Transfer(transfer) => transfer.comment.as_ref().map_or(0, String::len),
            Self::Edit(edit) => edit.text.len(),
            Self::ClientEdit(edit) => edit.text.len(),
            Self::Rate(rate) => rate.comment.as_ref().map_or(0, String::len),
            Self::Score(score) => score.comment.as_ref().map_or(0, String::len),
            Self::SubmitForm(submit) => submit.bytes(),
            Self::SendPayment(send) => send.description.len(),
            Self::SendCard(send) => send.text.len(),
            Self::SaveToCrm(save) => save.contact.as_ref().map_or(0, Contact::bytes),
            Self::FailRequest(fail) => fail.reason.len(),
            _ => 0,
        };
        text + self.files().iter().map(NewFile::bytes).sum::<usize>()
    }

    /// Takes the contents of its files out: they go beside it, and past the dialog.
    pub fn detach_files(&mut self) -> Vec<Upload> {
        let files = match self {
            Self::Receive(receive) => &mut receive.files,
            Self::Reply(reply) => &mut reply.files,
            _ => return Vec::new(),
        };
        files.iter_mut().filter_map(NewFile::detach).collect()
    }

    fn files(&self) -> &[NewFile] {
        match self {
            Self::Receive(receive) => &receive.files,
            Self::Reply(reply) => &reply.files,
            _ => &[],
        }
    }

    /// On whose behalf it is sent.
    pub fn sender(&self) -> Sender {
        match self {
            Self::PutCannedReply(_) | Self::PutForm(_) | Self::PutApp(_) => Sender::HostOrOperator,
            Self::Receive(_)
            | Self::ClientLeave(_)
            | Self::ClientEdit(_)
            | Self::ClientDelete(_)
            | Self::ClientTyping(_)
            | Self::Receipt(_)
            | Self::SubmitForm(_)
            | Self::UpdatePayment(_)
            | Self::Rate(_) => Sender::Connector,
            Self::PutChannel(_)
            | Self::PutOperator(_)
            | Self::RemoveOperator(_)
            | Self::SetPresence(_)
            | Self::CompleteRequest(_)
            | Self::FailRequest(_) => Sender::HostOrOperator,
            _ => Sender::Operator,
        }
    }
}

/// On whose behalf a command is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    /// The host itself, or an operator with the right to.
    HostOrOperator,
    /// The connector, for a client: no operator acts.
    Connector,
    /// An operator, always.
    Operator,
}

macro_rules! commands {
    ($($command:ident => $variant:ident,)*) => {$(
        impl From<$command> for Command {
            fn from(command: $command) -> Self {
                Self::$variant(command.into())
            }
        }
    )*};
}

commands! {
    PutChannel => PutChannel,
    PutOperator => PutOperator,
    RemoveOperator => RemoveOperator,
    SetPresence => SetPresence,
    Receive => Receive,
    ClientLeave => ClientLeave,
    Answer => Answer,
    Skip => Skip,
    AcceptAndFinish => AcceptAndFinish,
    WriteReply => Reply,
    Transfer => Transfer,
    Take => Take,
    Pin => Pin,
    Unpin => Unpin,
    Finish => Finish,
    Spam => Spam,
    PinAll => PinAll,
    UnpinAll => UnpinAll,
    Join => Join,
    Leave => Leave,
    Invite => Invite,
    RemoveParticipant => RemoveParticipant,
    Rename => Rename,
    SetHiddenMode => SetHiddenMode,
    SetPriority => SetPriority,
    EditMessage => Edit,
    DeleteMessage => Delete,
    ClientEdit => ClientEdit,
    ClientDelete => ClientDelete,
    RecordReceipt => Receipt,
    Rate => Rate,
    ScoreDialog => Score,
    Typing => Typing,
    ClientTyping => ClientTyping,
    PutCannedReply => PutCannedReply,
    PutForm => PutForm,
    PutApp => PutApp,
    SubmitForm => SubmitForm,
    UpdatePayment => UpdatePayment,
    SendCanned => SendCanned,
    SendForm => SendForm,
    SendPayment => SendPayment,
    SendCard => SendCard,
    SaveCanned => SaveCanned,
    AttachApp => AttachApp,
    CreateTask => CreateTask,
    CreateEvent => CreateEvent,
    PostToFeed => PostToFeed,
    SaveToCrm => SaveToCrm,
    CompleteRequest => CompleteRequest,
    FailRequest => FailRequest,
    Discuss => Discuss,
    MoveToNew => MoveToNew,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::testing::*;
    use crate::error::Code;

    #[test]
    fn a_file_weighs_until_it_is_taken_out() {
        let file = NewFile::upload("a", "text/plain", vec![0; 100]);
        let mut command = Command::from(WriteReply::new(DIALOG, "look").file(file));
        assert_eq!(command.bytes(), 104);
        assert_eq!(command.detach_files().len(), 1);
        assert_eq!((command.bytes(), command.validate()), (4, Ok(())));
    }

    #[test]
    fn a_command_is_checked_by_what_it_holds() {
        let reply = WriteReply::new(DIALOG, "x".repeat(10_001));
        assert_eq!(Command::from(reply).validate().unwrap_err().code, Code::TooLarge);
        assert_eq!(Command::from(receive("hello")).validate(), Ok(()));
        assert_eq!(Command::from(Skip { dialog: DIALOG }).validate(), Ok(()));
    }
}
