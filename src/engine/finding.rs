//! Lists of dialogs and searches: what actors say, what lies on the disk, and the page made of both.

use std::cmp::Reverse;

use hashbrown::HashSet;

use super::operator::AsOperator;
use super::queries::{Answered, unexpected};
use super::{Answer, Engine};
use crate::actors::answer::Pending;
use crate::actors::caller::Outcome;
use crate::actors::inbox::Ask;
use crate::actors::listing::Wanted;
use crate::domain::finding::Filter;
use crate::domain::fold;
use crate::domain::query::{ListDialogs, Query, Search, SearchKind};
use crate::domain::view::{EmployeeDialogView, FoundDialog, SearchResult};
use crate::error::Error;
use crate::ids::{DialogId, OperatorId};

/// A page of a list of dialogs.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct DialogPage {
    /// Without their messages, the newest first.
    pub dialogs: Vec<EmployeeDialogView>,
    /// After which dialog the next page begins; nothing at the end.
    pub next: Option<DialogId>,
}

impl Engine {
    /// Dialogs, open and closed, by what is true of them, the newest first. A page takes a time that
    /// hardly depends on how many closed dialogs there are, and pages do not shift when dialogs change.
    ///
    /// # Errors
    /// `invalid_argument` and `too_large` for what cannot be asked.
    pub async fn list_dialogs(&self, list: ListDialogs) -> Result<DialogPage, Error> {
        one_page(self.query(Query::ListDialogs(list), None).await?)
    }

    /// Operators, channels, forms, canned replies or dialogs by id or name, the best first.
    ///
    /// # Errors
    /// `invalid_argument` and `too_large` for what cannot be asked.
    pub async fn search(&self, search: Search) -> Result<Vec<SearchResult>, Error> {
        results(self.query(Query::Search(search), None).await?)
    }

    pub(super) async fn answer_list(
        &self,
        list: &ListDialogs,
        actor: Option<OperatorId>,
    ) -> Result<Answered, Error> {
        let (filter, limit) = (list.filter(), list.page());
        // One more than wanted tells whether there is another page.
        let mut found = self.find(Wanted { filter, before: list.after, limit: limit + 1 }, actor).await?;
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| more).map(|found| found.view.dialog);
        let dialogs = found.into_iter().map(|found| found.view).collect();
        self.durably(Answer::Listed { dialogs, next }).await
    }

    pub(super) async fn answer_search(
        &self,
        search: Search,
        actor: Option<OperatorId>,
    ) -> Result<Answered, Error> {
        // What was sent before this is done, and whoever asks is known, when this is back.
        self.ask_dispatcher(Query::Search(search.clone()), actor.clone()).await?;
        let results = match search.kind {
            SearchKind::Dialog => self.search_dialogs(&search, actor).await?,
            _ => self.running.shared.directory.search(&search, actor.as_ref()),
        };
        self.durably(Answer::Results { results }).await
    }

    /// First the one of this number, then those of this name, then those whose names begin so, then
    /// the others, the newest first each time.
    async fn search_dialogs(
        &self,
        search: &Search,
        actor: Option<OperatorId>,
    ) -> Result<Vec<SearchResult>, Error> {
        let limit = search.page();
        let mut found = Vec::new();
        if let Ok(id) = search.text.trim().parse() {
            found.extend(self.numbered(DialogId(id)).await?);
        }
        let named = Wanted { filter: Filter::named(&search.text), before: None, limit };
        found.extend(self.find(named, actor.clone()).await?);
        let with_name = Wanted { filter: Filter::with_name(&search.text), before: None, limit };
        let mut others = self.find(with_name, actor).await?;
        let folded = fold::words(&search.text).join(" ");
        others.sort_by_key(|found| !fold::words(&found.name).join(" ").starts_with(&folded));
        found.extend(others);
        let mut seen = HashSet::new();
        found.retain(|found| seen.insert(found.view.dialog));
        found.truncate(limit);
        let result =
            |found: FoundDialog| SearchResult::Dialog { dialog: found.view.dialog, name: found.name };
        Ok(found.into_iter().map(result).collect())
    }

    /// The dialog of this number, if there is one.
    async fn numbered(&self, id: DialogId) -> Result<Option<FoundDialog>, Error> {
        let wanted = |before| Wanted { filter: Filter::default(), before, limit: 1 };
        let Some(next) = id.0.checked_add(1) else { return Ok(None) };
        let found = self.find(wanted(Some(DialogId(next))), None).await?;
        Ok(found.into_iter().find(|found| found.view.dialog == id))
    }

    /// The newest dialogs that are wanted, wherever they are.
    async fn find(&self, wanted: Wanted, actor: Option<OperatorId>) -> Result<Vec<FoundDialog>, Error> {
        let Wanted { filter, before, limit } = wanted.clone();
        let receiver = self.ask(Ask::Find(Box::new(wanted)), actor)?;
        let delivery = receiver.await.map_err(|_| self.running.lost())??;
        let Outcome::Answered(answer) = delivery.outcome else { return Ok(Vec::new()) };
        let (mut found, awake) = match *answer {
            Answer::Pending(Pending::Found { found, awake }) => (found, awake),
            other => return Err(unexpected(&other)),
        };
        let reader = &self.running.shared.reader;
        if filter.wants_open() {
            let sleeping = reader.sleeping_dialogs(&filter, before, &awake, limit)?;
            found.extend(sleeping.iter().map(FoundDialog::of));
        }
        if filter.wants_closed() {
            let closed = reader.closed_dialogs(&filter, before, limit)?;
            found.extend(closed.iter().map(FoundDialog::of));
        }
        // What an actor said stands before what the disk says of the same dialog.
        found.sort_by_key(|found| Reverse(found.view.dialog));
        found.dedup_by_key(|found| found.view.dialog);
        found.truncate(limit);
        Ok(found)
    }

    /// Lets an answer out when everything that it shows is durable.
    async fn durably(&self, answer: Answer) -> Result<Answered, Error> {
        let receiver = self.ask(Ask::Barrier, None)?;
        let delivery = receiver.await.map_err(|_| self.running.lost())??;
        Ok(Answered { answer, seq: delivery.seq })
    }
}

impl AsOperator {
    /// As [`Engine::list_dialogs`]: every employee may.
    ///
    /// # Errors
    /// Those, and `operator_not_found`.
    pub async fn list_dialogs(&self, list: ListDialogs) -> Result<DialogPage, Error> {
        one_page(self.engine().query(Query::ListDialogs(list), Some(self.id().clone())).await?)
    }

    /// As [`Engine::search`], without canned replies that are others' own.
    ///
    /// # Errors
    /// Those, and `operator_not_found`.
    pub async fn search(&self, search: Search) -> Result<Vec<SearchResult>, Error> {
        results(self.engine().query(Query::Search(search), Some(self.id().clone())).await?)
    }
}

fn one_page(answered: Answered) -> Result<DialogPage, Error> {
    match answered.answer {
        Answer::Listed { dialogs, next } => Ok(DialogPage { dialogs, next }),
        other => Err(unexpected(&other)),
    }
}

fn results(answered: Answered) -> Result<Vec<SearchResult>, Error> {
    match answered.answer {
        Answer::Results { results } => Ok(results),
        other => Err(unexpected(&other)),
    }
}
