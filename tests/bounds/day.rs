//! A whole day of a contact centre of some hundred operators, on virtual time: dialogs are kept for two hours after
//! they have closed, and somebody who follows the events falls behind for some hours and then catches up. Journal,
//! directory and memory stay within bounds that do not depend on how long the day has lasted.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::fs;
use std::path::Path;

use centrala::domain::channel::PutChannel;
use centrala::domain::dialog::command::{Finish, Receive, WriteReply};
use centrala::domain::operator::{Presence, PutOperator};
use centrala::domain::request::Request;
use centrala::engine::{Advance, ClockMode, Durability, Engine, Observation, Script, Settings, Step};
use centrala::ids::{ChannelId, ClientId, DialogId, OperatorId, SubscriptionName};
use centrala::storage;
use centrala::timestamp::Timestamp;
use serde_json::json;

use crate::time_limit::in_time;
use crate::{ALLOCATOR, alone, size};

const HOUR_MS: u64 = 3_600_000;
const OPERATORS: usize = 300;

/// Events that stay readable for whoever has no name: those of an hour, about.
fn retained() -> u64 {
    10 * busiest() as u64
}

/// Dialogs are finished at every full ten minutes.
const ROUND_MS: u64 = 600_000;

/// Bytes of journal between checkpoints: the least that may be set.
const CHECKPOINT_BYTES: u64 = 64 * 1024;

/// Hours in which the follower does not follow.
const LAGGING: std::ops::Range<usize> = 8..12;

/// The hour after which nothing may grow with time.
const SETTLED: usize = 4;

/// How many dialogs open in the busiest hour.
fn busiest() -> usize {
    size("CENTRALA_DAY_ARRIVALS", 60)
}

/// From the quietest hour at night to the busiest at noon.
fn arrivals(hour: usize) -> usize {
    const SHARES: [usize; 24] =
        [10, 8, 6, 5, 5, 8, 15, 35, 60, 85, 95, 100, 100, 95, 90, 85, 80, 75, 65, 50, 40, 30, 20, 15];
    (busiest() * SHARES[hour] / 100).max(1)
}

/// What is done when.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Task {
    Arrive(usize),
    Reply(DialogId, OperatorId),
    Finish(DialogId, OperatorId),
}

/// One day: clients write, operators reply once and finish.
#[derive(Default)]
struct Day {
    tasks: BinaryHeap<Reverse<(Timestamp, Task)>>,
    until: Timestamp,
    answered: usize,
}

impl Day {
    fn plan(&mut self, hour: usize, start: Timestamp, first: usize) {
        let count = arrivals(hour);
        let at = |number: usize| start.plus_ms(HOUR_MS * number as u64 / count as u64);
        self.tasks.extend((0..count).map(|number| Reverse((at(number), Task::Arrive(first + number)))));
        self.until = start.plus_ms(HOUR_MS);
    }

    fn request(task: &Task) -> Request {
        match task {
            Task::Arrive(number) => {
                // Some clients come back.
                let client = ClientId::new(format!("client {}", number % (4 * busiest()))).unwrap();
                Request::new(Receive::new(ChannelId::new("web").unwrap(), client, "Is it there? ".repeat(20)))
            }
            Task::Reply(dialog, operator) => {
                Request::new(WriteReply::new(*dialog, "It is. ".repeat(20))).by(operator.clone())
            }
            Task::Finish(dialog, operator) => Request::new(Finish { dialog: *dialog }).by(operator.clone()),
        }
    }
}

impl Script for Day {
    fn next(&mut self, now: Timestamp, seen: &[Observation]) -> Step {
        for observation in seen {
            match observation {
                Observation::Replied(replied) => {
                    replied.as_ref().expect("everything is done");
                    self.tasks.pop();
                }
                Observation::Answered { dialog, operator } => {
                    self.answered += 1;
                    // Until all look at the clock: what closes together is erased together, and the disk is scrubbed
                    // once for all of it.
                    let handled_ms = ROUND_MS + ROUND_MS - now.as_millis() as u64 % ROUND_MS;
                    self.tasks
                        .push(Reverse((now.plus_ms(handled_ms / 2), Task::Reply(*dialog, operator.clone()))));
                    self.tasks
                        .push(Reverse((now.plus_ms(handled_ms), Task::Finish(*dialog, operator.clone()))));
                }
                _ => {}
            }
        }
        match self.tasks.peek() {
            Some(Reverse((at, task))) if *at < self.until => {
                Step::Do { at: *at, request: Self::request(task) }
            }
            _ => Step::Done,
        }
    }
}

/// What there is at the end of an hour.
#[derive(Debug, Clone, Copy)]
#[allow(dead_code, reason = "all of it is printed")]
struct Sample {
    dialogs: usize,
    journal_events: u64,
    journal_bytes: u64,
    directory_bytes: u64,
    memory_bytes: usize,
}

fn sample(path: &Path, dialogs: usize) -> Sample {
    // While an engine runs, files go that have just been named: then it is looked at once more.
    let inspection = (0..100).find_map(|_| storage::inspect(path).ok()).expect("it can be looked at");
    let files = fs::read_dir(path).unwrap().filter_map(|entry| entry.unwrap().metadata().ok());
    Sample {
        dialogs,
        journal_events: (inspection.last_seq + 1).saturating_sub(inspection.first_seq),
        journal_bytes: inspection.tables["journal"].bytes,
        directory_bytes: files.map(|file| file.len()).sum(),
        memory_bytes: ALLOCATOR.used(),
    }
}

fn open(path: &Path) -> Engine {
    let mut settings = Settings::default().durability(Durability::Buffered);
    settings.checkpoint_bytes = CHECKPOINT_BYTES;
    settings.retain_events = retained();
    let start = Timestamp::parse("2026-01-01T00:00:00Z").unwrap();
    Engine::builder(path).settings(settings).clock(ClockMode::Virtual { start }).open().unwrap()
}

fn furnish(engine: &Engine) {
    let names: Vec<String> = (0..OPERATORS).map(|number| format!("operator {number}")).collect();
    for name in &names {
        let put: PutOperator = serde_json::from_value(json!({"operator": name, "capacity": 3})).unwrap();
        engine.put_operator(put).wait().unwrap();
        engine.set_presence(OperatorId::new(name).unwrap(), Presence::Online).wait().unwrap();
    }
    let put: PutChannel =
        serde_json::from_value(json!({"channel": "web", "queue": {"members": names, "accept": "auto"}}))
            .unwrap();
    engine.put_channel(put).wait().unwrap();
    engine.put_retention(ChannelId::new("web").unwrap(), Some(2 * HOUR_MS)).wait().unwrap();
}

/// Reads on from where it stopped; no event is missing.
fn follow(engine: &Engine, name: &SubscriptionName, seen: &mut u64) {
    let durable = engine.durable_seq();
    for recorded in engine.subscribe_as(name).unwrap().committed_up_to(durable).unwrap() {
        assert_eq!(recorded.seq, *seen + 1, "no hole");
        *seen = recorded.seq;
    }
    engine.acknowledge(name, *seen).unwrap();
}

#[test]
fn a_day_leaves_no_more_behind_than_its_last_hours() {
    let _alone = alone();
    in_time(|| {
        let directory = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let (engine, follower) = (open(directory.path()), SubscriptionName::new("follower").unwrap());
        let (mut seen, mut dialogs, mut samples) = (0, 0, BTreeMap::new());
        follow(&engine, &follower, &mut seen);
        furnish(&engine);
        let mut day = Day::default();
        for hour in 0..24 {
            let start = engine.now();
            day.plan(hour, start, dialogs);
            dialogs += arrivals(hour);
            day = pollster::block_on(engine.run_script(day)).unwrap();
            pollster::block_on(engine.advance(Advance::To(start.plus_ms(HOUR_MS)))).unwrap();
            if !LAGGING.contains(&hour) {
                follow(&engine, &follower, &mut seen);
            }
            let sample = sample(directory.path(), dialogs);
            println!("hour {hour}: {sample:?}");
            samples.insert(hour, sample);
        }
        assert_eq!(day.answered, dialogs, "everybody was answered");
        nothing_grows_with_time(&samples);
        engine.close_blocking().unwrap();
        storage::verify(directory.path(), &mut |_, _| {}).unwrap();
    });
}

fn nothing_grows_with_time(samples: &BTreeMap<usize, Sample>) {
    let events_of_two_hours = 2 * 10 * busiest() as u64;
    let settled = samples[&SETTLED];
    for (hour, sample) in samples.iter().filter(|(hour, _)| **hour > SETTLED) {
        // An erased dialog keeps its times and why it was given out as it was: without its texts a kibibyte or two.
        let dialogs = (sample.dialogs - settled.dialogs) as u64;
        let directory = 2 * settled.directory_bytes + 4 * 1024 * 1024 + 3 * 1024 * dialogs;
        assert!(
            sample.directory_bytes <= directory,
            "hour {hour}: {sample:?} is more than {directory} bytes"
        );
        let memory = settled.memory_bytes + 24 * 1024 * 1024 + 1024 * sample.dialogs;
        assert!(sample.memory_bytes <= memory, "hour {hour}: {sample:?} is more than {memory} bytes in use");
        // What the follower has not seen is kept for it, and goes within two hours when it has.
        let lags = LAGGING.start <= *hour && *hour < LAGGING.end + 2;
        let journal = retained() + events_of_two_hours;
        assert!(
            lags || sample.journal_events <= journal,
            "hour {hour}: {sample:?} is more than {journal} events"
        );
    }
}
