//! A client's history, put together on the side of whoever asks: only the newest dialog may be open
//! and is asked for its part, the others are read from the disk.

use super::queries::{Answered, unexpected};
use super::{Answer, Engine};
use crate::actors::answer::Pending;
use crate::domain::dialog::Dialog;
use crate::domain::query::{History, HistoryOf, Query};
use crate::domain::view::{HistoryPage, HistoryPart, HistoryView};
use crate::error::{Code, Error, Rejection};
use crate::ids::{ChannelId, ClientId, DialogId, OperatorId};

impl Engine {
    /// All messages of all dialogs of a client, the oldest first, page by page.
    ///
    /// # Errors
    /// `channel_not_found`, `client_not_found`, `dialog_not_found`; `invalid_argument` for an empty page.
    pub async fn history(&self, query: History) -> Result<HistoryView, Error> {
        match self.query(Query::History(query), None).await?.answer {
            Answer::History(page) => Ok(page),
            other => Err(unexpected(&other)),
        }
    }

    pub(super) async fn page_of(
        &self,
        mut query: History,
        actor: Option<OperatorId>,
    ) -> Result<Answered, Error> {
        let (mut answer, mut seq) = self.ask_dispatcher(Query::History(query.clone()), actor.clone()).await?;
        if let Answer::Pending(Pending::ClientOf(dialog)) = answer {
            let stored = self.stored_dialog(dialog)?;
            let Some(client) = stored.client.as_ref() else {
                let page = self.back_from(self.part_of(&stored, &query)?, &query)?;
                return Ok(Answered { answer: Answer::History(page), seq });
            };
            let (channel, client) = client.key();
            query.of = HistoryOf::Client { channel, client };
            (answer, seq) = self.ask_dispatcher(Query::History(query.clone()), actor).await?;
        }
        let newest = match answer {
            Answer::Pending(Pending::HistoryBefore(part)) => part,
            Answer::Pending(Pending::LastOf(channel, client)) => self.last_part(&query, &channel, &client)?,
            other => return Err(unexpected(&other)),
        };
        Ok(Answered { answer: Answer::History(self.back_from(newest, &query)?), seq })
    }

    /// The part of the client's last dialog, which has ended.
    fn last_part(
        &self,
        query: &History,
        channel: &ChannelId,
        client: &ClientId,
    ) -> Result<HistoryPart, Error> {
        match self.running.shared.reader.last_dialog(channel, client)? {
            Some(dialog) => self.part_of(&self.stored_dialog(dialog)?, query),
            None => Err(Rejection::new(Code::ClientNotFound, "there is no such client").at("client").into()),
        }
    }

    /// Reads back from the newest dialog to where the page begins: one point read per dialog.
    fn back_from(&self, newest: HistoryPart, query: &History) -> Result<HistoryView, Error> {
        let mut page = HistoryPage::new(query, newest);
        while let Some(dialog) = page.wanted() {
            match self.running.shared.reader.dialog(dialog)? {
                Some(dialog) => page.add(self.part_of(&dialog, query)?),
                None => page.end(),
            }
        }
        Ok(page.finish())
    }

    fn part_of(&self, dialog: &Dialog, query: &History) -> Result<HistoryPart, Error> {
        Ok(HistoryPart::of(dialog, query, |operator| self.running.shared.names.get(operator))?)
    }

    fn stored_dialog(&self, dialog: DialogId) -> Result<Dialog, Error> {
        let missing = || Rejection::new(Code::DialogNotFound, "there is no such dialog").at("dialog");
        Ok(self.running.shared.reader.dialog(dialog)?.ok_or_else(missing)?)
    }
}
