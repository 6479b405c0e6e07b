//! Leases on requests to the outside: who works on which, and until when.
//!
//! Leases are kept in memory alone. A handler in this process dies with it; after a restart every
//! request that is open may be leased again.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use hashbrown::HashMap;

use super::Engine;
use crate::domain::dialog::RequestStatus;
use crate::domain::view::RequestView;
use crate::error::Error;
use crate::ids::RequestId;
use crate::storage::Wanted;
use crate::timestamp::Timestamp;

/// Requests looked at in one go.
const GLANCE: usize = 64;

/// All leases of one engine.
#[derive(Debug, Default)]
pub struct Leases(Mutex<Table>);

#[derive(Debug, Default)]
struct Table {
    leased: HashMap<RequestId, Leased>,
    given: u64,
}

#[derive(Debug)]
struct Leased {
    number: u64,
    until: Timestamp,
}

impl Leases {
    /// Leases a request, unless somebody else has it.
    fn claim(self: &Arc<Self>, request: RequestId, now: Timestamp, until: Timestamp) -> Option<Claim> {
        let mut table = self.table();
        if table.leased.get(&request).is_some_and(|leased| leased.until > now) {
            return None;
        }
        table.given += 1;
        let number = table.given;
        table.leased.insert(request, Leased { number, until });
        drop(table);
        Some(Claim { leases: Arc::clone(self), request, number, until })
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A lease from the table; given back when dropped.
#[derive(Debug)]
struct Claim {
    leases: Arc<Leases>,
    request: RequestId,
    number: u64,
    until: Timestamp,
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut table = self.leases.table();
        // One that ran out may be somebody else's by now.
        if table.leased.get(&self.request).is_some_and(|leased| leased.number == self.number) {
            table.leased.remove(&self.request);
        }
    }
}

/// An open request that nobody else works on until the lease ends: by being dropped, or by its
/// time. Say what came of it with [`Engine::complete_request`] or [`Engine::fail_request`] before.
#[derive(Debug)]
pub struct Lease {
    /// The request.
    pub request: RequestView,
    claim: Claim,
}

impl Lease {
    /// When it ends by itself.
    pub fn until(&self) -> Timestamp {
        self.claim.until
    }
}

impl Engine {
    /// Leases open requests that nobody else works on, in the order of their ids: at most `limit`,
    /// for `lease_ms` each. One whose lease ends without an outcome is given out again, so who does
    /// it should use its id as the key under which the outside does it once.
    ///
    /// # Errors
    /// [`Error::Closed`] or [`Error::StorageFailed`].
    pub async fn lease_requests(&self, limit: usize, lease_ms: u64) -> Result<Vec<Lease>, Error> {
        let shared = &self.running.shared;
        let (mut leases, mut after) = (Vec::new(), None);
        while leases.len() < limit {
            let now = shared.clock.now();
            let wanted = Wanted { status: Some(RequestStatus::Open), now, after, limit: GLANCE };
            let found = shared.reader.requests(&wanted)?;
            let is_last = found.len() < GLANCE;
            let (mut claims, until) = (Vec::new(), now.plus_ms(lease_ms));
            for request in found {
                if leases.len() + claims.len() == limit {
                    break;
                }
                after = Some(request);
                claims.extend(self.running.leases.claim(request, now, until));
            }
            let all_seen = is_last && leases.len() + claims.len() < limit;
            leases.extend(self.still_open(claims).await?);
            if all_seen {
                break;
            }
        }
        Ok(leases)
    }

    /// What was claimed may have been done just before: now that it is claimed, its dialog knows.
    async fn still_open(&self, claims: Vec<Claim>) -> Result<Vec<Lease>, Error> {
        let mut shown =
            self.show_requests(claims.iter().map(|claim| claim.request).collect()).await?.into_iter();
        let mut next = shown.next();
        let mut open = Vec::with_capacity(claims.len());
        for claim in claims {
            let Some(request) = next.take_if(|view| view.request == claim.request) else { continue };
            next = shown.next();
            if request.status == RequestStatus::Open {
                open.push(Lease { request, claim });
            }
        }
        Ok(open)
    }

    /// Waits until requests have come or changed since `seen`, which then says how often they have.
    pub(crate) fn poll_requests(&self, seen: &mut u64, context: &mut Context<'_>) -> Poll<()> {
        self.running.shared.reader.poll_requests(seen, context)
    }
}
