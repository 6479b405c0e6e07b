//! Load on the wall clock: whole lives of dialogs, many at once, each with four commands, on the
//! thread of the caller.
//!
//! With so many in flight, the next dialog begins when one ends. At a rate, dialogs begin when
//! they are due, whether or not the others have ended, and are measured from that moment: an
//! engine that stalls pays for everybody who would have come meanwhile.
//!
//! Every operator has a channel of its own. So it is known without asking to whom a dialog is
//! offered, and the engine still queues, offers, reserves and frees for each.

use std::time::{Duration, Instant};

use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Exp1};

use super::distributions::{Purpose, stream};
use super::tasks::Tasks;
use super::workload::{Latencies, LoadPlan, Measured, Pace};
use crate::domain::channel::{ChannelSettings, Member, PutChannel, Queue};
use crate::domain::dialog::command::{Answer, Finish, Receive, WriteReply};
use crate::domain::operator::{OperatorSettings, Presence, PutOperator, SetPresence};
use crate::domain::reply::Reply;
use crate::domain::request::Request;
use crate::engine::Engine;
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

/// Lives at a rate that may be under way at once. Beyond it new ones begin late, but are measured
/// from when they were due.
const MOST_AT_A_RATE: usize = 50_000;

/// What a load test measured.
#[derive(Debug, Clone, Default)]
pub struct Driven {
    /// How long commands and lifecycles took.
    pub latencies: Latencies,
    /// Commands that were refused as too many, and sent again.
    pub overloaded: u64,
    /// How long all of it took.
    pub wall: Duration,
}

/// Sets the engine up and lives through all dialogs of `plan`; `watch` is told now and then how
/// many have ended.
///
/// # Errors
/// What the engine fails with, and any rejection but `overloaded`, which is tried again.
pub fn drive(engine: &Engine, plan: &LoadPlan, mut watch: impl FnMut(u64)) -> Result<Driven, Error> {
    let desks = pollster::block_on(set_up(engine, plan.operators))?;
    let start = now();
    let mut schedule = Schedule::new(plan, start);
    let mut tasks = Tasks::new();
    let mut driven = Driven::default();
    let (mut ended, mut failure) = (0_u64, None);
    while failure.is_none() && (schedule.more() || tasks.len() > 0) {
        while let Some((number, due)) = schedule.next(tasks.len()) {
            tasks.spawn(life(engine, &desks[(number % desks.len() as u64) as usize], number, due));
        }
        tasks.turn(schedule.patience(tasks.len()), |lived: Result<Life, Error>| match lived {
            Ok(life) => {
                driven.record(&life);
                ended += 1;
                if ended.is_multiple_of(WATCHED_DIALOGS) {
                    watch(ended);
                }
            }
            Err(error) => failure = Some(error),
        });
    }
    driven.wall = now().saturating_duration_since(start);
    failure.map_or(Ok(driven), Err)
}

impl Driven {
    fn record(&mut self, life: &Life) {
        let commands = [Measured::Receive, Measured::Answer, Measured::Reply, Measured::Finish];
        for (of, took) in commands.into_iter().zip(life.steps) {
            self.latencies.record(of, took);
        }
        self.latencies.record(Measured::Lifecycle, life.steps.iter().sum());
        self.overloaded += life.overloaded;
    }
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

    /// How long to wait for replies at most.
    fn patience(&self, under_way: usize) -> Duration {
        match self.pace {
            Pace::Rate(_) if self.more() && under_way < MOST_AT_A_RATE => {
                self.due.saturating_duration_since(now()).min(PATIENCE)
            }
            _ => PATIENCE,
        }
    }
}

/// An operator and the channel that is its own.
struct Desk {
    channel: ChannelId,
    operator: OperatorId,
}

impl Desk {
    fn new(number: u32) -> Self {
        let channel = id(ChannelId::new(format!("channel-{number}")));
        Self { channel, operator: id(OperatorId::new(format!("operator-{number}"))) }
    }
}

/// What one life took.
struct Life {
    steps: [Duration; 4],
    overloaded: u64,
}

/// Receive, answer, reply, finish.
async fn life(engine: &Engine, desk: &Desk, number: u64, began: Instant) -> Result<Life, Error> {
    let client = id(ClientId::new(format!("client-{number}")));
    let mut clock = Steps { engine, last: began, steps: [Duration::ZERO; 4], done: 0, overloaded: 0 };
    let receive = || {
        let text = QUESTION.to_owned();
        let (channel, client) = (desk.channel.clone(), client.clone());
        Request::new(Receive::new(channel, client, text))
    };
    let Reply::Received(received) = clock.step(receive).await? else { return Err(Error::Closed) };
    let dialog: DialogId = received.dialog;
    let by = |request: Request| request.by(desk.operator.clone());
    clock.step(|| by(Request::new(Answer { dialog }))).await?;
    clock.step(|| by(Request::new(WriteReply::new(dialog, REPLY)))).await?;
    clock.step(|| by(Request::new(Finish { dialog }))).await?;
    Ok(Life { steps: clock.steps, overloaded: clock.overloaded })
}

/// The four steps of a life, and how long each took.
struct Steps<'a> {
    engine: &'a Engine,
    last: Instant,
    steps: [Duration; 4],
    done: usize,
    overloaded: u64,
}

impl Steps<'_> {
    async fn step(&mut self, request: impl Fn() -> Request) -> Result<Reply, Error> {
        loop {
            match self.engine.execute(request()).await {
                Err(error) if error.code() == Code::Overloaded => {
                    self.overloaded += 1;
                    tokio::task::yield_now().await;
                }
                done => {
                    let moment = now();
                    self.steps[self.done] = moment.saturating_duration_since(self.last);
                    (self.last, self.done) = (moment, self.done + 1);
                    return done.map(|done| done.reply);
                }
            }
        }
    }
}

/// Puts the operators online, each with its own channel.
async fn set_up(engine: &Engine, operators: u32) -> Result<Vec<Desk>, Error> {
    let desks: Vec<Desk> = (1..=operators).map(Desk::new).collect();
    // A channel names its member, who must be there before; besides that all are under way at once.
    let mut under_way = Vec::new();
    for (number, Desk { operator, .. }) in (1..).zip(&desks) {
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
