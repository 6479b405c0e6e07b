//! Which requests to the outside are open, done or failed, in the order of their ids.
//!
//! A table on the disk, written with the images of dialogs, tells of what is in these; what is newer
//! is in memory until its dialog's image is written. Both only say where to look: what a request
//! says, and how far it really has come, is known to its dialog. So nothing personal is kept here.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use super::reader::Reader;
use super::rocks::{self, Disk, Table};
use crate::domain::dialog::{Dialog, HostRequest, RequestState, RequestStatus};
use crate::error::Error;
use crate::ids::RequestId;
use crate::timestamp::Timestamp;

/// Where a request stands in the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is to be done, from this time on if there is one.
    Pending(Option<Timestamp>),
    /// The host gave up.
    Failed,
    /// The host did it.
    Done,
}

/// A request as the index has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Indexed {
    /// Which.
    pub request: RequestId,
    /// Where it stands.
    pub standing: Standing,
    /// How often that has changed: every attempt changes it.
    pub changes: u32,
}

impl Indexed {
    /// A request as it is now.
    pub fn of(request: &HostRequest) -> Self {
        Self { request: request.id, standing: Standing::of(request), changes: request.attempts }
    }

    /// All requests of a dialog.
    pub fn all(dialog: &Dialog) -> Vec<Self> {
        dialog.requests.iter().map(Self::of).collect()
    }
}

/// The parts of the table, each in the order of ids.
const PENDING: u8 = b'p';
const FAILED: u8 = b'f';
const DONE: u8 = b'd';

impl Standing {
    /// Where a request stands now.
    pub fn of(request: &HostRequest) -> Self {
        match request.state {
            RequestState::Open => Self::Pending(None),
            RequestState::Retry(at) => Self::Pending(Some(at)),
            RequestState::Failed => Self::Failed,
            RequestState::Done(_) => Self::Done,
        }
    }

    fn status(self, now: Timestamp) -> RequestStatus {
        match self {
            Self::Pending(Some(at)) if at > now => RequestStatus::Failed,
            Self::Pending(_) => RequestStatus::Open,
            Self::Failed => RequestStatus::Failed,
            Self::Done => RequestStatus::Done,
        }
    }

    const fn part(self) -> u8 {
        match self {
            Self::Pending(_) => PENDING,
            Self::Failed => FAILED,
            Self::Done => DONE,
        }
    }

    /// The parts in which it may have stood before.
    const fn earlier(self) -> &'static [u8] {
        match self {
            Self::Pending(_) => &[FAILED],
            Self::Failed => &[PENDING],
            Self::Done => &[PENDING, FAILED],
        }
    }

    fn read(part: u8, value: &[u8], key: &[u8]) -> Result<Self, Error> {
        let damaged = || Error::Damaged {
            place: format!("request key {key:02x?}"),
            reason: "it says nothing that is known".into(),
        };
        match (part, value) {
            (PENDING, []) => Ok(Self::Pending(None)),
            (PENDING, at) => {
                let at = <[u8; 8]>::try_from(at).map_err(|_| damaged())?;
                Ok(Self::Pending(Some(Timestamp::from_millis(i64::from_be_bytes(at)))))
            }
            (FAILED, []) => Ok(Self::Failed),
            (DONE, []) => Ok(Self::Done),
            _ => Err(damaged()),
        }
    }

    /// Whether the table says this of a request.
    pub(super) fn is_on(self, disk: &Disk, request: RequestId) -> Result<bool, Error> {
        let key = key(self.part(), request.0);
        let value = disk.get(Table::Requests, &key)?;
        value.map_or(Ok(false), |value| Ok(Self::read(self.part(), &value, &key)? == self))
    }
}

/// Puts the requests of one dialog into the table.
pub(super) fn put(requests: &[Indexed], changes: &mut rocks::Changes<'_>) {
    for Indexed { request, standing, .. } in requests {
        let value = match standing {
            Standing::Pending(Some(at)) => at.as_millis().to_be_bytes().to_vec(),
            _ => Vec::new(),
        };
        changes.put(Table::Requests, &key(standing.part(), request.0), &value);
        for part in standing.earlier() {
            changes.delete(Table::Requests, &key(*part, request.0));
        }
    }
}

fn key(part: u8, request: u64) -> [u8; 9] {
    let mut key = [part; 9];
    key[1..].copy_from_slice(&request.to_be_bytes());
    key
}

/// What is newer than the table.
#[derive(Debug, Default)]
pub(super) struct RecentRequests {
    recent: Mutex<BTreeMap<RequestId, Indexed>>,
    changes: Mutex<Changes>,
}

/// How often something has changed, and who waits for more.
#[derive(Debug, Default)]
struct Changes {
    count: u64,
    wakers: Vec<Waker>,
}

impl RecentRequests {
    /// Forgets what is on the disk by now.
    pub fn written<'a>(&self, requests: impl Iterator<Item = &'a Indexed>) {
        let mut recent = self.recent();
        if recent.is_empty() {
            return;
        }
        for written in requests {
            if recent.get(&written.request).is_some_and(|recent| recent.changes <= written.changes) {
                recent.remove(&written.request);
            }
        }
    }

    fn recent(&self) -> MutexGuard<'_, BTreeMap<RequestId, Indexed>> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn changes(&self) -> MutexGuard<'_, Changes> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Which requests are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// Those of this status; all, if there is none.
    pub status: Option<RequestStatus>,
    /// The moment for which that is asked.
    pub now: Timestamp,
    /// Those after this one.
    pub after: Option<RequestId>,
    /// How many at most.
    pub limit: usize,
}

impl Wanted {
    fn is(&self, standing: Standing) -> bool {
        self.status.is_none_or(|status| status == standing.status(self.now))
    }

    fn parts(&self) -> &'static [u8] {
        match self.status {
            None => &[PENDING, FAILED, DONE],
            Some(RequestStatus::Open) => &[PENDING],
            Some(RequestStatus::Failed) => &[PENDING, FAILED],
            Some(RequestStatus::Done) => &[DONE],
        }
    }

    fn first(&self) -> u64 {
        self.after.map_or(0, |after| after.0.saturating_add(1))
    }
}

impl Reader {
    /// Makes known where a request stands until an image of its dialog with that is written. Called
    /// before the image is handed over.
    pub fn announce_request(&self, request: &HostRequest) {
        self.recent_requests.recent().insert(request.id, Indexed::of(request));
        let mut changes = self.recent_requests.changes();
        changes.count += 1;
        let wakers = std::mem::take(&mut changes.wakers);
        drop(changes);
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Waits until requests have changed since there were `seen` changes.
    pub fn poll_requests(&self, seen: &mut u64, context: &mut Context<'_>) -> Poll<()> {
        let mut changes = self.recent_requests.changes();
        if changes.count != *seen {
            *seen = changes.count;
            return Poll::Ready(());
        }
        if !changes.wakers.iter().any(|waker| waker.will_wake(context.waker())) {
            changes.wakers.push(context.waker().clone());
        }
        Poll::Pending
    }

    /// The ids of requests, in their order. Some may have changed meanwhile: their dialogs know.
    ///
    /// # Errors
    /// If the disk cannot be read, or holds something else.
    pub fn requests(&self, wanted: &Wanted) -> Result<Vec<RequestId>, Error> {
        // Memory first: whatever leaves it is on the disk by then.
        let mut found = self.recent(wanted);
        for part in wanted.parts() {
            self.stored(*part, wanted, &mut found)?;
        }
        found.sort_unstable();
        found.dedup();
        found.truncate(wanted.limit);
        Ok(found)
    }

    fn recent(&self, wanted: &Wanted) -> Vec<RequestId> {
        let recent = self.recent_requests.recent();
        let after = recent.range(RequestId(wanted.first())..);
        let those = after.filter(|(_, recent)| wanted.is(recent.standing));
        those.map(|(request, _)| *request).take(wanted.limit).collect()
    }

    fn stored(&self, part: u8, wanted: &Wanted, found: &mut Vec<RequestId>) -> Result<(), Error> {
        let (from, mut left) = (key(part, wanted.first()), wanted.limit);
        self.disk.scan_near(Table::Requests, &from, &[part + 1], &mut |key, value| {
            if left == 0 {
                return Ok(ControlFlow::Break(()));
            }
            let standing = Standing::read(part, value, key)?;
            let request = RequestId(number(key)?);
            let is_newer = self.recent_requests.recent().get(&request).copied();
            if wanted.is(standing) && is_newer.is_none_or(|recent| wanted.is(recent.standing)) {
                found.push(request);
                left -= 1;
            }
            Ok(ControlFlow::Continue(()))
        })
    }
}

fn number(key: &[u8]) -> Result<u64, Error> {
    let number = key.get(1..).and_then(|id| <[u8; 8]>::try_from(id).ok());
    let damaged =
        || Error::Damaged { place: format!("request key {key:02x?}"), reason: "it is no request's".into() };
    number.map(u64::from_be_bytes).ok_or_else(damaged)
}
