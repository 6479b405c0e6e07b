//! Questions to the engine. They change nothing, and wait for nothing but the durability of what
//! they saw.

use std::sync::atomic::Ordering;

use super::operator::AsOperator;
use super::{Answer, Engine};
use crate::actors::answer::Pending;
use crate::actors::caller::{Delivery, Outcome};
use crate::actors::inbox::Ask;
use crate::domain::file::{File, FileHash};
use crate::domain::query::{
    Explain, FindDialog, GetChannel, GetDialog, GetFile, GetOperator, Health as GetHealth, Query, Unanswered,
};
use crate::domain::view::{
    ChannelView, ClientDialogView, DialogView, EmployeeDialogView, Explanation, FileView, OperatorView, View,
};
use crate::error::{Code, Error, Rejection};
use crate::ids::{ChannelId, ClientId, DialogId, MessageId, OperatorId};

/// An answer, and the last event that it may have seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    /// The answer.
    pub answer: Answer,
    /// Everything up to this event is durable, and the answer shows it.
    pub seq: u64,
}

/// How many checkpoints there were; the last one is under way while more have begun than are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checkpoints {
    /// Those that have begun.
    pub begun: u64,
    /// Those of which everything is on the disk.
    pub written: u64,
}

impl Engine {
    /// Asks anything. The typed methods are made of this one.
    ///
    /// # Errors
    /// The rejection of the query, [`Error::Closed`] or [`Error::StorageFailed`].
    pub async fn query(&self, query: Query, actor: Option<OperatorId>) -> Result<Answered, Error> {
        query.validate()?;
        let query = match query {
            Query::History(history) => return self.page_of(history, actor).await,
            Query::ListDialogs(list) => return self.answer_list(&list, actor).await,
            Query::Search(search) => return self.answer_search(search, actor).await,
            query => query,
        };
        let limit = match &query {
            Query::Unanswered(Unanswered { limit }) => limit.unwrap_or(Unanswered::DEFAULT_LIMIT) as usize,
            _ => 0,
        };
        let whole = match &query {
            Query::GetDialog(query) => Some(query.clone()),
            _ => None,
        };
        let (answer, seq) = self.ask_dispatcher(query, actor).await?;
        let answer = match answer {
            Answer::Pending(Pending::Content(file, hash)) => self.read_content(file, hash)?,
            Answer::Pending(Pending::OnDisk(dialog)) => {
                self.read_dialog(whole.unwrap_or(GetDialog::whole(dialog)))?
            }
            Answer::Pending(Pending::ExplainOnDisk(dialog)) => self.read_explained(dialog)?,
            Answer::Pending(Pending::LastOf(channel, client)) => self.last_of(&channel, &client).await?,
            Answer::Pending(Pending::RequestOnDisk(request)) => self.read_request(request)?,
            Answer::Pending(Pending::Requests(list)) => self.page_of_requests(&list).await?,
            Answer::Pending(Pending::Each(dialogs)) => self.each(dialogs, limit).await?,
            Answer::Pending(Pending::Stats(counting)) => self.count(*counting)?,
            Answer::Pending(Pending::Position { waiting, now }) => self.estimate(waiting, now),
            Answer::Health(health) => Answer::Health(super::Health { seq, ..health }),
            answer => answer,
        };
        Ok(Answered { answer, seq })
    }

    /// A dialog as employees see it, with all its messages.
    ///
    /// # Errors
    /// `dialog_not_found`.
    pub async fn get_dialog(&self, dialog: DialogId) -> Result<EmployeeDialogView, Error> {
        one_dialog(self.query(Query::GetDialog(GetDialog::whole(dialog)), None).await?)
    }

    /// A dialog as its client sees it, with all its public messages.
    ///
    /// # Errors
    /// `dialog_not_found`.
    pub async fn get_client_view(&self, dialog: DialogId) -> Result<ClientDialogView, Error> {
        let query = GetDialog { view: View::Client, ..GetDialog::whole(dialog) };
        match self.query(Query::GetDialog(query), None).await?.answer {
            Answer::Dialog(DialogView::Client(view)) => Ok(*view),
            other => Err(unexpected(&other)),
        }
    }

    /// A dialog as employees see it, with what its messages were before they were edited or deleted.
    /// The host may always see that, of operators a supervisor.
    ///
    /// # Errors
    /// `dialog_not_found`.
    pub async fn audit_dialog(&self, dialog: DialogId) -> Result<EmployeeDialogView, Error> {
        let query = GetDialog { audit: true, ..GetDialog::whole(dialog) };
        one_dialog(self.query(Query::GetDialog(query), None).await?)
    }

    /// Every decision of the dispatcher on a dialog and what it followed from, the oldest first.
    ///
    /// # Errors
    /// `dialog_not_found`.
    pub async fn explain(&self, dialog: DialogId) -> Result<Explanation, Error> {
        match self.query(Query::Explain(Explain { dialog }), None).await?.answer {
            Answer::Explained(explanation) => Ok(explanation),
            other => Err(unexpected(&other)),
        }
    }

    /// A client's open dialog, or the last one.
    ///
    /// # Errors
    /// `channel_not_found`, `client_not_found`.
    pub async fn find_dialog(
        &self,
        channel: ChannelId,
        client: ClientId,
    ) -> Result<EmployeeDialogView, Error> {
        one_dialog(self.query(Query::FindDialog(FindDialog { channel, client }), None).await?)
    }

    /// The uploaded file at `index` (from 0) of a message, with its content as bytes.
    ///
    /// # Errors
    /// `message_not_found`; `invalid_argument` if there is no such file, or it was not uploaded.
    pub async fn get_file(&self, message: MessageId, index: u32) -> Result<FileView, Error> {
        match self.query(Query::GetFile(GetFile { message, index }), None).await?.answer {
            Answer::File(file) => Ok(file),
            other => Err(unexpected(&other)),
        }
    }

    /// An operator's settings and live state.
    ///
    /// # Errors
    /// `operator_not_found`.
    pub async fn get_operator(&self, operator: OperatorId) -> Result<OperatorView, Error> {
        match self.query(Query::GetOperator(GetOperator { operator }), None).await?.answer {
            Answer::Operator(view) => Ok(view),
            other => Err(unexpected(&other)),
        }
    }

    /// A channel's rules and live state.
    ///
    /// # Errors
    /// `channel_not_found`.
    pub async fn get_channel(&self, channel: ChannelId) -> Result<ChannelView, Error> {
        match self.query(Query::GetChannel(GetChannel { channel }), None).await?.answer {
            Answer::Channel(view) => Ok(*view),
            other => Err(unexpected(&other)),
        }
    }

    /// How the engine is: counts, the last durable event, and the fingerprint of everything.
    /// Asks every open dialog that is ahead of the disk, so it takes time with their number.
    ///
    /// # Errors
    /// [`Error::Closed`] or [`Error::StorageFailed`].
    pub async fn health(&self) -> Result<super::Health, Error> {
        match self.query(Query::Health(GetHealth {}), None).await?.answer {
            Answer::Health(health) => Ok(health),
            other => Err(unexpected(&other)),
        }
    }

    /// Dialogs that are in memory: those that changed since the last checkpoint, and of the others as many as
    /// [`Settings::awake_dialogs`](super::Settings::awake_dialogs) says.
    pub fn dialogs_in_memory(&self) -> usize {
        self.running.shared.awake.load(Ordering::Relaxed)
    }

    /// How many checkpoints there were since the engine was opened.
    pub fn checkpoints(&self) -> Checkpoints {
        let (begun, written) = self.running.shared.checkpoints.both();
        Checkpoints { begun, written }
    }

    /// Waits until every consequence of everything that came before is drawn and durable; tells
    /// the last event.
    ///
    /// # Errors
    /// [`Error::Closed`] or [`Error::StorageFailed`].
    pub async fn settle(&self) -> Result<u64, Error> {
        self.running.shared.activity.settled().await;
        let receiver = self.ask(Ask::Barrier, None)?;
        let delivery: Delivery = receiver.await.map_err(|_| self.running.lost())??;
        Ok(delivery.seq)
    }

    pub(super) async fn ask_dispatcher(
        &self,
        query: Query,
        actor: Option<OperatorId>,
    ) -> Result<(Answer, u64), Error> {
        let receiver = self.ask(Ask::Query(Box::new(query)), actor)?;
        let delivery = receiver.await.map_err(|_| self.running.lost())??;
        match delivery.outcome {
            Outcome::Answered(answer) => Ok((*answer, delivery.seq)),
            Outcome::Done(_) | Outcome::Transient(_) => Ok((Answer::Pending(Pending::Nothing), delivery.seq)),
        }
    }

    /// Reads a dialog that has no actor. Blocks for one point read.
    fn read_dialog(&self, query: GetDialog) -> Result<Answer, Error> {
        let shared = &self.running.shared;
        match shared.reader.dialog(query.dialog)? {
            Some(dialog) => Ok(Answer::dialog(&dialog, &query, &shared.names)?),
            None => Err(Rejection::new(Code::DialogNotFound, "there is no such dialog").at("dialog").into()),
        }
    }

    /// Reads why a dialog that has no actor was given out as it was. Blocks for one point read.
    fn read_explained(&self, dialog: DialogId) -> Result<Answer, Error> {
        match self.running.shared.reader.dialog(dialog)? {
            Some(dialog) => Ok(Answer::Explained(Explanation::of(&dialog))),
            None => Err(Rejection::new(Code::DialogNotFound, "there is no such dialog").at("dialog").into()),
        }
    }

    /// Reads the content of a file. Blocks for one read of its size.
    fn read_content(&self, file: File, hash: FileHash) -> Result<Answer, Error> {
        let bytes = self.running.shared.reader.file(hash)?.ok_or_else(|| Error::Damaged {
            place: format!("file {hash}"),
            reason: "a message names it and it is not there".to_owned(),
        })?;
        Ok(Answer::File(FileView::of(file, hash, bytes)))
    }

    async fn last_of(&self, channel: &ChannelId, client: &ClientId) -> Result<Answer, Error> {
        match self.running.shared.reader.last_dialog(channel, client)? {
            Some(dialog) => self.show(GetDialog::whole(dialog)).await,
            None => Err(Rejection::new(Code::ClientNotFound, "there is no such client").at("client").into()),
        }
    }

    async fn show(&self, query: GetDialog) -> Result<Answer, Error> {
        match self.ask_dispatcher(Query::GetDialog(query.clone()), None).await?.0 {
            Answer::Pending(_) => self.read_dialog(query),
            answer => Ok(answer),
        }
    }

    /// Several dialogs without their messages; those answered or ended meanwhile are left out.
    async fn each(&self, dialogs: Vec<DialogId>, limit: usize) -> Result<Answer, Error> {
        let mut views = Vec::new();
        for dialog in dialogs.into_iter().take(limit) {
            let Answer::Dialog(DialogView::Employee(view)) = self.show(GetDialog::summary(dialog)).await?
            else {
                continue;
            };
            if matches!(view.status, "waiting" | "offered") {
                views.push(*view);
            }
        }
        Ok(Answer::Dialogs { dialogs: views })
    }
}

impl AsOperator {
    /// Dialogs offered to me, or waiting in queues that I am in, the most urgent first. Reading
    /// accepts nothing.
    ///
    /// # Errors
    /// `operator_not_found`.
    pub async fn unanswered(&self) -> Result<Vec<EmployeeDialogView>, Error> {
        let query = Query::Unanswered(Unanswered { limit: None });
        match self.engine().query(query, Some(self.id().clone())).await?.answer {
            Answer::Dialogs { dialogs } => Ok(dialogs),
            other => Err(unexpected(&other)),
        }
    }
}

fn one_dialog(answered: Answered) -> Result<EmployeeDialogView, Error> {
    match answered.answer {
        Answer::Dialog(DialogView::Employee(view)) => Ok(*view),
        other => Err(unexpected(&other)),
    }
}

/// Every query has its kind of answer; another one would be a bug, which stops nothing.
pub(super) fn unexpected(answer: &Answer) -> Error {
    debug_assert!(false, "a query was answered with {answer:?}");
    Error::StorageFailed {
        reason: "a query was answered with another kind of answer, which is a bug".to_owned(),
    }
}
