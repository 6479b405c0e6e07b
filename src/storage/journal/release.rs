//! The thread that lets replies go. It runs beside the commit thread, so that answering one group
//! takes no time from syncing the next.

use crossbeam_channel::Receiver;

use crate::error::Error;
use crate::storage::batch::Gate;
use crate::storage::lent::Lent;

/// What waited for one group, with its outcome.
pub(super) struct Released<R> {
    /// Per batch: the last event before it, and what waited in it.
    pub waiting: Vec<(u64, Lent<(u64, R)>)>,
    /// Why the group was not committed.
    pub failure: Option<Error>,
}

/// Lets everything go, in order, until nothing more can come.
pub(super) fn run<G: Gate>(groups: &Receiver<Released<G::Release>>, mut gate: G) {
    groups.iter().for_each(|group| let_go(group, &mut gate));
}

/// Lets go what waited for one group.
pub(super) fn let_go<G: Gate>(Released { waiting, failure }: Released<G::Release>, gate: &mut G) {
    for (last_seq, mut releases) in waiting {
        for (events, release) in releases.drain(..) {
            match &failure {
                None => gate.committed(release, last_seq + events),
                Some(error) => gate.failed(release, error),
            }
        }
    }
    gate.passed();
}
