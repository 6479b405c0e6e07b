//! Whether a router has done its work: what it keeps, and what its journal tells, are looked through after every
//! run. How each router keeps it is not known here.

use std::collections::{HashMap, HashSet};

use crate::Failure;
use crate::lives::{QUESTION, REPLY, Workload};

/// Something that happened to a dialog, in the order of the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    Opened(u64),
    Offered(u64, u32),
    Answered(u64, u32),
    Closed(u64),
}

impl Event {
    /// What an entry of a peer's journal says, in the words that both of them use.
    pub fn told(kind: &str, dialog: u64, operator: Option<u32>, into: &mut Vec<Self>) -> Result<(), Failure> {
        match (kind, operator) {
            ("opened", None) => into.push(Self::Opened(dialog)),
            ("opened", Some(operator)) => {
                into.extend([Self::Opened(dialog), Self::Offered(dialog, operator)]);
            }
            ("offered", Some(operator)) => into.push(Self::Offered(dialog, operator)),
            ("answered", Some(operator)) => into.push(Self::Answered(dialog, operator)),
            ("closed", Some(_)) => into.push(Self::Closed(dialog)),
            ("written", _) => {}
            other => return Err(format!("an entry of the journal that nobody writes: {other:?}").into()),
        }
        Ok(())
    }
}

/// A dialog as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dialog {
    pub dialog: u64,
    pub client: String,
    pub closed: bool,
    pub owner: Option<u32>,
    pub texts: Vec<String>,
}

/// All that a router has kept.
#[derive(Debug, Default)]
pub struct Record {
    pub events: Vec<Event>,
    pub dialogs: Vec<Dialog>,
    /// Units that operators still hold, by the router's own count.
    pub held: u64,
}

/// Where a dialog stands while its events are told again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Waiting,
    Offered(u32),
    Answered(u32),
    Closed(u32),
}

/// Fails with the first thing that is lost, doubled or out of turn; otherwise says how many dialogs have waited.
pub fn judge(record: &Record, workload: &Workload) -> Result<usize, String> {
    let (stages, waited) = replay(&record.events, workload.capacity)?;
    let (found, told) = (record.dialogs.len() as u64, stages.len() as u64);
    if (found, told) != (workload.dialogs, workload.dialogs) {
        return Err(format!(
            "{} dialogs were begun, {found} are kept, {told} are in the journal",
            workload.dialogs
        ));
    }
    if record.held != 0 {
        return Err(format!("operators still hold {} units", record.held));
    }
    let mut clients = HashSet::new();
    for kept in &record.dialogs {
        let owner = match stages.get(&kept.dialog) {
            Some(Stage::Closed(owner)) => Some(*owner),
            _ => None,
        };
        let whole = kept.closed && owner.is_some() && kept.owner == owner && kept.texts == [QUESTION, REPLY];
        if !whole || !clients.insert(&kept.client) {
            return Err(format!("this dialog is not as it should be: {kept:?}, by the journal {owner:?}"));
        }
    }
    Ok(waited)
}

/// Tells the events again: one owner for each dialog, and nobody over capacity at any time.
fn replay(events: &[Event], capacity: u32) -> Result<(HashMap<u64, Stage>, usize), String> {
    let mut stages: HashMap<u64, Stage> = HashMap::new();
    let mut held: HashMap<u32, u32> = HashMap::new();
    let mut waited = 0;
    for (at, event) in events.iter().enumerate() {
        let out_of_turn = || format!("event {at}, {event:?}, is out of turn");
        match *event {
            Event::Opened(dialog) => {
                let offered = matches!(events.get(at + 1), Some(Event::Offered(next, _)) if *next == dialog);
                waited += usize::from(!offered);
                if stages.insert(dialog, Stage::Waiting).is_some() {
                    return Err(out_of_turn());
                }
            }
            Event::Offered(dialog, operator) => {
                step(&mut stages, dialog, Stage::Waiting, Stage::Offered(operator))
                    .ok_or_else(out_of_turn)?;
                let held = held.entry(operator).or_default();
                *held += 1;
                if *held > capacity {
                    return Err(format!("operator {operator} holds {held} dialogs, {capacity} at most"));
                }
            }
            Event::Answered(dialog, operator) => {
                step(&mut stages, dialog, Stage::Offered(operator), Stage::Answered(operator))
                    .ok_or_else(out_of_turn)?;
            }
            Event::Closed(dialog) => {
                let Some(Stage::Answered(operator)) = stages.get(&dialog).copied() else {
                    return Err(out_of_turn());
                };
                stages.insert(dialog, Stage::Closed(operator));
                *held.entry(operator).or_default() -= 1;
            }
        }
    }
    Ok((stages, waited))
}

/// From one stage to the next; nothing if the dialog stands elsewhere.
fn step(stages: &mut HashMap<u64, Stage>, dialog: u64, from: Stage, to: Stage) -> Option<()> {
    let stage = stages.get_mut(&dialog).filter(|stage| **stage == from)?;
    *stage = to;
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workload() -> Workload {
        Workload { dialogs: 2, in_flight: 2, operators: 1, capacity: 1, team: 1 }
    }

    /// Two dialogs with one operator, who can hold one at a time.
    fn record() -> Record {
        let events = [
            Event::Opened(1),
            Event::Offered(1, 7),
            Event::Opened(2),
            Event::Answered(1, 7),
            Event::Closed(1),
            Event::Offered(2, 7),
            Event::Answered(2, 7),
            Event::Closed(2),
        ];
        let dialogs = [1, 2].map(|dialog| Dialog {
            dialog,
            client: format!("client-{dialog}"),
            closed: true,
            owner: Some(7),
            texts: vec![QUESTION.to_owned(), REPLY.to_owned()],
        });
        Record { events: events.into(), dialogs: dialogs.into(), held: 0 }
    }

    fn complaint(change: impl FnOnce(&mut Record)) -> String {
        let mut record = record();
        change(&mut record);
        judge(&record, &workload()).unwrap_err()
    }

    #[test]
    fn a_whole_record_passes_and_tells_who_waited() {
        assert_eq!(judge(&record(), &workload()), Ok(1));
    }

    #[test]
    fn what_is_lost_is_found() {
        assert!(complaint(|record| drop(record.dialogs.pop())).contains("1 are kept"));
        assert!(complaint(|record| record.dialogs[0].texts.truncate(1)).contains("not as it should be"));
        assert!(complaint(|record| record.dialogs[0].closed = false).contains("not as it should be"));
        assert!(complaint(|record| record.events.truncate(7)).contains("not as it should be"));
    }

    #[test]
    fn what_is_doubled_is_found() {
        assert!(complaint(|record| record.dialogs[1] = record.dialogs[0].clone()).contains("not as it"));
        assert!(complaint(|record| record.events.push(Event::Closed(2))).contains("out of turn"));
        assert!(complaint(|record| record.events.insert(3, Event::Opened(1))).contains("out of turn"));
        assert!(complaint(|record| record.dialogs[0].texts.push(REPLY.to_owned())).contains("not as it"));
    }

    #[test]
    fn a_second_owner_and_a_full_operator_are_found() {
        assert!(complaint(|record| record.events.insert(4, Event::Answered(1, 8))).contains("out of turn"));
        assert!(complaint(|record| record.dialogs[0].owner = Some(8)).contains("not as it should be"));
        assert!(
            complaint(|record| record.events.insert(3, Event::Offered(2, 7))).contains("holds 2 dialogs, 1")
        );
        assert!(complaint(|record| record.held = 1).contains("still hold 1"));
    }
}
