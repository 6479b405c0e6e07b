//! A small model of an engine, for tests: a perfect dispatcher that answers at once.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use super::{ReplayFailure, ReplayPlan, ReplayScript, Tally};
use crate::domain::command::Command;
use crate::domain::dialog::CloseReason;
use crate::domain::operator::Presence;
use crate::domain::reply::{Received, Reply};
use crate::domain::request::Request;
use crate::engine::{Observation, Script, Step};
use crate::ids::{ClientId, DialogId, MessageId, OperatorId};
use crate::timestamp::Timestamp;

/// Answers whoever came first by whoever has room; no offers, no timers.
#[derive(Default)]
struct Model {
    room: BTreeMap<OperatorId, u32>,
    online: BTreeMap<OperatorId, bool>,
    /// Online and with room.
    free: BTreeSet<OperatorId>,
    waiting: VecDeque<DialogId>,
    dialogs: HashMap<DialogId, (ClientId, Option<OperatorId>)>,
    clients: HashMap<ClientId, DialogId>,
    opened: u64,
    seen: Vec<Observation>,
}

impl Model {
    fn send(&mut self, request: Request) -> Vec<Observation> {
        let reply = match request.command {
            Command::PutOperator(put) => {
                self.room.insert(put.operator.clone(), put.settings.capacity);
                self.online.insert(put.operator, false);
                Reply::Done
            }
            Command::SetPresence(set) => {
                self.online.insert(set.operator.clone(), set.presence == Presence::Online);
                self.sort(set.operator);
                Reply::Done
            }
            Command::Receive(receive) => self.open(receive.client),
            Command::Finish(finish) => {
                let owner = self.dialogs[&finish.dialog].1.clone().unwrap();
                assert_eq!(request.actor.as_ref(), Some(&owner), "only the owner finishes");
                *self.room.get_mut(&owner).unwrap() += 1;
                self.sort(owner);
                self.close(finish.dialog, CloseReason::Finished);
                Reply::Done
            }
            Command::ClientLeave(leave) => {
                let dialog = self.clients[&leave.client];
                self.waiting.retain(|waiting| *waiting != dialog);
                self.close(dialog, CloseReason::Abandoned);
                Reply::Done
            }
            Command::PutChannel(_) => Reply::Done,
            other => panic!("a replay does not send {other:?}"),
        };
        self.answer_whoever_can_be();
        self.seen.push(Observation::Replied(Ok(reply)));
        std::mem::take(&mut self.seen)
    }

    fn open(&mut self, client: ClientId) -> Reply {
        self.opened += 1;
        let dialog = DialogId(self.opened);
        assert_eq!(self.clients.insert(client.clone(), dialog), None, "every arrival is a new client");
        self.dialogs.insert(dialog, (client, None));
        self.waiting.push_back(dialog);
        Reply::Received(Received {
            dialog,
            message: MessageId::of(dialog, 1),
            opened: true,
            duplicate: false,
        })
    }

    fn close(&mut self, dialog: DialogId, reason: CloseReason) {
        let (client, _) = self.dialogs.remove(&dialog).unwrap();
        self.clients.remove(&client);
        self.seen.push(Observation::Closed { dialog, reason });
    }

    /// Among the free, or not.
    fn sort(&mut self, operator: OperatorId) {
        if self.online[&operator] && self.room[&operator] > 0 {
            self.free.insert(operator);
        } else {
            self.free.remove(&operator);
        }
    }

    fn answer_whoever_can_be(&mut self) {
        while let (Some(&dialog), Some(operator)) = (self.waiting.front(), self.free.first().cloned()) {
            *self.room.get_mut(&operator).unwrap() -= 1;
            self.sort(operator.clone());
            self.waiting.pop_front();
            self.dialogs.get_mut(&dialog).unwrap().1 = Some(operator.clone());
            self.seen.push(Observation::Answered { dialog, operator });
        }
    }
}

/// Plays the plan to its end. Now and then the script is asked twice, as if a timer had fired.
pub(in crate::load) fn play(plan: &ReplayPlan) -> Result<Tally, ReplayFailure> {
    let (mut script, progress) = ReplayScript::new(plan).unwrap();
    let mut model = Model::default();
    let (mut now, mut seen, mut steps) = (Timestamp::from_millis(0), Vec::new(), 0u64);
    loop {
        let Step::Do { at, request } = script.next(now, &seen) else { break };
        assert!(at >= now, "time does not go back");
        steps += 1;
        if steps.is_multiple_of(7) {
            let Step::Do { at: again, request: same } = script.next(now, &[]) else {
                panic!("a step was lost")
            };
            assert_eq!((again, format!("{same:?}")), (at, format!("{request:?}")));
        }
        now = at;
        seen = model.send(request);
    }
    assert!(model.dialogs.is_empty());
    assert!(model.online.values().all(|online| !online), "everybody goes home");
    assert_eq!(progress.arrivals(), progress.total());
    progress.outcome().unwrap().clone()
}
