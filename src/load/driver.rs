//! Load on the wall clock: whole lives of dialogs, many at once, each with four commands, on the
//! thread of the caller.
//!
//! With so many in flight, the next dialog begins when one ends. At a rate, dialogs begin when
//! they are due, whether or not the others have ended, and are measured from that moment: an
//! engine that stalls pays for everybody who would have come meanwhile.
//!
//! Every channel has one operator of its own. So it is known without asking to whom a dialog is
//! offered, and the engine still queues, offers, reserves and frees for each.

use std::cell::Cell;
use std::time::{Duration, Instant};

use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Exp1};

use super::distributions::{Purpose, stream};
use super::tasks::Tasks;
use super::workload::{Driven, LoadPlan, Measured, Pace};
use crate::domain::channel::{ChannelSettings, Member, PutChannel, Queue};
use crate::domain::dialog::command::{Answer, Finish, Receive, WriteReply};
use crate::domain::operator::{OperatorSettings, Presence, PutOperator, SetPresence};
use crate::domain::reply::Reply;
use crate::domain::request::Request;
use crate::engine::{Checkpoints, Engine};
use crate::error::{Code, Error};
use crate::ids::{ChannelId, ClientId, DialogId, OperatorId};
use crate::limits;

/// What clients write: as long as a short message in a chat.
const QUESTION: &str = "Good morning, my card was declined yesterday. Can you help?";

/// What operators write.
const REPLY: &str = "Good morning! I have unlocked it, please try once more.";

/// Dialogs between two looks at the clock for whoever watches.
const WATCHED_DIALOGS: u64 = 1024;

/// Longest wait without a look around.
const PATIENCE: Duration = Duration::from_millis(100);

/// Dialogs under way at once while those are opened that stay open.
const OPENED_AT_ONCE: u32 = 4096;

/// Lives at a rate that may be under way at once. Beyond it new ones begin late, but are measured
/// from when they were due.
const MOST_AT_A_RATE: usize = 50_000;

/// Sets the engine up and lives through all dialogs of `plan`; `watch` is told now and then how
/// many have ended.
///
/// # Errors
/// What the engine fails with, and any rejection but `overloaded`, which is tried again.
pub fn drive(engine: &Engine, plan: &LoadPlan, mut watch: impl FnMut(u64)) -> Result<Driven, Error> {
    let desks = pollster::block_on(set_up(engine, plan))?;
    let house = House { engine, desks, texts: Texts::of(plan), silences: Cell::default() };
    live_through(&house, Schedule::opening(plan), Until::Answered, |_| {})?;
    let longest_silence_before = house.silences.take().longest;
    let written = engine.checkpoints().written;
    let (mut driven, mut ended) = (Driven { longest_silence_before, ..Driven::default() }, 0_u64);
    let start = now();
    live_through(&house, Schedule::new(plan, start), Until::Finished, |life| {
        driven.record(&life);
        ended += 1;
        if ended.is_multiple_of(WATCHED_DIALOGS) {
            watch(ended);
        }
    })?;
    driven.wall = now().saturating_duration_since(start);
    driven.checkpoints = engine.checkpoints().begun - written;
    let Silences { longest, longest_in_checkpoint, .. } = house.silences.get();
    (driven.longest_silence, driven.longest_silence_in_checkpoint) = (longest, longest_in_checkpoint);
    Ok(driven)
}

/// Lives through all dialogs of a schedule.
fn live_through(
    house: &House<'_>,
    mut schedule: Schedule,
    until: Until,
    mut lived: impl FnMut(Life),
) -> Result<(), Error> {
    let (mut tasks, mut failure) = (Tasks::new(), None);
    while failure.is_none() && (schedule.more() || tasks.len() > 0) {
        while let Some((number, due)) = schedule.next(tasks.len()) {
            tasks.spawn(life(house, until, number, due));
        }
        tasks.turn(schedule.patience(tasks.len()), |ended: Result<Life, Error>| match ended {
            Ok(life) => lived(life),
            Err(error) => failure = Some(error),
        });
    }
    failure.map_or(Ok(()), Err)
}

impl Driven {
    fn record(&mut self, life: &Life) {
        let commands = [Measured::Receive, Measured::Answer, Measured::Reply, Measured::Finish];
        for (of, took) in commands.into_iter().zip(life.steps) {
            self.latencies.record(of, took);
        }
        self.latencies.record(Measured::Lifecycle, life.steps.iter().sum());
        self.overloaded += life.overloaded;
        self.longest_in_checkpoint = self.longest_in_checkpoint.max(life.longest_in_checkpoint);
    }
}

/// Where dialogs live.
struct House<'a> {
    engine: &'a Engine,
    desks: Vec<Desk>,
    texts: Texts,
    silences: Cell<Silences>,
}

/// How long no command at all was done.
#[derive(Clone, Copy, Default)]
struct Silences {
    last: Option<Instant>,
    /// Checkpoints that had been written then.
    written: u64,
    longest: Duration,
    longest_in_checkpoint: Option<Duration>,
}

impl Silences {
    /// A command was done at this moment.
    fn end(mut self, moment: Instant, checkpoints: Checkpoints) -> Self {
        let written = std::mem::replace(&mut self.written, checkpoints.written);
        if let Some(last) = self.last.replace(moment) {
            let silence = moment.saturating_duration_since(last);
            self.longest = self.longest.max(silence);
            if checkpoints.begun > written {
                self.longest_in_checkpoint = self.longest_in_checkpoint.max(Some(silence));
            }
        }
        self
    }
}

/// What is written.
struct Texts {
    question: String,
    reply: String,
}

impl Texts {
    fn of(plan: &LoadPlan) -> Self {
        let text = |usual: &str| match plan.message_bytes {
            None => usual.to_owned(),
            Some(bytes) => usual.chars().cycle().take(bytes as usize).collect(),
        };
        Self { question: text(QUESTION), reply: text(REPLY) }
    }
}

/// How far a dialog is taken.
#[derive(Clone, Copy, PartialEq)]
enum Until {
    /// It stays open.
    Answered,
    /// The end.
    Finished,
}

/// Which dialog begins next, and when.
struct Schedule {
    pace: Pace,
    total: u64,
    begun: u64,
    /// When the next one is due, at a rate.
    due: Instant,
    chance: ChaCha8Rng,
}

impl Schedule {
    fn new(plan: &LoadPlan, start: Instant) -> Self {
        let chance = stream(plan.seed, Purpose::Arrivals(0));
        Self { pace: plan.pace, total: plan.dialogs, begun: 0, due: start, chance }
    }

    /// Dialogs that are opened before anything is measured, behind the others by their numbers.
    fn opening(plan: &LoadPlan) -> Self {
        let begin = LoadPlan { pace: Pace::InFlight(OPENED_AT_ONCE), ..plan.clone() };
        Self { begun: plan.dialogs, total: plan.dialogs + plan.open, ..Self::new(&begin, now()) }
    }

    fn more(&self) -> bool {
        self.begun < self.total
    }

    /// The dialog that begins now, if one does, and when it should have begun.
    fn next(&mut self, under_way: usize) -> Option<(u64, Instant)> {
        if !self.more() {
            return None;
        }
        let due = match self.pace {
            Pace::InFlight(count) => (under_way < count as usize).then(now)?,
            Pace::Rate(rate) => self.next_at(rate, under_way)?,
        };
        self.begun += 1;
        Some((self.begun - 1, due))
    }

    /// Random moments: the gaps between them are exponential.
    fn next_at(&mut self, rate: f64, under_way: usize) -> Option<Instant> {
        let due = self.due;
        if under_way >= MOST_AT_A_RATE || due > now() {
            return None;
        }
        let gap: f64 = Exp1.sample(&mut self.chance);
        self.due = due + Duration::from_secs_f64(gap / rate);
        Some(due)
    }

    /// How long to wait for replies.
    fn patience(&self, under_way: usize) -> Duration {
        match self.pace {
            Pace::Rate(_) if self.more() && under_way < MOST_AT_A_RATE => {
                self.due.saturating_duration_since(now()).min(PATIENCE)
            }
            _ => PATIENCE,
        }
    }
}

/// A channel and the operator whose own it is.
struct Desk {
    channel: ChannelId,
    operator: OperatorId,
}

impl Desk {
    fn new(number: u32, operators: u32) -> Self {
        let channel = id(ChannelId::new(format!("channel-{number}")));
        let operator = (number - 1) % operators.max(1) + 1;
        Self { channel, operator: id(OperatorId::new(format!("operator-{operator}"))) }
    }
}

/// What one life took.
struct Life {
    steps: [Duration; 4],
    overloaded: u64,
    longest_in_checkpoint: Option<Duration>,
}

/// Receive, answer, reply, finish.
async fn life(house: &House<'_>, until: Until, number: u64, began: Instant) -> Result<Life, Error> {
    let desk = &house.desks[(number % house.desks.len() as u64) as usize];
    let client = id(ClientId::new(format!("client-{number}")));
    let mut clock = Steps::new(house, began);
    let receive = || {
        let text = house.texts.question.clone();
        let (channel, client) = (desk.channel.clone(), client.clone());
        Request::new(Receive::new(channel, client, text))
    };
    let Reply::Received(received) = clock.step(receive).await? else { return Err(Error::Closed) };
    let dialog: DialogId = received.dialog;
    let by = |request: Request| request.by(desk.operator.clone());
    clock.step(|| by(Request::new(Answer { dialog }))).await?;
    if until == Until::Finished {
        clock.step(|| by(Request::new(WriteReply::new(dialog, house.texts.reply.as_str())))).await?;
        clock.step(|| by(Request::new(Finish { dialog }))).await?;
    }
    Ok(clock.life)
}

/// The steps of a life, and how long each took.
struct Steps<'a> {
    house: &'a House<'a>,
    last: Instant,
    done: usize,
    /// Checkpoints that had been written when the last step ended.
    written: u64,
    life: Life,
}

impl<'a> Steps<'a> {
    fn new(house: &'a House<'a>, began: Instant) -> Self {
        let life = Life { steps: [Duration::ZERO; 4], overloaded: 0, longest_in_checkpoint: None };
        Self { house, last: began, done: 0, written: house.engine.checkpoints().written, life }
    }

    async fn step(&mut self, request: impl Fn() -> Request) -> Result<Reply, Error> {
        loop {
            match self.house.engine.execute(request()).await {
                Err(error) if error.code() == Code::Overloaded => {
                    self.life.overloaded += 1;
                    tokio::task::yield_now().await;
                }
                done => {
                    self.end_step();
                    return done.map(|done| done.reply);
                }
            }
        }
    }

    fn end_step(&mut self) {
        let moment = now();
        let took = moment.saturating_duration_since(self.last);
        let checkpoints = self.house.engine.checkpoints();
        let silences = &self.house.silences;
        silences.set(silences.get().end(moment, checkpoints));
        if checkpoints.begun > self.written {
            self.life.longest_in_checkpoint = self.life.longest_in_checkpoint.max(Some(took));
        }
        self.life.steps[self.done] = took;
        (self.last, self.done, self.written) = (moment, self.done + 1, checkpoints.written);
    }
}

/// Puts the operators online, and channels each of which has one of them.
async fn set_up(engine: &Engine, plan: &LoadPlan) -> Result<Vec<Desk>, Error> {
    let desks: Vec<Desk> =
        (1..=plan.channels.max(plan.operators)).map(|number| Desk::new(number, plan.operators)).collect();
    // A channel names its member, who must be there before; besides that all are under way at once.
    let mut under_way = Vec::new();
    for (number, Desk { operator, .. }) in (1..=plan.operators).zip(&desks) {
        let name = format!("Operator {number}");
        let settings =
            OperatorSettings { name, capacity: limits::CAPACITY_UNITS, ..OperatorSettings::default() };
        under_way.push(engine.execute(Request::new(PutOperator { operator: operator.clone(), settings })));
        let (operator, presence) = (operator.clone(), Presence::Online);
        under_way.push(engine.execute(Request::new(SetPresence { operator, presence })));
    }
    for (number, Desk { operator, channel }) in (1..).zip(&desks) {
        let members = vec![Member { operator: operator.clone(), rank: 1 }];
        let queue = Queue { members, offer_timeout_ms: 0, ..Queue::default() };
        let settings =
            ChannelSettings { name: format!("Channel {number}"), queue, ..ChannelSettings::default() };
        under_way.push(engine.execute(Request::new(PutChannel { channel: channel.clone(), settings })));
    }
    for execution in under_way {
        execution.await?;
    }
    Ok(desks)
}

/// The wall clock is what is measured here.
#[allow(clippy::disallowed_methods)]
fn now() -> Instant {
    Instant::now()
}

/// Ids here are a word and a number: always short enough.
fn id<T, E: std::fmt::Debug>(checked: Result<T, E>) -> T {
    checked.expect("a word and a number are 1 to 128 characters")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Durability, Settings};

    fn driven(plan: &LoadPlan) -> (Driven, usize) {
        let directory = tempfile::tempdir().unwrap();
        let mut settings = Settings::default().durability(Durability::Buffered);
        // So small that there is a checkpoint again and again.
        settings.checkpoint_bytes = 64 * 1024;
        let engine = Engine::builder(directory.path()).settings(settings).open().unwrap();
        let driven = drive(&engine, plan, |_| {}).unwrap();
        // A dialog may have told its end before the dispatcher hears of it.
        pollster::block_on(engine.settle()).unwrap();
        let open = pollster::block_on(engine.health()).unwrap().answered;
        engine.close_blocking().unwrap();
        (driven, open)
    }

    #[test]
    fn all_dialogs_live_to_the_end_but_those_that_stay_open() {
        for pace in [Pace::InFlight(8), Pace::Rate(100_000.0)] {
            let plan =
                LoadPlan { dialogs: 300, operators: 3, channels: 7, open: 5, pace, ..LoadPlan::default() };
            let (driven, open) = driven(&LoadPlan { message_bytes: Some(1000), ..plan });
            assert_eq!((driven.latencies.count(Measured::Lifecycle), open), (300, 5), "{pace:?}");
            assert!(driven.checkpoints > 0 && driven.longest_in_checkpoint.is_some(), "{pace:?}");
            let silence = driven.longest_silence_in_checkpoint.expect("there was a checkpoint");
            assert!((silence..driven.wall).contains(&driven.longest_silence), "{pace:?}");
            assert!(!driven.longest_silence_before.is_zero(), "{pace:?}");
        }
    }

    #[test]
    fn there_is_a_channel_for_each_operator_at_least() {
        let plan = LoadPlan { dialogs: 10, operators: 4, channels: 1, ..LoadPlan::default() };
        assert_eq!(driven(&plan).0.latencies.count(Measured::Finish), 10);
    }

    #[test]
    fn messages_have_the_bytes_that_were_asked_for() {
        let texts = |message_bytes| Texts::of(&LoadPlan { message_bytes, ..LoadPlan::default() });
        assert_eq!((texts(None).question.as_str(), texts(None).reply.as_str()), (QUESTION, REPLY));
        assert_eq!((texts(Some(1)).reply.len(), texts(Some(1000)).question.len()), (1, 1000));
    }
}
