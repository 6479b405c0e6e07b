//! Requests to the outside, as methods: who makes them, who lists them, who says what came of them.

use super::execution::{done, unlike};
use super::queries::unexpected;
use super::{Answer, AsOperator, Engine, Execution};
use crate::actors::answer::Pending;
use crate::actors::caller::{Delivery, Outcome};
use crate::actors::inbox::Ask;
use crate::domain::command::Command;
use crate::domain::dialog::command::{
    CompleteRequest, CreateEvent, CreateTask, FailRequest, FromMessage, PostToFeed, SaveToCrm,
};
use crate::domain::query::{GetRequest, ListRequests, Query};
use crate::domain::reply::{Reply, Requested};
use crate::domain::request::Request;
use crate::domain::view::RequestView;
use crate::error::{Code, Error};
use crate::ids::RequestId;
use crate::storage::Wanted;

/// A page of requests to the outside.
#[derive(Debug, Clone, PartialEq)]
pub struct RequestPage {
    /// In the order of their ids.
    pub requests: Vec<RequestView>,
    /// What to ask for [`after`](ListRequests::after) to get the next page; nothing at the end.
    pub next: Option<RequestId>,
}

impl AsOperator {
    /// Asks the host to create a task of a message.
    pub fn create_task(&self, task: FromMessage) -> Execution<Requested> {
        self.request(CreateTask(task))
    }

    /// Asks the host to create a calendar event of a message.
    pub fn create_event(&self, event: FromMessage) -> Execution<Requested> {
        self.request(CreateEvent(event))
    }

    /// Asks the host to post a message to the feed.
    pub fn post_to_feed(&self, post: FromMessage) -> Execution<Requested> {
        self.request(PostToFeed(post))
    }

    /// Asks the host to save a deal and the client's contacts; once for each dialog.
    pub fn save_to_crm(&self, deal: SaveToCrm) -> Execution<Requested> {
        self.request(deal)
    }

    fn request(&self, command: impl Into<Command>) -> Execution<Requested> {
        self.engine().submit(Request::new(command).by(self.id().clone()), requested)
    }
}

impl Engine {
    /// The host did what a request asked for. Once more with the same reference changes nothing.
    pub fn complete_request(&self, complete: CompleteRequest) -> Execution<()> {
        self.submit(Request::new(complete), done)
    }

    /// The host could not do it: not now, or not at all.
    pub fn fail_request(&self, fail: FailRequest) -> Execution<()> {
        self.submit(Request::new(fail), done)
    }

    /// A page of requests, in the order of their ids.
    ///
    /// # Errors
    /// `invalid_argument`, [`Error::Closed`] or [`Error::StorageFailed`].
    pub async fn list_requests(&self, list: ListRequests) -> Result<RequestPage, Error> {
        match self.query(list.into(), None).await?.answer {
            Answer::Requests { requests, next } => Ok(RequestPage { requests, next }),
            other => Err(unexpected(&other)),
        }
    }

    /// One request.
    ///
    /// # Errors
    /// `request_not_found`.
    pub async fn get_request(&self, request: RequestId) -> Result<RequestView, Error> {
        match self.query(GetRequest { request }.into(), None).await?.answer {
            Answer::Request(view) => Ok(*view),
            other => Err(unexpected(&other)),
        }
    }

    /// Asks the dialogs of those requests that the index names, and keeps what is still as asked for.
    pub(super) async fn page_of_requests(&self, list: &ListRequests) -> Result<Answer, Error> {
        let shared = &self.running.shared;
        let (size, mut after, mut page) = (list.page(), list.after, Vec::new());
        // One more than the page holds: so it is known whether there is a next one.
        while page.len() <= size {
            let limit = size + 1 - page.len();
            let wanted = Wanted { status: list.status, now: shared.clock.now(), after, limit };
            let found = shared.reader.requests(&wanted)?;
            let is_last = found.len() < limit;
            after = found.last().copied().or(after);
            let shown = self.show_requests(found).await?;
            page.extend(
                shown.into_iter().filter(|view| list.status.is_none_or(|wanted| view.status == wanted)),
            );
            if is_last {
                break;
            }
        }
        let more = page.len() > size;
        page.truncate(size);
        let next = page.last().filter(|_| more).map(|view| view.request);
        Ok(Answer::Requests { requests: page, next })
    }

    /// All are asked for before the first answer is waited for.
    pub(super) async fn show_requests(&self, requests: Vec<RequestId>) -> Result<Vec<RequestView>, Error> {
        let mut asked = Vec::with_capacity(requests.len());
        for request in requests {
            let query = Query::GetRequest(GetRequest { request });
            asked.push((request, self.ask(Ask::Query(Box::new(query)), None)?));
        }
        let mut shown = Vec::with_capacity(asked.len());
        for (request, receiver) in asked {
            let view = match receiver.await.map_err(|_| self.running.lost())? {
                Ok(delivery) => self.shown_request(request, delivery),
                Err(error) => Err(error),
            };
            match view {
                Ok(view) => shown.push(view),
                // Its dialog was erased meanwhile.
                Err(error) if error.code() == Code::RequestNotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(shown)
    }

    fn shown_request(&self, request: RequestId, delivery: Delivery) -> Result<RequestView, Error> {
        let answer = match delivery.outcome {
            Outcome::Answered(answer) => match *answer {
                Answer::Pending(Pending::RequestOnDisk(request)) => self.read_request(request)?,
                answer => answer,
            },
            Outcome::Done(_) | Outcome::Transient(_) => self.read_request(request)?,
        };
        match answer {
            Answer::Request(view) => Ok(*view),
            other => Err(unexpected(&other)),
        }
    }

    /// Reads a request whose dialog has no actor. Blocks for one point read.
    pub(super) fn read_request(&self, request: RequestId) -> Result<Answer, Error> {
        let shared = &self.running.shared;
        let dialog = shared.reader.dialog(request.dialog())?;
        Ok(Answer::request(dialog.as_ref(), request, shared.clock.now())?)
    }
}

fn requested(delivery: Delivery) -> Result<Requested, Error> {
    match delivery.outcome {
        Outcome::Done(Reply::Requested(requested)) => Ok(requested),
        _ => Err(unlike()),
    }
}
